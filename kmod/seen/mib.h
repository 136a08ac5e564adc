/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters, one set per network namespace, shown by /proc/net/sealsock_stat.
 * The first group has the names and the meaning of the kernel's own
 * /proc/net/tls_stat.
 */
#ifndef SEAL_MIB_H
#define SEAL_MIB_H

#include <net/net_namespace.h>
#include <net/snmp.h>
#include <net/sock.h>

#include "ctx.h"

#define SEAL_MIB(field, ...)	SEAL_MIB_##field,

enum {
	SEAL_MIB_NUM,
#include "seen/mib_list.h"
	SEAL_MIB_MAX,
};

#undef SEAL_MIB

struct seal_mib {
	unsigned long mibs[SEAL_MIB_MAX];
};

/* For a socket that has a context. */
#define SEAL_INC(sk, field)	SNMP_INC_STATS(seal_ctx(sk)->mib, SEAL_MIB_##field)
#define SEAL_DEC(sk, field)	SNMP_DEC_STATS(seal_ctx(sk)->mib, SEAL_MIB_##field)
#define SEAL_ADD(sk, field, n)	SNMP_ADD_STATS(seal_ctx(sk)->mib, SEAL_MIB_##field, n)

#endif /* SEAL_MIB_H */
