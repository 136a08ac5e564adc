// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Finished, RFC 8446 §4.4.4. */
#include "msg/msg.h"

void finished_build(struct bytes verify_data, struct builder *w)
{
	size_t mark = msg_open(w, MSG_FINISHED);

	wr_bytes(w, verify_data.p, verify_data.n);
	msg_close(w, mark);
}

int finished_parse(struct bytes body, size_t len, struct bytes *verify_data, const char **why)
{
	if (body.n != len) {
		*why = "is not as long as it must be";
		return SEALSOCK_ERR_DECODE;
	}
	*verify_data = body;
	return 0;
}
