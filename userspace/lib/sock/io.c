// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The engine's bytes over a socket, during the handshake and on the engine's own record path. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "sock/path.h"

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

/* Complete, and all its output sent. */
static bool established(const struct sealsock_conn *conn)
{
	return conn->done && conn->output_drained;
}

struct io_trouble *io_trouble(struct sealsock_conn *conn)
{
	struct io_trouble *t = conn->io.trouble;

	if (t)
		return t;
	t = mem_zalloc(conn->ch.env, sizeof(*t));
	if (t)
		buf_init(&t->ticket, conn->ch.env);
	conn->io.trouble = t;
	return t;
}

int io_write_fail(struct sealsock_conn *conn, int code, const char *what)
{
	const char *text = code == SEALSOCK_ERR_SYSTEM ? strerrordesc_np(errno) : NULL;

	if (io_write_failed(conn))
		return io_write_failed(conn);
	if (!io_trouble(conn))
		return io_fail(conn, code, what);
	conn->io.trouble->write = (struct sealsock_failure){
		.code = code,
		.alert = ALERT_NONE,
		.sys_errno = code == SEALSOCK_ERR_SYSTEM ? errno : 0,
		.step = what,
		.text = text ? text : sealsock_strerror(code),
	};
	return code;
}

int sealsock_conn_set_timeout(struct sealsock_conn *conn, int ms)
{
	if (ms < -1)
		return SEALSOCK_ERR_INVALID;
	conn->io.has_deadline = ms >= 0;
	conn->io.of_handshake = !established(conn);
	conn->io.deadline = now_ms() + ms;
	return 0;
}

/* Milliseconds left for poll(2): -1 no limit, 0 none. */
static int time_left(const struct sealsock_conn *conn)
{
	int64_t left;

	if (!conn->io.has_deadline || (conn->io.of_handshake && established(conn)))
		return -1;
	left = conn->io.deadline - now_ms();
	return left > 0 ? (int)left : 0;
}

/* How long a call may wait for @events, by the socket's own options; -1: for ever. */
static int socket_timeout(int fd, short events)
{
	int name = events & POLLIN ? SO_RCVTIMEO : SO_SNDTIMEO;
	struct timeval tv = { 0 };
	socklen_t len = sizeof(tv);
	int64_t ms;

	if (getsockopt(fd, SOL_SOCKET, name, &tv, &len) || (!tv.tv_sec && !tv.tv_usec))
		return -1;
	ms = (int64_t)tv.tv_sec * 1000 + (tv.tv_usec + 999) / 1000;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

int io_wait(struct sealsock_conn *conn, int fd, short events)
{
	const int limit = socket_timeout(fd, events);
	const int64_t start = now_ms();

	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t waited = now_ms() - start;
		int left = time_left(conn), r;

		if (limit >= 0 && waited >= limit)
			return events & POLLIN ? SEALSOCK_WANT_READ : SEALSOCK_WANT_WRITE;
		if (limit >= 0 && (left < 0 || limit - waited < left))
			left = (int)(limit - waited);
		r = poll(&p, 1, left);
		if (r > 0)
			return 0;
		if (!r && !time_left(conn))
			return SEALSOCK_ERR_TIMEOUT;
		if (r < 0 && errno != EINTR)
			return SEALSOCK_ERR_SYSTEM;
	}
}

int io_no_data(struct sealsock_conn *conn, int fd, bool wait)
{
	if (errno == EINTR)
		return 0;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return SEALSOCK_ERR_SYSTEM;
	return wait ? io_wait(conn, fd, POLLIN) : SEALSOCK_WANT_READ;
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

/*
 * recv(2) that never waits longer than the connection's deadline. What there is to be sent goes out
 * meanwhile: the peer may be waiting for it.
 */
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
			return time_left(conn) ? SEALSOCK_WANT_READ : SEALSOCK_ERR_TIMEOUT;
		err = io_flush(conn, fd, false);
		err = io_wait(conn, fd, err == SEALSOCK_WANT_WRITE ? POLLIN | POLLOUT : POLLIN);
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

/* Sending has failed. What has arrived may say why, such as an alert. */
static int say_why(struct sealsock_conn *conn, int fd)
{
	const int saved = errno;
	int err = 0;

	while (!err && sealsock_conn_want(conn))
		err = io_fill(conn, fd, false);
	if (conn->ch.failure.code == SEALSOCK_ERR_ALERT)
		return conn->ch.failure.code;
	errno = saved;
	return io_fail(conn, SEALSOCK_ERR_SYSTEM, "sending to the peer");
}

/* One step of the handshake. 0: look again; 1: done; else what sealsock_handshake_fd() returns. */
static int step(struct sealsock_conn *conn, int fd, bool block)
{
	const int sent = io_flush(conn, fd, false);
	const enum sealsock_state state = sealsock_conn_state(conn);
	int err;

	/* The alert, if there is one, went out as far as the socket took it. */
	if (state == SEALSOCK_STATE_FAILED)
		return conn->ch.failure.code;
	if (sent == SEALSOCK_ERR_SYSTEM)
		return say_why(conn, fd);
	if (state == SEALSOCK_STATE_WANT_ANSWER)
		return SEALSOCK_WANT_ANSWER;
	if (state == SEALSOCK_STATE_DONE)
		return 1;
	/* Two peers that only send would wait for each other; what is behind it stays unread. */
	err = sealsock_conn_want(conn) ? io_fill(conn, fd, block && !sent) : SEALSOCK_WANT_READ;
	if (err && err != SEALSOCK_WANT_READ)
		io_flush(conn, fd, false);
	if (err != SEALSOCK_WANT_READ || !sent)
		return err;
	if (!block)
		return SEALSOCK_WANT_WRITE;
	err = io_wait(conn, fd, sealsock_conn_want(conn) ? POLLIN | POLLOUT : POLLOUT);
	return err == SEALSOCK_ERR_TIMEOUT || err == SEALSOCK_ERR_SYSTEM ?
	       io_fail(conn, err, "sending to the peer") : err;
}

/* The port of the peer, if nobody has said which it is and it has one. */
static void note_port(struct sealsock_conn *conn, int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} peer;
	socklen_t n = sizeof(peer);

	if (conn->ch.cfg->role != SEALSOCK_CLIENT || conn->started || conn->result->port ||
	    getpeername(fd, &peer.any, &n))
		return;
	if (peer.any.sa_family == AF_INET || peer.any.sa_family == AF_INET6)
		conn->result->port = ntohs(peer.any.sa_family == AF_INET ? peer.v4.sin_port :
									   peer.v6.sin6_port);
}

int sealsock_handshake_fd(struct sealsock_conn *conn, int fd)
{
	const bool block = io_blocks(fd);
	int err;

	note_port(conn, fd);
	do
		err = step(conn, fd, block);
	while (!err);
	return err > 0 ? 0 : err;
}

int sealsock_conn_poll(const struct sealsock_conn *conn, short *events, int *timeout_ms)
{
	const void *p;
	size_t n;

	if (conn->ch.failure.code)
		return conn->ch.failure.code;
	/* Looking changes nothing, but that the first look starts a client. */
	if (!conn->io.installed && sealsock_conn_output((struct sealsock_conn *)conn, &p, &n))
		return SEALSOCK_ERR_STATE;
	*events = established(conn) || sealsock_conn_want(conn) ? POLLIN : 0;
	if (path_of(conn)->owes(conn))
		*events |= POLLOUT;
	*timeout_ms = time_left(conn);
	return 0;
}
