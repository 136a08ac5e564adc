// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* session_ticket, RFC 5077 §3.2: the ticket itself, or empty to ask for one or to promise one. */
#include "ext/ext.h"

void session_ticket_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	if (where == EXT_IN_CH && set->ticket.n)
		wr_bytes(w, set->ticket.p, set->ticket.n);
}

int session_ticket_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	if (where != EXT_IN_CH)
		return 0;	/* must be empty: the caller checks */
	rd_bytes(r, r->n, &set->ticket);
	return 0;
}
