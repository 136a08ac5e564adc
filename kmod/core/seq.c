// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "seq.h"

void seal_seq_start(struct seal_seq *seq, u64 first, u64 first_explicit)
{
	seq->next = first;
	seq->explicit_next = first_explicit;
	seq->used = 0;
}
