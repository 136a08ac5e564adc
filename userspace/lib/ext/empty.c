// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Extensions without content: extended_master_secret (RFC 7627), encrypt_then_mac (RFC 7366),
 * post_handshake_auth (RFC 8446 §4.2.6).
 */
#include "ext/ext.h"

void empty_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	(void)set;
	(void)where;
	(void)w;
}

int empty_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	(void)set;
	(void)where;
	(void)r;
	return 0;	/* must be empty: the caller checks */
}
