// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Public keys of certificates, and the signatures made with them. libcrypto 3.0 takes longer to
 * decode a key by d2i_PUBKEY() than to check a signature with it. The frequent kinds are therefore
 * put together from their numbers: RSA and the Edwards curves through EVP; on the curves of NIST,
 * where EVP still takes a quarter of the arithmetic, through EC_KEY.
 */
#define OPENSSL_SUPPRESS_DEPRECATED	/* EC_KEY, since 3.0 */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdatomic.h>

#include "crypto/openssl.h"

/* One of @pkey and @ec, which is on one of the library's curves. */
struct pubkey {
	const struct sealsock_env *env;
	struct crypto *crypto;
	EVP_PKEY *pkey;
	EC_KEY *ec;
	int curve;
};

/* RSA-8192, with a byte of zero in front. */
enum { MODULUS_MAX = 1024 };

static EC_KEY *ec_new(const EC_GROUP *group)
{
	EC_KEY *key = EC_KEY_new();

	if (key && EC_KEY_set_group(key, group) == 1)
		return key;
	EC_KEY_free(key);
	return NULL;
}

static EC_KEY *make_ec(struct crypto *c, int curve, struct bytes point)
{
	EC_KEY *key = NULL;
	int i;

	for (i = 0; i < SPARES && !key; i++)
		key = atomic_exchange(&c->spares->ec[curve][i].key, NULL);
	if (!key)
		key = ec_new(c->ec[curve]);
	/* EC_KEY_oct2key() refuses what is no point of the curve. */
	if (key && EC_KEY_oct2key(key, point.p, point.n, NULL) == 1)
		return key;
	EC_KEY_free(key);
	return NULL;
}

static void give_ec(struct crypto *c, int curve, EC_KEY *key)
{
	int i;

	for (i = 0; i < SPARES && key; i++)
		key = atomic_exchange(&c->spares->ec[curve][i].key, key);
	EC_KEY_free(key);
}

void ec_spares_free(struct spares *s)
{
	int c, i;

	for (c = 0; s && c < EC_COUNT; c++)
		for (i = 0; i < SPARES; i++)
			EC_KEY_free(atomic_load(&s->ec[c][i].key));
}

static bool number(OSSL_PARAM *param, const char *name, struct bytes b, uint8_t *native)
{
	BIGNUM *n = BN_bin2bn(b.p, (int)b.n, NULL);
	bool ok = n && BN_bn2nativepad(n, native, (int)b.n) == (int)b.n;

	BN_free(n);
	*param = OSSL_PARAM_construct_BN(name, native, b.n);
	return ok;
}

