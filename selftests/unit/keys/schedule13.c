// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The key schedule of TLS 1.3 where the traces of RFC 8448 (rfc8448.c) do not reach: SHA-384, what
 * the schedule knows without computing it, and HMAC of messages of every length and cut against
 * libcrypto's.
 */
#include <openssl/evp.h>

#include "keys/schedule13.h"
#include "tap.h"

static const char *const names[HASH_COUNT] = {
	[HASH_SHA256] = "SHA2-256", [HASH_SHA384] = "SHA2-384",
};

static struct kdf kdf;

/* The first steps without a PSK, computed: Extract(0, 0), then Derive-Secret(., "derived", ""). */
static void fixed_values(void)
{
	const size_t n = hash_len(kdf.hash);
	static const uint8_t zeros[HASH_MAX], shared[32] = { 7 };
	struct secret early, salt, want;
	struct schedule13 s;
	uint8_t empty[HASH_MAX];

	ok(!hkdf_extract(&kdf, bytes_of(NULL, 0), bytes_of(zeros, n), &early), "Extract(0, 0)");
	ok(!schedule13_early(&s, &kdf, NULL), "the early secret without a PSK");
	ok_mem(s.chain.b, s.chain.n, early.b, n, "is that");
	ok(EVP_Q_digest(NULL, names[kdf.hash], NULL, "", 0, empty, NULL) == 1, "H(\"\")");
	ok(!hkdf_expand_label(&kdf, &early, "derived", bytes_of(empty, n), salt.b, n) &&
	   !hkdf_extract(&kdf, bytes_of(salt.b, n), bytes_of(shared, sizeof(shared)), &want),
	   "the handshake secret, by hand");
	ok(!schedule13_handshake(&s, &kdf, bytes_of(shared, sizeof(shared))), "by the schedule");
	ok_mem(s.chain.b, s.chain.n, want.b, n, "are the same");
	ok(!hkdf_expand_label(&kdf, &want, "derived", bytes_of(empty, n), salt.b, n) &&
	   !hkdf_extract(&kdf, bytes_of(salt.b, n), bytes_of(zeros, n), &want),
	   "the master secret, by hand");
	ok(!schedule13_master(&s, &kdf), "by the schedule");
	ok_mem(s.chain.b, s.chain.n, want.b, n, "are the same");
}

/* A message of @n bytes in two parts, cut at @cut. */
static bool hmac_is_right(size_t key_len, size_t n, size_t cut)
{
	static uint8_t key[128], msg[600];
	struct bytes parts[2] = { { msg, cut }, { msg + cut, n - cut } };
	uint8_t got[HASH_MAX], want[EVP_MAX_MD_SIZE];
	size_t want_len;
	size_t i;

	for (i = 0; i < sizeof(msg); i++)
		msg[i] = (uint8_t)(i * 7 + n);
	for (i = 0; i < key_len; i++)
		key[i] = (uint8_t)(i * 3 + 1);
	return EVP_Q_mac(NULL, "HMAC", NULL, names[kdf.hash], NULL, key, key_len, msg, n, want,
			 sizeof(want), &want_len) &&
	       hmac_parts(&kdf, bytes_of(key, key_len), parts, 2, got) == 0 &&
	       want_len == hash_len(kdf.hash) && !memcmp(got, want, want_len);
}

/* Around a block, what is gathered before it is hashed, and beyond it. */
static void hmacs(void)
{
	static const size_t lengths[] = { 0, 1, 55, 64, 128, 255, 256, 257, 319, 320, 321, 600 };
	const size_t block = kdf.hash == HASH_SHA384 ? 128 : 64;
	size_t i, cut, bad = 0;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (cut = 0; cut <= lengths[i]; cut += cut < 3 ? 1 : 53)
			bad += !hmac_is_right(cut % 2 ? block : 32, lengths[i], cut);
	ok_int(bad, 0, "HMAC with %s is libcrypto's", names[kdf.hash]);
	ok_int(hmac(&kdf, bytes_of(names, block + 1), bytes_of(NULL, 0), NULL),
	       SEALSOCK_ERR_INVALID, "a key of more than a block is refused");
}

/* The pads of the last key are kept: they must not be taken for another key's, or hash's. */
static void keys_in_turn(void)
{
	static const enum hash_id ids[] = { HASH_SHA256, HASH_SHA384 };
	static const uint8_t keys[] = { 32, 32, 31, 48, 32, 64, 64, 63, 0, 0, 32 };
	size_t i, bad = 0;

	for (i = 0; i < 4 * sizeof(keys); i++) {
		kdf.hash = ids[i / 2 % 2];
		bad += !hmac_is_right(keys[i % sizeof(keys)], 40, 0);
	}
	ok_int(bad, 0, "HMAC with keys, and hashes, in turn");
}

int main(void)
{
	struct crypto *crypto = crypto_get();
	int id;

	kdf = (struct kdf){ .crypto = crypto, .scratch = hash_new() };
	for (id = HASH_SHA256; id <= HASH_SHA384; id++) {
		kdf.hash = id;
		fixed_values();
		hmacs();
	}
	keys_in_turn();
	hash_free(kdf.scratch);
	crypto_put(crypto);
	return done();
}
