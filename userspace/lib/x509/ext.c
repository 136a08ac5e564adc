// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Extensions of certificates, RFC 5280 §4.2: are they in DER, and what do they say? */
#include "x509/constraint.h"
#include "x509/der.h"
#include "x509/gn.h"
#include "x509/oid.h"
#include "x509/policy.h"
#include "x509/x509.h"

enum { EXTENSIONS_MAX = 64 };

static const struct rule_name extension_rule = { "extension", "RFC 5280 §4.2",
						 SEALSOCK_ERR_CERT_BAD };

bool x509_next_ext(struct bytes *r, struct x509_extension *out)
{
	struct bytes seq, flag;

	if (!der_take(r, DER_SEQUENCE, &seq) || !der_take(&seq, DER_OID, &out->oid) ||
	    !der_is_oid(out->oid) || !der_maybe(&seq, DER_BOOLEAN, &flag))
		return false;
	out->critical = false;
	/* DER leaves the default out: FALSE does not appear. */
	if (flag.p && (!der_bool(flag, &out->critical) || !out->critical))
		return false;
	return der_take(&seq, DER_OCTET_STRING, &out->value) && !seq.n;
}

bool x509_eku_has(struct bytes eku, struct bytes purpose)
{
	struct bytes seq, oid;

	if (!der_take(&eku, DER_SEQUENCE, &seq))
		return false;
	while (der_take(&seq, DER_OID, &oid))
		if (bytes_equal(oid, purpose))
			return true;
	return false;
}

static bool is_sequence_of_oids(struct bytes v)
{
	struct bytes seq, oid;

	if (!der_take(&v, DER_SEQUENCE, &seq) || v.n || !seq.n)
		return false;
	while (seq.n)
		if (!der_take(&seq, DER_OID, &oid) || !der_is_oid(oid))
			return false;
	return true;
}

static bool read_ski(struct x509 *x, struct bytes v)
{
	return der_take(&v, DER_OCTET_STRING, &x->ski) && !v.n && x->ski.n;
}

/* §4.2.1.1: issuer and serial number are there both or not at all. */
static bool read_aki(struct x509 *x, struct bytes v)
{
	struct bytes seq, issuer, serial;

	if (!der_take(&v, DER_SEQUENCE, &seq) || v.n || !der_maybe(&seq, 0x80, &x->aki) ||
	    !der_maybe(&seq, 0xa1, &issuer) || !der_maybe(&seq, 0x82, &serial) || seq.n)
		return false;
	x->aki_more = issuer.p || serial.p;
	return (!issuer.p || gn_is_list(issuer)) && (!serial.p || der_is_integer(serial));
}

static bool read_key_usage(struct x509 *x, struct bytes v)
{
	struct bytes bits;

	return der_take(&v, DER_BIT_STRING, &bits) && !v.n && der_named_bits(bits, &x->key_usage);
}

/* cA FALSE that is written out is no DER, and so frequent that it is let pass. */
static bool read_basic_constraints(struct x509 *x, struct bytes v)
{
	struct bytes seq, ca, len;

	if (!der_take(&v, DER_SEQUENCE, &seq) || v.n || !der_maybe(&seq, DER_BOOLEAN, &ca) ||
	    !der_maybe(&seq, DER_INTEGER, &len) || seq.n)
		return false;
	if (ca.p && !der_bool(ca, &x->is_ca))
		return false;
	if (len.p && len.n > 4 && der_is_integer(len) && !(len.p[0] & 0x80))
		x->path_len = X509_NONE - 1;
	else if (len.p && !der_u32(len, &x->path_len))
		return false;
	return true;
}

static bool read_names(struct x509 *x, struct bytes v)
{
	struct bytes seq;

	(void)x;
	return der_take(&v, DER_SEQUENCE, &seq) && !v.n && gn_is_list(seq);
}

static bool read_name_constraints(struct x509 *x, struct bytes v)
{
	(void)x;
	return constraints_are_valid(v);
}

static bool read_policies(struct x509 *x, struct bytes v)
{
	return policies_are_valid(v, x509_critical(x, X509_POLICIES));
}

static bool read_mappings(struct x509 *x, struct bytes v)
{
	(void)x;
	return mappings_are_valid(v);
}

/* A SkipCerts: how many certificates further on. */
static bool read_skip(struct bytes field, uint32_t *v)
{
	return !field.p || der_u32(field, v);
}

static bool read_policy_constraints(struct x509 *x, struct bytes v)
{
	struct bytes seq, explicit, mapping;

	return der_take(&v, DER_SEQUENCE, &seq) && !v.n && der_maybe(&seq, 0x80, &explicit) &&
	       der_maybe(&seq, 0x81, &mapping) && !seq.n && (explicit.p || mapping.p) &&
	       read_skip(explicit, &x->require_explicit) && read_skip(mapping, &x->inhibit_mapping);
}

static bool read_inhibit_any(struct x509 *x, struct bytes v)
{
	struct bytes skip;

	return der_take(&v, DER_INTEGER, &skip) && !v.n && der_u32(skip, &x->inhibit_any);
}

static bool read_eku(struct x509 *x, struct bytes v)
{
	(void)x;
	return is_sequence_of_oids(v);
}

/* AccessDescriptions, of which there is at least one (§4.2.2). */
static bool read_access(struct x509 *x, struct bytes v)
{
	struct bytes seq, one, oid;
	struct gn where;

	(void)x;
	if (!der_take(&v, DER_SEQUENCE, &seq) || v.n || !seq.n)
		return false;
	while (seq.n)
		if (!der_take(&seq, DER_SEQUENCE, &one) || !der_take(&one, DER_OID, &oid) ||
		    !der_is_oid(oid) || !gn_next(&one, false, &where) || one.n)
			return false;
	return true;
}

