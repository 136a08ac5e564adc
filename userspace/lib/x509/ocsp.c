// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/der.h"
#include "x509/dn.h"
#include "x509/ocsp.h"
#include "x509/oid.h"
#include "x509/signature.h"

/* Of single responses looked at, and of certificates that come with the response. */
enum { SINGLES_MAX = 32, RESPONDERS_MAX = 4 };

static const struct rule_name response_rule = { "ocsp-response", "RFC 6960 §4.2.1",
						SEALSOCK_ERR_BAD_STAPLE };
static const struct rule_name responder_rule = { "ocsp-responder", "RFC 6960 §4.2.2.2",
						 SEALSOCK_ERR_BAD_STAPLE };
static const struct rule_name time_rule = { "ocsp-time", "RFC 6960 §4.2.2.1",
					    SEALSOCK_ERR_BAD_STAPLE };
static const struct rule_name status_rule = { "ocsp-status", "RFC 6960 §2.2",
					      SEALSOCK_ERR_BAD_STAPLE };
static const struct rule_name revoked_rule = { "revoked", "RFC 6960 §2.2",
					       SEALSOCK_ERR_CERT_REVOKED };

/* BasicOCSPResponse, taken apart. */
struct response {
	struct bytes tbs, sig_alg, signature, certs;
	struct bytes by_name, by_key;	/* the responder: one of them */
	struct bytes singles;
};

/* SingleResponse; @next INT64_MIN: it has no end. */
struct single {
	struct bytes cert_id;
	uint8_t status;
	int64_t this, next;
};

enum { STATUS_GOOD = 0x80, STATUS_REVOKED = 0xa1, STATUS_UNKNOWN = 0x82 };

struct judge {
	const struct crypto *crypto;
	const struct sealsock_env *env;
	const struct x509 *x, *issuer;
	int64_t now;
	struct finding *f;
};

static bool bad(const struct judge *j, const char *wanted)
{
	return finding_set(j->f, &response_rule, wanted, "%s", "");
}

/* The outer shell: a status, and within it the response of the one type there is. */
static bool open_shell(const struct judge *j, struct bytes r, struct bytes *basic)
{
	struct bytes seq, status, bytes, type;
	uint32_t v;

	if (!der_take(&r, DER_SEQUENCE, &seq) || r.n || !der_take(&seq, DER_ENUMERATED, &status) ||
	    !der_u32(status, &v))
		return bad(j, "an OCSP response in DER");
	if (v)
		return finding_set(j->f, &status_rule, "a successful response", "status %u", v);
	if (!der_take(&seq, 0xa0, &bytes) || seq.n || !der_take(&bytes, DER_SEQUENCE, &seq) ||
	    bytes.n || !der_take(&seq, DER_OID, &type) ||
	    !der_take(&seq, DER_OCTET_STRING, basic) || seq.n)
		return bad(j, "an OCSP response in DER");
	return bytes_equal(type, OID_OCSP_BASIC) || bad(j, "a response of the basic type");
}

/* Nothing that must be understood and is not. */
static bool exts_are_fine(struct bytes field)
{
	struct x509_extension ext;
	struct bytes list;

	if (!field.p)
		return true;
	if (!der_take(&field, DER_SEQUENCE, &list) || field.n)
		return false;
	while (list.n)
		if (!x509_next_ext(&list, &ext) || ext.critical)
			return false;
	return true;
}

static bool read_data(struct bytes data, struct response *out)
{
	struct bytes version, number, name, key, exts;
	uint32_t v;
	uint8_t tag;
	int64_t produced;

	if (!der_take(&data, DER_SEQUENCE, &data) || !der_maybe(&data, 0xa0, &version))
		return false;
	if (version.p && (!der_take(&version, DER_INTEGER, &number) || version.n ||
			  !der_u32(number, &v) || v))
		return false;
	if (!der_maybe(&data, 0xa1, &name) || !der_maybe(&data, 0xa2, &key) || !name.p == !key.p)
		return false;
	if (name.p && (!der_take_whole(&name, DER_SEQUENCE, &out->by_name) || name.n))
		return false;
	if (key.p && (!der_take(&key, DER_OCTET_STRING, &out->by_key) || key.n))
		return false;
	return der_take_time(&data, &tag, &produced) && tag == DER_GENERALIZED_TIME &&
	       der_take(&data, DER_SEQUENCE, &out->singles) && der_maybe(&data, 0xa1, &exts) &&
	       !data.n && exts_are_fine(exts);
}

