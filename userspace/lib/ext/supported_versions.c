// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* supported_versions, RFC 8446 §4.2.1: versions offered, one chosen. */
#include "ext/ext.h"

void supported_versions_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	if (where == EXT_IN_CH)
		wr_vec8(w, set->versions);
	else
		wr_u16(w, set->version);
}

int supported_versions_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	if (where == EXT_IN_CH) {
		if (!rd_vec8(r, 2, 254, &set->versions) || set->versions.n % 2)
			return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a list of versions");
		return 0;
	}
	if (!rd_u16(r, &set->version))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a version");
	return 0;
}
