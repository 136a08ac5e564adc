/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walk over TCP's receive queue: in line, since every record takes some
 * ten steps of it.
 */
#ifndef SEAL_RX_CURSOR_H
#define SEAL_RX_CURSOR_H

#include <net/tcp.h>

#include "rx/rx.h"

/* To the first piece of cur->skb. */
static inline void seal_cursor_rewind(struct seal_cursor *cur)
{
	cur->part = cur->skb;
	cur->frag = -1;
	cur->base = 0;
	cur->size = skb_headlen(cur->skb);
}

/* Has cur->skb be the buffer that has byte @seq, and *@off where in it. */
static inline bool seal_cursor_find(struct sock *sk, struct seal_cursor *cur, u32 seq, u32 *off)
{
	struct sk_buff *skb = cur->skb;

	if (!skb || unlikely(before(seq, TCP_SKB_CB(skb)->seq)))
		skb = skb_peek(&sk->sk_receive_queue);
	for (; skb; skb = skb_peek_next(skb, &sk->sk_receive_queue)) {
		*off = seq - TCP_SKB_CB(skb)->seq;
		if (*off >= skb->len)
			continue;
		if (skb != cur->skb) {
			cur->skb = skb;
			seal_cursor_rewind(cur);
		}
		return true;
	}
	return false;
}

/*
 * To the next piece of cur->skb that may have what is at @off: linear,
 * fragments, then the same of a list's buffers.
 */
static inline bool seal_cursor_next(struct seal_cursor *cur, u32 off)
{
	const struct skb_shared_info *info = skb_shinfo(cur->part);

	for (cur->base += cur->size; ++cur->frag < info->nr_frags; cur->base += cur->size) {
		cur->size = skb_frag_size(&info->frags[cur->frag]);
		if (off - cur->base < cur->size)
			return true;
	}
	cur->part = cur->part == cur->skb ? info->frag_list : cur->part->next;
	if (!cur->part || skb_has_frag_list(cur->part)) {
		cur->part = NULL;
		return false;
	}
	cur->frag = -1;
	cur->size = skb_headlen(cur->part);
	return true;
}

/*
 * seal_cursor_piece - bytes of cur->skb that lie in one piece
 * @off: of the first, in cur->skb
 * @len: how many are wanted; how many there are
 *
 * NULL: in a place that only the kernel's own walk of a buffer finds.
 */
static inline const u8 *seal_cursor_piece(struct seal_cursor *cur, u32 off, u32 *len)
{
	const u8 *at;

	if (unlikely(!cur->part))
		return NULL;
	if (off < cur->base)
		seal_cursor_rewind(cur);
	while (off - cur->base >= cur->size)
		if (!seal_cursor_next(cur, off))
			return NULL;

	at = cur->frag < 0 ? cur->part->data :
			     skb_frag_address_safe(&skb_shinfo(cur->part)->frags[cur->frag]);
	if (unlikely(!at))
		return NULL;
	off -= cur->base;
	*len = min(*len, cur->size - off);
	return at + off;
}

/*
 * Memory that somebody else may write to, now or when he looks for it: the page
 * cache, a process's memory, also when its file was truncated or its mapping is
 * gone meanwhile, and what a driver has mapped. Pages that are made for packets
 * are never any of these.
 */
static inline bool seal_page_is_others(struct page *page)
{
	struct folio *folio = page_folio(page);

	return folio->mapping || folio_test_uptodate(folio) || folio_test_lru(folio) ||
	       folio_test_swapbacked(folio) || atomic_read(&page->_mapcount) >= 0;
}

/*
 * seal_cursor_shared - may others write to the piece that was found last?
 *
 * The sender's mark says so, but kernels without the mending of CVE-2026-46300
 * lose it in places (a copy of a buffer for TCP to send again, GRO, buffers that
 * are joined): the page is looked at, too.
 */
static inline bool seal_cursor_shared(const struct seal_cursor *cur)
{
	const struct skb_shared_info *info;

	if (cur->frag < 0)
		return false;
	info = skb_shinfo(cur->part);
	return unlikely(info->flags & SKBFL_SHARED_FRAG ||
			seal_page_is_others(skb_frag_page(&info->frags[cur->frag])));
}

#endif /* SEAL_RX_CURSOR_H */
