// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "../uapi/sealsock.h"
#include "suite.h"

/*
 * RFC 8446 section 5.5: about 2^24.5 full-size records per AES-GCM key;
 * ChaCha20-Poly1305 reaches the end of its sequence numbers first. CCM: the
 * same bound as GCM is within what RFC 9147 section 4.5.3 allows it.
 */
#define LIMIT_GCM	23726566ULL
#define LIMIT_NONE	0

/* RFC 7366; as is usual for HMAC in TLS, the MAC is not truncated and the key as long as it. */
#define CBC_HMAC(type, hash, key, mac, text)						\
	{ .cipher_type = type, .key_len = key, .tag_len = mac, .mac_key_len = mac,	\
	  .block = 16, .tls12 = true, .nonce12 = SEAL_NONCE_RANDOM,			\
	  .limit = LIMIT_NONE, .aead = "authenc(hmac(" hash "),cbc(aes))", .name = text }

/* TLS 1.2 sends half of the nonce along (RFC 5288, RFC 6655); TLS 1.3 xors. */
#define AEAD(type, key, in13, is_ccm, api, text)					\
	{ .cipher_type = type, .key_len = key, .salt_len = 4, .iv_len = 8,		\
	  .tag_len = 16, .tls12 = true, .tls13 = in13, .ccm = is_ccm,			\
	  .nonce12 = SEAL_NONCE_EXPLICIT, .limit = LIMIT_GCM, .aead = api, .name = text }

/* Numbers of <linux/tls.h>, which userspace may have in an older edition. */
const struct seal_suite seal_suites[] = {
	AEAD(51, 16, true, false, "gcm(aes)", "AES-128-GCM"),
	AEAD(52, 32, true, false, "gcm(aes)", "AES-256-GCM"),
	AEAD(53, 16, true, true, "ccm(aes)", "AES-128-CCM"),
	{ .cipher_type = 54, .key_len = 32, .salt_len = 0, .iv_len = 12, .tag_len = 16,
	  .tls12 = true, .tls13 = true, .nonce12 = SEAL_NONCE_XOR, .limit = LIMIT_NONE,
	  .aead = "rfc7539(chacha20,poly1305)", .name = "CHACHA20-POLY1305" },
	AEAD(55, 16, true, false, "gcm(sm4)", "SM4-GCM"),
	AEAD(56, 16, true, true, "ccm(sm4)", "SM4-CCM"),
	AEAD(57, 16, false, false, "gcm(aria)", "ARIA-128-GCM"),
	AEAD(58, 32, false, false, "gcm(aria)", "ARIA-256-GCM"),
	CBC_HMAC(SEALSOCK_CIPHER_AES_128_CBC_SHA1, "sha1", 16, 20, "AES-128-CBC-SHA1"),
	CBC_HMAC(SEALSOCK_CIPHER_AES_256_CBC_SHA1, "sha1", 32, 20, "AES-256-CBC-SHA1"),
	CBC_HMAC(SEALSOCK_CIPHER_AES_128_CBC_SHA256, "sha256", 16, 32, "AES-128-CBC-SHA256"),
	CBC_HMAC(SEALSOCK_CIPHER_AES_256_CBC_SHA256, "sha256", 32, 32, "AES-256-CBC-SHA256"),
	CBC_HMAC(SEALSOCK_CIPHER_AES_256_CBC_SHA384, "sha384", 32, 48, "AES-256-CBC-SHA384"),
};

const unsigned int seal_suite_count = sizeof(seal_suites) / sizeof(seal_suites[0]);

const struct seal_suite *seal_suite_find(u16 version, u16 cipher_type)
{
	unsigned int i;

	for (i = 0; i < seal_suite_count; i++) {
		const struct seal_suite *s = &seal_suites[i];

		if (s->cipher_type != cipher_type)
			continue;
		if (version == SEAL_TLS12 ? s->tls12 : version == SEAL_TLS13 && s->tls13)
			return s;
		return NULL;
	}
	return NULL;
}

size_t seal_suite_info_len(const struct seal_suite *suite)
{
	if (suite->mac_key_len)
		return sizeof(struct sealsock_crypto_info_cbc_hmac);
	return 4 + suite->iv_len + suite->key_len + suite->salt_len + SEAL_SEQ;
}
