/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Distribution points of CRLs, RFC 5280 §4.2.1.13, §5.2.5. */
#ifndef SEALSOCK_X509_CRL_POINT_H
#define SEALSOCK_X509_CRL_POINT_H

#include "base/wire.h"

/* All reasons there are: the named bits 1 to 8 of ReasonFlags. */
enum { REASONS_ALL = 0x1fe };

/* Its name, if it has one: @full, a list of GeneralNames, or @relative, an RDN's attributes. */
struct crl_point {
	struct bytes full;
	struct bytes relative;
	uint16_t reasons;
	struct bytes crl_issuer;	/* GeneralNames; the CRL is somebody else's */
};

/* The next of a cRLDistributionPoints' content; false: malformed, or at the end. */
bool crl_point_next(struct bytes *list, struct crl_point *out);

/* A DistributionPointName. */
bool crl_point_name(struct bytes field, struct crl_point *out);

/* Do they share a name? Relative ones are relative to @issuer, the CRL's. */
bool crl_point_same(const struct crl_point *a, const struct crl_point *b, struct bytes issuer);

#endif
