// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for records: pieces of page fragments, never slab memory, since TCP
 * keeps references on the pages after the record has gone.
 *
 * A packed record lies in one piece: prefix, plaintext, trailer. Records
 * packed end to end become one fragment of TCP's buffer. A large record has
 * its body aligned to a page, which the ciphers like, and takes prefix and
 * trailer from another page, where the trailer of one record and the prefix
 * of the next are neighbours. What does not fill a chunk of the cipher moves there
 * too, so that no chunk is in two pieces.
 */
#include <linux/mm.h>

#include "pages.h"
#include "tx/tx.h"

/* From here on alignment is worth a fragment of its own. */
#define LARGE_BODY	8192

static inline void take(struct page_frag *frag, unsigned int len, struct seal_room *room)
{
	room->page = frag->page;
	room->off = frag->offset;
	room->len = len;
	get_page(room->page);
	frag->offset += len;
}

/*
 * Cuts a piece of at least @least and at most @most bytes, so that what lies
 * @lead bytes into it is aligned. The offset moves before anything is copied
 * into it: a page fault may come back here.
 */
static __always_inline bool cut(struct page_frag *frag, unsigned int least, unsigned int most,
				unsigned int lead, unsigned int align, gfp_t gfp,
				struct seal_room *room)
{
	unsigned int pad = -(frag->offset + lead) & (align - 1);

	if (!seal_pages_refill(most + pad, frag, gfp))
		return false;
	frag->offset += -(frag->offset + lead) & (align - 1);
	/* Where memory is fragmented, single pages come. */
	if (frag->size - frag->offset < least)
		return false;

	take(frag, min(most, frag->size - frag->offset), room);
	return true;
}

/* Gives the unused end of a piece back, if nobody has cut behind it. */
static inline void trim(struct page_frag *frag, struct seal_room *room, unsigned int len)
{
	if (room->page == frag->page && room->off + room->len == frag->offset)
		frag->offset = room->off + len;
	room->len = len;
}

static inline void put_room(struct seal_room *room)
{
	if (room->page)
		put_page(room->page);
	room->page = NULL;
}

/*
 * The page of prefixes and trailers: a single one, begun anew when TCP has let
 * go of it.
 */
static bool small_refill(struct page_frag *frag, unsigned int len, gfp_t gfp)
{
	if (frag->page) {
		if (page_ref_count(frag->page) == 1)
			frag->offset = 0;
		if (frag->offset + len <= frag->size)
			return true;
		put_page(frag->page);
	}
	frag->offset = 0;
	frag->size = PAGE_SIZE;
	/* Each socket may keep one. */
	frag->page = alloc_page(gfp | __GFP_ACCOUNT);
	return frag->page;
}

/* Bytes that a large record has elsewhere at most: see seal_rec_close(). */
static unsigned int frame_max(const struct seal_key *key)
{
	return seal_prefix(&key->shape) + key->chunk - 1 + seal_trailer_max(&key->shape);
}

static bool begin_large(struct sock *sk, struct seal_tx *tx, unsigned int payload)
{
	unsigned int around = frame_max(tx->key);
	struct seal_rec *rec = &tx->rec;

	if (!cut(sk_page_frag(sk), payload, payload, 0, PAGE_SIZE, sk->sk_allocation, &rec->body))
		return false;
	if (small_refill(&tx->small, around, sk->sk_allocation)) {
		take(&tx->small, around, &rec->frame);
		return true;
	}
	trim(sk_page_frag(sk), &rec->body, 0);
	put_room(&rec->body);
	return false;
}

static bool begin_packed(struct sock *sk, struct seal_tx *tx, unsigned int least,
			 unsigned int want)
{
	unsigned int prefix = seal_prefix(&tx->key->shape);
	unsigned int around = prefix + seal_trailer_max(&tx->key->shape);
	struct page_frag *frag = sk_page_frag(sk);
	struct seal_rec *rec = &tx->rec;
	unsigned int align = 1;

	/* A block that lies on two pages costs as much as a record. */
	if (offset_in_page(frag->offset) + around + want > PAGE_SIZE)
		align = tx->key->chunk;
	if (!cut(frag, around + least, around + want, prefix, align, sk->sk_allocation,
		 &rec->body))
		return false;
	rec->body.off += prefix;
	rec->body.len -= around;
	return true;
}

