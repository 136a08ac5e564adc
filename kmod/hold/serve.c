// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listeners. TCP's queue of connections is the helper's; the program's is the list
 * of those whose handshake is done. Until then, and until they are accepted, they
 * are nobody's: on a socket that no program has.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include "attach.h"
#include "compat/compat.h"
#include "hold/hold.h"
#include "sockopt.h"
#include "tables.h"

/*
 * [0]: of those that are held. TCP is to say each time that there is room: SOCK_NOSPACE
 * is set, and stays so, because our callback does not take it away. [1]: of those that
 * are ready, whose callbacks do.
 */
static struct socket *parking[2];

/* Not the system's: whoever keeps a lock of a connection in his namespace keeps one worker here. */
static struct workqueue_struct *reapers;

void seal_holds_reap(struct work_struct *work)
{
	struct seal_holds *holds = container_of(work, struct seal_holds, reaper);
	struct llist_node *first = llist_del_all(&holds->dead);
	struct seal_hold *h, *next;

	/* The last of them may take the namespace along. */
	llist_for_each_entry_safe(h, next, first, dead)
		READ_ONCE(h->sk->sk_prot)->close(h->sk, 0);
}

int seal_parking_init(void)
{
	int err;

	reapers = alloc_workqueue("sealsock", WQ_UNBOUND, 0);
	if (!reapers)
		return -ENOMEM;
	err = sock_create_lite(PF_INET, SOCK_STREAM, IPPROTO_TCP, &parking[0]);
	if (err)
		goto err_reapers;
	err = sock_create_lite(PF_INET, SOCK_STREAM, IPPROTO_TCP, &parking[1]);
	if (err)
		goto err_parking;
	set_bit(SOCK_NOSPACE, &parking[0]->flags);
	return 0;

err_parking:
	sock_release(parking[0]);
err_reapers:
	destroy_workqueue(reapers);
	return err;
}

void seal_parking_exit(void)
{
	/* One may have given the module's last reference back, and be on its way out. */
	destroy_workqueue(reapers);
	sock_release(parking[0]);
	sock_release(parking[1]);
}

bool seal_hold_parked(const struct socket *sock)
{
	return sock == parking[0] || sock == parking[1];
}

static void park(struct sock *sk, bool ready)
{
	kuid_t uid = sk->sk_uid;

	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_pointer(sk->sk_wq, &parking[ready]->wq);
	sk_set_socket(sk, parking[ready]);
	/* Still the listener's. */
	WRITE_ONCE(sk->sk_uid, uid);
	write_unlock_bh(&sk->sk_callback_lock);
}

struct seal_serve *seal_serve_new(struct sock *sk, struct seal_ctx *ctx)
{
	struct seal_serve *serve = kzalloc(sizeof(*serve), GFP_KERNEL_ACCOUNT);

	if (!serve)
		return NULL;
	refcount_set(&serve->users, 1);
	refcount_inc(&ctx->net->users);
	serve->net = ctx->net;
	serve->ctx = ctx;
	serve->sk = sk;
	serve->deadline = READ_ONCE(ctx->net->holds.deadline);
	serve->due.serve = true;
	INIT_LIST_HEAD(&serve->due.node);
	INIT_LIST_HEAD(&serve->taken);
	INIT_LIST_HEAD(&serve->ready);
	return serve;
}

void seal_serve_put(struct seal_serve *serve)
{
	if (!refcount_dec_and_test(&serve->users))
		return;
	seal_role_put(serve->role);
	if (serve->ctx)
		seal_ctx_free(serve->ctx);
	seal_net_put(serve->net);
	kfree_rcu(serve, rcu);
}

static struct seal_holds *holds_of(const struct seal_serve *serve)
{
	return &serve->net->holds;
}

/* Its role, which may be replaced at any time, with a reference. NULL: none yet. */
static struct seal_role *role_of(struct seal_serve *serve)
{
	struct seal_role *role;

	spin_lock_bh(&holds_of(serve)->lock);
	role = serve->role;
	if (role)
		seal_role_get(role);
	spin_unlock_bh(&holds_of(serve)->lock);
	return role;
}

struct seal_hold *seal_serve_child(struct seal_serve *serve, const struct net *net,
				   struct seal_ctx **ctx)
{
	struct seal_role *role = role_of(serve);
	struct seal_hold *h;

