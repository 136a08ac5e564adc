// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ECHConfigList, RFC 9849 §4. */
#include "ext/ech.h"

enum { LABEL_MAX = 63, MANDATORY = 0x8000 };

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

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_label(struct bytes l)
{
	size_t i;

	if (!l.n || l.n > LABEL_MAX || l.p[0] == '-' || l.p[l.n - 1] == '-')
		return false;
	for (i = 0; i < l.n; i++)
		if (!is_digit(l.p[i]) && l.p[i] != '-' &&
		    ((l.p[i] | 0x20) < 'a' || (l.p[i] | 0x20) > 'z'))
			return false;
	return true;
}

/* All digits, or 0x and hexadecimal ones: an IPv4 address could end so. */
static bool is_number(struct bytes l)
{
	bool hex = l.n >= 2 && l.p[0] == '0' && (l.p[1] | 0x20) == 'x';
	size_t i;

	for (i = hex ? 2 : 0; i < l.n; i++)
		if (hex ? !is_hex(l.p[i]) : !is_digit(l.p[i]))
			return false;
	return true;
}

bool ech_public_name_good(struct bytes name)
{
	struct bytes label;
	const uint8_t *dot;

	do {
		dot = memchr(name.p, '.', name.n);
		rd_bytes(&name, dot ? (size_t)(dot - name.p) : name.n, &label);
		if (!is_label(label) || (dot && name.n == 1))
			return false;
		if (dot)
			rd_bytes(&name, 1, &(struct bytes){ 0 });
	} while (dot);
	return !is_number(label);
}
