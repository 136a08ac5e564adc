/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* One CRL, taken apart (RFC 5280 §5.1, §5.2), its entries in order of their serial numbers. */
#ifndef SEALSOCK_X509_CRL_LIST_H
#define SEALSOCK_X509_CRL_LIST_H

#include "x509/crl_point.h"
#include "x509/finding.h"

struct crl {
	struct crl *next;
	const struct sealsock_env *env;
	struct bytes tbs, sig_alg, signature, issuer, aki;
	int64_t this_update, next_update;
	bool has_point;			/* issuingDistributionPoint: what it is for */
	struct crl_point point;
	bool only_users, only_cas, only_attributes;
	const char *unusable;		/* why it tells nothing, or NULL */
	struct bytes *serials;
	size_t count;
	size_t size;			/* of @der */
	uint8_t der[];
};

/* A copy of @der; see crl_set_add(). */
int crl_new(const struct sealsock_env *env, struct bytes der, struct crl **out,
	    struct finding *f);
void crl_free(struct crl *c);

bool crl_has(const struct crl *c, struct bytes serial);

#endif
