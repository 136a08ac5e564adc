// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "secret.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

static bool is_sm3(uint16_t cipher)
{
	return cipher == TLS_CIPHER_SM4_GCM || cipher == TLS_CIPHER_SM4_CCM;
}

void secret_init(struct secret *secret, uint16_t cipher, uint8_t which)
{
	size_t i;

	secret->len = cipher == TLS_CIPHER_AES_GCM_256 ? 48 : 32;
	for (i = 0; i < secret->len; i++)
		secret->bytes[i] = (uint8_t)(i * 11 + which * 59 + cipher);
	/* Which of the two hashes of 32 bytes it is: kept where no secret ends. */
	if (secret->len == 32)
		secret->bytes[47] = is_sm3(cipher);
}

static const EVP_MD *hash_of(const struct secret *secret)
{
	return secret->len == 48 ? EVP_sha384() : secret->bytes[47] ? EVP_sm3() : EVP_sha256();
}

/* HKDF-Expand-Label(secret, label, "", len); one block is always enough. */
static void expand(const struct secret *secret, const char *label, uint8_t *out, size_t len)
{
	uint8_t info[64], digest[EVP_MAX_MD_SIZE];
	size_t n = 0;

	info[n++] = 0;
	info[n++] = len;
	info[n++] = 6 + strlen(label);
	memcpy(info + n, "tls13 ", 6);
	n += 6;
	memcpy(info + n, label, strlen(label));
	n += strlen(label);
	info[n++] = 0;
	info[n++] = 1;
	if (!HMAC(hash_of(secret), secret->bytes, secret->len, info, n, digest, NULL))
		abort();
	memcpy(out, digest, len);
}

void secret_next(struct secret *secret)
{
	uint8_t next[48];

	expand(secret, "traffic upd", next, secret->len);
	memcpy(secret->bytes, next, secret->len);
}

static size_t key_len(uint16_t cipher)
{
	return cipher == TLS_CIPHER_AES_GCM_256 || cipher == TLS_CIPHER_CHACHA20_POLY1305 ? 32 : 16;
}

void secret_wire(const struct secret *secret, uint16_t cipher, struct wire *wire)
{
	memset(wire, 0, sizeof(*wire));
	wire->version = TLS_1_3_VERSION;
	wire->cipher = cipher;
	wire->why = "";
	expand(secret, "key", wire->key, key_len(cipher));
	expand(secret, "iv", wire->iv, sizeof(wire->iv));
	memcpy(wire->salt, wire->iv, sizeof(wire->salt));
}

void secret_update(struct secret *secret, struct wire *wire)
{
	secret_next(secret);
	secret_wire(secret, wire->cipher, wire);
}
