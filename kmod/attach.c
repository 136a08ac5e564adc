// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "attach.h"
#include "core/frame.h"
#include "held.h"
#include "managed/managed.h"
#include "rx/rx.h"
#include "seen/mib.h"
#include "seen/netns.h"
#include "tx/tx.h"

struct seal_ctx *seal_ctx_new(const struct net *net, struct proto *base,
			      const struct proto_ops *base_ops)
{
	struct seal_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);

	if (!ctx)
		return NULL;
	ctx->base = base;
	ctx->base_ops = base_ops;
	ctx->net = seal_net_get(net);
	ctx->mib = ctx->net->mib;
	ctx->max_payload = SEAL_MAX_PLAINTEXT;
	return ctx;
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
		seal_tx_free(sk, ctx->tx);
	if (ctx->rx)
		seal_rx_free(sk, ctx->rx);
	seal_net_put(ctx->net);
	seal_managed_free(ctx->managed);
	kfree_rcu(ctx, rcu);
}
