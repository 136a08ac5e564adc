// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a managed connection ends: close_notify of either side, alerts, and a
 * stream that was cut.
 */
#include <net/tcp.h>

#include "managed/managed.h"
#include "rx/rx_cursor.h"
#include "seen/mib.h"
#include "seen/trace.h"
#include "uapi/sealsock.h"

int seal_managed_record(struct sock *sk, struct seal_tx *tx, u8 type, const u8 *content,
			unsigned int len)
{
	struct seal_rec open;
	int err;

	if (!seal_tx_out_room(tx)) {
		err = seal_tx_push(sk, tx, 0);
		if (err && err != -EAGAIN)
			return err;
		if (!seal_tx_out_room(tx))
			return -ENOMEM;
	}

	/* The open record stays open: what is sealed here goes first. */
	open = tx->rec;
	tx->rec = (struct seal_rec){};
	err = seal_rec_begin(sk, tx, len, false);
	if (!err && tx->rec.body.len < len) {
		seal_rec_drop(sk, tx);
		err = -ENOMEM;
	}
	if (!err) {
		memcpy(seal_room_at(&tx->rec.body), content, len);
		tx->rec.len = len;
		err = seal_tx_seal(sk, tx, type, NULL, 0);
	}
	tx->rec = open;
	return err;
}

int seal_managed_alert(struct sock *sk, u8 level, u8 description)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	u8 alert[SEAL_ALERT_LEN] = { level, description };
	int err;

	err = seal_managed_record(sk, ctx->tx, SEAL_TYPE_ALERT, alert, sizeof(alert));
	if (!err) {
		if (level == SEAL_ALERT_FATAL)
			SEAL_INC(sk, ALERTSENT);
		else if (description == SEAL_ALERT_CLOSE_NOTIFY)
			SEAL_INC(sk, CLOSESENT);
		if (level == SEAL_ALERT_FATAL || description == SEAL_ALERT_CLOSE_NOTIFY)
			ctx->managed->alert_sent = SEALSOCK_ALERT | description;
		seal_managed_show(sk);
		seal_tx_push(sk, ctx->tx, 0);
	}
	seal_tx_account(sk, ctx->tx);
	return err;
}

/* Why the receiving half is at its end, for all who ask. */
static void ended(struct sock *sk, u8 reason)
{
	struct seal_managed *m = seal_ctx(sk)->managed;

	m->reason = reason;
	seal_managed_show(sk);
	trace_sealsock_end(sk, reason, m->alert_received, m->alert_sent);
}

/* May records be sealed still, as far as TLS and TCP are concerned? */
static bool can_seal(const struct sock *sk, const struct seal_tx *tx)
{
	return tx->state == SEAL_DIR_KEYED && !sk->sk_err && !(sk->sk_shutdown & SEND_SHUTDOWN);
}

/* No way to go on: what MSG_MORE left open is not sent any more. */
static void finish_both(struct sock *sk, struct seal_rx *rx, int err)
{
	struct seal_tx *tx = seal_ctx(sk)->tx;

	seal_rec_drop(sk, tx);
	seal_tx_account(sk, tx);
	seal_direction(&tx->state, SEAL_DIR_CLOSE);
	WRITE_ONCE(rx->error, err);
	seal_direction(&rx->state, SEAL_DIR_FAIL);
	trace_sealsock_fail(sk, false, err);
}

int seal_managed_refuse(struct sock *sk, u8 alert, u8 reason)
{
	struct seal_ctx *ctx = seal_ctx(sk);

	seal_rec_drop(sk, ctx->tx);
	if (can_seal(sk, ctx->tx))
		seal_managed_alert(sk, SEAL_ALERT_FATAL, alert);
	ended(sk, reason);
	if (reason == SEALSOCK_REASON_FLOOD)
		SEAL_INC(sk, FLOOD);
	finish_both(sk, ctx->rx, reason == SEALSOCK_REASON_NOT_AUTHENTIC ? -EBADMSG : -EPROTO);
	return ctx->rx->error;
}

/* For a header, or padding, that is not as it should be: what the library answers, too. */
static u8 record_alert(int err)
{
	switch (err) {
	case -EMSGSIZE:
		return SEAL_ALERT_RECORD_OVERFLOW;
	case -EINVAL:
		return SEAL_ALERT_PROTOCOL_VERSION;
	case -EBADMSG:
		return SEAL_ALERT_BAD_RECORD_MAC;
	default:
		return SEAL_ALERT_UNEXPECTED_MESSAGE;
	}
}

