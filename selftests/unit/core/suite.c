// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The table of record protections, against <linux/tls.h> and the standards. */
#include <linux/tls.h>

#include "../../kmod/uapi/sealsock.h"
#include "suite.h"
#include "tap.h"

/* Numbers and sizes as the kernel's header states them. */
#define ROW(type, s) { TLS_CIPHER_##type, sizeof(struct tls12_crypto_info_##s),	\
		       TLS_CIPHER_##type##_KEY_SIZE, TLS_CIPHER_##type##_SALT_SIZE,	\
		       TLS_CIPHER_##type##_IV_SIZE, TLS_CIPHER_##type##_TAG_SIZE }

static const struct {
	u16 type;
	size_t size;
	unsigned int key, salt, iv, tag;
} header[] = {
	ROW(AES_GCM_128, aes_gcm_128), ROW(AES_GCM_256, aes_gcm_256),
	ROW(AES_CCM_128, aes_ccm_128), ROW(CHACHA20_POLY1305, chacha20_poly1305),
	ROW(SM4_GCM, sm4_gcm), ROW(SM4_CCM, sm4_ccm),
	ROW(ARIA_GCM_128, aria_gcm_128), ROW(ARIA_GCM_256, aria_gcm_256),
};

static void rows_match_the_header(void)
{
	size_t i;

	ok_int(seal_suite_count, sizeof(header) / sizeof(header[0]) + 5,
	       "one row per cipher, and five of ours");
	for (i = 0; i < sizeof(header) / sizeof(header[0]); i++) {
		const struct seal_suite *s = seal_suite_find(SEAL_TLS12, header[i].type);

		if (!ok(s, "cipher %u is in the table", header[i].type))
			continue;
		ok_int(seal_suite_info_len(s), header[i].size, "%s: size of crypto_info", s->name);
		ok(s->key_len == header[i].key && s->salt_len == header[i].salt &&
		   s->iv_len == header[i].iv && s->tag_len == header[i].tag,
		   "%s: key, salt, iv and tag", s->name);
		ok(s->salt_len + s->iv_len == SEAL_NONCE, "%s: salt and iv are the nonce", s->name);
		ok(s->key_len <= SEAL_MAX_KEY && s->tag_len <= SEAL_MAX_TAG,
		   "%s: within the bounds", s->name);
	}
}

/* The CBC suites of uapi/sealsock.h. */
static void encrypt_then_mac(void)
{
	static const struct {
		u16 type;
		unsigned int key, mac;
	} rows[] = {
		{ SEALSOCK_CIPHER_AES_128_CBC_SHA1, 16, 20 },
		{ SEALSOCK_CIPHER_AES_256_CBC_SHA1, 32, 20 },
		{ SEALSOCK_CIPHER_AES_128_CBC_SHA256, 16, 32 },
		{ SEALSOCK_CIPHER_AES_256_CBC_SHA256, 32, 32 },
		{ SEALSOCK_CIPHER_AES_256_CBC_SHA384, 32, 48 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct seal_suite *s = seal_suite_find(SEAL_TLS12, rows[i].type);

		if (!ok(s, "cipher %#x is in the table", rows[i].type))
			continue;
		ok(s->key_len == rows[i].key && s->mac_key_len == rows[i].mac &&
		   s->tag_len == rows[i].mac && s->block == 16, "%s: keys, MAC, block", s->name);
		ok_int(seal_suite_info_len(s), sizeof(struct sealsock_crypto_info_cbc_hmac),
		       "%s: size of crypto_info", s->name);
		ok(!seal_suite_find(SEAL_TLS13, rows[i].type), "%s: not in TLS 1.3", s->name);
	}
}

static void versions(void)
{
	ok(seal_suite_find(SEAL_TLS13, TLS_CIPHER_AES_GCM_128), "AES-128-GCM in TLS 1.3");
	ok(!seal_suite_find(SEAL_TLS13, TLS_CIPHER_ARIA_GCM_128), "ARIA not in TLS 1.3");
	ok(!seal_suite_find(SEAL_TLS13, TLS_CIPHER_ARIA_GCM_256), "ARIA-256 not in TLS 1.3");
	ok(!seal_suite_find(0x0302, TLS_CIPHER_AES_GCM_128), "nothing in TLS 1.1");
	ok(!seal_suite_find(0x0305, TLS_CIPHER_AES_GCM_128), "nothing in a later version");
	ok(!seal_suite_find(0, TLS_CIPHER_AES_GCM_128), "nothing without a version");
	ok(!seal_suite_find(SEAL_TLS12, 50), "no cipher 50");
	ok(!seal_suite_find(SEAL_TLS12, 59), "no cipher 59");
	ok(!seal_suite_find(SEAL_TLS12, 0), "no cipher 0");
}

static void nonces(void)
{
	const struct seal_suite *gcm = seal_suite_find(SEAL_TLS12, TLS_CIPHER_AES_GCM_128);
	const struct seal_suite *chacha = seal_suite_find(SEAL_TLS12,
							  TLS_CIPHER_CHACHA20_POLY1305);

	ok(seal_suite_nonce(gcm, SEAL_TLS12) == SEAL_NONCE_EXPLICIT, "GCM, TLS 1.2: RFC 5288");
	ok(seal_suite_nonce(gcm, SEAL_TLS13) == SEAL_NONCE_XOR, "GCM, TLS 1.3: RFC 8446");
	ok(seal_suite_nonce(chacha, SEAL_TLS12) == SEAL_NONCE_XOR, "ChaCha20, TLS 1.2: RFC 7905");
	ok(seal_suite_nonce(chacha, SEAL_TLS13) == SEAL_NONCE_XOR, "ChaCha20, TLS 1.3");
}

int main(void)
{
	rows_match_the_header();
	encrypt_then_mac();
	versions();
	nonces();
	return done();
}
