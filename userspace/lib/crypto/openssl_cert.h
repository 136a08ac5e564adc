/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What openssl_cert.c and openssl_trust.c share. */
#ifndef SEALSOCK_CRYPTO_OPENSSL_CERT_H
#define SEALSOCK_CRYPTO_OPENSSL_CERT_H

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/openssl.h"

struct cert {
	const struct sealsock_env *env;
	X509 *x509;
	enum key_kind kind;
	GENERAL_NAMES *names;	/* of the subjectAltName, if cert_keep_names() was called */
};

#endif
