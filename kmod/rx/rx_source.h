/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SEAL_RX_SOURCE_H
#define SEAL_RX_SOURCE_H

#include "rx/rx.h"
#include "scratch.h"

/*
 * Describes the ciphertext of the record at the cursor, which is there as a
 * whole, in @scratch: nonce, and sg from its second entry on. Valid while the
 * socket stays locked and nothing is taken off the queue. May sleep. 0,
 * -ENOMEM, or -EFAULT: it is not where the sequence numbers say.
 */
int seal_source_init(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		     struct seal_scratch *scratch);

#endif /* SEAL_RX_SOURCE_H */
