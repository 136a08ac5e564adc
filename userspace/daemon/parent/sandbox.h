/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What is taken from keeper and workers before they see anything of anybody's. */
#ifndef SEALSOCKD_SANDBOX_H
#define SEALSOCKD_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

enum sandbox {
	SANDBOX_KEEPER,			/* messages, files that are sent to it */
	SANDBOX_WORKER,			/* the same, and what channels and the device understand */
	SANDBOX_CALLERS,		/* messages, keyrings, keys of sockets it is given */
};

/* From here on nothing of the process is swapped out. False where the machine does not allow it. */
bool sandbox_lock_memory(void);

/*
 * From here on the process has no file system, makes no socket and no process, gains no privilege,
 * leaves no core and cannot be looked into; of system calls it has those that
 * its work takes. As root it becomes another user; but SANDBOX_CALLERS stays root, whose the
 * kernel's keyrings are, with no capability but CAP_NET_ADMIN. False, with what failed in *what and
 * errno: then it must not go on. @fds: descriptors that it may have at most.
 *
 * @threads, if it is not NULL, is called with @arg when all is done but the filter of system calls,
 * which takes away that threads can be made: those that it makes are under all of this. False:
 * sandbox_enter() fails.
 */
bool sandbox_enter(enum sandbox kind, uid_t uid, gid_t gid, unsigned int fds,
		   bool (*threads)(void *arg), void *arg, const char **what);

/* The last part of it alone, for tests. */
bool sandbox_filter(enum sandbox kind);

#endif
