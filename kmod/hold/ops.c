// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations of a socket that is held. Each call waits, or says that it would,
 * and then goes on as the operations that the socket has by then have it.
 */
#include <asm/ioctls.h>
#include <linux/fs.h>
#include <linux/sockios.h>
#include <linux/splice.h>
#include <linux/uaccess.h>
#include <net/tcp.h>

#include "answer.h"
#include "attach.h"
#include "compat/compat.h"
#include "hold/hold.h"
#include "seen/trace.h"
#include "sockopt.h"
#include "tables.h"

static struct proto *base_of(const struct sock *sk)
{
	return seal_ctx(sk)->base;
}

static const struct proto_ops *base_ops_of(const struct sock *sk)
{
	return seal_ctx(sk)->base_ops;
}

/* It has the context of the listener that it was cloned from, and none of its own. */
static bool is_unclaimed(const struct sock *sk)
{
	return seal_ctx(sk)->serve;
}

struct seal_hold *seal_hold_of(struct sock *sk)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_hold *h;

	if (!is_unclaimed(sk))
		return ctx->hold;
	h = seal_serve_child(ctx->serve, sock_net(sk), &ctx);
	if (IS_ERR(h))
		return h;
	seal_hold_adopt(sk, ctx, h);
	if (sk->sk_state != TCP_CLOSE)
		seal_hold_begin(sk, h, NULL);
	return h;
}

/* As seal_hold_wait(), without the lock. */
static int wait_until_open(struct sock *sk, long timeo, u8 half)
{
	struct seal_hold *h;
	int err;

	lock_sock(sk);
	h = seal_hold_of(sk);
	err = IS_ERR(h) ? PTR_ERR(h) : seal_hold_wait(sk, h, timeo, half);
	release_sock(sk);
	return err;
}

static int held_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	int err;

	if (msg->msg_flags & MSG_FASTOPEN)
		return -EOPNOTSUPP;
	err = wait_until_open(sk, sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT), SEND_SHUTDOWN);
	if (err)
		return sk_stream_error(sk, msg->msg_flags, err);
	return READ_ONCE(sk->sk_prot)->sendmsg(sk, msg, len);
}

/* For users in the kernel, which have the lock: they come again. */
static int held_sendmsg_locked(struct sock *sk, struct msghdr *msg, size_t len)
{
	return -EAGAIN;
}

static int held_read_sock(struct sock *sk, read_descriptor_t *desc, sk_read_actor_t actor)
{
	return -EAGAIN;
}

static int held_read_skb(struct sock *sk, skb_read_actor_t actor)
{
	return -EAGAIN;
}

/* 0: go on; 1: end of file, which the program made itself. */
static int wait_to_read(struct sock *sk, bool nonblock)
{
	int err = wait_until_open(sk, sock_rcvtimeo(sk, nonblock), RCV_SHUTDOWN);

	return err == -EPIPE ? 1 : err;
}

static int held_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	int err;

	if (flags & MSG_ERRQUEUE)
		return compat_recvmsg(base_of(sk), sk, msg, len, flags);
	err = wait_to_read(sk, flags & MSG_DONTWAIT);
	if (err)
		return err < 0 ? err : 0;
	return compat_recvmsg(READ_ONCE(sk->sk_prot), sk, msg, len, flags);
}

static ssize_t held_splice_read(struct socket *sock, loff_t *ppos, struct pipe_inode_info *pipe,
				size_t len, unsigned int flags)
{
	bool nonblock = sock->file->f_flags & O_NONBLOCK || flags & SPLICE_F_NONBLOCK;
	int err = wait_to_read(sock->sk, nonblock);

	if (err)
		return err < 0 ? err : 0;
	return READ_ONCE(sock->ops)->splice_read(sock, ppos, pipe, len, flags);
}

static bool held_is_readable(struct sock *sk)
{
	return false;
}

static int held_inq(struct sock *sk)
{
	return 0;
}

static int held_peek_len(struct socket *sock)
{
	return 0;
}

static void held_splice_eof(struct socket *sock)
{
}

static __poll_t held_poll(struct file *file, struct socket *sock, struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	struct seal_hold *h;

	sock_poll_wait(file, sock, wait);
	if (unlikely(is_unclaimed(sk))) {
		lock_sock(sk);
		h = seal_hold_of(sk);
		release_sock(sk);
		if (IS_ERR(h))
			return EPOLLERR;
	}
	h = seal_ctx_seen(sk)->hold;
	switch (READ_ONCE(h->state)) {
	case SEAL_HOLD_OPEN:
		return READ_ONCE(sock->ops)->poll(file, sock, wait);
	case SEAL_HOLD_FAILED:
		return EPOLLERR | EPOLLHUP | EPOLLRDHUP | EPOLLIN | EPOLLRDNORM | EPOLLOUT |
		       EPOLLWRNORM;
	case SEAL_HOLD_ARMED:
		/* From here to "due" TCP's own answer would be a moment early. */
		if (READ_ONCE(sk->sk_state) == TCP_CLOSE)
			return seal_ctx(sk)->base_ops->poll(file, sock, NULL);
		return READ_ONCE(sk->sk_err) ? EPOLLERR : 0;
	default:
		return (h->shut & RCV_SHUTDOWN ? EPOLLIN | EPOLLRDNORM | EPOLLRDHUP : 0) |
		       (h->shut & SEND_SHUTDOWN ? EPOLLOUT | EPOLLWRNORM : 0) |
		       (h->shut == SHUTDOWN_MASK ? EPOLLHUP : 0);
	}
}

