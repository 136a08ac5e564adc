// SPDX-License-Identifier: GPL-2.0-only
/*
 * recv() and poll(): records to readers.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/tcp.h>

#include "cmsg.h"
#include "crypt.h"
#include "hooks.h"
#include "rx/rx.h"

/* Below this much a copy costs less than finding the reader's pages. */
#define STRAIGHT_MIN	2048

/* So many steps that bring no byte a call makes in a row, unless it may wait. */
#define IDLE_MOST	256

/* So much is opened before TCP hears of it and other packets get their turn. */
#define COMMIT_EVERY	SZ_128K

/* @rx is to have its first key. */
void seal_rx_begin(struct seal_rx *rx)
{
	INIT_LIST_HEAD(&rx->plain);
}

/* Called with the socket locked, after its operations stopped being ours. */
void seal_rx_end(struct sock *sk, struct seal_rx *rx)
{
	struct seal_plain *plain;

	while ((plain = seal_plain_first(rx))) {
		list_del(&plain->node);
		seal_plain_free(sk, rx, plain);
	}
	if (rx->stale.page)
		seal_plain_wipe(sk, rx);
	seal_part_free(sk, &rx->part);
	seal_key_free(rx->key);
}

/* 1: a whole record is there and may be opened; 0: not yet; or why none will be. */
int seal_rx_next(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur)
{
	if (rx->state == SEAL_DIR_EXPIRED)
		return -EKEYEXPIRED;
	return seal_rx_head(sk, rx, cur);
}

/*
 * A direction that failed to frame says so once; after that a reader that
 * does not block hears that there is nothing, as with the kernel's own TLS.
 */
static int report_error(struct sock *sk, struct seal_rx *rx, int err, bool block, bool copied)
{
	if (unlikely(seal_ctx(sk)->managed))
		return seal_managed_report(sk, rx, err);
	if (err == -EKEYEXPIRED || rx->state == SEAL_DIR_FAILED)
		return err;
	if (rx->told && !block)
		return -EAGAIN;
	/* With bytes to return the call cannot say it: the next one does. */
	if (!copied)
		rx->told = true;
	return err;
}

/* Bytes below which a read waits; one that wants none waits for one. */
static size_t read_target(const struct sock *sk, const struct seal_rx *rx, size_t len, int flags)
{
	size_t mark = flags & MSG_WAITALL ? len : seal_rx_mark(sk, rx);

	return min(mark, len) ?: 1;
}

/*
 * Sleeps until the head of the stream may have moved; @lack: bytes that the
 * call still waits for. 0, SEAL_RX_CHANGED, or an error.
 */
static int sleep_for_record(struct sock *sk, struct seal_rx *rx, long *timeo, size_t lack)
{
	/* In managed mode there is work to do for any record. */
	bool lift = lack < seal_rx_mark(sk, rx) || unlikely(seal_ctx(sk)->managed);
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	u64 opened = rx->records;
	int err;

	rx->waiters += lift;
	seal_rx_lift(sk, rx);
	add_wait_queue(sk_sleep(sk), &wait);
	sk_set_bit(SOCKWQ_ASYNC_WAITDATA, sk);
	err = sk_wait_event(sk, timeo,
			    READ_ONCE(rx->ready) || READ_ONCE(rx->starved) ||
			    READ_ONCE(rx->error) || READ_ONCE(sk->sk_err) ||
			    READ_ONCE(rx->records) != opened ||
			    (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN), &wait);
	sk_clear_bit(SOCKWQ_ASYNC_WAITDATA, sk);
	remove_wait_queue(sk_sleep(sk), &wait);
	rx->waiters -= lift;
	seal_rx_lift(sk, rx);
	if (signal_pending(current))
		return sock_intr_errno(*timeo);
	if (err < 0)
		return err;
	return rx->records == opened ? 0 : SEAL_RX_CHANGED;
}

