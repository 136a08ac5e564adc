/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The parts of the handshake benchmark, as its main program calls them. */
#ifndef BENCH_HANDSHAKE_H
#define BENCH_HANDSHAKE_H

#include "handshake_shared.h"

extern const struct library library_sealsock, library_libssl;

/* The configurations of this library's client and server for a test. */
struct sealsock_config;
void library_sealsock_configs(const struct test *t, struct sealsock_config *cfg[2]);

/*
 * Prints what a server's connection keeps allocated once it is established, per library and stage.
 * Without the kernel module what comes after install is left out, and said to be. Exit status.
 */
int memory_report(bool json);

/*
 * The primitives that the server of a test cannot do without, alone, in the cheapest way that
 * libcrypto offers. Runs them once: microseconds.
 */
struct costs;
struct costs *costs_new(const struct test *t);
double costs_measure(struct costs *c);
void costs_free(struct costs *c);

#endif
