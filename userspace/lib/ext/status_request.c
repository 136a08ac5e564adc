// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* status_request, RFC 6066 §8 and RFC 8446 §4.4.2.1: asks for an OCSP response, or is one. */
#include "ext/ext.h"

enum { STATUS_OCSP = 1 };

void status_request_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	size_t body;

	if (where == EXT_IN_SH12)
		return;		/* the response has a message of its own */
	wr_u8(w, STATUS_OCSP);
	if (where != EXT_IN_CT) {
		wr_u16(w, 0);	/* any responder */
		wr_u16(w, 0);	/* no extensions */
		return;
	}
	body = wr_open(w, 3);
	wr_bytes(w, set->ocsp.p, set->ocsp.n);
	wr_close(w, body, 3);
}

int status_request_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	struct bytes ids, extensions;
	uint8_t type;

	if (where == EXT_IN_CR && !r->n)
		return 0;	/* RFC 8446 §4.4.2.1: a server's wish is empty */
	if (where == EXT_IN_SH12)
		return 0;	/* must be empty: the caller checks */
	if (!rd_u8(r, &type))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "lacks its type");
	if (where == EXT_IN_CT) {
		if (type != STATUS_OCSP || !rd_vec24(r, 1, 0xffffff, &set->ocsp))
			return ext_bad(set, SEALSOCK_ERR_DECODE, "is no OCSP response");
		return 0;
	}
	if (type != STATUS_OCSP) {	/* of a kind that nobody defined: as if it were not there */
		set->present &= ~EXT_BIT(EXT_STATUS_REQUEST);
		*r = bytes_of(NULL, 0);
		return 0;
	}
	if (!rd_vec16(r, 0, 0xffff, &ids) || !rd_vec16(r, 0, 0xffff, &extensions))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is cut off");
	return 0;
}