	if (!role)
		return ERR_PTR(-ENODATA);
	h = seal_hold_new(serve->net, role, READ_ONCE(serve->deadline));
	seal_role_put(role);
	if (!h)
		return ERR_PTR(-ENOMEM);
	*ctx = seal_ctx_new(net, serve->ctx->base, serve->ctx->base_ops);
	if (*ctx)
		return h;
	seal_hold_put(h);
	return ERR_PTR(-ENOMEM);
}

/* With holds->lock: whether its backlog allows one more. A listener exists while it is open. */
static bool has_room(const struct seal_serve *serve)
{
	return serve->open && serve->pulled <= READ_ONCE(serve->sk->sk_max_ack_backlog);
}

/*
 * With holds->lock: puts a listener in the queue if there is room, and TCP has a connection to
 * fill it. Called whenever one of these may have changed.
 */
static void due(struct seal_serve *serve)
{
	struct seal_holds *holds = holds_of(serve);

	if (!list_empty(&serve->due.node) || !has_room(serve) ||
	    reqsk_queue_empty(&inet_csk(serve->sk)->icsk_accept_queue))
		return;
	list_add_tail(&serve->due.node, &holds->due);
	wake_up_interruptible(&holds->wait);
}

void seal_serve_open(struct seal_serve *serve)
{
	spin_lock_bh(&holds_of(serve)->lock);
	serve->open = true;
	due(serve);
	spin_unlock_bh(&holds_of(serve)->lock);
}

void seal_serve_due(struct seal_serve *serve)
{
	spin_lock_bh(&holds_of(serve)->lock);
	due(serve);
	spin_unlock_bh(&holds_of(serve)->lock);
}

/* With holds->lock: takes @h off its list, for the caller to close or to have accepted. */
static void leave(struct seal_serve *serve, struct seal_hold *h)
{
	list_del_init(&h->due.node);
	h->lost = true;
	serve->pulled--;
	due(serve);
}

/* With holds->lock: nobody has @h, so it is closed by somebody who may sleep. */
static void bury(struct seal_serve *serve, struct seal_hold *h)
{
	struct seal_holds *holds = holds_of(serve);

	leave(serve, h);
	/* Only the first: work that waits has something to do, and so a namespace. */
	if (llist_add(&h->dead, &holds->dead))
		queue_work(reapers, &holds->reaper);
}

/* The listener stops: so do all whose handshake is not done, or that were not accepted. */
static void stop(struct seal_serve *serve)
{
	struct seal_holds *holds = holds_of(serve);
	struct seal_hold *h, *next;

	spin_lock_bh(&holds->lock);
	serve->open = false;
	list_del_init(&serve->due.node);
	list_for_each_entry_safe(h, next, &serve->taken, due.node)
		bury(serve, h);
	list_for_each_entry_safe(h, next, &serve->ready, due.node) {
		holds->ready--;
		bury(serve, h);
	}
	spin_unlock_bh(&holds->lock);
}

static void serve_data_ready(struct sock *sk)
{
	const struct seal_ctx *ctx;

	rcu_read_lock();
	ctx = rcu_dereference(inet_csk(sk)->icsk_ulp_data);
	if (ctx)
		seal_serve_due(ctx->serve);
	rcu_read_unlock();
}

/*
 * Whatever ends it but close() comes by here, when TCP has stopped it and with the socket locked:
 * shutdown(), connect(AF_UNSPEC), sock_diag(7). So nobody can have it listen again in between.
 */
static void serve_error_report(struct sock *sk)
{
	const struct seal_ctx *ctx;

	rcu_read_lock();
	ctx = rcu_dereference(inet_csk(sk)->icsk_ulp_data);
	if (ctx) {
		if (sk->sk_state == TCP_CLOSE)
			stop(ctx->serve);
		ctx->serve->error_report(sk);
	}
	rcu_read_unlock();
}

void seal_serve_callbacks(struct sock *sk, struct seal_serve *serve)
{
	WRITE_ONCE(serve->error_report, sk->sk_error_report);
	WRITE_ONCE(serve->data_ready, sk->sk_data_ready);
	/* Whatever is cloned from now on is given these by the ULP's clone(). */
	if (sk->sk_state == TCP_LISTEN)
		synchronize_rcu();
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_error_report = serve_error_report;
	sk->sk_data_ready = serve_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
}

