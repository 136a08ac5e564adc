// SPDX-License-Identifier: GPL-2.0-only
#include <asm/ioctls.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sockios.h>
#include <linux/uaccess.h>
#include <net/tcp.h>

#include "attach.h"
#include "compat/compat.h"
#include "held.h"
#include "managed/managed.h"
#include "proto.h"
#include "rx/rx.h"
#include "seen/mib.h"
#include "seen/trace.h"
#include "sockopt.h"
#include "tables.h"
#include "tx/tx.h"

static DEFINE_MUTEX(tables_lock);

/* Before the sending side ends. */
static void finish_tx(struct sock *sk)
{
	if (unlikely(seal_ctx(sk)->managed))
		seal_managed_finish(sk);
	else
		seal_tx_finish(sk);
}

/*
 * proto.close. Nothing of ours may run after TCP's close(), which may drop
 * the module's last reference.
 */
static void seal_close(struct sock *sk, long timeout)
{
	struct seal_ctx *ctx = seal_ctx_seen(sk);
	struct proto *base = ctx->base;

	lock_sock(sk);
	if (ctx->tx) {
		/* SO_LINGER of 0 asks for a reset: nothing is to be sent. */
		if (!(sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime))
			finish_tx(sk);
		SEAL_DEC(sk, CURRTXSW);
	}
	if (ctx->managed)
		seal_managed_discard(sk);
	if (ctx->rx)
		SEAL_DEC(sk, CURRRXSW);
	SEAL_DEC(sk, CURRATTACHED);
	trace_sealsock_close(sk);
	seal_ctx_detach(sk);
	release_sock(sk);
	base->close(sk, timeout);
}

static int seal_disconnect(struct sock *sk, int flags)
{
	return -EOPNOTSUPP;
}

/*
 * proto_ops.shutdown: proto.shutdown would come too late, when TCP sends no
 * more.
 */
static int seal_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	const struct proto_ops *base_ops;

	lock_sock(sk);
	base_ops = seal_ctx(sk)->base_ops;
	if (how == SHUT_WR || how == SHUT_RDWR)
		finish_tx(sk);
	if (seal_ctx(sk)->managed && (how == SHUT_RD || how == SHUT_RDWR))
		seal_managed_shut_read(sk);
	release_sock(sk);
	return base_ops->shutdown(sock, how);
}

static struct proto *base_of(const struct sock *sk)
{
	return seal_ctx_seen(sk)->base;
}

COMPAT_SENDPAGE(sendpage, seal_tx_sendmsg)
COMPAT_SENDPAGE(sendpage_locked, seal_tx_sendmsg_locked)
COMPAT_RECVMSG(recvmsg, seal_rx_recvmsg)
COMPAT_IOCTL(answer_ioctl, base_of, SIOCINQ, seal_rx_inq)

static void build(struct seal_tables *t, const struct proto *base,
		  const struct proto_ops *base_ops, bool tx, bool rx)
{
	struct proto *prot = &t->pair[tx][rx].prot;
	struct proto_ops *ops = &t->pair[tx][rx].ops;

	*prot = *base;
	*ops = *base_ops;
	/* As in all tables of ours: a close() that has read the owner puts it in the end. */
	ops->owner = THIS_MODULE;
	prot->setsockopt = seal_setsockopt;
	prot->getsockopt = seal_getsockopt;
	prot->disconnect = seal_disconnect;
	prot->close = seal_close;
	if (tx) {
		prot->sendmsg = seal_tx_sendmsg;
		prot->splice_eof = seal_tx_splice_eof;
		prot->stream_memory_free = seal_tx_memory_free;
		ops->sendmsg_locked = seal_tx_sendmsg_locked;
		ops->shutdown = seal_shutdown;
		compat_set_sendpage(prot, ops, sendpage, sendpage_locked);
	}
	if (rx) {
		prot->sock_is_readable = seal_rx_is_readable;
		prot->recvmsg = recvmsg;
		prot->ioctl = answer_ioctl;
		ops->poll = seal_rx_poll;
		ops->splice_read = seal_rx_splice_read;
		ops->read_sock = seal_rx_read_sock;
		ops->peek_len = seal_rx_peek_len;
		ops->set_rcvlowat = seal_rx_set_rcvlowat;
	}
}

int seal_proto_prepare(struct sock *sk)
{
	struct seal_tables *t = seal_tables_of(sk);
	struct proto *base = READ_ONCE(sk->sk_prot);
	int i, err = 0;

	/* Pairs with the release below: the tables are complete. */
	if (likely(smp_load_acquire(&t->base) == base))
		return 0;
	/* Not TCP as we know it: sockmap, SMC, MPTCP, whatever comes. */
	if (sk->sk_protocol != IPPROTO_TCP || base->sendmsg != tcp_sendmsg ||
	    base->close != tcp_close)
		return -EOPNOTSUPP;

	mutex_lock(&tables_lock);
	if (!t->base) {
		for (i = 0; i < 4; i++)
			build(t, base, sk->sk_socket->ops, i & 2, i & 1);
		seal_hold_build(t, base, sk->sk_socket->ops);
		/* Pairs with the acquire above. */
		smp_store_release(&t->base, base);
	} else if (t->base != base) {
		err = -EOPNOTSUPP;
	}
	mutex_unlock(&tables_lock);
	return err;
}
