// SPDX-License-Identifier: GPL-2.0-only
/*
 * What TLS 1.3 hides until a record is opened: whether it is data. Whoever
 * polls, sends or closes takes a turn: what is no data is dealt with, data
 * stays for the next read.
 */
#include <net/tcp.h>

#include "crypt.h"
#include "managed/managed.h"
#include "rx/rx_cursor.h"
#include "seen/mib.h"
#include "seen/trace.h"

/* Acts on one event. An error: the receiving half is finished. */
static int act(struct sock *sk, struct seal_rx *rx, enum seal_control_event event,
	       const struct seal_control_step *step)
{
	struct seal_managed *m = seal_ctx(sk)->managed;

	switch (event) {
	case SEAL_CONTROL_BEGIN:
		seal_queue_begin(sk, m, step->at, step->len);
		break;
	case SEAL_CONTROL_BYTES:
		seal_queue_bytes(m, step->at, step->len);
		break;
	case SEAL_CONTROL_END:
		seal_queue_end(sk, m);
		break;
	case SEAL_CONTROL_KEY_UPDATE:
		SEAL_INC(sk, RXREKEYRECEIVED);
		trace_sealsock_key_update(sk);
		if (step->asked)
			m->due |= SEAL_DUE_UPDATE;
		m->asked = false;
		seal_direction(&rx->state, SEAL_DIR_KEY_UPDATE);
		/* What fails for want of memory is tried again by who reads on. */
		seal_managed_update_rx(sk, rx);
		break;
	case SEAL_CONTROL_RENEGOTIATE:
		m->refusals++;
		break;
	case SEAL_CONTROL_CLOSE:
		seal_managed_closed(sk, rx);
		break;
	case SEAL_CONTROL_ALERT:
		return seal_managed_alerted(sk, rx, step->alert);
	case SEAL_CONTROL_FATAL:
		return seal_managed_refuse(sk, step->alert, step->reason);
	case SEAL_CONTROL_DONE:
		break;
	}
	return 0;
}

int seal_managed_opened(struct sock *sk, struct seal_rx *rx, struct seal_plain *plain)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_control_step step;
	enum seal_control_event event;
	int err;

	seal_control_start(&ctx->managed->control, &step, plain->type, seal_plain_at(plain),
			   plain->len, ctx->tx->bytes);
	do {
		event = seal_control_next(&ctx->managed->control, &step);
		err = act(sk, rx, event, &step);
	} while (!err && event != SEAL_CONTROL_DONE && event != SEAL_CONTROL_CLOSE);

	if (!err && plain->type == SEAL_TYPE_DATA && plain->len)
		return 1;
	/* More of its kind may follow: not into the reader's memory. */
	if (!rx->skip)
		rx->skip = 1;
	seal_plain_free(sk, rx, plain);
	return err;
}

void seal_managed_data(struct sock *sk)
{
	seal_control_data(&seal_ctx(sk)->managed->control);
}

/* Nothing whole is at the cursor. 1: look again; 0: a read would wait; < 0: it would not. */
static int nothing_there(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur)
{
	int err;

	seal_cursor_commit(sk, rx, cur);
	seal_rx_update(sk, rx, cur);
	if (rx->starved) {
		err = seal_rx_gather(sk, rx);
		seal_cursor_init(sk, cur);
		return err ? err : 1;
	}
	if (sk->sk_err)
		return -sk->sk_err;
	if (!(sk->sk_shutdown & RCV_SHUTDOWN) && !sock_flag(sk, SOCK_DONE))
		return 0;
	seal_managed_cut(sk, rx);
	return -ENOLINK;
}

/* One record at most. As nothing_there(). */
static int turn_step(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur)
{
	struct seal_plain *plain;
	int ret;

	if (seal_plain_first(rx))
		return -EEXIST;
	ret = seal_rx_next(sk, rx, cur);
	if (ret < 0)
		return seal_managed_report(sk, rx, ret) == SEAL_RX_CHANGED ? 1 : ret;
	if (!ret)
		return nothing_there(sk, rx, cur);
	if (seal_rx_shows_data(rx))
		return -EEXIST;
	ret = seal_rx_open(sk, rx, cur, NULL, &plain);
	return ret ? ret : 1;
}

bool seal_managed_turn(struct sock *sk)
{
	struct seal_rx *rx = seal_ctx(sk)->rx;
	struct seal_cursor cur;
	int ret;

	seal_cursor_init(sk, &cur);
	do {
		ret = turn_step(sk, rx, &cur);
		cond_resched();
	} while (ret > 0);
	seal_cursor_commit(sk, rx, &cur);
	if (rx->state == SEAL_DIR_CLOSED)
		seal_managed_discard(sk);
	seal_managed_settle(sk);
	seal_plain_settle(sk, rx);
	return ret < 0;
}

/* Without the lock: nothing has come that a turn would deal with. */
static bool is_idle(const struct sock *sk, const struct seal_rx *rx)
{
	return list_empty_careful(&rx->plain) && !READ_ONCE(rx->ready) &&
	       !READ_ONCE(rx->starved) && !READ_ONCE(rx->error) &&
	       READ_ONCE(rx->state) == SEAL_DIR_KEYED &&
	       !(READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN) && !READ_ONCE(sk->sk_err);
}

__poll_t seal_managed_poll(struct sock *sk, __poll_t mask)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_rx *rx = ctx->rx;

	mask &= ~(EPOLLIN | EPOLLRDNORM);
	if (!is_idle(sk, rx)) {
		lock_sock(sk);
		if (seal_managed_turn(sk))
			mask |= EPOLLIN | EPOLLRDNORM;
		release_sock(sk);
	}
	if (READ_ONCE(rx->state) == SEAL_DIR_CLOSED) {
		mask |= EPOLLRDHUP;
		if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
			mask |= EPOLLHUP;
	}
	if (READ_ONCE(rx->state) == SEAL_DIR_FAILED)
		mask |= EPOLLERR;
	/* Where a write fails at once. */
	if (READ_ONCE(ctx->tx->state) >= SEAL_DIR_FAILED)
		mask |= EPOLLOUT | EPOLLWRNORM;
	if (ctx->managed->events && !list_empty_careful(&ctx->managed->messages))
		mask |= EPOLLPRI;
	return mask;
}
