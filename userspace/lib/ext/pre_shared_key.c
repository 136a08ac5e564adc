// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* pre_shared_key, RFC 8446 §4.2.11: identities with their binders, and the one chosen. */
#include "ext/ext.h"

enum { BINDER_MIN = 32, BINDER_MAX = 255, IDENTITIES_MIN = 7, BINDERS_MIN = 33 };

bool psk_identity_next(struct bytes *ids, struct bytes *identity, uint32_t *age)
{
	return rd_vec16(ids, 1, 0xffff, identity) && rd_u32(ids, age);
}

bool psk_binder_next(struct bytes *binders, struct bytes *binder)
{
	return rd_vec8(binders, BINDER_MIN, BINDER_MAX, binder);
}

void pre_shared_key_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	if (where == EXT_IN_SH) {
		wr_u16(w, set->psk_chosen);
		return;
	}
	wr_vec16(w, set->psk_ids);
	wr_vec16(w, set->psk_binders);
}

int pre_shared_key_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	struct bytes ids, binders, one;
	unsigned int n_ids = 0, n_binders = 0;
	uint32_t age;

	if (where == EXT_IN_SH)
		return rd_u16(r, &set->psk_chosen) ? 0 :
		       ext_bad(set, SEALSOCK_ERR_DECODE, "is not a number");
	if (!rd_vec16(r, IDENTITIES_MIN, 0xffff, &ids) ||
	    !rd_vec16(r, BINDERS_MIN, 0xffff, &binders))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "lacks identities or binders");
	set->psk_ids = ids;
	set->psk_binders = binders;
	for (; ids.n; n_ids++)
		if (!psk_identity_next(&ids, &one, &age))
			return ext_bad(set, SEALSOCK_ERR_DECODE, "has a cut-off identity");
	for (; binders.n; n_binders++)
		if (!psk_binder_next(&binders, &one))
			return ext_bad(set, SEALSOCK_ERR_DECODE, "has a cut-off binder");
	if (n_ids != n_binders)
		return ext_bad(set, SEALSOCK_ERR_ILLEGAL, "has not one binder per identity");
	return 0;
}
