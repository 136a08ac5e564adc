// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening a record: out of place, from where TCP put the ciphertext, either
 * into pages of ours or straight into the reader's memory.
 */
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "compat/compat.h"
#include "core/content.h"
#include "crypt.h"
#include "hooks.h"
#include "rx/rx.h"
#include "rx/rx_source.h"
#include "seen/mib.h"
#include "seen/trace.h"

enum {
	/* Additional data, the reader's pages, what lies behind them. */
	DST_SG = DIV_ROUND_UP(SEAL_MAX_PLAINTEXT, PAGE_SIZE) + 3,
	MAX_MISS = 10,	/* at most 1024 records before the reader's memory is tried again */
};

/* @authentic: it is what is inside that is wrong. */
static int fail(struct sock *sk, struct seal_rx *rx, int err, bool authentic)
{
	/* Nothing was used up: the record can be opened when there is memory. */
	if (err == -ENOMEM)
		return err;
	if (err == -EBADMSG)
		SEAL_INC(sk, DECRYPTERROR);
	if (unlikely(seal_ctx(sk)->managed))
		return seal_managed_unopened(sk, err, authentic);
	rx->error = err;
	seal_direction(&rx->state, SEAL_DIR_FAIL);
	trace_sealsock_fail(sk, false, err);
	return err;
}

/* The record has been opened for good: the cursor and the numbers move on. */
static void opened(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		   u8 type, u32 content_len, bool straight)
{
	u32 len = SEAL_HEADER + rx->head.length;

	trace_sealsock_open(sk, type, content_len, rx->key->seq.next, straight);
	seal_seq_advance(&rx->key->seq);
	rx->records++;
	rx->bytes += content_len;
	SEAL_INC(sk, RXRECORDS);
	SEAL_ADD(sk, RXBYTES, content_len);

	cur->moved = true;
	/* The next one is to be read. */
	rx->head.length = 0;
	if (seal_part_used(&rx->part)) {
		if (!seal_ctx(sk)->managed || !seal_managed_prefix(sk, rx))
			seal_part_free(sk, &rx->part);
		return;
	}
	cur->seq += len;
	cur->done += len;
}

/* The content type, and how much of @plain is content. */
static int resolve(struct seal_rx *rx, struct seal_plain *plain)
{
	size_t len;
	int err;

	if (rx->key->shape.version != SEAL_TLS13) {
		plain->type = rx->head.type;
		if (!rx->key->shape.block)
			return 0;
		err = seal_content_unpad_cbc(seal_plain_at(plain), plain->len, &len);
	} else {
		err = seal_content_unpad(seal_plain_at(plain), plain->len, &plain->type, &len);
	}
	if (!err)
		plain->len = len;
	return err;
}

/*
 * A copy of the record, which nobody else can write to: that is what is opened.
 * The memory is what it would have been opened to. 0, or an error of
 * seal_rx_open().
 */
static int copy_sealed(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		       struct seal_scratch *scratch, struct seal_plain **copy)
{
	int err;

	*copy = seal_plain_new(sk, rx, rx->head.length, 0);
	if (!*copy)
		return -ENOMEM;
	err = seal_source_copy(sk, rx, cur, scratch, seal_plain_at(*copy));
	if (err)
		return fail(sk, rx, err, false);
	SEAL_INC(sk, RXSHARED);
	return 0;
}

/* Opens the copy where it lies. */
static int open_copy(struct seal_rx *rx, struct seal_scratch *scratch, struct seal_plain *copy)
{
	copy->off += rx->key->shape.nonce_len;
	copy->len = rx->head.inner;
	return seal_crypt_open(rx->key, &rx->head, scratch, scratch->sg);
}

/* Opens it from where TCP has it into @plain. */
static int open_plain(struct seal_rx *rx, struct seal_scratch *scratch, struct seal_plain *plain)
{
	struct scatterlist dst[2] = {};

	if (plain->len)
		sg_set_page(&dst[1], plain->page, plain->len, plain->off);
	sg_mark_end(&dst[1]);
	return seal_crypt_open(rx->key, &rx->head, scratch, dst);
}

