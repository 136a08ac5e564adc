// SPDX-License-Identifier: GPL-2.0-only
#include <crypto/hash.h>
#include <linux/err.h>
#include <linux/kmod.h>
#include <linux/tls.h>

#include "core/types.h"
#include "managed/secret.h"

enum {
	MAX_BLOCK = 128,	/* of SHA-384 */
	MAX_STATE = 256,	/* a hash half-way, as crypto_shash_export() has it */
	MAX_INFO = 2 + 1 + 17 + 1 + 1,	/* length, label with its length, context, counter */
};

/* Of the suites in the table: SHA-256 where nothing else is said (RFC 8446 B.4, RFC 8998). */
static const char *const names[] = { "sha256", "sha384", "sm3" };
static struct crypto_shash *hashes[ARRAY_SIZE(names)];

static unsigned int hash_of(const struct seal_suite *suite)
{
	switch (suite->cipher_type) {
	case TLS_CIPHER_AES_GCM_256:
		return 1;
	case TLS_CIPHER_SM4_GCM:
	case TLS_CIPHER_SM4_CCM:
		return 2;
	default:
		return 0;
	}
}

struct crypto_shash *seal_secret_hash(const struct seal_suite *suite)
{
	struct crypto_shash **slot = &hashes[hash_of(suite)], *hash, *old;

	/* Pairs with cmpxchg() below. */
	hash = smp_load_acquire(slot);
	if (hash)
		return hash;
	/* What is built in is found first; what is made for the processor wants to be asked for. */
	request_module("crypto-%s", names[hash_of(suite)]);
	hash = crypto_alloc_shash(names[hash_of(suite)], 0, 0);
	if (IS_ERR(hash))
		return hash;
	if (crypto_shash_statesize(hash) > MAX_STATE ||
	    crypto_shash_digestsize(hash) > SEAL_MAX_SECRET) {
		crypto_free_shash(hash);
		return ERR_PTR(-ENOENT);
	}
	old = cmpxchg(slot, NULL, hash);
	if (!old)
		return hash;
	crypto_free_shash(hash);
	return old;
}

unsigned int seal_secret_len(const struct crypto_shash *hash)
{
	return crypto_shash_digestsize((struct crypto_shash *)hash);
}

void seal_secret_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hashes); i++)
		if (hashes[i])
			crypto_free_shash(hashes[i]);
}

/*
 * HMAC with one key, of several messages: the hash after the padded key,
 * inside and outside (RFC 2104 section 4).
 */
struct mac {
	u8 inner[MAX_STATE];
	u8 outer[MAX_STATE];
};

static int pad(struct shash_desc *desc, const u8 *secret, unsigned int len, u8 byte, u8 *state)
{
	unsigned int block = crypto_shash_blocksize(desc->tfm), i;
	u64 key[MAX_BLOCK / sizeof(u64)] __uninitialized, word;
	int err;

	memset(key, byte, block);
	/* Digests are whole words. */
	for (i = 0; i < len / sizeof(word); i++) {
		memcpy(&word, secret + i * sizeof(word), sizeof(word));
		key[i] ^= word;
	}
	err = crypto_shash_init(desc) ?: crypto_shash_update(desc, (u8 *)key, block) ?:
	      crypto_shash_export(desc, state);
	memzero_explicit(key, sizeof(key));
	return err;
}

static int mac_start(struct shash_desc *desc, struct mac *mac, const u8 *secret)
{
	unsigned int len = crypto_shash_digestsize(desc->tfm);

	return pad(desc, secret, len, 0x36, mac->inner) ?:
	       pad(desc, secret, len, 0x5c, mac->outer);
}

/*
 * HKDF-Expand-Label with an empty context: never more than one block of output. In line, so that
 * the compiler knows each label.
 */
static __always_inline int expand(struct shash_desc *desc, const struct mac *mac,
				  const char *label, u8 *out, unsigned int len)
{
	unsigned int label_len = strlen(label), n = 0;
	u8 info[MAX_INFO] __uninitialized, digest[SEAL_MAX_SECRET] __uninitialized;
	int err;

	info[n++] = 0;
	info[n++] = len;
	info[n++] = label_len;
	memcpy(info + n, label, label_len);
	n += label_len;
	info[n++] = 0;
	info[n++] = 1;
	err = crypto_shash_import(desc, mac->inner) ?:
	      crypto_shash_finup(desc, info, n, digest) ?:
	      crypto_shash_import(desc, mac->outer) ?:
	      crypto_shash_finup(desc, digest, crypto_shash_digestsize(desc->tfm), digest);
	if (!err)
		memcpy(out, digest, len);
	memzero_explicit(digest, sizeof(digest));
	return err;
}

int seal_secret_derive(struct crypto_shash *hash, const struct seal_suite *suite,
		       const u8 *secret, struct seal_derived *out)
{
	SHASH_DESC_ON_STACK(desc, hash);
	struct mac mac __uninitialized;
	int err;

	desc->tfm = hash;
	err = mac_start(desc, &mac, secret) ?:
	      expand(desc, &mac, "tls13 key", out->key, suite->key_len) ?:
	      expand(desc, &mac, "tls13 iv", out->iv, SEAL_NONCE) ?:
	      expand(desc, &mac, "tls13 traffic upd", out->next, seal_secret_len(hash));
	if (err)
		memzero_explicit(out, sizeof(*out));
	memzero_explicit(&mac, sizeof(mac));
	shash_desc_zero(desc);
	return err;
}
