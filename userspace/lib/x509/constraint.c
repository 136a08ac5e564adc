// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/constraint.h"
#include "x509/der.h"
#include "x509/dn.h"
#include "x509/gn.h"
#include "x509/name.h"
#include "x509/oid.h"

static const struct rule_name constraint_rule = { "name-constraints", "RFC 5280 §4.2.1.10",
						  SEALSOCK_ERR_CERT_BAD };

static struct bytes from(struct bytes b, size_t at)
{
	return bytes_of(b.p + at, b.n - at);
}

/* A host name, or with a leading dot all names below it. */
static bool is_host_constraint(struct bytes v)
{
	return dns_is_name(v.n && v.p[0] == '.' ? from(v, 1) : v);
}

/* RFC 4632: the ones of a mask come first. */
static bool is_network(struct bytes v)
{
	size_t half = v.n / 2, i;
	bool zero = false;
	uint8_t b;

	for (i = half; i < v.n; i++) {
		for (b = 0x80; b; b >>= 1) {
			if (v.p[i] & b && zero)
				return false;
			zero = zero || !(v.p[i] & b);
		}
	}
	return true;
}

static bool is_base(const struct gn *base)
{
	struct bytes local, domain;

	switch (base->kind) {
	case GN_DNS:
		return !base->value.n || dns_is_name(base->value);
	case GN_EMAIL:
		return !base->value.n || is_host_constraint(base->value) ||
		       email_split(base->value, &local, &domain);
	case GN_URI:
		return is_host_constraint(base->value);
	case GN_IP:
		return is_network(base->value);
	default:
		return true;
	}
}

/* The next base; false: malformed, or at the end. Distances are not of this profile. */
static bool next_base(struct bytes *subtrees, struct gn *base)
{
	struct bytes seq;

	return der_take(subtrees, DER_SEQUENCE, &seq) && gn_next(&seq, true, base) && !seq.n;
}

static bool are_subtrees(struct bytes list)
{
	struct gn base;

	if (!list.p)
		return true;
	if (!list.n)
		return false;
	while (list.n)
		if (!next_base(&list, &base))
			return false;
	return true;
}

static bool split(struct bytes value, struct bytes *permitted, struct bytes *excluded)
{
	struct bytes seq;

	return der_take(&value, DER_SEQUENCE, &seq) && !value.n &&
	       der_maybe(&seq, 0xa0, permitted) && der_maybe(&seq, 0xa1, excluded) && !seq.n &&
	       (permitted->p || excluded->p);
}

bool constraints_are_valid(struct bytes value)
{
	struct bytes permitted, excluded;

	return split(value, &permitted, &excluded) && are_subtrees(permitted) &&
	       are_subtrees(excluded);
}

static bool same_ascii(struct bytes a, struct bytes b)
{
	return a.n == b.n && dns_ends_with(a, b);
}

/* Zero or more labels to the left of @base. */
static bool dns_within(struct bytes name, struct bytes base)
{
	return !base.n || (dns_ends_with(name, base) &&
			   (name.n == base.n || name.p[name.n - base.n - 1] == '.'));
}

/*
 * A host constraint of e-mail and URI: with a dot everything below, else that host alone; an empty
 * one, which only e-mail has, is all there is, as for host names.
 */
static bool host_within(struct bytes host, struct bytes base)
{
	if (!base.n)
		return true;
	if (base.p[0] == '.')
		return host.n > base.n && dns_ends_with(host, base);
	return same_ascii(host, base);
}

static bool is_wildcard(struct bytes name)
{
	return name.n > 2 && name.p[0] == '*' && name.p[1] == '.';
}

/*
 * All that a wildcard stands for must be inside of what is permitted; anything it stands for inside
 * of what is excluded is too much: exactly one label in the place of "*".
 */
static bool dns_matches(struct bytes name, struct bytes base, bool excluded)
{
	struct bytes parent = from(name, 2), label;

	if (!is_wildcard(name))
		return dns_within(name, base);
	if (dns_within(parent, base))
		return true;
	if (!excluded || base.n <= parent.n || !dns_within(base, parent))
		return false;
	label = bytes_of(base.p, base.n - parent.n - 1);
	return !memchr(label.p, '.', label.n);
}

static bool email_matches(struct bytes name, struct bytes base)
{
	struct bytes local, domain;

	if (!email_split(name, &local, &domain))
		return false;
	return memchr(base.p, '@', base.n) ? email_equal(name, base) : host_within(domain, base);
}

/* The host of a URI (RFC 3986 §3.2); false: none, or none that is a name. */
static bool uri_host(struct bytes uri, struct bytes *host)
{
	const uint8_t *p = memchr(uri.p, ':', uri.n);
	size_t i;

	if (!p || uri.n - (size_t)(p - uri.p) < 3 || p[1] != '/' || p[2] != '/')
		return false;
	uri = from(uri, (size_t)(p - uri.p) + 3);
	for (i = 0; i < uri.n && !strchr("/?#", uri.p[i]); i++)
		;
	uri.n = i;
	p = memchr(uri.p, '@', uri.n);
	if (p)
		uri = from(uri, (size_t)(p - uri.p) + 1);
	p = memchr(uri.p, ':', uri.n);
	if (p)
		uri.n = (size_t)(p - uri.p);
	*host = uri;
	return dns_is_name(uri);
}

static bool ip_matches(struct bytes addr, struct bytes net)
{
	size_t i;

	if (net.n != 2 * addr.n)
		return false;
	for (i = 0; i < addr.n; i++)
		if ((addr.p[i] ^ net.p[i]) & net.p[addr.n + i])
			return false;
	return true;
}