static bool read_basic(const struct judge *j, struct bytes basic, struct response *out)
{
	struct bytes seq, bits, certs;

	*out = (struct response){ 0 };
	if (!der_take(&basic, DER_SEQUENCE, &seq) || basic.n ||
	    !der_take_whole(&seq, DER_SEQUENCE, &out->tbs) ||
	    !der_take(&seq, DER_SEQUENCE, &out->sig_alg) ||
	    !der_take(&seq, DER_BIT_STRING, &bits) || !der_octets(bits, &out->signature) ||
	    !der_maybe(&seq, 0xa0, &certs) || seq.n || !read_data(out->tbs, out))
		return bad(j, "a BasicOCSPResponse in DER, without critical extensions");
	if (certs.p && (!der_take(&certs, DER_SEQUENCE, &out->certs) || certs.n))
		return bad(j, "certificates in DER");
	return true;
}

static bool read_single(struct bytes *list, struct single *out)
{
	struct bytes seq, next, exts;
	struct der status;
	uint8_t tag;

	out->next = INT64_MIN;
	if (!der_take(list, DER_SEQUENCE, &seq) || !der_take(&seq, DER_SEQUENCE, &out->cert_id) ||
	    !der_any(&seq, &status) || !der_take_time(&seq, &tag, &out->this) ||
	    tag != DER_GENERALIZED_TIME || !der_maybe(&seq, 0xa0, &next) ||
	    !der_maybe(&seq, 0xa1, &exts) || seq.n || !exts_are_fine(exts))
		return false;
	out->status = status.tag;
	return !next.p || (der_take_time(&next, &tag, &out->next) && !next.n &&
			   tag == DER_GENERALIZED_TIME);
}

static int digest(const struct judge *j, enum hash_id id, struct bytes b, uint8_t out[HASH_MAX])
{
	struct hash *h = hash_new();
	int err = h ? hash_start(j->crypto, h, id) : SEALSOCK_ERR_NOMEM;

	if (!err)
		err = hash_add(h, b.p, b.n);
	if (!err)
		err = hash_end(h, out);
	hash_free(h);
	return err;
}

/* 1: the hash is that of @b; 0: it is not; else an error. */
static int is_digest(const struct judge *j, enum hash_id id, struct bytes hash, struct bytes b)
{
	uint8_t out[HASH_MAX];
	int err = digest(j, id, b, out);

	return err ? err : bytes_equal(hash, bytes_of(out, hash_len(id)));
}

/* RFC 6960 §4.1.1: the same serial number, and hashes of the issuer's name and key. */
static int is_about(const struct judge *j, struct bytes id)
{
	struct bytes alg, oid, name, key, serial, none;
	enum hash_id hash = HASH_SHA1;
	int r;

	if (!der_take(&id, DER_SEQUENCE, &alg) || !der_take(&alg, DER_OID, &oid) ||
	    !der_maybe(&alg, DER_NULL, &none) || alg.n ||
	    !der_take(&id, DER_OCTET_STRING, &name) || !der_take(&id, DER_OCTET_STRING, &key) ||
	    !der_take(&id, DER_INTEGER, &serial) || id.n)
		return 0;
	if (bytes_equal(oid, OID_SHA256))
		hash = HASH_SHA256;
	else if (bytes_equal(oid, OID_SHA384))
		hash = HASH_SHA384;
	else if (!bytes_equal(oid, OID_SHA1))
		return 0;
	if (!bytes_equal(serial, j->x->serial))
		return 0;
	r = is_digest(j, hash, name, j->issuer->subject);
	return r == 1 ? is_digest(j, hash, key, j->issuer->spki.parts.key) : r;
}

static bool internal(const struct judge *j, int err)
{
	finding_set(j->f, &response_rule, "memory", "%s", "");
	j->f->code = err;
	return false;
}

static bool find_single(const struct judge *j, struct bytes list, struct single *out)
{
	unsigned int i;
	int r;

	for (i = 0; list.n && i < SINGLES_MAX; i++) {
		if (!read_single(&list, out))
			return bad(j, "single responses in DER, without critical extensions");
		r = is_about(j, out->cert_id);
		if (r < 0)
			return internal(j, r);
		if (r)
			return true;
	}
	return finding_set(j->f, &response_rule, "a response about this certificate", "%s",
			   "others only");
}

