// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/der.h"
#include "x509/dn.h"
#include "x509/gn.h"

/* IA5String: ASCII. */
static bool is_ascii(struct bytes s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] & 0x80)
			return false;
	return true;
}

static bool is_other_name(struct bytes c)
{
	struct bytes oid, value;
	struct der any;

	return der_take(&c, DER_OID, &oid) && der_is_oid(oid) && der_take(&c, 0xa0, &value) &&
	       !c.n && der_any(&value, &any) && !value.n;
}

static bool is_address(struct bytes c, bool constraint)
{
	size_t unit = constraint ? 8 : 4;

	return c.n == unit || c.n == 4 * unit;
}

bool gn_next(struct bytes *list, bool constraint, struct gn *out)
{
	struct bytes left = *list, name;
	struct der e;
	bool ok = false;

	if (!der_any(&left, &e) || (e.tag & 0xdf) < DER_CONTEXT)
		return false;
	out->kind = (enum gn_kind)(e.tag & 0x1f);
	out->value = e.content;
	switch (e.tag) {
	case 0xa0 | GN_OTHER:
		ok = is_other_name(e.content);
		break;
	case DER_CONTEXT | GN_EMAIL:
	case DER_CONTEXT | GN_DNS:
	case DER_CONTEXT | GN_URI:
		ok = is_ascii(e.content);
		break;
	case 0xa0 | GN_DIRECTORY:	/* explicit, as Name is a choice */
		name = e.content;
		ok = der_take_whole(&name, DER_SEQUENCE, &out->value) && !name.n &&
		     dn_is_valid(out->value);
		break;
	case DER_CONTEXT | GN_IP:
		ok = is_address(e.content, constraint);
		break;
	case DER_CONTEXT | GN_ID:
		ok = der_is_oid(e.content);
		break;
	case 0xa0 | GN_X400:
	case 0xa0 | GN_EDI:
		ok = true;
		break;
	default:
		break;
	}
	if (ok)
		*list = left;
	return ok;
}

bool gn_is_list(struct bytes list)
{
	struct gn name;

	if (!list.n)
		return false;
	while (list.n)
		if (!gn_next(&list, false, &name))
			return false;
	return true;
}

bool gn_equal(const struct gn *a, const struct gn *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == GN_DIRECTORY ? dn_equal(a->value, b->value) :
					 bytes_equal(a->value, b->value);
}
