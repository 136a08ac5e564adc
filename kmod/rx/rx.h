/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The room rx/: from TCP to a reader. It sees the files beside it in kmod/, seen/ and below.
 *
 * The receiving half: whole records are found in TCP's receive queue, opened
 * out of place, into the reader's memory or into pages of ours, and only then
 * taken off the queue. Received ciphertext is never written to, and others may
 * still write to it: what decides something, as a header does, is read once, to
 * memory of ours, and ciphertext that others may write to is copied first.
 */
#ifndef SEAL_RX_H
#define SEAL_RX_H

#include <linux/list.h>
#include <linux/net.h>
#include <linux/poll.h>

#include "ctx.h"
#include "keys.h"
#include "scratch.h"

/**
 * struct seal_plain - an opened record, or what of it is still unread
 * @node: in seal_rx.plain
 * @page: holds it, with a reference
 * @start: where its memory begins in @page
 * @size: of that memory
 * @off: of the first unread byte
 * @len: bytes still unread
 * @charged: bytes charged to the socket
 * @type: content type
 * @shared: others hold references on the memory
 */
struct seal_plain {
	struct list_head node;
	struct page *page;
	u32 start;
	u32 size;
	u32 off;
	u32 len;
	u32 charged;
	u8 type;
	bool shared;
};

/**
 * struct seal_stale - where plaintext was that has been given back to the fragment
 * @page: of the fragment, without a reference; NULL: there is none
 * @start: where in it
 * @len: bytes
 */
struct seal_stale {
	struct page *page;
	u32 start;
	u32 len;
};

/**
 * struct seal_part - a record too large for the receive window, copied as it arrives
 * @page: for what follows the header; NULL: there is no memory for it yet
 * @size: bytes that @page has room for
 * @have: bytes in @page
 * @headed: bytes of the header that were taken off the queue; 0: there is no such record
 * @header: those of them that arrived before the header was whole
 */
struct seal_part {
	struct page *page;
	u32 size;
	u32 have;
	u8 headed;
	u8 header[SEAL_HEADER];
};

/**
 * struct seal_rx - the receiving half of a socket
 * @key: opens; replaced by a key update
 * @state: what may come next
 * @error: why no further record can be framed or opened, 0 if they can
 * @told: a framing error has been reported to a reader
 * @ready: a whole record is at the head of the stream. Written in softirq as
 *	well; read without the lock by poll
 * @starved: the window is full and the record at the head still incomplete.
 *	Likewise
 * @plain: opened records, in order
 * @stale, @part: see there
 * @skip: full records to be opened in our memory before the reader's is tried
 *	again, since the last try met padding or a control record
 * @miss: how often that has happened, the power of two that @skip starts at
 * @waiters: readers asleep for fewer bytes than SO_RCVLOWAT
 * @lifted: TCP's SO_RCVLOWAT is 1 meanwhile
 * @lowat: what the user has set it to, if so
 * @generation: keys installed so far
 * @messages: in compatible mode, where the peer's handshake messages stand
 * @head: header of the first record that is not open, read once; length 0: not read yet
 * @records: opened so far
 * @bytes: of content in them
 */
struct seal_rx {
	struct seal_key *key;
	enum seal_dir_state state;
	int error;
	bool told;
	bool ready;
	bool starved;
	u8 miss;
	u16 skip;
	u16 generation;
	u32 waiters;
	bool lifted;
	int lowat;
	struct list_head plain;
	struct seal_stale stale;
	struct seal_part part;
	struct seal_messages messages;
	struct seal_header head;
	u64 records;
	u64 bytes;
};

/* Pages of a reader's memory that are pinned at a time: of 64 KiB, wherever they begin. */
#define SEAL_PINS	17

/**
 * struct seal_reader - the memory of whoever reads, for records to be opened straight into
 * @iter: where the next byte goes; over memory of a user
 * @ahead: bytes that may go there in this call, from there on
 * @addr: of page[0], in the user's memory
 * @count: of @page
 * @dirty: of these, from the first on, have been given out to be written to
 * @page: pinned, until seal_reader_release(): whatever fork() copies, they stay the reader's
 */
struct seal_reader {
	struct iov_iter *iter;
	size_t ahead;
	unsigned long addr;
	unsigned int count;
	unsigned int dirty;
	struct page *page[SEAL_PINS];
};

/**
 * struct seal_cursor - a place in TCP's receive queue
 * @seq: TCP sequence number of the next byte
 * @done: bytes between TCP's copied_seq and @seq
 * @moved: the head of the stream is not where seal_rx_update() last saw it
 * @skb: a buffer from where to look for it, most often its own; NULL: none yet
 * @part: @skb or a buffer of its list; NULL: its pieces are not known
 * @frag: fragment of @part, -1: what is linear
 * @base: where in @skb this piece begins
 * @size: its bytes
 *
 * Valid while the socket lock is held and nothing is taken off the queue, but
 * by seal_cursor_commit().
 */
struct seal_cursor {
	u32 seq;
	u32 done;
	bool moved;
	struct sk_buff *skb;
	const struct sk_buff *part;
	int frag;
	u32 base;
	u32 size;
};

/* rx_cursor.c */
void seal_cursor_init(struct sock *sk, struct seal_cursor *cur);
void seal_cursor_commit(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur);
int seal_cursor_copy(struct sock *sk, struct seal_cursor *cur, u32 skip, void *to, u32 len);

static inline bool seal_part_used(const struct seal_part *part)
{
	return part->headed;
}

