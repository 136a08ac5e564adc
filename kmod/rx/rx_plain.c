// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for opened records, cut from the reader's page fragment. Most are
 * copied out in the call that opened them: their memory goes straight back,
 * and the next record lands in the same, still warm, place.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "pages.h"
#include "rx/rx.h"

/* Each processor keeps one for the next record. */
static DEFINE_PER_CPU(struct seal_plain *, spare_plain);

/* Below this much it does not matter where pages end. */
#define IN_STEP_MIN	2048

/*
 * Room for @len bytes. Ciphers stop where a page of either side ends: a large
 * record begins at @at in its page. That is where its ciphertext does, so that both
 * sides end at once, or at the page's begin, so that whole runs of the cipher fit.
 */
static bool cut(struct sock *sk, struct seal_plain *plain, u32 len, u32 at)
{
	struct page_frag *frag = sk_page_frag(sk);
	u32 slack = len < IN_STEP_MIN ? 0 : PAGE_SIZE - 1, lead;

	if (seal_pages_refill(len + slack, frag, sk->sk_allocation) &&
	    frag->size - frag->offset >= len + slack) {
		lead = (at - frag->offset) & slack;
		plain->page = frag->page;
		plain->start = frag->offset;
		plain->size = lead + len;
		plain->off = frag->offset + lead;
		get_page(frag->page);
		frag->offset += lead + len;
		return true;
	}

	/* Memory is fragmented: no more than needed, and try harder. */
	plain->page = alloc_pages(sk->sk_allocation | __GFP_COMP, get_order(len));
	plain->size = len;
	return plain->page;
}

/* @len bytes in a page: in words, which costs least on most processors. */
static void wipe(struct page *page, u32 start, u32 len)
{
	u8 *at = page_address(page) + start;
	u32 head = -start % sizeof(u64);

	if (len < 2 * sizeof(u64)) {
		memset(at, 0, len);
	} else {
		memset(at, 0, sizeof(u64));
		memset(at + len - sizeof(u64), 0, sizeof(u64));
		memset64((u64 *)(at + head), 0, (len - head) / sizeof(u64));
	}
	/* Nobody reads it: to the compiler that is no reason to leave it. */
	barrier_data(at);
}

/*
 * Back to the fragment, if it was the last that was cut and is ours alone. The
 * next record is opened in the same place: it is wiped by seal_plain_settle(),
 * where none follows, with what longer ones before have left behind it.
 */
static bool give_back(struct sock *sk, struct seal_rx *rx, const struct seal_plain *plain)
{
	struct page_frag *frag = sk_page_frag(sk);

	if (plain->page != frag->page || plain->start + plain->size != frag->offset)
		return false;
	frag->offset = plain->start;
	if (rx->stale.page != plain->page || rx->stale.start != plain->start)
		rx->stale = (struct seal_stale){ .page = plain->page, .start = plain->start };
	rx->stale.len = max(rx->stale.len, plain->size);
	return true;
}

void seal_plain_wipe(struct sock *sk, struct seal_rx *rx)
{
	const struct page_frag *frag = sk_page_frag(sk);

	u32 from = max(rx->stale.start, frag->offset);
	u32 to = min(rx->stale.start + rx->stale.len, frag->size);

	/* What is behind the offset of a fragment is nobody's, whoever had it. */
	if (rx->stale.page == frag->page && from < to)
		wipe(frag->page, from, to - from);
	rx->stale.page = NULL;
}

/*
 * Without memory under the socket's limits one record may still be opened:
 * reading is what frees memory. Only reading ahead (MSG_PEEK) has to stop.
 */
static bool charge(struct sock *sk, const struct seal_rx *rx, struct seal_plain *plain)
{
	u32 bytes = plain->size + sizeof(*plain);

	if (!list_empty(&rx->plain) && atomic_read(&sk->sk_rmem_alloc) > sk->sk_rcvbuf)
		return false;
	if (!__sk_rmem_schedule(sk, bytes, false))
		return list_empty(&rx->plain);

	atomic_add(bytes, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, bytes);
	plain->charged = bytes;
	return true;
}

/*
 * seal_plain_new - memory for @len bytes of an opened record
 * @at: where in a page a large one shall begin
 *
 * May sleep. NULL: no memory, or too much is open and unread already.
 */
struct seal_plain *seal_plain_new(struct sock *sk, struct seal_rx *rx, u32 len, u32 at)
{
	struct seal_plain *plain = this_cpu_xchg(spare_plain, NULL);

	if (unlikely(!plain))
		plain = kmalloc(sizeof(*plain), sk->sk_allocation);
	if (!plain)
		return NULL;

	*plain = (struct seal_plain){ .len = len };
	if (!cut(sk, plain, max(len, 1U), at) || !charge(sk, rx, plain)) {
		seal_plain_free(sk, rx, plain);
		return NULL;
	}
	return plain;
}

/* Frees a record that is in no list. Its memory is wiped, unless others have some of it. */
void seal_plain_free(struct sock *sk, struct seal_rx *rx, struct seal_plain *plain)
{
	if (plain->charged) {
		atomic_sub(plain->charged, &sk->sk_rmem_alloc);
		sk_mem_uncharge(sk, plain->charged);
	}
	if (plain->page) {
		if (!plain->shared && !give_back(sk, rx, plain))
			wipe(plain->page, plain->start, plain->size);
		put_page(plain->page);
	}
	plain = this_cpu_xchg(spare_plain, plain);
	if (unlikely(plain))
		kfree(plain);
}

void seal_plain_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree(per_cpu(spare_plain, cpu));
}

/* The first @len unread bytes of a record in a list are gone, and with the last the record. */
void seal_plain_consume(struct sock *sk, struct seal_rx *rx, struct seal_plain *plain, u32 len)
{
	plain->off += len;
	plain->len -= len;
	if (plain->len)
		return;
	list_del(&plain->node);
	seal_plain_free(sk, rx, plain);
}
