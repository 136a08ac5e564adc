// SPDX-License-Identifier: GPL-2.0-only
#include <linux/percpu.h>
#include <linux/slab.h>

#include "scratch.h"

static DEFINE_PER_CPU(struct seal_scratch *, spare);

struct seal_scratch *seal_scratch_get(gfp_t gfp)
{
	struct seal_scratch *scratch = this_cpu_xchg(spare, NULL);

	return scratch ?: kmalloc(sizeof(*scratch), gfp);
}

void seal_scratch_put(struct seal_scratch *scratch)
{
	/* Somebody else may have left one here meanwhile. */
	kfree_sensitive(this_cpu_xchg(spare, scratch));
}

void seal_scratch_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree_sensitive(per_cpu(spare, cpu));
}
