/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room worker/: what handshakes take, in processes that have no file and no key of the
 * configuration. It sees the hall, and nothing of the keeper's or the parent's.
 *
 * A worker: takes handshakes from the module and does them, thousands at a time. It has channels,
 * its ways to keeper and parent, and nothing else.
 */
#ifndef SEALSOCKD_WORKER_H
#define SEALSOCKD_WORKER_H

#include "material.h"
#include "stats.h"
#include "worker/device.h"
#include "worker/link.h"
#include "worker/terms.h"

struct handshake;

/* What a worker is made with; all of it outlives it. */
struct worker_parts {
	const struct device_ops *ops;
	int device;
	int parent;			/* messages of ipc.h */
	int keeper_later, keeper_now;
	const struct material *material;
	struct stats *stats;
};

struct worker {
	struct worker_parts parts;
	int epoll;
	struct keeper_link link;
	struct terms *terms;
	struct handshake **slots;	/* by the low bits of their id */
	unsigned int max, count, next_slot;
	uint32_t turn;			/* the high bits */
	struct handshake *oldest, *newest;
	int64_t now;			/* milliseconds, of this round */
	bool retiring, failed;
	struct ipc_message in;
};

/* NULL: no memory. */
struct worker *worker_new(const struct worker_parts *parts);
void worker_free(struct worker *w);

/* Works until the parent or the keeper is gone, or it was retired and has nothing left to do. */
int worker_run(struct worker *w);

/* For a handshake: waits for @events on its channel, which belongs to @h. */
bool worker_watch(struct worker *w, struct handshake *h, int fd, uint32_t events, bool first);

/* Are lines of this kind wanted? To put one together is no small part of a handshake. */
bool worker_tells(const struct worker *w, enum ipc_level level);

/* A line to the parent's log. */
void worker_log(struct worker *w, enum ipc_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