static EVP_PKEY *make_rsa(struct bytes modulus, struct bytes exponent)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	uint8_t n[MODULUS_MAX + 1], e[8];
	OSSL_PARAM params[3] = { OSSL_PARAM_END, OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_PKEY *pkey = NULL;

	if (!ctx || modulus.n > sizeof(n) || exponent.n > sizeof(e) ||
	    !number(&params[0], OSSL_PKEY_PARAM_RSA_N, modulus, n) ||
	    !number(&params[1], OSSL_PKEY_PARAM_RSA_E, exponent, e) ||
	    EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *decode(struct bytes spki)
{
	const unsigned char *at = spki.p;

	return d2i_PUBKEY(NULL, &at, (long)spki.n);
}

static void make(struct pubkey *k, const struct pubkey_parts *p)
{
	switch (p->kind) {
	case KEY_EC_P256:
	case KEY_EC_P384:
	case KEY_EC_P521:
		k->curve = (int)(p->kind - KEY_EC_P256);
		k->ec = make_ec(k->crypto, k->curve, p->key);
		break;
	case KEY_ED25519:
	case KEY_ED448:
		k->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, p->kind == KEY_ED25519 ? "ED25519" :
							 "ED448", NULL, p->key.p, p->key.n);
		break;
	case KEY_RSA:
		k->pkey = make_rsa(p->modulus, p->exponent);
		break;
	default:	/* RSA-PSS, which may be bound to parameters; our own keys of other kinds */
		k->pkey = decode(p->der);
	}
}

int pubkey_new(const struct sealsock_env *env, const struct pubkey_parts *parts,
	       struct pubkey **out)
{
	struct pubkey *k = mem_zalloc(env, sizeof(*k));
	int err = SEALSOCK_ERR_NOMEM;

	if (!k)
		return err;
	k->env = env;
	k->crypto = crypto_get();
	if (k->crypto) {
		ERR_set_mark();
		make(k, parts);
		err = k->pkey || k->ec ? 0 : openssl_why(SEALSOCK_ERR_CERT_BAD);
		ERR_pop_to_mark();
	}
	if (err)
		pubkey_free(k);
	else
		*out = k;
	return err;
}

void pubkey_free(struct pubkey *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	if (k->ec)
		give_ec(k->crypto, k->curve, k->ec);
	crypto_put(k->crypto);
	mem_free(k->env, k, sizeof(*k));
}

/* A positive INTEGER in DER, no longer than need be (X.690 §8.3.2). */
static bool take_number(struct bytes *in, struct bytes *out)
{
	uint8_t tag;

	return rd_u8(in, &tag) && tag == 2 && rd_vec8(in, 1, 127, out) && out->p[0] < 0x80 &&
	       (out->p[0] || out->n == 1 || out->p[1] >= 0x80);
}

/* ECDSA-Sig-Value (RFC 3279 §2.2.3), in DER alone. */
static bool take_numbers(struct bytes sig, struct bytes *r, struct bytes *s)
{
	struct bytes body;
	uint8_t tag, form;

	if (!rd_u8(&sig, &tag) || tag != 0x30 || !sig.n)
		return false;
	/* A length of 128 and more has a byte before it that says so. */
	if (sig.p[0] == 0x81 && (!rd_u8(&sig, &form) || !sig.n || sig.p[0] < 0x80))
		return false;
	return rd_vec8(&sig, 0, 255, &body) && !sig.n && take_number(&body, r) &&
	       take_number(&body, s) && !body.n;
}

/* What comes of two numbers that are in order but could not be tried is no fault of the peer's. */
static int verify_numbers(EC_KEY *ec, const uint8_t *hash, int n, struct bytes r, struct bytes s)
{
	BIGNUM *a = BN_bin2bn(r.p, (int)r.n, NULL), *b = BN_bin2bn(s.p, (int)s.n, NULL);
	ECDSA_SIG *pair = ECDSA_SIG_new();
	int result = -1;

	if (a && b && pair && ECDSA_SIG_set0(pair, a, b) == 1) {
		a = NULL;
		b = NULL;
		result = ECDSA_do_verify(hash, n, pair, ec);
	}
	BN_free(a);
	BN_free(b);
	ECDSA_SIG_free(pair);
	if (result == 1)
		return 0;
	return result ? SEALSOCK_ERR_NOMEM : SEALSOCK_ERR_BAD_SIGNATURE;
}

static int verify_ec(EC_KEY *ec, const struct sigscheme *s, struct bytes msg, struct bytes sig)
{
	uint8_t hash[SIGNED_HASH_MAX];
	struct bytes r, t;

	if (!take_numbers(sig, &r, &t))
		return SEALSOCK_ERR_BAD_SIGNATURE;
	return verify_numbers(ec, hash, (int)openssl_hash(s, msg, hash), r, t);
}

static int verify_evp(EVP_PKEY *pkey, const struct sigscheme *s, struct bytes msg,
		      struct bytes sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int err;

	if (!ctx)
		return SEALSOCK_ERR_NOMEM;
	err = pkey_setup(ctx, pkey, s, false);
	if (err)	/* RSA-PSS keys may be bound to another hash; else memory is wanting */
		err = EVP_PKEY_is_a(pkey, "RSA-PSS") ? SEALSOCK_ERR_ILLEGAL : SEALSOCK_ERR_CRYPTO;
	else if (EVP_DigestVerify(ctx, sig.p, sig.n, msg.p, msg.n) != 1)
		err = SEALSOCK_ERR_BAD_SIGNATURE;
	EVP_MD_CTX_free(ctx);
	return err;
}

int pubkey_verify(const struct pubkey *k, const struct sigscheme *s, struct bytes msg,
		  struct bytes sig)
{
	int err;

	if (k->ec && !is_nist(s->kind))
		return SEALSOCK_ERR_ILLEGAL;
	ERR_set_mark();
	err = k->ec ? verify_ec(k->ec, s, msg, sig) : verify_evp(k->pkey, s, msg, sig);
	if (err)
		err = openssl_why(err);
	ERR_pop_to_mark();
	return err;
}

bool pubkey_fits(const struct pubkey *k, const struct privkey *priv)
{
	EVP_PKEY *own = NULL;
	bool fits;

	ERR_set_mark();
	if (k->ec) {
		own = EVP_PKEY_new();
		if (!own || EVP_PKEY_set1_EC_KEY(own, k->ec) != 1) {
			EVP_PKEY_free(own);
			own = NULL;
		}
	}
	fits = (own || k->pkey) && EVP_PKEY_eq(own ? own : k->pkey, privkey_pkey(priv)) == 1;
	EVP_PKEY_free(own);
	ERR_pop_to_mark();
	return fits;
}

int pubkey_encrypt(const struct pubkey *k, struct bytes msg, uint8_t out[RSA_BLOCK_MAX],
		   size_t *n)
{
	EVP_PKEY_CTX *ctx;
	int err = SEALSOCK_ERR_CRYPTO;

	if (!k->pkey)
		return err;
	ERR_set_mark();
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	*n = RSA_BLOCK_MAX;
	if (ctx && EVP_PKEY_encrypt_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_encrypt(ctx, out, n, msg.p, msg.n) == 1)
		err = 0;
	if (err)
		err = openssl_why(err);
	EVP_PKEY_CTX_free(ctx);
	ERR_pop_to_mark();
	return err;
}
