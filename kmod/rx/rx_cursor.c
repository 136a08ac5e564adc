// SPDX-License-Identifier: GPL-2.0-only
/*
 * A place in TCP's receive queue. The queue is walked by sequence number and
 * never changed; what was opened is taken off it afterwards, in one go.
 */
#include "hooks.h"
#include "rx/rx_cursor.h"

/* Sets the cursor to the first byte that nobody has read. */
void seal_cursor_init(struct sock *sk, struct seal_cursor *cur)
{
	cur->seq = tcp_sk(sk)->copied_seq;
	cur->done = 0;
	cur->moved = false;
	cur->skb = NULL;
}

/*
 * Takes what lies before the cursor off the queue, opens TCP's window, and
 * has poll know what is at the head now. The cursor stays where it is in the
 * stream.
 */
void seal_cursor_commit(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur)
{
	/* A buffer with something left stays in the queue. */
	bool stays = cur->skb && cur->seq - TCP_SKB_CB(cur->skb)->seq < cur->skb->len;
	struct sk_buff *skb = stays ? cur->skb : NULL;
	bool moved = cur->moved;

	if (cur->done)
		tcp_read_done(sk, cur->done);
	seal_cursor_init(sk, cur);
	cur->skb = skb;
	if (!moved)
		return;
	seal_rx_update(sk, rx, cur);
	if (unlikely(seal_ctx(sk)->managed))
		seal_managed_settle(sk);
}

/*
 * Copies @len bytes that have arrived, from @skip behind the cursor.
 * -EFAULT: they are not where the sequence numbers say.
 */
int seal_cursor_copy(struct sock *sk, struct seal_cursor *cur, u32 skip, void *to, u32 len)
{
	struct seal_cursor ahead = *cur;
	u32 seq = cur->seq + skip;

	while (len) {
		const u8 *at;
		u32 off, n;

		if (!seal_cursor_find(sk, &ahead, seq, &off))
			return -EFAULT;
		n = min(len, ahead.skb->len - off);
		at = seal_cursor_piece(&ahead, off, &n);
		if (at)
			memcpy(to, at, n);
		else if (skb_copy_bits(ahead.skb, off, to, n))
			return -EFAULT;
		/* What comes next is looked for from here on. */
		if (seq == cur->seq)
			*cur = ahead;
		to += n;
		seq += n;
		len -= n;
	}
	return 0;
}