/* Can it be told at all where this name lies? If not it lies nowhere that is permitted. */
static bool is_judged(const struct gn *name)
{
	struct bytes a, b;

	switch (name->kind) {
	case GN_DNS:
		return dns_is_name(is_wildcard(name->value) ? from(name->value, 2) : name->value);
	case GN_EMAIL:
		return email_split(name->value, &a, &b);
	case GN_URI:
		return uri_host(name->value, &a);
	case GN_IP:
	case GN_DIRECTORY:
		return true;
	default:
		return false;
	}
}

/* What is excluded in one string could stand in another that it is not compared with (§7.1). */
static bool could_hide(const struct gn *name)
{
	return name->kind == GN_DIRECTORY && dn_has_other_text(name->value);
}

static bool matches(const struct gn *name, struct bytes base, bool excluded)
{
	struct bytes host;

	switch (name->kind) {
	case GN_DNS:
		return dns_matches(name->value, base, excluded);
	case GN_EMAIL:
		return email_matches(name->value, base);
	case GN_URI:
		return uri_host(name->value, &host) && host_within(host, base);
	case GN_IP:
		return ip_matches(name->value, base);
	case GN_DIRECTORY:
		return dn_within(name->value, base);
	default:
		return false;
	}
}

/*
 * @kinds, @unread: bits of the kinds of names that there are subtrees of, and of those of which
 * one says nothing that can be applied.
 */
struct check {
	struct bytes permitted, excluded;
	unsigned int kinds, unread;
	unsigned int *budget;
	struct finding *f;
	bool email_seen;
};

static bool fail(const struct check *c, const struct gn *name, const char *wanted)
{
	char text[80];
	size_t i;

	switch (name->kind) {
	case GN_DIRECTORY:
		dn_text(name->value, text, sizeof(text));
		break;
	case GN_DNS:
	case GN_EMAIL:
	case GN_URI:
		for (i = 0; i < name->value.n && i + 1 < sizeof(text); i++)
			text[i] = name->value.p[i] < ' ' || name->value.p[i] > '~' ? '?' :
				  (char)name->value.p[i];
		text[i] = '\0';
		break;
	default:
		text_hex(name->value, text, sizeof(text));
	}
	return finding_set(c->f, &constraint_rule, wanted, "%s", text);
}

static bool budget_is_used_up(const struct check *c)
{
	return finding_set(c->f, &constraint_rule, "fewer names and constraints", "%s",
			   "more than would be compared");
}

/* Which kinds are constrained: names of the others need not be looked up. */
static bool look_at(struct check *c, struct bytes list)
{
	struct gn base;

	while (next_base(&list, &base)) {
		if (!name_budget_take(c->budget, base.value.n))
			return budget_is_used_up(c);
		c->kinds |= 1u << base.kind;
		if (!is_base(&base))
			c->unread |= 1u << base.kind;
	}
	return true;
}

/* -1: no subtree of the name's kind; 0: none that it lies in; 1: one; -2: the budget is used up. */
static int lookup(const struct check *c, struct bytes list, const struct gn *name, bool excluded)
{
	struct gn base;
	int result = -1;

	while (next_base(&list, &base)) {
		if (!name_budget_take(c->budget, base.kind == name->kind ? name->value.n : 0))
			return -2;
		if (base.kind != name->kind)
			continue;
		if (excluded && (!is_judged(name) || could_hide(name)))
			return 1;
		if (matches(name, base.value, excluded))
			return 1;
		result = 0;
	}
	return result;
}

static bool check_name(const struct check *c, const struct gn *name)
{
	int excluded, permitted;

	if (!name_budget_take(c->budget, 0))
		return budget_is_used_up(c);
	if (!(c->kinds & 1u << name->kind))
		return true;
	if (c->unread & 1u << name->kind)
		return fail(c, name, "subtrees of its kind that can be applied to the name");
	excluded = lookup(c, c->excluded, name, true);
	permitted = excluded == -2 ? -2 : lookup(c, c->permitted, name, false);
	if (excluded == -2 || permitted == -2)
		return budget_is_used_up(c);
	if (excluded == 1)
		return fail(c, name, "names outside of the excluded subtrees");
	if (permitted == 0 || (permitted == 1 && !is_judged(name)))
		return fail(c, name, "names inside of the permitted subtrees");
	return true;
}

struct email_check {
	const struct check *c;
	bool bad;
};

/* §4.2.1.10: the mailbox in a subject, where the subjectAltName has none. */
static bool check_email(void *arg, struct bytes oid, const struct der *value)
{
	struct email_check *e = arg;
	struct gn name = { .kind = GN_EMAIL, .value = value->content };

	e->bad = bytes_equal(oid, OID_EMAIL) && !check_name(e->c, &name);
	return e->bad;
}

bool constraints_allow(struct bytes value, const struct x509 *x, unsigned int *budget,
		       struct finding *f)
{
	struct check c = { .budget = budget, .f = f };
	struct email_check email = { .c = &c };
	struct bytes san = x->ext[X509_SAN];
	struct gn name = { .kind = GN_DIRECTORY, .value = x->subject };

	if (!split(value, &c.permitted, &c.excluded))
		return finding_set(f, &constraint_rule, "nameConstraints that can be read", "%s",
				   "");
	if (!look_at(&c, c.permitted) || !look_at(&c, c.excluded))
		return false;
	if (!dn_is_empty(x->subject) && !check_name(&c, &name))
		return false;
	if (x509_has(x, X509_SAN) && der_take(&san, DER_SEQUENCE, &san)) {
		while (gn_next(&san, false, &name)) {
			if (!check_name(&c, &name))
				return false;
			c.email_seen = c.email_seen || name.kind == GN_EMAIL;
		}
	}
	if (!c.email_seen)
		dn_any(x->subject, check_email, &email);
	return !email.bad;
}
