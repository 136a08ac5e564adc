// SPDX-License-Identifier: GPL-2.0-only
/*
 * SO_RCVLOWAT. A read waits for that many bytes of data. Before that TCP wakes
 * nobody, but it counts sealed bytes in its queue, and no others: poll goes by
 * that count as well, so that it says what it is woken for. Who waits for fewer,
 * because a part of them is elsewhere already, has the mark lifted meanwhile.
 */
#include <net/tcp.h>

#include "rx/rx.h"

/* The mark that the user has set. */
int seal_rx_mark(const struct sock *sk, const struct seal_rx *rx)
{
	return rx->lifted ? rx->lowat : sk->sk_rcvlowat;
}

/* Lifts the mark, or puts it back. */
void seal_rx_set_lifted(struct sock *sk, struct seal_rx *rx, bool lift)
{
	if (lift)
		rx->lowat = sk->sk_rcvlowat;
	WRITE_ONCE(sk->sk_rcvlowat, lift ? 1 : rx->lowat);
	rx->lifted = lift;
}

/* Poll may say that there is a record; without the lock. */
bool seal_rx_mark_reached(const struct sock *sk)
{
	int mark = READ_ONCE(sk->sk_rcvlowat);

	/* Also where TCP's window has no room for more. */
	return mark <= 1 || tcp_epollin_ready(sk, mark);
}

/*
 * proto_ops.set_rcvlowat: the socket is locked. TCP has its bounds for it, and
 * wakes who need not wait.
 */
int seal_rx_set_rcvlowat(struct sock *sk, int val)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_rx *rx = ctx->rx;
	int err;

	err = ctx->base_ops->set_rcvlowat(sk, val);
	if (!err && rx->lifted) {
		rx->lowat = sk->sk_rcvlowat;
		WRITE_ONCE(sk->sk_rcvlowat, 1);
	}
	return err;
}
