// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Data, and the end of it, on a socket: what is the same whoever seals and opens the records. */
#include <errno.h>
#include <sys/socket.h>

#include "sock/path.h"

const struct sock_path *path_of(const struct sealsock_conn *conn)
{
	if (conn->io.managed)
		return &path_managed;
	return conn->io.installed ? &path_kernel : &path_engine;
}

/* No path works before the handshake is complete, or without keys. */
static int ready(const struct sealsock_conn *conn)
{
	if (conn->ch.failure.code)
		return conn->ch.failure.code;
	if (!conn->io.installed && (conn->io.spent ||
				    sealsock_conn_state(conn) != SEALSOCK_STATE_DONE))
		return SEALSOCK_ERR_STATE;
	return 0;
}

static int ready_to_send(const struct sealsock_conn *conn)
{
	int err = ready(conn);

	if (!err)
		err = io_write_failed(conn);
	return err || !conn->io.shut ? err : SEALSOCK_ERR_CLOSED;
}

ssize_t sealsock_read(struct sealsock_conn *conn, int fd, void *buf, size_t n)
{
	int err = ready(conn);

	if (err)
		return err;
	if (conn->io.eof || !n)
		return 0;
	return path_of(conn)->read(conn, fd, buf, n);
}

ssize_t sealsock_write(struct sealsock_conn *conn, int fd, const void *buf, size_t n)
{
	int err = ready_to_send(conn);

	if (err || !n)
		return err;
	return path_of(conn)->write(conn, fd, buf, n);
}

int sealsock_shutdown(struct sealsock_conn *conn, int fd)
{
	int err = 0;

	/* After a failure, or where keys were given up, no more is said than FIN. */
	if (!ready_to_send(conn)) {
		err = path_of(conn)->close(conn, fd);
		if (err == SEALSOCK_WANT_WRITE)
			return err;
		conn->io.shut = true;
		if (err)
			io_write_fail(conn, err, "sending close_notify");
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
	int err = ready(conn);

	if (err)
		return err;
	if (!conn->io.installed)
		return SEALSOCK_ERR_STATE;
	return conn->io.eof ? 1 : path_of(conn)->control(conn, fd);
}

int sealsock_rekey(struct sealsock_conn *conn, int fd, bool request_peer)
{
	int err = ready_to_send(conn);

	return err ? err : path_of(conn)->rekey(conn, fd, request_peer);
}

int sealsock_send_ticket(struct sealsock_conn *conn, int fd)
{
	int err = ready_to_send(conn);

	return err ? err : path_of(conn)->send_ticket(conn, fd);
}

int sealsock_ask_cert(struct sealsock_conn *conn, int fd, bool required)
{
	int err = ready_to_send(conn);

	if (!err)
		err = path_of(conn)->ask_cert(conn, fd, required);
	/* It is made: what does not go out now goes before data. */
	return err == SEALSOCK_WANT_WRITE ? 0 : err;
}
