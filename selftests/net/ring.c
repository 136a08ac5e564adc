// SPDX-License-Identifier: GPL-2.0-only OR MIT
#define _GNU_SOURCE

#include "ring.h"
#include "sock.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES	32

static void *ring_map(struct ring *ring, size_t len, off_t what)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
		       what);

	if (p == MAP_FAILED)
		abort();
	return p;
}

int ring_init(struct ring *ring)
{
	const struct io_uring_params *p = &ring->p;

	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, ENTRIES, &ring->p);
	if (ring->fd < 0)
		return errno;
	/* Since 5.4 both queues are in one mapping. */
	if (!(p->features & IORING_FEAT_SINGLE_MMAP))
		return EOPNOTSUPP;
	ring->rings = ring_map(ring, p->cq_off.cqes +
			       p->cq_entries * sizeof(struct io_uring_cqe) + p->sq_off.array +
			       p->sq_entries * sizeof(unsigned int), IORING_OFF_SQ_RING);
	ring->sqes = ring_map(ring, p->sq_entries * sizeof(*ring->sqes), IORING_OFF_SQES);
	return 0;
}

static _Atomic unsigned int *word(const struct ring *ring, unsigned int offset)
{
	return (_Atomic unsigned int *)(ring->rings + offset);
}

void ring_put(struct ring *ring, const struct io_uring_sqe *sqe)
{
	_Atomic unsigned int *tail = word(ring, ring->p.sq_off.tail);
	unsigned int at = atomic_load(tail), i = at & *word(ring, ring->p.sq_off.ring_mask);

	ring->sqes[i] = *sqe;
	word(ring, ring->p.sq_off.array)[i] = i;
	atomic_store(tail, at + 1);
	ring->queued++;
}

void ring_submit(struct ring *ring)
{
	while (ring->queued) {
		int n = syscall(SYS_io_uring_enter, ring->fd, ring->queued, 0, 0, NULL, 0);

		if (n <= 0 && errno != EINTR && errno != EAGAIN)
			abort();
		if (n > 0)
			ring->queued -= n;
	}
}

int ring_next(struct ring *ring, uint64_t *user_data, int ms)
{
	_Atomic unsigned int *head = word(ring, ring->p.cq_off.head);
	_Atomic unsigned int *tail = word(ring, ring->p.cq_off.tail);
	struct io_uring_cqe *cqes = (void *)(ring->rings + ring->p.cq_off.cqes), *cqe;
	int result, n;

	/* A completion that was put off comes when the process enters the kernel for the ring. */
	while (atomic_load(head) == atomic_load(tail)) {
		syscall(SYS_io_uring_enter, ring->fd, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0);
		if (atomic_load(head) != atomic_load(tail))
			break;
		n = ms > 0 ? poll_for(ring->fd, POLLIN, ms) : 0;
		if (!n || (n < 0 && errno != EINTR))
			return NOTHING;
		ms -= 10;
	}
	cqe = &cqes[atomic_load(head) & *word(ring, ring->p.cq_off.ring_mask)];
	if (user_data)
		*user_data = cqe->user_data;
	result = cqe->res;
	atomic_store(head, atomic_load(head) + 1);
	return result;
}
