// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * One direction: from a socket into a pipe, and out of it into the other socket. A connection has a
 * pipe only while something is in it: one whose reader is slow keeps its own, the rest share a few.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "proxy/proxy.h"

enum {
	PIPE_BYTES = 256 << 10,
	FILL = 64 << 10,	/* so much is gathered before it goes on */
	MORE = 8 << 10,		/* whoever sends so much at once has more */
	SHARE = 1 << 20,	/* then it is others' turn */
	SPARE = 64,
};

static struct pipe *pipe_get(struct pipes *pipes)
{
	struct pipe *pipe = pipes->spare;
	int fd[2];

	if (pipe) {
		pipes->spare = pipe->next;
		pipes->n--;
		return pipe;
	}
	if (pipe2(fd, O_NONBLOCK | O_CLOEXEC))
		return NULL;
	pipe = calloc(1, sizeof(*pipe));
	if (!pipe) {
		close(fd[0]);
		close(fd[1]);
		errno = ENOMEM;
		return NULL;
	}
	pipe->out = fd[0];
	pipe->in = fd[1];
	/* Where that is more than a user may have, it stays smaller. */
	fcntl(pipe->in, F_SETPIPE_SZ, PIPE_BYTES);
	return pipe;
}

static void pipe_close(struct pipe *pipe)
{
	close(pipe->in);
	close(pipe->out);
	free(pipe);
}

static void pipe_put(struct pipes *pipes, struct pipe *pipe)
{
	if (pipes->n >= SPARE) {
		pipe_close(pipe);
		return;
	}
	pipe->next = pipes->spare;
	pipes->spare = pipe;
	pipes->n++;
}

void flow_drop(struct flow *f)
{
	if (f->pipe)
		pipe_close(f->pipe);
	f->pipe = NULL;
}

void pipes_end(struct pipes *pipes)
{
	struct pipe *pipe;

	while ((pipe = pipes->spare)) {
		pipes->spare = pipe->next;
		pipe_close(pipe);
	}
	pipes->n = 0;
}

static bool waits(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* False: broken. A full pipe and an empty socket answer alike, so only an empty pipe tells. */
static bool fill(struct flow *f)
{
	while (!f->ended && f->from->readable && f->pipe->held < FILL) {
		ssize_t n = splice(f->from->w.fd, NULL, f->pipe->in, NULL, PIPE_BYTES,
				   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

		if (n > 0) {
			f->pipe->held += (size_t)n;
			if (n < MORE)
				break;		/* a message: on with it */
			continue;
		}
		if (!n)
			f->ended = true;
		else if (!waits())
			return false;
		else if (!f->pipe->held && errno == EAGAIN)
			f->from->readable = false;
		break;
	}
	return true;
}

/* False: broken. */
static bool drain(struct flow *f, size_t *moved)
{
	while (f->pipe->held && f->to->writable) {
		ssize_t n = splice(f->pipe->out, NULL, f->to->w.fd, NULL, f->pipe->held,
				   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

		if (n > 0) {
			f->pipe->held -= (size_t)n;
			f->bytes += (size_t)n;
			*moved += (size_t)n;
		} else if (!n || !waits()) {
			return false;
		} else if (errno == EAGAIN) {
			f->to->writable = false;
		}
	}
	return true;
}

/* Once everything is out: the end, too. */
static bool pass_end(struct flow *f)
{
	if (!f->ended || f->told || f->pipe)
		return true;
	f->told = true;
	return !shutdown(f->to->w.fd, SHUT_WR);
}

enum flow_result flow_run(struct pipes *pipes, struct flow *f)
{
	size_t moved = 0;
	bool ok = true;

	while (ok && (f->pipe ? f->to->writable : f->from->readable && !f->ended)) {
		if (moved >= SHARE)
			return FLOW_AGAIN;
		if (!f->pipe)
			f->pipe = pipe_get(pipes);
		ok = f->pipe && fill(f) && drain(f, &moved);
		if (ok && !f->pipe->held) {
			pipe_put(pipes, f->pipe);
			f->pipe = NULL;
		}
	}
	return ok && pass_end(f) ? FLOW_WAITS : FLOW_BROKEN;
}
