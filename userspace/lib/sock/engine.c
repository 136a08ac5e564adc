// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Data on a socket whose records this library seals and opens. */
#include "crypto/backend.h"
#include "sock/path.h"

static bool owes(const struct sealsock_conn *conn)
{
	return channel_output(&conn->ch).n;
}

static ssize_t read_data(struct sealsock_conn *conn, int fd, void *buf, size_t n)
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

/* What tells the bytes that were sealed from others: 0 or NOMEM, CRYPTO. */
static int digest(const struct sealsock_conn *conn, const void *buf, size_t n,
		  uint8_t out[IO_DIGEST])
{
	struct hash *h = hash_new();
	int err = h ? hash_start(conn->ch.cfg->crypto, h, HASH_SHA256) : SEALSOCK_ERR_NOMEM;

	if (!err)
		err = hash_add(h, buf, n);
	if (!err)
		err = hash_end(h, out);
	hash_free(h);
	return err;
}

/* @taken bytes are sealed and cannot be taken back: the caller has to come with the same again. */
static int remember(struct sealsock_conn *conn, const void *buf, size_t taken)
{
	struct io_trouble *t = io_trouble(conn);
	int err = t ? digest(conn, buf, taken, t->digest) : SEALSOCK_ERR_NOMEM;

	if (err)
		return io_write_fail(conn, err, "remembering what was sealed");
	t->taken = taken;
	return SEALSOCK_WANT_WRITE;
}

/* Bytes that were sealed by a call before this one: is the caller here with the same? */
static int same_bytes(const struct sealsock_conn *conn, const void *buf, size_t n)
{
	const struct io_trouble *t = conn->io.trouble;
	uint8_t now[IO_DIGEST];
	int err;

	if (n < t->taken)
		return SEALSOCK_ERR_INVALID;
	err = digest(conn, buf, t->taken, now);
	if (err)
		return err;
	return memcmp(now, t->digest, sizeof(now)) ? SEALSOCK_ERR_INVALID : 0;
}

/* 0; what io_flush() answers, a failure put on record. */
static int flush(struct sealsock_conn *conn, int fd, bool block)
{
	int err = io_flush(conn, fd, block);

	return err && err != SEALSOCK_WANT_WRITE ?
	       io_write_fail(conn, err, "sending to the peer") : err;
}

static ssize_t write_again(struct sealsock_conn *conn, int fd, const void *buf, size_t n)
{
	size_t taken = conn->io.trouble->taken;
	int err = same_bytes(conn, buf, n);

	if (!err)
		err = flush(conn, fd, io_blocks(fd));
	if (err)
		return err;
	conn->io.trouble->taken = 0;
	return (ssize_t)taken;
}

/*
 * Bytes count as written once their records are with TCP: otherwise somebody would have to remember
 * to send the rest. After WANT_WRITE the caller comes back with the same bytes, and with others it
 * hears of it: those that are sealed already will be sent.
 */
static ssize_t write_data(struct sealsock_conn *conn, int fd, const void *buf, size_t n)
{
	const bool block = io_blocks(fd);
	ssize_t r;
	int err;

	if (conn->io.trouble && conn->io.trouble->taken)
		return write_again(conn, fd, buf, n);
	err = flush(conn, fd, block);
	if (err)
		return err;
	r = sealsock_conn_write(conn, buf, n);
	if (r <= 0)
		return r;
	err = flush(conn, fd, block);
	if (err == SEALSOCK_WANT_WRITE)
		return remember(conn, buf, (size_t)r);
	return err ? err : r;
}

static int send_close(struct sealsock_conn *conn, int fd)
{
	int err = sealsock_conn_close(conn);

	return err ? err : io_flush(conn, fd, io_blocks(fd));
}

/* It is made, and goes before any data, even where it does not go now. */
static int rekey(struct sealsock_conn *conn, int fd, bool request_peer)
{
	int err = sealsock_conn_rekey(conn, request_peer);

	if (!err)
		err = flush(conn, fd, io_blocks(fd));
	return err == SEALSOCK_WANT_WRITE ? 0 : err;
}

static int send_ticket(struct sealsock_conn *conn, int fd)
{
	int err = sealsock_conn_send_ticket(conn);

	if (!err)
		err = flush(conn, fd, io_blocks(fd));
	return err == SEALSOCK_WANT_WRITE ? 0 : err;
}

static int ask_cert(struct sealsock_conn *conn, int fd, bool required)
{
	int err = sealsock_conn_ask_cert(conn, required);

	return err ? err : flush(conn, fd, io_blocks(fd));
}

const struct sock_path path_engine = {
	.read = read_data,
	.write = write_data,
	.close = send_close,
	.rekey = rekey,
	.send_ticket = send_ticket,
	.ask_cert = ask_cert,
	.owes = owes,
};
