// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/watched.h"

int watched_init(struct watched *w, const struct sealsock_env *env, const char *path)
{
	w->env = env;
	pthread_rwlock_init(&w->lock, NULL);
	if (path)
		w->path = mem_strndup(env, path, strlen(path));
	return path && !w->path ? SEALSOCK_ERR_NOMEM : 0;
}

void watched_free(struct watched *w)
{
	pthread_rwlock_destroy(&w->lock);
	mem_free(w->env, w->path, w->path ? strlen(w->path) + 1 : 0);
}

/* Up to @room bytes. */
static ssize_t read_all(int fd, uint8_t *p, size_t room)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = read(fd, p + done, room - done);
		if (n > 0)
			done += (size_t)n;
	} while (n > 0 && done < room);
	return n < 0 ? n : (ssize_t)done;
}

int watched_read(struct watched *w, size_t max, watched_fn take, void *arg)
{
	int fd = fd_apart(open(w->path, O_RDONLY | O_CLOEXEC)), err = SEALSOCK_ERR_FILE;
	struct stat seen;
	struct buf text;
	ssize_t n = -1;

	if (fd < 0)
		return err;
	buf_init(&text, w->env);
	if (!buf_reserve(&text, max + 1))
		err = SEALSOCK_ERR_NOMEM;
	else if (!fstat(fd, &seen))
		n = read_all(fd, text.p, max + 1);
	close(fd);
	if (n > (ssize_t)max)
		err = SEALSOCK_ERR_INVALID;
	else if (n >= 0)
		err = take(arg, bytes_of(text.p, (size_t)n));
	if (!err)
		w->seen = seen;
	buf_free(&text);
	return err;
}

static bool is_due(struct watched *w, int64_t now)
{
	bool due;

	if (!w->path)
		return false;
	pthread_rwlock_rdlock(&w->lock);
	due = w->looked != now;
	pthread_rwlock_unlock(&w->lock);
	return due;
}

void watched_refresh(struct watched *w, size_t max, watched_fn take, void *arg)
{
	int64_t now = w->env->now(w->env->arg);
	struct stat st;

	if (!is_due(w, now))
		return;
	pthread_rwlock_wrlock(&w->lock);
	if (w->looked != now && !stat(w->path, &st) && !fd_same_file(&st, &w->seen))
		watched_read(w, max, take, arg);
	w->looked = now;
	pthread_rwlock_unlock(&w->lock);
}
