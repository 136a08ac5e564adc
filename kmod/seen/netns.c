// SPDX-License-Identifier: GPL-2.0-only
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sysctl.h>
#include <net/netns/generic.h>

#include "compat/compat.h"
#include "seen/mib.h"
#include "seen/netns.h"
#include "uapi/hold.h"
#include "uapi/sealsock.h"

#define SYSCTLS		4

/* @table: the entries, and an empty one for kernels that want it. */
struct seal_pernet {
	struct seal_net *own;
	struct ctl_table_header *sysctls;
	struct ctl_table table[SYSCTLS + 1];
};

static unsigned int seal_net_id __read_mostly;
static unsigned int cpus_max = SEALSOCK_CPUS_MAX;
static unsigned int deadline_max = SEALSOCK_DEADLINE_MAX;

#define SEAL_MIB(field, name)	SNMP_MIB_ITEM(name, SEAL_MIB_##field),

static const struct snmp_mib mib_items[] = {
#include "seen/mib_list.h"
};

static struct seal_pernet *pernet_of(const struct net *net)
{
	return net_generic(net, seal_net_id);
}

struct seal_net *seal_net_get(const struct net *net)
{
	struct seal_net *sn = pernet_of(net)->own;

	refcount_inc(&sn->users);
	return sn;
}

void seal_net_put(struct seal_net *sn)
{
	if (!refcount_dec_and_test(&sn->users))
		return;
	free_percpu(sn->mib);
	kfree(sn);
}

static struct seal_net *net_new(void)
{
	struct seal_net *sn = kzalloc(sizeof(*sn), GFP_KERNEL);

	if (!sn)
		return NULL;
	refcount_set(&sn->users, 1);
	seal_holds_init(&sn->holds);
	sn->mib = alloc_percpu(struct seal_mib);
	if (sn->mib)
		return sn;
	kfree(sn);
	return NULL;
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
	struct seal_mib __percpu *mib = pernet_of(seq->private)->own->mib;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mib_items); i++)
		seq_printf(seq, "%-32s\t%lu\n", mib_items[i].name,
			   fold(mib, mib_items[i].entry));
	return 0;
}

static bool sysctls_new(struct net *net, struct seal_pernet *pn)
{
	struct seal_net *sn = pn->own;

	pn->table[0] = (struct ctl_table) {
		.procname = "tx_cpus",
		.data = &sn->tx_cpus,
		.maxlen = sizeof(sn->tx_cpus),
		.mode = 0644,
		.proc_handler = proc_dou8vec_minmax,
		.extra1 = SYSCTL_ZERO,
		.extra2 = &cpus_max,
	};
	pn->table[1] = (struct ctl_table) {
		.procname = "tx_limit",
		.data = &sn->tx_limit,
		.maxlen = sizeof(sn->tx_limit),
		.mode = 0644,
		.proc_handler = proc_doulongvec_minmax,
	};
	pn->table[2] = (struct ctl_table) {
		.procname = "tx_past_limit",
		.data = &sn->tx_past_limit,
		.maxlen = sizeof(sn->tx_past_limit),
		.mode = 0644,
		.proc_handler = proc_dou8vec_minmax,
		.extra1 = SYSCTL_ZERO,
		.extra2 = SYSCTL_ONE,
	};
	pn->table[3] = (struct ctl_table) {
		.procname = "deadline",
		.data = &sn->holds.deadline,
		.maxlen = sizeof(sn->holds.deadline),
		.mode = 0644,
		.proc_handler = proc_douintvec_minmax,
		.extra1 = SYSCTL_ONE,
		.extra2 = &deadline_max,
	};
	if (IS_ENABLED(CONFIG_SYSCTL))
		pn->sysctls = compat_register_sysctl(net, "net/sealsock", pn->table,
						     SYSCTLS);
	return pn->sysctls || !IS_ENABLED(CONFIG_SYSCTL);
}

static void undo(struct seal_pernet *pn)
{
	if (pn->sysctls)
		unregister_net_sysctl_table(pn->sysctls);
	seal_net_put(pn->own);
}

static void __net_exit seal_net_exit(struct net *net)
{
	remove_proc_entry("sealsock_stat", net->proc_net);
	seal_holds_gone(&pernet_of(net)->own->holds);
	undo(pernet_of(net));
}

static int __net_init seal_net_init(struct net *net)
{
	struct seal_pernet *pn = pernet_of(net);

	pn->own = net_new();
	if (!pn->own)
		return -ENOMEM;
	if (sysctls_new(net, pn) &&
	    (!IS_ENABLED(CONFIG_PROC_FS) ||
	     proc_create_net_single("sealsock_stat", 0444, net->proc_net, stat_show, NULL)))
		return 0;
	undo(pn);
	return -ENOMEM;
}

static struct pernet_operations seal_net_ops = {
	.init = seal_net_init,
	.exit = seal_net_exit,
	.id = &seal_net_id,
	.size = sizeof(struct seal_pernet),
};

int seal_netns_init(void)
{
	return register_pernet_subsys(&seal_net_ops);
}

void seal_netns_exit(void)
{
	unregister_pernet_subsys(&seal_net_ops);
}