void seal_hold_adopt(struct sock *sk, struct seal_ctx *ctx, struct seal_hold *h)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	/* It was in the queue before the listener had the ULP. */
	if (!icsk->icsk_ulp_ops) {
		__module_get(THIS_MODULE);
		icsk->icsk_ulp_ops = h->serve->ulp;
	} else {
		h->before = seal_ctx(sk)->serve;
	}
	h->sk = sk;
	ctx->hold = h;
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_pointer(icsk->icsk_ulp_data, ctx);
	/* Pairs with seal_ctx_seen(). */
	smp_store_release(&sk->sk_prot, &seal_tables_of(sk)->held);
	write_unlock_bh(&sk->sk_callback_lock);
	seal_hold_callbacks(sk, h);
	SEAL_INC(sk, ATTACHED);
	SEAL_INC(sk, CURRATTACHED);
}

/*
 * Takes a connection out of TCP's queue. -EAGAIN: there is none, or no room for it; -EBUSY: the
 * program has the listener's lock. That accept() takes it, too, is no matter: of those who wait for
 * it none is as fast as whoever has just let go of it.
 */
static struct sock *pull(struct seal_serve *serve, struct sock *lsk)
{
	struct seal_holds *holds = holds_of(serve);
	struct sock *sk = NULL;
	bool room;

	spin_lock_bh(&holds->lock);
	room = has_room(serve);
	serve->pulled += room;
	spin_unlock_bh(&holds->lock);
	if (room && seal_hold_trylock(lsk)) {
		release_sock(lsk);
		sk = compat_pull(serve->ctx->base, lsk);
	} else if (room) {
		sk = ERR_PTR(-EBUSY);
	}
	if (room && IS_ERR_OR_NULL(sk)) {
		spin_lock_bh(&holds->lock);
		serve->pulled--;
		spin_unlock_bh(&holds->lock);
	}
	return sk ? : ERR_PTR(-EAGAIN);
}

int seal_serve_pull(struct seal_serve *serve, struct sock *lsk, struct seal_channel *channel)
{
	struct seal_holds *holds = holds_of(serve);
	struct seal_ctx *ctx;
	struct seal_hold *h;
	struct sock *sk;

	h = seal_serve_child(serve, sock_net(lsk), &ctx);
	if (IS_ERR(h))
		return PTR_ERR(h);
	sk = pull(serve, lsk);
	if (IS_ERR(sk)) {
		seal_ctx_free(ctx);
		seal_hold_put(h);
		return PTR_ERR(sk);
	}
	lock_sock(sk);
	park(sk, false);
	refcount_inc(&serve->users);
	h->serve = serve;
	seal_hold_adopt(sk, ctx, h);
	seal_hold_begin(sk, h, channel);
	spin_lock_bh(&holds->lock);
	list_add_tail(&h->due.node, &serve->taken);
	if (!serve->open)
		bury(serve, h);
	spin_unlock_bh(&holds->lock);
	if (sk->sk_state == TCP_CLOSE)
		seal_hold_fail(sk, h, ECONNRESET);
	release_sock(sk);
	return 0;
}

void seal_serve_moved(struct seal_hold *h, bool ready)
{
	struct seal_serve *serve = h->serve;
	struct seal_holds *holds = holds_of(serve);

	if (ready)
		park(h->sk, true);
	spin_lock_bh(&holds->lock);
	if (!h->lost && ready) {
		list_move_tail(&h->due.node, &serve->ready);
		holds->ready++;
		serve->data_ready(serve->sk);
	} else if (!h->lost) {
		bury(serve, h);
	}
	spin_unlock_bh(&holds->lock);
}

/* The first that is ready, which is the caller's from now on; NULL: there is none. */
static struct seal_hold *take_ready(struct seal_serve *serve)
{
	struct seal_holds *holds = holds_of(serve);
	struct seal_hold *h;

	spin_lock_bh(&holds->lock);
	h = list_first_entry_or_null(&serve->ready, struct seal_hold, due.node);
	if (h) {
		holds->ready--;
		leave(serve, h);
	}
	spin_unlock_bh(&holds->lock);
	return h;
}

/* NULL: it has become a socket that connects, by another thread. What it was stays meanwhile. */
static struct seal_serve *serve_of(const struct socket *sock)
{
	return seal_ctx(sock->sk)->serve;
}

