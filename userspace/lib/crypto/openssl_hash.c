// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Hashes. A handshake runs a hundred of them over a block or two each, for the key schedule: there
 * the way through EVP costs as much as the hashing. libcrypto's own contexts of SHA are plain
 * structures without allocation, lookup or lock, and are copied by assignment.
 */
#define OPENSSL_SUPPRESS_DEPRECATED	/* since 3.0, in favour of EVP */

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "crypto/backend.h"

struct hash {
	enum hash_id id;
	union {
		SHA256_CTX sha256;
		SHA512_CTX sha384;
		SHA_CTX sha1;
	};
};

struct hash *hash_new(void)
{
	return OPENSSL_zalloc(sizeof(struct hash));
}

void hash_free(struct hash *h)
{
	OPENSSL_clear_free(h, sizeof(*h));
}

static int result(int ok)
{
	return ok == 1 ? 0 : SEALSOCK_ERR_CRYPTO;
}

int hash_start(const struct crypto *c, struct hash *h, enum hash_id id)
{
	(void)c;
	h->id = id;
	switch (id) {
	case HASH_SHA384:
		return result(SHA384_Init(&h->sha384));
	case HASH_SHA1:
		return result(SHA1_Init(&h->sha1));
	default:
		return result(SHA256_Init(&h->sha256));
	}
}

int hash_add(struct hash *h, const void *p, size_t n)
{
	switch (h->id) {
	case HASH_SHA384:
		return result(SHA384_Update(&h->sha384, p, n));
	case HASH_SHA1:
		return result(SHA1_Update(&h->sha1, p, n));
	default:
		return result(SHA256_Update(&h->sha256, p, n));
	}
}

int hash_end(struct hash *h, uint8_t *out)
{
	switch (h->id) {
	case HASH_SHA384:
		return result(SHA384_Final(out, &h->sha384));
	case HASH_SHA1:
		return result(SHA1_Final(out, &h->sha1));
	default:
		return result(SHA256_Final(out, &h->sha256));
	}
}

int hash_copy(struct hash *to, const struct hash *from)
{
	*to = *from;
	return 0;
}

size_t hash_len(enum hash_id id)
{
	static const uint8_t len[HASH_COUNT] = {
		[HASH_SHA256] = 32, [HASH_SHA384] = 48, [HASH_SHA1] = 20,
	};

	return len[id];
}
