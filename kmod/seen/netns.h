/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is once for each network namespace: the counters (mib.h), and
 * net.sealsock.*, which new sockets begin with.
 */
#ifndef SEAL_NETNS_H
#define SEAL_NETNS_H

#include <net/net_namespace.h>

/* net.sealsock.tx_cpus: the default of SEALSOCK_TX_CPUS. */
u8 seal_default_cpus(const struct net *net);

/*
 * net.sealsock.tx_limit: records that a key may seal, where that is fewer than
 * its cipher allows; 0: no such limit.
 */
unsigned long seal_default_limit(const struct net *net);

/* net.sealsock.tx_past_limit: may sockets go on at the limit of their key? */
bool seal_past_limit(const struct net *net);

int seal_netns_init(void);
void seal_netns_exit(void);

#endif /* SEAL_NETNS_H */
