// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Certificate of TLS 1.2, RFC 5246 §7.4.2. */
#include "msg/msg.h"

static int bad(struct certificate *c, int code, const char *why)
{
	c->why = why;
	return code;
}

int certificate12_parse(struct bytes body, struct certificate *c)
{
	struct bytes list, cert;

	*c = (struct certificate){ 0 };
	if (!rd_vec24(&body, 0, 0xffffff, &list) || body.n)
		return bad(c, SEALSOCK_ERR_DECODE, "is cut off or has bytes after its end");
	while (list.n) {
		if (!rd_vec24(&list, 1, 0xffffff, &cert))
			return bad(c, SEALSOCK_ERR_DECODE, "has a malformed entry");
		if (c->count == CHAIN_MAX)
			return bad(c, SEALSOCK_ERR_CERT_BAD, "has too many certificates");
		c->certs[c->count++] = cert;
	}
	return 0;
}

void certificate12_build(struct bytes chain, struct builder *w)
{
	size_t mark = msg_open(w, MSG_CERTIFICATE), list = wr_open(w, 3);

	if (chain.n)
		wr_bytes(w, chain.p, chain.n);
	wr_close(w, list, 3);
	msg_close(w, mark);
}
