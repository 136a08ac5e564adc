// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* AES-CBC with HMAC in the order encrypt, then MAC (RFC 5246 §6.2.3.2, RFC 7366). */
#include "crypto/hkdf.h"
#include "crypto/openssl.h"

struct etm {
	const struct sealsock_env *env;
	EVP_CIPHER_CTX *cipher;
	struct kdf mac;			/* its hash and scratch context */
	uint8_t key_len, mac_len;
	uint8_t key[AEAD_KEY_MAX];
	uint8_t mac_key[ETM_MAC_MAX];
};

int etm_new(const struct crypto *c, const struct sealsock_env *env, const struct suite *s,
	    bool seal, const uint8_t *key, const uint8_t *mac_key, struct etm **out)
{
	struct etm *e = mem_zalloc(env, sizeof(*e));
	int err = 0;

	if (!e)
		return SEALSOCK_ERR_NOMEM;
	e->env = env;
	e->cipher = EVP_CIPHER_CTX_new();
	e->mac = (struct kdf){ c, hash_new(), s->mac };
	e->key_len = s->key_len;
	e->mac_len = s->mac_len;
	memcpy(e->key, key, s->key_len);
	memcpy(e->mac_key, mac_key, s->mac_len);
	if (!e->cipher || !e->mac.scratch)
		err = SEALSOCK_ERR_NOMEM;
	else if (EVP_CipherInit_ex2(e->cipher, c->cipher[s->aead], key, NULL, seal, NULL) != 1 ||
		 EVP_CIPHER_CTX_set_padding(e->cipher, 0) != 1)
		err = SEALSOCK_ERR_CRYPTO;
	if (err) {
		etm_free(e);
		return err;
	}
	*out = e;
	return 0;
}

void etm_free(struct etm *e)
{
	if (!e)
		return;
	EVP_CIPHER_CTX_free(e->cipher);
	hash_free(e->mac.scratch);
	mem_free(e->env, e, sizeof(*e));
}

struct bytes etm_key(const struct etm *e)
{
	return bytes_of(e->key, e->key_len);
}

struct bytes etm_mac_key(const struct etm *e)
{
	return bytes_of(e->mac_key, e->mac_len);
}

static int mac(const struct etm *e, struct bytes head, struct bytes body, uint8_t *out)
{
	struct bytes parts[2] = { head, body };

	return hmac_parts(&e->mac, etm_mac_key(e), parts, 2, out);
}

int etm_seal(struct etm *e, struct bytes head, struct bytes content, uint8_t *out)
{
	uint8_t padding[ETM_BLOCK], *at = out + ETM_BLOCK;
	size_t more = ETM_BLOCK - content.n % ETM_BLOCK;
	int n = 0;

	if (e->env->random(e->env->arg, out, ETM_BLOCK) != 0)
		return SEALSOCK_ERR_RANDOM;
	if (EVP_EncryptInit_ex2(e->cipher, NULL, NULL, out, NULL) != 1)
		return SEALSOCK_ERR_CRYPTO;
	if (content.n && EVP_EncryptUpdate(e->cipher, at, &n, content.p, (int)content.n) != 1)
		return SEALSOCK_ERR_CRYPTO;
	at += n;
	/* Each byte of padding, and the length behind it, is the number of bytes of padding. */
	memset(padding, (int)more - 1, more);
	if (EVP_EncryptUpdate(e->cipher, at, &n, padding, (int)more) != 1)
		return SEALSOCK_ERR_CRYPTO;
	at += n;
	return mac(e, head, bytes_of(out, (size_t)(at - out)), at);
}

int etm_open(struct etm *e, struct bytes head, uint8_t *body, size_t n)
{
	uint8_t want[ETM_MAC_MAX];
	size_t sealed = n - e->mac_len;
	int done, err;

	if (n < (size_t)e->mac_len + 2 * ETM_BLOCK)
		return SEALSOCK_ERR_BAD_RECORD;
	err = mac(e, head, bytes_of(body, sealed), want);
	if (!err && !secret_equal(want, body + sealed, e->mac_len))
		err = SEALSOCK_ERR_BAD_RECORD;
	wipe(want, sizeof(want));
	if (err)
		return err;
	if (EVP_DecryptInit_ex2(e->cipher, NULL, NULL, body, NULL) != 1 ||
	    EVP_DecryptUpdate(e->cipher, body + ETM_BLOCK, &done, body + ETM_BLOCK,
			      (int)(sealed - ETM_BLOCK)) != 1)
		return SEALSOCK_ERR_CRYPTO;
	return 0;
}
