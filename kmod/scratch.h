/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is only needed while records are sealed or opened, so that idle
 * sockets have none of it: each processor keeps one piece for whoever is next.
 */
#ifndef SEAL_SCRATCH_H
#define SEAL_SCRATCH_H

#include <linux/bvec.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "keys.h"

enum {
	SEAL_SOURCE_SG = 48,	/* additional data, pieces of ciphertext */
	SEAL_CHUNKS = 24,	/* of them put together from two pieces or more */
	SEAL_SHORT = 256,	/* bytes at a reader's last page that are copied there */
	SEAL_JOBS = 16,		/* records that several processors have under way at most */
	SEAL_OUT = 8,		/* fragments for TCP: two a record, the last trailer, a spare */
	SEAL_OUT_ROOM = SEAL_OUT + 3 * SEAL_JOBS,	/* with those of the records under way */
};

/**
 * struct seal_scratch - for records in turn
 * @nonce: opening: the explicit nonce
 * @sg: the ciphertext
 * @chunks: ciphertext where a piece ends, put together
 * @tail: the last bytes of inner plaintext
 * @out: sealing: what is sealed
 * @room: bytes of the request's context
 * @stamp: timestamps for the last byte in @out, SOF_TIMESTAMPING_TX_*; 0 whenever nobody has it
 * @rq: the request, its context behind it
 */
struct seal_scratch {
	union {
		struct {
			u8 nonce[SEAL_MAX_NONCE];
			struct scatterlist sg[SEAL_SOURCE_SG];
			u8 chunks[SEAL_CHUNKS * SEAL_MAX_CHUNK];
			u8 tail[SEAL_SHORT + 1];
		};
		struct bio_vec out[SEAL_OUT_ROOM];
	};
	u32 room;
	u32 stamp;
	struct seal_request rq;
};

DECLARE_PER_CPU(struct seal_scratch *, seal_spare);

/* See seal_scratch_get(). */
struct seal_scratch *seal_scratch_new(const struct seal_key *key, gfp_t gfp);

/* Gives back what was got with the same @key, and wipes what the cipher left there. */
static inline void seal_scratch_put(const struct seal_key *key, struct seal_scratch *scratch)
{
	if (key->wipe)
		memzero_explicit(scratch->rq.req.__ctx, key->wipe);
	scratch = this_cpu_xchg(seal_spare, scratch);
	/* Somebody else may have left one here meanwhile. */
	if (unlikely(scratch))
		kfree_sensitive(scratch);
}

/*
 * One for the caller alone, for records of @key, not initialised but for
 * rq.wait and stamp, until seal_scratch_put(). The caller may sleep before it
 * gives it back. NULL: no memory.
 */
static inline struct seal_scratch *seal_scratch_get(const struct seal_key *key, gfp_t gfp)
{
	struct seal_scratch *scratch = this_cpu_xchg(seal_spare, NULL);

	if (likely(scratch && scratch->room >= crypto_aead_reqsize(key->spare.aead)))
		return scratch;
	kfree_sensitive(scratch);
	return seal_scratch_new(key, gfp);
}

/* Frees what is kept, when no socket of ours is left. */
void seal_scratch_exit(void);

#endif /* SEAL_SCRATCH_H */
