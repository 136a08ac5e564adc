/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room x509/: certificates, and whom to believe. It reads no file, no clock; it sees crypto/.
 *
 * A certificate taken apart (RFC 5280 §4.1, §4.2). Everything points into its DER, which must
 * outlive it; nothing is allocated, no key is decoded.
 */
#ifndef SEALSOCK_X509_X509_H
#define SEALSOCK_X509_X509_H

#include "x509/spki.h"

/* The extensions this library knows, as bits of struct x509's @has and @critical. */
enum x509_ext {
	X509_SKI,
	X509_KEY_USAGE,
	X509_SAN,
	X509_ISSUER_ALT,
	X509_BASIC_CONSTRAINTS,
	X509_NAME_CONSTRAINTS,
	X509_CRL_POINTS,
	X509_POLICIES,
	X509_MAPPINGS,
	X509_AKI,
	X509_POLICY_CONSTRAINTS,
	X509_EKU,
	X509_FRESHEST_CRL,
	X509_INHIBIT_ANY,
	X509_AUTHORITY_INFO,
	X509_SUBJECT_INFO,
	X509_SUBJECT_DIRECTORY,
	X509_TLS_FEATURE,
	X509_OCSP_NOCHECK,
	X509_EXTS,
};

#define X509_BIT(e) (1u << (e))

/* Bits of keyUsage (RFC 5280 §4.2.1.3). */
enum {
	KU_DIGITAL_SIGNATURE = 1 << 0,
	KU_KEY_ENCIPHERMENT = 1 << 2,
	KU_KEY_CERT_SIGN = 1 << 5,
	KU_CRL_SIGN = 1 << 6,
};

/* A number that is not there: pathLenConstraint, requireExplicitPolicy and the like. */
#define X509_NONE UINT32_MAX

struct x509 {
	struct bytes der;
	struct bytes tbs;		/* what is signed */
	struct bytes serial;		/* content of the INTEGER */
	struct bytes issuer, subject;	/* Name, with tag and length */
	struct bytes sig_alg;		/* AlgorithmIdentifier, content */
	struct bytes signature;
	struct spki spki;
	int64_t not_before, not_after;
	uint8_t version;		/* 1, 2, 3 */
	bool old_time;			/* a GeneralizedTime before 2050 */
	bool self_issued;		/* issuer and subject are the same name (§6.1) */
	uint32_t has, critical;		/* X509_BIT() of extensions */
	struct bytes ext[X509_EXTS];	/* their values */
	struct bytes unknown;		/* OID of a critical extension nobody knows, or empty */
	uint16_t key_usage;
	bool is_ca;
	uint32_t path_len;
	struct bytes ski, aki;		/* key identifiers */
	bool aki_more;			/* its AKI names issuer and serial number */
	uint32_t require_explicit, inhibit_mapping, inhibit_any;
	bool must_staple;		/* RFC 7633: status_request */
};

/* 0, or false with what is malformed in @f. */
bool x509_parse(struct bytes der, struct x509 *out, struct finding *f);

static inline bool x509_has(const struct x509 *x, enum x509_ext e)
{
	return x->has & X509_BIT(e);
}

static inline bool x509_critical(const struct x509 *x, enum x509_ext e)
{
	return x->critical & X509_BIT(e);
}

/*
 * Extensions, one at a time (RFC 5280 §4.1.2.9): for certificates, CRLs and OCSP responses alike.
 * False: malformed, or *r is at its end.
 */
struct x509_extension {
	struct bytes oid;
	bool critical;
	struct bytes value;
};

bool x509_next_ext(struct bytes *r, struct x509_extension *out);

/* Reads the values of @x's known extensions: ext.c. */
bool x509_read_exts(struct x509 *x, struct bytes list, struct finding *f);

/* Is this purpose, or with @any anyExtendedKeyUsage, among those of an EKU value? */
bool x509_eku_has(struct bytes eku, struct bytes purpose);

#endif
