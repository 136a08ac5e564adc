// SPDX-License-Identifier: GPL-2.0-only
#include <linux/random.h>

#include "crypt.h"

/* Nonce for the crypto API; @explicit is what the record carries, if it does. */
static __always_inline void set_nonce(const struct seal_key *key, struct seal_request *rq,
				      const u8 *explicit)
{
	u8 *nonce = rq->nonce;

	if (key->suite->ccm)
		*nonce++ = SEAL_CCM_LEAD;
	if (key->shape.block)
		memcpy(nonce, explicit, SEAL_CBC_IV);
	else if (key->shape.nonce_len)
		seal_nonce_explicit(key->iv, explicit, nonce);
	else
		seal_nonce_xor(key->iv, key->seq.next, nonce);
}

static void set_aad(const struct seal_key *key, struct seal_request *rq, u8 type,
		    unsigned int len, const u8 *explicit, struct scatterlist *src,
		    struct scatterlist *dst)
{
	unsigned int n = seal_aad(&key->shape, key->seq.next, type, len, rq->aad);

	if (key->shape.block) {
		memcpy(rq->aad + n, explicit, SEAL_CBC_IV);
		n += SEAL_CBC_IV;
	}

	sg_set_buf(&src[0], rq->aad, n);
	if (dst != src)
		sg_set_page(&dst[0], sg_page(src), n, src->offset);
}

/* Header and explicit nonce of the next record. */
static __always_inline void write_prefix(const struct seal_key *key, struct seal_request *rq,
					 u8 type, u8 *prefix, unsigned int plain)
{
	u8 *explicit = prefix + SEAL_HEADER;

	seal_frame_build(&key->shape, type, plain, prefix);
	if (key->shape.block)
		get_random_bytes(explicit, SEAL_CBC_IV);
	else if (key->shape.nonce_len)
		seal_put_be64(explicit, key->seq.explicit_next);
	set_nonce(key, rq, explicit);
}

/* The next record's request is ready to run. */
static void arm(struct seal_key *key, struct seal_request *rq, struct scatterlist *src,
		struct scatterlist *dst, unsigned int len)
{
	aead_request_set_crypt(&rq->req, src, dst, len, rq->nonce);
	/* The number is used up whatever comes out: its nonce may have been. */
	seal_seq_advance(&key->seq);
}

int seal_crypt_run(struct seal_request *rq)
{
	return crypto_wait_req(crypto_aead_encrypt(&rq->req), &rq->wait);
}

int seal_crypt_prepare(struct seal_key *key, struct seal_request *rq, u8 type, u8 *prefix,
		       struct scatterlist *src, struct scatterlist *dst, unsigned int len)
{
	unsigned int plain = len - key->shape.type_len;
	int err;

	err = seal_seq_check(&key->seq);
	if (err)
		return err;

	write_prefix(key, rq, type, prefix, plain);
	set_aad(key, rq, type, plain, prefix + SEAL_HEADER, src, dst);
	arm(key, rq, src, dst, len);
	return 0;
}

int seal_crypt_seal(struct seal_key *key, u8 type, u8 *prefix,
		    struct scatterlist *src, struct scatterlist *dst, unsigned int len)
{
	int err;

	err = seal_crypt_prepare(key, &key->rq, type, prefix, src, dst, len);
	return err ? err : seal_crypt_run(&key->rq);
}

int seal_crypt_seal_packed(struct seal_key *key, u8 type, u8 *prefix, unsigned int len)
{
	unsigned int room = len + key->shape.tag_len;
	struct scatterlist sg[2] __uninitialized;
	int err;

	if (key->shape.version != SEAL_TLS13) {
		sg_init_table(sg, 2);
		sg_set_buf(&sg[1], prefix + seal_prefix(&key->shape), room);
		return seal_crypt_seal(key, type, prefix, sg, sg, len);
	}

	/* TLS 1.3's additional data is the header, which is where it has to be. */
	err = seal_seq_check(&key->seq);
	if (err)
		return err;
	write_prefix(key, &key->rq, type, prefix, len - key->shape.type_len);
	sg[0] = (struct scatterlist){};
	sg_set_buf(sg, prefix, SEAL_AAD13 + room);
	sg_mark_end(sg);
	arm(key, &key->rq, sg, sg, len);
	return seal_crypt_run(&key->rq);
}

int seal_crypt_open(struct seal_key *key, const struct seal_header *head, const u8 *nonce,
		    struct scatterlist *src, struct scatterlist *dst)
{
	unsigned int inner = seal_inner_len(key, head);
	struct seal_request *rq = &key->rq;
	int err;

	err = seal_seq_check(&key->seq);
	if (err)
		return err;

	set_nonce(key, rq, nonce);
	set_aad(key, rq, head->type, inner - key->shape.type_len, nonce, src, dst);
	aead_request_set_crypt(&rq->req, src, dst, inner + key->shape.tag_len, rq->nonce);
	return crypto_wait_req(crypto_aead_decrypt(&rq->req), &rq->wait);
}
