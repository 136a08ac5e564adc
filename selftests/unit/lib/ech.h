/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Encrypted Client Hello for tests: keys, lists, names, certificates. */
#ifndef UNIT_ECH_H
#define UNIT_ECH_H

#include "config/ech.h"
#include "pair.h"

/* The names: of who may be asked for in the clear, and of who is asked for. */
#define ECH_PUBLIC "public.example.org"
#define ECH_SECRET "secret.example.org"

enum { ECH_PEM_MAX = 2048, ECH_LIST_MAX = 1024 };

struct ech_pair {
	char pem[ECH_PEM_MAX];
	size_t pem_len;
	uint8_t list[ECH_LIST_MAX];
	size_t list_len;
};

/* A fresh pair; @group as sealsock_ech_generate() has it. */
void ech_pair_make(struct ech_pair *p, const char *group, const char *public_name);

/* A client that uses the list of @c (NULL: none), and a server with the keys of @s (NULL: none). */
struct sealsock_config *ech_client(const struct ech_pair *c);
struct sealsock_config *ech_server(const struct ech_pair *s);

/* A connection to ECH_SECRET. */
struct sealsock_conn *ech_conn(struct sealsock_config *cfg);

enum sealsock_ech ech_of(const struct sealsock_conn *conn);

#endif
