// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* cookie, RFC 8446 §4.2.2: sent in a HelloRetryRequest, returned as it is. */
#include "ext/ext.h"

void cookie_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	(void)where;
	wr_vec16(w, set->cookie);
}

int cookie_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	(void)where;
	if (!rd_vec16(r, 1, 0xffff, &set->cookie))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is empty or cut off");
	return 0;
}
