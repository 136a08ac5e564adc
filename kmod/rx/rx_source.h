/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SEAL_RX_SOURCE_H
#define SEAL_RX_SOURCE_H

#include "rx/rx.h"
#include "scratch.h"

/*
 * Describes the ciphertext of the record at the cursor, which is there as a
 * whole, in @scratch: nonce, and sg from its second entry on. Valid while the
 * socket stays locked and nothing is taken off the queue. 0; -EMSGSIZE: it is to
 * be copied first, see seal_source_copy(); -EFAULT: it is not where the sequence
 * numbers say.
 */
int seal_source_init(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		     struct seal_scratch *scratch);

/*
 * Copies what follows the header of that record to @to, rx->head.length bytes,
 * and describes the copy, ciphertext and tag in one entry. 0 or -EFAULT.
 */
int seal_source_copy(struct sock *sk, struct seal_rx *rx, struct seal_cursor *cur,
		     struct seal_scratch *scratch, u8 *to);

#endif /* SEAL_RX_SOURCE_H */
