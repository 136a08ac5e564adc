/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A stapled OCSP response (RFC 6960, RFC 6066 §8): what it says about one certificate. */
#ifndef SEALSOCK_X509_OCSP_H
#define SEALSOCK_X509_OCSP_H

#include "crypto/backend.h"
#include "x509/x509.h"

/* How far the responder's clock may be from ours, and how old a response without an end may be. */
enum { OCSP_SKEW = 300, OCSP_AGE_MAX = 86400 };

/*
 * Is @x, issued by @issuer, good at time @now according to @response? False: CERT_REVOKED, or
 * BAD_STAPLE where the response is no answer to that, or NOMEM, CRYPTO. At most two signatures are
 * checked: the response's, and that on the certificate of a delegated responder.
 */
bool ocsp_is_good(const struct crypto *crypto, const struct sealsock_env *env,
		  struct bytes response, const struct x509 *x, const struct x509 *issuer,
		  int64_t now, struct finding *f);

#endif
