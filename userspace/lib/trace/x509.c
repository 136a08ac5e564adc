// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Certificates (RFC 5280 §4.1) taken apart for the eye, from their DER. It checks nothing: that is
 * x509/ and libcrypto.
 */
#include <stdio.h>

#include "trace/decode.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0,
	DER_CONTEXT_3 = 0xa3,
};

struct der {
	uint8_t tag;
	struct bytes body;
	struct bytes whole;
};

/* The next element of @r: a tag of one byte, a length of at most four. */
static bool der_next(struct bytes *r, struct der *e)
{
	struct bytes at = *r, lens;
	uint32_t n = 0;
	uint8_t len;
	size_t i;

	if (!rd_u8(&at, &e->tag) || (e->tag & 0x1f) == 0x1f || !rd_u8(&at, &len))
		return false;
	if (len < 0x80) {
		n = len;
	} else {
		if ((len & 0x7f) > 4 || !rd_bytes(&at, len & 0x7f, &lens))
			return false;
		for (i = 0; i < lens.n; i++)
			n = n << 8 | lens.p[i];
	}
	if (!rd_bytes(&at, n, &e->body))
		return false;
	e->whole = bytes_of(r->p, (size_t)(at.p - r->p));
	*r = at;
	return true;
}

static bool der_want(struct bytes *r, uint8_t tag, struct der *e)
{
	struct bytes at = *r;

	if (!der_next(&at, e) || e->tag != tag)
		return false;
	*r = at;
	return true;
}

/* Object identifiers by their DER; those a reader is likely to meet. */
static const struct {
	const char *der;
	uint8_t n;
	const char *name;
} oids[] = {
#define OID(der, name) { der, sizeof(der) - 1, name }
	OID("\x55\x04\x03", "CN"), OID("\x55\x04\x06", "C"), OID("\x55\x04\x07", "L"),
	OID("\x55\x04\x08", "ST"), OID("\x55\x04\x0a", "O"), OID("\x55\x04\x0b", "OU"),
	OID("\x55\x04\x05", "serialNumber"), OID("\x55\x04\x61", "organizationIdentifier"),
	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress"),
	OID("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"),
	OID("\x55\x1d\x0e", "subjectKeyIdentifier"), OID("\x55\x1d\x0f", "keyUsage"),
	OID("\x55\x1d\x11", "subjectAltName"), OID("\x55\x1d\x13", "basicConstraints"),
	OID("\x55\x1d\x1e", "nameConstraints"), OID("\x55\x1d\x1f", "cRLDistributionPoints"),
	OID("\x55\x1d\x20", "certificatePolicies"), OID("\x55\x1d\x23", "authorityKeyIdentifier"),
	OID("\x55\x1d\x25", "extKeyUsage"),
	OID("\x2b\x06\x01\x05\x05\x07\x01\x01", "authorityInfoAccess"),
	OID("\x2b\x06\x01\x05\x05\x07\x01\x18", "tlsFeature"),
	OID("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02", "signedCertificateTimestampList"),
	OID("\x2b\x06\x01\x05\x05\x07\x03\x01", "serverAuth"),
	OID("\x2b\x06\x01\x05\x05\x07\x03\x02", "clientAuth"),
	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "rsaEncryption"),
	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "rsassaPss"),
	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", "sha256WithRSAEncryption"),
	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", "sha384WithRSAEncryption"),
	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", "sha512WithRSAEncryption"),
	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", "sha1WithRSAEncryption"),
	OID("\x2a\x86\x48\xce\x3d\x02\x01", "ecPublicKey"),
	OID("\x2a\x86\x48\xce\x3d\x03\x01\x07", "P-256"),
	OID("\x2b\x81\x04\x00\x22", "P-384"), OID("\x2b\x81\x04\x00\x23", "P-521"),
	OID("\x2a\x86\x48\xce\x3d\x04\x03\x02", "ecdsa-with-SHA256"),
	OID("\x2a\x86\x48\xce\x3d\x04\x03\x03", "ecdsa-with-SHA384"),
	OID("\x2a\x86\x48\xce\x3d\x04\x03\x04", "ecdsa-with-SHA512"),
	OID("\x2b\x65\x70", "Ed25519"), OID("\x2b\x65\x71", "Ed448"),
#undef OID
};

static const char *oid_name(struct bytes der)
{
	size_t i;

	for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++)
		if (bytes_equal(der, bytes_of(oids[i].der, oids[i].n)))
			return oids[i].name;
	return "object identifier";
}

