// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* CertificateStatus of TLS 1.2, RFC 6066 §8. */
#include "msg/msg.h"

enum { STATUS_OCSP = 1 };

void certificate_status_build(struct bytes ocsp, struct builder *w)
{
	size_t mark = msg_open(w, MSG_CERTIFICATE_STATUS), response;

	wr_u8(w, STATUS_OCSP);
	response = wr_open(w, 3);
	wr_bytes(w, ocsp.p, ocsp.n);
	wr_close(w, response, 3);
	msg_close(w, mark);
}

int certificate_status_parse(struct bytes body, struct bytes *ocsp, const char **why)
{
	uint8_t type;

	if (!rd_u8(&body, &type)) {
		*why = "is empty";
		return SEALSOCK_ERR_DECODE;
	}
	if (type != STATUS_OCSP) {
		*why = "is of a kind that was not asked for";
		return SEALSOCK_ERR_ILLEGAL;
	}
	if (!rd_vec24(&body, 1, 0xffffff, ocsp) || body.n) {
		*why = "is no OCSP response";
		return SEALSOCK_ERR_DECODE;
	}
	return 0;
}
