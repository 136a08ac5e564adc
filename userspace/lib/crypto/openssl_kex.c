// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Key exchange: ECDH on the NIST curves (RFC 8446 §7.4.2), X25519 and X448 (openssl_raw.c), finite
 * fields (openssl_dh.c), and hybrids, which join one of these to what openssl_kem.c does.
 */
#include "base/secret.h"
#include "crypto/openssl_kex.h"

/* A scalar is out of range once in 2^32 draws: more than a few means a broken source. */
enum { SCALAR_TRIES = 8 };

static const struct curve curves[] = {
	{ GROUP_X25519, WAY_RAW, 32, .raw = RAW_X25519 },
	{ GROUP_X448, WAY_RAW, 56, .raw = RAW_X448 },
	{ GROUP_SECP256R1, WAY_EC, 32, .top = 0xff },
	{ GROUP_SECP384R1, WAY_EC, 48, .top = 0xff },
	{ GROUP_SECP521R1, WAY_EC, 66, .top = 0x01 },
	{ GROUP_FFDHE2048, WAY_FINITE, .len = 256 },
	{ GROUP_FFDHE3072, WAY_FINITE, .len = 384 },
	{ GROUP_FFDHE4096, WAY_FINITE, .len = 512 },
	{ GROUP_FFDHE6144, WAY_FINITE, .len = 768 },
	{ GROUP_FFDHE8192, WAY_FINITE, .len = 1024 },
	{ GROUP_MODP2048, WAY_FINITE, .len = 256 },
	{ GROUP_MODP3072, WAY_FINITE, .len = 384 },
	{ GROUP_MODP4096, WAY_FINITE, .len = 512 },
	{ GROUP_MODP6144, WAY_FINITE, .len = 768 },
	{ GROUP_MODP8192, WAY_FINITE, .len = 1024 },
};

static const struct curve *curve_find(uint16_t group)
{
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (curves[i].group == group)
			return &curves[i];
	return NULL;
}

static const EC_GROUP *ec_group(const struct kex *k)
{
	return k->crypto->ec[k->curve->group - GROUP_SECP256R1];
}

static int ec_draw(struct kex *k)
{
	const BIGNUM *order = EC_GROUP_get0_order(ec_group(k));
	uint8_t priv[SCALAR_MAX];
	int try;

	k->scalar = BN_secure_new();
	k->bn = BN_CTX_secure_new();
	if (!k->scalar || !k->bn)
		return SEALSOCK_ERR_NOMEM;
	BN_set_flags(k->scalar, BN_FLG_CONSTTIME);
	for (try = 0; try < SCALAR_TRIES; try++) {
		if (kex_draw(k, priv))
			return SEALSOCK_ERR_RANDOM;
		priv[0] &= k->curve->top;
		if (!BN_bin2bn(priv, k->curve->len, k->scalar)) {
			wipe(priv, sizeof(priv));
			return SEALSOCK_ERR_NOMEM;
		}
		wipe(priv, sizeof(priv));
		if (!BN_is_zero(k->scalar) && BN_cmp(k->scalar, order) < 0)
			return 0;
	}
	return SEALSOCK_ERR_RANDOM;
}

/* @share NULL: it is known, only the private half is made. */
static int ec_make(struct kex *k, uint8_t *share)
{
	const EC_GROUP *g = ec_group(k);
	size_t n = 1 + 2 * (size_t)k->curve->len;
	int err = ec_draw(k);

	if (err)
		return err;
	k->point = EC_POINT_new(g);
	if (!k->point)
		return SEALSOCK_ERR_NOMEM;
	if (!share)
		return 0;
	if (EC_POINT_mul(g, k->point, k->scalar, NULL, NULL, k->bn) != 1 ||
	    EC_POINT_point2oct(g, k->point, POINT_CONVERSION_UNCOMPRESSED, share, n, k->bn) != n)
		return SEALSOCK_ERR_CRYPTO;
	return 0;
}

static int classic_make(struct kex *k, uint8_t *share)
{
	switch (k->curve->way) {
	case WAY_RAW:
		return raw_make(k, share);
	case WAY_EC:
		return ec_make(k, share);
	default:
		return dh_make(k, share);
	}
}