/* One RelativeDistinguishedName part behind what stands in @out already. */
static bool add_name_part(struct bytes attr, char *out, size_t size)
{
	struct der seq, oid, value;
	size_t at = strlen(out);
	char text[160];

	if (!der_want(&attr, DER_SEQUENCE, &seq) || !der_want(&seq.body, DER_OID, &oid) ||
	    !der_next(&seq.body, &value))
		return false;
	if (value.tag == DER_BMP_STRING)
		snprintf(text, sizeof(text), "(%zu bytes of UCS-2)", value.body.n);
	else
		trace_text(value.body, text, sizeof(text));
	snprintf(out + at, size - at, "%s%s=%s", at ? ", " : "", oid_name(oid.body), text);
	return true;
}

bool trace_name_der(struct bytes der, char *out, size_t size)
{
	struct der name, rdn;

	out[0] = '\0';
	if (!der_want(&der, DER_SEQUENCE, &name))
		return false;
	while (name.body.n)
		if (!der_want(&name.body, DER_SET, &rdn) || !add_name_part(rdn.body, out, size))
			return false;
	if (!out[0])
		snprintf(out, size, "(empty)");
	return true;
}

static bool name_field(struct trace_out *o, const char *what, struct bytes *r)
{
	struct der e;
	char text[400];

	if (!der_want(r, DER_SEQUENCE, &e) || !trace_name_der(e.whole, text, sizeof(text)))
		return false;
	trace_field(o, what, e.body, "%s", text);
	return true;
}

/* UTCTime "YYMMDDhhmmssZ" or GeneralizedTime "YYYYMMDDhhmmssZ", for people. */
static bool time_field(struct trace_out *o, const char *what, struct bytes *r)
{
	struct der e;
	char t[17];
	size_t n;

	if (!der_next(r, &e) || (e.body.n != 13 && e.body.n != 15))
		return false;
	n = e.body.n == 13 ? 2 : 0;
	memcpy(t, e.body.p[0] < '5' ? "20" : "19", 2);
	memcpy(t + n, e.body.p, e.body.n);
	for (n = 0; n < 14; n++)
		if (t[n] < '0' || t[n] > '9')
			return false;
	trace_field(o, what, e.body, "%.4s-%.2s-%.2s %.2s:%.2s:%.2s UTC", t, t + 4, t + 6, t + 8,
		    t + 10, t + 12);
	return true;
}

static bool algorithm_field(struct trace_out *o, const char *what, struct bytes *r)
{
	struct der e, oid;

	if (!der_want(r, DER_SEQUENCE, &e) || !der_want(&e.body, DER_OID, &oid))
		return false;
	trace_field(o, what, oid.body, "%s", oid_name(oid.body));
	return true;
}

/* Bits of the modulus in an RSAPublicKey, or 0. */
static size_t rsa_bits(struct bytes key)
{
	struct der seq, n;
	uint8_t unused, top;
	size_t bits;

	if (!rd_u8(&key, &unused) || !der_want(&key, DER_SEQUENCE, &seq) ||
	    !der_want(&seq.body, DER_INTEGER, &n))
		return 0;
	while (n.body.n && !n.body.p[0])
		rd_u8(&n.body, &top);
	if (!n.body.n)
		return 0;
	bits = 8 * n.body.n;
	for (top = n.body.p[0]; !(top & 0x80); top <<= 1)
		bits--;
	return bits;
}

static bool key_field(struct trace_out *o, struct bytes *r)
{
	struct der spki, alg, oid, key, curve;
	const char *name;

	if (!der_want(r, DER_SEQUENCE, &spki) || !der_want(&spki.body, DER_SEQUENCE, &alg) ||
	    !der_want(&alg.body, DER_OID, &oid) || !der_want(&spki.body, DER_BIT_STRING, &key))
		return false;
	name = oid_name(oid.body);
	if (der_want(&alg.body, DER_OID, &curve))
		trace_field(o, "subjectPublicKeyInfo", key.body, "%s, %s", name,
			    oid_name(curve.body));
	else if (strncmp(name, "rsa", 3) == 0)
		trace_field(o, "subjectPublicKeyInfo", key.body, "%s, %zu bits", name,
			    rsa_bits(key.body));
	else
		trace_field(o, "subjectPublicKeyInfo", key.body, "%s", name);
	return true;
}

