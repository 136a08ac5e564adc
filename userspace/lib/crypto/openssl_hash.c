// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Hashes. A handshake runs a hundred of them over a block or two each, for the key schedule: there
 * the way through EVP costs as much as the hashing. libcrypto's own contexts of SHA-2 are plain
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
	return result(id == HASH_SHA384 ? SHA384_Init(&h->sha384) : SHA256_Init(&h->sha256));
}

int hash_add(struct hash *h, const void *p, size_t n)
{
	return result(h->id == HASH_SHA384 ? SHA384_Update(&h->sha384, p, n) :
					     SHA256_Update(&h->sha256, p, n));
}

int hash_end(struct hash *h, uint8_t *out)
{
	return result(h->id == HASH_SHA384 ? SHA384_Final(out, &h->sha384) :
					     SHA256_Final(out, &h->sha256));
}

int hash_copy(struct hash *to, const struct hash *from)
{
	*to = *from;
	return 0;
}

size_t hash_len(enum hash_id id)
{
	return id == HASH_SHA384 ? 48 : 32;
}
