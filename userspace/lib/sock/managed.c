// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A socket whose module has the whole connection (SEALSOCK_MANAGED): to its program it is a plain
 * one. What is left to do here is to fetch tickets, and to say in our words how it ended.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "../uapi/sealsock.h"
#include "sock/path.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

enum { MESSAGE_FIRST = 2048 };	/* most tickets are shorter */

static bool owes(const struct sealsock_conn *conn)
{
	(void)conn;
	return false;
}

static int get(int fd, int name, void *value, socklen_t *len)
{
	return getsockopt(fd, SOL_TLS, name, value, len) ? errno : 0;
}

/* One message into @b: 0 or an errno. */
static int fetch(int fd, struct buf *b)
{
	socklen_t len = MESSAGE_FIRST;
	int err;

	for (int try = 0; try < 2; try++) {
		b->n = 0;
		if (!buf_reserve(b, len))
			return ENOMEM;
		err = get(fd, SEALSOCK_MESSAGE, b->p, &len);
		if (err != EMSGSIZE)
			break;
	}
	b->n = err ? 0 : len;
	return err;
}

/*
 * Takes the messages that wait, which are tickets. 1 if there was one, 0, or the error that one of
 * them failed the connection with. Of how many there may be the module takes care.
 */
static int take_messages(struct sealsock_conn *conn, int fd)
{
	unsigned int todo;
	int taken = 0, err = 0;
	struct buf b;

	if (!conn->result || conn->ch.cfg->role != SEALSOCK_CLIENT || channel_is_12(&conn->ch))
		return 0;
	buf_init(&b, conn->ch.env);
	while (!err && !fetch(fd, &b)) {
		conn->ch.idle_records = 0;
		err = conn_post_record(conn, SEAL_TYPE_HANDSHAKE, b.p, b.n, &todo);
		taken = 1;
	}
	buf_free(&b);
	conn->io.messages_taken = true;
	return err ? err : taken;
}

int sealsock_conn_message(struct sealsock_conn *conn, const void *message, size_t n)
{
	const uint8_t *type = message;
	unsigned int todo = 0;

	if (!conn->io.managed || !conn->result)
		return SEALSOCK_ERR_STATE;
	if (conn->ch.cfg->role != SEALSOCK_CLIENT || channel_is_12(&conn->ch) || !n ||
	    *type != MSG_NEW_SESSION_TICKET)
		return SEALSOCK_ERR_INVALID;
	conn->ch.idle_records = 0;
	return conn_post_record(conn, SEAL_TYPE_HANDSHAKE, message, n, &todo);
}

/* What is on record where the module ended the connection: the code by the alert it sent. */
static int code_of(const struct sealsock_end *end)
{
	static const struct {
		uint8_t alert;
		int code;
	} map[] = {
		{ ALERT_BAD_RECORD_MAC, SEALSOCK_ERR_BAD_RECORD },
		{ ALERT_RECORD_OVERFLOW, SEALSOCK_ERR_RECORD_SIZE },
		{ ALERT_DECODE_ERROR, SEALSOCK_ERR_DECODE },
		{ ALERT_ILLEGAL_PARAMETER, SEALSOCK_ERR_ILLEGAL },
		{ ALERT_PROTOCOL_VERSION, SEALSOCK_ERR_VERSION },
		{ ALERT_INTERNAL_ERROR, SEALSOCK_ERR_CRYPTO },
	};

	if (end->reason == SEALSOCK_REASON_FLOOD)
		return SEALSOCK_ERR_FLOOD;
	if (end->reason == SEALSOCK_REASON_INTERNAL)
		return SEALSOCK_ERR_CRYPTO;
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (end->alert_sent == (SEALSOCK_ALERT | map[i].alert))
			return map[i].code;
	return SEALSOCK_ERR_UNEXPECTED;
}

/* A call failed with errno: why, as the module has it. */
static int ended(struct sealsock_conn *conn, int fd)
{
	static const char what[] = "reading from the peer";
	const int saved = errno;
	struct sealsock_end end = { 0 };
	socklen_t len = sizeof(end);
	int alert;

	if (saved == ENOLINK)
		return io_fail(conn, SEALSOCK_ERR_TRUNCATED, what);
	if ((saved != EPROTO && saved != EBADMSG) || get(fd, SEALSOCK_END, &end, &len)) {
		errno = saved;
		return io_fail(conn, SEALSOCK_ERR_SYSTEM, what);
	}
	if (end.reason == SEALSOCK_REASON_ALERT) {
		alert = end.alert_received & 0xff;
		return channel_fail_quiet(&conn->ch, SEALSOCK_ERR_ALERT, alert,
					  SEALSOCK_DIR_RECEIVED, "the peer sent the alert %s (%u)",
					  sealsock_alert_name(alert), alert);
	}
	alert = end.alert_sent ? end.alert_sent & 0xff : ALERT_NONE;
	return channel_fail_quiet(&conn->ch, code_of(&end), alert,
				  end.alert_sent ? SEALSOCK_DIR_SENT : SEALSOCK_DIR_NONE,
				  "%s: %s", what, sealsock_strerror(code_of(&end)));
}

