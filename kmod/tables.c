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
	bool moves = old != ops->owner;

	if (moves)
		__module_get(ops->owner);
	/* Pairs with seal_ctx_seen(). */
	smp_store_release(&sock->ops, ops);
	if (moves)
		module_put(old);
}

/* Looked for once: in line, the compiler would do it for each of the two. */
static noinline struct seal_pair *pair_of(const struct sock *sk)
{
	const struct seal_ctx *ctx = seal_ctx(sk);

	return &seal_tables_of(sk)->pair[!!ctx->tx][!!ctx->rx];
}

void seal_proto_update(struct sock *sk)
{
	struct seal_pair *pair = pair_of(sk);

	/* Pair with seal_ctx_seen(): whoever is called through them finds what they need. */
	smp_store_release(&sk->sk_prot, &pair->prot);
	if (!seal_hold_parked(sk->sk_socket))
		seal_ops_set(sk->sk_socket, &pair->ops);
}
