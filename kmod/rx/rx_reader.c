// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader's memory, pinned for the records of a call together: finding the
 * pages of many costs little more than finding those of one.
 */
#include <linux/mm.h>
#include <linux/uio.h>

#include "compat/compat.h"
#include "rx/rx.h"

void seal_reader_unpin(struct seal_reader *reader)
{
	unpin_user_pages_dirty_lock(reader->page, reader->dirty, true);
	if (reader->count > reader->dirty)
		unpin_user_pages(reader->page + reader->dirty, reader->count - reader->dirty);
	reader->count = 0;
	reader->dirty = 0;
}

/* The pages of @len bytes at @addr, or of the first of them. */
static void pin(struct seal_reader *reader, unsigned long addr, size_t len)
{
	size_t pages = DIV_ROUND_UP(offset_in_page(addr) + len, PAGE_SIZE);
	int n;

	reader->addr = addr & PAGE_MASK;
	n = pin_user_pages_fast(reader->addr, min_t(size_t, pages, SEAL_PINS), FOLL_WRITE,
				reader->page);
	reader->count = max(n, 0);
}

static bool covers(const struct seal_reader *reader, unsigned long addr, u32 len)
{
	unsigned long off = addr - reader->addr, size = (unsigned long)reader->count << PAGE_SHIFT;

	return off < size && len <= size - off;
}

/*
 * seal_reader_pages - the pages of the next @len bytes of the reader's memory
 *
 * Valid until seal_reader_release(), or until this is called for bytes that lie
 * elsewhere. May sleep. NULL: they cannot be had, or do not lie in one piece.
 */
struct page **seal_reader_pages(struct seal_reader *reader, u32 len)
{
	unsigned long addr = compat_iter_addr(reader->iter), off;
	size_t piece, ahead;

	if (!covers(reader, addr, len)) {
		piece = iov_iter_single_seg_count(reader->iter);
		if (len > piece)
			return NULL;
		ahead = clamp(reader->ahead, (size_t)len, piece);
		seal_reader_release(reader);
		pin(reader, addr, ahead - seal_reader_rest(addr + ahead));
		if (!covers(reader, addr, len))
			return NULL;
	}
	off = addr - reader->addr;
	reader->dirty = DIV_ROUND_UP(off + len, PAGE_SIZE);
	return reader->page + (off >> PAGE_SHIFT);
}
