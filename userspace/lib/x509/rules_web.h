/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Rules of public CAs: the Baseline Requirements of the CA/Browser Forum, §7.1. */
#ifndef SEALSOCK_X509_RULES_WEB_H
#define SEALSOCK_X509_RULES_WEB_H

#include "x509/rules.h"

#define WEB_RULE(name) bool name(const struct x509 *x, const struct place *p, \
				 const struct rule_name *r, struct finding *f)

WEB_RULE(web_time);
WEB_RULE(web_key);
WEB_RULE(web_root);
WEB_RULE(web_leaf);
WEB_RULE(web_purpose);
WEB_RULE(web_common_name);
WEB_RULE(web_crl_points);

#endif
