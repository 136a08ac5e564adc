// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/crl_point.h"
#include "x509/der.h"
#include "x509/dn.h"
#include "x509/gn.h"

bool crl_point_name(struct bytes field, struct crl_point *out)
{
	return der_maybe(&field, 0xa0, &out->full) && der_maybe(&field, 0xa1, &out->relative) &&
	       !field.n && !out->full.p == !!out->relative.p;
}

bool crl_point_next(struct bytes *list, struct crl_point *out)
{
	struct bytes seq, name, reasons;

	*out = (struct crl_point){ .reasons = REASONS_ALL };
	if (!der_take(list, DER_SEQUENCE, &seq) || !der_maybe(&seq, 0xa0, &name) ||
	    !der_maybe(&seq, 0x81, &reasons) || !der_maybe(&seq, 0xa2, &out->crl_issuer) || seq.n)
		return false;
	if (reasons.p && !der_named_bits(reasons, &out->reasons))
		return false;
	return !name.p || crl_point_name(name, out);
}

/* One of the names in @full is @issuer with the attributes @relative below it. */
static bool has_relative(struct bytes full, struct bytes relative, struct bytes issuer)
{
	struct gn name;

	while (gn_next(&full, false, &name))
		if (name.kind == GN_DIRECTORY && dn_is_below(name.value, issuer, relative))
			return true;
	return false;
}

bool crl_point_same(const struct crl_point *a, const struct crl_point *b, struct bytes issuer)
{
	struct bytes left = a->full, right;
	struct gn one, other;

	if (a->relative.p && b->relative.p)
		return dn_same_set(a->relative, b->relative);
	if (a->relative.p)
		return has_relative(b->full, a->relative, issuer);
	if (b->relative.p)
		return has_relative(a->full, b->relative, issuer);
	while (gn_next(&left, false, &one))
		for (right = b->full; gn_next(&right, false, &other);)
			if (gn_equal(&one, &other))
				return true;
	return false;
}
