// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* padding, RFC 7685: zeros, so that a ClientHello avoids lengths at which old servers hang. */
#include "ext/ext.h"

void padding_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	size_t i;

	(void)where;
	for (i = 0; i < set->padding; i++)
		wr_u8(w, 0);
}

/* §3: the content must be zeros, but need not be looked at. */
int padding_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	(void)where;
	set->padding = r->n;
	*r = bytes_of(NULL, 0);
	return 0;
}
