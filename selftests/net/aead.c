// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The ciphers of <linux/tls.h>, by libcrypto. Its version 3.0 has SM4, but not in the modes of
 * RFC 8998: those are put together here from counter mode, CBC and a multiplication.
 */
#include "aead.h"
#include "sock.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK	16

static const EVP_CIPHER *whole_cipher(uint16_t cipher)
{
	switch (cipher) {
	case TLS_CIPHER_AES_GCM_128:
		return EVP_aes_128_gcm();
	case TLS_CIPHER_AES_GCM_256:
		return EVP_aes_256_gcm();
	case TLS_CIPHER_AES_CCM_128:
		return EVP_aes_128_ccm();
	case TLS_CIPHER_CHACHA20_POLY1305:
		return EVP_chacha20_poly1305();
	case TLS_CIPHER_ARIA_GCM_128:
		return EVP_aria_128_gcm();
	case TLS_CIPHER_ARIA_GCM_256:
		return EVP_aria_256_gcm();
	default:
		return NULL;
	}
}

/* CCM wants the lengths first, and checks the tag with the data instead of at the end. */
static bool whole(const struct aead_message *m, bool seal, uint8_t *tag)
{
	bool ccm = m->cipher == TLS_CIPHER_AES_CCM_128;
	const EVP_CIPHER *cipher = whole_cipher(m->cipher);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n, ok;

	if (!ctx ||
	    !EVP_CipherInit_ex(ctx, cipher, NULL, NULL, NULL, seal) ||
	    !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, AEAD_NONCE, NULL) ||
	    ((ccm || !seal) &&
	     !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG, seal ? NULL : tag)) ||
	    !EVP_CipherInit_ex(ctx, NULL, NULL, m->key, m->nonce, seal) ||
	    (ccm && !EVP_CipherUpdate(ctx, NULL, &n, NULL, m->len)) ||
	    !EVP_CipherUpdate(ctx, NULL, &n, m->aad, m->aad_len))
		abort();
	ok = 1;
	if (m->len || ccm)
		ok = EVP_CipherUpdate(ctx, m->out, &n, m->len ? m->in : tag, m->len);
	if (ok > 0 && !ccm)
		ok = EVP_CipherFinal_ex(ctx, m->out + m->len, &n);
	if (seal && (ok <= 0 || !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG, tag)))
		abort();
	EVP_CIPHER_CTX_free(ctx);
	return ok > 0;
}

static void encrypt(const EVP_CIPHER *cipher, const uint8_t *key, const uint8_t iv[BLOCK],
		    const uint8_t *in, size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (!ctx || !EVP_EncryptInit_ex(ctx, cipher, NULL, key, iv) ||
	    !EVP_CIPHER_CTX_set_padding(ctx, 0) || !EVP_EncryptUpdate(ctx, out, &n, in, len))
		abort();
	EVP_CIPHER_CTX_free(ctx);
}

/* x = (x ^ block) * h, SP 800-38D section 6.3. */
static void multiply(uint8_t x[BLOCK], const uint8_t block[BLOCK], const uint8_t h[BLOCK])
{
	uint8_t z[BLOCK] = {}, v[BLOCK];
	int i, j;

	memcpy(v, h, BLOCK);
	for (i = 0; i < 8 * BLOCK; i++) {
		uint8_t bit = (x[i / 8] ^ block[i / 8]) >> (7 - i % 8) & 1, low = v[BLOCK - 1] & 1;

		for (j = 0; j < BLOCK; j++)
			z[j] ^= v[j] & -bit;
		for (j = BLOCK - 1; j > 0; j--)
			v[j] = v[j] >> 1 | v[j - 1] << 7;
		v[0] = v[0] >> 1 ^ (0xe1 & -low);
	}
	memcpy(x, z, BLOCK);
}

static void put_len(uint8_t *end, uint64_t len, int bytes)
{
	while (bytes--) {
		*--end = len;
		len >>= 8;
	}
}

/* Fills the last of len bytes' blocks up with zeros; behind it. */
static uint8_t *pad(uint8_t *start, size_t len)
{
	memset(start + len, 0, -len % BLOCK);
	return start + len + -len % BLOCK;
}

