// SPDX-License-Identifier: GPL-2.0-only
#include "scratch.h"

DEFINE_PER_CPU(struct seal_scratch *, seal_spare);

struct seal_scratch *seal_scratch_new(const struct seal_key *key, gfp_t gfp)
{
	size_t size = kmalloc_size_roundup(sizeof(struct seal_scratch) +
					   crypto_aead_reqsize(key->spare.aead));
	struct seal_scratch *scratch = kmalloc(size, gfp);

	if (scratch) {
		scratch->room = size - sizeof(*scratch);
		scratch->stamp = 0;
		crypto_init_wait(&scratch->rq.wait);
	}
	return scratch;
}

void seal_scratch_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree_sensitive(per_cpu(seal_spare, cpu));
}
