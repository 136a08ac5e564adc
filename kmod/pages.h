/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where records get their memory: page fragments that are used again. TCP
 * keeps a page until its bytes are acknowledged; a page that it has let go of
 * costs less than a fresh one, which most kernels fill with zeros first.
 */
#ifndef SEAL_PAGES_H
#define SEAL_PAGES_H

#include <linux/mm.h>

/* seal_pages_refill() where there is no room, or all of the page is ours again. */
bool seal_pages_next(unsigned int len, struct page_frag *frag, gfp_t gfp);

/*
 * Makes room for @len bytes in @frag, as skb_page_frag_refill() does, which it
 * may have been used with before. Process context. May sleep if @gfp says so.
 * False: no memory, @frag is as it was or empty. True: the room may be
 * smaller where memory is fragmented.
 */
static inline bool seal_pages_refill(unsigned int len, struct page_frag *frag, gfp_t gfp)
{
	if (frag->page && frag->offset + len <= frag->size && page_ref_count(frag->page) > 1)
		return true;
	return seal_pages_next(len, frag, gfp);
}

/* Gives back what is kept, when no socket of ours is left. */
void seal_pages_exit(void);

#endif /* SEAL_PAGES_H */
