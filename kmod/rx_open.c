// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening a record: out of place, from where TCP put the ciphertext, either
 * into pages of ours or straight into the reader's memory.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "core/content.h"
#include "crypt.h"
#include "mib.h"
#include "rx.h"
#include "trace.h"

enum {
	SRC_SG = 32,	/* additional data, pieces of ciphertext */
	SRC_FEW = 10,	/* so many are usually enough */
	DST_PAGES = 8,	/* of the reader */
	DST_SG = DST_PAGES + 2,
	MAX_MISS = 10,	/* at most 1024 records before the reader's memory is tried again */
};

/* Ciphertext of a record, ready for the AEAD. */
struct source {
	u8 nonce[SEAL_MAX_NONCE];
	struct scatterlist sg[SRC_SG];
};

static int source_of_part(const struct seal_rx *rx, const struct seal_header *head,
			  struct source *src)
{
	unsigned int prefix = seal_prefix(&rx->key->shape);
	u8 *at = page_address(rx->part.page);

	memcpy(src->nonce, at + SEAL_HEADER, rx->key->shape.nonce_len);
	sg_init_table(src->sg, 2);
	sg_set_buf(&src->sg[1], at + prefix, SEAL_HEADER + head->length - prefix);
	return 0;
}

static int source_init(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		       const struct seal_header *head, struct source *src)
{
	unsigned int prefix = seal_prefix(&rx->key->shape);
	u32 total = SEAL_HEADER + head->length;
	int n;

	if (rx->part.page)
		return source_of_part(rx, head, src);

	if (rx->key->shape.nonce_len) {
		n = seal_cursor_copy(sk, cur, SEAL_HEADER, src->nonce, rx->key->shape.nonce_len);
		if (n)
			return n;
	}
	sg_init_table(src->sg, SRC_FEW);
	n = seal_cursor_sg(sk, cur, prefix, total - prefix, src->sg + 1, SRC_FEW - 1);
	if (n == -EMSGSIZE) {
		sg_init_table(src->sg, SRC_SG);
		n = seal_cursor_sg(sk, cur, prefix, total - prefix, src->sg + 1, SRC_SG - 1);
	}
	if (n >= 0) {
		sg_mark_end(&src->sg[n]);
		return 0;
	}
	if (n != -EMSGSIZE)
		return n;

	/* In too many pieces, which costs a sender more than it costs us. */
	n = seal_rx_take_part(sk, rx, cur, total);
	return n ? n : source_of_part(rx, head, src);
}

static int fail(struct sock *sk, struct seal_rx *rx, int err)
{
	/* Nothing was used up: the record can be opened when there is memory. */
	if (err == -ENOMEM)
		return err;
	if (err == -EBADMSG)
		SEAL_INC(sk, DECRYPTERROR);
	rx->error = err;
	seal_direction(&rx->state, SEAL_DIR_FAIL);
	trace_sealsock_fail(sk, false, err);
	return err;
}

/* The record has been opened for good: the cursor and the numbers move on. */
static void opened(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		   const struct seal_header *head, u8 type, u32 content_len, bool straight)
{
	trace_sealsock_open(sk, type, content_len, rx->key->seq.next, straight);
	seal_seq_advance(&rx->key->seq);
	rx->records++;
	rx->bytes += content_len;
	SEAL_INC(sk, RXRECORDS);
	SEAL_ADD(sk, RXBYTES, content_len);

	cur->moved = true;
	if (rx->part.page) {
		seal_part_free(sk, &rx->part);
		return;
	}
	cur->seq += SEAL_HEADER + head->length;
	cur->done += SEAL_HEADER + head->length;
}

/* The content type, and how much of @plain is content. */
static int resolve(struct seal_rx *rx, const struct seal_header *head, struct seal_plain *plain)
{
	size_t len;
	int err;

	if (rx->key->shape.version != SEAL_TLS13) {
		plain->type = head->type;
		if (!rx->key->shape.block)
			return 0;
		err = seal_content_unpad_cbc(seal_plain_at(plain), plain->len, &len);
		if (!err)
			plain->len = len;
		return err;
	}
	if (rx->tail) {
		plain->type = rx->tail;
		return 0;
	}
	err = seal_content_unpad(seal_plain_at(plain), plain->len, &plain->type, &len);
	if (!err)
		plain->len = len;
	return err;
}

static int open_into(struct seal_rx *rx, const struct seal_header *head, struct source *src,
		     struct seal_plain *plain)
{
	struct scatterlist dst[3] __uninitialized;
	int err;

	sg_init_table(dst, plain->len && rx->key->shape.type_len ? 3 : 2);
	if (plain->len)
		sg_set_page(&dst[1], plain->page, plain->len, plain->off);
	if (rx->key->shape.type_len)
		sg_set_buf(&dst[plain->len ? 2 : 1], &rx->tail, 1);
	err = seal_crypt_open(rx->key, head, src->nonce, src->sg, dst);
	return err ? err : resolve(rx, head, plain);
}

