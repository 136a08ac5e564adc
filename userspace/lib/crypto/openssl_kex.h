/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What openssl_kex.c, openssl_raw.c, openssl_dh.c and openssl_kem.c share. */
#ifndef SEALSOCK_CRYPTO_OPENSSL_KEX_H
#define SEALSOCK_CRYPTO_OPENSSL_KEX_H

#include "crypto/openssl.h"

/* ML-KEM-768 (FIPS 203) */
enum { KEM_PUBLIC = 1184, KEM_CIPHERTEXT = 1088, KEM_SECRET = 32 };

enum { SCALAR_MAX = KEX_SEED_MAX };

enum way { WAY_RAW, WAY_EC, WAY_FINITE };

/* @len: of the shared secret, and of a scalar of a curve. */
struct curve {
	uint16_t group;
	enum way way;
	uint16_t len;
	uint8_t top;		/* NIST curves: bits of a scalar's first byte */
	enum raw_curve raw;
};

struct kex {
	const struct sealsock_env *env;
	const struct crypto *crypto;
	const struct curve *curve;	/* a hybrid's classic half */
	uint16_t group;
	uint16_t share_len;
	bool kem;		/* a hybrid */
	uint8_t *share;
	const uint8_t *seed;	/* NULL: none, or used */
	EVP_PKEY_CTX *raw;	/* X25519, X448: holds the private key, ready to derive */
	BIGNUM *scalar;		/* NIST curves, finite fields */
	BIGNUM *prime;		/* … with this prime */
	EC_POINT *point;	/* NIST curves: the one being computed */
	BN_CTX *bn;
	EVP_PKEY *kem_key;	/* a client's */
};

/* openssl_raw.c: a scalar of a curve: from the seed, if there is one yet. RANDOM. */
int kex_draw(struct kex *k, uint8_t *out);

/*
 * The key of X25519 and X448, its public half in @share, if that is wanted (else NULL); the shared
 * secret. RANDOM, NOMEM, CRYPTO; ILLEGAL: the secret would be all zeros.
 */
int raw_make(struct kex *k, uint8_t *share);
int raw_derive(const struct kex *k, struct bytes peer, uint8_t *out);

/* Is the group a hybrid? Then *classic is the group of its classic half. */
bool kem_of_group(uint16_t group, uint16_t *classic);

/* The client's key, its public half in @share (KEM_PUBLIC bytes). RANDOM, CRYPTO. */
int kem_make(struct kex *k, uint8_t *share);

/* ILLEGAL: @peer is no valid public key. @out: KEM_CIPHERTEXT bytes. */
int kem_encapsulate(struct kex *k, struct bytes peer, uint8_t *out, uint8_t *secret);
int kem_decapsulate(const struct kex *k, struct bytes peer, uint8_t *secret);

/* openssl_dh.c: finite fields; @share, @out: share_len bytes. NOMEM, RANDOM, CRYPTO, ILLEGAL. */
int dh_make(struct kex *k, uint8_t *share);
int dh_derive(const struct kex *k, struct bytes peer, uint8_t *out);

#endif
