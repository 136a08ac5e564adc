// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* NewSessionTicket of TLS 1.2, RFC 5077 §3.3. */
#include "msg/msg.h"

void new_session_ticket12_build(const struct new_session_ticket12 *t, struct builder *w)
{
	size_t mark = msg_open(w, MSG_NEW_SESSION_TICKET), ticket;

	wr_u16(w, (uint16_t)(t->lifetime >> 16));
	wr_u16(w, (uint16_t)t->lifetime);
	ticket = wr_open(w, 2);
	if (t->ticket.n)
		wr_bytes(w, t->ticket.p, t->ticket.n);
	wr_close(w, ticket, 2);
	msg_close(w, mark);
}

int new_session_ticket12_parse(struct bytes body, struct new_session_ticket12 *t)
{
	*t = (struct new_session_ticket12){ 0 };
	if (!rd_u32(&body, &t->lifetime) || !rd_vec16(&body, 0, 0xffff, &t->ticket) || body.n) {
		t->why = "is cut off or has bytes after its end";
		return SEALSOCK_ERR_DECODE;
	}
	return 0;
}
