/* SPDX-License-Identifier: GPL-2.0-only */
/* setsockopt() and getsockopt() of level SOL_TLS: user bytes to checked requests. */
#ifndef SEAL_SOCKOPT_H
#define SEAL_SOCKOPT_H

#include <linux/sockptr.h>
#include <net/sock.h>

/* proto.setsockopt and proto.getsockopt; other levels go to TCP. */
int seal_setsockopt(struct sock *sk, int level, int optname, sockptr_t optval,
		    unsigned int optlen);
int seal_getsockopt(struct sock *sk, int level, int optname, char __user *optval,
		    int __user *optlen);

#endif /* SEAL_SOCKOPT_H */
