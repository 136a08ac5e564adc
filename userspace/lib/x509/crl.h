/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Revocation lists, RFC 5280 §5 and §6.3. */
#ifndef SEALSOCK_X509_CRL_H
#define SEALSOCK_X509_CRL_H

#include "x509/x509.h"

struct crl_set;

struct crl_set *crl_set_new(const struct sealsock_env *env);
void crl_set_free(struct crl_set *s);
unsigned int crl_set_count(const struct crl_set *s);

/* Takes out those beyond the first @n. */
void crl_set_cut(struct crl_set *s, unsigned int n);

/* Adds a copy. CERT_BAD, with the reason in @f: not a CRL as RFC 5280 §5.1 has it; NOMEM. */
int crl_set_add(struct crl_set *s, struct bytes der, struct finding *f);

/* @soft: where no list tells, the certificate passes; @web: only lists as public CAs make them. */
struct crl_input {
	const struct sealsock_env *env;
	const struct crl_set *set;
	int64_t now;
	bool soft;
	bool web;
	const struct x509 *peers;	/* who may have signed the lists, beside the path */
	unsigned int peer_count;
	unsigned int *checks;		/* how many signatures may be checked */
	int64_t *until;			/* lowered to the end of lists that had to tell */
};

/*
 * Is none of a path (leaf first, anchor last) revoked? The anchor is not asked about. False with
 * @f and the depth of the certificate at fault. Whose lists count, indirect ones and deltas among
 * them, is as §6.3.3 has it; of what could not be looked at for want of memory, or for the number
 * of signatures, nothing passes.
 */
bool crls_allow(const struct crl_input *in, const struct x509 *const *path, unsigned int n,
		struct finding *f, unsigned int *depth);

#endif
