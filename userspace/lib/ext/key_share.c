// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* key_share, RFC 8446 §4.2.8: the client's shares, the group asked for, the server's share. */
#include "ext/ext.h"

bool key_share_next(struct bytes *shares, uint16_t *group, struct bytes *key)
{
	return rd_u16(shares, group) && rd_vec16(shares, 1, 0xffff, key);
}

void key_share_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	if (where == EXT_IN_CH) {
		wr_vec16(w, set->shares);
		return;
	}
	wr_u16(w, set->share_group);
	if (where == EXT_IN_SH)
		wr_vec16(w, set->share);
}

static int parse_list(struct ext_set *set, struct bytes *r)
{
	struct seen16 seen;
	struct bytes list, key;
	uint16_t group;

	if (!rd_vec16(r, 0, 0xffff, &list))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a list of key shares");
	set->shares = list;
	seen.n = 0;
	while (list.n) {
		if (!key_share_next(&list, &group, &key))
			return ext_bad(set, SEALSOCK_ERR_DECODE, "has an empty or cut-off share");
		if (seen16_add(&seen, group))
			return ext_bad(set, SEALSOCK_ERR_ILLEGAL, "has two shares of one group");
	}
	return 0;
}

int key_share_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	bool ok;

	if (where == EXT_IN_CH)
		return parse_list(set, r);
	ok = where == EXT_IN_HRR ? rd_u16(r, &set->share_group) :
				   key_share_next(r, &set->share_group, &set->share);
	return ok ? 0 : ext_bad(set, SEALSOCK_ERR_DECODE, "is cut off");
}
