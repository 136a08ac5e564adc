// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ClientKeyExchange, RFC 5246 §7.4.7; for ECDHE: RFC 8422 §5.7. */
#include "msg/msg.h"

void client_key_exchange_build(enum suite_kx kx, struct bytes exchange, struct builder *w)
{
	size_t mark = msg_open(w, MSG_CLIENT_KEY_EXCHANGE);

	if (kx == KX_ECDHE)
		wr_vec8(w, exchange);
	else
		wr_vec16(w, exchange);
	msg_close(w, mark);
}

int client_key_exchange_parse(struct bytes body, enum suite_kx kx, struct bytes *exchange,
			      const char **why)
{
	bool good;

	switch (kx) {
	case KX_ECDHE:
		good = rd_vec8(&body, 1, 255, exchange);
		break;
	case KX_DHE:
		good = rd_vec16(&body, 1, 0xffff, exchange);
		break;
	default:	/* one that is empty is as wrong as any other, and treated alike */
		good = rd_vec16(&body, 0, 0xffff, exchange);
	}
	if (good && !body.n)
		return 0;
	*why = kx == KX_RSA ? "is not one encrypted secret" : "is not one public value";
	return SEALSOCK_ERR_DECODE;
}
