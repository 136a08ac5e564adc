// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream.h"

static ssize_t sys_result(ssize_t r, int want)
{
	if (r >= 0)
		return r;
	return errno == EAGAIN || errno == EINTR ? want : SEALSOCK_ERR_SYSTEM;
}

ssize_t stream_read(struct stream *s, void *buf, size_t n)
{
	if (s->tls)
		return sealsock_read(s->tls, s->fd, buf, n);
	return sys_result(recv(s->fd, buf, n, 0), SEALSOCK_WANT_READ);
}

ssize_t stream_write(struct stream *s, const void *buf, size_t n)
{
	if (s->tls)
		return sealsock_write(s->tls, s->fd, buf, n);
	return sys_result(send(s->fd, buf, n, MSG_NOSIGNAL), SEALSOCK_WANT_WRITE);
}

static ssize_t copy_file(struct stream *s, int file, off_t *off, size_t n)
{
	char buf[16384];
	ssize_t got, r;

	got = pread(file, buf, n < sizeof(buf) ? n : sizeof(buf), *off);
	if (got <= 0)
		return got ? SEALSOCK_ERR_SYSTEM : 0;
	r = stream_write(s, buf, (size_t)got);
	if (r > 0)
		*off += r;
	return r;
}

ssize_t stream_sendfile(struct stream *s, int file, off_t *off, size_t n)
{
	if (s->tls && s->path == SEALSOCK_PATH_ENGINE)
		return copy_file(s, file, off, n);
	return sys_result(sendfile(s->fd, file, off, n), SEALSOCK_WANT_WRITE);
}

int stream_shutdown(struct stream *s)
{
	if (s->tls)
		return sealsock_shutdown(s->tls, s->fd);
	return shutdown(s->fd, SHUT_WR) ? SEALSOCK_ERR_SYSTEM : 0;
}

void stream_close(struct stream *s)
{
	sealsock_conn_free(s->tls);
	s->tls = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

const char *stream_error(const struct stream *s, int err)
{
	int saved = errno;

	if (s->tls) {
		const struct sealsock_failure *f = sealsock_conn_error(s->tls);

		if (f->code == err && f->text[0])
			return f->text;
	}
	return err == SEALSOCK_ERR_SYSTEM ? strerror(saved) : sealsock_strerror(err);
}

const char *stream_alert(const struct stream *s, int err, char out[STREAM_ALERT_MAX])
{
	const struct sealsock_failure *f = s->tls ? sealsock_conn_error(s->tls) : NULL;

	out[0] = '\0';
	if (f && f->code == err && f->alert >= 0 && f->direction != SEALSOCK_DIR_NONE)
		snprintf(out, STREAM_ALERT_MAX, " [alert %s %s]", sealsock_alert_name(f->alert),
			 f->direction == SEALSOCK_DIR_SENT ? "sent" : "received");
	return out;
}
