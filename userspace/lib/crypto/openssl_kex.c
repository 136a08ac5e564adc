// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Key exchange: X25519 (RFC 7748) and ECDH on P-256 (RFC 8446 §7.4.2). */
#include "crypto/openssl.h"
#include "secret.h"

struct kex {
	const struct sealsock_env *env;
	const struct crypto *crypto;
	uint16_t group;
	uint8_t share_len;
	uint8_t share[KEX_SHARE_MAX];
	EVP_PKEY *x25519;
	BIGNUM *scalar;		/* P-256 */
	BN_CTX *bn;
};

enum {
	SCALAR_LEN = 32,
	/* A scalar is out of range once in 2^32 draws: more than a few means a broken source. */
	SCALAR_TRIES = 8,
};

static int x25519_make(struct kex *k)
{
	uint8_t priv[SCALAR_LEN];
	size_t n = SCALAR_LEN;

	if (k->env->random(k->env->arg, priv, sizeof(priv)) != 0)
		return SEALSOCK_ERR_RANDOM;
	k->x25519 = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, priv, sizeof(priv));
	wipe(priv, sizeof(priv));
	if (!k->x25519 || EVP_PKEY_get_raw_public_key(k->x25519, k->share, &n) != 1)
		return SEALSOCK_ERR_CRYPTO;
	return 0;
}

static int p256_draw(struct kex *k)
{
	const BIGNUM *order = EC_GROUP_get0_order(k->crypto->p256);
	uint8_t priv[SCALAR_LEN];
	int try;

	k->scalar = BN_secure_new();
	k->bn = BN_CTX_secure_new();
	if (!k->scalar || !k->bn)
		return SEALSOCK_ERR_NOMEM;
	BN_set_flags(k->scalar, BN_FLG_CONSTTIME);
	for (try = 0; try < SCALAR_TRIES; try++) {
		if (k->env->random(k->env->arg, priv, sizeof(priv)) != 0)
			return SEALSOCK_ERR_RANDOM;
		if (!BN_bin2bn(priv, sizeof(priv), k->scalar)) {
			wipe(priv, sizeof(priv));
			return SEALSOCK_ERR_NOMEM;
		}
		wipe(priv, sizeof(priv));
		if (!BN_is_zero(k->scalar) && BN_cmp(k->scalar, order) < 0)
			return 0;
	}
	return SEALSOCK_ERR_RANDOM;
}

static int p256_make(struct kex *k)
{
	const EC_GROUP *g = k->crypto->p256;
	int err = p256_draw(k);
	EC_POINT *pub;

	if (err)
		return err;
	pub = EC_POINT_new(g);
	if (!pub)
		return SEALSOCK_ERR_NOMEM;
	if (EC_POINT_mul(g, pub, k->scalar, NULL, NULL, k->bn) != 1 ||
	    EC_POINT_point2oct(g, pub, POINT_CONVERSION_UNCOMPRESSED, k->share,
			       sizeof(k->share), k->bn) != sizeof(k->share))
		err = SEALSOCK_ERR_CRYPTO;
	EC_POINT_free(pub);
	return err;
}

int kex_new(const struct crypto *c, const struct sealsock_env *env, uint16_t group,
	    struct kex **out)
{
	const struct group *g = group_find(group);
	struct kex *k;
	int err;

	if (!g)
		return SEALSOCK_ERR_NO_GROUP;
	k = mem_zalloc(env, sizeof(*k));
	if (!k)
		return SEALSOCK_ERR_NOMEM;
	k->env = env;
	k->crypto = c;
	k->group = group;
	k->share_len = g->share_len;
	ERR_set_mark();
	err = group == GROUP_X25519 ? x25519_make(k) : p256_make(k);
	ERR_pop_to_mark();
	if (err) {
		kex_free(k);
		return err;
	}
	*out = k;
	return 0;
}

void kex_free(struct kex *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->x25519);
	BN_clear_free(k->scalar);
	BN_CTX_free(k->bn);
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

static int x25519_derive(const struct kex *k, struct bytes peer, uint8_t *out)
{
	EVP_PKEY *pub = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, peer.p, peer.n);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->x25519, NULL);
	size_t n = KEX_SECRET_MAX;
	int err = SEALSOCK_ERR_CRYPTO;

	if (pub && ctx && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, pub) == 1) {
		/* libcrypto fails where the result is all zeros: a point of small order. */
		err = EVP_PKEY_derive(ctx, out, &n) == 1 && n == KEX_SECRET_MAX ?
		      0 : SEALSOCK_ERR_ILLEGAL;
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pub);
	return err;
}

static int p256_derive(const struct kex *k, struct bytes peer, uint8_t *out)
{
	const EC_GROUP *g = k->crypto->p256;
	EC_POINT *point = EC_POINT_new(g);
	uint8_t oct[KEX_SHARE_MAX];
	int err = SEALSOCK_ERR_CRYPTO;

	if (!point)
		return SEALSOCK_ERR_NOMEM;
	/* oct2point checks that the point is on the curve, whose cofactor is one. */
	if (EC_POINT_oct2point(g, point, peer.p, peer.n, k->bn) != 1) {
		err = SEALSOCK_ERR_ILLEGAL;
	} else if (EC_POINT_mul(g, point, NULL, point, k->scalar, k->bn) == 1 &&
		   EC_POINT_point2oct(g, point, POINT_CONVERSION_UNCOMPRESSED, oct,
				      sizeof(oct), k->bn) == sizeof(oct)) {
		memcpy(out, oct + 1, KEX_SECRET_MAX);
		err = 0;
	}
	wipe(oct, sizeof(oct));
	EC_POINT_clear_free(point);
	return err;
}

int kex_derive(const struct kex *k, struct bytes peer, uint8_t out[KEX_SECRET_MAX])
{
	int err;

	if (peer.n != k->share_len)
		return SEALSOCK_ERR_ILLEGAL;
	/* RFC 8446 §4.2.8.2: only the uncompressed form. */
	if (k->group == GROUP_SECP256R1 && peer.p[0] != 4)
		return SEALSOCK_ERR_ILLEGAL;
	ERR_set_mark();
	err = k->group == GROUP_X25519 ? x25519_derive(k, peer, out) : p256_derive(k, peer, out);
	ERR_pop_to_mark();
	if (!err && secret_all_zero(out, KEX_SECRET_MAX))
		err = SEALSOCK_ERR_ILLEGAL;
	return err;
}
