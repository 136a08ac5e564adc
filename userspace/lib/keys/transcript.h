/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The running hash over all handshake messages (RFC 8446 §4.4.1). */
#ifndef SEALSOCK_TRANSCRIPT_H
#define SEALSOCK_TRANSCRIPT_H

#include "crypto/hkdf.h"

struct transcript {
	struct kdf kdf;		/* the hash in use and the scratch context */
	struct hash *hash;
	uint8_t last[HASH_MAX];	/* what transcript_hash() gave … */
	bool is_last;		/* … since when nothing was added */
};

/* NOMEM. transcript_free may be called on a zeroed one. */
int transcript_init(struct transcript *t, const struct crypto *c);
void transcript_free(struct transcript *t);

/* Starts afresh with the suite's hash. */
int transcript_start(struct transcript *t, enum hash_id id);
int transcript_add(struct transcript *t, struct bytes message);

/* Goes on behind what @from has hashed. */
int transcript_follow(struct transcript *t, enum hash_id id, const struct hash *from);

/* Replaces everything so far by message_hash(everything so far): after the first ClientHello. */
int transcript_fold(struct transcript *t);

/* The hash up to here; the running one goes on. @out: HASH_MAX bytes. */
int transcript_hash(struct transcript *t, uint8_t out[HASH_MAX]);

#endif
