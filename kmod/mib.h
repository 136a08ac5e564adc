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

enum {
	SEAL_MIB_NUM,
	SEAL_MIB_CURRTXSW,		/* sockets with a transmit key now */
	SEAL_MIB_CURRRXSW,		/* sockets with a receive key now */
	SEAL_MIB_TXSW,			/* first transmit keys installed */
	SEAL_MIB_RXSW,			/* first receive keys installed */
	SEAL_MIB_DECRYPTERROR,		/* records that were not authentic */
	SEAL_MIB_DECRYPTRETRY,		/* opened a second time: padding or control record */
	SEAL_MIB_RXNOPADVIOL,		/* of these, padding although none was promised */
	SEAL_MIB_RXREKEYOK,		/* receive keys replaced */
	SEAL_MIB_RXREKEYERROR,		/* receive keys that could not be replaced */
	SEAL_MIB_TXREKEYOK,		/* transmit keys replaced */
	SEAL_MIB_TXREKEYERROR,		/* transmit keys that could not be replaced */
	SEAL_MIB_RXREKEYRECEIVED,	/* KeyUpdate messages received */

	SEAL_MIB_CURRATTACHED,		/* sockets with the ULP now */
	SEAL_MIB_ATTACHED,		/* times the ULP was attached */
	SEAL_MIB_TXRECORDS,		/* records sealed */
	SEAL_MIB_TXBYTES,		/* bytes of plaintext in them */
	SEAL_MIB_TXCORES,		/* of these, sealed by other processors */
	SEAL_MIB_TXERROR,		/* records that could not be sealed */
	SEAL_MIB_RXRECORDS,		/* records opened */
	SEAL_MIB_RXBYTES,		/* bytes of content in them */
	SEAL_MIB_RXSTRAIGHT,		/* of these records, opened in the reader's own memory */
	SEAL_MIB_RXFRAMEERROR,		/* record headers out of bounds */
	SEAL_MIB_RXCOPIED,		/* records gathered because the window was too small */
	SEAL_MIB_MAX,
};

struct seal_mib {
	unsigned long mibs[SEAL_MIB_MAX];
};

struct seal_mib __percpu *seal_mib(const struct net *net);

#define SEAL_INC(sk, field)	SNMP_INC_STATS(seal_mib(sock_net(sk)), SEAL_MIB_##field)
#define SEAL_DEC(sk, field)	SNMP_DEC_STATS(seal_mib(sock_net(sk)), SEAL_MIB_##field)
#define SEAL_ADD(sk, field, n)	SNMP_ADD_STATS(seal_mib(sock_net(sk)), SEAL_MIB_##field, n)

/* One more record of this direction, TX or RX, with @len bytes in it. */
#define SEAL_RECORD(sk, dir, len) do {						\
	struct seal_mib __percpu *_mib = seal_ctx(sk)->mib;			\
										\
	SNMP_INC_STATS(_mib, SEAL_MIB_##dir##RECORDS);				\
	SNMP_ADD_STATS(_mib, SEAL_MIB_##dir##BYTES, len);			\
} while (0)

int seal_mib_init(void);
void seal_mib_exit(void);

#endif /* SEAL_MIB_H */