static bool check_time(const struct judge *j, const struct single *s)
{
	if (s->this > j->now + OCSP_SKEW)
		return finding_set(j->f, &time_rule, "thisUpdate before now", "it is later");
	if (s->next == INT64_MIN)
		return s->this >= j->now - OCSP_AGE_MAX ||
		       finding_set(j->f, &time_rule, "no older than a day without nextUpdate",
				   "older");
	return s->next >= j->now - OCSP_SKEW ||
	       finding_set(j->f, &time_rule, "nextUpdate after now", "it is %lld s past",
			   (long long)(j->now - s->next));
}

/* Is it the responder that the response names? 1, 0, or an error. */
static int is_responder(const struct judge *j, const struct response *r, const struct x509 *who)
{
	if (r->by_name.p)
		return dn_equal(r->by_name, who->subject);
	return is_digest(j, HASH_SHA1, r->by_key, who->spki.parts.key);
}

/* RFC 6960 §4.2.2.2: for the very CA, for this purpose; valid now. */
static bool may_respond(const struct judge *j, const struct x509 *who)
{
	if (!dn_equal(who->issuer, j->issuer->subject))
		return finding_set(j->f, &responder_rule, "a responder issued by the issuer",
				   "another issuer");
	if (who->unknown.n || !x509_has(who, X509_EKU) ||
	    !x509_eku_has(who->ext[X509_EKU], OID_OCSP_SIGNING) ||
	    (x509_has(who, X509_KEY_USAGE) && !(who->key_usage & KU_DIGITAL_SIGNATURE)))
		return finding_set(j->f, &responder_rule, "a responder for OCSPSigning",
				   "a certificate that is not");
	return (j->now >= who->not_before && j->now <= who->not_after) ||
	       finding_set(j->f, &responder_rule, "a responder in its validity",
			   "one outside of it");
}

static bool signed_by(const struct judge *j, const struct response *r, const struct x509 *who)
{
	return signature_is_good(j->env, r->tbs, r->sig_alg, r->signature, &who->spki,
				 &response_rule, j->f);
}

/* The first certificate that may be the responder's is: one signature is tried, and no more. */
static bool check_delegate(const struct judge *j, const struct response *r)
{
	struct bytes certs = r->certs, der;
	struct finding ignored;
	struct x509 who;
	unsigned int i;
	int is;

	finding_set(j->f, &responder_rule, "the certificate of the responder", "none");
	for (i = 0; certs.n && i < RESPONDERS_MAX; i++) {
		if (!der_take_whole(&certs, DER_SEQUENCE, &der) ||
		    !x509_parse(der, &who, &ignored))
			return bad(j, "certificates in DER");
		is = is_responder(j, r, &who);
		if (is < 0)
			return internal(j, is);
		if (is && may_respond(j, &who))
			return signature_is_good(j->env, who.tbs, who.sig_alg, who.signature,
						 &j->issuer->spki, &responder_rule, j->f) &&
			       signed_by(j, r, &who);
	}
	return false;
}

static bool check_signer(const struct judge *j, const struct response *r)
{
	int is = is_responder(j, r, j->issuer);

	if (is < 0)
		return internal(j, is);
	return is ? signed_by(j, r, j->issuer) : check_delegate(j, r);
}

bool ocsp_is_good(const struct crypto *crypto, const struct sealsock_env *env,
		  struct bytes response, const struct x509 *x, const struct x509 *issuer,
		  int64_t now, struct finding *f)
{
	struct judge j = { .crypto = crypto, .env = env, .x = x, .issuer = issuer, .now = now,
			   .f = f };
	struct response r;
	struct single s;
	struct bytes basic;

	if (!open_shell(&j, response, &basic) || !read_basic(&j, basic, &r) ||
	    !find_single(&j, r.singles, &s) || !check_time(&j, &s) || !check_signer(&j, &r))
		return false;
	if (s.status == STATUS_REVOKED)
		return finding_set(f, &revoked_rule, "a certificate in force",
				   "revoked, says the stapled response");
	return s.status == STATUS_GOOD ||
	       finding_set(f, &status_rule, "the status good", "unknown");
}
