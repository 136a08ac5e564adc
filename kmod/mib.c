// SPDX-License-Identifier: GPL-2.0-only
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/netns/generic.h>

#include "mib.h"

struct seal_net {
	struct seal_mib __percpu *mib;
};

static unsigned int seal_net_id __read_mostly;

static const struct snmp_mib seal_mib_list[] = {
	SNMP_MIB_ITEM("TlsCurrTxSw", SEAL_MIB_CURRTXSW),
	SNMP_MIB_ITEM("TlsCurrRxSw", SEAL_MIB_CURRRXSW),
	SNMP_MIB_ITEM("TlsTxSw", SEAL_MIB_TXSW),
	SNMP_MIB_ITEM("TlsRxSw", SEAL_MIB_RXSW),
	SNMP_MIB_ITEM("TlsDecryptError", SEAL_MIB_DECRYPTERROR),
	SNMP_MIB_ITEM("TlsDecryptRetry", SEAL_MIB_DECRYPTRETRY),
	SNMP_MIB_ITEM("TlsRxNoPadViolation", SEAL_MIB_RXNOPADVIOL),
	SNMP_MIB_ITEM("TlsRxRekeyOk", SEAL_MIB_RXREKEYOK),
	SNMP_MIB_ITEM("TlsRxRekeyError", SEAL_MIB_RXREKEYERROR),
	SNMP_MIB_ITEM("TlsTxRekeyOk", SEAL_MIB_TXREKEYOK),
	SNMP_MIB_ITEM("TlsTxRekeyError", SEAL_MIB_TXREKEYERROR),
	SNMP_MIB_ITEM("TlsRxRekeyReceived", SEAL_MIB_RXREKEYRECEIVED),
	SNMP_MIB_ITEM("TlsCurrAttached", SEAL_MIB_CURRATTACHED),
	SNMP_MIB_ITEM("TlsAttached", SEAL_MIB_ATTACHED),
	SNMP_MIB_ITEM("TlsTxRecords", SEAL_MIB_TXRECORDS),
	SNMP_MIB_ITEM("TlsTxBytes", SEAL_MIB_TXBYTES),
	SNMP_MIB_ITEM("TlsTxCores", SEAL_MIB_TXCORES),
	SNMP_MIB_ITEM("TlsTxError", SEAL_MIB_TXERROR),
	SNMP_MIB_ITEM("TlsRxRecords", SEAL_MIB_RXRECORDS),
	SNMP_MIB_ITEM("TlsRxBytes", SEAL_MIB_RXBYTES),
	SNMP_MIB_ITEM("TlsRxStraight", SEAL_MIB_RXSTRAIGHT),
	SNMP_MIB_ITEM("TlsRxFrameError", SEAL_MIB_RXFRAMEERROR),
	SNMP_MIB_ITEM("TlsRxCopied", SEAL_MIB_RXCOPIED),
};

struct seal_mib __percpu *seal_mib(const struct net *net)
{
	const struct seal_net *sn = net_generic(net, seal_net_id);

	return sn->mib;
}

static unsigned long fold(struct seal_mib __percpu *mib, int entry)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(mib, cpu)->mibs[entry];
	return sum;
}

static int seal_stat_show(struct seq_file *seq, void *v)
{
	struct seal_mib __percpu *mib = seal_mib(seq->private);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seal_mib_list); i++)
		seq_printf(seq, "%-32s\t%lu\n", seal_mib_list[i].name,
			   fold(mib, seal_mib_list[i].entry));
	return 0;
}

static int __net_init seal_net_init(struct net *net)
{
	struct seal_net *sn = net_generic(net, seal_net_id);

	sn->mib = alloc_percpu(struct seal_mib);
	if (!sn->mib)
		return -ENOMEM;

	if (IS_ENABLED(CONFIG_PROC_FS) &&
	    !proc_create_net_single("sealsock_stat", 0444, net->proc_net, seal_stat_show, NULL)) {
		free_percpu(sn->mib);
		return -ENOMEM;
	}
	return 0;
}

static void __net_exit seal_net_exit(struct net *net)
{
	struct seal_net *sn = net_generic(net, seal_net_id);

	remove_proc_entry("sealsock_stat", net->proc_net);
	free_percpu(sn->mib);
}

static struct pernet_operations seal_net_ops = {
	.init = seal_net_init,
	.exit = seal_net_exit,
	.id = &seal_net_id,
	.size = sizeof(struct seal_net),
};

int seal_mib_init(void)
{
	return register_pernet_subsys(&seal_net_ops);
}

void seal_mib_exit(void)
{
	unregister_pernet_subsys(&seal_net_ops);
}
