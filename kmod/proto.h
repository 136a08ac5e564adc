/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations a socket has while the ULP is on it: copies of TCP's, with
 * ours in place of what a key changes.
 */
#ifndef SEAL_PROTO_H
#define SEAL_PROTO_H

#include <net/sock.h>

/*
 * Builds the tables of @sk's family when it is first met. May sleep. 0, or
 * -EOPNOTSUPP: the socket has operations that are not plain TCP's.
 */
int seal_proto_prepare(struct sock *sk);

#endif /* SEAL_PROTO_H */
