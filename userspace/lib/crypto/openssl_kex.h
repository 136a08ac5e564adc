/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What openssl_kex.c and openssl_kem.c share. */
#ifndef SEALSOCK_CRYPTO_OPENSSL_KEX_H
#define SEALSOCK_CRYPTO_OPENSSL_KEX_H

#include "crypto/openssl.h"

/* ML-KEM-768 (FIPS 203) */
enum { KEM_PUBLIC = 1184, KEM_CIPHERTEXT = 1088, KEM_SECRET = 32 };

struct curve;

struct kex {
	const struct sealsock_env *env;
	const struct crypto *crypto;
	const struct curve *curve;	/* a hybrid's classic half */
	uint16_t group;
	uint16_t share_len;
	bool kem;		/* a hybrid */
	uint8_t *share;
	EVP_PKEY *raw;		/* X25519, X448 */
	BIGNUM *scalar;		/* NIST curves */
	BN_CTX *bn;
	EVP_PKEY *kem_key;	/* a client's */
};

/* Is the group a hybrid? Then *classic is the group of its classic half. */
bool kem_of_group(uint16_t group, uint16_t *classic);

/* The client's key, its public half in @share (KEM_PUBLIC bytes). RANDOM, CRYPTO. */
int kem_make(struct kex *k, uint8_t *share);

/* ILLEGAL: @peer is no valid public key. @out: KEM_CIPHERTEXT bytes. */
int kem_encapsulate(struct kex *k, struct bytes peer, uint8_t *out, uint8_t *secret);
int kem_decapsulate(const struct kex *k, struct bytes peer, uint8_t *secret);

#endif
