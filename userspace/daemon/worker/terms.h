/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The library's configurations, made of what sockets ask for: credential, trust, profile,
 * protocols, client certificates. They are kept for the next socket that asks for the same.
 */
#ifndef SEALSOCKD_TERMS_H
#define SEALSOCKD_TERMS_H

#include "material.h"
#include "worker/device.h"
#include "worker/link.h"

struct terms;

/* NULL: no memory. @m and @link outlive it. */
struct terms *terms_new(const struct material *m, struct keeper_link *link);
void terms_free(struct terms *t);

/*
 * The configuration for a handshake, to be unreferenced. NULL: none, with the errno that the
 * program is to see and a line for people.
 */
struct sealsock_config *terms_get(struct terms *t, const struct sealsock_due *due, int *err,
				  char *why, size_t room);

/*
 * The same for a socket of the kernel's own, which is not kept: TLS 1.3 without tickets, with these
 * parts. What else there is to be is the caller's, who checks it.
 */
enum terms_parts { TERMS_TRUST = 1, TERMS_CREDENTIAL = 2 };

struct sealsock_config *terms_caller(struct terms *t, const struct sealsock_role *role,
				     unsigned int parts, int *err, char *why, size_t room);

/* The credential that a socket asks for: NULL where it asks for none. *known: there is such. */
const struct credential *terms_credential(const struct material *m,
					  const struct sealsock_role *role, bool *known);

#endif
