// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers that take pages: splice() out of the socket, and kernel users of
 * read_sock(). Both see application data only.
 */
#include <linux/err.h>
#include <linux/skbuff.h>
#include <linux/splice.h>
#include <net/tcp.h>

#include "rx/rx.h"

/* The first unread record, opened if need be. NULL: end of file. */
static struct seal_plain *first_record(struct sock *sk, struct seal_rx *rx,
				       struct seal_cursor *cur, struct seal_idle *idle,
				       long *timeo, bool copied)
{
	struct seal_plain *plain;
	int ret;

	for (;;) {
		plain = seal_plain_first(rx);
		if (plain)
			return plain;
		ret = seal_rx_wait(sk, rx, cur, timeo, copied, 1);
		if (ret == SEAL_RX_RECORD)
			ret = seal_rx_open(sk, rx, cur, NULL, &plain) ?: SEAL_RX_CHANGED;
		if (ret == SEAL_RX_CHANGED && !seal_plain_first(rx))
			ret = seal_rx_idle(sk, idle, *timeo);
		if (ret != SEAL_RX_CHANGED)
			return ret < 0 ? ERR_PTR(ret) : NULL;
	}
}

/* A buffer that shares the first @len unread bytes of @plain. */
static struct sk_buff *share(struct sock *sk, struct seal_plain *plain, u32 len)
{
	struct sk_buff *skb = alloc_skb(0, sk->sk_allocation);

	if (!skb)
		return NULL;
	get_page(plain->page);
	skb_fill_page_desc(skb, 0, plain->page, plain->off, len);
	skb->len = len;
	skb->data_len = len;
	skb->truesize += len;
	plain->shared = true;
	return skb;
}

static ssize_t splice_locked(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
			     struct seal_idle *idle, struct pipe_inode_info *pipe, size_t len,
			     unsigned int flags, long timeo)
{
	struct seal_plain *plain;
	struct sk_buff *skb;
	ssize_t ret;

	plain = first_record(sk, rx, cur, idle, &timeo, false);
	if (IS_ERR_OR_NULL(plain))
		return PTR_ERR_OR_ZERO(plain);
	if (plain->type != SEAL_TYPE_DATA)
		return -EINVAL;

	skb = share(sk, plain, min_t(size_t, plain->len, len));
	if (!skb)
		return -ENOMEM;
	ret = skb_splice_bits(skb, sk, 0, pipe, skb->len, flags);
	if (ret > 0)
		seal_plain_consume(sk, rx, plain, ret);
	consume_skb(skb);
	return ret;
}

/* proto_ops.splice_read */
ssize_t seal_rx_splice_read(struct socket *sock, loff_t *ppos, struct pipe_inode_info *pipe,
			    size_t len, unsigned int flags)
{
	struct sock *sk = sock->sk;
	struct seal_rx *rx = seal_ctx_seen(sk)->rx;
	bool nonblock = (flags & SPLICE_F_NONBLOCK) || (sock->file->f_flags & O_NONBLOCK);
	struct seal_idle idle = SEAL_IDLE_START;
	struct seal_cursor cur;
	ssize_t ret;

	lock_sock(sk);
	seal_cursor_init(sk, &cur);
	ret = splice_locked(sk, rx, &cur, &idle, pipe, len, flags, sock_rcvtimeo(sk, nonblock));
	seal_rx_leave(sk, rx, &cur, &idle);
	seal_plain_settle(sk, rx);
	release_sock(sk);
	return ret;
}

/* Gives one record to @actor. The bytes it took, 0 if it stalls, or an error. */
static int act(struct sock *sk, struct seal_rx *rx, struct seal_plain *plain,
	       read_descriptor_t *desc, sk_read_actor_t actor)
{
	struct sk_buff *skb;
	int used;

	skb = share(sk, plain, plain->len);
	if (!skb)
		return -ENOMEM;
	used = actor(desc, skb, 0, plain->len);
	consume_skb(skb);
	if (used > 0)
		seal_plain_consume(sk, rx, plain, used);
	return used;
}

/*
 * proto_ops.read_sock: the caller holds the socket lock. Does not wait for
 * records, but opening them may sleep. In softirq, where nobody owns the lock,
 * nothing is read: -ENOMEM in @desc is what has strparser, and so KCM, come back
 * in process context. They look nowhere else, so memory that is short is told
 * there as well.
 */
int seal_rx_read_sock(struct sock *sk, read_descriptor_t *desc, sk_read_actor_t actor)
{
	struct seal_rx *rx = seal_ctx(sk)->rx;
	struct seal_idle idle = SEAL_IDLE_START;
	struct seal_cursor cur;
	int copied = 0, ret = 0;
	long timeo = 0;

	if (!sock_owned_by_user_nocheck(sk)) {
		desc->error = -ENOMEM;
		return -EAGAIN;
	}
	seal_cursor_init(sk, &cur);
	while (desc->count) {
		struct seal_plain *plain = first_record(sk, rx, &cur, &idle, &timeo,
							 copied);

		if (IS_ERR_OR_NULL(plain)) {
			ret = PTR_ERR_OR_ZERO(plain);
			break;
		}
		if (plain->type != SEAL_TYPE_DATA) {
			ret = -EINVAL;
			break;
		}
		ret = act(sk, rx, plain, desc, actor);
		if (ret <= 0)
			break;
		copied += ret;
	}
	seal_rx_leave(sk, rx, &cur, &idle);
	seal_plain_settle(sk, rx);
	if (ret == -ENOMEM)
		desc->error = ret;
	return copied ? copied : ret;
}

/*
 * proto_ops.peek_len: strparser reads when there may be as much as it lacks of
 * a message. What a record holds shows when it is opened.
 */
int seal_rx_peek_len(struct socket *sock)
{
	struct sock *sk = sock->sk;

	return READ_ONCE(seal_ctx_seen(sk)->rx->starved) || seal_rx_is_readable(sk) ? INT_MAX : 0;
}
