/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Name constraints, RFC 5280 §4.2.1.10. */
#ifndef SEALSOCK_X509_CONSTRAINT_H
#define SEALSOCK_X509_CONSTRAINT_H

#include "x509/x509.h"

/*
 * How much comparing of names one path building may do, in units of a short comparison. Whoever
 * spends takes from it what it costs; false: it is used up, then nothing more is compared.
 */
enum { NAME_BUDGET = 16384 };

static inline bool name_budget_take(unsigned int *budget, size_t bytes)
{
	size_t cost = 1 + bytes / 64;

	if (*budget < cost) {
		*budget = 0;
		return false;
	}
	*budget -= (unsigned int)cost;
	return true;
}

/*
 * Subtrees of at least one kind, in DER, with no distances? What they say may still be nothing
 * that can be applied, which only matters where there is a name of that kind.
 */
bool constraints_are_valid(struct bytes value);

/*
 * Are all names of @x where @value, the nameConstraints of one above it, allows them? False with
 * the name at fault in @f.
 */
bool constraints_allow(struct bytes value, const struct x509 *x, unsigned int *budget,
		       struct finding *f);

#endif
