// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* pre_shared_key, RFC 8446 §4.2.11: read strictly, none is ever accepted. */
#include "ext/ext.h"

enum { BINDER_MIN = 32, BINDER_MAX = 255, IDENTITIES_MIN = 7, BINDERS_MIN = 33 };

int pre_shared_key_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	struct bytes ids, binders, one;
	unsigned int n_ids = 0, n_binders = 0;
	uint32_t age;

	(void)where;
	if (!rd_vec16(r, IDENTITIES_MIN, 0xffff, &ids) ||
	    !rd_vec16(r, BINDERS_MIN, 0xffff, &binders))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "lacks identities or binders");
	for (; ids.n; n_ids++)
		if (!rd_vec16(&ids, 1, 0xffff, &one) || !rd_u32(&ids, &age))
			return ext_bad(set, SEALSOCK_ERR_DECODE, "has a cut-off identity");
	for (; binders.n; n_binders++)
		if (!rd_vec8(&binders, BINDER_MIN, BINDER_MAX, &one))
			return ext_bad(set, SEALSOCK_ERR_DECODE, "has a cut-off binder");
	if (n_ids != n_binders)
		return ext_bad(set, SEALSOCK_ERR_ILLEGAL, "has not one binder per identity");
	return 0;
}