/*
 * seal_rec_begin - memory for a record
 * @want: bytes of plaintext at hand, at most a record's
 * @grows: more may follow in later calls
 *
 * Opens tx->rec with room for one byte at least, and for as many as @want
 * (@grows: as a whole record) where memory allows. Where records are padded
 * there is always room for that. May sleep. -ENOMEM.
 */
int seal_rec_begin(struct sock *sk, struct seal_tx *tx, unsigned int want, bool grows)
{
	unsigned int most = seal_ctx(sk)->max_payload;

	if (!tx->scratch)
		tx->scratch = seal_scratch_get(tx->key, sk->sk_allocation);
	if (!tx->scratch)
		return -ENOMEM;
	if (grows)
		want = most;
	if (tx->padding)
		want = seal_content_padded(want, tx->padding, most);
	tx->rec.len = 0;
	if (want >= LARGE_BODY && begin_large(sk, tx, want))
		return 0;
	return begin_packed(sk, tx, tx->padding ? want : 1, want) ? 0 : -ENOMEM;
}

/* Where rec->body's page is cut from: its unused end goes back there. */
static inline void release_end(struct sock *sk, struct seal_tx *tx, unsigned int used)
{
	struct seal_rec *rec = &tx->rec;

	if (!rec->frame.page)
		rec->body.len += seal_trailer_max(&tx->key->shape);
	trim(sk_page_frag(sk), &rec->body, used);
}

/* Forgets the open record and what is in it, which somebody else may get the page of. */
void seal_rec_drop(struct sock *sk, struct seal_tx *tx)
{
	struct seal_rec *rec = &tx->rec;

	if (!seal_rec_open(tx))
		return;
	memzero_explicit(seal_room_at(&rec->body), rec->len);
	release_end(sk, tx, 0);
	if (rec->frame.page) {
		memzero_explicit(seal_room_at(&rec->frame) + seal_prefix(&tx->key->shape),
				 rec->cut);
		trim(&tx->small, &rec->frame, 0);
	}
	put_room(&rec->frame);
	put_room(&rec->body);
	rec->len = 0;
	rec->cut = 0;
}

/* Appends a fragment, whose reference it takes over. */
static inline void emit(struct seal_tx *tx, struct page *page, unsigned int off, unsigned int len)
{
	struct bio_vec *end = tx->scratch->out + tx->out_count;

	tx->out_bytes += len;
	if (tx->out_count && end[-1].bv_page == page &&
	    end[-1].bv_offset + end[-1].bv_len == off) {
		end[-1].bv_len += len;
		put_page(page);
		return;
	}
	bvec_set_page(end, page, len, off);
	tx->out_count++;
}

/* Moves the record, sealed by now, from tx->rec to what is sealed. */
void seal_rec_emit(struct sock *sk, struct seal_tx *tx)
{
	unsigned int prefix = seal_prefix(&tx->key->shape);
	struct seal_rec *rec = &tx->rec;
	unsigned int trailer = seal_trailer(&tx->key->shape, rec->len);

	if (rec->frame.page) {
		unsigned int len = rec->len - rec->cut;

		trailer += rec->cut;
		release_end(sk, tx, len);
		trim(&tx->small, &rec->frame, prefix + trailer);
		emit(tx, rec->frame.page, rec->frame.off, prefix);
		if (likely(len))
			emit(tx, rec->body.page, rec->body.off, len);
		else
			put_page(rec->body.page);
		get_page(rec->frame.page);
		emit(tx, rec->frame.page, rec->frame.off + prefix, trailer);
	} else {
		release_end(sk, tx, rec->len + trailer);
		emit(tx, rec->body.page, rec->body.off - prefix, prefix + rec->len + trailer);
	}
	rec->body.page = NULL;
	rec->frame.page = NULL;
	rec->len = 0;
	rec->cut = 0;
}
