/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the rest of the module hands over to hold/, which is above it: sockets
 * for which TLS was asked before they were connected.
 */
#ifndef SEAL_HELD_H
#define SEAL_HELD_H

#include <linux/list.h>
#include <linux/llist.h>
#include <linux/sockptr.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "ctx.h"

struct seal_tables;

/**
 * struct seal_holds - what the held sockets of a network namespace have in common
 * @lock: the lists and numbers here, and the lists of listeners; taken inside the
 *	socket lock, bottom halves off
 * @due: whose handshake nobody has taken: struct seal_due
 * @wait: those who poll the device
 * @deadline: net.sealsock.deadline, milliseconds
 * @helpers: open descriptors of the device
 * @waiting, @taken, @ready: as in struct sealsock_counts
 * @gone: the namespace is
 * @dead: connections that failed, or whose listener stopped: struct seal_hold
 * @reaper: closes them
 */
struct seal_holds {
	spinlock_t lock;	/* see above */
	struct list_head due;
	wait_queue_head_t wait;
	unsigned int deadline;
	u32 helpers;
	u32 waiting;
	u32 taken;
	u32 ready;
	bool gone;
	struct llist_head dead;
	struct work_struct reaper;
};

/* A namespace comes; it goes, and all of its sockets have gone before. */
void seal_holds_init(struct seal_holds *holds);
void seal_holds_gone(struct seal_holds *holds);

/* The operations of held sockets, for the tables. */
void seal_hold_build(struct seal_tables *t, const struct proto *base,
		     const struct proto_ops *base_ops);

/* tcp_ulp_ops.init of a closed or listening socket, .clone and .release. */
int seal_hold_attach(struct sock *sk, const struct tcp_ulp_ops *ulp);
void seal_hold_clone(const struct request_sock *req, struct sock *newsk, gfp_t priority);
void seal_hold_release(struct sock *sk);

/* The options of hold.h, with the socket locked; ENODATA: TLS was not asked for this way. */
int seal_hold_setsockopt(struct sock *sk, int optname, sockptr_t optval, unsigned int optlen);
int seal_hold_getsockopt(struct sock *sk, int optname, char __user *optval, int __user *optlen,
			 int len);

/* enum sealsock_mode of a socket that has no keys. Under RCU, or with the socket locked. */
u32 seal_hold_mode(const struct sock *sk, const struct seal_ctx *ctx);

/* The connection is at its end: called when the context is detached, ctx->hold is set. */
void seal_hold_closed(struct sock *sk);

/* A message was queued for whoever has the channel; ctx->hold is set. */
void seal_hold_message(struct sock *sk);

/* What a socket is on that nobody has accepted yet: its operations are of no use. */
bool seal_hold_parked(const struct socket *sock);

#endif /* SEAL_HELD_H */
