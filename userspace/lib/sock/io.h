/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room sock/: connections on descriptors, and the kernel's half of them. It sees everything.
 *
 * Between the engine and a socket: what io.c, install.c and control.c share.
 */
#ifndef SEALSOCK_IO_H
#define SEALSOCK_IO_H

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

/* Waits for @events within the connection's deadline: 0, TIMEOUT, SYSTEM. */
int io_wait(struct sealsock_conn *conn, int fd, short events);

/* Sends one record that is not application data through the kernel: 0, WANT_WRITE, SYSTEM. */
int io_send_control(int fd, uint8_t type, const uint8_t *p, size_t n, bool block);

/* Puts the failure on record, unless there is one already; returns @code. errno is kept. */
int io_fail(struct sealsock_conn *conn, int code, const char *what);

/* Hands one key to the kernel; @optname is TLS_TX or TLS_RX. 0 or an errno. */
int install_key(int fd, int optname, const struct traffic_key *key);

#endif
