// SPDX-License-Identifier: GPL-2.0-only
/* The options by which a program asks for TLS, and learns what came of it. */
#include <linux/err.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include "answer.h"
#include "hold/hold.h"
#include "tables.h"

static int serves(struct sock *sk, struct seal_serve *serve, struct seal_role *role)
{
	struct seal_holds *holds = &seal_ctx(sk)->net->holds;

	if (!serve->role)
		seal_serve_callbacks(sk, serve);
	spin_lock_bh(&holds->lock);
	swap(serve->role, role);
	spin_unlock_bh(&holds->lock);
	seal_role_put(role);
	if (sk->sk_state == TCP_LISTEN)
		seal_serve_open(serve);
	return 0;
}

static int connects(struct sock *sk, struct seal_serve *serve, struct seal_role *role)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_tables *t = seal_tables_of(sk);
	struct seal_hold *h;

	/* It listened once: a connection may be in the making yet. */
	if (sock_flag(sk, SOCK_RCU_FREE))
		synchronize_rcu();
	/* Others have what came of it. */
	if (serve->role || refcount_read(&serve->users) > 1)
		return -EINVAL;
	h = seal_hold_new(ctx->net, role, serve->deadline);
	if (!h)
		return -ENOMEM;
	seal_role_put(role);
	h->sk = sk;
	h->before = serve;
	serve->ctx = NULL;
	WRITE_ONCE(ctx->hold, h);
	WRITE_ONCE(ctx->serve, NULL);
	seal_hold_callbacks(sk, h);
	/* Pair with seal_ctx_seen(). */
	smp_store_release(&sk->sk_prot, &t->held);
	seal_ops_set(sk->sk_socket, &t->held_ops);
	return 0;
}

static int set_role(struct sock *sk, struct seal_ctx *ctx, sockptr_t optval, unsigned int optlen)
{
	struct seal_role *role = seal_role_new(optval, optlen);
	struct seal_hold *h = ctx->hold;
	u32 asked;
	int err;

	if (IS_ERR(role))
		return PTR_ERR(role);
	asked = role->asked.role;
	if (ctx->serve) {
		err = asked == SEALSOCK_ROLE_SERVE ? serves(sk, ctx->serve, role) :
		      sk->sk_state != TCP_CLOSE ? -EISCONN : connects(sk, ctx->serve, role);
	} else if (h && h->state == SEAL_HOLD_ARMED && sk->sk_state == TCP_CLOSE) {
		err = asked == h->role->asked.role ? 0 : -EINVAL;
		if (!err) {
			seal_role_put(h->role);
			h->role = role;
		}
	} else {
		err = -EISCONN;
	}
	if (err)
		seal_role_put(role);
	return err;
}

static int set_deadline(struct sock *sk, struct seal_ctx *ctx, sockptr_t optval,
			unsigned int optlen)
{
	u32 ms;

	if (sockptr_is_null(optval) || optlen != sizeof(ms))
		return -EINVAL;
	if (copy_from_sockptr(&ms, optval, sizeof(ms)))
		return -EFAULT;
	if (!ms || ms > SEALSOCK_DEADLINE_MAX)
		return -EINVAL;
	if (ctx->serve)
		WRITE_ONCE(ctx->serve->deadline, ms);
	else if (ctx->hold && ctx->hold->state == SEAL_HOLD_ARMED && sk->sk_state == TCP_CLOSE)
		ctx->hold->deadline = ms;
	else
		return -EISCONN;
	return 0;
}

int seal_hold_setsockopt(struct sock *sk, int optname, sockptr_t optval, unsigned int optlen)
{
	struct seal_ctx *ctx = seal_ctx(sk);

	return optname == SEALSOCK_ROLE ? set_role(sk, ctx, optval, optlen) :
					  set_deadline(sk, ctx, optval, optlen);
}

static int get_facts(struct seal_hold *h, char __user *optval, int __user *optlen, int len)
{
	if (!h)
		return -ENODATA;
	if (h->state != SEAL_HOLD_OPEN)
		return -EAGAIN;
	if (put_user(h->facts_len, optlen))
		return -EFAULT;
	if (len < 0 || h->facts_len > len)
		return -ERANGE;
	return copy_to_user(optval, h->facts, h->facts_len) ? -EFAULT : 0;
}

static int get_cause(struct seal_hold *h, char __user *optval, int __user *optlen, int len)
{
	struct sealsock_cause cause = {};

	if (!h)
		return -ENODATA;
	if (h->cause)
		cause = *h->cause;
	cause.error = h->state == SEAL_HOLD_FAILED ? h->error : 0;
	return seal_put_answer(optval, optlen, len, &cause, sizeof(cause), true);
}

int seal_hold_getsockopt(struct sock *sk, int optname, char __user *optval, int __user *optlen,
			 int len)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_hold *h = ctx->hold;
	struct seal_role *role = ctx->serve ? ctx->serve->role : h ? h->role : NULL;

	if (!ctx->serve && !h)
		return -ENODATA;
	switch (optname) {
	case SEALSOCK_ROLE:
		return role ? seal_put_answer(optval, optlen, len, &role->asked,
					      sizeof(role->asked), true) : -ENODATA;
	case SEALSOCK_DEADLINE:
		return seal_put_answer(optval, optlen, len,
				       h ? &h->deadline : &ctx->serve->deadline, sizeof(u32),
				       false);
	case SEALSOCK_FACTS:
		return get_facts(h, optval, optlen, len);
	default:
		return get_cause(h, optval, optlen, len);
	}
}

u32 seal_hold_mode(const struct sock *sk, const struct seal_ctx *ctx)
{
	const struct seal_serve *serve = READ_ONCE(ctx->serve);
	const struct seal_hold *h = READ_ONCE(ctx->hold);

	if (serve && serve->sk != sk)
		return SEALSOCK_MODE_HELD;
	if (serve)
		return READ_ONCE(sk->sk_state) == TCP_LISTEN ? SEALSOCK_MODE_SERVING :
							       SEALSOCK_MODE_ASKED;
	if (!h)
		return SEALSOCK_MODE_NONE;
	switch (READ_ONCE(h->state)) {
	case SEAL_HOLD_ARMED:
		return SEALSOCK_MODE_ASKED;
	case SEAL_HOLD_FAILED:
		return SEALSOCK_MODE_REFUSED;
	default:
		return SEALSOCK_MODE_HELD;
	}
}
