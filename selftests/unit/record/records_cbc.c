// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Records of CBC suites with encrypt_then_mac (RFC 7366): against libcrypto's own HMAC and AES, in
 * every length, and whatever is wrong with one is the same error.
 */
#include <openssl/evp.h>

#include "pair.h"
#include "record/record.h"
#include "tap.h"

static struct crypto *crypto;
static uint8_t key[32], mac_key[48];
static struct record_dir tx, rx;
static struct buf out;

static void open_both(const struct suite *s)
{
	ok(!record_key_cbc(&tx, crypto, &test_env_full, s, true, key, mac_key) &&
	   !record_key_cbc(&rx, crypto, &test_env_full, s, false, key, mac_key), "%s", s->name);
	out.n = 0;
}

static void close_both(void)
{
	record_clear(&tx);
	record_clear(&rx);
}

static const char *digest_of(const struct suite *s)
{
	return s->mac == HASH_SHA1 ? "SHA1" : s->mac == HASH_SHA384 ? "SHA384" : "SHA256";
}

/* The record @rec of @n bytes, by libcrypto alone: number 0, application data. */
static void reference(const struct suite *s, const uint8_t *rec, size_t n, struct bytes content)
{
	uint8_t head[13] = { 0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 3 }, mac[64], plain[256], all[512];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t body = n - 5 - s->mac_len, mac_len = 0;
	int a, b = 0;

	head[11] = (uint8_t)(body >> 8);
	head[12] = (uint8_t)body;
	memcpy(all, head, 13);
	memcpy(all + 13, rec + 5, body);
	EVP_Q_mac(NULL, "HMAC", NULL, digest_of(s), NULL, mac_key, s->mac_len, all, 13 + body, mac,
		  sizeof(mac), &mac_len);
	ok_mem(rec + 5 + body, s->mac_len, mac, mac_len, "the MAC");
	/* With libcrypto's own padding, whose bytes are one more than TLS's. */
	EVP_DecryptInit_ex(ctx, s->key_len == 32 ? EVP_aes_256_cbc() : EVP_aes_128_cbc(), NULL, key,
			   rec + 5);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	ok(EVP_DecryptUpdate(ctx, plain, &a, rec + 21, (int)body - 16) == 1 &&
	   EVP_DecryptFinal_ex(ctx, plain + a, &b) == 1, "decrypts");
	EVP_CIPHER_CTX_free(ctx);
	ok(plain[a - 1] == (size_t)a - 1 - content.n && !memcmp(plain, content.p, content.n),
	   "content and the padding's length");
}

/* Every length up to a few blocks, and the largest. */
static void lengths(const struct suite *s)
{
	static uint8_t content[SEAL_MAX_PLAINTEXT];
	unsigned int tried = 0, good = 0;
	struct bytes got;
	uint8_t type;
	size_t n, body;

	memset(content, 0xc3, sizeof(content));
	open_both(s);
	record_seal(&tx, SEAL_TYPE_DATA, bytes_of("hello", 5), &out);
	reference(s, out.p, out.n, bytes_of("hello", 5));
	close_both();
	open_both(s);
	for (n = 0; n <= SEAL_MAX_PLAINTEXT; n = n == 70 ? SEAL_MAX_PLAINTEXT - 20 : n + 1) {
		out.n = 0;
		tried++;
		if (record_seal(&tx, SEAL_TYPE_ALERT, bytes_of(content, n), &out) ||
		    record_body_len(&rx, true, out.p, &body) || body != out.n - SEAL_HEADER ||
		    record_open(&rx, out.p, body, &type, &got))
			continue;
		good += type == SEAL_TYPE_ALERT && bytes_equal(got, bytes_of(content, n));
	}
	ok_int(good, tried, "every length");
	close_both();
}

/* One bit wrong anywhere, or the wrong number: never opened, and nothing decrypted. */
static void bits(const struct suite *s)
{
	unsigned int good = 0, tried = 0;
	uint8_t copy[512], sealed[512];
	struct bytes got;
	uint8_t type;
	size_t i, n;

	open_both(s);
	record_seal(&tx, SEAL_TYPE_DATA, bytes_of("twenty bytes of text", 20), &out);
	n = out.n;
	memcpy(sealed, out.p, n);
	for (i = 0; i < n; i++) {
		if (i > 0 && i < SEAL_HEADER)
			continue;	/* version and length: judged before */
		memcpy(copy, sealed, n);
		copy[i] ^= 1;
		tried++;
		good += record_open(&rx, copy, n - SEAL_HEADER, &type, &got) ==
			SEALSOCK_ERR_BAD_RECORD && !memcmp(copy + 5, sealed + 5, i < 5 ? n - 5 : 0);
	}
	ok_int(good, tried, "one bit wrong");
	rx.seq.next++;
	memcpy(copy, sealed, n);
	ok_int(record_open(&rx, copy, n - SEAL_HEADER, &type, &got), SEALSOCK_ERR_BAD_RECORD,
	       "another sequence number");
	rx.seq.next--;
	ok_int(record_open(&rx, sealed, n - SEAL_HEADER, &type, &got), 0, "as it was");
	close_both();
}

