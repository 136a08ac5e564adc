// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ciphertext of a record as the AEAD wants it: additional data, then
 * pieces that are whole chunks of the cipher. A chunk that two pieces have a
 * share in is put together here: the crypto API's own way costs three times as much.
 */
#include <linux/mm.h>
#include <linux/string.h>
#include <net/sock.h>

#include "rx.h"
#include "rx_source.h"

/*
 * @scratch: where the table and the chunks are
 * @used: entries of the table, that of the additional data included
 * @chunk: bytes the cipher wants at a time
 * @filled: bytes of the chunk being put together, 0: none
 * @fill: where it is
 * @at: the piece at hand, not in the table yet
 * @len: of it
 */
struct builder {
	struct seal_scratch *scratch;
	int used;
	u32 chunk;
	u32 filled;
	u8 *fill;
	const u8 *at;
	u32 len;
};

static int append(struct builder *b, const u8 *at, u32 len)
{
	if (b->used == SEAL_SOURCE_SG)
		return -EMSGSIZE;
	b->scratch->sg[b->used] = (struct scatterlist){};
	sg_set_buf(&b->scratch->sg[b->used++], at, len);
	return 0;
}

/* Puts the piece at hand where it belongs. @last: the rest of a chunk does not follow. */
static int place(struct builder *b, bool last)
{
	const u8 *at = b->at;
	u32 n, len = b->len;

	if (b->filled) {
		n = min(b->chunk - b->filled, len);
		memcpy(b->fill + b->filled, at, n);
		b->filled += n;
		at += n;
		len -= n;
		if (b->filled < b->chunk && !last)
			return 0;
		if (append(b, b->fill, b->filled))
			return -EMSGSIZE;
		b->fill += b->chunk;
		b->filled = 0;
	}
	n = last ? len : round_down(len, b->chunk);
	if (n && append(b, at, n))
		return -EMSGSIZE;
	if (n == len)
		return 0;
	if (b->fill + b->chunk > b->scratch->chunks + sizeof(b->scratch->chunks))
		return -EMSGSIZE;
	b->filled = len - n;
	memcpy(b->fill, at + n, b->filled);
	return 0;
}

/* -EMSGSIZE: in too many pieces, or in one that cannot be looked at. */
static int build(struct sock *sk, const struct seal_cursor *cur, u32 skip, u32 len,
		 struct seal_scratch *scratch, u32 chunk)
{
	struct builder b = { .scratch = scratch, .used = 1, .chunk = chunk,
			     .fill = scratch->chunks };
	struct seal_cursor ahead = *cur;
	u32 seq = cur->seq + skip;

	while (len) {
		u32 n = len;
		const u8 *at = seal_cursor_piece(sk, &ahead, seq, &n);

		if (!at)
			return -EMSGSIZE;
		seq += n;
		len -= n;
		/* One piece for the cipher, whatever TCP made of it. */
		if (at == b.at + b.len) {
			b.len += n;
			continue;
		}
		if (b.len && place(&b, false))
			return -EMSGSIZE;
		b.at = at;
		b.len = n;
	}
	if (place(&b, true))
		return -EMSGSIZE;
	sg_mark_end(&scratch->sg[b.used - 1]);
	return 0;
}

static int source_of_part(const struct seal_rx *rx, const struct seal_header *head,
			  struct seal_scratch *scratch)
{
	unsigned int prefix = seal_prefix(&rx->key->shape);
	u8 *at = page_address(rx->part.page);

	memcpy(scratch->nonce, at + SEAL_HEADER, rx->key->shape.nonce_len);
	sg_init_table(scratch->sg, 2);
	sg_set_buf(&scratch->sg[1], at + prefix, SEAL_HEADER + head->length - prefix);
	return 0;
}

int seal_source_init(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		     const struct seal_header *head, struct seal_scratch *scratch)
{
	unsigned int prefix = seal_prefix(&rx->key->shape);
	u32 total = SEAL_HEADER + head->length;
	int err;

	if (rx->part.page)
		return source_of_part(rx, head, scratch);

	if (rx->key->shape.nonce_len) {
		err = seal_cursor_copy(sk, cur, SEAL_HEADER, scratch->nonce,
				       rx->key->shape.nonce_len);
		if (err)
			return err;
	}
	scratch->sg[0] = (struct scatterlist){};
	err = build(sk, cur, prefix, total - prefix, scratch, rx->key->chunk);
	if (err)
		err = build(sk, cur, prefix, total - prefix, scratch, 1);
	if (err != -EMSGSIZE)
		return err;

	/* In too many pieces, which costs a sender more than it costs us. */
	err = seal_rx_take_part(sk, rx, cur, total);
	return err ? err : source_of_part(rx, head, scratch);
}
