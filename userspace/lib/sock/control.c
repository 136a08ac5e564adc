// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * After install: data, and what the library still owes the peer on a socket whose records the
 * kernel seals. Tickets, KeyUpdates and alerts come as control messages (tls.rst).
 */
#include <errno.h>
#include <linux/tls.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/mem.h"
#include "sock/io.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

enum { TYPE_ALERT = 21, TYPE_HANDSHAKE = 22, TYPE_DATA = 23, RECORD_MAX = 16384 };

union type_cmsg {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(uint8_t))];
};

/* How many bytes the kernel took, as one record. */
static ssize_t send_record(int fd, uint8_t type, const uint8_t *p, size_t n, bool block)
{
	struct iovec iov = { .iov_base = (void *)p, .iov_len = n };
	union type_cmsg c = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = &c, .msg_controllen = sizeof(c) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	ssize_t r;

	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(sizeof(uint8_t));
	*CMSG_DATA(cmsg) = type;
	do {
		r = sendmsg(fd, &msg, MSG_NOSIGNAL | (block ? 0 : MSG_DONTWAIT));
	} while (r < 0 && errno == EINTR);
	if (r >= 0)
		return r;
	return errno == EAGAIN || errno == EWOULDBLOCK ? SEALSOCK_WANT_WRITE : SEALSOCK_ERR_SYSTEM;
}

int io_send_control(int fd, uint8_t type, const uint8_t *p, size_t n, bool block)
{
	ssize_t r = send_record(fd, type, p, n, block);

	return r < 0 ? (int)r : 0;
}

/* The one fatal alert, and the end. Never blocks; the peer may be gone already. */
static int give_up(struct sealsock_conn *conn, int fd, int code, const char *what)
{
	const int saved = errno, alert = sealsock_error_alert(code);

	if (alert >= 0 && !conn->io.shut) {
		const uint8_t msg[2] = { 2, (uint8_t)alert };

		io_send_control(fd, TYPE_ALERT, msg, sizeof(msg), false);
		conn->io.shut = true;
	}
	errno = saved;
	return io_fail(conn, code, what);
}

/* One recvmsg(2): bytes and their type, or WANT_READ, TIMEOUT, SYSTEM with errno. */
static ssize_t receive(struct sealsock_conn *conn, int fd, void *buf, size_t n, int flags,
		       bool block, uint8_t *type, bool *whole)
{
	/* Only a deadline needs poll(2): without one the socket itself waits. */
	const bool poll_first = block && conn->io.has_deadline;

	for (;;) {
		struct iovec iov = { .iov_base = buf, .iov_len = n };
		union type_cmsg c;
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
				      .msg_control = &c, .msg_controllen = sizeof(c) };
		struct cmsghdr *cmsg;
		ssize_t r;
		int err;

		r = recvmsg(fd, &msg, flags | (block && !poll_first ? 0 : MSG_DONTWAIT));
		if (r >= 0) {
			cmsg = CMSG_FIRSTHDR(&msg);
			*type = TYPE_DATA;
			if (cmsg && cmsg->cmsg_level == SOL_TLS &&
			    cmsg->cmsg_type == TLS_GET_RECORD_TYPE)
				*type = *CMSG_DATA(cmsg);
			*whole = (msg.msg_flags & MSG_EOR) || (size_t)r < n;
			return r;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return SEALSOCK_ERR_SYSTEM;
		if (!poll_first)
			return SEALSOCK_WANT_READ;
		err = io_wait(conn, fd, POLLIN);
		if (err)
			return err;
	}
}

/* tls.rst: what the kernel says about a record it cannot deliver. */
static int receive_failed(struct sealsock_conn *conn, int fd)
{
	static const struct {
		int err, code;
	} map[] = {
		{ EBADMSG, SEALSOCK_ERR_BAD_RECORD },
		{ EMSGSIZE, SEALSOCK_ERR_RECORD_SIZE },
		{ EINVAL, SEALSOCK_ERR_UNEXPECTED },
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].err == errno)
			return give_up(conn, fd, map[i].code, "opening a record");
	return io_fail(conn, SEALSOCK_ERR_SYSTEM, "reading from the peer");
}

/*
 * The kernel's own tls cannot take a second key before 6.14: asked with a key of no version it says
 * EBUSY there, and EINVAL where it could. Nothing is installed either way.
 */
static bool can_rekey(const struct sealsock_conn *conn, int fd)
{
	struct tls_crypto_info nothing = { 0 };

	if (conn->io.path == SEALSOCK_PATH_SEALSOCK)
		return true;
	return setsockopt(fd, SOL_TLS, TLS_TX, &nothing, sizeof(nothing)) && errno != EBUSY;
}

