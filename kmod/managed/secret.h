/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traffic secrets of TLS 1.3 and what comes out of them (RFC 8446 sections 7.1
 * to 7.3): HKDF-Expand-Label by the kernel's hashes. Takes no memory but when a
 * hash is met for the first time.
 */
#ifndef SEAL_MANAGED_SECRET_H
#define SEAL_MANAGED_SECRET_H

#include "core/suite.h"

struct crypto_shash;

enum {
	SEAL_MAX_SECRET = 48,	/* SHA-384 */
};

/* What one traffic secret gives. Whoever has one wipes it. */
struct seal_derived {
	u8 key[SEAL_MAX_KEY] __aligned(16);
	u8 iv[SEAL_NONCE];
	u8 next[SEAL_MAX_SECRET];	/* the traffic secret after it */
};

/*
 * The hash of a suite, shared by all sockets and never freed before
 * seal_secret_exit(). May sleep, and load a module. ERR_PTR: -ENOENT: the
 * kernel has none; -ENOMEM.
 */
struct crypto_shash *seal_secret_hash(const struct seal_suite *suite);

/* Bytes of a traffic secret. */
unsigned int seal_secret_len(const struct crypto_shash *hash);

/*
 * All that @secret gives, of a suite whose hash is @hash. @secret may be
 * out->next. 0, or an error of the hash, @out wiped.
 */
int seal_secret_derive(struct crypto_shash *hash, const struct seal_suite *suite,
		       const u8 *secret, struct seal_derived *out);

void seal_secret_exit(void);

#endif /* SEAL_MANAGED_SECRET_H */
