/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations a socket has while the ULP is on it: copies of TCP's, with
 * ours in place of what a key changes. One pair of tables for each family and
 * each combination of keyed directions.
 */
#ifndef SEAL_PROTO_H
#define SEAL_PROTO_H

#include <net/sock.h>

/*
 * Builds the tables of @sk's family when it is first met. May sleep. 0, or
 * -EOPNOTSUPP: the socket has operations that are not plain TCP's.
 */
int seal_proto_prepare(struct sock *sk);

/*
 * Gives @sk the tables that its context calls for. Called when the context is
 * attached and after each first key, under the socket lock.
 */
void seal_proto_update(struct sock *sk);

#endif /* SEAL_PROTO_H */
