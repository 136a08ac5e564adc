/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* OCSP responses made on the spot. */
#ifndef UNIT_STAPLE_H
#define UNIT_STAPLE_H

#include "certs.h"
#include "base/wire.h"

/* @from, @until: seconds from TEST_NOW; @until 0: no nextUpdate. */
struct staple_spec {
	int status;			/* 0 good, 1 revoked, 2 unknown */
	long from, until;
	const struct identity *signer;	/* NULL: the issuer */
	const struct identity *before;	/* whose certificate stands before the signer's */
	bool alone;			/* the signer's certificate is not sent along */
	bool by_key;			/* the responder is named by its key */
	bool sha256;			/* in the CertID, in the place of SHA-1 */
};

/* About @of, issued by @issuer; freed with free(). */
struct bytes make_staple(const struct staple_spec *spec, const struct identity *of,
			 const struct identity *issuer);

/* A good one for test_server(@type). */
struct bytes good_staple(enum cert_type type);

#endif
