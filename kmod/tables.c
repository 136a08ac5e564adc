// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "ctx.h"
#include "held.h"
#include "tables.h"

enum { FAMILY_V4, FAMILY_V6, FAMILIES };

static struct seal_tables tables[FAMILIES];

struct seal_tables *seal_tables_of(const struct sock *sk)
{
	return &tables[sk->sk_family == AF_INET6 ? FAMILY_V6 : FAMILY_V4];
}

void seal_ops_set(struct socket *sock, const struct proto_ops *ops)
{
	struct module *old = sock->ops->owner;

	__module_get(ops->owner);
	/* Pairs with seal_ctx_seen(). */
	smp_store_release(&sock->ops, ops);
	module_put(old);
}

void seal_proto_update(struct sock *sk)
{
	struct seal_tables *t = seal_tables_of(sk);
	struct seal_ctx *ctx = seal_ctx(sk);

	/* Pair with seal_ctx_seen(): whoever is called through them finds what they need. */
	smp_store_release(&sk->sk_prot, &t->prot[!!ctx->tx][!!ctx->rx]);
	if (!seal_hold_parked(sk->sk_socket))
		seal_ops_set(sk->sk_socket, &t->ops[!!ctx->tx][!!ctx->rx]);
}
