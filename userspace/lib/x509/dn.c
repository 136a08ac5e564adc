// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdio.h>

#include "x509/der.h"
#include "x509/dn.h"
#include "x509/finding.h"
#include "x509/oid.h"

/* More than any name that makes sense; compared with each other they cost the square. */
enum { RDN_VALUES_MAX = 16, RDNS_SHOWN = 32 };

static bool take_attribute(struct bytes *set, struct bytes *oid, struct der *value)
{
	struct bytes seq;

	return der_take(set, DER_SEQUENCE, &seq) && der_take(&seq, DER_OID, oid) &&
	       der_is_oid(*oid) && der_any(&seq, value) && !seq.n;
}

bool dn_is_valid(struct bytes name)
{
	struct bytes rdns, set, oid;
	unsigned int values;
	struct der value;

	if (!der_take(&name, DER_SEQUENCE, &rdns) || name.n)
		return false;
	while (rdns.n) {
		if (!der_take(&rdns, DER_SET, &set) || !set.n)
			return false;
		for (values = 0; set.n; values++)
			if (values == RDN_VALUES_MAX || !take_attribute(&set, &oid, &value))
				return false;
	}
	return true;
}

bool dn_is_empty(struct bytes name)
{
	struct bytes rdns;

	return !der_take(&name, DER_SEQUENCE, &rdns) || !rdns.n;
}

static bool is_text(uint8_t tag)
{
	return tag == DER_PRINTABLE_STRING || tag == DER_UTF8_STRING || tag == DER_IA5_STRING ||
	       tag == DER_NUMERIC_STRING || tag == DER_VISIBLE_STRING;
}

/* T61String, VideotexString, GraphicString, GeneralString, UniversalString, BMPString. */
static bool is_other_text(void *arg, struct bytes oid, const struct der *value)
{
	static const uint8_t tags[] = { 0x14, 0x15, 0x19, 0x1b, 0x1c, 0x1e };

	(void)arg;
	(void)oid;
	return memchr(tags, value->tag, sizeof(tags));
}

bool dn_has_other_text(struct bytes name)
{
	return dn_any(name, is_other_text, NULL);
}

