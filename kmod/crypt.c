// SPDX-License-Identifier: GPL-2.0-only
#include <linux/random.h>

#include "crypt.h"

/* Nonce for the crypto API; @explicit is what the record carries, if it does. */
static void set_nonce(struct seal_key *key, const u8 *explicit)
{
	u8 *nonce = key->nonce;

	if (key->suite->ccm)
		*nonce++ = SEAL_CCM_LEAD;
	if (key->shape.block)
		memcpy(nonce, explicit, SEAL_CBC_IV);
	else if (key->shape.nonce_len)
		seal_nonce_explicit(key->iv, explicit, nonce);
	else
		seal_nonce_xor(key->iv, key->seq.next, nonce);
}

static void set_aad(struct seal_key *key, u8 type, unsigned int len, const u8 *explicit,
		    struct scatterlist *src, struct scatterlist *dst)
{
	unsigned int n = seal_aad(&key->shape, key->seq.next, type, len, key->aad);

	if (key->shape.block) {
		memcpy(key->aad + n, explicit, SEAL_CBC_IV);
		n += SEAL_CBC_IV;
	}

	sg_set_buf(&src[0], key->aad, n);
	if (dst != src)
		sg_set_buf(&dst[0], key->aad, n);
}

int seal_crypt_seal(struct seal_key *key, u8 type, u8 *prefix,
		    struct scatterlist *src, struct scatterlist *dst, unsigned int len)
{
	unsigned int plain = len - key->shape.type_len;
	u8 *explicit = prefix + SEAL_HEADER;
	int err;

	err = seal_seq_check(&key->seq);
	if (err)
		return err;

	seal_frame_build(&key->shape, type, plain, prefix);
	if (key->shape.block)
		get_random_bytes(explicit, SEAL_CBC_IV);
	else if (key->shape.nonce_len)
		seal_put_be64(explicit, key->seq.explicit_next);
	set_nonce(key, explicit);
	set_aad(key, type, plain, explicit, src, dst);

	aead_request_set_crypt(&key->req, src, dst, len, key->nonce);
	err = crypto_wait_req(crypto_aead_encrypt(&key->req), &key->wait);
	/* A number is used up whatever comes out: its nonce may have been. */
	seal_seq_advance(&key->seq);
	return err;
}

int seal_crypt_open(struct seal_key *key, const struct seal_header *head, const u8 *nonce,
		    struct scatterlist *src, struct scatterlist *dst)
{
	unsigned int inner = seal_inner_len(key, head);
	int err;

	err = seal_seq_check(&key->seq);
	if (err)
		return err;

	set_nonce(key, nonce);
	set_aad(key, head->type, inner - key->shape.type_len, nonce, src, dst);
	aead_request_set_crypt(&key->req, src, dst, inner + key->shape.tag_len, key->nonce);
	return crypto_wait_req(crypto_aead_decrypt(&key->req), &key->wait);
}