static int next_key(struct sealsock_conn *conn, int fd, enum conn_dir dir)
{
	struct traffic_key key;
	int err;

	err = conn_next_key(conn, dir, &key);
	if (err)
		return give_up(conn, fd, err, "deriving the next key");
	err = install_key(fd, dir == CONN_TX ? TLS_TX : TLS_RX, &key);
	wipe(&key, sizeof(key));
	if (!err)
		return 0;
	errno = err;
	return give_up(conn, fd, err == EBUSY ? SEALSOCK_ERR_UNSUPPORTED : SEALSOCK_ERR_REFUSED,
		       "installing the next key");
}

/* Our KeyUpdate, then the key behind it. Nothing may be sealed in between. */
static int send_update(struct sealsock_conn *conn, int fd, bool request, bool block)
{
	uint8_t msg[5];
	int err;

	err = conn_make_key_update(conn, request, msg);
	if (err)
		return err;
	if (!can_rekey(conn, fd))
		return SEALSOCK_ERR_UNSUPPORTED;
	err = io_send_control(fd, TYPE_HANDSHAKE, msg, sizeof(msg), block);
	if (err == SEALSOCK_WANT_WRITE)
		return err;
	if (err)
		return io_fail(conn, err, "sending a KeyUpdate");
	conn->io.owes_update = false;
	return next_key(conn, fd, CONN_TX);
}

/* Messages of RFC 8446 §4.6.2, which nothing may interrupt: before a KeyUpdate and any data. */
static int send_auth(struct sealsock_conn *conn, int fd, bool block)
{
	struct bytes out = conn_auth_output(conn);
	size_t limit = conn_tx_limit(conn);
	ssize_t r;

	while (out.n && !conn->io.shut) {
		r = send_record(fd, TYPE_HANDSHAKE, out.p, out.n < limit ? out.n : limit, block);
		if (r == SEALSOCK_WANT_WRITE)
			return SEALSOCK_WANT_WRITE;
		if (r < 0)
			return io_fail(conn, (int)r, "sending handshake messages");
		conn_auth_sent(conn, (size_t)r);
		out = conn_auth_output(conn);
	}
	return 0;
}

/* Answers the peer's request, if there is one (RFC 8446 §4.6.3): before any data of ours. */
static int settle(struct sealsock_conn *conn, int fd, bool block)
{
	int err = send_auth(conn, fd, block);

	if (err || !conn->io.owes_update || conn->io.shut)
		return err;
	err = send_update(conn, fd, false, block);
	if (err == SEALSOCK_ERR_UNSUPPORTED)
		return give_up(conn, fd, err, "answering a KeyUpdate");
	return err;
}

/* Handles one whole control record. 0 to go on, 1 at the peer's end, or the error. */
static int take_control(struct sealsock_conn *conn, int fd, uint8_t type, const uint8_t *p,
			size_t n)
{
	static const uint8_t no_renegotiation[2] = { 1, ALERT_NO_RENEGOTIATION };
	unsigned int todo = 0;
	int err;

	err = conn_post_record(conn, type, p, n, &todo);
	if (err)
		return give_up(conn, fd, err, "reading a control record");
	if (todo & CONN_DUE_REKEY_RX) {
		err = next_key(conn, fd, CONN_RX);
		if (err)
			return err;
	}
	if (todo & CONN_DUE_UPDATE_TX)
		conn->io.owes_update = true;
	/* Reading never waits for sending: what does not go out now, goes before data. */
	err = settle(conn, fd, false);
	if (err && err != SEALSOCK_WANT_WRITE)
		return err;
	/* A warning that finds no room is left out: the peer learns nothing it must know. */
	if (todo & CONN_DUE_REFUSE && !conn->io.shut)
		io_send_control(fd, TYPE_ALERT, no_renegotiation, sizeof(no_renegotiation), false);
	if (todo & CONN_DUE_EOF)
		conn->io.eof = true;
	return conn->io.eof;
}

/*
 * @head are the first @n bytes of a control record, already read into the caller's buffer; gets the
 * rest of it, since messages end with records.
 */
