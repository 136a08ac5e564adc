// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Diffie-Hellman over the safe primes of RFC 7919, and of RFC 3526 for TLS 1.2. The generator is 2
 * in all of them; the exponents have the length that RFC 7919 §A asks for, and a little more.
 */
#include <openssl/core_names.h>

#include "crypto/openssl_kex.h"

enum { EXPONENT_MAX = 64 };

/* @len: of the prime and of all numbers sent; @exponent: of ours; both in bytes. */
static const struct field {
	uint16_t group;
	uint16_t len;
	uint16_t exponent;
	const char *name;		/* libcrypto's */
} fields[] = {
	{ GROUP_FFDHE2048, 256, 32, "ffdhe2048" },
	{ GROUP_FFDHE3072, 384, 40, "ffdhe3072" },
	{ GROUP_FFDHE4096, 512, 48, "ffdhe4096" },
	{ GROUP_FFDHE6144, 768, 56, "ffdhe6144" },
	{ GROUP_FFDHE8192, 1024, 64, "ffdhe8192" },
	{ GROUP_MODP2048, 256, 32, "modp_2048" },
	{ GROUP_MODP3072, 384, 40, "modp_3072" },
	{ GROUP_MODP4096, 512, 48, "modp_4096" },
	{ GROUP_MODP6144, 768, 56, "modp_6144" },
	{ GROUP_MODP8192, 1024, 64, "modp_8192" },
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static const struct field *field_find(uint16_t group)
{
	size_t i;

	for (i = 0; i < FIELDS; i++)
		if (fields[i].group == group)
			return &fields[i];
	return NULL;
}

/* libcrypto keeps the primes: only domain parameters are made, no key. NULL: no memory. */
static BIGNUM *prime_of(const struct field *f)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	EVP_PKEY *params = NULL;
	BIGNUM *p = NULL;

	if (!ctx || EVP_PKEY_paramgen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_group_name(ctx, f->name) != 1 ||
	    EVP_PKEY_paramgen(ctx, &params) != 1 ||
	    EVP_PKEY_get_bn_param(params, OSSL_PKEY_PARAM_FFC_P, &p) != 1)
		p = NULL;
	EVP_PKEY_free(params);
	EVP_PKEY_CTX_free(ctx);
	return p;
}

int dh_prime(uint16_t group, uint8_t out[DH_MAX], size_t *n)
{
	const struct field *f = field_find(group);
	int err = SEALSOCK_ERR_CRYPTO;
	BIGNUM *p;

	if (!f)
		return SEALSOCK_ERR_NO_GROUP;
	ERR_set_mark();
	p = prime_of(f);
	if (p && BN_bn2binpad(p, out, f->len) == f->len) {
		*n = f->len;
		err = 0;
	}
	ERR_pop_to_mark();
	BN_free(p);
	return err;
}

int dh_group_of(struct bytes p, struct bytes g, uint16_t *group)
{
	uint8_t prime[DH_MAX];
	size_t i, n;
	int err = 0;

	*group = 0;
	if (g.n != 1 || g.p[0] != 2)
		return 0;
	for (i = 0; !err && !*group && i < FIELDS; i++) {
		if (fields[i].len != p.n)
			continue;
		err = dh_prime(fields[i].group, prime, &n);
		if (!err && bytes_equal(p, bytes_of(prime, n)))
			*group = fields[i].group;
	}
	return err;
}

/* Its highest bit is set, so that all have the same length; that is below the group's order. */
static int draw(struct kex *k, size_t n)
{
	uint8_t priv[EXPONENT_MAX];
	int err = 0;

	if (k->env->random(k->env->arg, priv, n) != 0)
		return SEALSOCK_ERR_RANDOM;
	priv[0] |= 0x80;
	k->scalar = BN_secure_new();
	if (!k->scalar || !BN_bin2bn(priv, (int)n, k->scalar))
		err = SEALSOCK_ERR_NOMEM;
	else
		BN_set_flags(k->scalar, BN_FLG_CONSTTIME);
	wipe(priv, sizeof(priv));
	return err;
}

/* base^exponent, in the field's length. */
static int power(const struct kex *k, const BIGNUM *base, uint8_t *out, int len)
{
	BIGNUM *r = BN_secure_new();
	int err = SEALSOCK_ERR_CRYPTO;

	if (!r)
		return SEALSOCK_ERR_NOMEM;
	if (BN_mod_exp_mont_consttime(r, base, k->scalar, k->prime, k->bn, NULL) == 1 &&
	    BN_bn2binpad(r, out, len) == len)
		err = 0;
	BN_clear_free(r);
	return err;
}

int dh_make(struct kex *k, uint8_t *share)
{
	const struct field *f = field_find(k->group);
	BIGNUM *two = BN_new();
	int err = draw(k, f->exponent);

	k->bn = BN_CTX_secure_new();
	k->prime = prime_of(f);
	if (!err && (!two || !k->bn || !k->prime || BN_set_word(two, 2) != 1))
		err = SEALSOCK_ERR_NOMEM;
	if (!err)
		err = power(k, two, share, f->len);
	BN_free(two);
	return err;
}

/* RFC 7919 §5.1: 1 < y < p - 1. */
static bool in_range(const BIGNUM *y, const BIGNUM *prime)
{
	BIGNUM *last = BN_dup(prime);
	bool good = last && BN_sub_word(last, 1) == 1 && !BN_is_zero(y) && !BN_is_one(y) &&
		    BN_cmp(y, last) < 0;

	BN_free(last);
	return good;
}

int dh_derive(const struct kex *k, struct bytes peer, uint8_t *out)
{
	const struct field *f = field_find(k->group);
	BIGNUM *y;
	int err;

	if (peer.n != f->len)
		return SEALSOCK_ERR_ILLEGAL;
	y = BN_bin2bn(peer.p, (int)peer.n, NULL);
	if (!y)
		return SEALSOCK_ERR_NOMEM;
	err = in_range(y, k->prime) ? power(k, y, out, f->len) : SEALSOCK_ERR_ILLEGAL;
	BN_free(y);
	return err;
}