/* With the lock. What comes before TCP's connect(): 0: that; 1: TLS goes on; an error. */
static int connect_begin(struct socket *sock, struct seal_hold *h)
{
	struct sock *sk = sock->sk;
	int err;

	if (h->role->asked.role != SEALSOCK_ROLE_CONNECT)
		return -EINVAL;
	if (h->state == SEAL_HOLD_FAILED) {
		err = sock_error(sk);
		if (err)
			return err;
		/* Told already: from the beginning. */
		err = sk->sk_prot->disconnect(sk, 0);
		sock->state = err ? SS_DISCONNECTING : SS_UNCONNECTED;
		sock_error(sk);
		if (err)
			return err;
	}
	if (h->state != SEAL_HOLD_ARMED)
		return 1;
	return sock->state == SS_UNCONNECTED && !READ_ONCE(seal_holds_of(h)->helpers) ?
	       -ESRCH : 0;
}

/* With the lock, when TCP is connected: until TLS is up. @busy: what would wait answers. */
static int connect_end(struct socket *sock, struct seal_hold *h, long timeo, int busy)
{
	int err;

	/* It ends when TLS is up, for whoever calls connect() then. */
	if (sock->state == SS_CONNECTED && h->state != SEAL_HOLD_OPEN)
		sock->state = SS_CONNECTING;
	err = seal_hold_wait(sock->sk, h, timeo, 0);
	return err == -EAGAIN ? busy : err;
}

static int held_connect(struct socket *sock, compat_sockaddr *addr, int len, int flags)
{
	const struct proto_ops *base = base_ops_of(sock->sk);
	unsigned long start = jiffies;
	struct sock *sk = sock->sk;
	int err, busy = -EALREADY;
	struct seal_hold *h;
	long timeo;

	if (len >= (int)sizeof(addr->sa_family) && addr->sa_family == AF_UNSPEC)
		return base->connect(sock, addr, len, flags);
	lock_sock(sk);
	h = seal_hold_of(sk);
	err = IS_ERR(h) ? PTR_ERR(h) : connect_begin(sock, h);
	if (!err && sock->state == SS_UNCONNECTED)
		busy = -EINPROGRESS;
	release_sock(sk);
	if (!err)
		err = base->connect(sock, addr, len, flags) ? : 1;
	if (err < 0)
		return err;

	lock_sock(sk);
	timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
	if (timeo && timeo != MAX_SCHEDULE_TIMEOUT)
		timeo = max_t(long, timeo - (long)(jiffies - start), 1);
	err = connect_end(sock, h, timeo, busy);
	release_sock(sk);
	if (!err && sock->state == SS_CONNECTING)
		err = READ_ONCE(sock->ops)->connect(sock, addr, len, flags);
	return err;
}

static int held_listen(struct socket *sock, int backlog)
{
	return -EINVAL;
}

static int held_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	struct seal_hold *h;
	bool held;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	lock_sock(sk);
	h = seal_hold_of(sk);
	held = !IS_ERR(h) && seal_hold_is_held(h);
	if (held) {
		h->shut |= how + 1;
		h->state_change(sk);
	}
	release_sock(sk);
	if (IS_ERR(h))
		return PTR_ERR(h);
	if (held)
		return 0;
	return h->state == SEAL_HOLD_OPEN ? READ_ONCE(sock->ops)->shutdown(sock, how) :
					    base_ops_of(sk)->shutdown(sock, how);
}

/* With the lock, which TCP has. */
static int held_set_rcvlowat(struct sock *sk, int val)
{
	struct seal_hold *h = is_unclaimed(sk) ? NULL : seal_ctx(sk)->hold;

	if (!h || !seal_hold_is_held(h))
		return base_ops_of(sk)->set_rcvlowat(sk, val);
	h->rcvlowat = val ? : 1;
	return 0;
}

static bool is_nagle(int level, int optname)
{
	return level == SOL_TCP && (optname == TCP_CORK || optname == TCP_NODELAY);
}

/* What the program is to have when it is released. */
static int set_nagle(struct seal_hold *h, int optname, sockptr_t optval, unsigned int optlen)
{
	u8 bit = optname == TCP_CORK ? TCP_NAGLE_CORK : TCP_NAGLE_OFF;
	int on;

	if (optlen < sizeof(on))
		return -EINVAL;
	if (copy_from_sockptr(&on, optval, sizeof(on)))
		return -EFAULT;
	h->nonagle = on ? h->nonagle | bit : h->nonagle & ~bit;
	return 0;
}

