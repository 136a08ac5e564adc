// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits for data is woken. A record of a managed socket may turn out to be
 * none when it is opened: who only hears that there is data would believe it
 * (io_uring's POLL_ADD does), so nobody is told, and everybody asks poll.
 */
#include <linux/in.h>
#include <linux/net.h>
#include <linux/poll.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "rx/rx.h"

/* What every socket has, unless somebody in the kernel put something else there. */
static void (*def_readable)(struct sock *sk);

/* It is not exported: a socket of our own tells. */
int seal_wake_init(void)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP, &sock);
	if (err)
		return err;
	def_readable = sock->sk->sk_data_ready;
	sock_release(sock);
	return 0;
}

/* As def_readable(), but for the events. */
static void wake_to_ask(struct sock *sk)
{
	struct socket_wq *wq;

	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_sync_poll(&wq->wait, 0);
	sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
	rcu_read_unlock();
}

/* Would a read not wait, as far as that can be known without opening anything? */
static bool surely(const struct sock *sk, const struct seal_rx *rx)
{
	return rx->error || sk->sk_err || (sk->sk_shutdown & RCV_SHUTDOWN) ||
	       sock_flag(sk, SOCK_DONE) || (rx->ready && seal_rx_shows_data(rx));
}

/* In softirq, or under the socket lock. */
void seal_rx_wake(struct sock *sk)
{
	const struct seal_ctx *ctx = seal_ctx(sk);

	if (ctx->managed && ctx->data_ready == def_readable && !surely(sk, ctx->rx))
		wake_to_ask(sk);
	else
		ctx->data_ready(sk);
}