/* rx_frame.c */
int seal_rx_head(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur);
bool seal_rx_look(struct sock *sk, const struct seal_rx *rx, struct seal_cursor *cur,
		  struct seal_header *head);
void seal_rx_update(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur);
int seal_rx_gather(struct sock *sk, struct seal_rx *rx);
int seal_rx_take_part(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur, u32 len);
bool seal_part_longest(struct sock *sk, struct seal_part *part);
u32 seal_rx_feed(struct sock *sk, struct seal_rx *rx, const u8 *bytes, u32 len);
void seal_part_free(struct sock *sk, struct seal_part *part);
void seal_rx_start(struct sock *sk);
void seal_rx_data_ready(struct sock *sk);

/* rx_wake.c */
int seal_wake_init(void);
void seal_rx_wake(struct sock *sk);

/*
 * Is the whole record at the head data? TLS 1.2 shows the type. Whether there is
 * content shows where no padding is around it.
 */
static inline bool seal_rx_shows_data(const struct seal_rx *rx)
{
	const struct seal_shape *shape = &rx->key->shape;

	return shape->version != SEAL_TLS13 && !shape->block &&
	       rx->head.type == SEAL_TYPE_DATA && rx->head.inner;
}

/* rx_open.c */
int seal_rx_open(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		 struct seal_reader *reader, struct seal_plain **plain);

/* rx_reader.c */
struct page **seal_reader_pages(struct seal_reader *reader, u32 len);
void seal_reader_unpin(struct seal_reader *reader);

static inline void seal_reader_init(struct seal_reader *reader, struct iov_iter *iter)
{
	reader->iter = iter;
	reader->addr = 0;
	reader->count = 0;
	reader->dirty = 0;
}

/* At the end of a call, and before it waits, which may take long. */
static inline void seal_reader_release(struct seal_reader *reader)
{
	if (reader->count)
		seal_reader_unpin(reader);
}

/*
 * What ends at @end in the reader's memory begins a page with so few bytes that they are
 * copied there.
 */
static inline u32 seal_reader_rest(unsigned long end)
{
	u32 n = offset_in_page(end);

	return n > SEAL_SHORT ? 0 : n;
}

/* rx_plain.c */
struct seal_plain *seal_plain_new(struct sock *sk, struct seal_rx *rx, u32 len, u32 at);
void seal_plain_free(struct sock *sk, struct seal_rx *rx, struct seal_plain *plain);
void seal_plain_consume(struct sock *sk, struct seal_rx *rx, struct seal_plain *plain, u32 len);
void seal_plain_wipe(struct sock *sk, struct seal_rx *rx);
/* Frees what is kept, when no socket of ours is left. */
void seal_plain_exit(void);

/* At the end of a call that may have freed some, after seal_rx_update(): wipes, if none follows. */
static inline void seal_plain_settle(struct sock *sk, struct seal_rx *rx)
{
	if (rx->stale.page && (!rx->ready || rx->error))
		seal_plain_wipe(sk, rx);
}

static inline u8 *seal_plain_at(const struct seal_plain *plain)
{
	return page_address(plain->page) + plain->off;
}

static inline struct seal_plain *seal_plain_first(struct seal_rx *rx)
{
	return list_first_entry_or_null(&rx->plain, struct seal_plain, node);
}

/*
 * struct seal_idle - what a call has done for no byte of data
 * @since: when it began, in jiffies
 * @steps: records without content, and the like
 */
struct seal_idle {
	unsigned long since;
	u32 steps;
};

#define SEAL_IDLE_START	{ .since = jiffies }

/* What seal_rx_wait() says beside errors. */
enum {
	SEAL_RX_EOF,
	SEAL_RX_RECORD,		/* a whole record is at the cursor, rx->head its header */
	SEAL_RX_CHANGED,	/* others have opened records meanwhile */
};

/* rx.c */
void seal_rx_begin(struct seal_rx *rx);
void seal_rx_end(struct sock *sk, struct seal_rx *rx);
int seal_rx_next(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur);
int seal_rx_wait(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		 long *timeo, bool copied, size_t lack);
int seal_rx_idle(const struct sock *sk, struct seal_idle *idle, long timeo);
void seal_rx_leave(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		   const struct seal_idle *idle);
int seal_rx_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags);
__poll_t seal_rx_poll(struct file *file, struct socket *sock, struct poll_table_struct *wait);
bool seal_rx_is_readable(struct sock *sk);
int seal_rx_inq(struct sock *sk);

/* rx_lowat.c */
int seal_rx_mark(const struct sock *sk, const struct seal_rx *rx);
void seal_rx_set_lifted(struct sock *sk, struct seal_rx *rx, bool lift);
bool seal_rx_mark_reached(const struct sock *sk);
int seal_rx_set_rcvlowat(struct sock *sk, int val);

/*
 * Where TCP's mark stands in the way: of readers asleep who lack fewer bytes, and of a record of
 * which a part is off TCP's queue.
 */
static inline void seal_rx_lift(struct sock *sk, struct seal_rx *rx)
{
	bool lift = rx->waiters || seal_part_used(&rx->part);

	if (unlikely(lift != rx->lifted))
		seal_rx_set_lifted(sk, rx, lift);
}

/* rx_splice.c */
ssize_t seal_rx_splice_read(struct socket *sock, loff_t *ppos, struct pipe_inode_info *pipe,
			    size_t len, unsigned int flags);
int seal_rx_read_sock(struct sock *sk, read_descriptor_t *desc, sk_read_actor_t actor);
int seal_rx_peek_len(struct socket *sock);

#endif /* SEAL_RX_H */
