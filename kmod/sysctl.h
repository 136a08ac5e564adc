/* SPDX-License-Identifier: GPL-2.0-only */
/* net.sealsock.*, one set per network namespace: what new sockets begin with. */
#ifndef SEAL_SYSCTL_H
#define SEAL_SYSCTL_H

#include <net/net_namespace.h>

/* net.sealsock.tx_cpus: the default of SEALSOCK_TX_CPUS. */
u8 seal_default_cpus(const struct net *net);

int seal_sysctl_init(void);
void seal_sysctl_exit(void);

#endif /* SEAL_SYSCTL_H */
