// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Certificate, RFC 8446 §4.4.2. */
#include "msg/msg.h"

static int bad(struct certificate *c, int code, const char *why)
{
	c->why = why;
	return code;
}

void certificate_build(const struct certificate *c, struct builder *w)
{
	size_t mark = msg_open(w, MSG_CERTIFICATE), list, cert, i;
	static const struct ext_set none;

	wr_vec8(w, c->context);
	list = wr_open(w, 3);
	for (i = 0; i < c->count; i++) {
		cert = wr_open(w, 3);
		wr_bytes(w, c->certs[i].p, c->certs[i].n);
		wr_close(w, cert, 3);
		/* What extensions there are belong to the first certificate. */
		ext_build(i ? &none : &c->ext, EXT_IN_CT, w);
	}
	wr_close(w, list, 3);
	msg_close(w, mark);
}

int certificate_parse(struct bytes body, struct certificate *c, uint32_t offered)
{
	struct bytes list, cert, block;
	int err;

	*c = (struct certificate){ 0 };
	if (!rd_vec8(&body, 0, 255, &c->context) || !rd_vec24(&body, 0, 0xffffff, &list) ||
	    body.n)
		return bad(c, SEALSOCK_ERR_DECODE, "is cut off or has bytes after its end");
	while (list.n) {
		if (!rd_vec24(&list, 1, 0xffffff, &cert) || !rd_vec16(&list, 0, 0xffff, &block))
			return bad(c, SEALSOCK_ERR_DECODE, "has a malformed entry");
		if (c->count == CHAIN_MAX)
			return bad(c, SEALSOCK_ERR_CERT_BAD, "has too many certificates");
		/* Each entry has a block of its own, judged on its own. */
		c->ext = (struct ext_set){ 0 };
		err = ext_parse(&c->ext, EXT_IN_CT, block, offered);
		if (err)
			return bad(c, err, c->ext.why);
		if (c->count == 0)
			c->ocsp = c->ext.ocsp;
		c->certs[c->count++] = cert;
	}
	return 0;
}
