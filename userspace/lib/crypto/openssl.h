/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the openssl*.c files share. */
#ifndef SEALSOCK_CRYPTO_OPENSSL_H
#define SEALSOCK_CRYPTO_OPENSSL_H

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/backend.h"

enum { EC_COUNT = GROUP_SECP521R1 - GROUP_SECP256R1 + 1 };

struct crypto {
	unsigned int refs;
	EVP_MD *md[HASH_COUNT];
	EVP_CIPHER *cipher[AEAD_COUNT];
	EC_GROUP *ec[EC_COUNT];		/* by group, from GROUP_SECP256R1 on */
	EVP_KEM *kem;			/* NULL: this libcrypto has no ML-KEM */
};

/* KEY_OTHER where this library has no scheme for it. */
enum key_kind pkey_kind(const EVP_PKEY *pkey);

/*
 * A signing or verifying context of @s on @pkey, ready for the message.
 * 0, or CRYPTO; KEY: too small for the scheme.
 */
int pkey_setup(EVP_MD_CTX *ctx, EVP_PKEY *pkey, const struct sigscheme *s, bool sign);

EVP_PKEY *privkey_pkey(const struct privkey *k);

#endif
