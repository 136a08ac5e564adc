// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* server_name, RFC 6066 §3: the host name in the clear, answered by an empty extension. */
#include "ext/ext.h"

enum { NAME_TYPE_HOST = 0, HOST_MAX = 255 };

void server_name_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	size_t list;

	if (where != EXT_IN_CH)
		return;
	list = wr_open(w, 2);
	wr_u8(w, NAME_TYPE_HOST);
	wr_vec16(w, set->host_name);
	wr_close(w, list, 2);
}

int server_name_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	struct bytes list;
	uint8_t type;

	if (where != EXT_IN_CH)
		return 0;	/* must be empty: the caller checks */
	/* No name type but host_name was ever defined, so one entry is all there can be. */
	if (!rd_vec16(r, 1, 0xffff, &list) || !rd_u8(&list, &type) || type != NAME_TYPE_HOST ||
	    !rd_vec16(&list, 1, HOST_MAX, &set->host_name))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a list of one host name");
	if (list.n)
		return ext_bad(set, SEALSOCK_ERR_ILLEGAL, "names more than one host");
	if (memchr(set->host_name.p, 0, set->host_name.n))
		return ext_bad(set, SEALSOCK_ERR_ILLEGAL, "has a host name with a zero byte");
	return 0;
}
