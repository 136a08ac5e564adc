/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the two measurements of the helper share: its listener, a client, processor time. */
#ifndef BENCH_HELPER_SHARED_H
#define BENCH_HELPER_SHARED_H

#include <netinet/in.h>
#include <stdbool.h>

#include <sealsock.h>

/* Whose time of a process: its first thread's, that of all others. */
enum { FIRST = 1, OTHERS = 2 };

/* Nanoseconds on a processor. */
long long helper_ran(long pid, int whose);

long long helper_clock_ns(void);

/* A client that believes the certificate in a file; a server with a certificate and its key. */
struct sealsock_config *helper_config(enum sealsock_side side, const char *cert, const char *key);

/* One full handshake by a connection of its own, which waits for a byte. */
void helper_client(const struct sockaddr_in *to, struct sealsock_config *cfg);

/* A listener on the loopback; @helped: its connections are the helper's, as "web". */
int helper_listener(bool helped, struct sockaddr_in *at);

/* Ends the program. */
void helper_die(const char *what, const char *why) __attribute__((noreturn));

#endif
