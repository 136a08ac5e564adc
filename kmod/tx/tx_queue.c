// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sealed records on their way to TCP. A record goes whole: the limits that
 * would split it (SO_SNDBUF, TCP_NOTSENT_LOWAT) are looked at between records
 * and lifted inside. Only failing to get memory leaves a remainder, which the
 * next call, or the next room in the buffer, finishes before anything else.
 */
#include <net/sock.h>

#include "compat/compat.h"
#include "tx/tx.h"

/* How long shutdown() and close() wait for memory to finish a record. */
#define DRAIN_TIMEOUT	(5 * HZ)

static noinline void out_shift(struct seal_tx *tx, unsigned int sent)
{
	struct bio_vec *out = tx->scratch->out;
	unsigned int i = 0;

	while (i < tx->out_count && sent >= out[i].bv_len) {
		sent -= out[i].bv_len;
		put_page(out[i].bv_page);
		i++;
	}
	tx->out_count -= i;
	if (i && tx->out_count)
		memmove(out, out + i, tx->out_count * sizeof(out[0]));
	if (sent) {
		out[0].bv_offset += sent;
		out[0].bv_len -= sent;
	}
}

/* Takes @sent bytes off the head of what is sealed: mostly all of it, in one piece. */
static __always_inline void out_consume(struct seal_tx *tx, unsigned int sent)
{
	tx->out_bytes -= sent;
	if (likely(!tx->out_bytes && tx->out_count == 1)) {
		tx->out_count = 0;
		put_page(tx->scratch->out->bv_page);
		return;
	}
	out_shift(tx, sent);
}

static void out_drop(struct seal_tx *tx)
{
	out_consume(tx, tx->out_bytes);
	tx->scratch->stamp = 0;
}

/*
 * What the socket has queued is made to look this much smaller while TCP takes
 * the next buffer, so that it begins one. That is one buffer's worth beyond
 * SO_SNDBUF, which itself stays what it is: everybody can read that. No more
 * than one, or TCP would look at its backlog and free what was lent.
 */
static int lend(struct sock *sk)
{
	int lent = READ_ONCE(sk->sk_wmem_queued) - READ_ONCE(sk->sk_sndbuf) + 1;

	if (likely(lent <= 0))
		return 0;
	sk_wmem_queued_add(sk, -lent);
	return lent;
}

/*
 * With MSG_MORE TCP keeps what does not fill a segment. That is a promise of
 * more, which a full send buffer would not let us keep.
 */
static int more_flag(struct sock *sk, const struct seal_tx *tx, int flags)
{
	if (!(flags & MSG_MORE))
		return 0;
	if (READ_ONCE(sk->sk_wmem_queued) + 2 * (int)tx->out_bytes >= READ_ONCE(sk->sk_sndbuf) ||
	    seal_tx_lowat(sk))
		return 0;
	return MSG_MORE;
}

/* The last byte of what is sealed, with the timestamps that it shall have. */
static int push_stamped(struct sock *sk, struct seal_scratch *scratch, int flags)
{
	struct {
		struct cmsghdr head;
		u32 stamp;
	} control = {
		.head = {
			.cmsg_len = CMSG_LEN(sizeof(control.stamp)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SO_TIMESTAMPING_OLD,
		},
		.stamp = scratch->stamp,
	};
	struct msghdr msg = {
		.msg_control = &control,
		.msg_controllen = sizeof(control),
		.msg_flags = flags,
	};
	int ret;

	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, scratch->out, 1, 1);
	ret = tcp_sendmsg_locked(sk, &msg, 1);
	if (ret > 0)
		scratch->stamp = 0;
	return ret;
}

/*
 * TCP marks the end of each of its calls, which may be several, so that a byte
 * with timestamps has its own.
 */
static noinline int push_before_stamp(struct sock *sk, const struct seal_tx *tx, int flags)
{
	struct seal_scratch *scratch = tx->scratch;

	if (tx->out_bytes == 1)
		return push_stamped(sk, scratch, flags);
	return compat_tcp_push(sk, scratch->out, tx->out_count, tx->out_bytes - 1,
			       flags | MSG_MORE);
}

