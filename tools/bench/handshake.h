/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The parts of the handshake benchmark, as its main program calls them. */
#ifndef BENCH_HANDSHAKE_H
#define BENCH_HANDSHAKE_H

#include "handshake_shared.h"

extern const struct library library_sealsock, library_libssl;

/* The configurations of this library's client and server for a test. */
struct sealsock_config;
struct sealsock_env;
void library_sealsock_configs(const struct test *t, struct sealsock_config *cfg[2]);

/* What those made after it is set allocate with; NULL: malloc. */
extern const struct sealsock_env *library_sealsock_env;

/*
 * Prints what a server's connection keeps allocated once it is established, and the most it has on
 * the way there, per library and stage.
 * Without the kernel module what comes after install is left out, and said to be. Exit status.
 */
int memory_report(bool json);

/*
 * Prints how many handshakes a second each side of each library does, by one processor and by two
 * at once, both with one configuration: the better half of @rounds. Exit status.
 */
int cores_report(bool json, int rounds);

/*
 * Prints what Encrypted Client Hello adds to either side of a handshake, the median of @rounds.
 * Exit status.
 */
int ech_report(bool json, int rounds);

/*
 * The primitives that the server of a test cannot do without, alone, in the cheapest way that
 * libcrypto offers. Runs them once: microseconds.
 */
struct costs;
struct costs *costs_new(const struct test *t);
double costs_measure(struct costs *c);
/* Of an exchange by X25519: adds what a key takes, and what a derivation. */
void costs_x25519(struct costs *c, double *made, double *derived);
void costs_free(struct costs *c);

#endif
