// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* HelloRequest and ServerHelloDone, RFC 5246 §7.4.1.1 and §7.4.5. */
#include "msg/msg.h"

void empty_message_build(enum msg_type type, struct builder *w)
{
	msg_close(w, msg_open(w, type));
}

int empty_message_parse(struct bytes body, const char **why)
{
	if (body.n == 0)
		return 0;
	*why = "is not empty";
	return SEALSOCK_ERR_DECODE;
}