static void alt_name(struct trace_out *o, const struct der *e)
{
	const uint8_t *p = e->body.p;
	char text[300];

	switch (e->tag & 0x1f) {
	case 1:
	case 2:
	case 6:
		trace_field(o, (e->tag & 0x1f) == 2 ? "dNSName" : (e->tag & 0x1f) == 1 ?
			    "rfc822Name" : "uniformResourceIdentifier", e->body, "%s",
			    trace_text(e->body, text, sizeof(text)));
		break;
	case 7:
		if (e->body.n == 4)
			trace_field(o, "iPAddress", e->body, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
		else
			trace_opaque(o, "iPAddress", e->body);
		break;
	default:
		trace_opaque(o, "otherName", e->body);
	}
}

static void extension_parts(struct trace_out *o, const char *name, struct bytes value)
{
	struct der seq, e;

	if (strcmp(name, "subjectAltName") != 0 && strcmp(name, "extKeyUsage") != 0)
		return;
	if (!der_want(&value, DER_SEQUENCE, &seq))
		return;
	while (der_next(&seq.body, &e)) {
		if (e.tag == DER_OID)
			trace_field(o, "purpose", e.body, "%s", oid_name(e.body));
		else
			alt_name(o, &e);
	}
}

static bool is_ca(struct bytes value)
{
	struct der seq, ca;

	return der_want(&value, DER_SEQUENCE, &seq) && der_want(&seq.body, DER_BOOLEAN, &ca) &&
	       ca.body.n == 1 && ca.body.p[0];
}

static bool extension_fields(struct trace_out *o, struct bytes *r)
{
	struct der outer, list, ext, oid, critical, value;
	const char *name, *must;

	if (!der_want(r, DER_CONTEXT_3, &outer))
		return true;
	if (!der_want(&outer.body, DER_SEQUENCE, &list))
		return false;
	while (list.body.n) {
		if (!der_want(&list.body, DER_SEQUENCE, &ext) ||
		    !der_want(&ext.body, DER_OID, &oid))
			return false;
		must = der_want(&ext.body, DER_BOOLEAN, &critical) ? "critical" : "";
		if (!der_want(&ext.body, DER_OCTET_STRING, &value))
			return false;
		name = oid_name(oid.body);
		if (strcmp(name, "basicConstraints") == 0)
			trace_field(o, name, value.body, "%s%s%s", must, *must ? ", " : "",
				    is_ca(value.body) ? "a CA" : "not a CA");
		else
			trace_field(o, name, value.body, "%s", must);
		o->depth++;
		extension_parts(o, name, value.body);
		o->depth--;
	}
	return true;
}

bool trace_certificate(struct trace_out *o, struct bytes der)
{
	struct der cert, tbs, version, serial, validity;
	struct bytes r;

	if (!der_want(&der, DER_SEQUENCE, &cert) || !der_want(&cert.body, DER_SEQUENCE, &tbs))
		return false;
	r = tbs.body;
	if (der_want(&r, DER_CONTEXT_0, &version) && version.body.n == 3)
		trace_field(o, "version", version.body, "%u", version.body.p[2] + 1u);
	if (!der_want(&r, DER_INTEGER, &serial))
		return false;
	trace_opaque(o, "serialNumber", serial.body);
	if (!algorithm_field(o, "signature", &r) || !name_field(o, "issuer", &r) ||
	    !der_want(&r, DER_SEQUENCE, &validity) ||
	    !time_field(o, "notBefore", &validity.body) ||
	    !time_field(o, "notAfter", &validity.body) || !name_field(o, "subject", &r) ||
	    !key_field(o, &r))
		return false;
	return extension_fields(o, &r);
}

bool trace_path_step(struct trace_out *o, const char *place, struct bytes der)
{
	struct der cert, tbs, e, serial, issuer, validity, subject;
	struct bytes r = der;
	char text[512];

	if (!der_want(&r, DER_SEQUENCE, &cert) || !der_want(&cert.body, DER_SEQUENCE, &tbs))
		return false;
	r = tbs.body;
	der_want(&r, DER_CONTEXT_0, &e);
	if (!der_want(&r, DER_INTEGER, &serial) || !der_want(&r, DER_SEQUENCE, &e) ||
	    !der_want(&r, DER_SEQUENCE, &issuer) || !der_want(&r, DER_SEQUENCE, &validity) ||
	    !der_want(&r, DER_SEQUENCE, &subject) ||
	    !trace_name_der(subject.whole, text, sizeof(text)))
		return false;
	trace_field(o, place, der, "%s", text);
	o->depth++;
	trace_opaque(o, "serialNumber", serial.body);
	if (trace_name_der(issuer.whole, text, sizeof(text)))
		trace_field(o, "issuer", issuer.whole, "%s", text);
	time_field(o, "notBefore", &validity.body);
	time_field(o, "notAfter", &validity.body);
	o->depth--;
	return true;
}
