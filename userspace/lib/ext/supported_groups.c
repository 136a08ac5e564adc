// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* supported_groups, RFC 8446 §4.2.7; a server may tell its own in EncryptedExtensions. */
#include "ext/ext.h"

void supported_groups_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	(void)where;
	wr_vec16(w, set->groups);
}

int supported_groups_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	(void)where;
	if (!rd_vec16(r, 2, 0xfffe, &set->groups) || set->groups.n % 2)
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a list of groups");
	return 0;
}
