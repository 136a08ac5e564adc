// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ECHConfigList, RFC 9849 §4. */
#include "ext/ech.h"

enum { MANDATORY = 0x8000 };

bool ech_list_open(struct bytes text, struct bytes *list)
{
	return rd_vec16(&text, 4, 0xffff, list) && !text.n;
}

/* §4.2: none is known, so all that matters is which must be. False: malformed. */
static bool read_extensions(struct bytes block, bool *ignore)
{
	struct seen16 seen;
	struct bytes body;
	uint16_t type;

	seen.n = 0;
	while (block.n) {
		if (!rd_u16(&block, &type) || !rd_vec16(&block, 0, 0xffff, &body))
			return false;
		if (type & MANDATORY || seen16_add(&seen, type))
			*ignore = true;
	}
	return true;
}

static bool read_contents(struct bytes r, struct ech_config *c)
{
	struct bytes extensions;

	return rd_u8(&r, &c->id) && rd_u16(&r, &c->kem) && rd_vec16(&r, 1, 0xffff, &c->key) &&
	       rd_vec16(&r, ECH_SUITE, 0xfffc, &c->suites) && c->suites.n % ECH_SUITE == 0 &&
	       rd_u8(&r, &c->max_name) && rd_vec8(&r, 1, 255, &c->public_name) &&
	       rd_vec16(&r, 0, 0xffff, &extensions) && !r.n &&
	       read_extensions(extensions, &c->ignore);
}

bool ech_config_next(struct bytes *list, struct ech_config *out)
{
	const uint8_t *from = list->p;
	struct bytes contents;

	*out = (struct ech_config){ 0 };
	if (!rd_u16(list, &out->version) || !rd_vec16(list, 0, 0xffff, &contents))
		return false;
	out->whole = bytes_of(from, (size_t)(list->p - from));
	return out->version != ECH_VERSION || read_contents(contents, out);
}

bool ech_list_good(struct bytes text)
{
	struct ech_config c;
	struct bytes list;

	if (!ech_list_open(text, &list))
		return false;
	while (list.n)
		if (!ech_config_next(&list, &c))
			return false;
	return true;
}
