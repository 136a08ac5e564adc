// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Fetched algorithms, and AEADs. */
#include <pthread.h>

#include "crypto/openssl.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct crypto shared;

static const char *const cipher_names[CIPHER_COUNT] = {
	[AEAD_AES_128_GCM] = "AES-128-GCM",
	[AEAD_AES_256_GCM] = "AES-256-GCM",
	[AEAD_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
	[AEAD_AES_128_CCM] = "AES-128-CCM",
	[CBC_AES_128] = "AES-128-CBC",
	[CBC_AES_256] = "AES-256-CBC",
};

static const int curve_ids[EC_COUNT] = {
	NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1,
};

static void drop(struct crypto *c)
{
	int i;

	for (i = 0; i < CIPHER_COUNT; i++)
		EVP_CIPHER_free(c->cipher[i]);
	for (i = 0; i < EC_COUNT; i++)
		EC_GROUP_free(c->ec[i]);
	EVP_KEM_free(c->kem);
	raw_spares_free(c->spares);
	ec_spares_free(c->spares);
	OPENSSL_free(c->spares);
	*c = (struct crypto){ 0 };
}

static bool fetch(struct crypto *c)
{
	int i;

	for (i = 0; i < CIPHER_COUNT; i++) {
		c->cipher[i] = EVP_CIPHER_fetch(NULL, cipher_names[i], NULL);
		if (!c->cipher[i])
			return false;
	}
	for (i = 0; i < EC_COUNT; i++) {
		c->ec[i] = EC_GROUP_new_by_curve_name_ex(NULL, NULL, curve_ids[i]);
		if (!c->ec[i])
			return false;
	}
	c->spares = OPENSSL_zalloc(sizeof(*c->spares));
	if (!c->spares)
		return false;
	c->kem = EVP_KEM_fetch(NULL, "ML-KEM-768", NULL);	/* from 3.5 on */
	return true;
}

/*
 * Marks cannot be looked behind: where others have left something in the queue, only the newest
 * entry is sure to be of now. A failure to allocate is followed by those of the callers.
 */
int openssl_why(int code)
{
	if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE ||
	    ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE)
		return SEALSOCK_ERR_NOMEM;
	return code;
}

struct crypto *crypto_get(void)
{
	struct crypto *c = &shared;

	pthread_mutex_lock(&lock);
	if (c->refs == 0) {
		ERR_set_mark();
		if (!fetch(c)) {
			drop(c);
			c = NULL;
		}
		ERR_pop_to_mark();
	}
	if (c)
		c->refs++;
	pthread_mutex_unlock(&lock);
	return c;
}

void crypto_put(struct crypto *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&lock);
	if (--c->refs == 0)
		drop(c);
	pthread_mutex_unlock(&lock);
}

/* A struct aead is an EVP_CIPHER_CTX: no wrapper to allocate. */
static EVP_CIPHER_CTX *cipher_ctx(struct aead *a)
{
	return (EVP_CIPHER_CTX *)a;
}

struct aead *aead_new(void)
{
	return (struct aead *)EVP_CIPHER_CTX_new();
}

void aead_free(struct aead *a)
{
	EVP_CIPHER_CTX_free(cipher_ctx(a));
}

int aead_key(const struct crypto *c, struct aead *a, enum aead_id id, bool seal,
	     const uint8_t *key)
{
	EVP_CIPHER_CTX *ctx = cipher_ctx(a);
	const EVP_CIPHER *cipher = c->cipher[id];

	/* The next key of the same cipher: not all made anew. */
	if (id != AEAD_AES_128_CCM && EVP_CIPHER_CTX_get0_cipher(ctx) == cipher &&
	    EVP_CIPHER_CTX_is_encrypting(ctx) == seal)
		cipher = NULL;

	/* CCM wants the lengths of nonce and tag before the key. */
	if (id == AEAD_AES_128_CCM) {
		if (EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, seal, NULL) != 1 ||
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, AEAD_NONCE, NULL) != 1 ||
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG, NULL) != 1)
			return SEALSOCK_ERR_CRYPTO;
		cipher = NULL;
	}
	return EVP_CipherInit_ex2(ctx, cipher, key, NULL, seal, NULL) == 1 ?
	       0 : SEALSOCK_ERR_CRYPTO;
}

