// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <arpa/inet.h>

#include "x509/name.h"

enum { LABEL_MAX = 63, NAME_MAX_LEN = 253 };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool in_label(char c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

/* Labels of the allowed letters, 1 to 63 bytes, no hyphen at either end, the last not a number. */
static bool is_dns_name(const char *s, size_t n)
{
	size_t start = 0, i, digits = 0;

	if (n == 0 || n > NAME_MAX_LEN)
		return false;
	for (i = 0; i <= n; i++) {
		if (i < n && s[i] != '.') {
			if (!in_label(s[i]))
				return false;
			digits += is_digit(s[i]);
			continue;
		}
		if (i == start || i - start > LABEL_MAX || s[start] == '-' || s[i - 1] == '-')
			return false;
		if (i == n && digits == i - start)
			return false;
		start = i + 1;
		digits = 0;
	}
	return true;
}

/*
 * The SPIFFE ID specification, §2: lower case and few signs in the trust domain, more in the path.
 */
static bool is_spiffe_char(char c, bool path)
{
	if ((c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.' || c == '_')
		return true;
	return path && c >= 'A' && c <= 'Z';
}

bool spiffe_is_id(struct bytes uri)
{
	static const char scheme[] = "spiffe://";
	size_t at = sizeof(scheme) - 1, start = at;
	bool path = false, dots = true;

	if (uri.n <= at || memcmp(uri.p, scheme, at) != 0)
		return false;
	for (; at <= uri.n; at++) {
		if (at < uri.n && uri.p[at] != '/') {
			if (!is_spiffe_char((char)uri.p[at], path))
				return false;
			dots = dots && uri.p[at] == '.';
			continue;
		}
		/* No segment is empty, "." or "..". */
		if (at == start || (path && dots && at - start <= 2))
			return false;
		path = true;
		dots = true;
		start = at + 1;
	}
	return true;
}

bool host_parse(const char *text, struct host *out)
{
	size_t n = strlen(text), i;

	*out = (struct host){ .kind = HOST_NONE };
	if (n == 0 || n >= sizeof(out->name))
		return false;
	if (spiffe_is_id(bytes_of(text, n))) {
		memcpy(out->name, text, n);
		out->kind = HOST_SPIFFE;
		return true;
	}
	for (i = 0; i < n; i++)
		out->name[i] = lower(text[i]);
	if (inet_pton(AF_INET, text, out->addr) == 1) {
		out->kind = HOST_IPV4;
		return true;
	}
	if (inet_pton(AF_INET6, text, out->addr) == 1) {
		out->kind = HOST_IPV6;
		return true;
	}
	if (out->name[n - 1] == '.')	/* the root, which certificates leave out */
		out->name[--n] = '\0';
	if (!is_dns_name(out->name, n))
		return false;
	out->kind = HOST_DNS;
	return true;
}

bool email_split(struct bytes mailbox, struct bytes *local, struct bytes *domain)
{
	const uint8_t *at = memchr(mailbox.p, '@', mailbox.n);

	if (!at || at == mailbox.p)
		return false;
	*local = bytes_of(mailbox.p, (size_t)(at - mailbox.p));
	*domain = bytes_of(at + 1, mailbox.n - local->n - 1);
	return dns_is_name(*domain);
}

bool email_equal(struct bytes a, struct bytes b)
{
	struct bytes local, domain, other, other_domain;

	return email_split(a, &local, &domain) && email_split(b, &other, &other_domain) &&
	       bytes_equal(local, other) && domain.n == other_domain.n &&
	       dns_ends_with(domain, other_domain);
}

bool host_parse_email(const char *text, struct host *out)
{
	struct bytes all = bytes_of(text, strlen(text)), local, domain;

	*out = (struct host){ .kind = HOST_NONE };
	if (all.n >= sizeof(out->name) || !email_split(all, &local, &domain))
		return false;
	memcpy(out->name, text, all.n);
	out->kind = HOST_EMAIL;
	return true;
}

struct bytes host_addr(const struct host *h)
{
	return bytes_of(h->addr, h->kind == HOST_IPV4 ? 4 : 16);
}

static bool same(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (lower((char)a[i]) != lower((char)b[i]))
			return false;
	return true;
}

bool name_matches(struct bytes pattern, struct bytes name)
{
	const uint8_t *dot;
	struct bytes rest;

	if (pattern.n > 2 && pattern.p[0] == '*' && pattern.p[1] == '.') {
		dot = memchr(name.p, '.', name.n);
		if (!dot || dot == name.p)
			return false;
		rest = bytes_of(dot, name.n - (size_t)(dot - name.p));
		pattern.p++;
		pattern.n--;
		/* "*.com" would be every name under a top-level domain. */
		if (!memchr(pattern.p + 1, '.', pattern.n - 1))
			return false;
		return is_dns_name((const char *)pattern.p + 1, pattern.n - 1) &&
		       rest.n == pattern.n && same(rest.p, pattern.p, rest.n);
	}
	return is_dns_name((const char *)pattern.p, pattern.n) && pattern.n == name.n &&
	       same(pattern.p, name.p, name.n);
}

bool dns_is_name(struct bytes name)
{
	return is_dns_name((const char *)name.p, name.n);
}

bool dns_ends_with(struct bytes name, struct bytes end)
{
	return name.n >= end.n && same(name.p + name.n - end.n, end.p, end.n);
}
