// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* CertificateRequest, RFC 8446 §4.3.2. */
#include "msg/msg.h"

void certificate_request_build(const struct certificate_request *cr, struct builder *w)
{
	size_t mark = msg_open(w, MSG_CERTIFICATE_REQUEST);

	wr_vec8(w, cr->context);
	ext_build(&cr->ext, EXT_IN_CR, w);
	msg_close(w, mark);
}

int certificate_request_parse(struct bytes body, struct certificate_request *cr)
{
	struct bytes block;
	int err;

	*cr = (struct certificate_request){ 0 };
	if (!rd_vec8(&body, 0, 255, &cr->context) || !rd_vec16(&body, 2, 0xffff, &block) ||
	    body.n) {
		cr->why = "is cut off or has bytes after its end";
		return SEALSOCK_ERR_DECODE;
	}
	err = ext_parse(&cr->ext, EXT_IN_CR, block, 0);
	if (err) {
		cr->why = cr->ext.why;
		return err;
	}
	if (!(cr->ext.present & EXT_BIT(EXT_SIGNATURE_ALGORITHMS))) {
		cr->why = "lacks signature_algorithms";
		return SEALSOCK_ERR_MISSING_EXT;
	}
	return 0;
}
