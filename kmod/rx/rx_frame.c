// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole records in TCP's receive queue. In softirq nothing is done but
 * looking at a header.
 */
#include <linux/mm.h>

#include "rx/rx_cursor.h"
#include "seen/mib.h"
#include "seen/trace.h"

/* Bytes of the stream that have arrived from @seq on, FIN not counted. */
static u32 available(const struct sock *sk, u32 seq)
{
	s32 n = READ_ONCE(tcp_sk(sk)->rcv_nxt) - seq;

	if (n > 0 && sock_flag(sk, SOCK_DONE))
		n--;
	return max(n, 0);
}

static void frame_error(struct sock *sk, struct seal_rx *rx, int err)
{
	rx->error = err;
	SEAL_INC(sk, RXFRAMEERROR);
	trace_sealsock_fail(sk, false, err);
}

/* Reads the header at the cursor, all of it being there, to rx->head. */
static int read_header(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur)
{
	const u8 *at = NULL;
	u8 bytes[SEAL_HEADER];
	u32 off, len = SEAL_HEADER;
	int err = 0;

	if (seal_cursor_find(sk, cur, cur->seq, &off))
		at = seal_cursor_piece(cur, off, &len);
	if (!at || len < SEAL_HEADER) {
		err = seal_cursor_copy(sk, cur, 0, bytes, SEAL_HEADER);
		at = bytes;
	}
	if (!err)
		err = seal_frame_parse(&rx->key->shape, at, &rx->head);
	rx->head_seq = cur->seq;
	return err;
}

/*
 * seal_rx_head - look at the record at the cursor
 *
 * 1: it is there as a whole, @head is its header. 0: not yet. An error of
 * seal_frame_parse(), which is kept: no record follows. Takes no memory.
 */
int seal_rx_head(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		 struct seal_header *head)
{
	u32 have = available(sk, cur->seq);
	int err;

	if (rx->error)
		return rx->error;
	if (rx->part.page) {
		if (rx->part.have < SEAL_HEADER)
			return 0;
		err = seal_frame_parse(&rx->key->shape, page_address(rx->part.page), head);
		return err ? err : rx->part.have == rx->part.want;
	}

	if (have < SEAL_HEADER)
		return 0;
	if (rx->head_seq != cur->seq || !rx->head.length) {
		err = read_header(sk, rx, cur);
		if (err) {
			frame_error(sk, rx, err);
			return err;
		}
	}
	*head = rx->head;
	return have >= SEAL_HEADER + head->length;
}

/* TCP has no room for the rest of a record of @len bytes. */
static bool window_too_small(const struct sock *sk, u32 len)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return tcp_rmem_pressure(sk) ||
	       available(sk, tp->copied_seq) + tcp_receive_window(tp) < len;
}

/*
 * seal_rx_update - what poll may say, after the head of the stream has moved
 * @cur: at the head
 *
 * Called in softirq, or with the socket locked and nothing opened that is
 * still on the queue.
 */
void seal_rx_update(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur)
{
	struct seal_header head;
	bool starved = false;
	int ret;

	ret = seal_rx_head(sk, rx, cur, &head);
	if (!ret) {
		u32 have = available(sk, cur->seq);

		if (rx->part.page)
			starved = have;
		else if (have >= SEAL_HEADER)
			starved = window_too_small(sk, SEAL_HEADER + head.length);
		else if (have)
			starved = window_too_small(sk, SEAL_HEADER);
	}
	WRITE_ONCE(rx->ready, ret > 0);
	WRITE_ONCE(rx->starved, starved);
}

/* What follows a header at most: plaintext, padding, nonce and tag. */
#define LONGEST		(SEAL_MAX_PLAINTEXT + SEAL_MAX_BLOCKS + 64)

static bool part_new(struct sock *sk, struct seal_part *part, u32 len)
{
	unsigned int order = get_order(len);
	struct page *page;

	/* Not to sk_rmem_alloc: the window would stay closed. */
	if (!__sk_rmem_schedule(sk, PAGE_SIZE << order, false))
		return false;
	page = alloc_pages(sk->sk_allocation | __GFP_COMP, order);
	if (!page)
		return false;
	sk_mem_charge(sk, PAGE_SIZE << order);
	*part = (struct seal_part){ .page = page, .want = len };
	return true;
}

/* Room for any record, before a header of it is there. */
bool seal_part_longest(struct sock *sk, struct seal_part *part)
{
	return part_new(sk, part, SEAL_HEADER + LONGEST);
}

