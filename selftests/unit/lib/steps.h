/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Whether code goes the same way whatever it is given: each instruction is looked at. */
#ifndef UNIT_STEPS_H
#define UNIT_STEPS_H

#include <stdbool.h>
#include <stdint.h>

/* How many instructions @fn took, and a hash of where they were, in order. */
struct steps {
	unsigned long count;
	uint64_t path;
};

/* Runs fn(arg) in a child, one instruction at a time. False: it may not be traced here. */
bool steps_of(void (*fn)(void *arg), void *arg, struct steps *out);

#endif
