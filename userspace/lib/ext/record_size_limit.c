// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* record_size_limit, RFC 8449: the longest plaintext that the sender will take. */
#include "ext/ext.h"

enum { LIMIT_MIN = 64 };

void record_size_limit_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	(void)where;
	wr_u16(w, set->record_limit);
}

int record_size_limit_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	(void)where;
	if (!rd_u16(r, &set->record_limit))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a number");
	if (set->record_limit < LIMIT_MIN)
		return ext_bad(set, SEALSOCK_ERR_ILLEGAL, "is less than 64");
	return 0;
}
