// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* KeyUpdate, RFC 8446 §4.6.3. */
#include "msg/msg.h"

void key_update_build(bool request, struct builder *w)
{
	size_t mark = msg_open(w, MSG_KEY_UPDATE);

	wr_u8(w, request);
	msg_close(w, mark);
}

int key_update_parse(struct bytes body, bool *request, const char **why)
{
	uint8_t v;

	if (!rd_u8(&body, &v) || body.n) {
		*why = "is not one byte";
		return SEALSOCK_ERR_DECODE;
	}
	if (v > 1) {
		*why = "asks for neither 0 nor 1";
		return SEALSOCK_ERR_ILLEGAL;
	}
	*request = v;
	return 0;
}
