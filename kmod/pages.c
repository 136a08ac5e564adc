// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sizes.h>
#include <net/sock.h>

#include "pages.h"

enum {
	RING = 32,	/* pages a processor keeps: 1 MiB */
	TRIES = 4,	/* of them looked at to find one that is free */
};

/*
 * Pages that were cut to the end, oldest first, a reference each. What TCP
 * still has of them is counted by TCP; they are ours again when the count is
 * down to one. They hold what was sent, sealed, or received, opened: nobody
 * is ever given more of a page than was written for him.
 */
struct ring {
	struct page *page[RING];
	unsigned int first;
	unsigned int count;
};

/* Of skb_page_frag_refill(), where there is memory in such pieces. */
#define KEEP_SIZE	SZ_32K

static DEFINE_PER_CPU(struct ring, rings);

static void push(struct ring *ring, struct page *page)
{
	ring->page[(ring->first + ring->count++) % RING] = page;
}

static struct page *pop(struct ring *ring)
{
	struct page *page = ring->page[ring->first];

	ring->first = (ring->first + 1) % RING;
	ring->count--;
	return page;
}

/* Takes @used, unless it is NULL, and gives a page that is nobody else's, or NULL. */
static struct page *swap_page(struct page *used)
{
	struct ring *ring = get_cpu_ptr(&rings);
	struct page *dropped = NULL, *found = NULL;
	unsigned int i, tries = min_t(unsigned int, ring->count, TRIES);

	for (i = 0; i < tries && !found; i++) {
		struct page *page = pop(ring);

		if (page_ref_count(page) == 1)
			found = page;
		else
			push(ring, page);
	}
	if (used && ring->count == RING)
		dropped = pop(ring);
	if (used)
		push(ring, used);
	put_cpu_ptr(&rings);

	if (dropped)
		put_page(dropped);
	return found;
}

static bool worth_keeping(const struct page_frag *frag)
{
	return page_size(frag->page) == KEEP_SIZE && !page_is_pfmemalloc(frag->page);
}

bool seal_pages_next(unsigned int len, struct page_frag *frag, gfp_t gfp)
{
	struct page *used = NULL, *page;

	if (frag->page) {
		if (page_ref_count(frag->page) == 1)
			frag->offset = 0;
		if (frag->offset + len <= frag->size)
			return true;
		if (worth_keeping(frag))
			used = frag->page;
		else
			put_page(frag->page);
		frag->page = NULL;
	}

	page = swap_page(used);
	if (!page)
		return skb_page_frag_refill(len, frag, gfp);
	frag->page = page;
	frag->offset = 0;
	frag->size = page_size(page);
	return len <= frag->size;
}

void seal_pages_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);

		while (ring->count)
			put_page(pop(ring));
	}
}
