/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The keeper's private keys, and the threads that use them: a signature takes longer than all the
 * rest that the keeper does, so that one processor's would not do for several workers.
 */
#ifndef SEALSOCKD_SIGNERS_H
#define SEALSOCKD_SIGNERS_H

#include <stdbool.h>
#include <stdint.h>

#include "sealsock.h"

/* How much a worker may have of something that is dear. */
struct rate {
	unsigned int a_second;		/* 0: there is no limit */
	double tokens;
	int64_t filled;			/* milliseconds */
	int64_t complained;		/* seconds */
};

void rate_init(struct rate *r, unsigned int a_second);

/* May there be another one now? Complains to @control once a second where it may not. */
bool rate_spend(struct rate *r, int control);

struct signers;

/* @control: where complaints go; @a_second: signatures for a worker. NULL: no memory. */
struct signers *signers_new(int control, unsigned int a_second);

/* Ends the threads, and all that is here. */
void signers_free(struct signers *s);

/*
 * Begins to answer, by @n threads. When it returns they have done whatever a thread begins with.
 * False: the process is not to go on.
 */
bool signers_start(struct signers *s, unsigned int n);

/* The key is theirs from then on; false, and it is not: there are too many, or no memory. */
bool signers_add_key(struct signers *s, uint32_t id, struct sealsock_key *key);

/* Keys up to an id, 0: all. */
void signers_drop_keys(struct signers *s, uint32_t last);

/* A way to a worker, closed when it is gone. False, and it stays the caller's: no memory. */
bool signers_add(struct signers *s, int fd);

#endif
