/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room sock/: connections on descriptors, and the kernel's half of them. It sees everything.
 *
 * Between the engine and a socket: what io.c, install.c and control.c share.
 */
#ifndef SEALSOCK_IO_H
#define SEALSOCK_IO_H

#include <linux/tls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "conn/conn.h"

/* True if the descriptor blocks. */
bool io_blocks(int fd);

/* Sends what the engine has to say. 0, WANT_WRITE, TIMEOUT, or SYSTEM with errno set. */
int io_flush(struct sealsock_conn *conn, int fd, bool block);

/*
 * Feeds the engine what it asks for next, never more. 0: something was fed; WANT_READ; or the
 * error, which the connection remembers.
 */
int io_fill(struct sealsock_conn *conn, int fd, bool block);

/*
 * Waits for @events within the connection's deadline, and no longer than SO_RCVTIMEO or SO_SNDTIMEO
 * let a call wait: 0; TIMEOUT; WANT_READ, WANT_WRITE; SYSTEM.
 */
int io_wait(struct sealsock_conn *conn, int fd, short events);

/*
 * After a read that failed: 0: to be tried again, with @wait once there is something; what else is
 * of io_wait(), or WANT_READ without @wait, or SYSTEM with errno.
 */
int io_no_data(struct sealsock_conn *conn, int fd, bool wait);

/* Sends one record that is not application data through the kernel: 0, WANT_WRITE, SYSTEM. */
int io_send_control(int fd, uint8_t type, const uint8_t *p, size_t n, bool block);

/* Puts the failure on record, unless there is one already; returns @code. errno is kept. */
int io_fail(struct sealsock_conn *conn, int code, const char *what);

/* conn->io.trouble, made if need be; NULL: no memory. */
struct io_trouble *io_trouble(struct sealsock_conn *conn);

/*
 * The same where sending failed: nothing is sent any more, but what the peer has sent can still be
 * read (it may say why).
 */
int io_write_fail(struct sealsock_conn *conn, int code, const char *what);

/* Every struct tls12_crypto_info_* fits in. */
enum {
	CRYPTO_INFO_MAX = sizeof(struct tls_crypto_info) + SEAL_NONCE + SEAL_MAX_KEY + SEAL_SEQ,
};

/* Hands one key to the kernel; @optname is TLS_TX or TLS_RX. 0 or an errno. */
int install_key(int fd, int optname, const struct traffic_key *key);

#endif
