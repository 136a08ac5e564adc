/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What is wrong with a certificate, a CRL or a response: the rule, what was found, what wanted. */
#ifndef SEALSOCK_X509_FINDING_H
#define SEALSOCK_X509_FINDING_H

#include "base/wire.h"

struct finding {
	int code;		/* CERT_…, BAD_STAPLE; NOMEM, CRYPTO */
	const char *rule;	/* a word that names it, such as "key-usage" */
	const char *section;	/* "RFC 5280 §4.2.1.3" */
	const char *wanted;
	char found[96];		/* may be empty */
};

/* A rule as it stands in a table: which code and where it is written. */
struct rule_name {
	const char *name;
	const char *section;
	int code;
};

/* Fills @f; returns false, so that a check can end with it. */
bool finding_set(struct finding *f, const struct rule_name *rule, const char *wanted,
		 const char *found, ...) __attribute__((format(printf, 4, 5)));

/* An OID in dots, a serial number in hexadecimal, cut at @n, always ended by NUL. */
void text_oid(struct bytes oid, char *out, size_t n);
void text_hex(struct bytes b, char *out, size_t n);

#endif
