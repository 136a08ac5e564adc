// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdio.h>

#include "x509/dn.h"
#include "x509/oid.h"
#include "x509/rules.h"
#include "x509/rules_web.h"

/* Where a rule holds. A leaf that is the anchor itself is a leaf. */
enum { LEAF = 1, CA = 2, ANCHOR = 4, ISSUED = LEAF | CA, ABOVE = CA | ANCHOR, ALL = LEAF | ABOVE };

static bool needs(struct finding *f, const struct rule_name *r, bool ok, const char *wanted,
		  const char *found)
{
	return ok || finding_set(f, r, wanted, "%s", found);
}

/* An anchor is trusted for what it is: one from before version 3 is let pass. */
static bool version(const struct x509 *x, const struct place *p, const struct rule_name *r,
		    struct finding *f)
{
	if (x->version == 3 || (p->anchor && p->depth && !(p->profile & RULES_WEB)))
		return true;
	return finding_set(f, r, "version 3", "version %u", x->version);
}

/* 20 octets, which for half of the numbers take 21 in DER. */
static bool serial(const struct x509 *x, const struct place *p, const struct rule_name *r,
		   struct finding *f)
{
	struct bytes s = x->serial;

	(void)p;
	if (s.p[0] & 0x80 || (s.n == 1 && !s.p[0]))
		return finding_set(f, r, "a positive serial number", "%s",
				   s.p[0] ? "a negative one" : "0");
	return needs(f, r, s.n <= 20 || (s.n == 21 && !s.p[0]),
		     "a serial number of at most 20 octets", "a longer one");
}

static bool issuer(const struct x509 *x, const struct place *p, const struct rule_name *r,
		   struct finding *f)
{
	(void)p;
	return needs(f, r, !dn_is_empty(x->issuer), "an issuer's name", "an empty one");
}

static bool subject(const struct x509 *x, const struct place *p, const struct rule_name *r,
		    struct finding *f)
{
	(void)p;
	return needs(f, r, !dn_is_empty(x->subject), "a CA's name", "an empty one");
}

/* Of a leaf without a subject the alternative name is all there is: nobody may overlook it. */
static bool subject_alt(const struct x509 *x, const struct place *p, const struct rule_name *r,
			struct finding *f)
{
	(void)p;
	return needs(f, r, !dn_is_empty(x->subject) || x509_critical(x, X509_SAN),
		     "a critical subjectAltName where the subject is empty", "none");
}

/* From notBefore through notAfter, inclusive. */
static bool not_before(const struct x509 *x, const struct place *p, const struct rule_name *r,
		       struct finding *f)
{
	return p->now >= x->not_before ||
	       finding_set(f, r, "notBefore no later than now", "it is %lld s ahead",
			   (long long)(x->not_before - p->now));
}

static bool not_after(const struct x509 *x, const struct place *p, const struct rule_name *r,
		      struct finding *f)
{
	return p->now <= x->not_after ||
	       finding_set(f, r, "notAfter no earlier than now", "it is %lld s past",
			   (long long)(p->now - x->not_after));
}

static bool unknown_critical(const struct x509 *x, const struct place *p,
			     const struct rule_name *r, struct finding *f)
{
	char oid[64];

	(void)p;
	if (!x->unknown.n)
		return true;
	text_oid(x->unknown, oid, sizeof(oid));
	return finding_set(f, r, "critical extensions that are known here", "%s", oid);
}

/* Extensions that a conforming CA marks in one way only. */
static bool criticality(const struct x509 *x, const struct place *p, const struct rule_name *r,
			struct finding *f)
{
	static const struct {
		enum x509_ext ext;
		const char *name;
	} never[] = {
		{ X509_AKI, "authorityKeyIdentifier" }, { X509_SKI, "subjectKeyIdentifier" },
		{ X509_AUTHORITY_INFO, "authorityInfoAccess" },
		{ X509_SUBJECT_INFO, "subjectInfoAccess" }, { X509_FRESHEST_CRL, "freshestCRL" },
		{ X509_SUBJECT_DIRECTORY, "subjectDirectoryAttributes" },
	}, always[] = {
		{ X509_POLICY_CONSTRAINTS, "policyConstraints" },
		{ X509_INHIBIT_ANY, "inhibitAnyPolicy" },
	};
	size_t i;

