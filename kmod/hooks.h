/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the record path hands over to managed mode, which is above it: for
 * sockets that have seal_ctx.managed, with the socket locked, in process
 * context.
 */
#ifndef SEAL_HOOKS_H
#define SEAL_HOOKS_H

#include <linux/poll.h>

#include "ctx.h"

struct seal_plain;

/*
 * A record was opened into @plain, which is in no list. 1: it is data, to be
 * kept; 0: it was dealt with and freed; an error: the receiving half is finished,
 * @plain freed.
 */
int seal_managed_opened(struct sock *sk, struct seal_rx *rx, struct seal_plain *plain);

/* Data was opened into the reader's own memory. */
void seal_managed_data(struct sock *sk);

/* The record at the cursor could not be opened: refused, with @err. */
int seal_managed_unopened(struct sock *sk, int err, bool authentic);

/* Why no record can be read, in @rx->error or as @err: what a read answers; 0: end of file. */
int seal_managed_report(struct sock *sk, struct seal_rx *rx, int err);

/* TCP's stream is at its end, all records have been read. As seal_managed_report(). */
int seal_managed_cut(struct sock *sk, struct seal_rx *rx);

/* The next record of the prefix, or a part of it, to rx->part. False: it is used up. */
bool seal_managed_prefix(struct sock *sk, struct seal_rx *rx);

/*
 * Deals with what has arrived until there is data at the head of the stream, or
 * nothing. True: a read would not wait.
 */
bool seal_managed_turn(struct sock *sk);

/* proto_ops.poll, behind TCP's own, whose answer is @mask. Takes the lock, and may sleep. */
__poll_t seal_managed_poll(struct sock *sk, __poll_t mask);

/* Sends what is due, if that takes no waiting. */
void seal_managed_settle(struct sock *sk);

/*
 * Before a record of data is sealed: 0: go on. Sends what is due, and the
 * KeyUpdate that the limit of a key calls for. -ENOMEM: not now; -EKEYEXPIRED: the
 * limit of TLS 1.2; others are final.
 */
int seal_managed_ready(struct sock *sk, struct seal_tx *tx);
int seal_managed_limit(struct sock *sk, struct seal_tx *tx);

#endif /* SEAL_HOOKS_H */
