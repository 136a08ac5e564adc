/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Names of servers, and whether a certificate is for one (RFC 9525). */
#ifndef SEALSOCK_X509_NAME_H
#define SEALSOCK_X509_NAME_H

#include "base/wire.h"

enum host_kind { HOST_NONE, HOST_DNS, HOST_IPV4, HOST_IPV6, HOST_SPIFFE, HOST_EMAIL };

/* A host as it was asked for: text, and the address if it is one. */
struct host {
	enum host_kind kind;
	char name[256];		/* DNS: no final dot, lower case; SPIFFE, e-mail: the whole */
	uint8_t addr[16];
};

/*
 * False: neither a DNS name of letters, digits, hyphens, underscores and dots, nor an address (of
 * IPv6 without brackets and zone), nor a SPIFFE ID ("spiffe://" trust domain and path).
 */
bool host_parse(const char *text, struct host *out);

/* A mailbox, to which no connection is made; false: it has not one "@" and a host's name. */
bool host_parse_email(const char *text, struct host *out);

/* Where the domain of a mailbox begins (RFC 5280 §4.2.1.6); false: it is none. */
bool email_split(struct bytes mailbox, struct bytes *local, struct bytes *domain);

/* The same mailbox (§7.5): of the domain, ASCII case does not count. */
bool email_equal(struct bytes a, struct bytes b);

/* Is it a SPIFFE ID: a trust domain, and a path of segments that are neither empty nor dots? */
bool spiffe_is_id(struct bytes uri);

/* The address's bytes: 4 or 16. */
struct bytes host_addr(const struct host *h);

/*
 * Is @pattern, a dNSName of a certificate, @name? ASCII case does not count; "*" may stand only as
 * the whole left-most label, for exactly one label, before at least two others.
 */
bool name_matches(struct bytes pattern, struct bytes name);

/* Labels of letters, digits, hyphens and underscores, with dots between, the last not a number? */
bool dns_is_name(struct bytes name);

/* Is @end the end of @name? ASCII case does not count. */
bool dns_ends_with(struct bytes name, struct bytes end);

#endif
