/* SPDX-License-Identifier: GPL-2.0-only */
/* How a context comes to a socket, and leaves it with all that hangs on it. */
#ifndef SEAL_ATTACH_H
#define SEAL_ATTACH_H

#include "ctx.h"

int seal_ctx_init(void);
/* When no socket of ours is left, nor can be made. May sleep. */
void seal_ctx_exit(void);

/*
 * A context for a socket of @net with these operations, with a reference on what
 * the sockets of @net have in common. May sleep. NULL: no memory.
 */
struct seal_ctx *seal_ctx_new(const struct net *net, struct proto *base,
			      const struct proto_ops *base_ops);

/*
 * Frees a context, which nothing hangs on, after a grace period, with its reference on
 * what the sockets of its namespace have in common. In any context.
 */
void seal_ctx_free(struct seal_ctx *ctx);

/*
 * Takes the context off @sk: callbacks, protocol and both halves, secrets
 * wiped. Called with the socket locked, at close; the context itself goes
 * after a grace period.
 */
void seal_ctx_detach(struct sock *sk);

#endif /* SEAL_ATTACH_H */