/*
 * Opens it into pages of ours: *@plain, which is in no list, is the copy of the
 * record, or NULL and set here. 0, or an error of seal_rx_open().
 */
static int open_buffered(struct sock *sk, struct seal_rx *rx, struct seal_scratch *scratch,
			 struct seal_plain **plain)
{
	int err;

	if (*plain) {
		err = open_copy(rx, scratch, *plain);
	} else {
		*plain = seal_plain_new(sk, rx, rx->head.inner, seal_key_runs(rx->key) ? 0 :
					round_down(scratch->sg[1].offset, rx->key->chunk));
		if (!*plain)
			return -ENOMEM;
		err = open_plain(rx, scratch, *plain);
	}
	if (err)
		return fail(sk, rx, err, false);
	err = resolve(rx, *plain);
	return err ? fail(sk, rx, err, true) : 0;
}

/* The reader's memory for one record. */
struct target {
	struct scatterlist sg[DST_SG];
	u32 len;	/* bytes on his pages */
	u32 rest;	/* bytes behind them, which are opened to scratch.tail and copied */
};

/* Describes @len bytes on @pages, from @start in the first on. Returns the last entry. */
static struct scatterlist *target_pages(struct scatterlist *sg, struct page **pages, u32 start,
					u32 len)
{
	*sg = (struct scatterlist){};
	while (len) {
		u32 part = min_t(u32, len, PAGE_SIZE - start);

		*++sg = (struct scatterlist){};
		sg_set_page(sg, *pages++, part, start);
		len -= part;
		start = 0;
	}
	return sg;
}

/*
 * The reader's memory for @len bytes of content; advances the iterator behind
 * what is opened there. A few bytes on a last page are cheaper to copy, and in
 * TLS 1.3 the cipher need not stop between them and the type. -EAGAIN: the pages cannot be had.
 */
static int target_init(struct target *target, struct seal_reader *reader, u32 len,
		       unsigned int type_len, struct seal_scratch *scratch)
{
	unsigned long addr = compat_iter_addr(reader->iter);
	struct scatterlist *end;
	struct page **pages;

	target->rest = seal_reader_rest(addr + len);
	target->len = len - target->rest;
	pages = seal_reader_pages(reader, target->len);
	if (!pages)
		return -EAGAIN;

	end = target_pages(target->sg, pages, offset_in_page(addr), target->len);
	if (target->rest + type_len) {
		*++end = (struct scatterlist){};
		sg_set_buf(end, scratch->tail, target->rest + type_len);
	}
	sg_mark_end(end);
	iov_iter_advance(reader->iter, target->len);
	return 0;
}

/* The last byte, @type, says that this was no plain application data. */
static void missed(struct sock *sk, struct seal_rx *rx, u8 type)
{
	if (rx->miss < MAX_MISS)
		rx->miss++;
	rx->skip = 1 << rx->miss;
	SEAL_INC(sk, DECRYPTRETRY);
	if (!type)
		SEAL_INC(sk, RXNOPADVIOL);
}

/* Opens it, @iter being behind target->len bytes. 0; -EAGAIN; an error, what is there wiped. */
static int open_to(struct sock *sk, struct seal_rx *rx, struct seal_scratch *scratch,
		   struct target *target, struct iov_iter *iter)
{
	const u8 *type = scratch->tail + target->rest;
	size_t copied;
	int err;

	err = seal_crypt_open(rx->key, &rx->head, scratch, target->sg);
	if (err) {
		sg_zero_buffer(target->sg + 1, sg_nents(target->sg + 1), target->len, 0);
		return fail(sk, rx, err, false);
	}
	if (rx->key->shape.type_len && *type != SEAL_TYPE_DATA) {
		missed(sk, rx, *type);
		return -EAGAIN;
	}
	copied = target->rest ? _copy_to_iter(scratch->tail, target->rest, iter) : 0;
	if (copied == target->rest)
		return 0;
	/* Not writable: for the other way to say. */
	iov_iter_revert(iter, copied);
	return -EAGAIN;
}

