/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Certificates and revocation lists to order, with any one thing wrong. */
#ifndef UNIT_MINT_H
#define UNIT_MINT_H

#include "certs.h"

enum mint_flaw {
	SOUND,
	VERSION_1,
	SERIAL_ZERO,
	SERIAL_NEGATIVE,
	SERIAL_20,		/* the longest that is right */
	SERIAL_22,
	TWICE,			/* its last extension */
	ALGORITHMS_DIFFER,	/* inside and outside */
	SIGNATURE_CHANGED,
	SHA1_SIGNED,
	NO_SUBJECT,
	NO_ISSUER,
};

enum { MINT_EXTS = 10 };

/*
 * @exts: "name=value" as in openssl.cnf. @from, @until: seconds from TEST_NOW. @cn: with "/O=...",
 * more of the name. @key: NULL makes one.
 */
struct mint {
	const char *cn;
	const char *exts[MINT_EXTS];
	long from, until;
	enum mint_flaw flaw;
	enum cert_type type;
	const struct identity *key;
};

/* Issued by @issuer, or by itself if that is NULL; freed by free_identity(). */
struct identity mint(const struct mint *m, const struct identity *issuer);

/*
 * A list of @issuer's with @of revoked (NULL: nobody), signed by @signer (NULL: the issuer); PEM,
 * to be freed with free().
 */
struct mint_crl {
	const struct identity *of;
	const struct identity *signer;
	long from, until;
	const char *exts[4];
	bool no_number;
	bool twice;		/* the entry */
	long number;		/* 0: 7 */
	long base;		/* of a delta; 0: it is none */
	int reason;		/* of the entry, if not 0 */
	const struct identity *entry_issuer;	/* of the entry, or of another one before it … */
	bool before;				/* … if this is set */
};

char *mint_crl(const struct mint_crl *m, const struct identity *issuer);

#endif
