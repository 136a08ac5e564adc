/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of operations that sockets with the ULP have: a pair for each
 * family and each combination of keyed directions. proto.c fills them.
 */
#ifndef SEAL_TABLES_H
#define SEAL_TABLES_H

#include <net/sock.h>

struct seal_pair {
	struct proto prot;
	struct proto_ops ops;
};

/*
 * @base: what they were made from, NULL until they are complete. @pair:
 * [transmit key][receive key]. @held, @held_ops: of sockets that wait for their
 * handshake; @serve_ops: of listeners, and before a role is known (hold/).
 */
struct seal_tables {
	struct proto *base;
	struct seal_pair pair[2][2];
	struct proto held;
	struct proto_ops held_ops;
	struct proto_ops serve_ops;
};

/* Those of @sk's family. */
struct seal_tables *seal_tables_of(const struct sock *sk);

/*
 * Gives @sk the tables that its context calls for. Called when the context is
 * attached and after each first key, under the socket lock.
 */
void seal_proto_update(struct sock *sk);

/* Likewise the operations of a socket alone, which count as a use of their module. */
void seal_ops_set(struct socket *sock, const struct proto_ops *ops);

#endif /* SEAL_TABLES_H */
