/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* HMAC (RFC 2104) and HKDF (RFC 5869, RFC 8446 §7.1) over the backend's hashes. */
#ifndef SEALSOCK_CRYPTO_HKDF_H
#define SEALSOCK_CRYPTO_HKDF_H

#include "base/secret.h"
#include "crypto/backend.h"

/* The hash to work with, and a scratch context that is overwritten by each call. */
struct kdf {
	const struct crypto *crypto;
	struct hash *scratch;
	enum hash_id hash;
};

/* @out: hash_len bytes. @key at most one block of the hash, which all our secrets are. */
int hmac(const struct kdf *k, struct bytes key, struct bytes msg, uint8_t *out);

/* The same of a message in @n parts. */
int hmac_parts(const struct kdf *k, struct bytes key, const struct bytes *parts, size_t n,
	       uint8_t *out);

int hkdf_extract(const struct kdf *k, struct bytes salt, struct bytes ikm, struct secret *out);

/*
 * HKDF-Expand-Label; @label without "tls13 ". INVALID: a label over LABEL_MAX bytes, a context over
 * 255, or more output than 255 hashes.
 */
enum { LABEL_MAX = 249 };

int hkdf_expand_label(const struct kdf *k, const struct secret *secret, const char *label,
		      struct bytes context, uint8_t *out, size_t n);

#endif