/*
 * seal_rx_wait - until a whole record is at the cursor
 * @timeo: how long, 0 for not at all; what is left of it on return
 * @copied: the call has something to return already: the socket's error stays
 *	for the next one
 * @lack: bytes it still waits for
 *
 * What was opened before is taken off the queue first, because the lock may
 * be dropped. SEAL_RX_RECORD; SEAL_RX_CHANGED: look again; SEAL_RX_EOF; -EAGAIN, -EKEYEXPIRED, the
 * socket's error, what a signal makes of it, or why no record follows.
 */
int seal_rx_wait(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		 long *timeo, bool copied, size_t lack)
{
	int ret;

	for (;;) {
		ret = seal_rx_next(sk, rx, cur);
		if (ret < 0)
			return report_error(sk, rx, ret, *timeo, copied);
		if (ret)
			return SEAL_RX_RECORD;

		seal_cursor_commit(sk, rx, cur);
		if (sk_flush_backlog(sk)) {
			seal_cursor_init(sk, cur);
			continue;
		}
		seal_rx_update(sk, rx, cur);
		if (rx->starved) {
			ret = seal_rx_gather(sk, rx);
			seal_cursor_init(sk, cur);
			if (ret)
				return ret;
			continue;
		}
		if (sk->sk_err)
			return copied ? -READ_ONCE(sk->sk_err) : sock_error(sk);
		if ((sk->sk_shutdown & RCV_SHUTDOWN) || sock_flag(sk, SOCK_DONE))
			return unlikely(seal_ctx(sk)->managed) ? seal_managed_cut(sk, rx) :
								 SEAL_RX_EOF;
		if (!*timeo)
			return -EAGAIN;

		ret = sleep_for_record(sk, rx, timeo, lack);
		seal_cursor_init(sk, cur);
		if (ret)
			return ret;
	}
}

/*
 * seal_rx_idle - a step of a call has brought it nothing, and there may be many
 * @timeo: as of seal_rx_wait()
 *
 * A record without content costs its peer little and us a cipher call: whoever
 * reads can be stopped between two, and does not go on for ever where he does not
 * wait or his time is up. SEAL_RX_CHANGED: go on; what a signal makes of it; -EAGAIN.
 */
int seal_rx_idle(const struct sock *sk, struct seal_idle *idle, long timeo)
{
	cond_resched();
	if (signal_pending(current))
		return sock_intr_errno(timeo);
	if (++idle->steps < IDLE_MOST || timeo == MAX_SCHEDULE_TIMEOUT ||
	    (timeo && time_before(jiffies, idle->since + sk->sk_rcvtimeo)))
		return SEAL_RX_CHANGED;
	return -EAGAIN;
}

/*
 * seal_rx_leave - the end of a call that reads
 *
 * Takes what was opened off the queue. Where the call may have left for
 * seal_rx_idle(), waiters hear that there is more: nothing need arrive any more.
 */
void seal_rx_leave(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		   const struct seal_idle *idle)
{
	seal_cursor_commit(sk, rx, cur);
	if (unlikely(idle->steps >= IDLE_MOST) && rx->ready)
		sk->sk_data_ready(sk);
}

/**
 * struct seal_recv - one call of recvmsg()
 * @msg: the caller's
 * @len: bytes the caller wants
 * @copied: bytes the caller has
 * @target: bytes below which the call waits
 * @timeo: how long it waits
 * @idle: what it did for no byte
 * @cur: the next record to open
 * @reader: the caller's memory
 * @type: content type told to the caller
 * @first_type: at first: 0, or what the caller need not be told
 * @peek: nothing is taken away
 * @discard: MSG_TRUNC: nothing is copied, there may be no memory for it
 * @peeked: with @peek, the last opened record that was looked at
 * @control: where control messages go, as the caller has it
 * @controllen: room there
 */
struct seal_recv {
	struct msghdr *msg;
	size_t len;
	size_t copied;
	size_t target;
	long timeo;
	struct seal_idle idle;
	struct seal_cursor cur;
	struct seal_reader *reader;
	u8 type;
	u8 first_type;
	bool peek;
	bool discard;
	struct seal_plain *peeked;
	void *control;
	size_t controllen;
};

