/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Files of keys that rotate: read whole, and again when they have changed. */
#ifndef SEALSOCK_WATCHED_H
#define SEALSOCK_WATCHED_H

#include <pthread.h>
#include <sys/stat.h>

#include "base/wire.h"

struct watched {
	const struct sealsock_env *env;
	char *path;			/* NULL: there is no file */
	pthread_rwlock_t lock;		/* of what was made of the file, and of what follows */
	int64_t looked;
	struct stat seen;
};

/* What is in the file; an error leaves what was made of it before. */
typedef int (*watched_fn)(void *arg, struct bytes text);

/* NOMEM: watched_free() is due all the same. */
int watched_init(struct watched *w, const struct sealsock_env *env, const char *path);
void watched_free(struct watched *w);

/* Reads it. FILE, NOMEM; INVALID: longer than @max bytes; and what @take returns. */
int watched_read(struct watched *w, size_t max, watched_fn take, void *arg);

/*
 * The same under the lock, if the file has changed since, at most once a second. What fails is
 * tried again; without a file nothing happens.
 */
void watched_refresh(struct watched *w, size_t max, watched_fn take, void *arg);

#endif
