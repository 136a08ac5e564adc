// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* CertificateRequest of TLS 1.2, RFC 5246 §7.4.4. */
#include "msg/msg.h"

void certificate_request12_build(const struct certificate_request12 *cr, struct builder *w)
{
	size_t mark = msg_open(w, MSG_CERTIFICATE_REQUEST);

	wr_vec8(w, cr->types);
	wr_vec16(w, cr->sigalgs);
	wr_vec16(w, cr->names);
	msg_close(w, mark);
}

int certificate_request12_parse(struct bytes body, struct certificate_request12 *cr)
{
	struct bytes names, name;

	*cr = (struct certificate_request12){ 0 };
	if (!rd_vec8(&body, 1, 255, &cr->types) || !rd_vec16(&body, 2, 0xfffe, &cr->sigalgs) ||
	    cr->sigalgs.n % 2 || !rd_vec16(&body, 0, 0xffff, &cr->names) || body.n) {
		cr->why = "is cut off or has bytes after its end";
		return SEALSOCK_ERR_DECODE;
	}
	for (names = cr->names; names.n;) {
		if (!rd_vec16(&names, 1, 0xffff, &name)) {
			cr->why = "has a malformed list of names";
			return SEALSOCK_ERR_DECODE;
		}
	}
	return 0;
}
