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
#include "sock/path.h"
#include "suite.h"

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

static bool may_send(const struct sealsock_conn *conn)
{
	return !conn->io.shut && !io_write_failed(conn);
}

static struct bytes ticket_output(const struct sealsock_conn *conn)
{
	const struct io_trouble *t = conn->io.trouble;

	return t ? bytes_of(t->ticket.p, t->ticket.n) : bytes_of(NULL, 0);
}

static void ticket_sent(struct sealsock_conn *conn, size_t n)
{
	buf_drop(&conn->io.trouble->ticket, n);
}

static bool owes(const struct sealsock_conn *conn)
{
	return may_send(conn) && (conn->io.owes_update || conn_auth_output(conn).n ||
				  ticket_output(conn).n);
}

/* The one fatal alert, and the end. Never blocks; the peer may be gone already. */
static int give_up(struct sealsock_conn *conn, int fd, int code, const char *what)
{
	const int saved = errno, alert = sealsock_error_alert(code);

	if (alert >= 0 && may_send(conn)) {
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
		err = io_no_data(conn, fd, poll_first);
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
		{ EINVAL, SEALSOCK_ERR_VERSION },
		{ EPROTO, SEALSOCK_ERR_UNEXPECTED },
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].err == errno)
			return give_up(conn, fd, map[i].code, "opening a record");
	return io_fail(conn, SEALSOCK_ERR_SYSTEM, "reading from the peer");
}

/*
 * The kernel's own tls looks at the first byte of a handshake record only, and waits for a key
 * where it finds what a KeyUpdate begins with, in the middle of another message or without the
 * rest. Those that were one have had their next key: this was none, and the key goes on. It is
 * still the kernel's alone: it comes from there and goes back.
 */
