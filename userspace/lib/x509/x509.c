// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Certificate and TBSCertificate, RFC 5280 §4.1. */
#include "x509/der.h"
#include "x509/dn.h"
#include "x509/x509.h"

static const struct rule_name certificate_rule = { "certificate", "RFC 5280 §4.1",
						   SEALSOCK_ERR_CERT_BAD };
static const struct rule_name algorithm_rule = { "signature-algorithm", "RFC 5280 §4.1.1.2",
						 SEALSOCK_ERR_CERT_BAD };

#define TIME_2050 INT64_C(2524608000)	/* 2050-01-01 00:00:00 UTC */

/* version [0] EXPLICIT, which DER leaves out where it is 1. */
static bool read_version(struct bytes *tbs, uint8_t *version)
{
	struct bytes field, number;
	uint32_t v;

	*version = 1;
	if (!der_maybe(tbs, 0xa0, &field) || !field.p)
		return !field.p;
	if (!der_take(&field, DER_INTEGER, &number) || field.n || !der_u32(number, &v) ||
	    v < 1 || v > 2)
		return false;
	*version = (uint8_t)(v + 1);
	return true;
}

static bool read_validity(struct bytes *tbs, struct x509 *x)
{
	struct bytes seq;
	uint8_t before, after;

	if (!der_take(tbs, DER_SEQUENCE, &seq) || !der_take_time(&seq, &before, &x->not_before) ||
	    !der_take_time(&seq, &after, &x->not_after) || seq.n)
		return false;
	x->old_time = (before == DER_GENERALIZED_TIME && x->not_before < TIME_2050) ||
		      (after == DER_GENERALIZED_TIME && x->not_after < TIME_2050);
	return true;
}

static bool read_name(struct bytes *tbs, struct bytes *name)
{
	return der_take_whole(tbs, DER_SEQUENCE, name) && dn_is_valid(*name);
}

/* The optional end: unique identifiers, from version 2, and extensions, from version 3. */
static const char *read_end(struct bytes *tbs, struct x509 *x, struct bytes *exts)
{
	struct bytes id, field;
	uint8_t tag;

	*exts = bytes_of(NULL, 0);
	for (tag = 0x81; tag <= 0x82; tag++) {
		if (!der_maybe(tbs, tag, &id))
			return "unique identifiers that can be read";
		if (id.p && (x->version < 2 || id.n == 0 || id.p[0] > 7))
			return "unique identifiers only from version 2 on";
	}
	if (!der_maybe(tbs, 0xa3, &field))
		return "extensions that can be read";
	if (field.p) {
		if (x->version != 3)
			return "extensions only in version 3";
		if (!der_take(&field, DER_SEQUENCE, exts) || field.n || !exts->n)
			return "at least one extension";
	}
	return tbs->n ? "nothing behind the extensions" : NULL;
}

/* What must be right before anything else is looked at; what is wrong, or NULL. */
static const char *read_tbs(struct bytes tbs, struct x509 *x, struct bytes *inner,
			    struct bytes *exts)
{
	struct bytes spki;

	if (!read_version(&tbs, &x->version))
		return "a version of 1, 2 or 3 in DER";
	if (!der_take(&tbs, DER_INTEGER, &x->serial) || !der_is_integer(x->serial))
		return "a serial number in DER";
	if (!der_take(&tbs, DER_SEQUENCE, inner))
		return "a signature algorithm";
	if (!read_name(&tbs, &x->issuer))
		return "an issuer in DER";
	if (!read_validity(&tbs, x))
		return "a validity in the form of §4.1.2.5";
	if (!read_name(&tbs, &x->subject))
		return "a subject in DER";
	if (!der_take_whole(&tbs, DER_SEQUENCE, &spki) || !spki_parse(spki, &x->spki))
		return "a public key in DER";
	return read_end(&tbs, x, exts);
}

bool x509_parse(struct bytes der, struct x509 *x, struct finding *f)
{
	struct bytes r = der, seq, tbs, bits, inner, exts;
	const char *wanted;

	*x = (struct x509){
		.der = der, .path_len = X509_NONE, .require_explicit = X509_NONE,
		.inhibit_mapping = X509_NONE, .inhibit_any = X509_NONE,
	};
	if (!der_take(&r, DER_SEQUENCE, &seq) || r.n ||
	    !der_take_whole(&seq, DER_SEQUENCE, &x->tbs) ||
	    !der_take(&seq, DER_SEQUENCE, &x->sig_alg) || !der_take(&seq, DER_BIT_STRING, &bits) ||
	    seq.n || !der_octets(bits, &x->signature))
		return finding_set(f, &certificate_rule, "a certificate in DER", "%s", "");
	tbs = x->tbs;
	if (!der_take(&tbs, DER_SEQUENCE, &tbs))
		return finding_set(f, &certificate_rule, "a certificate in DER", "%s", "");
	wanted = read_tbs(tbs, x, &inner, &exts);
	if (wanted)
		return finding_set(f, &certificate_rule, wanted, "%s", "");
	x->self_issued = dn_equal(x->issuer, x->subject);
	if (!bytes_equal(inner, x->sig_alg))
		return finding_set(f, &algorithm_rule, "the same algorithm inside and outside",
				   "two");
	return !exts.n || x509_read_exts(x, exts, f);
}
