/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Encrypted Client Hello for tests: keys, lists, names, certificates. */
#ifndef UNIT_ECH_H
#define UNIT_ECH_H

#include "config/ech.h"
#include "hello.h"
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

/* What seals an inner hello into an outer one, by hand. */
struct ech_envelope {
	struct crypto *crypto;
	struct hash *scratch;
	struct ech_config config;
	struct hpke_suite suite;
	struct hpke hpke;
	struct kex *own;
	bool second;			/* goes on with what was begun: without a public key */
};

void ech_envelope_open(struct ech_envelope *e, const struct ech_pair *pair);
void ech_envelope_close(struct ech_envelope *e);

/* @outer with all of @plain sealed in it, as a record: its length. */
size_t ech_envelope_seal(struct ech_envelope *e, struct hello *outer, struct bytes plain,
			 uint8_t *rec);

enum sealsock_ech ech_of(const struct sealsock_conn *conn);

#endif
