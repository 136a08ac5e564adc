/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The room hold/: sockets that wait for their handshake. It sees managed/, the files
 * beside it in kmod/ and below.
 *
 * README.md has the life of one; the rules of the lists are with struct seal_serve.
 */
#ifndef SEAL_HOLD_H
#define SEAL_HOLD_H

#include <linux/refcount.h>
#include <linux/timer.h>

#include "held.h"
#include "managed/managed.h"
#include "seen/mib.h"
#include "seen/netns.h"
#include "uapi/hold.h"
#include "uapi/sealsock.h"

enum seal_hold_state {
	SEAL_HOLD_ARMED,	/* not connected */
	SEAL_HOLD_DUE,		/* connected, nobody has taken it */
	SEAL_HOLD_TAKEN,	/* has a channel */
	SEAL_HOLD_OPEN,		/* released */
	SEAL_HOLD_FAILED,
};

/**
 * struct seal_role - what was asked for, and by whom; never changes
 */
struct seal_role {
	refcount_t users;
	kuid_t uid;
	kgid_t gid;
	struct pid *pid;
	u64 cgroup;
	struct sealsock_role asked;
};

/* Something in seal_holds.due. @serve: a listener, otherwise a socket of its program's. */
struct seal_due {
	struct list_head node;
	bool serve;
};

/**
 * struct seal_hold - a socket that is, or was, held
 * @users: the context, the channel
 * @state: enum seal_hold_state; changes under the socket lock, or in softirq while
 *	nobody owns it
 * @shut: halves that the program has shut down meanwhile, as sk_shutdown
 * @nonagle, @rcvlowat: what the program set, while the handshake has its own
 * @error: SEAL_HOLD_FAILED: errno, positive
 * @sk: the socket; whoever is not it has a reference of its own
 * @net: with a reference
 * @due: in seal_holds.due, or on a list of @serve
 * @dead: behind @lost: for whoever closes it
 * @role: with a reference
 * @serve: of a connection that was not accepted by a program; with a reference
 * @before: what the socket had before it had this; threads of its program may look at it
 *	as long as the socket is there. With a reference, or NULL
 * @lost: whoever set it has taken it off the lists of @serve, to close it or have it accepted
 * @channel: NULL: none, or its matter is at its end
 * @id: for SEALSOCK_NEXT
 * @timer: the deadline, @deadline milliseconds after the handshake was due
 * @state_change, @data_ready, @write_space: the socket's callbacks from before
 * @cause: what the helper said; NULL: nothing
 * @facts, @facts_len: SEALSOCK_FACTS
 * @rcu: the timer's handler may run yet
 */
struct seal_hold {
	refcount_t users;
	u8 state;
	u8 shut;
	u8 nonagle;
	bool lost;
	int rcvlowat;
	u32 error;
	struct sock *sk;
	struct seal_net *net;
	struct seal_due due;
	struct llist_node dead;
	struct seal_role *role;
	struct seal_serve *serve;
	struct seal_serve *before;
	struct seal_channel *channel;
	u64 id;
	struct timer_list timer;
	u32 deadline;
	u32 facts_len;
	void *facts;
	struct sealsock_cause *cause;
	void (*state_change)(struct sock *sk);
	void (*data_ready)(struct sock *sk);
	void (*write_space)(struct sock *sk);
	struct rcu_head rcu;
};

/**
 * struct seal_serve - a listener, and its connections until they are accepted
 * @users: the listener, connections that have its context, those on the lists
 * @net: with a reference
 * @ctx: of the listener; freed with this. NULL: it has become one that connects
 * @sk: the listener, while @open
 * @ulp: that it has
 * @role: NULL: not said yet
 * @deadline: milliseconds
 * @open: it listens; under seal_holds.lock, like the lists
 * @due: in seal_holds.due
 * @taken, @ready: connections with a channel, and released ones
 * @pulled: their number. They are as many as TCP's queue may have (listen(2)): further ones
 *	stay in that queue
 * @data_ready, @error_report: the listener's callbacks from before
 * @rcu: get_info() and poll() look at it under RCU
 */
struct seal_serve {
	refcount_t users;
	bool open;
	u32 deadline;
	struct seal_net *net;
	struct seal_ctx *ctx;
	struct sock *sk;
	const struct tcp_ulp_ops *ulp;
	struct seal_role *role;
	struct seal_due due;
	struct list_head taken;
	struct list_head ready;
	u32 pulled;
	void (*data_ready)(struct sock *sk);
	void (*error_report)(struct sock *sk);
	struct rcu_head rcu;
};

/**
 * struct seal_channel - what a helper has of a held socket
 * @hold: with a reference, and one on the socket; NULL: never got one
 * @wait: those who read, write or poll it
 * @released: by this channel
 * @over: there is nothing more to do here
 * @message: there may be one to take
 * @messages: those that were left when the program closed the socket
 * @busy: the program had the lock; @later ends that, so that poll() has who waits try again
 * @close: what is left to do when the helper has gone, where the program had the lock then
 * All under the socket lock, but @wait and the last three.
 */
