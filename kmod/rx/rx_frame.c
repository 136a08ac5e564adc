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

/* Reads the header at the cursor, all of it being there. */
static int read_header(struct sock *sk, const struct seal_rx *rx, struct seal_cursor *cur,
		       struct seal_header *head)
{
	const u8 *at = NULL;
	u8 bytes[SEAL_HEADER];
	u32 off, len = SEAL_HEADER;
	int err;

	if (seal_cursor_find(sk, cur, cur->seq, &off))
		at = seal_cursor_piece(cur, off, &len);
	if (at && len == SEAL_HEADER) {
		memcpy(bytes, at, SEAL_HEADER);
	} else {
		err = seal_cursor_copy(sk, cur, 0, bytes, SEAL_HEADER);
		if (err)
			return err;
	}
	/* The compiler must not go back to where somebody may be writing. */
	barrier();
	return seal_frame_parse(&rx->key->shape, bytes, head);
}

/*
 * seal_rx_head - look at the record at the cursor, the first that is not open
 *
 * 1: it is there as a whole, rx->head is its header. 0: not yet. An error of
 * seal_frame_parse(), which is kept: no record follows. Takes no memory.
 */
int seal_rx_head(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur)
{
	u32 have = available(sk, cur->seq);
	int err;

	if (rx->error)
		return rx->error;
	if (!rx->head.length) {
		if (seal_part_used(&rx->part) || have < SEAL_HEADER)
			return 0;
		err = read_header(sk, rx, cur, &rx->head);
		if (err) {
			frame_error(sk, rx, err);
			return err;
		}
	}
	if (seal_part_used(&rx->part))
		return rx->part.have == rx->head.length;
	return have >= SEAL_HEADER + rx->head.length;
}

/*
 * seal_rx_look - look at a record behind the first that is not open
 *
 * True: it is there as a whole, @head its header as it is now. Nothing is kept:
 * the header is read again when its turn comes, and may be another then.
 */
bool seal_rx_look(struct sock *sk, const struct seal_rx *rx, struct seal_cursor *cur,
		  struct seal_header *head)
{
	u32 have = available(sk, cur->seq);

	return have >= SEAL_HEADER && !read_header(sk, rx, cur, head) &&
	       have >= SEAL_HEADER + head->length;
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
	bool starved = false;
	int ret;

	ret = seal_rx_head(sk, rx, cur);
	if (!ret) {
		u32 have = available(sk, cur->seq);

		/* rx->head.length is 0 where the header is not there. */
		if (seal_part_used(&rx->part))
			starved = have;
		else if (have)
			starved = window_too_small(sk, SEAL_HEADER + rx->head.length);
	}
	WRITE_ONCE(rx->ready, ret > 0);
	WRITE_ONCE(rx->starved, starved);
	seal_rx_lift(sk, rx);
}

/* What follows a header at most: plaintext, padding, nonce and tag. */
#define LONGEST		(SEAL_MAX_PLAINTEXT + SEAL_MAX_BLOCKS + 64)

/* Memory for @size bytes behind a header. */
static bool part_new(struct sock *sk, struct seal_part *part, u32 size)
{
	unsigned int order = get_order(size);
	struct page *page;

	/* Not to sk_rmem_alloc: the window would stay closed. */
	if (!__sk_rmem_schedule(sk, PAGE_SIZE << order, false))
		return false;
	page = alloc_pages(sk->sk_allocation | __GFP_COMP, order);
	if (!page)
		return false;
	sk_mem_charge(sk, PAGE_SIZE << order);
	part->page = page;
	part->size = size;
	return true;
}

/* Room for any record, before a header of it is there. */
bool seal_part_longest(struct sock *sk, struct seal_part *part)
{
	return part_new(sk, part, LONGEST);
}

void seal_part_free(struct sock *sk, struct seal_part *part)
{
	if (part->page) {
		sk_mem_uncharge(sk, page_size(part->page));
		put_page(part->page);
	}
	memset(part, 0, sizeof(*part));
}

