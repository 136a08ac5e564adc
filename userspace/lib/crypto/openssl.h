/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the openssl*.c files share. */
#ifndef SEALSOCK_CRYPTO_OPENSSL_H
#define SEALSOCK_CRYPTO_OPENSSL_H

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/backend.h"

enum { EC_COUNT = GROUP_SECP521R1 - GROUP_SECP256R1 + 1 };

/* The curves of RFC 7748. */
enum raw_curve { RAW_X25519, RAW_X448, RAW_CURVES };

/*
 * What working on a raw curve takes besides the keys, made once and lent to one caller at a time:
 * looking these things up by name costs libcrypto more than all the rest around the arithmetic.
 */
struct raw_tools {
	EVP_PKEY_CTX *import;	/* makes a key from its bytes */
	EVP_PKEY *base;		/* the base point */
	EVP_PKEY *peer;		/* a public key whose bytes are replaced each time */
};

/* Tools that nobody uses just now: so many threads find some. An own object, as it changes. */
enum { SPARES = 4 };

struct raw_spare {
	struct raw_tools *_Atomic tools;
};

/* A public key whose point is replaced each time: it has a copy of its curve, which is dear. */
struct ec_spare {
	_Atomic(EC_KEY *) key;
};

struct spares {
	struct raw_spare raw[RAW_CURVES][SPARES];
	struct ec_spare ec[EC_COUNT][SPARES];
};

/* @code, of a failure just now; NOMEM where libcrypto's queue says that it had no memory. */
int openssl_why(int code);

struct crypto {
	unsigned int refs;
	EVP_CIPHER *cipher[CIPHER_COUNT];
	EC_GROUP *ec[EC_COUNT];		/* by group, from GROUP_SECP256R1 on */
	EVP_KEM *kem;			/* NULL: this libcrypto has no ML-KEM */
	struct spares *spares;
};

/* openssl_raw.c, openssl_pubkey.c: free what is at hand. */
void raw_spares_free(struct spares *s);
void ec_spares_free(struct spares *s);

/* KEY_OTHER where this library has no scheme for it. */
enum key_kind pkey_kind(const EVP_PKEY *pkey);

/*
 * A signing or verifying context of @s on @pkey, ready for the message.
 * 0, or CRYPTO; KEY: too small for the scheme.
 */
int pkey_setup(EVP_MD_CTX *ctx, EVP_PKEY *pkey, const struct sigscheme *s, bool sign);

EVP_PKEY *privkey_pkey(const struct privkey *k);

/* Keys of ECDSA. */
static inline bool is_nist(enum key_kind kind)
{
	return kind == KEY_EC_P256 || kind == KEY_EC_P384 || kind == KEY_EC_P521;
}

/*
 * What an ECDSA scheme signs of @msg; its length. It allocates nothing: where memory is wanting,
 * SHA256() and EVP leave no hash behind, and what is checked with that looks like a wrong
 * signature.
 */
enum { SIGNED_HASH_MAX = 64 };

size_t openssl_hash(const struct sigscheme *s, struct bytes msg, uint8_t out[SIGNED_HASH_MAX]);

#endif
