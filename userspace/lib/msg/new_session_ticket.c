// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* NewSessionTicket, RFC 8446 §4.6.1. */
#include "msg/msg.h"

void new_session_ticket_build(const struct new_session_ticket *t, struct builder *w)
{
	size_t mark = msg_open(w, MSG_NEW_SESSION_TICKET);

	wr_u32(w, t->lifetime);
	wr_u32(w, t->age_add);
	wr_vec8(w, t->nonce);
	wr_vec16(w, t->ticket);
	ext_build(&t->ext, EXT_IN_NST, w);
	msg_close(w, mark);
}

int new_session_ticket_parse(struct bytes body, struct new_session_ticket *t)
{
	struct bytes block;
	int err;

	*t = (struct new_session_ticket){ 0 };
	if (!rd_u32(&body, &t->lifetime) || !rd_u32(&body, &t->age_add) ||
	    !rd_vec8(&body, 0, 255, &t->nonce) || !rd_vec16(&body, 1, 0xffff, &t->ticket) ||
	    !rd_vec16(&body, 0, 0xfffe, &block) || body.n) {
		t->why = "is cut off or has bytes after its end";
		return SEALSOCK_ERR_DECODE;
	}
	err = ext_parse(&t->ext, EXT_IN_NST, block, 0);
	if (err)
		t->why = t->ext.why;
	return err;
}
