/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Revocation lists, RFC 5280 §5 and §6.3. */
#ifndef SEALSOCK_X509_CRL_H
#define SEALSOCK_X509_CRL_H

#include "x509/store.h"
#include "x509/x509.h"

struct crl_set;

struct crl_set *crl_set_new(const struct sealsock_env *env);
void crl_set_free(struct crl_set *s);
unsigned int crl_set_count(const struct crl_set *s);

/* Takes out those beyond the first @n. */
void crl_set_cut(struct crl_set *s, unsigned int n);

/*
 * Adds a copy. CERT_BAD, with the reason in @f: not a CRL as RFC 5280 §5.1 has it; UNSUPPORTED: a
 * delta or an indirect one; NOMEM.
 */
int crl_set_add(struct crl_set *s, struct bytes der, struct finding *f);

/* @soft: where no list tells, the certificate passes. */
struct crl_input {
	const struct sealsock_env *env;
	const struct crl_set *set;
	int64_t now;
	bool soft;
	const struct x509 *peers;	/* who may have signed the lists, beside the path */
	unsigned int peer_count;
	const struct trust *trust;
};

/*
 * Is none of a path (leaf first, anchor last) revoked? The anchor is not asked about. Takes from
 * *checks one for each signature; false with @f and the depth of the certificate at fault.
 */
bool crls_allow(const struct crl_input *in, const struct x509 *const *path, unsigned int n,
		unsigned int *checks, struct finding *f, unsigned int *depth);

#endif
