// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* early_data, RFC 8446 §4.2.10: empty in a hello, a size in a ticket. Never accepted. */
#include "ext/ext.h"

int early_data_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	uint32_t max;

	if (where == EXT_IN_NST && !rd_u32(r, &max))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "lacks its size");
	return 0;	/* elsewhere it must be empty: the caller checks */
}
