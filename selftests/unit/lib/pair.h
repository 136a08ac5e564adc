/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Configurations for tests, and bytes carried between two engines. */
#ifndef UNIT_PAIR_H
#define UNIT_PAIR_H

#include "certs.h"
#include "conn/conn.h"
#include "sealsock.h"

/* The clock stands at TEST_NOW; random bytes are those of a counter. */
extern const struct sealsock_env test_env;

/* The same with an allocator, for code that takes no defaults. */
extern const struct sealsock_env test_env_full;

/* Random bytes begin again. */
void test_random_reset(void);

/* A client that trusts test_ca(); a server with test_server(type). Never NULL. */
struct sealsock_config *client_config(void);
struct sealsock_config *server_config(enum cert_type type);

/* A client's connection to "localhost". */
struct sealsock_conn *client_conn(struct sealsock_config *cfg);

/*
 * Moves output of @from into @to, @chunk bytes a call (0: all at once). Returns the feed's result;
 * *moved is how many bytes went.
 */
int carry(struct sealsock_conn *from, struct sealsock_conn *to, size_t chunk, size_t *moved);

/* Until nothing moves any more. True: both are done. */
bool shake_hands(struct sealsock_conn *client, struct sealsock_conn *server, size_t chunk);

/* Feeds all of it: the feed's result. */
int feed_all(struct sealsock_conn *conn, const void *p, size_t n, size_t chunk);

/* Takes all output away: how many bytes, at most @max, were copied to @out. */
size_t drain(struct sealsock_conn *conn, uint8_t *out, size_t max);

/* The keys go where sealsock_install() would put them. */
void keys_away(struct sealsock_conn *conn);

#endif