static size_t classic_share_len(const struct curve *c)
{
	return c->way == WAY_EC ? 1 + 2 * (size_t)c->len : c->len;
}

static int ec_derive(const struct kex *k, struct bytes peer, uint8_t *out)
{
	const EC_GROUP *g = ec_group(k);
	uint8_t oct[1 + 2 * SCALAR_MAX];
	int err = SEALSOCK_ERR_CRYPTO, why;

	/* RFC 8446 §4.2.8.2: only the uncompressed form. */
	if (peer.p[0] != POINT_CONVERSION_UNCOMPRESSED)
		return SEALSOCK_ERR_ILLEGAL;
	/* oct2point checks that the point is on the curve, whose cofactor is one. */
	if (EC_POINT_oct2point(g, k->point, peer.p, peer.n, k->bn) != 1) {
		why = ERR_GET_REASON(ERR_peek_last_error());
		if (why == EC_R_POINT_IS_NOT_ON_CURVE || why == EC_R_INVALID_ENCODING)
			err = SEALSOCK_ERR_ILLEGAL;
	} else if (EC_POINT_mul(g, k->point, NULL, k->point, k->scalar, k->bn) == 1 &&
		   EC_POINT_point2oct(g, k->point, POINT_CONVERSION_UNCOMPRESSED, oct,
				      sizeof(oct), k->bn) == peer.n) {
		memcpy(out, oct + 1, k->curve->len);
		err = 0;
	}
	wipe(oct, sizeof(oct));
	return err;
}

static int classic_derive(const struct kex *k, struct bytes peer, uint8_t *out)
{
	int err;

	if (peer.n != classic_share_len(k->curve))
		return SEALSOCK_ERR_ILLEGAL;
	switch (k->curve->way) {
	case WAY_RAW:
		err = raw_derive(k, peer, out);
		break;
	case WAY_EC:
		err = ec_derive(k, peer, out);
		break;
	default:
		err = dh_derive(k, peer, out);
	}
	if (!err && secret_all_zero(out, k->curve->len))
		err = SEALSOCK_ERR_ILLEGAL;
	return err;
}

/* Where the classic share and secret of a hybrid stand: they differ in their order. */
static bool kem_first(const struct kex *k)
{
	return k->kem && k->group == GROUP_X25519MLKEM768;
}

static int kex_alloc(const struct crypto *c, const struct sealsock_env *env, uint16_t group,
		     size_t share_len, struct kex **out)
{
	struct kex *k;

	if (!crypto_has_group(c, group))
		return SEALSOCK_ERR_NO_GROUP;
	k = mem_zalloc(env, sizeof(*k));
	if (!k)
		return SEALSOCK_ERR_NOMEM;
	k->env = env;
	k->crypto = c;
	k->group = group;
	k->kem = kem_of_group(group, &group);
	k->curve = curve_find(group);
	k->share_len = (uint16_t)share_len;
	k->share = mem_zalloc(env, share_len);
	if (!k->share) {
		kex_free(k);
		return SEALSOCK_ERR_NOMEM;
	}
	*out = k;
	return 0;
}

/* Frees on failure. */
static int kex_made(struct kex *k, int err, struct kex **out)
{
	if (err) {
		kex_free(k);
		return err;
	}
	*out = k;
	return 0;
}

int kex_new(const struct crypto *c, const struct sealsock_env *env, uint16_t group,
	    struct kex **out)
{
	const struct group *g = group_find(group);
	struct kex *k;
	size_t kem_at, at;
	int err = g ? kex_alloc(c, env, group, g->share_len, &k) : SEALSOCK_ERR_NO_GROUP;

	if (err)
		return err;
	at = kem_first(k) ? KEM_PUBLIC : 0;
	kem_at = kem_first(k) ? 0 : classic_share_len(k->curve);
	ERR_set_mark();
	err = classic_make(k, k->share + at);
	if (!err && k->kem)
		err = kem_make(k, k->share + kem_at);
	if (err)
		err = openssl_why(err);
	ERR_pop_to_mark();
	return kex_made(k, err, out);
}

