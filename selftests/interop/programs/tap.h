/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* TAP, a loopback connection, and a certificate: for the test programs of this folder. */
#ifndef SEALSOCK_INTEROP_TAP_H
#define SEALSOCK_INTEROP_TAP_H

#include <stdbool.h>
#include <stddef.h>

#include "sealsock.h"

/* One result; returns @good. */
bool ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Why the next failing result fails. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The plan; the exit status. */
int done(void);

/* A TCP connection over 127.0.0.1; leaves the program if there is none. */
void tcp_pair(int *a, int *b);

/* A self-signed certificate for localhost and its key, PEM. Leaves the program on failure. */
struct test_cert {
	char *cert, *key;
	size_t cert_len, key_len;
};

const struct test_cert *test_cert(void);

/* A connection of ours with that certificate. */
struct sealsock_conn *test_conn(enum sealsock_side role);

#endif
