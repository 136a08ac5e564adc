/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* io_uring by system call: one ring, used by one thread at a time. */
#ifndef SELFTESTS_NET_RING_H
#define SELFTESTS_NET_RING_H

#include <limits.h>
#include <linux/io_uring.h>
#include <stdint.h>

/* The kernel's side of it is in fd, rings and sqes. */
struct ring {
	int fd;
	char *rings;
	struct io_uring_sqe *sqes;
	struct io_uring_params p;
	unsigned int queued;
};

/* 0, or errno. The process takes it along when it ends. */
int ring_init(struct ring *ring);

/* Puts a request in the queue; its completion carries user_data. */
void ring_put(struct ring *ring, const struct io_uring_sqe *sqe);

/* Submits what is queued. */
void ring_submit(struct ring *ring);

#define NOTHING	INT_MIN

/* The next completion within ms: its result, or NOTHING. */
int ring_next(struct ring *ring, uint64_t *user_data, int ms);

#define RING_SQE(ring, op, sock, buf, length, ...)					\
	ring_put(ring, &(struct io_uring_sqe){ .opcode = IORING_OP_##op, .fd = sock,	\
					       .addr = (uintptr_t)(buf), .len = length,	\
					       __VA_ARGS__ })

#endif
