// SPDX-License-Identifier: GPL-2.0-only
/* One held socket: its states, its callbacks, its deadline, and those who wait for it. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include "hold/hold.h"
#include "seen/trace.h"

void seal_holds_init(struct seal_holds *holds)
{
	spin_lock_init(&holds->lock);
	INIT_LIST_HEAD(&holds->due);
	init_waitqueue_head(&holds->wait);
	init_llist_head(&holds->dead);
	INIT_WORK(&holds->reaper, seal_holds_reap);
	holds->deadline = 30000;
}

void seal_holds_gone(struct seal_holds *holds)
{
	spin_lock_bh(&holds->lock);
	holds->gone = true;
	spin_unlock_bh(&holds->lock);
	wake_up_interruptible_all(&holds->wait);
}

bool seal_hold_trylock(struct sock *sk)
{
	bool free;

	spin_lock_bh(&sk->sk_lock.slock);
	free = !sk->sk_lock.owned;
	if (free)
		sk->sk_lock.owned = 1;
	spin_unlock_bh(&sk->sk_lock.slock);
	/* As lock_sock() has it, for release_sock(). */
	if (free)
		mutex_acquire(&sk->sk_lock.dep_map, 0, 1, _RET_IP_);
	return free;
}

static void change(struct seal_hold *h, u8 state)
{
	struct seal_holds *holds = seal_holds_of(h);

	spin_lock_bh(&holds->lock);
	holds->waiting += (state == SEAL_HOLD_DUE) - (h->state == SEAL_HOLD_DUE);
	holds->taken += (state == SEAL_HOLD_TAKEN) - (h->state == SEAL_HOLD_TAKEN);
	if (h->state == SEAL_HOLD_DUE)
		list_del_init(&h->due.node);
	if (state == SEAL_HOLD_DUE)
		list_add_tail(&h->due.node, &holds->due);
	WRITE_ONCE(h->state, state);
	spin_unlock_bh(&holds->lock);
}

/* The handler has no reference on @h, which stays for a grace period. */
static void deadline(struct timer_list *t)
{
	struct seal_hold *h = container_of(t, struct seal_hold, timer);
	struct sock *sk = h->sk;

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk)) {
		if (seal_hold_is_held(h))
			sk_reset_timer(sk, &h->timer, jiffies + max(HZ / 20, 1));
	} else if (seal_hold_is_held(h)) {
		SEAL_INC(sk, HELDDEADLINE);
		seal_hold_fail(sk, h, ETIMEDOUT);
	}
	bh_unlock_sock(sk);
	sock_put(sk);
}

struct seal_hold *seal_hold_new(struct seal_net *net, struct seal_role *role, u32 ms)
{
	static atomic64_t last_id;
	struct seal_hold *h = kzalloc(sizeof(*h), GFP_KERNEL_ACCOUNT);

	if (!h)
		return NULL;
	refcount_set(&h->users, 1);
	refcount_inc(&net->users);
	h->net = net;
	h->role = seal_role_get(role);
	h->deadline = ms;
	h->id = atomic64_inc_return(&last_id);
	INIT_LIST_HEAD(&h->due.node);
	timer_setup(&h->timer, deadline, 0);
	return h;
}

void seal_hold_put(struct seal_hold *h)
{
	if (!refcount_dec_and_test(&h->users))
		return;
	if (h->serve)
		seal_serve_put(h->serve);
	if (h->before)
		seal_serve_put(h->before);
	seal_role_put(h->role);
	seal_net_put(h->net);
	kvfree(h->facts);
	kfree(h->cause);
	kfree_rcu(h, rcu);
}

static struct seal_hold *hold_of(const struct sock *sk)
{
	return seal_ctx(sk)->hold;
}

static void wake_channel(struct seal_hold *h)
{
	if (h->channel)
		wake_up_interruptible_all(&h->channel->wait);
}

/*
 * Callbacks, in softirq while nobody owns the socket, or by its owner. Whoever
 * waits on the socket itself is woken by release or failure, and by what happens
 * before TCP is connected.
 */
