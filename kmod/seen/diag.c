// SPDX-License-Identifier: GPL-2.0-only
#include <linux/inet_diag.h>
#include <linux/tls.h>
#include <net/netlink.h>

#include "ctx.h"
#include "held.h"
#include "seen/diag.h"
#include "uapi/hold.h"
#include "uapi/sealsock.h"

/* Newer than the oldest header: the maximum payload of a record, u16. */
#define INFO_TX_MAX_PAYLOAD_LEN		(TLS_INFO_RX_NO_PAD + 1)

static u32 mode(const struct sock *sk, const struct seal_ctx *ctx)
{
	if (READ_ONCE(ctx->managed))
		return SEALSOCK_MODE_MANAGED;
	return READ_ONCE(ctx->version) ? SEALSOCK_MODE_COMPATIBLE : seal_hold_mode(sk, ctx);
}

static int put_managed(const struct seal_shown *shown, struct sk_buff *skb)
{
	const struct sealsock_diag_managed managed = {
		.tx_keys = READ_ONCE(shown->tx_keys),
		.rx_keys = READ_ONCE(shown->rx_keys),
		.messages = READ_ONCE(shown->messages),
		.messages_dropped = READ_ONCE(shown->dropped),
		.alert_received = READ_ONCE(shown->alert_received),
		.alert_sent = READ_ONCE(shown->alert_sent),
		.reason = READ_ONCE(shown->reason),
	};

	return nla_put(skb, SEALSOCK_DIAG_MANAGED, sizeof(managed), &managed);
}

static int put_attributes(const struct sock *sk, const struct seal_ctx *ctx, struct sk_buff *skb)
{
	u16 version = READ_ONCE(ctx->version);

	if (version && (nla_put_u16(skb, TLS_INFO_VERSION, version) ||
			nla_put_u16(skb, TLS_INFO_CIPHER, READ_ONCE(ctx->cipher_type))))
		return -EMSGSIZE;
	if (nla_put_u16(skb, TLS_INFO_TXCONF, READ_ONCE(ctx->tx) ? TLS_CONF_SW : TLS_CONF_BASE) ||
	    nla_put_u16(skb, TLS_INFO_RXCONF, READ_ONCE(ctx->rx) ? TLS_CONF_SW : TLS_CONF_BASE))
		return -EMSGSIZE;
	if (READ_ONCE(ctx->expect_no_pad) && nla_put_flag(skb, TLS_INFO_RX_NO_PAD))
		return -EMSGSIZE;
	if (nla_put_u16(skb, INFO_TX_MAX_PAYLOAD_LEN, READ_ONCE(ctx->max_payload)) ||
	    nla_put_u32(skb, SEALSOCK_DIAG_MODE, mode(sk, ctx)))
		return -EMSGSIZE;
	return READ_ONCE(ctx->managed) ? put_managed(&ctx->shown, skb) : 0;
}

int seal_get_info(struct sock *sk, struct sk_buff *skb)
{
	const struct seal_ctx *ctx;
	struct nlattr *start;
	int err = 0;

	start = nla_nest_start_noflag(skb, INET_ULP_INFO_TLS);
	if (!start)
		return -EMSGSIZE;

	rcu_read_lock();
	ctx = rcu_dereference(inet_csk(sk)->icsk_ulp_data);
	if (ctx)
		err = put_attributes(sk, ctx, skb);
	rcu_read_unlock();

	if (err || !ctx)
		nla_nest_cancel(skb, start);
	else
		nla_nest_end(skb, start);
	return err;
}

size_t seal_get_info_size(const struct sock *sk)
{
	return nla_total_size(0) +		/* INET_ULP_INFO_TLS */
	       nla_total_size(sizeof(u16)) +	/* TLS_INFO_VERSION */
	       nla_total_size(sizeof(u16)) +	/* TLS_INFO_CIPHER */
	       nla_total_size(sizeof(u16)) +	/* TLS_INFO_TXCONF */
	       nla_total_size(sizeof(u16)) +	/* TLS_INFO_RXCONF */
	       nla_total_size(0) +		/* TLS_INFO_RX_NO_PAD */
	       nla_total_size(sizeof(u16)) +	/* INFO_TX_MAX_PAYLOAD_LEN */
	       nla_total_size(sizeof(u32)) +	/* SEALSOCK_DIAG_MODE */
	       nla_total_size(sizeof(struct sealsock_diag_managed));
}