int kex_of_private(const struct crypto *c, const struct sealsock_env *env, uint16_t group,
		   const uint8_t *priv, struct bytes share, struct kex **out)
{
	const struct group *g = group_find(group);
	struct kex *k;
	int err;

	if (!g || !kex_seed_len(group) || kem_of_group(group, &group))
		return SEALSOCK_ERR_NO_GROUP;
	if (share.n && share.n != g->share_len)
		return SEALSOCK_ERR_ILLEGAL;
	err = kex_alloc(c, env, group, g->share_len, &k);
	if (err)
		return err;
	if (share.n)
		memcpy(k->share, share.p, share.n);
	k->seed = priv;
	ERR_set_mark();
	err = classic_make(k, share.n ? NULL : k->share);
	if (err)
		err = openssl_why(err);
	ERR_pop_to_mark();
	k->seed = NULL;
	return kex_made(k, err, out);
}

void kex_free(struct kex *k)
{
	if (!k)
		return;
	EVP_PKEY_CTX_free(k->raw);
	EVP_PKEY_free(k->kem_key);
	EC_POINT_clear_free(k->point);
	BN_clear_free(k->scalar);
	BN_free(k->prime);
	BN_CTX_free(k->bn);
	mem_free(k->env, k->share, k->share_len);
	mem_free(k->env, k, sizeof(*k));
}

uint16_t kex_group(const struct kex *k)
{
	return k->group;
}

struct bytes kex_share(const struct kex *k)
{
	return bytes_of(k->share, k->share_len);
}

/* Parts of a peer's share: the classic one, and the KEM's of @kem_len bytes. */
static bool split(const struct kex *k, struct bytes peer, size_t kem_len, struct bytes *classic,
		  struct bytes *kem)
{
	size_t n = classic_share_len(k->curve);

	if (peer.n != n + kem_len)
		return false;
	rd_bytes(&peer, kem_first(k) ? kem_len : n, kem_first(k) ? kem : classic);
	*(kem_first(k) ? classic : kem) = peer;
	return true;
}

int kex_derive(const struct kex *k, struct bytes peer, uint8_t out[KEX_SECRET_MAX], size_t *n)
{
	size_t len = k->curve->len;
	struct bytes classic, kem;
	int err;

	if (!split(k, peer, k->kem ? KEM_CIPHERTEXT : 0, &classic, &kem))
		return SEALSOCK_ERR_ILLEGAL;
	ERR_set_mark();
	err = classic_derive(k, classic, out + (kem_first(k) ? KEM_SECRET : 0));
	if (!err && k->kem)
		err = kem_decapsulate(k, kem, out + (kem_first(k) ? 0 : len));
	if (err)
		err = openssl_why(err);
	ERR_pop_to_mark();
	*n = len + (k->kem ? KEM_SECRET : 0);
	return err;
}

size_t kex_seed_len(uint16_t group)
{
	const struct curve *c;

	kem_of_group(group, &group);
	c = curve_find(group);
	return c && c->way != WAY_FINITE ? c->len : 0;
}

int kex_answer(const struct crypto *c, const struct sealsock_env *env, uint16_t group,
	       const uint8_t *seed, struct bytes peer, struct kex **made,
	       uint8_t out[KEX_SECRET_MAX], size_t *n)
{
	const struct group *g = group_find(group);
	struct bytes classic, kem;
	struct kex *k;
	size_t len, classic_len;
	int err = g ? kex_alloc(c, env, group, g->answer_len, &k) : SEALSOCK_ERR_NO_GROUP;

	if (err)
		return err;
	k->seed = k->curve->way == WAY_FINITE ? NULL : seed;
	len = k->curve->len;
	classic_len = classic_share_len(k->curve);
	ERR_set_mark();
	if (!split(k, peer, k->kem ? KEM_PUBLIC : 0, &classic, &kem))
		err = SEALSOCK_ERR_ILLEGAL;
	if (!err)
		err = classic_make(k, k->share + (kem_first(k) ? KEM_CIPHERTEXT : 0));
	if (!err)
		err = classic_derive(k, classic, out + (kem_first(k) ? KEM_SECRET : 0));
	if (!err && k->kem)
		err = kem_encapsulate(k, kem, k->share + (kem_first(k) ? 0 : classic_len),
				      out + (kem_first(k) ? 0 : len));
	if (err)
		err = openssl_why(err);
	ERR_pop_to_mark();
	k->seed = NULL;
	*n = len + (k->kem ? KEM_SECRET : 0);
	return kex_made(k, err, made);
}
