// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* certificate_authorities, RFC 8446 §4.2.4: names of those whom the sender trusts. */
#include "ext/ext.h"

void authorities_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	(void)where;
	wr_vec16(w, set->authorities);
}

int authorities_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	struct bytes list, name;

	(void)where;
	if (!rd_vec16(r, 3, 0xffff, &list))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a list of names");
	set->authorities = list;
	while (list.n)
		if (!rd_vec16(&list, 1, 0xffff, &name))
			return ext_bad(set, SEALSOCK_ERR_DECODE, "has an empty or cut-off name");
	return 0;
}
