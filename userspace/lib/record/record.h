/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room record/: records and the channel made of them. It sees config/ and below.
 *
 * Records sealed and opened in userspace (RFC 8446 §5, RFC 5246 §6.2), on the record logic that
 * the kernel module uses: during the handshake, and after it for callers without a socket to hand
 * over.
 */
#ifndef SEALSOCK_RECORD_USER_H
#define SEALSOCK_RECORD_USER_H

#include "content.h"
#include "crypto/backend.h"
#include "frame.h"
#include "nonce.h"
#include "seq.h"

enum { RECORD_BODY_MAX = SEAL_MAX_PLAINTEXT + 1 + AEAD_TAG };

/* One direction. Without @aead it carries plaintext. */
struct record_dir {
	const struct seal_suite *suite;
	struct seal_shape shape;
	struct seal_seq seq;
	union {
		struct aead *aead;
		struct etm *etm;	/* CBC */
	};
	uint8_t iv[SEAL_NONCE];		/* in full, or the salt and zeros */
	uint16_t pad;			/* data is padded to multiples of this; 0: not */
	bool is_cbc;
};

static inline bool record_keyed(const struct record_dir *d)
{
	return d->suite;
}

/*
 * Takes the next key; sequence numbers begin at 0. @iv: SEAL_NONCE bytes. NOMEM, CRYPTO: the
 * direction is then unkeyed.
 */
int record_key(struct record_dir *d, const struct crypto *c, const struct suite *suite, bool seal,
	       const uint8_t *key, const uint8_t *iv);

/* The same of a CBC suite, with its MAC key; @env is where the IVs come from. */
int record_key_cbc(struct record_dir *d, const struct crypto *c, const struct sealsock_env *env,
		   const struct suite *suite, bool seal, const uint8_t *key,
		   const uint8_t *mac_key);

/* Wipes the key: the direction is finished. */
void record_clear(struct record_dir *d);

/* May this key seal no more (RFC 8446 §5.5)? @margin: how many records early. */
bool record_spent(const struct record_dir *d, uint64_t margin);

/*
 * Appends one record of @content (at most SEAL_MAX_PLAINTEXT bytes) to @out, in the clear where
 * there is no key. NOMEM, CRYPTO, LIMIT: nothing was appended.
 */
int record_seal(struct record_dir *d, uint8_t type, struct bytes content, struct buf *out);

/* Appends as many records as @content takes. */
int record_seal_all(struct record_dir *d, uint8_t type, struct bytes content, struct buf *out);

/*
 * Length of the body behind a header. @protected: it belongs to a keyed direction and hides its
 * type. RECORD_SIZE, VERSION, BAD_RECORD (too short).
 */
int record_body_len(const struct record_dir *d, bool protected, const uint8_t header[SEAL_HEADER],
		    size_t *n);

/*
 * Opens in place the protected record of header and @n bytes at @rec, whose header was judged by
 * record_body_len(). BAD_RECORD; UNEXPECTED: nothing but padding inside (§5.4); RECORD_SIZE: more
 * inside than allowed.
 */
int record_open(struct record_dir *d, uint8_t *rec, size_t n, uint8_t *type,
		struct bytes *content);

#endif
