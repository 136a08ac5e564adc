// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Hashes. A handshake runs a hundred of them over a block or two each, for the key schedule: there
 * the way through EVP costs as much as the hashing. libcrypto's own contexts of SHA are plain
 * structures without allocation, lookup or lock, and are copied by assignment.
 */
#define OPENSSL_SUPPRESS_DEPRECATED	/* since 3.0, in favour of EVP */

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stddef.h>

#include "crypto/openssl.h"

enum { BLOCK_MAX = SHA512_CBLOCK, WORD = sizeof(uint64_t) };

struct running {
	enum hash_id id;
	union {
		SHA256_CTX sha256;
		SHA512_CTX sha384;
		SHA_CTX sha1;
	};
};

/* A key as HMAC takes it, with zeros up to the block. */
union block {
	uint8_t b[BLOCK_MAX];
	uint64_t words[BLOCK_MAX / WORD];
};

/*
 * @inner, @outer: behind the pads of the key that HMAC had last. A key schedule takes each of its
 * secrets several times in a row: half of the hashing is hashing the same pads again. What of keys
 * is worked with is all in here, to be wiped once.
 */
struct hash {
	struct running now;
	struct running inner, outer;
	union block key, work;
	bool keyed;
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

static int start(struct running *r, enum hash_id id)
{
	r->id = id;
	switch (id) {
	case HASH_SHA384:
		return result(SHA384_Init(&r->sha384));
	case HASH_SHA1:
		return result(SHA1_Init(&r->sha1));
	default:
		return result(SHA256_Init(&r->sha256));
	}
}

static int add(struct running *r, const void *p, size_t n)
{
	switch (r->id) {
	case HASH_SHA384:
		return result(SHA384_Update(&r->sha384, p, n));
	case HASH_SHA1:
		return result(SHA1_Update(&r->sha1, p, n));
	default:
		return result(SHA256_Update(&r->sha256, p, n));
	}
}

static int end(struct running *r, uint8_t *out)
{
	switch (r->id) {
	case HASH_SHA384:
		return result(SHA384_Final(out, &r->sha384));
	case HASH_SHA1:
		return result(SHA1_Final(out, &r->sha1));
	default:
		return result(SHA256_Final(out, &r->sha256));
	}
}

int hash_start(const struct crypto *c, struct hash *h, enum hash_id id)
{
	(void)c;
	return start(&h->now, id);
}

int hash_add(struct hash *h, const void *p, size_t n)
{
	return add(&h->now, p, n);
}

int hash_end(struct hash *h, uint8_t *out)
{
	return end(&h->now, out);
}

size_t openssl_hash(const struct sigscheme *s, struct bytes msg, uint8_t out[SIGNED_HASH_MAX])
{
	struct running r;

	if (strcmp(s->digest, "SHA2-512") == 0) {
		SHA512_Init(&r.sha384);
		SHA512_Update(&r.sha384, msg.p, msg.n);
		SHA512_Final(out, &r.sha384);
		return SHA512_DIGEST_LENGTH;
	}
	start(&r, strcmp(s->digest, "SHA2-384") ? HASH_SHA256 : HASH_SHA384);
	add(&r, msg.p, msg.n);
	end(&r, out);
	return hash_len(r.id);
}

/* Without what is only SHA-384's, which is twice as long. */
static void copy(struct running *to, const struct running *from)
{
	memcpy(to, from, offsetof(struct running, sha256) +
	       (from->id == HASH_SHA384 ? sizeof(SHA512_CTX) : sizeof(SHA256_CTX)));
}

int hash_copy(struct hash *to, const struct hash *from)
{
	copy(&to->now, &from->now);
	return 0;
}

static size_t block_len(enum hash_id id)
{
	return id == HASH_SHA384 ? SHA512_CBLOCK : SHA256_CBLOCK;
}

/* Is it the key that HMAC had last? Takes the same time whatever the keys are. */
static bool is_keyed(const struct hash *h, enum hash_id id)
{
	uint64_t diff = 0;
	size_t i;

	if (!h->keyed || h->inner.id != id)
		return false;
	for (i = 0; i < block_len(id) / WORD; i++)
		diff |= h->work.words[i] ^ h->key.words[i];
	return diff == 0;
}

static int start_padded(struct hash *h, struct running *r, enum hash_id id, uint8_t pad)
{
	const uint64_t pads = pad * (UINT64_MAX / UINT8_MAX);
	size_t i;
	int err = start(r, id);

	for (i = 0; i < block_len(id) / WORD; i++)
		h->work.words[i] = h->key.words[i] ^ pads;
	return err ? err : add(r, h->work.b, block_len(id));
}

static int take_key(struct hash *h, enum hash_id id, struct bytes key)
{
	int err;

	memset(&h->work, 0, block_len(id));
	if (key.n)
		memcpy(h->work.b, key.p, key.n);
	if (is_keyed(h, id))
		return 0;
	memcpy(&h->key, &h->work, block_len(id));
	err = start_padded(h, &h->inner, id, 0x36);
	if (!err)
		err = start_padded(h, &h->outer, id, 0x5c);
	h->keyed = !err;
	return err;
}

int hash_mac(struct hash *h, enum hash_id id, struct bytes key, const struct bytes *parts,
	     size_t n, uint8_t *out)
{
	size_t i;
	int err;

	if (key.n > block_len(id))
		return SEALSOCK_ERR_INVALID;
	err = take_key(h, id, key);
	copy(&h->now, &h->inner);
	for (i = 0; !err && i < n; i++)
		if (parts[i].n)
			err = add(&h->now, parts[i].p, parts[i].n);
	if (!err)
		err = end(&h->now, h->work.b);
	copy(&h->now, &h->outer);
	if (!err)
		err = add(&h->now, h->work.b, hash_len(id));
	return err ? err : end(&h->now, out);
}

size_t hash_len(enum hash_id id)
{
	static const uint8_t len[HASH_COUNT] = {
		[HASH_SHA256] = 32, [HASH_SHA384] = 48, [HASH_SHA1] = 20,
	};

	return len[id];
}
