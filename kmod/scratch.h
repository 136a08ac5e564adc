/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that one record needs while it is opened: each processor keeps one
 * piece for whoever opens the next.
 */
#ifndef SEAL_SCRATCH_H
#define SEAL_SCRATCH_H

#include <linux/gfp.h>
#include <linux/scatterlist.h>

#include "core/nonce.h"

enum {
	SEAL_SOURCE_SG = 48,	/* additional data, pieces of ciphertext */
	SEAL_MAX_CHUNK = 64,	/* what a cipher takes at a time: ChaCha20's block */
	SEAL_CHUNKS = 24,	/* of them put together from two pieces or more */
	SEAL_SHORT = 256,	/* bytes at a reader's last page that are copied there */
};

/**
 * struct seal_scratch - for one record
 * @nonce: the explicit nonce
 * @sg: the ciphertext
 * @chunks: ciphertext where a piece ends, put together
 * @tail: the last bytes of inner plaintext
 */
struct seal_scratch {
	u8 nonce[SEAL_MAX_NONCE];
	struct scatterlist sg[SEAL_SOURCE_SG];
	u8 chunks[SEAL_CHUNKS * SEAL_MAX_CHUNK];
	u8 tail[SEAL_SHORT + 1];
};

/*
 * One for the caller alone, not initialised, until seal_scratch_put(). Process
 * context; the caller may sleep before it gives it back. NULL: no memory.
 */
struct seal_scratch *seal_scratch_get(gfp_t gfp);
void seal_scratch_put(struct seal_scratch *scratch);

/* Frees what is kept, when no socket of ours is left. */
void seal_scratch_exit(void);

#endif /* SEAL_SCRATCH_H */
