// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* psk_key_exchange_modes, RFC 8446 §4.2.9. */
#include "ext/ext.h"

void psk_modes_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	(void)where;
	wr_vec8(w, set->psk_modes);
}

int psk_modes_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	(void)where;
	if (!rd_vec8(r, 1, 255, &set->psk_modes))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a list of modes");
	return 0;
}
