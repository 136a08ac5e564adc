// SPDX-License-Identifier: GPL-2.0-only
#include <linux/sysctl.h>
#include <net/netns/generic.h>

#include "compat/compat.h"
#include "sysctl.h"
#include "uapi/sealsock.h"

/* @table: one entry, and an empty one for kernels that want it. */
struct seal_sysctl {
	struct ctl_table_header *header;
	struct ctl_table table[2];
	u8 tx_cpus;
};

static unsigned int sysctl_id __read_mostly;
static unsigned int cpus_max = SEALSOCK_CPUS_MAX;

u8 seal_default_cpus(const struct net *net)
{
	const struct seal_sysctl *sysctl = net_generic(net, sysctl_id);

	return READ_ONCE(sysctl->tx_cpus);
}

static int __net_init net_init(struct net *net)
{
	struct seal_sysctl *sysctl = net_generic(net, sysctl_id);

	sysctl->table[0] = (struct ctl_table) {
		.procname = "tx_cpus",
		.data = &sysctl->tx_cpus,
		.maxlen = sizeof(sysctl->tx_cpus),
		.mode = 0644,
		.proc_handler = proc_dou8vec_minmax,
		.extra1 = SYSCTL_ZERO,
		.extra2 = &cpus_max,
	};
	if (!IS_ENABLED(CONFIG_SYSCTL))
		return 0;
	sysctl->header = compat_register_sysctl(net, "net/sealsock", sysctl->table, 1);
	return sysctl->header ? 0 : -ENOMEM;
}

static void __net_exit net_exit(struct net *net)
{
	struct seal_sysctl *sysctl = net_generic(net, sysctl_id);

	if (sysctl->header)
		unregister_net_sysctl_table(sysctl->header);
}

static struct pernet_operations sysctl_ops = {
	.init = net_init,
	.exit = net_exit,
	.id = &sysctl_id,
	.size = sizeof(struct seal_sysctl),
};

int seal_sysctl_init(void)
{
	return register_pernet_subsys(&sysctl_ops);
}

void seal_sysctl_exit(void)
{
	unregister_pernet_subsys(&sysctl_ops);
}
