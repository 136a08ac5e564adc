// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ML-KEM-768, which libcrypto has from 3.5 on: reached by name only, so one binary does both. */
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "crypto/openssl_kex.h"

#define KEM_NAME "ML-KEM-768"

enum { SEED = 64, ENTROPY = 32 };

static const struct {
	uint16_t group, classic;
} hybrids[] = {
	{ GROUP_X25519MLKEM768, GROUP_X25519 },
	{ GROUP_SECP256R1MLKEM768, GROUP_SECP256R1 },
};

bool kem_of_group(uint16_t group, uint16_t *classic)
{
	size_t i;

	for (i = 0; i < sizeof(hybrids) / sizeof(hybrids[0]); i++) {
		if (hybrids[i].group == group) {
			*classic = hybrids[i].classic;
			return true;
		}
	}
	return false;
}

bool crypto_has_group(const struct crypto *c, uint16_t group)
{
	uint16_t classic;

	if (!group_find(group))
		return false;
	return !kem_of_group(group, &classic) || c->kem;
}

static EVP_PKEY *from_public(struct bytes pub)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)pub.p, pub.n),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, KEM_NAME, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* Made, not imported: an import is tried out with an encapsulation, as dear as all the rest. */
static EVP_PKEY *from_seed(uint8_t seed[SEED])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string("seed", seed, SEED), OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, KEM_NAME, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_params(ctx, params) == 1 &&
	    EVP_PKEY_generate(ctx, &pkey) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

int kem_make(struct kex *k, uint8_t *share)
{
	uint8_t seed[SEED];
	size_t n;

	if (k->env->random(k->env->arg, seed, sizeof(seed)) != 0)
		return SEALSOCK_ERR_RANDOM;
	k->kem_key = from_seed(seed);
	wipe(seed, sizeof(seed));
	if (!k->kem_key ||
	    EVP_PKEY_get_octet_string_param(k->kem_key, OSSL_PKEY_PARAM_PUB_KEY, share, KEM_PUBLIC,
					    &n) != 1 || n != KEM_PUBLIC)
		return SEALSOCK_ERR_CRYPTO;
	return 0;
}

int kem_encapsulate(struct kex *k, struct bytes peer, uint8_t *out, uint8_t *secret)
{
	uint8_t entropy[ENTROPY];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string("ikme", entropy, sizeof(entropy)),
		OSSL_PARAM_construct_end(),
	};
	size_t out_len = KEM_CIPHERTEXT, secret_len = KEM_SECRET;
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pub;
	int err = SEALSOCK_ERR_CRYPTO;

	if (k->env->random(k->env->arg, entropy, sizeof(entropy)) != 0)
		return SEALSOCK_ERR_RANDOM;
	/* Import checks the encoding (FIPS 203 §7.2): a key that is not reduced is refused. */
	pub = from_public(peer);
	if (!pub) {
		err = SEALSOCK_ERR_ILLEGAL;
	} else {
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pub, NULL);
		if (ctx && EVP_PKEY_encapsulate_init(ctx, params) == 1 &&
		    EVP_PKEY_encapsulate(ctx, out, &out_len, secret, &secret_len) == 1 &&
		    out_len == KEM_CIPHERTEXT && secret_len == KEM_SECRET)
			err = 0;
	}
	wipe(entropy, sizeof(entropy));
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pub);
	return err;
}

/* A ciphertext that was tampered with gives another secret, and Finished fails: no oracle here. */
int kem_decapsulate(const struct kex *k, struct bytes peer, uint8_t *secret)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->kem_key, NULL);
	size_t n = KEM_SECRET;
	int err = SEALSOCK_ERR_CRYPTO;

	if (ctx && EVP_PKEY_decapsulate_init(ctx, NULL) == 1 &&
	    EVP_PKEY_decapsulate(ctx, secret, &n, peer.p, peer.n) == 1 && n == KEM_SECRET)
		err = 0;
	EVP_PKEY_CTX_free(ctx);
	return err;
}