static bool go_on(const struct sealsock_conn *conn, int fd)
{
	const struct suite *suite = conn->ch.suite;
	const struct seal_suite *row = seal_suite_find(suite->version, suite->cipher_type);
	uint8_t info[CRYPTO_INFO_MAX];
	socklen_t len = (socklen_t)seal_suite_info_len(row);
	bool good;

	good = !getsockopt(fd, SOL_TLS, TLS_RX, info, &len) &&
	       !setsockopt(fd, SOL_TLS, TLS_RX, info, len);
	wipe(info, sizeof(info));
	return good;
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

/*
 * Our KeyUpdate, then the key behind it. Nothing may be sealed in between. The peer is asked for
 * its own only where it has answered the last time.
 */
static int send_update(struct sealsock_conn *conn, int fd, bool request, bool block)
{
	uint8_t msg[5];
	int err;

	request = request && !conn->ch.updates_asked;
	err = conn_make_key_update(conn, request, msg);
	if (err)
		return err;
	if (!can_rekey(conn, fd))
		return SEALSOCK_ERR_UNSUPPORTED;
	err = io_send_control(fd, TYPE_HANDSHAKE, msg, sizeof(msg), block);
	if (err == SEALSOCK_WANT_WRITE)
		return err;
	if (err)
		return io_write_fail(conn, err, "sending a KeyUpdate");
	conn->io.owes_update = false;
	conn->ch.updates_asked += request;
	return next_key(conn, fd, CONN_TX);
}

static int send_messages(struct sealsock_conn *conn, int fd, bool block,
			 struct bytes (*output)(const struct sealsock_conn *conn),
			 void (*sent)(struct sealsock_conn *conn, size_t n))
{
	struct bytes out = output(conn);
	size_t limit = conn_tx_limit(conn);
	ssize_t r;

	while (out.n && may_send(conn)) {
		r = send_record(fd, TYPE_HANDSHAKE, out.p, out.n < limit ? out.n : limit, block);
		if (r == SEALSOCK_WANT_WRITE)
			return SEALSOCK_WANT_WRITE;
		if (r < 0)
			return io_write_fail(conn, (int)r, "sending handshake messages");
		sent(conn, (size_t)r);
		out = output(conn);
	}
	return 0;
}

/*
 * Messages which nothing may interrupt, before a KeyUpdate and any data: of a ticket what is left,
 * then those of RFC 8446 §4.6.2. No ticket is made while there are any of these.
 */
static int send_begun(struct sealsock_conn *conn, int fd, bool block)
{
	int err = send_messages(conn, fd, block, ticket_output, ticket_sent);

	return err ? err : send_messages(conn, fd, block, conn_auth_output, conn_auth_sent);
}

/* Answers the peer's request, if there is one (RFC 8446 §4.6.3): before any data of ours. */
static int settle(struct sealsock_conn *conn, int fd, bool block)
{
	int err = send_begun(conn, fd, block);

	if (err || !conn->io.owes_update || !may_send(conn))
		return err;
	err = send_update(conn, fd, false, block);
	if (err == SEALSOCK_ERR_UNSUPPORTED)
		return give_up(conn, fd, err, "answering a KeyUpdate");
	return err;
}

/*
 * Reading never waits for sending: what does not go out now goes before data. Nor does it fail for
 * it: the peer may have said something before it went away.
 */
static int settle_some(struct sealsock_conn *conn, int fd)
{
	int err = settle(conn, fd, false);

	return err == SEALSOCK_WANT_WRITE || io_write_failed(conn) ? 0 : err;
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
	err = settle_some(conn, fd);
	if (err)
		return err;
	/* A warning that finds no room is left out: the peer learns nothing it must know. */
	if (todo & CONN_DUE_REFUSE && may_send(conn))
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
static int inside_message(struct sealsock_conn *conn, int fd)
{
	return give_up(conn, fd, SEALSOCK_ERR_UNEXPECTED,
		       "application data inside a handshake message");
}

static ssize_t take_data(struct sealsock_conn *conn, int fd, void *buf, size_t n)
{
	if (conn_inside_message(conn)) {
		wipe(buf, n);
		return inside_message(conn, fd);
	}
	conn->ch.idle_records = 0;
	return (ssize_t)n;
}

/* What became of a record that did not come: 0 to try again. */
static int not_received(struct sealsock_conn *conn, int fd, int err, bool block)
{
	if (err == SEALSOCK_ERR_SYSTEM)
		return errno == EKEYEXPIRED && go_on(conn, fd) ? 0 : receive_failed(conn, fd);
	if (err != SEALSOCK_WANT_READ || !block || !owes(conn))
		return err;
	return io_wait(conn, fd, POLLIN | POLLOUT);
}

static ssize_t read_data(struct sealsock_conn *conn, int fd, void *buf, size_t n)
{
	const bool block = io_blocks(fd);

	for (;;) {
		uint8_t type;
		bool whole;
		ssize_t r;
		int err;

		if (conn_asks(conn))
			return SEALSOCK_WANT_ANSWER;
		err = settle_some(conn, fd);
		if (err)
			return err;
		r = receive(conn, fd, buf, n, 0, block && !owes(conn), &type, &whole);
		if (r >= 0 && type == TYPE_DATA)
			return r ? take_data(conn, fd, buf, (size_t)r) : end_of_stream(conn);
		if (r < 0)
			err = not_received(conn, fd, (int)r, block);
		else
			err = finish_control(conn, fd, type, buf, (size_t)r, whole);
		if (err)
			return err > 0 ? 0 : err;
	}
}

/* The record at the head of the socket: its type, and 0, or what sealsock_control() answers. */
static int look(struct sealsock_conn *conn, int fd, uint8_t *type)
{
	uint8_t byte;
	bool whole;
	ssize_t r;
	int err;

	do {
		r = receive(conn, fd, &byte, 1, MSG_PEEK, false, type, &whole);
		err = r < 0 ? not_received(conn, fd, (int)r, false) : 0;
	} while (r < 0 && !err);
	if (err || *type != TYPE_DATA)
		return err;
	if (!r)
		return end_of_stream(conn);
	return conn_inside_message(conn) ? inside_message(conn, fd) : SEALSOCK_WANT_READ;
}

static int control(struct sealsock_conn *conn, int fd)
{
	uint8_t type, byte;
	bool whole;
	ssize_t r;
	int err;

	if (conn_asks(conn))
		return SEALSOCK_WANT_ANSWER;
	err = settle_some(conn, fd);
	if (!err)
		err = look(conn, fd, &type);
	if (err)
		return err;
	r = receive(conn, fd, &byte, 1, 0, false, &type, &whole);
	if (r < 0)
		return r == SEALSOCK_ERR_SYSTEM ? receive_failed(conn, fd) : (int)r;
	return finish_control(conn, fd, type, &byte, (size_t)r, whole);
}

/* The kernel will seal no more under this key (RFC 8446 §5.5): the next one follows, if it can. */
static int key_spent(struct sealsock_conn *conn, int fd)
{
	int err = send_update(conn, fd, false, io_blocks(fd));

	return err == SEALSOCK_ERR_UNSUPPORTED ?
	       io_write_fail(conn, SEALSOCK_ERR_LIMIT, "sending to the peer") : err;
}

static ssize_t write_data(struct sealsock_conn *conn, int fd, const void *buf, size_t n)
{
	int err = settle(conn, fd, io_blocks(fd));
	ssize_t r;

	while (!err) {
		r = send(fd, buf, n, MSG_NOSIGNAL);
		if (r >= 0)
			return r;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			err = SEALSOCK_WANT_WRITE;
		else if (errno == EKEYEXPIRED)
			err = key_spent(conn, fd);
		else if (errno != EINTR)
			err = io_write_fail(conn, SEALSOCK_ERR_SYSTEM, "sending to the peer");
	}
	return err;
}

static int send_close(struct sealsock_conn *conn, int fd)
{
	static const uint8_t close_notify[2] = { 1, ALERT_CLOSE_NOTIFY };
	const bool block = io_blocks(fd);
	int err = send_begun(conn, fd, block);

	return err ? err : io_send_control(fd, TYPE_ALERT, close_notify, sizeof(close_notify),
					   block);
}

static int rekey(struct sealsock_conn *conn, int fd, bool request_peer)
{
	const bool block = io_blocks(fd);
	int err = send_begun(conn, fd, block);

	return err ? err : send_update(conn, fd, request_peer, block);
}

static int send_ticket(struct sealsock_conn *conn, int fd)
{
	const bool block = io_blocks(fd);
	int err = settle(conn, fd, block);
	struct io_trouble *t;

	if (err)
		return err;
	t = io_trouble(conn);
	if (!t)
		return SEALSOCK_ERR_NOMEM;
	err = conn_make_ticket(conn, &t->ticket);
	if (err) {
		buf_free(&t->ticket);
		return err;
	}
	err = send_begun(conn, fd, block);
	/* It is made: what does not go out now goes before data. */
	return err == SEALSOCK_WANT_WRITE ? 0 : err;
}

static int ask_cert(struct sealsock_conn *conn, int fd, bool required)
{
	int err = conn_ask_cert(conn, required);

	return err ? err : send_begun(conn, fd, io_blocks(fd));
}

const struct sock_path path_kernel = {
	.read = read_data,
	.write = write_data,
	.close = send_close,
	.control = control,
	.rekey = rekey,
	.send_ticket = send_ticket,
	.ask_cert = ask_cert,
	.owes = owes,
};
