/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room parent/: it starts, watches and replaces the others, reads the files that are named in
 * the configuration, and does nothing for connections. It sees keeper/, worker/ and the hall.
 */
#ifndef SEALSOCKD_SUPERVISOR_H
#define SEALSOCKD_SUPERVISOR_H

#include <stdio.h>

#include "material.h"
#include "parent/process.h"

struct supervisor {
	const char *path;		/* of the configuration */
	struct material material;	/* in use */
	bool have_material;
	int device, status, signals;
	struct process *keeper, *workers;
	uint32_t generation;
	uint32_t next_key, keys_from;	/* key ids: the next free, the first of this generation */
	uint32_t asked;			/* id of the last message to the keeper */
	uint64_t tried;			/* the files' print that was last tried */
	int64_t looked, quick_deaths;
	int64_t started;		/* seconds since 1970 */
	struct stats gone;		/* counts of workers that are no more */
	bool no_callers;		/* the kernel asks nobody */
	bool ending;
	struct ipc_message in;
};

/* Runs until it is told to end: the exit status. */
int supervisor_run(struct supervisor *s, const char *path);

/* reload.c: the configuration that is in use. */
bool supervisor_start(struct supervisor *s);
bool supervisor_reload(struct supervisor *s);
bool supervisor_add_worker(struct supervisor *s);
bool supervisor_add_callers(struct supervisor *s);
unsigned int supervisor_workers(const struct supervisor *s);

/* status.c: one question on a socket that was accepted. */
int status_open(const char *path);
void status_answer(struct supervisor *s);

/* What is said by who is asked to do something for the supervisor. */
void supervisor_message(struct supervisor *s, struct process *p);

#endif
