/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* One CRL, taken apart (RFC 5280 §5.1, §5.2), its entries in order of their serial numbers. */
#ifndef SEALSOCK_X509_CRL_LIST_H
#define SEALSOCK_X509_CRL_LIST_H

#include "x509/crl_point.h"
#include "x509/finding.h"

struct crl_signer;

/*
 * @issuer: where in the list's DER the GeneralNames stand of who issued the certificate (§5.3.3);
 * 0: who issued the list.
 */
struct crl_entry {
	const uint8_t *serial;
	uint32_t issuer;
	uint16_t len;			/* of @serial */
	uint8_t reason;
};

enum { REASON_REMOVED = 8 };		/* removeFromCRL (§5.3.1) */

struct crl {
	struct crl *next;
	const struct sealsock_env *env;
	struct bytes tbs, sig_alg, signature, issuer, aki;
	int64_t this_update, next_update;
	struct bytes scope;		/* issuingDistributionPoint: what it is for */
	struct crl_point point;
	bool only_users, only_cas, only_attributes;
	bool indirect;			/* about certificates of others too */
	struct bytes number, base;	/* of a delta: of the list it builds on */
	const char *unusable;		/* why it tells nothing, or NULL */
	struct crl_signer *signer; /* whose key was found to have signed it, or NULL */
	struct crl_entry *entries;
	size_t count;
	size_t size;			/* of @der */
	uint8_t der[];
};

/* A copy of @der; see crl_set_add(). */
int crl_new(const struct sealsock_env *env, struct bytes der, struct crl **out,
	    struct finding *f);
void crl_free(struct crl *c);

/*
 * Was the list found to be signed with this key (SubjectPublicKeyInfo), and: it was. It is never
 * taken back, as neither changes; only the first is kept. Thread-safe.
 */
bool crl_has_signer(const struct crl *c, struct bytes spki);
void crl_keep_signer(struct crl *c, struct bytes spki);

/* The entry about a certificate, or NULL. */
const struct crl_entry *crl_find(const struct crl *c, struct bytes issuer, struct bytes serial);

/* Is there a delta in it (§5.2.4)? */
static inline bool crl_is_delta(const struct crl *c)
{
	return c->base.p;
}

/* -1, 0 or 1: numbers of lists. */
int crl_number_compare(struct bytes a, struct bytes b);

#endif
