// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many records a key may seal (RFC 8446 section 5.5; the same cipher has
 * the same limit in TLS 1.2). Sending stops with a name before that, early
 * enough for a KeyUpdate or an alert, unless the namespace lets it go on.
 */
#include <net/sock.h>

#include "seen/mib.h"
#include "seen/netns.h"
#include "seen/trace.h"
#include "tx/tx.h"

/* Records of a key that are kept for others than application data. */
#define RESERVE		64

u64 seal_tx_limit_most(struct sock *sk, const struct seal_tx *tx)
{
	u64 most = tx->key->suite->limit ? tx->key->suite->limit - RESERVE : U64_MAX;
	u64 lower = READ_ONCE(seal_ctx(sk)->net->tx_limit);

	return lower ? min(most, lower) : most;
}

/*
 * Numbers count from 0 with each key in both versions, so that those below
 * the first are records sealed before the key came here. Where the first is
 * beyond any limit, numbers began elsewhere, and say nothing about the past.
 */
void seal_tx_limit_start(struct sock *sk, struct seal_tx *tx)
{
	u64 most = seal_tx_limit_most(sk, tx), first = tx->key->seq.next;

	tx->limit = first < most ? most : first + min(most, U64_MAX - first);
	tx->limit_told = false;
}

static bool beyond(const struct seal_tx *tx, u8 type, u64 seq)
{
	return seq >= tx->limit && (type == SEAL_TYPE_DATA || seq - tx->limit >= RESERVE);
}

int seal_tx_limit_reached(struct sock *sk, struct seal_tx *tx, u8 type)
{
	bool goes_on = READ_ONCE(seal_ctx(sk)->net->tx_past_limit);

	if (!beyond(tx, type, tx->key->seq.next))
		return 0;
	/* No end there, but a reason for another key, if it is not for a batch to see. */
	if (seal_ctx(sk)->managed && tx->key->shape.version == SEAL_TLS13)
		return -EKEYEXPIRED;
	if (!tx->limit_told) {
		tx->limit_told = true;
		trace_sealsock_limit(sk, tx->key->seq.next, goes_on);
		SEAL_INC(sk, TXLIMIT);
	}
	return goes_on ? 0 : -EKEYEXPIRED;
}

void seal_tx_limit_passed(struct sock *sk, const struct seal_tx *tx, u8 type, u64 seq)
{
	if (beyond(tx, type, seq))
		SEAL_INC(sk, TXPASTLIMIT);
}