	(void)p;
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (x509_critical(x, never[i].ext))
			return finding_set(f, r, "it not critical", "a critical %s",
					   never[i].name);
	for (i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (x509_has(x, always[i].ext) && !x509_critical(x, always[i].ext))
			return finding_set(f, r, "it critical", "%s that is not",
					   always[i].name);
	return true;
}

/* They bind either way; public CAs may leave it out (BR §7.1.2.5.2). */
static bool constraints_critical(const struct x509 *x, const struct place *p,
				 const struct rule_name *r, struct finding *f)
{
	return needs(f, r, p->profile & RULES_WEB || !x509_has(x, X509_NAME_CONSTRAINTS) ||
		     x509_critical(x, X509_NAME_CONSTRAINTS),
		     "critical nameConstraints", "they are not");
}

static bool name_constraints_place(const struct x509 *x, const struct place *p,
				   const struct rule_name *r, struct finding *f)
{
	(void)p;
	return needs(f, r, x->is_ca || !x509_has(x, X509_NAME_CONSTRAINTS),
		     "nameConstraints in CA certificates only", "some in another");
}

/* Who is not a CA says nothing about what CAs do. */
static bool no_ca_marks(const struct x509 *x, const struct place *p, const struct rule_name *r,
			struct finding *f)
{
	(void)p;
	if (x->is_ca)
		return true;
	return needs(f, r, x->path_len == X509_NONE, "pathLenConstraint of CAs only", "one") &&
	       needs(f, r, !(x->key_usage & KU_KEY_CERT_SIGN), "keyCertSign of CAs only", "it");
}

static bool basic_constraints(const struct x509 *x, const struct place *p,
			      const struct rule_name *r, struct finding *f)
{
	if (x->is_ca || (p->anchor && x->version < 3))
		return true;
	return finding_set(f, r, "a CA's certificate above another", "%s",
			   x509_has(x, X509_BASIC_CONSTRAINTS) ? "cA FALSE" :
								 "no basicConstraints");
}

/* Of anchors: others are let pass, as NIST's suite has it. */
static bool basic_critical(const struct x509 *x, const struct place *p, const struct rule_name *r,
			   struct finding *f)
{
	(void)p;
	return needs(f, r, x->version < 3 || x509_critical(x, X509_BASIC_CONSTRAINTS),
		     "critical basicConstraints in an anchor", "they are not");
}

static bool path_length(const struct x509 *x, const struct place *p, const struct rule_name *r,
			struct finding *f)
{
	return x->path_len == X509_NONE || p->cas <= x->path_len ||
	       finding_set(f, r, "no more CAs below than pathLenConstraint", "%u, allowed: %u",
			   p->cas, x->path_len);
}

static bool sign_certs(const struct x509 *x, const struct place *p, const struct rule_name *r,
		       struct finding *f)
{
	(void)p;
	return needs(f, r, !x509_has(x, X509_KEY_USAGE) || x->key_usage & KU_KEY_CERT_SIGN,
		     "keyCertSign in the keyUsage of a CA", "a keyUsage without");
}

/* RFC 8446 §4.4.2.2, RFC 5246 §7.4.2: asked by handshakes, not by paths (RFC 5280 §6.1). */
static bool serve_handshakes(const struct x509 *x, const struct place *p,
			     const struct rule_name *r, struct finding *f)
{
	bool signs = p->use == KEY_SIGNS;

	if (p->use == KEY_NOT_ASKED || !x509_has(x, X509_KEY_USAGE))
		return true;
	return needs(f, r, x->key_usage & (signs ? KU_DIGITAL_SIGNATURE : KU_KEY_ENCIPHERMENT),
		     signs ? "digitalSignature in the keyUsage" :
			     "keyEncipherment in the keyUsage", "a keyUsage without");
}

/* Whoever issues is bound by its own purposes too, and nothing stands in for them. */
static bool purpose(const struct x509 *x, const struct place *p, const struct rule_name *r,
		    struct finding *f)
{
	struct bytes eku = x->ext[X509_EKU];

	if (p->any_purpose || !x509_has(x, X509_EKU) || x509_eku_has(eku, OID_ANY_EKU) ||
	    x509_eku_has(eku, p->server ? OID_SERVER_AUTH : OID_CLIENT_AUTH))
		return true;
	return finding_set(f, r, p->server ? "serverAuth in the extKeyUsage" :
					     "clientAuth in the extKeyUsage", "others only");
}

static bool key(const struct x509 *x, const struct place *p, const struct rule_name *r,
		struct finding *f)
{
	(void)p;
	return needs(f, r, !x->spki.why,
		     "a key of P-256, P-384, P-521, Ed25519, Ed448 or RSA", x->spki.why);
}

static bool key_ids(const struct x509 *x, const struct place *p, const struct rule_name *r,
		    struct finding *f)
{
	bool self = p->anchor && x->self_issued;