static int finish_control(struct sealsock_conn *conn, int fd, uint8_t type, void *head, size_t n,
			  bool whole)
{
	static const char what[] = "reading a control record";
	uint8_t record[RECORD_MAX];
	int err;

	if (n > sizeof(record))
		return give_up(conn, fd, SEALSOCK_ERR_RECORD_SIZE, what);
	memcpy(record, head, n);
	wipe(head, n);
	while (!whole && n < sizeof(record)) {
		uint8_t more_type;
		ssize_t r;

		/* The record is opened: the rest of it is there, nothing has to be waited for. */
		r = receive(conn, fd, record + n, sizeof(record) - n, 0, false, &more_type,
			    &whole);
		if (r <= 0 || more_type != type) {
			err = give_up(conn, fd, SEALSOCK_ERR_UNEXPECTED, what);
			goto out;
		}
		n += (size_t)r;
	}
	err = take_control(conn, fd, type, record, n);
out:
	wipe(record, n);
	return err;
}

static int end_of_stream(struct sealsock_conn *conn)
{
	return io_fail(conn, SEALSOCK_ERR_TRUNCATED, "reading from the peer");
}

/* No data may stand between the parts of a handshake message (RFC 8446 §5.1). */
static ssize_t take_data(struct sealsock_conn *conn, int fd, void *buf, size_t n)
{
	if (conn_inside_message(conn)) {
		wipe(buf, n);
		return give_up(conn, fd, SEALSOCK_ERR_UNEXPECTED,
			       "application data inside a handshake message");
	}
	conn->ch.idle_records = 0;
	return (ssize_t)n;
}

static ssize_t kernel_read(struct sealsock_conn *conn, int fd, void *buf, size_t n)
{
	const bool block = io_blocks(fd);

	for (;;) {
		uint8_t type;
		bool whole;
		ssize_t r;
		int err;

		if (conn_asks(conn))
			return SEALSOCK_WANT_ANSWER;
		err = send_auth(conn, fd, false);
		if (err && err != SEALSOCK_WANT_WRITE)
			return err;
		r = receive(conn, fd, buf, n, 0, block, &type, &whole);
		if (r == SEALSOCK_ERR_SYSTEM)
			return receive_failed(conn, fd);
		if (r < 0)
			return r;
		if (type == TYPE_DATA && !r)
			return end_of_stream(conn);
		if (type == TYPE_DATA)
			return take_data(conn, fd, buf, (size_t)r);
		err = finish_control(conn, fd, type, buf, (size_t)r, whole);
		if (err)
			return err > 0 ? 0 : err;
	}
}

static ssize_t engine_read(struct sealsock_conn *conn, int fd, void *buf, size_t n)
{
	const bool block = io_blocks(fd);

	for (;;) {
		ssize_t r = sealsock_conn_read(conn, buf, n);
		int err;

		/* Answers to KeyUpdates, alerts: as far as the socket takes them now. */
		io_flush(conn, fd, false);
		if (r != SEALSOCK_WANT_READ) {
			conn->io.eof = !r;
			return r;
		}
		err = io_fill(conn, fd, block);
		if (err && err != SEALSOCK_WANT_READ)
			io_flush(conn, fd, false);
		if (err)
			return err;
	}
}

/* Neither path works before the handshake is complete, or without keys. */
static int ready(const struct sealsock_conn *conn)
{
	if (conn->ch.failure.code)
		return conn->ch.failure.code;
	if (!conn->io.installed && (conn->io.spent ||
				    sealsock_conn_state(conn) != SEALSOCK_STATE_DONE))
		return SEALSOCK_ERR_STATE;
	return 0;
}

ssize_t sealsock_read(struct sealsock_conn *conn, int fd, void *buf, size_t n)
{
	int err = ready(conn);

	if (err)
		return err;
	if (conn->io.eof || !n)
		return 0;
	return conn->io.installed ? kernel_read(conn, fd, buf, n) : engine_read(conn, fd, buf, n);
}

static ssize_t kernel_write(struct sealsock_conn *conn, int fd, const void *buf, size_t n)
{
	ssize_t r;
	int err;

	err = settle(conn, fd, io_blocks(fd));
	if (err)
		return err;
	do {
		r = send(fd, buf, n, MSG_NOSIGNAL);
	} while (r < 0 && errno == EINTR);
	if (r >= 0)
		return r;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return SEALSOCK_WANT_WRITE;
	return io_fail(conn, SEALSOCK_ERR_SYSTEM, "sending to the peer");
}

/*
 * Bytes count as written once their records are with TCP: otherwise somebody would have to remember
 * to send the rest. After WANT_WRITE the caller comes back with the same bytes.
 */
