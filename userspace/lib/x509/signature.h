/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Signatures on certificates, CRLs and OCSP responses. */
#ifndef SEALSOCK_X509_SIGNATURE_H
#define SEALSOCK_X509_SIGNATURE_H

#include "crypto/backend.h"
#include "x509/spki.h"

/*
 * Did @key sign @tbs? False with what is wrong in @f, under @rule, but for a kind of key or of
 * signature that is not good enough: CERT_USAGE; or NOMEM. The key is decoded here and nowhere
 * before.
 */
bool signature_is_good(const struct sealsock_env *env, struct bytes tbs, struct bytes sig_alg,
		       struct bytes signature, const struct spki *key,
		       const struct rule_name *rule, struct finding *f);

#endif
