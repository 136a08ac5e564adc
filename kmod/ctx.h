/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of one socket. Everything here is read and written under the
 * socket lock unless its comment says otherwise.
 */
#ifndef SEAL_CTX_H
#define SEAL_CTX_H

#include <linux/tcp.h>
#include <net/inet_connection_sock.h>
#include <net/tcp.h>
#include <net/tls.h>

#include "core/content.h"
#include "core/direction.h"

struct seal_hold;
struct seal_managed;
struct seal_mib;
struct seal_net;
struct seal_rx;
struct seal_serve;
struct seal_tx;

/*
 * What a managed socket has been through, for sock_diag(7), which reads it without
 * the socket lock: as in struct sealsock_diag_managed.
 */
struct seal_shown {
	u16 tx_keys;
	u16 rx_keys;
	u16 messages;
	u16 dropped;
	u16 alert_received;
	u16 alert_sent;
	u8 reason;
};

/**
 * struct seal_ctx - what the ULP hangs on a socket
 * @base: the protocol the socket had before, called for everything else
 * @base_ops: likewise its socket operations
 * @net: what the sockets of its namespace have in common, with a reference
 * @mib: the counters there
 * @tx: sending half; NULL while no transmit key is installed
 * @rx: receiving half; NULL while no receive key is installed
 * @managed: what managed mode keeps; NULL in compatible mode
 * @hold: what it has if TLS was asked for before it was connected
 * @serve: likewise of a listener; connections that nobody has taken yet have the
 *	context of their listener
 * @write_space: the socket's callback from before @tx
 * @data_ready: the socket's callback from before @rx
 * @version: protocol version of both directions, 0 while no key is installed
 * @cipher_type: likewise
 * @max_payload: TLS_TX_MAX_PAYLOAD_LEN
 * @zerocopy_ro: TLS_TX_ZEROCOPY_RO as it was set; nothing depends on it
 * @expect_no_pad: TLS_RX_EXPECT_NO_PAD
 * @shown: of managed mode
 * @rcu: get_info() reads the context under RCU only
 */
struct seal_ctx {
	struct proto *base;
	const struct proto_ops *base_ops;
	struct seal_net *net;
	struct seal_mib __percpu *mib;
	struct seal_tx *tx;
	struct seal_rx *rx;
	struct seal_managed *managed;
	struct seal_hold *hold;
	struct seal_serve *serve;
	void (*write_space)(struct sock *sk);
	void (*data_ready)(struct sock *sk);
	u16 version;
	u16 cipher_type;
	u16 max_payload;
	bool zerocopy_ro;
	bool expect_no_pad;
	struct seal_shown shown;
	struct rcu_head rcu;
};

/* Each idle socket has one. */
static_assert(sizeof(struct seal_ctx) <= 128);

/*
 * The context of a socket whose operations are ours. It lives until
 * seal_ctx_detach(), which is called with the socket locked.
 */
static inline struct seal_ctx *seal_ctx(const struct sock *sk)
{
	return (__force void *)inet_csk(sk)->icsk_ulp_data;
}

/*
 * The same for operations that are called without the socket lock: they find
 * the halves that were there when they were published.
 */
static inline struct seal_ctx *seal_ctx_seen(const struct sock *sk)
{
	/* Pairs with the release in seal_proto_update(). */
	smp_load_acquire(&sk->sk_prot);
	return seal_ctx(sk);
}

#endif /* SEAL_CTX_H */