static const struct proto_ops *base_of(const struct socket *sock)
{
	return seal_ctx(sock->sk)->base_ops;
}

static int serve_release(struct socket *sock)
{
	const struct proto_ops *base;
	struct seal_serve *serve;

	/* What accept() was to fill has no socket. */
	if (!sock->sk)
		return 0;
	base = base_of(sock);
	serve = serve_of(sock);
	if (serve) {
		stop(serve);
		flush_work(&holds_of(serve)->reaper);
	}
	return base->release(sock);
}

static int serve_connect(struct socket *sock, compat_sockaddr *addr, int len, int flags)
{
	if (len < (int)sizeof(addr->sa_family) || addr->sa_family != AF_UNSPEC)
		return -EINVAL;
	return base_of(sock)->connect(sock, addr, len, flags);
}

static int serve_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	struct seal_serve *serve;
	int err;

	lock_sock(sk);
	serve = serve_of(sock);
	err = !serve || !serve->role ? -EINVAL :
	      READ_ONCE(holds_of(serve)->helpers) ? 0 : -ESRCH;
	release_sock(sk);
	if (err)
		return err;
	err = base_of(sock)->listen(sock, backlog);
	/* Another thread may have stopped it again. */
	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN)
		seal_serve_open(serve);
	release_sock(sk);
	return err;
}

static __poll_t serve_poll(struct file *file, struct socket *sock, struct poll_table_struct *wait)
{
	struct seal_serve *serve;
	__poll_t mask = 0;

	sock_poll_wait(file, sock, wait);
	if (READ_ONCE(sock->sk->sk_state) != TCP_LISTEN)
		return base_of(sock)->poll(file, sock, NULL);
	rcu_read_lock();
	serve = READ_ONCE(seal_ctx(sock->sk)->serve);
	if (serve && !list_empty_careful(&serve->ready))
		mask = EPOLLIN | EPOLLRDNORM;
	rcu_read_unlock();
	return mask;
}

/* Waits for a connection that is ready, as TCP's accept() does. */
static struct seal_hold *wait_ready(struct sock *sk, struct seal_serve *serve, long timeo)
{
	struct seal_hold *h = NULL;
	DEFINE_WAIT(wait);
	int err = 0;

	while (!err) {
		prepare_to_wait_exclusive(sk_sleep(sk), &wait, TASK_INTERRUPTIBLE);
		h = take_ready(serve);
		if (h)
			break;
		if (READ_ONCE(sk->sk_state) != TCP_LISTEN || !serve->role)
			err = -EINVAL;
		else if (!timeo)
			err = -EAGAIN;
		else if (signal_pending(current))
			err = sock_intr_errno(timeo);
		else
			timeo = schedule_timeout(timeo);
	}
	finish_wait(sk_sleep(sk), &wait);
	return h ? h : ERR_PTR(err);
}

static int serve_accept(struct socket *sock, struct socket *newsock, int flags)
{
	struct seal_serve *serve = serve_of(sock);
	struct seal_hold *h;
	struct sock *sk;

	/* Of kernel_accept(), which gives it our operations as a listener when we are done. */
	if (!newsock->ops)
		return -EOPNOTSUPP;
	if (!serve)
		return -EINVAL;
	h = wait_ready(sock->sk, serve, sock_rcvtimeo(sock->sk, flags & O_NONBLOCK));
	if (IS_ERR(h))
		return PTR_ERR(h);
	sk = h->sk;
	lock_sock(sk);
	compat_graft(sock, newsock, sk);
	seal_proto_update(sk);
	h->serve = NULL;
	seal_serve_put(serve);
	release_sock(sk);
	return 0;
}

/* TCP's answer to a socket that is not connected, with no way round by MSG_FASTOPEN. */
static int serve_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	return sk_stream_error(sock->sk, msg->msg_flags, -EPIPE);
}

static int serve_setsockopt(struct socket *sock, int level, int optname, sockptr_t optval,
			    unsigned int optlen)
{
	if (level == SOL_TLS)
		return seal_setsockopt(sock->sk, level, optname, optval, optlen);
	if (seal_hold_refuses(level, optname))
		return -EOPNOTSUPP;
	return base_of(sock)->setsockopt(sock, level, optname, optval, optlen);
}

