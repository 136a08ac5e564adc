// SPDX-License-Identifier: GPL-2.0-only
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/sysctl.h>
#include <net/netns/generic.h>

#include "compat/compat.h"
#include "seen/mib.h"
#include "seen/netns.h"
#include "uapi/sealsock.h"

#define SYSCTLS		3

/* @table: the entries, and an empty one for kernels that want it. */
struct seal_net {
	struct seal_mib __percpu *mib;
	struct ctl_table_header *sysctls;
	struct ctl_table table[SYSCTLS + 1];
	unsigned long tx_limit;
	u8 tx_cpus;
	u8 tx_past_limit;
};

static unsigned int seal_net_id __read_mostly;
static unsigned int cpus_max = SEALSOCK_CPUS_MAX;

#define SEAL_MIB(field, name)	SNMP_MIB_ITEM(name, SEAL_MIB_##field),

static const struct snmp_mib mib_items[] = {
#include "seen/mib_list.h"
};

struct seal_mib __percpu *seal_mib(const struct net *net)
{
	const struct seal_net *sn = net_generic(net, seal_net_id);

	return sn->mib;
}

u8 seal_default_cpus(const struct net *net)
{
	const struct seal_net *sn = net_generic(net, seal_net_id);

	return READ_ONCE(sn->tx_cpus);
}

unsigned long seal_default_limit(const struct net *net)
{
	const struct seal_net *sn = net_generic(net, seal_net_id);

	return READ_ONCE(sn->tx_limit);
}

bool seal_past_limit(const struct net *net)
{
	const struct seal_net *sn = net_generic(net, seal_net_id);

	return READ_ONCE(sn->tx_past_limit);
}

static unsigned long fold(struct seal_mib __percpu *mib, int entry)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(mib, cpu)->mibs[entry];
	return sum;
}

static int stat_show(struct seq_file *seq, void *v)
{
	struct seal_mib __percpu *mib = seal_mib(seq->private);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mib_items); i++)
		seq_printf(seq, "%-32s\t%lu\n", mib_items[i].name,
			   fold(mib, mib_items[i].entry));
	return 0;
}

static bool sysctls_new(struct net *net, struct seal_net *sn)
{
	sn->table[0] = (struct ctl_table) {
		.procname = "tx_cpus",
		.data = &sn->tx_cpus,
		.maxlen = sizeof(sn->tx_cpus),
		.mode = 0644,
		.proc_handler = proc_dou8vec_minmax,
		.extra1 = SYSCTL_ZERO,
		.extra2 = &cpus_max,
	};
	sn->table[1] = (struct ctl_table) {
		.procname = "tx_limit",
		.data = &sn->tx_limit,
		.maxlen = sizeof(sn->tx_limit),
		.mode = 0644,
		.proc_handler = proc_doulongvec_minmax,
	};
	sn->table[2] = (struct ctl_table) {
		.procname = "tx_past_limit",
		.data = &sn->tx_past_limit,
		.maxlen = sizeof(sn->tx_past_limit),
		.mode = 0644,
		.proc_handler = proc_dou8vec_minmax,
		.extra1 = SYSCTL_ZERO,
		.extra2 = SYSCTL_ONE,
	};
	if (IS_ENABLED(CONFIG_SYSCTL))
		sn->sysctls = compat_register_sysctl(net, "net/sealsock", sn->table,
						     SYSCTLS);
	return sn->sysctls || !IS_ENABLED(CONFIG_SYSCTL);
}

static void __net_exit seal_net_exit(struct net *net)
{
	struct seal_net *sn = net_generic(net, seal_net_id);

	remove_proc_entry("sealsock_stat", net->proc_net);
	if (sn->sysctls)
		unregister_net_sysctl_table(sn->sysctls);
	free_percpu(sn->mib);
}

static int __net_init seal_net_init(struct net *net)
{
	struct seal_net *sn = net_generic(net, seal_net_id);

	sn->mib = alloc_percpu(struct seal_mib);
	if (sn->mib && sysctls_new(net, sn) &&
	    (!IS_ENABLED(CONFIG_PROC_FS) ||
	     proc_create_net_single("sealsock_stat", 0444, net->proc_net, stat_show, NULL)))
		return 0;

	if (sn->sysctls)
		unregister_net_sysctl_table(sn->sysctls);
	free_percpu(sn->mib);
	return -ENOMEM;
}

static struct pernet_operations seal_net_ops = {
	.init = seal_net_init,
	.exit = seal_net_exit,
	.id = &seal_net_id,
	.size = sizeof(struct seal_net),
};

int seal_netns_init(void)
{
	return register_pernet_subsys(&seal_net_ops);
}

void seal_netns_exit(void)
{
	unregister_pernet_subsys(&seal_net_ops);
}