/* GHASH of the additional data and the ciphertext. */
static void gcm_sum(const struct aead_message *m, const uint8_t *text, uint8_t *room,
		    uint8_t sum[BLOCK])
{
	static const uint8_t zero[BLOCK];
	uint8_t *end = room, h[BLOCK];

	memcpy(end, m->aad, m->aad_len);
	end = pad(end, m->aad_len);
	memcpy(end, text, m->len);
	end = pad(end, m->len);
	put_len(end + 8, 8 * m->aad_len, 8);
	put_len(end + BLOCK, 8 * m->len, 8);
	encrypt(EVP_sm4_ctr(), m->key, zero, zero, BLOCK, h);
	memset(sum, 0, BLOCK);
	for (; room <= end; room += BLOCK)
		multiply(sum, room, h);
}

/* CBC-MAC of the lengths, the additional data and the plaintext, SP 800-38C appendix A.2. */
static void ccm_sum(const struct aead_message *m, const uint8_t *text, uint8_t *room,
		    uint8_t sum[BLOCK])
{
	static const uint8_t zero[BLOCK];
	uint8_t *end = room + BLOCK;

	room[0] = 0x40 | (AEAD_TAG - 2) / 2 << 3 | (BLOCK - 2 - AEAD_NONCE);
	memcpy(room + 1, m->nonce, AEAD_NONCE);
	put_len(room + BLOCK, m->len, BLOCK - 1 - AEAD_NONCE);
	put_len(end + 2, m->aad_len, 2);
	memcpy(end + 2, m->aad, m->aad_len);
	end = pad(end, 2 + m->aad_len);
	memcpy(end, text, m->len);
	end = pad(end, m->len);
	encrypt(EVP_sm4_cbc(), m->key, zero, room, end - room, room);
	memcpy(sum, end - BLOCK, BLOCK);
}

static bool sm4(const struct aead_message *m, bool seal, uint8_t *tag)
{
	bool gcm = m->cipher == TLS_CIPHER_SM4_GCM;
	size_t size = m->aad_len + m->len + 4 * BLOCK;
	uint8_t *text = malloc(BLOCK + m->len), *room = malloc(size);
	uint8_t sum[BLOCK], counter[BLOCK] = {};
	int i, differ = 0;

	if (!text || !room)
		abort();
	/* The first block of the key stream hides the sum. */
	counter[0] = BLOCK - 2 - AEAD_NONCE;
	memcpy(counter + (gcm ? 0 : 1), m->nonce, AEAD_NONCE);
	counter[BLOCK - 1] = gcm;
	memset(text, 0, BLOCK);
	memcpy(text + BLOCK, m->in, m->len);
	encrypt(EVP_sm4_ctr(), m->key, counter, text, BLOCK + m->len, text);
	memcpy(m->out, text + BLOCK, m->len);

	if (gcm)
		gcm_sum(m, seal ? m->out : m->in, room, sum);
	else
		ccm_sum(m, seal ? m->in : m->out, room, sum);
	for (i = 0; i < BLOCK; i++) {
		sum[i] ^= text[i];
		differ |= sum[i] ^ tag[i];
		if (seal)
			tag[i] = sum[i];
	}
	free(text);
	free(room);
	return seal || !differ;
}

static bool run(const struct aead_message *m, bool seal, uint8_t *tag)
{
	if (whole_cipher(m->cipher))
		return whole(m, seal, tag);
	if (m->cipher == TLS_CIPHER_SM4_GCM || m->cipher == TLS_CIPHER_SM4_CCM)
		return sm4(m, seal, tag);
	abort();
}

void aead_seal(const struct aead_message *m, uint8_t tag[AEAD_TAG])
{
	memset(tag, 0, AEAD_TAG);
	run(m, true, tag);
}

bool aead_open(const struct aead_message *m, const uint8_t tag[AEAD_TAG])
{
	uint8_t copy[AEAD_TAG];

	memcpy(copy, tag, AEAD_TAG);
	return run(m, false, copy);
}
