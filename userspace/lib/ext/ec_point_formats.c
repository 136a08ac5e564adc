// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ec_point_formats, RFC 8422 §5.1.2: there is only uncompressed (0) left. */
#include "ext/ext.h"

void point_formats_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	(void)where;
	wr_vec8(w, set->point_formats);
}

int point_formats_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	if (!rd_vec8(r, 1, 255, &set->point_formats))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a list of point formats");
	/* To a ClientHello that TLS 1.3 answers they do not matter: see client_hello_check12(). */
	if (where != EXT_IN_CH && !memchr(set->point_formats.p, 0, set->point_formats.n))
		return ext_bad(set, SEALSOCK_ERR_ILLEGAL, "lacks the uncompressed format");
	return 0;
}
