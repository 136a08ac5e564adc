// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdarg.h>
#include <stdio.h>

#include "x509/finding.h"

bool finding_set(struct finding *f, const struct rule_name *rule, const char *wanted,
		 const char *found, ...)
{
	va_list ap;

	f->code = rule->code;
	f->rule = rule->name;
	f->section = rule->section;
	f->wanted = wanted;
	va_start(ap, found);
	vsnprintf(f->found, sizeof(f->found), found, ap);
	va_end(ap);
	return false;
}

void text_oid(struct bytes oid, char *out, size_t n)
{
	size_t at = 0, i;
	uint64_t arc = 0;
	bool first = true;

	out[0] = '\0';
	for (i = 0; i < oid.n && at + 1 < n; i++) {
		int r;

		if (arc >> 57)	/* longer than anything that is in use */
			return;
		arc = arc << 7 | (oid.p[i] & 0x7f);
		if (oid.p[i] & 0x80)
			continue;
		if (first) {
			uint64_t top = arc < 80 ? arc / 40 : 2;

			r = snprintf(out, n, "%u.%u", (unsigned int)top,
				     (unsigned int)(arc - 40 * top));
		} else {
			r = snprintf(out + at, n - at, ".%llu", (unsigned long long)arc);
		}
		at += r > 0 ? (size_t)r : 0;
		first = false;
		arc = 0;
	}
}

void text_hex(struct bytes b, char *out, size_t n)
{
	size_t i;

	out[0] = '\0';
	for (i = 0; i < b.n && 2 * i + 2 < n; i++)
		snprintf(out + 2 * i, n - 2 * i, "%02x", b.p[i]);
}