/* The next opened record for this call, if there is one. */
static struct seal_plain *next_plain(struct seal_rx *rx, const struct seal_recv *call)
{
	if (!call->peeked)
		return seal_plain_first(rx);
	if (list_is_last(&call->peeked->node, &rx->plain))
		return NULL;
	return list_next_entry(call->peeked, node);
}

/* Copies @n bytes of @plain to the reader. */
static int copy_plain(const struct seal_plain *plain, struct msghdr *msg, u32 n)
{
	/* The memory is no object of the allocator's: nothing to check there. */
	return _copy_to_iter(seal_plain_at(plain), n, &msg->msg_iter) == n ? 0 : -EFAULT;
}

/* This call has had @n bytes of @plain. */
static void pass(struct sock *sk, struct seal_rx *rx, struct seal_recv *call,
		 struct seal_plain *plain, u32 n)
{
	call->copied += n;
	if (call->peek)
		call->peeked = plain;
	else
		seal_plain_consume(sk, rx, plain, n);
}

/*
 * Data without content is no end of file. Who asks for types hears of it, so that a
 * record of another type behind it begins the next call, as after data.
 */
static int no_content(struct seal_recv *call)
{
	if (call->msg->msg_controllen)
		seal_cmsg_put_type(call->msg, SEAL_TYPE_DATA, &call->type);
	return 1;
}

/* 1: go on with the next record; 0: the call ends here; or an error. */
static int deliver(struct sock *sk, struct seal_rx *rx, struct seal_plain *plain,
		   struct seal_recv *call)
{
	size_t n;
	int ret;

	if (!plain->len && plain->type == SEAL_TYPE_DATA) {
		pass(sk, rx, call, plain, 0);
		return no_content(call);
	}
	ret = seal_cmsg_put_type(call->msg, plain->type, &call->type);
	if (ret <= 0)
		return ret;

	n = min_t(size_t, plain->len, call->len - call->copied);
	ret = call->discard ? 0 : copy_plain(plain, call->msg, n);
	if (ret)
		return ret;
	if (n == plain->len)
		call->msg->msg_flags |= MSG_EOR;
	pass(sk, rx, call, plain, n);
	return call->type == SEAL_TYPE_DATA && call->copied < call->len;
}

/*
 * Into the reader's memory, whose pages end anywhere? Ciphers that go by runs lose more
 * there than a copy costs.
 */
static bool may_open_straight(const struct sock *sk, const struct seal_rx *rx,
			      const struct seal_recv *call)
{
	u32 len = seal_content_most(&rx->key->shape, &rx->head);

	return !call->peek && !call->discard && rx->head.type == SEAL_TYPE_DATA &&
	       !rx->key->shape.block && !seal_key_runs(rx->key) &&
	       len >= STRAIGHT_MIN && len <= call->len - call->copied &&
	       (!rx->skip || (seal_ctx(sk)->expect_no_pad && !seal_ctx(sk)->managed)) &&
	       user_backed_iter(&call->msg->msg_iter);
}

/* The caller's memory, if the record at the cursor may be opened there; or NULL. */
static struct seal_reader *reader_for(const struct sock *sk, const struct seal_rx *rx,
				      const struct seal_recv *call)
{
	u32 queued = tcp_sk(sk)->rcv_nxt - call->cur.seq;

	if (!may_open_straight(sk, rx, call))
		return NULL;
	/* What has arrived is not more in the clear. */
	call->reader->ahead = min_t(size_t, call->len - call->copied, queued);
	return call->reader;
}

/* Opens the record at the cursor. As deliver(). */
static int receive(struct sock *sk, struct seal_rx *rx, struct seal_recv *call)
{
	struct iov_iter *iter = &call->msg->msg_iter;
	size_t left = iov_iter_count(iter);
	struct seal_plain *plain;
	int ret;

	ret = seal_rx_open(sk, rx, &call->cur, reader_for(sk, rx, call), &plain);
	if (ret)
		return ret;
	if (plain)
		return deliver(sk, rx, plain, call);
	if (left == iov_iter_count(iter))
		return no_content(call);
	seal_cmsg_put_type(call->msg, SEAL_TYPE_DATA, &call->type);
	call->copied += left - iov_iter_count(iter);
	call->msg->msg_flags |= MSG_EOR;
	return call->copied < call->len;
}