static void state_change(struct sock *sk)
{
	struct seal_hold *h = hold_of(sk);

	if (h->state == SEAL_HOLD_ARMED && sk->sk_state == TCP_ESTABLISHED)
		seal_hold_begin(sk, h, NULL);
	/* Reset, or given up by TCP. */
	if (seal_hold_is_held(h) && sk->sk_state == TCP_CLOSE) {
		SEAL_INC(sk, HELDRESET);
		seal_hold_fail(sk, h, sk->sk_err ? sk->sk_err : ECONNRESET);
	}
	/* What comes after the failure does not replace it. */
	if (h->state == SEAL_HOLD_FAILED && sk->sk_err)
		WRITE_ONCE(sk->sk_err, h->error);
	wake_channel(h);
	h->state_change(sk);
}

static void data_ready(struct sock *sk)
{
	wake_channel(hold_of(sk));
}

static void write_space(struct sock *sk)
{
	if (sk_stream_is_writeable(sk))
		wake_channel(hold_of(sk));
}

void seal_hold_callbacks(struct sock *sk, struct seal_hold *h)
{
	write_lock_bh(&sk->sk_callback_lock);
	if (!h->state_change) {
		h->state_change = sk->sk_state_change;
		h->data_ready = sk->sk_data_ready;
		h->write_space = sk->sk_write_space;
	}
	/* Others may have put their own above ours, which they call, and which are there still. */
	if (sk->sk_state_change == h->state_change)
		sk->sk_state_change = state_change;
	if (sk->sk_data_ready == h->data_ready)
		sk->sk_data_ready = data_ready;
	if (sk->sk_write_space == h->write_space)
		sk->sk_write_space = write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

void seal_hold_callbacks_off(struct sock *sk, struct seal_hold *h)
{
	write_lock_bh(&sk->sk_callback_lock);
	/* Others may have put their own above ours. */
	if (sk->sk_state_change == state_change)
		sk->sk_state_change = h->state_change;
	if (sk->sk_data_ready == data_ready)
		sk->sk_data_ready = h->data_ready;
	if (sk->sk_write_space == write_space)
		sk->sk_write_space = h->write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* The handshake's own settings: nothing of the program's delays it, or blocks its reads. */
static void settings_begin(struct sock *sk, struct seal_hold *h)
{
	h->nonagle = tcp_sk(sk)->nonagle;
	tcp_sk(sk)->nonagle = TCP_NAGLE_OFF;
	h->rcvlowat = sk->sk_rcvlowat;
	WRITE_ONCE(sk->sk_rcvlowat, 1);
	sock_set_flag(sk, SOCK_URGINLINE);
}

static void settings_end(struct sock *sk, struct seal_hold *h)
{
	tcp_sk(sk)->nonagle = h->nonagle;
	WRITE_ONCE(sk->sk_rcvlowat, h->rcvlowat);
}

void seal_hold_begin(struct sock *sk, struct seal_hold *h, struct seal_channel *channel)
{
	struct seal_holds *holds = seal_holds_of(h);

	settings_begin(sk, h);
	SEAL_INC(sk, HELD);
	trace_sealsock_hold(sk);
	sk_reset_timer(sk, &h->timer, jiffies + msecs_to_jiffies(h->deadline));
	if (channel) {
		seal_hold_take(sk, h, channel);
		return;
	}
	change(h, SEAL_HOLD_DUE);
	/* Pairs with the lock under which the last helper goes. */
	if (READ_ONCE(holds->helpers))
		wake_up_interruptible(&holds->wait);
	else
		seal_hold_fail(sk, h, ESRCH);
}

void seal_hold_take(struct sock *sk, struct seal_hold *h, struct seal_channel *channel)
{
	refcount_inc(&h->users);
	sock_hold(sk);
	channel->hold = h;
	h->channel = channel;
	change(h, SEAL_HOLD_TAKEN);
}

/* The hold ends, one way or the other. */
static void end(struct sock *sk, struct seal_hold *h, u8 state)
{
	bool held = seal_hold_is_held(h);

	change(h, state);
	if (held) {
		sk_stop_timer(sk, &h->timer);
		settings_end(sk, h);
	}
	if (h->channel && state != SEAL_HOLD_OPEN) {
		seal_channel_over(h->channel);
		h->channel = NULL;
	}
}

void seal_hold_fail(struct sock *sk, struct seal_hold *h, int error)
{
	h->error = error;
	end(sk, h, SEAL_HOLD_FAILED);
	SEAL_INC(sk, HELDFAILED);
	trace_sealsock_held_fail(sk, -error);
	if (h->serve) {
		seal_serve_moved(h, false);
		return;
	}
	WRITE_ONCE(sk->sk_err, error);
	sk_error_report(sk);
	h->state_change(sk);
}

/* What the program has shut down meanwhile. */
static void shut(struct sock *sk, u8 how)
{
	struct seal_ctx *ctx = seal_ctx(sk);

	if (how & SEND_SHUTDOWN)
		seal_managed_finish(sk);
	if (how & RCV_SHUTDOWN)
		seal_managed_shut_read(sk);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | how);
	ctx->base->shutdown(sk, how);
}

void seal_hold_open(struct sock *sk, struct seal_hold *h)
{
	end(sk, h, SEAL_HOLD_OPEN);
	SEAL_INC(sk, RELEASED);
	trace_sealsock_release(sk);
	if (h->shut)
		shut(sk, h->shut);
	if (h->serve) {
		seal_serve_moved(h, true);
		return;
	}
	sk->sk_state_change(sk);
	sk->sk_data_ready(sk);
	sk->sk_write_space(sk);
}

void seal_hold_rearm(struct sock *sk, struct seal_hold *h)
{
	end(sk, h, SEAL_HOLD_ARMED);
	h->error = 0;
	h->shut = 0;
	kfree(h->cause);
	h->cause = NULL;
}

void seal_hold_closed(struct sock *sk)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_hold *h = ctx->hold;

	if (seal_hold_is_held(h))
		SEAL_INC(sk, HELDCLOSED);
	/* What the helper may still want. */
	if (h->channel && ctx->managed)
		list_splice_tail_init(&ctx->managed->messages, &h->channel->messages);
	end(sk, h, SEAL_HOLD_FAILED);
	/* Its handler may have looked before that, and be about to start it again. */
	sk_stop_timer_sync(sk, &h->timer);
	seal_hold_callbacks_off(sk, h);
	seal_hold_put(h);
}

