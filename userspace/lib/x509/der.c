// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/der.h"

enum { LENGTH_BYTES_MAX = 4 };	/* revocation lists take more than three */

static bool length(struct bytes *r, size_t *n)
{
	uint8_t first, b;
	unsigned int i;

	if (!rd_u8(r, &first))
		return false;
	*n = first;
	if (first < 0x80)
		return true;
	first &= 0x7f;
	if (first == 0 || first > LENGTH_BYTES_MAX)	/* indefinite, or beyond anything */
		return false;
	*n = 0;
	for (i = 0; i < first; i++) {
		if (!rd_u8(r, &b))
			return false;
		*n = *n << 8 | b;
	}
	/* The fewest bytes that hold it. */
	return *n >= 0x80 && *n >> (8 * (first - 1)) != 0;
}

bool der_any(struct bytes *r, struct der *out)
{
	struct bytes left = *r;
	size_t n;

	if (!rd_u8(&left, &out->tag) || (out->tag & 0x1f) == 0x1f || !length(&left, &n) ||
	    !rd_bytes(&left, n, &out->content))
		return false;
	out->whole = bytes_of(r->p, r->n - left.n);
	*r = left;
	return true;
}

bool der_take(struct bytes *r, uint8_t tag, struct bytes *content)
{
	struct bytes left = *r;
	struct der e;

	if (!der_any(&left, &e) || e.tag != tag)
		return false;
	*r = left;
	*content = e.content;	/* may be @r itself: then inside of it */
	return true;
}

bool der_take_whole(struct bytes *r, uint8_t tag, struct bytes *whole)
{
	struct bytes left = *r;
	struct der e;

	if (!der_any(&left, &e) || e.tag != tag)
		return false;
	*r = left;
	*whole = e.whole;
	return true;
}

bool der_next(struct bytes r, uint8_t tag)
{
	return r.n && r.p[0] == tag;
}

bool der_maybe(struct bytes *r, uint8_t tag, struct bytes *content)
{
	*content = bytes_of(NULL, 0);
	return !der_next(*r, tag) || der_take(r, tag, content);
}

bool der_is_integer(struct bytes c)
{
	if (c.n == 0)
		return false;
	return c.n == 1 || !((c.p[0] == 0 && !(c.p[1] & 0x80)) ||
			     (c.p[0] == 0xff && c.p[1] & 0x80));
}

bool der_u32(struct bytes c, uint32_t *v)
{
	if (!der_is_integer(c) || c.p[0] & 0x80 || c.n > 5 || (c.n == 5 && c.p[0]))
		return false;
	for (*v = 0; c.n; c.p++, c.n--)
		*v = *v << 8 | c.p[0];
	return true;
}

bool der_bool(struct bytes c, bool *v)
{
	if (c.n != 1 || (c.p[0] != 0 && c.p[0] != 0xff))
		return false;
	*v = c.p[0];
	return true;
}

bool der_is_oid(struct bytes c)
{
	size_t i;

	/* The last byte ends an arc, and no arc begins with a byte that adds nothing. */
	if (c.n == 0 || c.p[c.n - 1] & 0x80)
		return false;
	for (i = 0; i < c.n; i++)
		if (c.p[i] == 0x80 && (i == 0 || !(c.p[i - 1] & 0x80)))
			return false;
	return true;
}

bool der_octets(struct bytes c, struct bytes *octets)
{
	if (c.n == 0 || c.p[0] != 0)
		return false;
	*octets = bytes_of(c.p + 1, c.n - 1);
	return true;
}

bool der_named_bits(struct bytes c, uint16_t *bits)
{
	unsigned int i;

	*bits = 0;
	if (c.n == 0 || c.p[0] > 7 || (c.n == 1 && c.p[0]))
		return false;
	/* Trailing zeros have no place in DER either, but roots of public CAs have them. */
	if (c.n > 1 && c.p[c.n - 1] & ((1u << c.p[0]) - 1))
		return false;
	for (i = 0; i < 16 && i / 8 + 1 < c.n; i++)
		if (c.p[1 + i / 8] & 0x80 >> i % 8)
			*bits |= (uint16_t)(1u << i);
	return true;
}

static bool digits(const uint8_t *p, unsigned int n, unsigned int *v)
{
	for (*v = 0; n; p++, n--) {
		if (*p < '0' || *p > '9')
			return false;
		*v = *v * 10 + *p - '0';
	}
	return true;
}

static bool is_leap(unsigned int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to the first of January of @year, which may be earlier. */
static int64_t days_to(unsigned int year)
{
	int64_t y = (int64_t)year - 1;

	return 365 * ((int64_t)year - 1970) + (y / 4 - y / 100 + y / 400) - 477;
}

bool der_time(uint8_t tag, struct bytes c, int64_t *v)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned int year_digits = tag == DER_UTC_TIME ? 2 : 4, year, f[5], i, in_month;
	int64_t day;

	if ((tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME) ||
	    c.n != year_digits + 11 || c.p[c.n - 1] != 'Z' || !digits(c.p, year_digits, &year))
		return false;
	for (i = 0; i < 5; i++)
		if (!digits(c.p + year_digits + 2 * i, 2, &f[i]))
			return false;
	if (tag == DER_UTC_TIME)
		year += year < 50 ? 2000 : 1900;
	if (year == 0 || f[0] < 1 || f[0] > 12 || f[2] > 23 || f[3] > 59 || f[4] > 59)
		return false;
	in_month = days[f[0] - 1] + (f[0] == 2 && is_leap(year));
	if (f[1] < 1 || f[1] > in_month)
		return false;
	day = days_to(year) + f[1] - 1;
	for (i = 0; i + 1 < f[0]; i++)
		day += days[i] + (i == 1 && is_leap(year));
	*v = ((day * 24 + f[2]) * 60 + f[3]) * 60 + f[4];
	return true;
}

bool der_take_time(struct bytes *r, uint8_t *tag, int64_t *v)
{
	struct bytes left = *r;
	struct der e;

	if (!der_any(&left, &e) || !der_time(e.tag, e.content, v))
		return false;
	*tag = e.tag;
	*r = left;
	return true;
}
