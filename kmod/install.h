/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys that are ready, into the socket. Nothing here can fail: whoever calls has
 * done before what can. With the socket locked.
 */
#ifndef SEAL_INSTALL_H
#define SEAL_INSTALL_H

#include "ctx.h"

struct seal_key;

/* From here on @key, which the half takes over, is the one in use. */
void seal_install_key(struct sock *sk, struct seal_key *key, bool tx);

/*
 * Gives the socket its first key of a direction, and the half, @half_tx or
 * @half_rx, that it belongs to; the other is NULL. Counts and traces it. The
 * caller calls seal_proto_update() behind it, once where there are two.
 */
void seal_install_first(struct sock *sk, struct seal_tx *half_tx, struct seal_rx *half_rx,
			struct seal_key *key);

/* A key was installed; or, unless @ok, could not be. @rekey: not the first. */
void seal_install_count(struct sock *sk, bool tx, bool rekey, bool ok);
void seal_install_trace(struct sock *sk, bool tx);

#endif /* SEAL_INSTALL_H */
