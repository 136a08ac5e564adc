// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The engine's bytes over a socket, during the handshake and on the engine's own record path. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "sock/io.h"

enum { READ_MAX = SEAL_HEADER + 16384 + 256 };	/* one record (RFC 8446 §5.2) */

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool io_blocks(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && !(flags & O_NONBLOCK);
}

int io_fail(struct sealsock_conn *conn, int code, const char *what)
{
	const int saved = errno;
	const bool system = code == SEALSOCK_ERR_SYSTEM || code == SEALSOCK_ERR_REFUSED;

	if (!conn->ch.failure.code) {
		channel_fail_quiet(&conn->ch, code, ALERT_NONE, SEALSOCK_DIR_NONE, "%s: %s", what,
				   system ? strerror(saved) : sealsock_strerror(code));
		if (system || code == SEALSOCK_ERR_NO_MODULE)
			conn->ch.failure.sys_errno = saved;
	}
	errno = saved;
	return conn->ch.failure.code;
}

int sealsock_conn_set_timeout(struct sealsock_conn *conn, int ms)
{
	if (ms < -1)
		return SEALSOCK_ERR_INVALID;
	conn->io.has_deadline = ms >= 0;
	conn->io.deadline = now_ms() + ms;
	return 0;
}

/* Milliseconds left for poll(2): -1 no limit, 0 none. */
static int time_left(const struct sealsock_conn *conn)
{
	int64_t left;

	if (!conn->io.has_deadline)
		return -1;
	left = conn->io.deadline - now_ms();
	return left > 0 ? (int)left : 0;
}

int io_wait(struct sealsock_conn *conn, int fd, short events)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int left = time_left(conn), r;

		r = poll(&p, 1, left);
		if (r > 0)
			return 0;
		if (!r && !time_left(conn))
			return SEALSOCK_ERR_TIMEOUT;
		if (r < 0 && errno != EINTR)
			return SEALSOCK_ERR_SYSTEM;
	}
}

int io_flush(struct sealsock_conn *conn, int fd, bool block)
{
	const void *p;
	size_t n;
	int err;

	for (;;) {
		ssize_t r;

		err = sealsock_conn_output(conn, &p, &n);
		if (err)
			return err;
		if (!n)
			return 0;
		r = send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (r >= 0) {
			sealsock_conn_sent(conn, (size_t)r);
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return SEALSOCK_ERR_SYSTEM;
		if (!block)
			return SEALSOCK_WANT_WRITE;
		err = io_wait(conn, fd, POLLOUT);
		if (err)
			return err;
	}
}

/* recv(2) that never waits longer than the connection's deadline. */
static ssize_t receive(struct sealsock_conn *conn, int fd, void *buf, size_t n, bool block)
{
	for (;;) {
		ssize_t r = recv(fd, buf, n, MSG_DONTWAIT);
		int err;

		if (r >= 0)
			return r;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return SEALSOCK_ERR_SYSTEM;
		if (!block)
			return conn->io.has_deadline && !time_left(conn) ? SEALSOCK_ERR_TIMEOUT :
									   SEALSOCK_WANT_READ;
		err = io_wait(conn, fd, POLLIN);
		if (err)
			return err;
	}
}

/* What is missing of the record that comes in: its header first, then its body. */
static size_t wanted(const struct sealsock_conn *conn)
{
	const struct buf *in = &conn->ch.in;

	if (in->n < SEAL_HEADER)
		return SEAL_HEADER - in->n;
	return SEAL_HEADER + seal_get_be16(in->p + 3) - in->n;
}

int io_fill(struct sealsock_conn *conn, int fd, bool block)
{
	size_t want = wanted(conn), used;
	uint8_t buf[READ_MAX];
	ssize_t n;

	n = receive(conn, fd, buf, want < sizeof(buf) ? want : sizeof(buf), block);
	if (n == SEALSOCK_WANT_READ)
		return SEALSOCK_WANT_READ;
	if (n < 0)
		return io_fail(conn, (int)n, "reading from the peer");
	if (!n)
		return sealsock_conn_eof(conn);
	return sealsock_conn_feed(conn, buf, (size_t)n, &used);
}

int sealsock_handshake_fd(struct sealsock_conn *conn, int fd)
{
	const bool block = io_blocks(fd);

	for (;;) {
		int err = io_flush(conn, fd, block);

		/* The alert, if there is one, went out as far as the socket took it. */
		if (sealsock_conn_state(conn) == SEALSOCK_STATE_FAILED)
			return sealsock_conn_error(conn)->code;
		if (sealsock_conn_state(conn) == SEALSOCK_STATE_WANT_ANSWER)
			return SEALSOCK_WANT_ANSWER;
		if (err == SEALSOCK_WANT_WRITE)
			return err;
		if (err)
			return io_fail(conn, err, "sending to the peer");
		if (sealsock_conn_state(conn) == SEALSOCK_STATE_DONE)
			return 0;
		err = io_fill(conn, fd, block);
		if (err == SEALSOCK_WANT_READ)
			return err;
		if (err) {
			io_flush(conn, fd, false);
			return err;
		}
	}
}

int sealsock_conn_poll(const struct sealsock_conn *conn, short *events, int *timeout_ms)
{
	const void *p;
	size_t n = 0;

	if (conn->ch.failure.code)
		return conn->ch.failure.code;
	*events = POLLIN;
	if (!conn->io.installed) {
		/* Looking changes nothing, but that the first look starts a client. */
		if (sealsock_conn_output((struct sealsock_conn *)conn, &p, &n))
			return SEALSOCK_ERR_STATE;
		if (n)
			*events = POLLOUT;
	} else if (conn->io.owes_update) {
		*events |= POLLOUT;
	}
	*timeout_ms = time_left(conn);
	return 0;
}
