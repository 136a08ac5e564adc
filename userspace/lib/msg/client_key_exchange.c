// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ClientKeyExchange, RFC 5246 §7.4.7, for ECDHE: RFC 8422 §5.7. */
#include "msg/msg.h"

void client_key_exchange_build(struct bytes share, struct builder *w)
{
	size_t mark = msg_open(w, MSG_CLIENT_KEY_EXCHANGE);

	wr_vec8(w, share);
	msg_close(w, mark);
}

int client_key_exchange_parse(struct bytes body, struct bytes *share, const char **why)
{
	if (!rd_vec8(&body, 1, 255, share) || body.n) {
		*why = "is not one public value";
		return SEALSOCK_ERR_DECODE;
	}
	return 0;
}