/*
 * Opens a record of application data into the reader's memory. In TLS 1.3 the
 * type byte is opened to memory of ours, and where it is not that of
 * application data the record counts as not opened: the iterator is where it was, the
 * ciphertext untouched. 0, it is advanced; -EAGAIN: it is for open_buffered();
 * others are final, what was written to the reader's memory is zero.
 */
static int open_straight(struct sock *sk, struct seal_rx *rx, struct seal_scratch *scratch,
			 struct seal_reader *reader)
{
	struct target target __uninitialized;
	int err;

	err = target_init(&target, reader, seal_content_most(&rx->key->shape, &rx->head),
			  rx->key->shape.type_len, scratch);
	if (err)
		return err;
	err = open_to(sk, rx, scratch, &target, reader->iter);
	if (err)
		iov_iter_revert(reader->iter, target.len);
	return err;
}

/* 0, *@plain being in no list, or NULL: @reader has it; or an error of seal_rx_open(). */
static int open_record(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		       struct seal_reader *reader, struct seal_plain **plain)
{
	struct seal_scratch *scratch = seal_scratch_get(rx->key, sk->sk_allocation);
	struct seal_plain *p = NULL;
	bool straight = false;
	int err;

	if (!scratch)
		return -ENOMEM;
	err = seal_source_init(sk, rx, cur, scratch);
	if (err == -EMSGSIZE)
		err = copy_sealed(sk, rx, cur, scratch, &p);
	else if (err)
		err = fail(sk, rx, err, false);
	if (!err) {
		err = reader ? open_straight(sk, rx, scratch, reader) : -EAGAIN;
		straight = !err;
	}
	if (err == -EAGAIN)
		err = open_buffered(sk, rx, scratch, &p);
	seal_scratch_put(rx->key, scratch);
	if (p && (err || straight)) {
		seal_plain_free(sk, rx, p);
		p = NULL;
	}
	*plain = p;
	return err;
}

/*
 * seal_rx_open - open the record at the cursor, which is there as a whole
 * @reader: the reader's memory, if the whole plaintext fits there and may be
 *	opened straight into it; or NULL
 * @plain: the record, appended to rx->plain; NULL: @reader has it, or it was data
 *	without content, or, in managed mode, no data
 *
 * Moves the cursor behind the record. May sleep. 0. -ENOMEM: nothing has
 * changed. -EBADMSG and others are final for the direction.
 */
int seal_rx_open(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		 struct seal_reader *reader, struct seal_plain **plain)
{
	u32 len = seal_content_most(&rx->key->shape, &rx->head);
	struct seal_plain *p;
	int err;

	err = open_record(sk, rx, cur, reader, &p);
	if (err)
		return err;

	*plain = p;
	opened(sk, rx, cur, p ? p->type : SEAL_TYPE_DATA, p ? p->len : len, !p);
	if (!p) {
		rx->miss = 0;
		rx->messages.have = 0;
		SEAL_INC(sk, RXSTRAIGHT);
		if (unlikely(seal_ctx(sk)->managed))
			seal_managed_data(sk);
		return 0;
	}
	if (rx->skip)
		rx->skip--;
	if (unlikely(seal_ctx(sk)->managed)) {
		err = seal_managed_opened(sk, rx, p);
		if (err <= 0) {
			*plain = NULL;
			return err;
		}
	} else if (rx->key->shape.version == SEAL_TLS13 &&
		   seal_messages_record(&rx->messages, p->type, seal_plain_at(p), p->len)) {
		seal_direction(&rx->state, SEAL_DIR_KEY_UPDATE);
		SEAL_INC(sk, RXREKEYRECEIVED);
		trace_sealsock_key_update(sk);
	}
	if (!p->len && p->type == SEAL_TYPE_DATA) {
		seal_plain_free(sk, rx, p);
		*plain = NULL;
		return 0;
	}
	list_add_tail(&p->node, &rx->plain);
	return 0;
}