/*
 * seal_rx_open - open the record at the cursor into pages of ours
 *
 * It is there as a whole, @head is its header. Appends it to rx->plain and
 * moves the cursor behind it. May sleep. ERR_PTR: -ENOMEM, nothing has
 * changed; -EBADMSG and others are final for the direction.
 */
struct seal_plain *seal_rx_open(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
				const struct seal_header *head)
{
	u32 len = seal_inner_len(rx->key, head) - rx->key->shape.type_len;
	struct source src __uninitialized;
	struct seal_plain *plain;
	int err;

	err = source_init(sk, rx, cur, head, &src);
	if (err)
		return ERR_PTR(fail(sk, rx, err));
	plain = seal_plain_new(sk, rx, len, src.sg[1].offset);
	if (!plain)
		return ERR_PTR(-ENOMEM);
	err = open_into(rx, head, &src, plain);
	if (err) {
		seal_plain_free(sk, plain);
		return ERR_PTR(fail(sk, rx, err));
	}

	opened(sk, rx, cur, head, plain->type, plain->len, false);
	if (rx->skip)
		rx->skip--;
	if (rx->key->shape.version == SEAL_TLS13 &&
	    seal_content_is_key_update(plain->type, seal_plain_at(plain), plain->len)) {
		seal_direction(&rx->state, SEAL_DIR_KEY_UPDATE);
		SEAL_INC(sk, RXREKEYRECEIVED);
		trace_sealsock_key_update(sk);
	}
	list_add_tail(&plain->node, &rx->plain);
	return plain;
}

/* Pages of the reader for @len bytes; advances the iterator. -EAGAIN: cannot be had. */
static int reader_pages(struct iov_iter *iter, u32 len, struct page **pages,
			struct scatterlist *sg)
{
	u32 left = len;
	int n = 0;

	while (left) {
		size_t start;
		ssize_t got = -EFAULT;

		if (n < DST_PAGES)
			got = iov_iter_get_pages2(iter, pages + n, left, DST_PAGES - n, &start);
		if (got <= 0) {
			iov_iter_revert(iter, len - left);
			while (n)
				put_page(pages[--n]);
			return -EAGAIN;
		}
		left -= got;
		while (got) {
			size_t part = min_t(size_t, got, PAGE_SIZE - start);

			sg_set_page(&sg[n], pages[n], part, start);
			got -= part;
			start = 0;
			n++;
		}
	}
	return n;
}

static void release_pages_dirty(struct page **pages, int n)
{
	while (n--) {
		if (!PageDirty(pages[n]))
			set_page_dirty_lock(pages[n]);
		put_page(pages[n]);
	}
}

/* The last byte says that this was no plain application data. */
static void missed(struct sock *sk, struct seal_rx *rx)
{
	if (rx->miss < MAX_MISS)
		rx->miss++;
	rx->skip = 1 << rx->miss;
	SEAL_INC(sk, DECRYPTRETRY);
	if (!rx->tail)
		SEAL_INC(sk, RXNOPADVIOL);
}

/*
 * seal_rx_open_straight - open the record at the cursor into the reader's memory
 *
 * For records of application data whose whole plaintext fits in @iter. In
 * TLS 1.3 the type byte is opened to memory of ours, and where it is not that
 * of application data the record counts as not opened: @iter is where it was,
 * the ciphertext untouched. Returns the bytes of content, @iter advanced.
 * -EAGAIN: open it with seal_rx_open(). -EBADMSG and others are final; what
 * was written to the reader's memory is zero.
 */
int seal_rx_open_straight(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
			  const struct seal_header *head, struct iov_iter *iter)
{
	unsigned int type_len = rx->key->shape.type_len;
	u32 len = seal_inner_len(rx->key, head) - type_len;
	struct page *pages[DST_PAGES] __uninitialized;
	struct scatterlist dst[DST_SG] __uninitialized;
	struct source src __uninitialized;
	int n, err;

	err = source_init(sk, rx, cur, head, &src);
	if (err)
		return fail(sk, rx, err);
	sg_init_table(dst, DST_SG);
	n = reader_pages(iter, len, pages, dst + 1);
	if (n < 0)
		return n;
	if (type_len)
		sg_set_buf(&dst[n + 1], &rx->tail, 1);
	sg_mark_end(&dst[n + type_len]);

	err = seal_crypt_open(rx->key, head, src.nonce, src.sg, dst);
	if (err)
		sg_zero_buffer(dst + 1, n, len, 0);
	release_pages_dirty(pages, n);
	if (err) {
		iov_iter_revert(iter, len);
		return fail(sk, rx, err);
	}
	if (type_len && rx->tail != SEAL_TYPE_DATA) {
		iov_iter_revert(iter, len);
		missed(sk, rx);
		return -EAGAIN;
	}

	rx->miss = 0;
	opened(sk, rx, cur, head, SEAL_TYPE_DATA, len, true);
	SEAL_INC(sk, RXSTRAIGHT);
	return len;
}
