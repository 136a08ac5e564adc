// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of files and pipes: sendfile(), splice(), vmsplice(). A record that
 * is complete is sealed straight from the pages; what would wait for more is
 * copied, because the pages are not ours to keep. So is what the cipher reads
 * more than once: others may write to the pages meanwhile, and the tag would
 * belong to something else than was sent.
 */
#include <linux/cache.h>
#include <linux/mm.h>
#include <linux/prefetch.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "compat/compat.h"
#include "tx/tx.h"

/* Of each page; the rest the processor fetches by itself, as far as the page goes. */
#define FETCH_AHEAD	512u

/* The beginnings of a record's pages, which a file has anywhere, while the first is sealed. */
static void fetch_pages(const struct bio_vec *pages, unsigned int count)
{
	unsigned int i, off;

	for (i = 0; i < count; i++) {
		const u8 *from = page_address(pages[i].bv_page);

		for (off = 0; off < min(pages[i].bv_len, FETCH_AHEAD); off += L1_CACHE_BYTES)
			prefetch(from + pages[i].bv_offset + off);
	}
}

/*
 * seal_tx_splice - pages of @msg into the open record
 * @type: of the record
 *
 * Takes what the record still holds. Where that completes an empty record,
 * the record is sealed from the pages, to be pushed; otherwise it is copied
 * and the record stays open. Returns the number of bytes taken, or
 * -EFAULT, or as seal_tx_seal().
 */
int seal_tx_splice(struct sock *sk, struct seal_tx *tx, struct msghdr *msg, u8 type)
{
	struct seal_rec *rec = &tx->rec;
	size_t n = min_t(size_t, msg_data_left(msg), rec->body.len - rec->len);
	struct bio_vec pages[COMPAT_SPLICE_PAGES] __uninitialized;
	int count, err;

	/* Prefix and trailer apart, the whole body, padded or not, from pages of a file or pipe. */
	if (!rec->len && rec->frame.page && n == rec->body.len && !seal_reads_twice(tx->key)) {
		count = compat_iter_pages(&msg->msg_iter, n, pages);
		if (count > 0) {
			fetch_pages(pages, count);
			rec->len = n;
			err = seal_tx_seal(sk, tx, type, pages, count);
			if (err)
				return err;
			iov_iter_advance(&msg->msg_iter, n);
			return n;
		}
	}

	return seal_tx_copy(tx, msg);
}

/* proto.splice_eof: a splice ended early though SPLICE_F_MORE had promised more. */
void seal_tx_splice_eof(struct socket *sock)
{
	struct sock *sk = sock->sk;
	long timeo;

	lock_sock(sk);
	timeo = sock_sndtimeo(sk, false);
	seal_tx_flush(sk, 0, &timeo);
	release_sock(sk);
}
