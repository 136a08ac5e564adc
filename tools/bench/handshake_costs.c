// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the primitives of a handshake cost alone. */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "handshake.h"

/*
 * Each in the cheapest way that libcrypto 3.0 offers: contexts are made once, nothing is looked up
 * by name, and P-256 goes by points, since EVP_PKEY spends as much again on checks of a key that it
 * has just made. Deriving takes the same two keys each time, which a real server cannot do.
 */
struct costs {
	bool exchange, sign;
	unsigned int verify;	/* how often: the client's CertificateVerify, and its certificate */
	EC_GROUP *group;	/* NULL: X25519 */
	EC_POINT *point, *shared;
	BIGNUM *secret;
	BN_CTX *bn;
	uint8_t share[65];
	EVP_PKEY_CTX *keygen, *derive, *signer, *verifier;
	uint8_t kem[1184];	/* a client's share of ML-KEM-768; hybrid groups */
	bool hybrid;
	uint8_t digest[32], signature[128];
	size_t signature_len;
};

static void by_points(struct costs *c)
{
	uint8_t out[65];

	if (!BN_priv_rand_range_ex(c->secret, EC_GROUP_get0_order(c->group), 0, c->bn) ||
	    !EC_POINT_mul(c->group, c->point, c->secret, NULL, NULL, c->bn) ||
	    !EC_POINT_point2oct(c->group, c->point, POINT_CONVERSION_UNCOMPRESSED, c->share,
				sizeof(c->share), c->bn))
		hs_die("key generation");
	if (!EC_POINT_oct2point(c->group, c->point, c->share, sizeof(c->share), c->bn) ||
	    !EC_POINT_mul(c->group, c->shared, NULL, c->point, c->secret, c->bn) ||
	    !EC_POINT_point2oct(c->group, c->shared, POINT_CONVERSION_UNCOMPRESSED, out,
				sizeof(out), c->bn))
		hs_die("derivation");
}

static void make_key(struct costs *c)
{
	EVP_PKEY *mine = NULL;

	if (EVP_PKEY_generate(c->keygen, &mine) != 1)
		hs_die("key generation");
	EVP_PKEY_free(mine);
}

static void derive(struct costs *c)
{
	uint8_t out[32];
	size_t n = sizeof(out);

	if (EVP_PKEY_derive(c->derive, out, &n) != 1)
		hs_die("derivation");
}

/* A client's key is never the same twice, so that it has to be read. */
static void encapsulate(struct costs *c)
{
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(NULL, "ML-KEM-768", NULL, c->kem,
							sizeof(c->kem));
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
	uint8_t wrapped[1088], secret[32];
	size_t n = sizeof(wrapped), m = sizeof(secret);

	if (!ctx || EVP_PKEY_encapsulate_init(ctx, NULL) != 1 ||
	    EVP_PKEY_encapsulate(ctx, wrapped, &n, secret, &m) != 1)
		hs_die("encapsulation");
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
}

static void sign(struct costs *c)
{
	c->signature_len = sizeof(c->signature);
	if (EVP_PKEY_sign(c->signer, c->signature, &c->signature_len, c->digest,
			  sizeof(c->digest)) != 1)
		hs_die("signature");
}

static void verify(struct costs *c)
{
	if (EVP_PKEY_verify(c->verifier, c->signature, c->signature_len, c->digest,
			    sizeof(c->digest)) != 1)
		hs_die("verification");
}

double costs_measure(struct costs *c)
{
	double t = hs_now_us();

	if (c->exchange && c->group) {
		by_points(c);
	} else if (c->exchange) {
		make_key(c);
		derive(c);
	}
	if (c->hybrid)
		encapsulate(c);
	if (c->sign)
		sign(c);
	for (unsigned int v = 0; v < c->verify; v++)
		verify(c);
	return hs_since_us(t);
}

void costs_x25519(struct costs *c, double *made, double *derived)
{
	double t = hs_now_us();

	make_key(c);
	*made += hs_since_us(t);
	t = hs_now_us();
	derive(c);
	*derived += hs_since_us(t);
}

static void prepare_x25519(struct costs *c)
{
	EVP_PKEY *mine = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY *peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");

	c->keygen = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
	c->derive = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);
	if (!c->keygen || EVP_PKEY_keygen_init(c->keygen) != 1 || !c->derive ||
	    EVP_PKEY_derive_init(c->derive) != 1 ||
	    EVP_PKEY_derive_set_peer(c->derive, peer) != 1)
		hs_die("X25519");
	EVP_PKEY_free(mine);
	EVP_PKEY_free(peer);
}

static void prepare_kem(struct costs *c)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ML-KEM-768");
	size_t n = sizeof(c->kem);

	if (!key || EVP_PKEY_get_raw_public_key(key, c->kem, &n) != 1 || n != sizeof(c->kem))
		hs_die("ML-KEM-768");
	EVP_PKEY_free(key);
	c->hybrid = true;
}

static void prepare_p256(struct costs *c)
{
	c->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	c->point = EC_POINT_new(c->group);
	c->shared = EC_POINT_new(c->group);
	c->secret = BN_new();
	c->bn = BN_CTX_new();
}

struct costs *costs_new(const struct test *t)
{
	bool v13 = !strcmp(t->version, "TLSv1.3"), resumed = t->kind == KIND_RESUMED;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct costs *c = calloc(1, sizeof(*c));

	if (!c || !key)
		hs_die("no memory");
	c->exchange = v13 || !resumed;
	c->sign = !resumed;
	c->verify = t->kind == KIND_MUTUAL ? 1 : t->kind == KIND_NEW ? 2 : 0;
	if (!strcmp(t->group, "secp256r1"))
		prepare_p256(c);
	else
		prepare_x25519(c);
	if (strstr(t->group, "MLKEM"))
		prepare_kem(c);
	c->signer = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	c->verifier = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	if (!c->signer || EVP_PKEY_sign_init(c->signer) != 1 || !c->verifier ||
	    EVP_PKEY_verify_init(c->verifier) != 1)
		hs_die("signature");
	EVP_PKEY_free(key);
	return c;
}

void costs_free(struct costs *c)
{
	EVP_PKEY_CTX_free(c->keygen);
	EVP_PKEY_CTX_free(c->derive);
	EVP_PKEY_CTX_free(c->signer);
	EVP_PKEY_CTX_free(c->verifier);
	EC_POINT_free(c->point);
	EC_POINT_free(c->shared);
	EC_GROUP_free(c->group);
	BN_free(c->secret);
	BN_CTX_free(c->bn);
	free(c);
}
