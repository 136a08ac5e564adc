// SPDX-License-Identifier: GPL-2.0-only
#include <linux/random.h>

#include "crypt.h"
#include "scratch.h"

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

/* Returns its length. */
static unsigned int set_aad(const struct seal_key *key, struct seal_request *rq, u8 type,
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
	return n;
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

/* The next record's request is ready to run; what another key left in it is gone. */
static void arm(const struct seal_key *key, struct seal_request *rq, unsigned int aad_len,
		struct scatterlist *src, struct scatterlist *dst, unsigned int len)
{
	aead_request_set_tfm(&rq->req, key->spare.aead);
	aead_request_set_callback(&rq->req,
				  CRYPTO_TFM_REQ_MAY_BACKLOG | CRYPTO_TFM_REQ_MAY_SLEEP,
				  crypto_req_done, &rq->wait);
	aead_request_set_ad(&rq->req, aad_len);
	aead_request_set_crypt(&rq->req, src, dst, len, rq->nonce);
}

int seal_crypt_run(struct seal_request *rq)
{
	return crypto_wait_req(crypto_aead_encrypt(&rq->req), &rq->wait);
}

int seal_crypt_prepare(struct seal_key *key, struct seal_request *rq, u8 type, u8 *prefix,
		       struct scatterlist *src, struct scatterlist *dst, unsigned int len)
{
	unsigned int plain = len - key->shape.type_len, aad_len;
	int err;

	err = seal_seq_check(&key->seq);
	if (err)
		return err;

	write_prefix(key, rq, type, prefix, plain);
	aad_len = set_aad(key, rq, type, plain, prefix + SEAL_HEADER, src, dst);
	arm(key, rq, aad_len, src, dst, len);
	/* The number is used up whatever comes out: its nonce may have been. */
	seal_seq_advance(&key->seq);
	return 0;
}

int seal_crypt_seal(struct seal_key *key, struct seal_request *rq, u8 type, u8 *prefix,
		    struct scatterlist *src, struct scatterlist *dst, unsigned int len)
{
	int err;

	err = seal_crypt_prepare(key, rq, type, prefix, src, dst, len);
	return err ? err : seal_crypt_run(rq);
}

int seal_crypt_seal_packed(struct seal_key *key, struct seal_request *rq, u8 type, u8 *prefix,
			   unsigned int len)
{
	unsigned int room = len + key->shape.tag_len;
	struct scatterlist sg[2] __uninitialized;
	int err;

	if (key->shape.version != SEAL_TLS13) {
		sg_init_table(sg, 2);
		sg_set_buf(&sg[1], prefix + seal_prefix(&key->shape), room);
		return seal_crypt_seal(key, rq, type, prefix, sg, sg, len);
	}

	/* TLS 1.3's additional data is the header, which is where it has to be. */
	err = seal_seq_check(&key->seq);
	if (err)
		return err;
	write_prefix(key, rq, type, prefix, len - key->shape.type_len);
	sg[0] = (struct scatterlist){};
	sg_set_buf(sg, prefix, SEAL_AAD13 + room);
	sg_mark_end(sg);
	arm(key, rq, SEAL_AAD13, sg, sg, len);
	seal_seq_advance(&key->seq);
	return seal_crypt_run(rq);
}

int seal_crypt_open(struct seal_key *key, const struct seal_header *head,
		    struct seal_scratch *scratch, struct scatterlist *dst)
{
	struct seal_request *rq = &scratch->rq;
	unsigned int aad_len;
	int err;

	err = seal_seq_check(&key->seq);
	if (err)
		return err;

	set_nonce(key, rq, scratch->nonce);
	aad_len = set_aad(key, rq, head->type, seal_content_most(&key->shape, head),
			  scratch->nonce, scratch->sg, dst);
	arm(key, rq, aad_len, scratch->sg, dst, head->inner + key->shape.tag_len);
	return crypto_wait_req(crypto_aead_decrypt(&rq->req), &rq->wait);
}