/* The next character of a text as it is compared, from the front; -1 at its end. */
static int next_char(struct bytes *s)
{
	uint8_t c;

	if (!rd_u8(s, &c))
		return -1;
	if (c == ' ')
		while (s->n && s->p[0] == ' ')
			rd_u8(s, &c);
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static struct bytes trimmed(struct bytes s)
{
	while (s.n && s.p[0] == ' ') {
		s.p++;
		s.n--;
	}
	while (s.n && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

static bool same_text(struct bytes a, struct bytes b)
{
	int c;

	a = trimmed(a);
	b = trimmed(b);
	do {
		c = next_char(&a);
		if (c != next_char(&b))
			return false;
	} while (c >= 0);
	return true;
}

static bool same_value(const struct der *a, const struct der *b)
{
	if (is_text(a->tag) && is_text(b->tag))
		return same_text(a->content, b->content);
	return bytes_equal(a->whole, b->whole);
}

/* Every attribute of @a in @b. */
static bool has_all(struct bytes a, struct bytes b)
{
	struct bytes oid, other_oid, rest;
	struct der value, other;
	bool found;

	while (a.n) {
		if (!take_attribute(&a, &oid, &value))
			return false;
		for (found = false, rest = b; !found && rest.n;) {
			if (!take_attribute(&rest, &other_oid, &other))
				return false;
			found = bytes_equal(oid, other_oid) && same_value(&value, &other);
		}
		if (!found)
			return false;
	}
	return true;
}

bool dn_same_set(struct bytes a, struct bytes b)
{
	return bytes_equal(a, b) || (has_all(a, b) && has_all(b, a));
}

/* Takes the RDNs of @base from the front of @name's; false: they differ. */
static bool take_base(struct bytes *name, struct bytes base)
{
	struct bytes a, b;

	while (base.n)
		if (!der_take(&base, DER_SET, &b) || !der_take(name, DER_SET, &a) ||
		    !dn_same_set(a, b))
			return false;
	return true;
}

bool dn_equal(struct bytes a, struct bytes b)
{
	if (bytes_equal(a, b))
		return true;
	return der_take(&a, DER_SEQUENCE, &a) && der_take(&b, DER_SEQUENCE, &b) &&
	       take_base(&a, b) && !a.n;
}

bool dn_within(struct bytes name, struct bytes base)
{
	return der_take(&name, DER_SEQUENCE, &name) && der_take(&base, DER_SEQUENCE, &base) &&
	       take_base(&name, base);
}

bool dn_is_below(struct bytes name, struct bytes base, struct bytes set)
{
	struct bytes last;

	return der_take(&name, DER_SEQUENCE, &name) && der_take(&base, DER_SEQUENCE, &base) &&
	       take_base(&name, base) && der_take(&name, DER_SET, &last) && !name.n &&
	       dn_same_set(last, set);
}

static uint32_t mix(uint32_t h, uint32_t v)
{
	return (h ^ v) * 16777619;
}

static bool hash_one(void *arg, struct bytes oid, const struct der *value)
{
	uint32_t h = 2166136261u, *sum = arg;
	struct bytes text = trimmed(value->content);
	int c;

	for (; oid.n; oid.p++, oid.n--)
		h = mix(h, oid.p[0]);
	if (is_text(value->tag))
		while ((c = next_char(&text)) >= 0)
			h = mix(h, (uint32_t)c);
	else
		h = mix(h, value->tag);
	*sum += h;	/* the order within a set does not count */
	return false;
}

uint32_t dn_hash(struct bytes name)
{
	uint32_t sum = 0;

	dn_any(name, hash_one, &sum);
	return sum;
}

bool dn_any(struct bytes name, dn_fn fn, void *arg)
{
	struct bytes rdns, set, oid;
	struct der value;

	if (!der_take(&name, DER_SEQUENCE, &rdns))
		return false;
	while (der_take(&rdns, DER_SET, &set))
		while (take_attribute(&set, &oid, &value))
			if (fn(arg, oid, &value))
				return true;
	return false;
}

struct text {
	char *out;
	size_t n, at;
};

static void put(struct text *t, const char *s, size_t n)
{
	for (; n && t->at + 1 < t->n; s++, n--)
		t->out[t->at++] = *s;
	t->out[t->at] = '\0';
}

/* RFC 4514 in spirit: what could be misread is written as \XX. */
static void put_value(struct text *t, const struct der *value)
{
	char hex[8];
	size_t i;

	for (i = 0; i < value->content.n; i++) {
		char c = (char)value->content.p[i];

		if (c >= ' ' && c < 0x7f && !strchr(",+\"\\<>;=#", c)) {
			put(t, &c, 1);
			continue;
		}
		snprintf(hex, sizeof(hex), "\\%02X", value->content.p[i]);
		put(t, hex, 3);
	}
}

static const char *type_name(struct bytes oid)
{
	static const struct {
		uint8_t last;
		const char *name;
	} names[] = {
		{ 3, "CN" }, { 5, "serialNumber" }, { 6, "C" }, { 7, "L" }, { 8, "ST" },
		{ 9, "STREET" }, { 10, "O" }, { 11, "OU" },
	};
	size_t i;

	if (bytes_equal(oid, OID_EMAIL))
		return "emailAddress";
	if (oid.n != 3 || oid.p[0] != 0x55 || oid.p[1] != 4)
		return NULL;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].last == oid.p[2])
			return names[i].name;
	return NULL;
}

static void put_set(struct text *t, struct bytes set)
{
	struct bytes oid;
	struct der value;
	char type[64];

	while (take_attribute(&set, &oid, &value)) {
		if (t->at)
			put(t, ",", 1);
		if (type_name(oid))
			snprintf(type, sizeof(type), "%s", type_name(oid));
		else
			text_oid(oid, type, sizeof(type));
		put(t, type, strlen(type));
		put(t, "=", 1);
		put_value(t, &value);
	}
}

/* RFC 4514 §2.1: the last one first; of more than are kept only the last. */
void dn_text(struct bytes name, char *out, size_t n)
{
	struct bytes rdns, set, last[RDNS_SHOWN];
	struct text t = { .out = out, .n = n };
	size_t count = 0, i;

	if (!n)
		return;
	out[0] = '\0';
	if (!der_take(&name, DER_SEQUENCE, &rdns))
		return;
	for (; der_take(&rdns, DER_SET, &set); count++)
		last[count % RDNS_SHOWN] = set;
	for (i = 0; i < count && i < RDNS_SHOWN && t.at + 1 < n; i++)
		put_set(&t, last[(count - 1 - i) % RDNS_SHOWN]);
}
