// SPDX-License-Identifier: GPL-2.0-only
/*
 * KeyUpdate (RFC 8446 section 4.6.3): the peer's, and our own, which is sent
 * when the peer asks, when the program does, and before a key is worn out.
 */
#include <linux/math64.h>
#include <net/sock.h>

#include "managed/managed.h"
#include "managed/secret.h"
#include "seen/mib.h"
#include "seen/trace.h"
#include "uapi/sealsock.h"

/*
 * The next key of a direction, from the secret that is kept for it; then the
 * secret after that is kept. An error changes nothing but that the key cannot
 * be used.
 */
static int next_key(struct seal_managed *m, struct seal_key *key, bool tx)
{
	unsigned int len = seal_secret_len(m->hash);
	u8 *secret = seal_managed_secret(m, tx, len);
	struct seal_derived derived __uninitialized;
	int err;

	err = seal_secret_derive(m->hash, key->suite, secret, &derived);
	if (!err)
		err = seal_key_renew(key, derived.key, derived.iv);
	if (!err)
		memcpy(secret, derived.next, len);
	memzero_explicit(&derived, sizeof(derived));
	return err;
}

int seal_managed_update_rx(struct sock *sk, struct seal_rx *rx)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	int err;

	err = next_key(ctx->managed, rx->key, false);
	if (err) {
		SEAL_INC(sk, RXREKEYERROR);
		return err;
	}
	seal_direction(&rx->state, SEAL_DIR_INSTALL);
	rx->generation++;
	seal_managed_show(sk);
	SEAL_INC(sk, RXREKEYOK);
	trace_sealsock_key_install(sk, false, ctx->version, ctx->cipher_type, rx->generation);
	return 0;
}

/* KeyUpdate, unless it was sent and there was no memory for the key; then the key. */
static int update_tx(struct sock *sk, struct seal_tx *tx)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_managed *m = ctx->managed;
	int err;

	if (tx->state == SEAL_DIR_KEYED) {
		bool asks = m->due & SEAL_DUE_REQUEST;
		u8 message[] = { SEAL_HS_KEY_UPDATE, 0, 0, 1, asks };

		err = seal_managed_record(sk, tx, SEAL_TYPE_HANDSHAKE, message, sizeof(message));
		if (err)
			return err;
		m->asked |= asks;
		m->due = 0;
		seal_direction(&tx->state, SEAL_DIR_KEY_UPDATE);
	}

	err = next_key(m, tx->key, true);
	if (err) {
		SEAL_INC(sk, TXREKEYERROR);
		return err;
	}
	seal_direction(&tx->state, SEAL_DIR_INSTALL);
	tx->generation++;
	seal_managed_show(sk);
	m->bytes_at_key = tx->bytes;
	seal_managed_set_limit(sk, tx);
	SEAL_INC(sk, TXREKEYOK);
	trace_sealsock_key_install(sk, true, ctx->version, ctx->cipher_type, tx->generation);
	return 0;
}

/* May the transmit key be replaced now, or what began that be finished? */
static bool can_update(const struct sock *sk, const struct seal_tx *tx)
{
	return tx->key->shape.version == SEAL_TLS13 && !sk->sk_err &&
	       !(sk->sk_shutdown & SEND_SHUTDOWN) &&
	       (tx->state == SEAL_DIR_KEYED || tx->state == SEAL_DIR_EXPIRED);
}

int seal_managed_ready(struct sock *sk, struct seal_tx *tx)
{
	struct seal_ctx *ctx = seal_ctx(sk);

	/* A program that never reads hears of the peer's KeyUpdates and alerts here. */
	if (READ_ONCE(ctx->rx->ready) && !seal_plain_first(ctx->rx))
		seal_managed_turn(sk);
	if (can_update(sk, tx) && (ctx->managed->due || tx->state == SEAL_DIR_EXPIRED))
		return update_tx(sk, tx);
	return 0;
}

void seal_managed_set_limit(struct sock *sk, struct seal_tx *tx)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_managed *m = ctx->managed;
	u64 next = tx->key->seq.next;

	if (tx->key->shape.version != SEAL_TLS13) {
		seal_tx_limit_start(sk, tx);
		return;
	}
	/* Also in the middle of a key, whose numbers count from 0. */
	tx->limit = seal_tx_limit_most(sk, tx);
	if (m->after_records)
		tx->limit = min(tx->limit, m->after_records);
	if (m->after_bytes) {
		u64 used = tx->bytes - m->bytes_at_key;
		u64 left = m->after_bytes - min(used, m->after_bytes);

		/* Before so many records are sealed it cannot be reached. */
		tx->limit = min(tx->limit, next + div_u64(left + ctx->max_payload - 1,
							  ctx->max_payload));
	}
}

int seal_managed_limit(struct sock *sk, struct seal_tx *tx)
{
	if (!can_update(sk, tx))
		return -EKEYEXPIRED;
	/* Of a limit in bytes something may be left, and again. */
	seal_managed_set_limit(sk, tx);
	return tx->key->seq.next < tx->limit ? 0 : update_tx(sk, tx);
}

void seal_managed_settle(struct sock *sk)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_managed *m = ctx->managed;

	if (!m->due && !m->refusals)
		return;
	while (m->refusals && ctx->tx->state == SEAL_DIR_KEYED &&
	       !seal_managed_alert(sk, SEAL_ALERT_WARNING, SEAL_ALERT_NO_RENEGOTIATION))
		m->refusals--;
	if (m->due && can_update(sk, ctx->tx)) {
		update_tx(sk, ctx->tx);
		seal_tx_push(sk, ctx->tx, 0);
		seal_tx_account(sk, ctx->tx);
	}
}
