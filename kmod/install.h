/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys that are ready, into the socket. Nothing here can fail: whoever calls has
 * done before what can. With the socket locked.
 */
#ifndef SEAL_INSTALL_H
#define SEAL_INSTALL_H

#include "ctx.h"
#include "rx/rx.h"
#include "tx/tx.h"

/* What a socket has of ours: one piece of memory, in which the halves wait for their keys. */
struct seal_whole {
	struct seal_ctx ctx;
	struct seal_tx tx;
	struct seal_rx rx;
};

static inline struct seal_whole *seal_whole(struct seal_ctx *ctx)
{
	return container_of(ctx, struct seal_whole, ctx);
}

/* From here on @key, which the half takes over, is the one in use. */
void seal_install_key(struct sock *sk, struct seal_key *key, bool tx);

/*
 * Gives the socket its first key of a direction, and the half that it belongs
 * to. Counts and traces it. The caller calls seal_proto_update() behind it,
 * once where there are two.
 */
void seal_install_first(struct sock *sk, struct seal_key *key, bool tx);

/* A key was installed; or, unless @ok, could not be. @rekey: not the first. */
void seal_install_count(struct sock *sk, bool tx, bool rekey, bool ok);
void seal_install_trace(struct sock *sk, bool tx);

#endif /* SEAL_INSTALL_H */