/* As much of what is sealed as TCP takes. */
static __always_inline int push_some(struct sock *sk, const struct seal_tx *tx, int flags)
{
	if (unlikely(tx->scratch->stamp))
		return push_before_stamp(sk, tx, flags);
	return compat_tcp_push(sk, tx->scratch->out, tx->out_count, tx->out_bytes, flags);
}

/*
 * seal_tx_push - hand what is sealed to TCP
 * @flags: MSG_MORE if more follows at once
 *
 * Does not sleep for room. 0: nothing is left. -EAGAIN: no memory, the
 * remainder stays and SOCK_NOSPACE is set. Any other error is the
 * connection's: nothing more can be sent, the remainder is dropped.
 */
int seal_tx_push(struct sock *sk, struct seal_tx *tx, int flags)
{
	int ret = 0;

	if (!tx->out_count)
		return 0;

	flags = more_flag(sk, tx, flags) | MSG_DONTWAIT | MSG_NOSIGNAL;
	WRITE_ONCE(tx->pusher, current);
	while (tx->out_count) {
		int lent = lend(sk);

		ret = push_some(sk, tx, flags);
		if (unlikely(lent))
			sk_wmem_queued_add(sk, lent);
		if (ret <= 0)
			break;
		out_consume(tx, ret);
	}
	WRITE_ONCE(tx->pusher, NULL);

	if (!tx->out_count)
		return 0;
	if (ret == 0 || ret == -EAGAIN || ret == -ENOMEM) {
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		return -EAGAIN;
	}
	out_drop(tx);
	return ret;
}

/*
 * seal_tx_drain - like seal_tx_push(), but waits for memory up to @timeo
 */
int seal_tx_drain(struct sock *sk, struct seal_tx *tx, long *timeo)
{
	int err;

	while ((err = seal_tx_push(sk, tx, 0)) == -EAGAIN) {
		err = sk_stream_wait_memory(sk, timeo);
		if (err)
			return err;
	}
	return err;
}

/*
 * seal_tx_finish - before the sending side ends
 *
 * Seals what MSG_MORE left open and sees that TCP has all of it. Waits for
 * memory for a while; what the connection cannot take by then is lost with it.
 */
void seal_tx_finish(struct sock *sk)
{
	long timeo = DRAIN_TIMEOUT;

	seal_tx_flush(sk, 0, &timeo);
}

/* seal_tx_account() where something stays, or stayed. */
void seal_tx_charge(struct sock *sk, struct seal_tx *tx)
{
	int kept = tx->out_bytes +
		   (seal_rec_open(tx) ? tx->rec.body.len + sizeof(*tx->scratch) : 0);

	seal_tx_rest(tx);
	if (likely(kept == tx->charged))
		return;
	if (tx->charged) {
		sk_mem_uncharge(sk, tx->charged);
		tx->charged = 0;
	}
	/* Without memory the record is not kept open: TCP accounts for it then. */
	if (kept && !sk_wmem_schedule(sk, kept)) {
		if (seal_rec_open(tx) && !seal_tx_seal(sk, tx, SEAL_TYPE_DATA, NULL, 0))
			seal_tx_push(sk, tx, 0);
		seal_tx_rest(tx);
		return;
	}
	if (kept) {
		sk_mem_charge(sk, kept);
		tx->charged = kept;
	}
}

/*
 * sk->sk_write_space, in softirq or under the socket lock: finishes a
 * remainder. There is no crypto here, and no memory to wait for.
 */
void seal_tx_write_space(struct sock *sk)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_tx *tx = ctx->tx;

	if (tx->out_count && !tx->pusher) {
		gfp_t saved = sk->sk_allocation;

		sk->sk_allocation = GFP_ATOMIC;
		seal_tx_push(sk, tx, 0);
		sk->sk_allocation = saved;
	}
	ctx->write_space(sk);
}

/*
 * sk->sk_prot->stream_memory_free; may be called without the lock, by poll,
 * which is not told that TCP_NOTSENT_LOWAT is lifted for who pushes.
 */
bool seal_tx_memory_free(const struct sock *sk, int wake)
{
	const struct seal_ctx *ctx = seal_ctx_seen(sk);

	if (READ_ONCE(ctx->tx->pusher) == current)
		return true;
	return ctx->base->stream_memory_free(sk, wake);
}
