/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Configurations for client authentication. */
#ifndef UNIT_MUTUAL_H
#define UNIT_MUTUAL_H

#include "pair.h"

/* A certificate for clients issued by test_ca(), its CN "client"; freed at the end of all tests. */
const struct identity *test_client(void);

/* A client that has it; a server that requires one. Never NULL. */
struct sealsock_config *mutual_client(void);
struct sealsock_config *mutual_server(void);

/* Adds an identity to a configuration. */
void add_identity(struct sealsock_config *cfg, const struct identity *id);

/* Lets a configuration trust test_ca(). */
void trust_test_ca(struct sealsock_config *cfg);

#endif