/*
 * Sleeping drops the lock: what this call has peeked at may be gone. Then it
 * looks again from the start, and what it has told is untold.
 */
static void restart_peek(struct seal_recv *call)
{
	struct msghdr *msg = call->msg;

	if (!call->discard)
		iov_iter_revert(&msg->msg_iter, call->copied);
	msg->msg_control = call->control;
	msg->msg_controllen = call->controllen;
	msg->msg_flags &= ~(MSG_EOR | MSG_CTRUNC);
	call->type = call->first_type;
	call->copied = 0;
	call->peeked = NULL;
}

/* No whole record is at the cursor. 1: look again; otherwise as deliver(). */
static int wait_for_more(struct sock *sk, struct seal_rx *rx, struct seal_recv *call)
{
	int ret;

	/* With enough at hand only what is there already is added. */
	if (call->copied >= call->target)
		return 0;
	seal_reader_release(call->reader);
	ret = seal_rx_wait(sk, rx, &call->cur, &call->timeo, call->copied,
			   call->target - call->copied);
	if (ret < 0 || ret == SEAL_RX_EOF)
		return ret;
	if (call->peek)
		restart_peek(call);
	return 1;
}

/* One record, opened before or now. As deliver(). */
static int recv_step(struct sock *sk, struct seal_rx *rx, struct seal_recv *call)
{
	struct seal_plain *plain = next_plain(rx, call);

	if (plain)
		return deliver(sk, rx, plain, call);
	if (call->cur.done >= COMMIT_EVERY) {
		seal_cursor_commit(sk, rx, &call->cur);
		if (sk_flush_backlog(sk))
			seal_cursor_init(sk, &call->cur);
	}
	if (seal_rx_next(sk, rx, &call->cur) > 0)
		return receive(sk, rx, call);
	return wait_for_more(sk, rx, call);
}

static int recv_locked(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct seal_rx *rx = seal_ctx(sk)->rx;
	struct seal_reader reader __uninitialized;
	struct seal_recv call = {
		.msg = msg,
		.reader = &reader,
		.len = len,
		.target = read_target(sk, rx, len, flags),
		.timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT),
		.idle = SEAL_IDLE_START,
		.peek = flags & MSG_PEEK,
		.discard = flags & MSG_TRUNC,
		.control = msg->msg_control,
		.controllen = msg->msg_controllen,
	};
	int ret;

	/* In managed mode all is data: as if that were told already, nobody is. */
	if (unlikely(seal_ctx(sk)->managed)) {
		call.first_type = SEAL_TYPE_DATA;
		call.type = SEAL_TYPE_DATA;
	}

	/* A call that wants no bytes waits for a record of them all the same, as with TCP. */
	seal_cursor_init(sk, &call.cur);
	seal_reader_init(&reader, &msg->msg_iter);
	do {
		size_t had = call.copied;

		ret = recv_step(sk, rx, &call);
		if (ret > 0 && call.copied == had)
			ret = seal_rx_idle(sk, &call.idle,
					   had >= call.target ? 0 : call.timeo);
		cond_resched();
	} while (ret > 0);
	seal_reader_release(&reader);
	seal_rx_leave(sk, rx, &call.cur, &call.idle);
	return call.copied ? call.copied : min(ret, 0);
}

/* A small read of a record that is open already: as recv_locked(), or 0 where it is no such. */
static int recv_opened(struct sock *sk, struct seal_rx *rx, struct msghdr *msg, size_t len,
		       int flags)
{
	struct seal_plain *plain = seal_plain_first(rx);

	if (!len || !plain || len > plain->len || plain->type != SEAL_TYPE_DATA ||
	    (flags & (MSG_PEEK | MSG_TRUNC)) || msg->msg_controllen)
		return 0;
	/* As seal_cmsg_put_type() answers who did not ask for the type. */
	msg->msg_flags |= MSG_CTRUNC;
	if (copy_plain(plain, msg, len))
		return -EFAULT;
	if (len == plain->len)
		msg->msg_flags |= MSG_EOR;
	seal_plain_consume(sk, rx, plain, len);
	return len;
}