void seal_hold_message(struct sock *sk)
{
	struct seal_channel *channel = hold_of(sk)->channel;

	if (!channel)
		return;
	channel->message = true;
	wake_up_interruptible_all(&channel->wait);
}

/* What a call on a socket that is not held, or not any more, is to answer; 1: wait. */
static int verdict(struct sock *sk, struct seal_hold *h, u8 half)
{
	switch (h->state) {
	case SEAL_HOLD_OPEN:
		return 0;
	case SEAL_HOLD_FAILED:
		sock_error(sk);
		return -(int)h->error;
	case SEAL_HOLD_ARMED:
		if (sk->sk_state != TCP_CLOSE)
			return 1;
		return sock_error(sk) ? : half == SEND_SHUTDOWN ? -EPIPE : -ENOTCONN;
	default:
		return h->shut & half ? -EPIPE : 1;
	}
}

int seal_hold_wait(struct sock *sk, struct seal_hold *h, long timeo, u8 half)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int err = verdict(sk, h, half);

	if (err <= 0)
		return err;
	add_wait_queue(sk_sleep(sk), &wait);
	while ((err = verdict(sk, h, half)) > 0) {
		if (!timeo)
			err = -EAGAIN;
		else if (signal_pending(current))
			err = sock_intr_errno(timeo);
		if (err < 0)
			break;
		release_sock(sk);
		timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
		lock_sock(sk);
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return err;
}
