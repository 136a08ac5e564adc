/* SPDX-License-Identifier: GPL-2.0-only */
/* What ss(8) shows of a socket: the INET_ULP_INFO_TLS attributes. */
#ifndef SEAL_DIAG_H
#define SEAL_DIAG_H

#include <net/sock.h>

/* tcp_ulp_ops.get_info and .get_info_size; under RCU, without the socket lock. */
int seal_get_info(struct sock *sk, struct sk_buff *skb);
size_t seal_get_info_size(const struct sock *sk);

#endif /* SEAL_DIAG_H */
