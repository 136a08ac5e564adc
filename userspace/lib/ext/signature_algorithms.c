// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* signature_algorithms and signature_algorithms_cert, RFC 8446 §4.2.3: the same structure. */
#include "ext/ext.h"

void sigalgs_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	(void)where;
	wr_vec16(w, set->sigalgs);
}

static int parse(struct ext_set *set, struct bytes *r, struct bytes *out)
{
	if (!rd_vec16(r, 2, 0xfffe, out) || out->n % 2)
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a list of signature schemes");
	return 0;
}

int sigalgs_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	(void)where;
	return parse(set, r, &set->sigalgs);
}

int sigalgs_cert_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	(void)where;
	return parse(set, r, &set->sigalgs_cert);
}
