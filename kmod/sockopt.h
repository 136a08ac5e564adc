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

struct seal_key;
struct seal_rx;
struct seal_tx;

/*
 * Gives the socket its first key of a direction, and the half, @tx or @rx, that
 * it belongs to; the other is NULL. Nothing of it can fail.
 */
void seal_install_first(struct sock *sk, struct seal_tx *tx, struct seal_rx *rx,
			struct seal_key *key);

/* Copies a small answer, cut to what the caller has room for if @grow. */
int seal_put_answer(char __user *optval, int __user *optlen, int len, const void *answer,
		    int size, bool grow);

#endif /* SEAL_SOCKOPT_H */
