// SPDX-License-Identifier: GPL-2.0-only
#include "install.h"
#include "seen/mib.h"
#include "seen/trace.h"

void seal_install_count(struct sock *sk, bool tx, bool rekey, bool ok)
{
	struct seal_mib __percpu *mib = seal_ctx(sk)->mib;

	if (rekey) {
		SNMP_INC_STATS(mib, tx ? (ok ? SEAL_MIB_TXREKEYOK : SEAL_MIB_TXREKEYERROR) :
					 (ok ? SEAL_MIB_RXREKEYOK : SEAL_MIB_RXREKEYERROR));
	} else if (ok) {
		SNMP_INC_STATS(mib, tx ? SEAL_MIB_TXSW : SEAL_MIB_RXSW);
		SNMP_INC_STATS(mib, tx ? SEAL_MIB_CURRTXSW : SEAL_MIB_CURRRXSW);
	}
}

void seal_install_key(struct sock *sk, struct seal_key *key, bool tx)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_key **slot = tx ? &ctx->tx->key : &ctx->rx->key;
	enum seal_dir_state *state = tx ? &ctx->tx->state : &ctx->rx->state;

	seal_key_free(*slot);
	*slot = key;
	seal_direction(state, SEAL_DIR_INSTALL);
	if (tx) {
		ctx->tx->generation++;
		seal_tx_limit_start(sk, ctx->tx);
	} else {
		ctx->rx->generation++;
		ctx->rx->messages = (struct seal_messages){};
	}
	WRITE_ONCE(ctx->version, key->shape.version);
	WRITE_ONCE(ctx->cipher_type, key->suite->cipher_type);
}

void seal_install_trace(struct sock *sk, bool tx)
{
	const struct seal_ctx *ctx = seal_ctx(sk);

	trace_sealsock_key_install(sk, tx, ctx->version, ctx->cipher_type,
				   tx ? ctx->tx->generation : ctx->rx->generation);
}

void seal_install_first(struct sock *sk, struct seal_key *key, bool tx)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_whole *whole = seal_whole(ctx);

	if (tx) {
		seal_tx_begin(sk, &whole->tx);
		WRITE_ONCE(ctx->tx, &whole->tx);
	} else {
		seal_rx_begin(&whole->rx);
		WRITE_ONCE(ctx->rx, &whole->rx);
	}
	seal_install_key(sk, key, tx);

	write_lock_bh(&sk->sk_callback_lock);
	if (tx) {
		ctx->write_space = sk->sk_write_space;
		sk->sk_write_space = seal_tx_write_space;
	} else {
		ctx->data_ready = sk->sk_data_ready;
		sk->sk_data_ready = seal_rx_data_ready;
	}
	write_unlock_bh(&sk->sk_callback_lock);
	seal_install_trace(sk, tx);
	seal_install_count(sk, tx, false, true);
}
