// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "attach.h"
#include "core/frame.h"
#include "held.h"
#include "install.h"
#include "managed/managed.h"
#include "rx/rx.h"
#include "seen/mib.h"
#include "seen/netns.h"
#include "tx/tx.h"

static struct kmem_cache *cache;

int seal_ctx_init(void)
{
	cache = KMEM_CACHE(seal_whole, 0);
	return cache ? 0 : -ENOMEM;
}

void seal_ctx_exit(void)
{
	/* What free_ctx() is still to be called for. */
	rcu_barrier();
	kmem_cache_destroy(cache);
}

struct seal_ctx *seal_ctx_new(const struct net *net, struct proto *base,
			      const struct proto_ops *base_ops)
{
	struct seal_whole *whole = kmem_cache_zalloc(cache, GFP_KERNEL_ACCOUNT);
	struct seal_ctx *ctx;

	if (!whole)
		return NULL;
	ctx = &whole->ctx;
	ctx->base = base;
	ctx->base_ops = base_ops;
	ctx->net = seal_net_get(net);
	ctx->mib = ctx->net->mib;
	ctx->max_payload = SEAL_MAX_PLAINTEXT;
	return ctx;
}

static void free_ctx(struct rcu_head *rcu)
{
	kmem_cache_free(cache, container_of(rcu, struct seal_whole, ctx.rcu));
}

void seal_ctx_free(struct seal_ctx *ctx)
{
	seal_net_put(ctx->net);
	call_rcu(&ctx->rcu, free_ctx);
}

void seal_ctx_detach(struct sock *sk)
{
	struct seal_ctx *ctx = seal_ctx(sk);

	if (ctx->hold)
		seal_hold_closed(sk);
	write_lock_bh(&sk->sk_callback_lock);
	RCU_INIT_POINTER(inet_csk(sk)->icsk_ulp_data, NULL);
	WRITE_ONCE(sk->sk_prot, ctx->base);
	/* Others may have put their own callback above ours. */
	if (sk->sk_write_space == seal_tx_write_space)
		sk->sk_write_space = ctx->write_space;
	if (sk->sk_data_ready == seal_rx_data_ready)
		sk->sk_data_ready = ctx->data_ready;
	write_unlock_bh(&sk->sk_callback_lock);

	if (ctx->tx)
		seal_tx_end(sk, ctx->tx);
	if (ctx->rx)
		seal_rx_end(sk, ctx->rx);
	seal_managed_free(ctx->managed);
	seal_ctx_free(ctx);
}