void seal_part_free(struct sock *sk, struct seal_part *part)
{
	if (!part->page)
		return;
	sk_mem_uncharge(sk, page_size(part->page));
	put_page(part->page);
	memset(part, 0, sizeof(*part));
}

/* The header is there: how much follows. */
static int part_extend(struct sock *sk, struct seal_rx *rx)
{
	struct seal_part *part = &rx->part;
	struct seal_header head;
	int err;

	err = seal_frame_parse(&rx->key->shape, page_address(part->page), &head);
	if (err)
		frame_error(sk, rx, err);
	else
		part->want = SEAL_HEADER + head.length;
	return err;
}

/*
 * seal_rx_take_part - copy what is there of a record to rx->part
 * @len: bytes that have arrived; those behind the record are left alone
 *
 * The first call for a record makes room for all of it, or for the longest
 * while not even its header is there. Moves the cursor behind what was copied.
 * -ENOMEM, or the error of the header.
 */
int seal_rx_take_part(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur, u32 len)
{
	struct seal_header head = { .length = LONGEST };
	struct seal_part *part = &rx->part;
	int err;

	if (!part->page) {
		err = seal_rx_head(sk, rx, cur, &head);
		if (err < 0)
			return err;
		if (!part_new(sk, part, SEAL_HEADER + head.length))
			return -ENOMEM;
		part->want = SEAL_HEADER;
		SEAL_INC(sk, RXCOPIED);
	}

	while (len && part->have < part->want) {
		u32 n = min(len, part->want - part->have);

		err = seal_cursor_copy(sk, cur, 0, page_address(part->page) + part->have, n);
		if (err)
			return err;
		part->have += n;
		len -= n;
		cur->seq += n;
		cur->done += n;
		cur->moved = true;
		cur->skb = NULL;
		if (part->have == SEAL_HEADER && part_extend(sk, rx))
			return rx->error;
	}
	return 0;
}

/*
 * seal_rx_feed - begin rx->part, which has room, with @bytes that are not TCP's
 *
 * Takes no more than one record. What is missing of it comes from TCP. Returns
 * the number of bytes taken, all of them where a header is out of bounds.
 */
u32 seal_rx_feed(struct sock *sk, struct seal_rx *rx, const u8 *bytes, u32 len)
{
	struct seal_part *part = &rx->part;
	u32 used = 0;

	part->have = 0;
	part->want = SEAL_HEADER;
	while (used < len && part->have < part->want) {
		u32 n = min(len - used, part->want - part->have);

		memcpy(page_address(part->page) + part->have, bytes + used, n);
		part->have += n;
		used += n;
		if (part->have == SEAL_HEADER && part_extend(sk, rx))
			return len;
	}
	return used;
}

/*
 * seal_rx_gather - let TCP go on where a record exceeds its window
 *
 * Copies what has arrived of the record and takes it off the queue. Process
 * context, socket locked. 0, or -ENOMEM: try again later.
 */
int seal_rx_gather(struct sock *sk, struct seal_rx *rx)
{
	struct seal_cursor cur;
	int err;

	seal_cursor_init(sk, &cur);
	err = seal_rx_take_part(sk, rx, &cur, available(sk, cur.seq));
	seal_cursor_commit(sk, rx, &cur);
	return err;
}

/*
 * seal_rx_start - after a key was installed
 *
 * What is in the queue already is framed now, and pollers hear of it.
 */
void seal_rx_start(struct sock *sk)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_rx *rx = ctx->rx;
	struct seal_cursor cur;

	/* An urgent byte is a byte of the stream like any other. */
	sock_set_flag(sk, SOCK_URGINLINE);
	seal_cursor_init(sk, &cur);
	seal_rx_update(sk, rx, &cur);
	if (rx->ready || rx->starved || rx->error)
		ctx->data_ready(sk);
}

/* sk->sk_data_ready, in softirq or under the socket lock. */
void seal_rx_data_ready(struct sock *sk)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_rx *rx = ctx->rx;
	struct seal_cursor cur;

	seal_cursor_init(sk, &cur);
	seal_rx_update(sk, rx, &cur);
	if (rx->ready || rx->starved || rx->error || sk->sk_err ||
	    (sk->sk_shutdown & RCV_SHUTDOWN) || sock_flag(sk, SOCK_DONE))
		ctx->data_ready(sk);
}