static int held_setsockopt(struct sock *sk, int level, int optname, sockptr_t optval,
			   unsigned int optlen)
{
	struct seal_hold *h;
	int err;

	if (seal_hold_refuses(level, optname))
		return -EOPNOTSUPP;
	lock_sock(sk);
	h = seal_hold_of(sk);
	if (IS_ERR(h)) {
		err = PTR_ERR(h);
	} else if (level == SOL_TLS && h->state != SEAL_HOLD_OPEN) {
		/* Keys are the helper's to install. */
		err = optname == SEALSOCK_ROLE || optname == SEALSOCK_DEADLINE ?
		      seal_hold_setsockopt(sk, optname, optval, optlen) : -EBUSY;
	} else if (is_nagle(level, optname) && seal_hold_is_held(h)) {
		err = set_nagle(h, optname, optval, optlen);
	} else {
		release_sock(sk);
		return (h->state == SEAL_HOLD_OPEN ? READ_ONCE(sk->sk_prot) : base_of(sk))->
			setsockopt(sk, level, optname, optval, optlen);
	}
	release_sock(sk);
	return err;
}

static int held_getsockopt(struct sock *sk, int level, int optname, char __user *optval,
			   int __user *optlen)
{
	struct seal_hold *h;
	int len, on;

	if (seal_hold_refuses(level, optname))
		return -EOPNOTSUPP;
	lock_sock(sk);
	h = seal_hold_of(sk);
	on = IS_ERR(h) ? 0 : h->nonagle;
	release_sock(sk);
	if (IS_ERR(h))
		return PTR_ERR(h);
	if (is_nagle(level, optname) && seal_hold_is_held(h)) {
		on = !!(on & (optname == TCP_CORK ? TCP_NAGLE_CORK : TCP_NAGLE_OFF));
		if (get_user(len, optlen))
			return -EFAULT;
		return seal_put_answer(optval, optlen, len, &on, sizeof(on), true);
	}
	return seal_getsockopt(sk, level, optname, optval, optlen);
}

/* With the lock. */
static int held_disconnect(struct sock *sk, int flags)
{
	if (!is_unclaimed(sk))
		seal_hold_rearm(sk, seal_ctx(sk)->hold);
	return base_of(sk)->disconnect(sk, flags);
}

/* Nothing of ours may run after TCP's close(), as in seal_close(). */
static void held_close(struct sock *sk, long timeout)
{
	struct proto *base;

	lock_sock(sk);
	base = base_of(sk);
	/* The context of a listener stays until TCP has let go of the socket. */
	if (!is_unclaimed(sk)) {
		SEAL_DEC(sk, CURRATTACHED);
		trace_sealsock_close(sk);
		seal_ctx_detach(sk);
	}
	release_sock(sk);
	base->close(sk, timeout);
}

/*
 * A listener without the ULP may have been given a connection of one that has it.
 * Its accept() lets go of the lock here, before its program has the socket. Where that is
 * kernel_accept(), TCP's operations are put over ours when it is done: by then it has ended.
 */
static void held_release_cb(struct sock *sk)
{
	const struct proto_ops *ops = &seal_tables_of(sk)->held_ops;
	struct socket *sock = sk->sk_socket;

	base_of(sk)->release_cb(sk);
	if (likely(!sock || sock->ops == ops) || seal_hold_parked(sock))
		return;
	if (sock->ops) {
		seal_ops_set(sock, ops);
	} else {
		base_of(sk)->disconnect(sk, 0);
		WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	}
}

COMPAT_SENDPAGE(held_sendpage, held_sendmsg)
COMPAT_SENDPAGE(held_sendpage_locked, held_sendmsg_locked)
COMPAT_RECVMSG(held_recv, held_recvmsg)
COMPAT_IOCTL(held_ioctl, base_of, SIOCINQ, held_inq)

void seal_hold_build(struct seal_tables *t, const struct proto *base,
		     const struct proto_ops *base_ops)
{
	struct proto *prot = &t->held;
	struct proto_ops *ops = &t->held_ops;

	*prot = *base;
	prot->close = held_close;
	prot->disconnect = held_disconnect;
	prot->sendmsg = held_sendmsg;
	prot->splice_eof = held_splice_eof;
	prot->recvmsg = held_recv;
	prot->ioctl = held_ioctl;
	prot->setsockopt = held_setsockopt;
	prot->getsockopt = held_getsockopt;
	prot->sock_is_readable = held_is_readable;
	prot->release_cb = held_release_cb;

	*ops = *base_ops;
	ops->owner = THIS_MODULE;
	ops->connect = held_connect;
	ops->listen = held_listen;
	ops->poll = held_poll;
	ops->shutdown = held_shutdown;
	ops->splice_read = held_splice_read;
	ops->read_sock = held_read_sock;
	ops->read_skb = held_read_skb;
	ops->sendmsg_locked = held_sendmsg_locked;
	ops->peek_len = held_peek_len;
	ops->set_rcvlowat = held_set_rcvlowat;
	compat_set_sendpage(prot, ops, held_sendpage, held_sendpage_locked);
	seal_serve_build(&t->serve_ops, base_ops);
}
