// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* application_layer_protocol_negotiation, RFC 7301: names offered, exactly one chosen. */
#include "ext/ext.h"

bool alpn_next(struct bytes *names, struct bytes *name)
{
	return rd_vec8(names, 1, 255, name);
}

void alpn_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	(void)where;
	wr_vec16(w, set->alpn);
}

int alpn_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	struct bytes list, name;
	unsigned int count = 0;

	if (!rd_vec16(r, 2, 0xffff, &list))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a list of protocol names");
	set->alpn = list;
	while (list.n) {
		if (!alpn_next(&list, &name))
			return ext_bad(set, SEALSOCK_ERR_DECODE, "has an empty or cut-off name");
		count++;
	}
	if (where != EXT_IN_CH && count != 1)
		return ext_bad(set, SEALSOCK_ERR_DECODE, "does not choose exactly one protocol");
	return 0;
}
