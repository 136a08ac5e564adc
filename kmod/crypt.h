/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One record through the AEAD, either way. The caller lays out memory; the
 * first entry of its scatterlists is left free for the additional data.
 */
#ifndef SEAL_CRYPT_H
#define SEAL_CRYPT_H

#include <linux/scatterlist.h>

#include "keys.h"

struct seal_scratch;

/*
 * Seals the next record with @rq, which nobody else uses: @len bytes of
 * plaintext (with what seal_tail() counts) in @src[1..] become ciphertext and
 * tag in @dst[1..]; both may be one list.
 * Writes header and explicit nonce, seal_prefix() bytes, to @prefix. Uses up
 * the sequence number. @type: the content type. May sleep. -EBADMSG: no
 * sequence number is left; otherwise any error of the AEAD, after which the
 * direction must not be used again.
 */
int seal_crypt_seal(struct seal_key *key, struct seal_request *rq, u8 type, u8 *prefix,
		    struct scatterlist *src, struct scatterlist *dst, unsigned int len);

/*
 * The same for a record that lies in one piece at @prefix: header, explicit
 * nonce, @len bytes of plaintext, room for the tag.
 */
int seal_crypt_seal_packed(struct seal_key *key, struct seal_request *rq, u8 type, u8 *prefix,
			   unsigned int len);

/*
 * The two halves of seal_crypt_seal(), for records that are sealed side by side: prepare them
 * in order, each with a request of its own, then run them in any order, on
 * any processor. seal_crypt_prepare() does not sleep and fails only with
 * -EBADMSG, when no sequence number is left.
 */
int seal_crypt_prepare(struct seal_key *key, struct seal_request *rq, u8 type, u8 *prefix,
		       struct scatterlist *src, struct scatterlist *dst, unsigned int len);
int seal_crypt_run(struct seal_request *rq);

/*
 * Opens the record with this header, as seal_frame_parse() read it: ciphertext and tag in
 * @scratch->sg[1..] become plaintext in @dst[1..]. @scratch->nonce: the explicit nonce, where the
 * shape has one. Does not use up the sequence number: the record may be opened again, until
 * seal_seq_advance(). May sleep. -EBADMSG: not authentic, what is in @dst must not be used.
 */
int seal_crypt_open(struct seal_key *key, const struct seal_header *head,
		    struct seal_scratch *scratch, struct scatterlist *dst);

#endif /* SEAL_CRYPT_H */
