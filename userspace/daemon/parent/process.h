/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The processes that the parent has, and how it makes them. */
#ifndef SEALSOCKD_PROCESS_H
#define SEALSOCKD_PROCESS_H

#include <sys/types.h>

#include "ipc.h"
#include "material.h"
#include "stats.h"

/* @control: our end; @alive: when it last answered, in milliseconds. */
struct process {
	struct process *next;
	pid_t pid;
	int control;
	uint32_t generation;
	bool retiring;
	bool callers;			/* it is the worker for the kernel's own sockets */
	int64_t began, alive;
	struct stats *stats;		/* of a worker */
};

/* Forks the keeper: it is sandboxed before it answers anything, by @threads. NULL with errno. */
struct process *process_keeper(const struct conf *conf, unsigned int threads);

/*
 * Forks a worker; what is to be sent to the keeper is in @keeper_ends, ours to close. @device -1:
 * one for the kernel's own sockets.
 */
struct process *process_worker(const struct material *m, int device, int keeper_ends[2]);

/* Closes and frees; the process itself ends by that, or has. */
void process_free(struct process *p);

#endif