/* RFC 7633 §3: TLS extensions that the server will use; 5 is status_request. */
static bool read_tls_feature(struct x509 *x, struct bytes v)
{
	struct bytes seq, number;
	uint32_t feature;

	if (!der_take(&v, DER_SEQUENCE, &seq) || v.n)
		return false;
	while (seq.n) {
		if (!der_take(&seq, DER_INTEGER, &number) || !der_u32(number, &feature))
			return false;
		if (feature == 5)
			x->must_staple = true;
	}
	return true;
}

static bool read_sequence(struct x509 *x, struct bytes v)
{
	struct bytes seq;

	(void)x;
	return der_take(&v, DER_SEQUENCE, &seq) && !v.n && seq.n;
}

static bool read_null(struct x509 *x, struct bytes v)
{
	struct bytes none;

	(void)x;
	return der_take(&v, DER_NULL, &none) && !none.n && !v.n;
}

static const struct {
	struct bytes oid;
	bool (*read)(struct x509 *x, struct bytes value);
	const char *wanted;
} known[X509_EXTS] = {
	[X509_SKI] = { OID_SKI, read_ski, "a subjectKeyIdentifier in DER" },
	[X509_KEY_USAGE] = { OID_KEY_USAGE, read_key_usage, "a keyUsage in DER" },
	[X509_SAN] = { OID_SAN, read_names, "names in DER in the subjectAltName" },
	[X509_ISSUER_ALT] = { OID_ISSUER_ALT, read_names, "names in DER in the issuerAltName" },
	[X509_BASIC_CONSTRAINTS] = { OID_BASIC_CONSTRAINTS, read_basic_constraints,
				     "basicConstraints in DER" },
	[X509_NAME_CONSTRAINTS] = { OID_NAME_CONSTRAINTS, read_name_constraints,
				    "nameConstraints that can be read" },
	[X509_CRL_POINTS] = { OID_CRL_POINTS, read_sequence, "cRLDistributionPoints in DER" },
	[X509_POLICIES] = { OID_POLICIES, read_policies,
			    "certificatePolicies that can be read, each once" },
	[X509_MAPPINGS] = { OID_MAPPINGS, read_mappings,
			    "policyMappings that can be read, none of anyPolicy" },
	[X509_AKI] = { OID_AKI, read_aki, "an authorityKeyIdentifier in DER" },
	[X509_POLICY_CONSTRAINTS] = { OID_POLICY_CONSTRAINTS, read_policy_constraints,
				      "policyConstraints in DER" },
	[X509_EKU] = { OID_EKU, read_eku, "an extKeyUsage in DER" },
	[X509_FRESHEST_CRL] = { OID_FRESHEST_CRL, read_sequence, "a freshestCRL in DER" },
	[X509_INHIBIT_ANY] = { OID_INHIBIT_ANY, read_inhibit_any, "an inhibitAnyPolicy in DER" },
	[X509_AUTHORITY_INFO] = { OID_AUTHORITY_INFO, read_access,
				  "an authorityInfoAccess in DER" },
	[X509_SUBJECT_INFO] = { OID_SUBJECT_INFO, read_access, "a subjectInfoAccess in DER" },
	[X509_SUBJECT_DIRECTORY] = { OID_SUBJECT_DIRECTORY, read_sequence,
				     "subjectDirectoryAttributes in DER" },
	[X509_TLS_FEATURE] = { OID_TLS_FEATURE, read_tls_feature, "TLS features in DER" },
	[X509_OCSP_NOCHECK] = { OID_OCSP_NOCHECK, read_null, "an ocsp-nocheck in DER" },
};

static enum x509_ext ext_of(struct bytes oid)
{
	unsigned int i;

	for (i = 0; i < X509_EXTS; i++)
		if (bytes_equal(oid, known[i].oid))
			break;
	return (enum x509_ext)i;
}

/* §4.2: no extension twice. The known ones have bits; the others are compared with each other. */
static bool is_double(const struct x509 *x, enum x509_ext e, struct bytes oid,
		      const struct bytes *others, unsigned int n)
{
	if (e < X509_EXTS)
		return x509_has(x, e);
	while (n--)
		if (bytes_equal(others[n], oid))
			return true;
	return false;
}

static bool read_known(struct x509 *x, enum x509_ext e, const struct x509_extension *ext,
		       struct finding *f)
{
	x->has |= X509_BIT(e);
	if (ext->critical)
		x->critical |= X509_BIT(e);
	x->ext[e] = ext->value;
	return known[e].read(x, ext->value) ||
	       finding_set(f, &extension_rule, known[e].wanted, "%s", "");
}

bool x509_read_exts(struct x509 *x, struct bytes list, struct finding *f)
{
	struct bytes others[EXTENSIONS_MAX];
	struct x509_extension ext;
	unsigned int count = 0, n = 0;
	char oid[64];
	enum x509_ext e;

	while (list.n) {
		if (++count > EXTENSIONS_MAX)
			return finding_set(f, &extension_rule, "at most 64 extensions", "more");
		if (!x509_next_ext(&list, &ext))
			return finding_set(f, &extension_rule, "extensions in DER", "%s", "");
		e = ext_of(ext.oid);
		if (is_double(x, e, ext.oid, others, n)) {
			text_oid(ext.oid, oid, sizeof(oid));
			return finding_set(f, &extension_rule, "each extension once", "%s twice",
					   oid);
		}
		if (e < X509_EXTS) {
			if (!read_known(x, e, &ext, f))
				return false;
			continue;
		}
		others[n++] = ext.oid;
		if (ext.critical && !x->unknown.n)
			x->unknown = ext.oid;
	}
	return true;
}