static bool is_ccm(const EVP_CIPHER_CTX *ctx)
{
	return EVP_CIPHER_CTX_get_mode(ctx) == EVP_CIPH_CCM_MODE;
}

/* CCM takes its message in one piece, whose length comes before everything else. */
static int ccm_seal(EVP_CIPHER_CTX *ctx, struct bytes aad, const struct bytes in[2], uint8_t *out)
{
	int total = (int)(in[0].n + in[1].n), n;

	if (in[0].n)
		memmove(out, in[0].p, in[0].n);
	if (in[1].n)
		memcpy(out + in[0].n, in[1].p, in[1].n);
	if (EVP_EncryptUpdate(ctx, NULL, &n, NULL, total) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, aad.p, (int)aad.n) != 1 ||
	    EVP_EncryptUpdate(ctx, out, &n, out, total) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG, out + total) != 1)
		return SEALSOCK_ERR_CRYPTO;
	return 0;
}

static int ccm_open(EVP_CIPHER_CTX *ctx, struct bytes aad, const uint8_t *in, size_t n,
		    uint8_t *out)
{
	int done;

	if (EVP_DecryptUpdate(ctx, NULL, &done, NULL, (int)n) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &done, aad.p, (int)aad.n) != 1)
		return SEALSOCK_ERR_CRYPTO;
	if (EVP_DecryptUpdate(ctx, out, &done, in, (int)n) == 1)
		return 0;
	wipe(out, n);
	return SEALSOCK_ERR_BAD_RECORD;
}

int aead_seal(struct aead *a, const uint8_t nonce[AEAD_NONCE], struct bytes aad,
	      const struct bytes in[2], uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = cipher_ctx(a);
	int i, n;

	if (EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce, NULL) != 1)
		return SEALSOCK_ERR_CRYPTO;
	if (is_ccm(ctx))
		return ccm_seal(ctx, aad, in, out);
	if (EVP_EncryptUpdate(ctx, NULL, &n, aad.p, (int)aad.n) != 1)
		return SEALSOCK_ERR_CRYPTO;
	for (i = 0; i < 2; i++) {
		if (in[i].n == 0)
			continue;
		if (EVP_EncryptUpdate(ctx, out, &n, in[i].p, (int)in[i].n) != 1)
			return SEALSOCK_ERR_CRYPTO;
		out += n;
	}
	if (EVP_EncryptFinal_ex(ctx, out, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG, out) != 1)
		return SEALSOCK_ERR_CRYPTO;
	return 0;
}

int aead_open(struct aead *a, const uint8_t nonce[AEAD_NONCE], struct bytes aad,
	      const uint8_t *in, size_t n, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = cipher_ctx(a);
	uint8_t tag[AEAD_TAG];
	uint8_t none;
	int done;

	if (n < AEAD_TAG)
		return SEALSOCK_ERR_BAD_RECORD;
	n -= AEAD_TAG;
	memcpy(tag, in + n, AEAD_TAG);
	if (EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG, tag) != 1)
		return SEALSOCK_ERR_CRYPTO;
	if (is_ccm(ctx))
		return ccm_open(ctx, aad, in, n, out);
	if (EVP_DecryptUpdate(ctx, NULL, &done, aad.p, (int)aad.n) != 1)
		return SEALSOCK_ERR_CRYPTO;
	if (n && EVP_DecryptUpdate(ctx, out, &done, in, (int)n) != 1)
		return SEALSOCK_ERR_CRYPTO;
	if (EVP_DecryptFinal_ex(ctx, &none, &done) != 1) {
		wipe(out, n);
		return SEALSOCK_ERR_BAD_RECORD;
	}
	return 0;
}