	return needs(f, r, self || x->aki.p, "an authorityKeyIdentifier with its key", "none") &&
	       needs(f, r, !x->is_ca || x->ski.p, "a subjectKeyIdentifier of a CA", "none");
}

#define BAD SEALSOCK_ERR_CERT_BAD
#define USE SEALSOCK_ERR_CERT_USAGE

/* The cheap ones that say most come first: the first that is broken is what is told. */
static const struct {
	struct rule_name name;
	bool (*check)(const struct x509 *x, const struct place *p, const struct rule_name *r,
		      struct finding *f);
	unsigned int where;
	unsigned int profile;		/* 0: always */
} rules[] = {
	{ { "version", "RFC 5280 §4.1.2.1", BAD }, version, ALL, 0 },
	{ { "not-before", "RFC 5280 §4.1.2.5", SEALSOCK_ERR_CERT_NOT_YET }, not_before, ALL, 0 },
	{ { "not-after", "RFC 5280 §4.1.2.5", SEALSOCK_ERR_CERT_EXPIRED }, not_after, ALL, 0 },
	{ { "basic-constraints", "RFC 5280 §4.2.1.9, §6.1.4 (k)", USE }, basic_constraints, ABOVE,
	  0 },
	{ { "basic-constraints-critical", "RFC 5280 §4.2.1.9", BAD }, basic_critical, ANCHOR, 0 },
	{ { "path-length", "RFC 5280 §4.2.1.9, §6.1.4 (m)", USE }, path_length, ABOVE, 0 },
	{ { "key-cert-sign", "RFC 5280 §4.2.1.3, §6.1.4 (n)", USE }, sign_certs, ABOVE, 0 },
	{ { "key-usage", "RFC 8446 §4.4.2.2", USE }, serve_handshakes, LEAF, 0 },
	{ { "extended-key-usage", "RFC 5280 §4.2.1.12", USE }, purpose, ALL, 0 },
	{ { "key", "RFC 3279 §2.3, RFC 5480, RFC 8410", USE }, key, ALL, 0 },
	{ { "unknown-critical", "RFC 5280 §4.2", BAD }, unknown_critical, ALL, 0 },
	{ { "serial", "RFC 5280 §4.1.2.2", BAD }, serial, ISSUED, 0 },
	{ { "issuer", "RFC 5280 §4.1.2.4", BAD }, issuer, ALL, 0 },
	{ { "subject", "RFC 5280 §4.1.2.6", BAD }, subject, ABOVE, 0 },
	{ { "subject-alt-name", "RFC 5280 §4.2.1.6", BAD }, subject_alt, LEAF, 0 },
	{ { "criticality", "RFC 5280 §4.2", BAD }, criticality, ALL, 0 },
	{ { "name-constraints-place", "RFC 5280 §4.2.1.10", BAD },
	  name_constraints_place, ALL, 0 },
	{ { "name-constraints-critical", "RFC 5280 §4.2.1.10", BAD },
	  constraints_critical, ABOVE, RULES_STRICT },
	{ { "ca-marks", "RFC 5280 §4.2.1.3, §4.2.1.9", BAD }, no_ca_marks, LEAF, 0 },
	{ { "key-identifiers", "RFC 5280 §4.2.1.1, §4.2.1.2", BAD }, key_ids, ALL, RULES_STRICT },
	{ { "web-time", "RFC 5280 §4.1.2.5", BAD }, web_time, ISSUED, RULES_WEB },
	{ { "web-key", "BR §6.1.5", USE }, web_key, ALL, RULES_WEB },
	{ { "web-root", "BR §7.1.2.1", BAD }, web_root, ANCHOR, RULES_WEB },
	{ { "web-leaf", "BR §7.1.2.7", BAD }, web_leaf, LEAF, RULES_WEB },
	{ { "web-purpose", "BR §7.1.2.7.10", USE }, web_purpose, LEAF, RULES_WEB },
	{ { "web-common-name", "BR §7.1.4.3", BAD }, web_common_name, LEAF, RULES_WEB },
	{ { "web-crl-points", "BR §7.1.2.11.2", BAD }, web_crl_points, ISSUED, RULES_WEB },
};

enum { RULES = sizeof(rules) / sizeof(rules[0]) };

bool rules_allow(const struct x509 *x, const struct place *p, struct finding *f)
{
	unsigned int where = p->depth == 0 ? LEAF : p->anchor ? ANCHOR : CA, i;

	for (i = 0; i < RULES; i++)
		if (rules[i].where & where &&
		    (!rules[i].profile || rules[i].profile & p->profile) &&
		    !rules[i].check(x, p, &rules[i].name, f))
			return false;
	return true;
}

bool rules_allow_again(const struct x509 *x, const struct place *p, struct finding *f)
{
	unsigned int i;

	for (i = 0; i < RULES; i++)
		if (rules[i].check == path_length)
			return path_length(x, p, &rules[i].name, f);
	return false;
}

const struct rule_name *rules_name(unsigned int i)
{
	return i < RULES ? &rules[i].name : NULL;
}