/* proto.recvmsg */
int seal_rx_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	int ret;

	if (unlikely(flags & MSG_ERRQUEUE))
		return sock_recv_errqueue(sk, msg, len, SOL_IP, IP_RECVERR);

	lock_sock(sk);
	ret = recv_opened(sk, seal_ctx(sk)->rx, msg, len, flags);
	if (!ret)
		ret = recv_locked(sk, msg, len, flags);
	seal_plain_settle(sk, seal_ctx(sk)->rx);
	if (unlikely(seal_ctx(sk)->managed))
		msg->msg_flags &= ~(MSG_EOR | MSG_CTRUNC);
	release_sock(sk);
	return ret;
}

/* What the whole records that are still sealed hold at most. */
static int sealed_bytes(struct sock *sk, struct seal_rx *rx)
{
	const struct seal_shape *shape = &rx->key->shape;
	struct seal_cursor cur;
	struct seal_header head;
	int sum = 0;

	seal_cursor_init(sk, &cur);
	if (seal_rx_next(sk, rx, &cur) <= 0)
		return 0;
	head = rx->head;
	do {
		sum += max(seal_content_most(shape, &head), 1U);
		/* Behind a record that is off the queue there is none. */
		if (seal_part_used(&rx->part))
			break;
		cur.seq += SEAL_HEADER + head.length;
		cond_resched();
	} while (sum < INT_MAX / 2 && seal_rx_look(sk, rx, &cur, &head));
	return sum;
}

/*
 * seal_rx_inq - SIOCINQ: bytes that can be read without waiting
 *
 * Exact for what is opened; for whole records still sealed the most their
 * content can be. 0 only where a read would wait, or find the end of file. A
 * header out of bounds ends the sum: what comes before it counts.
 */
int seal_rx_inq(struct sock *sk)
{
	struct seal_rx *rx = seal_ctx(sk)->rx;
	struct seal_plain *plain;
	int sum = 0;

	lock_sock(sk);
	if (unlikely(seal_ctx(sk)->managed))
		seal_managed_turn(sk);
	list_for_each_entry(plain, &rx->plain, node)
		sum += plain->len;
	sum += sealed_bytes(sk, rx);
	release_sock(sk);
	return sum;
}

/* proto.sock_is_readable; may be called without the lock. */
bool seal_rx_is_readable(struct sock *sk)
{
	const struct seal_rx *rx = seal_ctx_seen(sk)->rx;

	if (!list_empty_careful(&rx->plain) || READ_ONCE(rx->state) == SEAL_DIR_FAILED)
		return true;
	if (READ_ONCE(rx->error))
		return !READ_ONCE(rx->told);
	return READ_ONCE(rx->ready) && READ_ONCE(rx->state) != SEAL_DIR_EXPIRED &&
	       seal_rx_mark_reached(sk);
}

/*
 * proto_ops.poll. Lockless, but for a record that exceeds the receive window:
 * then the part that is there must go for the rest to come.
 */
__poll_t seal_rx_poll(struct file *file, struct socket *sock, struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	struct seal_ctx *ctx = seal_ctx_seen(sk);
	bool failed = false;
	__poll_t mask;

	mask = ctx->base_ops->poll(file, sock, wait);
	if (unlikely(ctx->managed))
		return seal_managed_poll(sk, mask);
	if (READ_ONCE(ctx->rx->starved)) {
		lock_sock(sk);
		if (ctx->rx->starved)
			failed = seal_rx_gather(sk, ctx->rx);
		release_sock(sk);
	}
	/* Where that failed nothing more arrives that could wake the caller: a read tells. */
	if (failed || seal_rx_is_readable(sk))
		return mask | EPOLLIN | EPOLLRDNORM;
	if (!(READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN))
		mask &= ~(EPOLLIN | EPOLLRDNORM);
	return mask;
}