static ssize_t engine_write(struct sealsock_conn *conn, int fd, const void *buf, size_t n)
{
	const bool block = io_blocks(fd);
	ssize_t r;
	int err;

	if (!conn->io.taken) {
		err = io_flush(conn, fd, block);
		if (err)
			return err == SEALSOCK_WANT_WRITE ? err :
			       io_fail(conn, err, "sending to the peer");
		r = sealsock_conn_write(conn, buf, n);
		if (r <= 0)
			return r;
		conn->io.taken = (size_t)r;
	}
	err = io_flush(conn, fd, block);
	if (err)
		return err == SEALSOCK_WANT_WRITE ? err : io_fail(conn, err, "sending to the peer");
	r = (ssize_t)(conn->io.taken < n ? conn->io.taken : n);
	conn->io.taken = 0;
	return r;
}

ssize_t sealsock_write(struct sealsock_conn *conn, int fd, const void *buf, size_t n)
{
	int err = ready(conn);

	if (err)
		return err;
	if (conn->io.shut)
		return SEALSOCK_ERR_CLOSED;
	if (!n)
		return 0;
	return conn->io.installed ? kernel_write(conn, fd, buf, n) :
				    engine_write(conn, fd, buf, n);
}

static int send_close(struct sealsock_conn *conn, int fd)
{
	static const uint8_t close_notify[2] = { 1, ALERT_CLOSE_NOTIFY };
	const bool block = io_blocks(fd);
	int err;

	err = conn->io.installed ? send_auth(conn, fd, block) : 0;
	if (err)
		return err;
	if (conn->io.installed)
		return io_send_control(fd, TYPE_ALERT, close_notify, sizeof(close_notify), block);
	err = sealsock_conn_close(conn);
	return err ? err : io_flush(conn, fd, block);
}

int sealsock_shutdown(struct sealsock_conn *conn, int fd)
{
	int err = 0;

	/* After a failure, or where keys were given up, no more is said than FIN. */
	if (!conn->io.shut && !conn->ch.failure.code && (conn->io.installed || !conn->io.spent)) {
		err = send_close(conn, fd);
		if (err == SEALSOCK_WANT_WRITE)
			return err;
		conn->io.shut = true;
		if (err)
			io_fail(conn, err, "sending close_notify");
	}
	if (!conn->io.fin) {
		conn->io.fin = true;
		if (shutdown(fd, SHUT_WR) && errno != ENOTCONN && !err)
			err = io_fail(conn, SEALSOCK_ERR_SYSTEM, "shutting down");
	}
	return err;
}

int sealsock_control(struct sealsock_conn *conn, int fd)
{
	uint8_t type, byte;
	bool whole;
	ssize_t r;
	int err = ready(conn);

	if (err)
		return err;
	if (!conn->io.installed)
		return SEALSOCK_ERR_STATE;
	if (conn->io.eof)
		return 1;
	if (conn_asks(conn))
		return SEALSOCK_WANT_ANSWER;
	err = send_auth(conn, fd, false);
	if (err && err != SEALSOCK_WANT_WRITE)
		return err;
	r = receive(conn, fd, &byte, 1, MSG_PEEK, false, &type, &whole);
	if (r == SEALSOCK_ERR_SYSTEM)
		return receive_failed(conn, fd);
	if (r < 0)
		return (int)r;
	if (type == TYPE_DATA)
		return r ? SEALSOCK_WANT_READ : end_of_stream(conn);
	r = receive(conn, fd, &byte, 1, 0, false, &type, &whole);
	if (r < 0)
		return r == SEALSOCK_ERR_SYSTEM ? receive_failed(conn, fd) : (int)r;
	return finish_control(conn, fd, type, &byte, (size_t)r, whole);
}

int sealsock_rekey(struct sealsock_conn *conn, int fd, bool request_peer)
{
	const bool block = io_blocks(fd);
	int err = ready(conn);

	if (err)
		return err;
	if (conn->io.shut)
		return SEALSOCK_ERR_CLOSED;
	if (conn->io.installed) {
		err = send_auth(conn, fd, block);
		return err ? err : send_update(conn, fd, request_peer, block);
	}
	err = sealsock_conn_rekey(conn, request_peer);
	return err ? err : io_flush(conn, fd, block);
}

int sealsock_ask_cert(struct sealsock_conn *conn, int fd, bool required)
{
	const bool block = io_blocks(fd);
	int err = ready(conn);

	if (err)
		return err;
	if (conn->io.shut)
		return SEALSOCK_ERR_CLOSED;
	err = conn->io.installed ? conn_ask_cert(conn, required) :
				   sealsock_conn_ask_cert(conn, required);
	if (!err)
		err = conn->io.installed ? send_auth(conn, fd, block) : io_flush(conn, fd, block);
	/* It is made: what does not go out now goes before data. */
	return err == SEALSOCK_WANT_WRITE ? 0 : err;
}
