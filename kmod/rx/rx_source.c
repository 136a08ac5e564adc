// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ciphertext of a record as the AEAD wants it: additional data, then
 * pieces that are whole chunks of the cipher. A chunk that two pieces have a
 * share in is put together here, which costs less than the crypto API's own way.
 */
#include <linux/mm.h>

#include "compat/compat.h"
#include "rx/rx_cursor.h"
#include "rx/rx_source.h"

/*
 * @sg: the next entry of the table
 * @end: behind the last
 * @chunk: bytes the cipher wants at a time
 * @filled: bytes of the chunk being put together, 0: none
 * @fill: where it is
 * @room: chunks that there is memory for
 * @at: the piece at hand, not in the table yet
 * @len: of it
 */
struct builder {
	struct scatterlist *sg, *end;
	u32 chunk;
	u32 filled;
	u8 *fill;
	u32 room;
	const u8 *at;
	u32 len;
};

static bool append(struct builder *b, const u8 *at, u32 len)
{
	if (unlikely(b->sg == b->end))
		return false;
	*b->sg = (struct scatterlist){};
	sg_set_buf(b->sg++, at, len);
	return true;
}

/* The next @len bytes of the piece at hand, as they lie there. */
static bool append_piece(struct builder *b, u32 len)
{
	b->at += len;
	b->len -= len;
	return append(b, b->at - len, len);
}

/* The chunk that was put together. */
static bool append_chunk(struct builder *b)
{
	u32 len = b->filled;

	b->fill += b->chunk;
	b->filled = 0;
	return append(b, b->fill - b->chunk, len);
}

/* The next @len bytes of the piece at hand, to the chunk. */
static bool fill(struct builder *b, u32 len)
{
	if (unlikely(!b->filled && !b->room--))
		return false;
	unsafe_memcpy(b->fill + b->filled, b->at, len, /* b->room */);
	b->filled += len;
	b->at += len;
	b->len -= len;
	return true;
}

/* The pages of the piece at hand but the last. A chunk that lies on two is put together. */
static bool place_pages(struct builder *b)
{
	u32 n;

	for (;;) {
		n = PAGE_SIZE - offset_in_page(b->at);
		if (n + b->chunk > b->len)
			return true;
		n &= -b->chunk;
		if (n && !append_piece(b, n))
			return false;
		if (offset_in_page(b->at) && (!fill(b, b->chunk) || !append_chunk(b)))
			return false;
	}
}

/* Puts the piece at hand where it belongs. @last: the rest of a chunk does not follow. */
static bool place(struct builder *b, bool last)
{
	u32 n;

	if (b->filled) {
		fill(b, min(b->chunk - b->filled, b->len));
		if (b->filled < b->chunk && !last)
			return true;
		if (!append_chunk(b))
			return false;
	}
	if (COMPAT_WALK_PAGES && b->chunk > 1 && !place_pages(b))
		return false;

	n = last ? b->len : b->len & -b->chunk;
	if (n && !append_piece(b, n))
		return false;
	return !b->len || fill(b, b->len);
}

/*
 * -EMSGSIZE: in too many pieces, or in one that cannot be looked at. So is one
 * that others can write to: ciphers read it twice, once to find it authentic
 * and once to open it.
 */
static __flatten int build(struct sock *sk, struct seal_cursor *cur, u32 skip, u32 len,
			   struct seal_scratch *scratch, u32 chunk)
{
	struct builder b = { .sg = scratch->sg + 1, .end = scratch->sg + SEAL_SOURCE_SG,
			     .chunk = chunk, .fill = scratch->chunks,
			     .room = sizeof(scratch->chunks) / chunk };
	struct seal_cursor ahead = *cur;
	u32 seq = cur->seq + skip;
	const u8 *at;
	u32 off, n;

	do {
		at = NULL;
		n = len;
		if (len && seal_cursor_find(sk, &ahead, seq, &off))
			at = seal_cursor_piece(&ahead, off, &n);
		if (len && (!at || seal_cursor_shared(&ahead)))
			return -EMSGSIZE;
		seq += n;
		len -= n;
		/* One piece for the cipher, whatever TCP made of it. */
		if (at == b.at + b.len) {
			b.len += n;
			continue;
		}
		if (b.len && !place(&b, !n))
			return -EMSGSIZE;
		b.at = at;
		b.len = n;
	} while (n);
	sg_mark_end(b.sg - 1);
	/* The next record is looked for from here on. */
	*cur = ahead;
	return 0;
}

/* What follows the header is in one piece, and nobody else's. */
static int source_at(const struct seal_rx *rx, struct seal_scratch *scratch, u8 *at)
{
	unsigned int nonce_len = rx->key->shape.nonce_len;

	memcpy(scratch->nonce, at, nonce_len);
	sg_init_table(scratch->sg, 2);
	sg_set_buf(&scratch->sg[1], at + nonce_len, rx->head.length - nonce_len);
	return 0;
}

int seal_source_init(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		     struct seal_scratch *scratch)
{
	unsigned int nonce_len = rx->key->shape.nonce_len;
	u32 prefix = SEAL_HEADER + nonce_len, len = rx->head.length - nonce_len;
	int err;

	if (seal_part_used(&rx->part))
		return source_at(rx, scratch, page_address(rx->part.page));

	if (nonce_len) {
		err = seal_cursor_copy(sk, cur, SEAL_HEADER, scratch->nonce, nonce_len);
		if (err)
			return err;
	}
	scratch->sg[0] = (struct scatterlist){};
	err = build(sk, cur, prefix, len, scratch, rx->key->run);
	if (err && seal_key_runs(rx->key))
		err = build(sk, cur, prefix, len, scratch, rx->key->chunk);
	return err ? build(sk, cur, prefix, len, scratch, 1) : 0;
}

int seal_source_copy(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		     struct seal_scratch *scratch, u8 *to)
{
	int err = seal_cursor_copy(sk, cur, SEAL_HEADER, to, rx->head.length);

	return err ? err : source_at(rx, scratch, to);
}
