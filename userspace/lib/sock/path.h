/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The ways that records can go once the handshake is complete, and what each call does on them. */
#ifndef SEALSOCK_PATH_H
#define SEALSOCK_PATH_H

#include "sock/io.h"

/*
 * @read, @write: of sealsock_read(), sealsock_write(), with @n over 0.
 * @close: sends close_notify. 0, WANT_WRITE, or the error.
 * @control, @rekey, @send_ticket, @ask_cert: of sealsock_control(), …
 * @owes: is there something to be sent that is no data?
 */
struct sock_path {
	ssize_t (*read)(struct sealsock_conn *conn, int fd, void *buf, size_t n);
	ssize_t (*write)(struct sealsock_conn *conn, int fd, const void *buf, size_t n);
	int (*close)(struct sealsock_conn *conn, int fd);
	int (*control)(struct sealsock_conn *conn, int fd);
	int (*rekey)(struct sealsock_conn *conn, int fd, bool request_peer);
	int (*send_ticket)(struct sealsock_conn *conn, int fd);
	int (*ask_cert)(struct sealsock_conn *conn, int fd, bool required);
	bool (*owes)(const struct sealsock_conn *conn);
};

extern const struct sock_path path_engine;	/* this library seals and opens */
extern const struct sock_path path_kernel;	/* the kernel, which knows no more than keys */
extern const struct sock_path path_managed;	/* the module, which has the whole connection */

/* The one that @conn goes now. */
const struct sock_path *path_of(const struct sealsock_conn *conn);

#endif