/* A record with a right MAC over @plain: padding is looked at only then. */
static int authentic(const struct suite *s, const uint8_t *plain, size_t n)
{
	static uint8_t rec[SEAL_MAX_PLAINTEXT + 1024];
	struct bytes got;
	uint8_t head[SEAL_MAX_AAD], type;
	struct etm *e = NULL;
	struct buf b;
	size_t body;
	unsigned int len;
	int err;

	open_both(s);
	/* Sealed with 16 bytes of padding behind it, which are cut off; the MAC is made anew. */
	err = etm_new(crypto, &test_env_full, s, true, key, mac_key, &e);
	seal_frame_build(&tx.shape, SEAL_TYPE_DATA, (unsigned int)n, rec);
	len = seal_aad(&tx.shape, 0, SEAL_TYPE_DATA, (unsigned int)n, head);
	if (!err)
		err = etm_seal(e, bytes_of(head, len), bytes_of(plain, n), rec + SEAL_HEADER);
	buf_init(&b, &test_env_full);
	buf_append(&b, head, len);
	buf_append(&b, rec + SEAL_HEADER, 16 + n);
	EVP_Q_mac(NULL, "HMAC", NULL, digest_of(s), NULL, mac_key, s->mac_len, b.p, b.n,
		  rec + SEAL_HEADER + 16 + n, s->mac_len, NULL);
	buf_free(&b);
	etm_free(e);
	if (!err)
		err = record_body_len(&rx, true, rec, &body);
	if (!err)
		err = record_open(&rx, rec, body, &type, &got);
	close_both();
	return err;
}

static void paddings(const struct suite *s)
{
	static uint8_t plain[SEAL_MAX_PLAINTEXT + 512];
	int err;

	memset(plain, 15, 16);
	ok_int(authentic(s, plain, 16), 0, "padding alone");
	plain[3] = 14;
	ok_int(authentic(s, plain, 16), SEALSOCK_ERR_BAD_RECORD, "a byte of padding wrong");
	memset(plain, 16, 16);
	ok_int(authentic(s, plain, 16), SEALSOCK_ERR_BAD_RECORD, "padding longer than the record");
	memset(plain, 255, 256);
	ok_int(authentic(s, plain, 256), 0, "the longest padding");
	memset(plain, 0, sizeof(plain));
	ok_int(authentic(s, plain, SEAL_MAX_PLAINTEXT + 16), SEALSOCK_ERR_RECORD_SIZE,
	       "more content than a record may have");
	err = authentic(s, plain, SEAL_MAX_PLAINTEXT + 16 * 17);
	ok_int(err, SEALSOCK_ERR_RECORD_SIZE, "longer than any record");
}

static void headers(const struct suite *s)
{
	uint8_t h[SEAL_HEADER] = { 23, 3, 3 };
	size_t n;

	open_both(s);
	seal_put_be16(h + 3, (uint16_t)(16 + s->mac_len));
	ok_int(record_body_len(&rx, true, h, &n), SEALSOCK_ERR_BAD_RECORD, "without a block");
	seal_put_be16(h + 3, (uint16_t)(32 + s->mac_len + 1));
	ok_int(record_body_len(&rx, true, h, &n), SEALSOCK_ERR_BAD_RECORD, "not whole blocks");
	seal_put_be16(h + 3, (uint16_t)(32 + s->mac_len));
	ok(!record_body_len(&rx, true, h, &n) && n == 32u + s->mac_len, "one block");
	close_both();
}

int main(void)
{
	size_t i;

	crypto = crypto_get();
	buf_init(&out, &test_env_full);
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 5 + 1);
	for (i = 0; i < sizeof(mac_key); i++)
		mac_key[i] = (uint8_t)(i * 3 + 2);
	for (i = 0; i < SUITE_COUNT; i++) {
		if (!suites[i].mac_len)
			continue;
		lengths(&suites[i]);
		bits(&suites[i]);
		paddings(&suites[i]);
		headers(&suites[i]);
	}
	/* A direction may change from an AEAD to CBC and back. */
	ok(!record_key(&tx, crypto, &suites[0], true, key, key) &&
	   !record_key_cbc(&tx, crypto, &test_env_full, suite_find(0xc013), true, key, mac_key) &&
	   !record_key(&tx, crypto, &suites[1], true, key, key) &&
	   !record_seal(&tx, SEAL_TYPE_DATA, bytes_of("x", 1), &out), "keyed again");
	record_clear(&tx);
	buf_free(&out);
	crypto_put(crypto);
	return done();
}
