/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Public keys and signature algorithms as a certificate names them (RFC 3279, 4055, 5480, 8410),
 * looked at in their DER: nothing is decoded, so that a key costs nothing before it is needed.
 */
#ifndef SEALSOCK_X509_SPKI_H
#define SEALSOCK_X509_SPKI_H

#include "crypto/backend.h"
#include "x509/finding.h"

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192 };

/*
 * The kind is KEY_OTHER where it is none of ours. @why: why the key is not good enough for a path,
 * or NULL; @bits: of the modulus or of the curve.
 */
struct spki {
	struct pubkey_parts parts;
	unsigned int bits;
	const char *why;
};

/* False: not DER of a SubjectPublicKeyInfo. A kind that is not ours is no failure. */
bool spki_parse(struct bytes der, struct spki *out);

/*
 * The signature algorithm that an AlgorithmIdentifier (its content) names; NULL: none of ours, and
 * *name is what it is called if it is known, else its OID stands in @oid.
 */
const struct sigscheme *sigalg_parse(struct bytes alg, const char **name, struct bytes *oid);

/* Can a key of this kind make such signatures on certificates? */
bool sigalg_fits(const struct sigscheme *s, enum key_kind kind);

#endif
