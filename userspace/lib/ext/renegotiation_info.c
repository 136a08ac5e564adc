// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* renegotiation_info, RFC 5746 §3.2: empty in a first handshake, and there is no other here. */
#include "ext/ext.h"

void renegotiation_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	(void)where;
	wr_vec8(w, set->renegotiated);
}

int renegotiation_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	(void)where;
	if (!rd_vec8(r, 0, 255, &set->renegotiated))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is cut off");
	return 0;
}
