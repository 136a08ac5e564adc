/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What must be true of one certificate in its place of a path: a table, each rule one function
 * with the section it comes from. What needs two (names, signatures, policies) is elsewhere.
 */
#ifndef SEALSOCK_X509_RULES_H
#define SEALSOCK_X509_RULES_H

#include "x509/x509.h"

/* Beyond what every path must keep to. */
enum {
	RULES_STRICT = 1,	/* what RFC 5280 asks of CAs: paths can be checked without */
	RULES_WEB = 2,		/* what public CAs have agreed on (CA/Browser Forum, BR §7.1) */
};

/* What the leaf's key is to do, of which its keyUsage has to allow that. */
enum key_use { KEY_NOT_ASKED, KEY_SIGNS, KEY_DECRYPTS };

/*
 * @depth: 0 is the leaf; @cas: CAs between it and the leaf that are not self-issued (RFC 5280
 * §6.1.4 (l)); @server: the path is a server's, else a client's; @any_purpose: of anybody;
 * @profile: RULES_…
 */
struct place {
	int64_t now;
	unsigned int depth;
	unsigned int cas;
	bool anchor;
	bool server;
	bool any_purpose;
	enum key_use use;
	unsigned int profile;
};

/* True, or false with the first rule that is broken in @f. */
bool rules_allow(const struct x509 *x, const struct place *p, struct finding *f);

/* The same of one that was allowed before: only what hangs on @p's @cas. */
bool rules_allow_again(const struct x509 *x, const struct place *p, struct finding *f);

/* The rules, for those who list them: NULL at the end. */
const struct rule_name *rules_name(unsigned int i);

#endif