int seal_managed_unopened(struct sock *sk, int err, bool authentic)
{
	if (authentic)
		return seal_managed_refuse(sk, record_alert(err), SEALSOCK_REASON_PADDING);
	return err == -EBADMSG ?
	       seal_managed_refuse(sk, SEAL_ALERT_BAD_RECORD_MAC, SEALSOCK_REASON_NOT_AUTHENTIC) :
	       seal_managed_refuse(sk, SEAL_ALERT_INTERNAL_ERROR, SEALSOCK_REASON_INTERNAL);
}

int seal_managed_alerted(struct sock *sk, struct seal_rx *rx, u8 alert)
{
	struct seal_managed *m = seal_ctx(sk)->managed;

	m->alert_received = SEALSOCK_ALERT | alert;
	ended(sk, SEALSOCK_REASON_ALERT);
	SEAL_INC(sk, ALERTRECEIVED);
	finish_both(sk, rx, -EPROTO);
	return -EPROTO;
}

/* An error in rx->error keeps anything behind from being framed: which one, nobody is told. */
static void close_rx(struct seal_rx *rx)
{
	seal_direction(&rx->state, SEAL_DIR_CLOSE);
	WRITE_ONCE(rx->error, -EPIPE);
}

void seal_managed_closed(struct sock *sk, struct seal_rx *rx)
{
	struct seal_managed *m = seal_ctx(sk)->managed;

	m->alert_received = SEALSOCK_ALERT | SEAL_ALERT_CLOSE_NOTIFY;
	ended(sk, SEALSOCK_REASON_CLOSE_NOTIFY);
	SEAL_INC(sk, CLOSERECEIVED);
	close_rx(rx);
}

int seal_managed_cut(struct sock *sk, struct seal_rx *rx)
{
	struct seal_managed *m = seal_ctx(sk)->managed;

	if (m->read_shut)
		return SEAL_RX_EOF;
	ended(sk, SEALSOCK_REASON_CUT);
	SEAL_INC(sk, CUT);
	if (m->flags & SEALSOCK_MANAGED_END_UNSIGNED) {
		close_rx(rx);
		return SEAL_RX_EOF;
	}
	WRITE_ONCE(rx->error, -ENOLINK);
	seal_direction(&rx->state, SEAL_DIR_FAIL);
	trace_sealsock_fail(sk, false, -ENOLINK);
	return -ENOLINK;
}

int seal_managed_report(struct sock *sk, struct seal_rx *rx, int err)
{
	switch (rx->state) {
	case SEAL_DIR_CLOSED:
		return SEAL_RX_EOF;
	case SEAL_DIR_FAILED:
		return rx->error;
	case SEAL_DIR_EXPIRED:
		err = seal_managed_update_rx(sk, rx);
		return err ? err : SEAL_RX_CHANGED;
	default:
		/* A header out of bounds, found in softirq perhaps. */
		return seal_managed_refuse(sk, record_alert(err), SEALSOCK_REASON_RECORD_HEADER);
	}
}

void seal_managed_finish(struct sock *sk)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_tx *tx = ctx->tx;

	seal_managed_turn(sk);
	seal_tx_finish(sk);
	/* There was no memory for what is due before it: it goes without. */
	if (seal_rec_open(tx) && ctx->managed->due && tx->state == SEAL_DIR_KEYED) {
		ctx->managed->due = 0;
		seal_tx_finish(sk);
	}
	if (can_seal(sk, tx))
		seal_managed_alert(sk, SEAL_ALERT_WARNING, SEAL_ALERT_CLOSE_NOTIFY);
	seal_direction(&tx->state, SEAL_DIR_CLOSE);
	if (tx->out_count)
		seal_tx_finish(sk);
}

void seal_managed_shut_read(struct sock *sk)
{
	seal_ctx(sk)->managed->read_shut = true;
}

void seal_managed_discard(struct sock *sk)
{
	struct seal_rx *rx = seal_ctx(sk)->rx;
	struct seal_cursor cur;

	if (rx->state != SEAL_DIR_CLOSED && rx->state != SEAL_DIR_FAILED)
		return;
	seal_cursor_init(sk, &cur);
	cur.done = tcp_inq(sk);
	cur.seq += cur.done;
	seal_cursor_commit(sk, rx, &cur);
}
