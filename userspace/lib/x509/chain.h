/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A peer's chain: trusted, in date, for this purpose and for this name? */
#ifndef SEALSOCK_X509_CHAIN_H
#define SEALSOCK_X509_CHAIN_H

#include "x509/name.h"
#include "x509/path.h"

/* @why: one line: which certificate, which rule, what was found, what was wanted. */
struct chain_verdict {
	int code;		/* 0 or a CERT_… code, or NOMEM, CRYPTO */
	struct finding finding;
	unsigned int depth;	/* of the certificate at fault */
	int64_t from, until;	/* code 0: when all of the path is valid */
	char why[400];
};

/*
 * @ders: the leaf and what came with it, in any order; what cannot be read among the latter is left
 * out. @host: the leaf's name, or NULL. @issuer gets the DER of the leaf's issuer (of the leaf, if
 * that is the anchor), @path if it is there the DER of the whole path, 24-bit length before each;
 * both may be NULL.
 */
void chain_check(const struct path_input *in, const struct bytes *ders, size_t n,
		 const struct host *host, struct buf *issuer, struct buf *path,
		 struct chain_verdict *out);

#endif
