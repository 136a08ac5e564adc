// SPDX-License-Identifier: GPL-2.0-only
/*
 * A place in TCP's receive queue. The queue is walked by sequence number and
 * never changed; what was opened is taken off it afterwards, in one go.
 */
#include <net/tcp.h>

#include "rx.h"

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
	bool moved = cur->moved;

	if (cur->done)
		tcp_read_done(sk, cur->done);
	seal_cursor_init(sk, cur);
	if (moved)
		seal_rx_update(sk, rx);
}

/* Has cur->skb be the buffer that has byte @seq, and *@off where in it. */
static bool find(struct sock *sk, struct seal_cursor *cur, u32 seq, u32 *off)
{
	struct sk_buff *skb = cur->skb ?: skb_peek(&sk->sk_receive_queue);

	for (; skb; skb = skb_peek_next(skb, &sk->sk_receive_queue)) {
		*off = seq - TCP_SKB_CB(skb)->seq;
		if (*off >= skb->len)
			continue;
		if (skb != cur->skb) {
			cur->skb = skb;
			cur->part = skb;
			cur->frag = -1;
			cur->base = 0;
		}
		return true;
	}
	return false;
}

/* To the next piece of cur->skb: what is linear, fragments, then the same of a list's buffers. */
static bool next_piece(struct seal_cursor *cur)
{
	if (++cur->frag < skb_shinfo(cur->part)->nr_frags)
		return true;

	cur->part = cur->part == cur->skb ? skb_shinfo(cur->skb)->frag_list : cur->part->next;
	cur->frag = -1;
	return cur->part && !skb_has_frag_list(cur->part);
}

static u32 piece_len(const struct seal_cursor *cur)
{
	return cur->frag < 0 ? skb_headlen(cur->part) :
			       skb_frag_size(&skb_shinfo(cur->part)->frags[cur->frag]);
}

static const u8 *piece(const struct seal_cursor *cur)
{
	return cur->frag < 0 ? cur->part->data :
			       skb_frag_address_safe(&skb_shinfo(cur->part)->frags[cur->frag]);
}

/*
 * Where byte @seq of cur->skb, at @off in it, lies in one piece with what
 * follows; cuts *@len to that. NULL: in a place that only the kernel's own
 * walk of a buffer finds.
 */
static const u8 *piece_at(struct seal_cursor *cur, u32 off, u32 *len)
{
	const u8 *at;
	u32 n;

	if (!cur->part)
		return NULL;
	if (off < cur->base) {
		cur->part = cur->skb;
		cur->frag = -1;
		cur->base = 0;
	}
	while (off - cur->base >= (n = piece_len(cur))) {
		cur->base += n;
		if (!next_piece(cur)) {
			cur->part = NULL;
			return NULL;
		}
	}
	at = piece(cur);
	if (!at)
		return NULL;
	off -= cur->base;
	*len = min(*len, n - off);
	return at + off;
}

/*
 * seal_cursor_piece - bytes that have arrived and lie in one piece
 * @seq: of the first, at or behind the cursor
 * @len: how many are wanted; how many there are
 *
 * Moves the cursor's place in the queue there: for a copy of the cursor.
 * NULL: they are not where the sequence numbers say, or in a place that
 * seal_cursor_copy() must get them from.
 */
const u8 *seal_cursor_piece(struct sock *sk, struct seal_cursor *cur, u32 seq, u32 *len)
{
	u32 off;

	return find(sk, cur, seq, &off) ? piece_at(cur, off, len) : NULL;
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

		if (!find(sk, &ahead, seq, &off))
			return -EFAULT;
		n = min(len, ahead.skb->len - off);
		at = piece_at(&ahead, off, &n);
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
