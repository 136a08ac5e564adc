/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is once for each network namespace: the counters (mib.h), and
 * net.sealsock.*, which new sockets begin with.
 */
#ifndef SEAL_NETNS_H
#define SEAL_NETNS_H

#include <linux/refcount.h>
#include <net/net_namespace.h>

#include "held.h"

struct seal_mib;

/**
 * struct seal_net - what the sockets of a namespace have in common
 * @mib: counters
 * @users: the namespace, and each socket: those of the kernel may outlive it
 * @tx_limit: net.sealsock.tx_limit: records that a key may seal, where that is
 *	fewer than its cipher allows; 0: no such limit
 * @tx_cpus: net.sealsock.tx_cpus: the default of SEALSOCK_TX_CPUS
 * @tx_past_limit: net.sealsock.tx_past_limit: may sockets go on at the limit?
 * @holds: sockets that wait for their handshake
 */
struct seal_net {
	struct seal_mib __percpu *mib;
	refcount_t users;
	unsigned long tx_limit;
	u8 tx_cpus;
	u8 tx_past_limit;
	struct seal_holds holds;
};

/* That of @net, which exists; with a reference. */
struct seal_net *seal_net_get(const struct net *net);
void seal_net_put(struct seal_net *sn);

int seal_netns_init(void);
void seal_netns_exit(void);

#endif /* SEAL_NETNS_H */