/* recv(2) within the connection's deadline: bytes, WANT_READ, TIMEOUT, or SYSTEM with errno. */
static ssize_t receive(struct sealsock_conn *conn, int fd, void *buf, size_t n, int flags)
{
	const bool wait = conn->io.has_deadline && !(flags & MSG_DONTWAIT) && io_blocks(fd);
	ssize_t r;
	int err;

	for (;;) {
		r = recv(fd, buf, n, flags | (wait ? MSG_DONTWAIT : 0));
		if (r >= 0)
			return r;
		err = io_no_data(conn, fd, wait);
		if (err)
			return err;
	}
}

/* Tickets come with the first data, or when there is no more of it. */
static int look_for_messages(struct sealsock_conn *conn, int fd, ssize_t received)
{
	const int saved = errno;
	int err = 0;

	if (received <= 0 || !conn->io.messages_taken)
		err = take_messages(conn, fd);
	errno = saved;
	return err < 0 ? err : 0;
}

static ssize_t read_data(struct sealsock_conn *conn, int fd, void *buf, size_t n)
{
	ssize_t r = receive(conn, fd, buf, n, 0);
	int err = look_for_messages(conn, fd, r);

	if (err)
		return err;
	if (!r)
		conn->io.eof = true;
	return r == SEALSOCK_ERR_SYSTEM ? ended(conn, fd) : r;
}

static ssize_t write_data(struct sealsock_conn *conn, int fd, const void *buf, size_t n)
{
	ssize_t r;

	do {
		r = send(fd, buf, n, MSG_NOSIGNAL);
	} while (r < 0 && errno == EINTR);
	if (r >= 0)
		return r;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return SEALSOCK_WANT_WRITE;
	/* Reading tells what the peer had to say. */
	return io_write_fail(conn, SEALSOCK_ERR_SYSTEM, "sending to the peer");
}

/* shutdown(2) says it. */
static int send_close(struct sealsock_conn *conn, int fd)
{
	take_messages(conn, fd);
	return 0;
}

static int control(struct sealsock_conn *conn, int fd)
{
	int taken = take_messages(conn, fd);
	char byte;
	ssize_t r;

	if (taken)
		return taken < 0 ? taken : 0;
	r = receive(conn, fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (r > 0)
		return SEALSOCK_WANT_READ;
	if (!r)
		conn->io.eof = true;
	return r == SEALSOCK_ERR_SYSTEM ? ended(conn, fd) : r ? (int)r : 1;
}

static int update(int fd, uint32_t flags)
{
	struct sealsock_key_update u = { .flags = flags };

	return setsockopt(fd, SOL_TLS, SEALSOCK_KEY_UPDATE, &u, sizeof(u)) ? errno : 0;
}

static int rekey(struct sealsock_conn *conn, int fd, bool request_peer)
{
	int err = update(fd, request_peer ? SEALSOCK_UPDATE_REQUEST : SEALSOCK_UPDATE_NOW);

	if (err == EALREADY)	/* the peer owes us one: it is not asked twice */
		err = update(fd, SEALSOCK_UPDATE_NOW);
	if (!err)
		return 0;
	if (err == EINVAL)
		return SEALSOCK_ERR_UNSUPPORTED;
	errno = err;
	return io_write_fail(conn, SEALSOCK_ERR_SYSTEM, "updating the key");
}

/* Whole, in one record, or not at all. */
static int send_ticket(struct sealsock_conn *conn, int fd)
{
	struct buf b;
	int err;

	buf_init(&b, conn->ch.env);
	err = conn_make_ticket(conn, &b);
	while (!err && setsockopt(fd, SOL_TLS, SEALSOCK_MESSAGE, b.p, (socklen_t)b.n)) {
		if (errno == EAGAIN)
			err = io_blocks(fd) ? io_wait(conn, fd, POLLOUT) : SEALSOCK_WANT_WRITE;
		else if (errno == EMSGSIZE)
			err = SEALSOCK_ERR_UNSUPPORTED;
		else
			err = errno == ENOMEM ? SEALSOCK_ERR_NOMEM :
						io_write_fail(conn, SEALSOCK_ERR_SYSTEM,
							      "sending a ticket");
	}
	buf_free(&b);
	return err;
}

static int ask_cert(struct sealsock_conn *conn, int fd, bool required)
{
	(void)conn;
	(void)fd;
	(void)required;
	return SEALSOCK_ERR_UNSUPPORTED;
}

const struct sock_path path_managed = {
	.read = read_data,
	.write = write_data,
	.close = send_close,
	.control = control,
	.rekey = rekey,
	.send_ticket = send_ticket,
	.ask_cert = ask_cert,
	.owes = owes,
};