static int serve_getsockopt(struct socket *sock, int level, int optname, char __user *optval,
			    int __user *optlen)
{
	if (level == SOL_TLS)
		return seal_getsockopt(sock->sk, level, optname, optval, optlen);
	return base_of(sock)->getsockopt(sock, level, optname, optval, optlen);
}

COMPAT_ACCEPT(accept_ready, serve_accept)

void seal_serve_build(struct proto_ops *ops, const struct proto_ops *base_ops)
{
	*ops = *base_ops;
	ops->owner = THIS_MODULE;
	ops->release = serve_release;
	ops->connect = serve_connect;
	ops->accept = accept_ready;
	ops->listen = serve_listen;
	ops->poll = serve_poll;
	ops->sendmsg = serve_sendmsg;
	ops->setsockopt = serve_setsockopt;
	ops->getsockopt = serve_getsockopt;
}

/*
 * Called with the socket locked. Connections that are cloned from now on have the
 * context, but the ULP only when this has returned: nothing else may change before.
 */
int seal_hold_attach(struct sock *sk, const struct tcp_ulp_ops *ulp)
{
	struct wait_queue_entry *entry;
	struct seal_ctx *ctx;
	bool waits = false;

	/* It was connected, and is at its end. */
	if (sk->sk_socket->state != SS_UNCONNECTED)
		return -ENOTCONN;
	/* Set before, these would go past the hold; later they are refused. */
	if (tcp_sk(sk)->fastopen_connect || tcp_sk(sk)->repair)
		return -EOPNOTSUPP;
	spin_lock_bh(&sk_sleep(sk)->lock);
	list_for_each_entry(entry, &sk_sleep(sk)->head, entry)
		if (entry->func == autoremove_wake_function && sk->sk_state == TCP_LISTEN)
			waits = true;
	spin_unlock_bh(&sk_sleep(sk)->lock);
	/* It would sleep in TCP's own accept() for good. */
	if (waits)
		return -EBUSY;

	ctx = seal_ctx_new(sock_net(sk), sk->sk_prot, sk->sk_socket->ops);
	if (!ctx)
		return -ENOMEM;
	ctx->serve = seal_serve_new(sk, ctx);
	if (!ctx->serve) {
		seal_ctx_free(ctx);
		return -ENOMEM;
	}
	ctx->serve->ulp = ulp;
	rcu_assign_pointer(inet_csk(sk)->icsk_ulp_data, ctx);
	if (sk->sk_state == TCP_LISTEN)
		synchronize_rcu();
	seal_ops_set(sk->sk_socket, &seal_tables_of(sk)->serve_ops);
	SEAL_INC(sk, ATTACHED);
	SEAL_INC(sk, CURRATTACHED);
	return 0;
}

/* In softirq: a connection of a listener that has the ULP. Nothing is allocated. */
void seal_hold_clone(const struct request_sock *req, struct sock *newsk, gfp_t priority)
{
	struct seal_serve *serve = seal_ctx(newsk)->serve;

	__module_get(THIS_MODULE);
	refcount_inc(&serve->users);
	newsk->sk_prot = &seal_tables_of(newsk)->held;
	/* Not those of a user in the kernel either, who puts his over ours and calls both. */
	newsk->sk_data_ready = READ_ONCE(serve->data_ready) ? : newsk->sk_data_ready;
	newsk->sk_error_report = READ_ONCE(serve->error_report) ? : newsk->sk_error_report;
}

/*
 * The socket is destroyed: a listener, or what it had and nobody took. Others have
 * had their close(). May be softirq.
 */
void seal_hold_release(struct sock *sk)
{
	struct seal_ctx *ctx = seal_ctx(sk);

	if (!ctx || WARN_ON_ONCE(!ctx->serve))
		return;
	if (ctx->serve->sk == sk) {
		SEAL_DEC(sk, CURRATTACHED);
		if (sk->sk_data_ready == serve_data_ready)
			sk->sk_data_ready = ctx->serve->data_ready;
		if (sk->sk_error_report == serve_error_report)
			sk->sk_error_report = ctx->serve->error_report;
	}
	WRITE_ONCE(sk->sk_prot, ctx->base);
	RCU_INIT_POINTER(inet_csk(sk)->icsk_ulp_data, NULL);
	seal_serve_put(ctx->serve);
}
