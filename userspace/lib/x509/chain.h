/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A peer's chain: trusted, in date, for this purpose and for this name? */
#ifndef SEALSOCK_X509_CHAIN_H
#define SEALSOCK_X509_CHAIN_H

#include "crypto/backend.h"
#include "x509/name.h"

/* @why: one line, at fault: which certificate of the chain and what is wrong with it. */
struct chain_verdict {
	int code;		/* 0 or a CERT_… code, or NOMEM, CRYPTO */
	char why[200];
};

/* The certificates parsed; only the leaf is kept by who needs its key. */
struct chain {
	struct cert *certs[CHAIN_MAX];
	size_t count;
};

/* CERT_BAD, CERT_USAGE (a kind of key), NOMEM; what was parsed must be freed either way. */
int chain_parse(const struct sealsock_env *env, const struct bytes *ders, size_t n,
		struct chain *out);
void chain_free(struct chain *c);

/*
 * A server's chain against @trust, and its leaf against @host; a client's where that is NULL.
 * @issuer gets the DER of the leaf's issuer.
 */
void chain_verify(const struct chain *c, const struct trust *trust, int64_t now,
		  const struct host *host, struct buf *issuer, struct chain_verdict *out);

/* Is the certificate for this host? Only the subjectAltName counts, never the common name. */
bool cert_is_for(const struct cert *c, const struct host *host);

#endif