struct seal_channel {
	struct seal_hold *hold;
	wait_queue_head_t wait;
	bool released;
	bool over;
	bool message;
	struct list_head messages;
	bool busy;
	struct delayed_work later;
	struct work_struct close;
};

static inline struct seal_holds *seal_holds_of(const struct seal_hold *h)
{
	return &h->net->holds;
}

/*
 * Locks @sk, unless its program has it: that may keep the lock for as long as it likes, in a call
 * whose memory does not come, and nobody who serves others waits for it.
 */
bool seal_hold_trylock(struct sock *sk);

/* role.c */

/* A role out of the user's bytes. May sleep. */
struct seal_role *seal_role_new(sockptr_t optval, unsigned int optlen);
void seal_role_put(struct seal_role *role);

static inline struct seal_role *seal_role_get(struct seal_role *role)
{
	refcount_inc(&role->users);
	return role;
}

/* hold.c; with the socket locked where not said otherwise */

/* For nobody yet. Takes references on @net and @role. May sleep; NULL: no memory. */
struct seal_hold *seal_hold_new(struct seal_net *net, struct seal_role *role, u32 deadline);
void seal_hold_put(struct seal_hold *h);

/* Puts our callbacks on the socket, and takes them off again. */
void seal_hold_callbacks(struct sock *sk, struct seal_hold *h);
void seal_hold_callbacks_off(struct sock *sk, struct seal_hold *h);

/* TCP is connected: the handshake is due from now on, or taken at once by @channel. */
void seal_hold_begin(struct sock *sk, struct seal_hold *h, struct seal_channel *channel);
void seal_hold_take(struct sock *sk, struct seal_hold *h, struct seal_channel *channel);

/* It failed, @error positive. In softirq too. */
void seal_hold_fail(struct sock *sk, struct seal_hold *h, int error);

/* Keys are installed: the program goes on. */
void seal_hold_open(struct sock *sk, struct seal_hold *h);

/* As if it had never been connected. */
void seal_hold_rearm(struct sock *sk, struct seal_hold *h);

/* Waits as long as the socket is held, dropping the lock meanwhile. */
int seal_hold_wait(struct sock *sk, struct seal_hold *h, long timeo, u8 half);

static inline bool seal_hold_is_held(const struct seal_hold *h)
{
	u8 state = READ_ONCE(h->state);

	return state == SEAL_HOLD_DUE || state == SEAL_HOLD_TAKEN;
}

/* ops.c */

/*
 * The hold of a socket with our operations. A connection that its program got from
 * a listener without the ULP gets one here, and its handshake is due. With the
 * socket locked. May sleep. ENODATA: its listener was never told what is asked for.
 */
struct seal_hold *seal_hold_of(struct sock *sk);

/* Options that would go past the hold. */
static inline bool seal_hold_refuses(int level, int optname)
{
	return level == SOL_TCP && (optname == TCP_REPAIR || optname == TCP_FASTOPEN_CONNECT ||
				    optname == TCP_ZEROCOPY_RECEIVE);
}

/* serve.c */

/* For @sk, with @ctx, which goes with it from then on. May sleep; NULL: no memory. */
struct seal_serve *seal_serve_new(struct sock *sk, struct seal_ctx *ctx);
void seal_serve_build(struct proto_ops *ops, const struct proto_ops *base_ops);

void seal_serve_put(struct seal_serve *serve);

/*
 * What a connection of the listener gets of its own, not on it yet. May sleep. ENOMEM; ENODATA:
 * there is no role.
 */
struct seal_hold *seal_serve_child(struct seal_serve *serve, const struct net *net,
				   struct seal_ctx **ctx);

/* Its first role is about to be set; it listens from now on. With the socket locked. */
void seal_serve_callbacks(struct sock *sk, struct seal_serve *serve);
void seal_serve_open(struct seal_serve *serve);

/* Puts a listener that has something in the queue of what is due. In softirq too. */
void seal_serve_due(struct seal_serve *serve);

/*
 * Takes a connection that waits at the listener, @lsk, and gives it to @channel. -EAGAIN: there
 * is none; -EBUSY: the listener's program has its lock; -ENOMEM.
 */
int seal_serve_pull(struct seal_serve *serve, struct sock *lsk, struct seal_channel *channel);

/* The work of seal_holds.reaper. */
void seal_holds_reap(struct work_struct *work);

/* Moves @h to the ready of its listener, or has it closed. */
void seal_serve_moved(struct seal_hold *h, bool ready);

/* The socket that connections are on as long as no program has them. */
int seal_parking_init(void);
void seal_parking_exit(void);

/* Gives a connection a context of its own, and the operations of a held socket. */
void seal_hold_adopt(struct sock *sk, struct seal_ctx *ctx, struct seal_hold *h);

/* channel.c */

/* A descriptor's file with a channel, without a socket yet. */
struct file *seal_channel_file(unsigned int flags);

/* Those whose helper has gone while the program had the lock are closed by work of ours. */
int seal_channels_init(void);
void seal_channels_exit(void);

/* The matter is at its end, for whoever reads, writes or polls. */
void seal_channel_over(struct seal_channel *channel);

#endif /* SEAL_HOLD_H */