/* Bytes at the cursor are in our memory, or known: they may go off the queue. */
static void taken(struct seal_cursor *cur, u32 n)
{
	cur->seq += n;
	cur->done += n;
	cur->moved = true;
	cur->skb = NULL;
}

/* How many of @len bytes the header lacks, to be copied to part->header. */
static u32 header_lacks(const struct seal_part *part, u32 len)
{
	return min_t(u32, len, SEAL_HEADER - part->headed);
}

/* @n bytes more of the header are in part->header: reads it if that is all of it. */
static int header_grows(struct sock *sk, struct seal_rx *rx, u32 n)
{
	struct seal_part *part = &rx->part;
	int err;

	part->headed += n;
	if (part->headed < SEAL_HEADER)
		return 0;
	err = seal_frame_parse(&rx->key->shape, part->header, &rx->head);
	if (err)
		frame_error(sk, rx, err);
	return err;
}

/* A header that arrives in pieces which TCP has no room to keep. */
static int take_header(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur, u32 len)
{
	u32 n = header_lacks(&rx->part, len);
	int err;

	err = seal_cursor_copy(sk, cur, 0, rx->part.header + rx->part.headed, n);
	if (err)
		return err;
	taken(cur, n);
	return header_grows(sk, rx, n);
}

/* How many of @len bytes the record lacks, and its memory has room for. */
static u32 body_lacks(const struct seal_rx *rx, u32 len)
{
	const struct seal_part *part = &rx->part;

	return min3(len, rx->head.length - part->have, part->size - part->have);
}

/*
 * seal_rx_take_part - copy what is there of a record to rx->part
 * @len: bytes that have arrived; those behind the record are left alone
 *
 * Moves the cursor behind what was copied. What has been read of the header is
 * not read again, and the memory is as large as that said. -ENOMEM, or the
 * error of the header.
 */
int seal_rx_take_part(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur, u32 len)
{
	struct seal_part *part = &rx->part;
	u32 start = cur->seq, n;
	int err;

	if (!seal_part_used(part)) {
		err = seal_rx_head(sk, rx, cur);
		if (err < 0)
			return err;
	}
	if (!rx->head.length) {
		err = take_header(sk, rx, cur, len);
		if (err || !rx->head.length)
			return err;
	}
	if (!part->page) {
		if (!part_new(sk, part, rx->head.length))
			return -ENOMEM;
		SEAL_INC(sk, RXCOPIED);
	}
	if (!seal_part_used(part)) {
		part->headed = SEAL_HEADER;
		taken(cur, SEAL_HEADER);
	}

	n = body_lacks(rx, len - (cur->seq - start));
	err = seal_cursor_copy(sk, cur, 0, page_address(part->page) + part->have, n);
	if (err)
		return err;
	part->have += n;
	taken(cur, n);
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
	u32 used, n;

	part->have = 0;
	part->headed = 0;
	used = header_lacks(part, len);
	memcpy(part->header, bytes, used);
	if (header_grows(sk, rx, used))
		return len;
	if (!rx->head.length)
		return used;

	n = body_lacks(rx, len - used);
	memcpy(page_address(part->page), bytes + used, n);
	part->have = n;
	return used + n;
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
	struct seal_rx *rx = seal_ctx(sk)->rx;
	struct seal_cursor cur __uninitialized;

	/* An urgent byte is a byte of the stream like any other. */
	sock_set_flag(sk, SOCK_URGINLINE);
	seal_cursor_init(sk, &cur);
	seal_rx_update(sk, rx, &cur);
	if (rx->ready || rx->starved || rx->error)
		seal_rx_wake(sk);
}

/* sk->sk_data_ready, in softirq or under the socket lock. */
void seal_rx_data_ready(struct sock *sk)
{
	struct seal_rx *rx = seal_ctx(sk)->rx;
	struct seal_cursor cur __uninitialized;

	seal_cursor_init(sk, &cur);
	seal_rx_update(sk, rx, &cur);
	if (rx->ready || rx->starved || rx->error || sk->sk_err ||
	    (sk->sk_shutdown & RCV_SHUTDOWN) || sock_flag(sk, SOCK_DONE))
		seal_rx_wake(sk);
}
