/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A certificate that is kept: with its own DER, and what can be done with its key. */
#ifndef SEALSOCK_X509_CERT_H
#define SEALSOCK_X509_CERT_H

#include "crypto/backend.h"
#include "x509/name.h"
#include "x509/x509.h"

struct cert;

/* CERT_BAD: not a certificate in DER, with why in @f (may be NULL); NOMEM. */
int cert_parse(const struct sealsock_env *env, struct bytes der, struct cert **out,
	       struct finding *f);
void cert_free(struct cert *c);

const struct x509 *cert_x509(const struct cert *c);
enum key_kind cert_key_kind(const struct cert *c);

/* Of an RSA key: its modulus. */
unsigned int cert_key_bits(const struct cert *c);
bool cert_fits_key(const struct cert *c, const struct privkey *k);

/* Keys are decoded where they are used, and not kept: a certificate may be shared by threads. */

/* 0 or BAD_SIGNATURE; ILLEGAL: the scheme is not for the certificate's key in this version. */
int cert_verify(const struct cert *c, const struct sigscheme *s, uint16_t version,
		struct bytes msg, struct bytes sig);

/* May its key sign handshakes (keyUsage)? */
bool cert_can_sign(const struct cert *c);

/* Is the key RSA's, and may it encrypt keys (keyUsage)? RSAES-PKCS1-v1_5 with it. */
bool cert_can_encrypt(const struct cert *c);
int cert_encrypt(const struct cert *c, struct bytes msg, uint8_t out[RSA_BLOCK_MAX], size_t *n);

/* Subject and issuer, DER of the Name; they belong to the certificate. */
struct bytes cert_name(const struct cert *c);
struct bytes cert_issuer(const struct cert *c);

/* notAfter, in seconds since 1970. */
int64_t cert_expires(const struct cert *c);

/* Is the certificate for this host? Only the subjectAltName counts, never the common name. */
bool cert_is_for(const struct cert *c, const struct host *host);
bool x509_is_for(const struct x509 *x, const struct host *host);

/* The one URI of the subjectAltName, if there is exactly one and it is a SPIFFE ID. */
bool x509_spiffe(const struct x509 *x, struct bytes *id);

#endif
