// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/crl_list.h"
#include "x509/der.h"
#include "x509/dn.h"
#include "x509/gn.h"
#include "x509/oid.h"
#include "x509/x509.h"

#define TIME_2050 INT64_C(2524608000)	/* 2050-01-01 00:00:00 UTC */

static const struct rule_name list_rule = { "crl", "RFC 5280 §5.1", SEALSOCK_ERR_CERT_BAD };
enum { NUMBER_MAX = 21, REASON_UNSPECIFIED = 0 };

int crl_number_compare(struct bytes a, struct bytes b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return a.n ? memcmp(a.p, b.p, a.n) : 0;
}

/* By length, then by value: any order will do, as long as equal numbers meet. */
static int compare(const struct crl_entry *a, const struct crl_entry *b)
{
	return crl_number_compare(bytes_of(a->serial, a->len), bytes_of(b->serial, b->len));
}

static void sift(struct crl_entry *v, size_t i, size_t n)
{
	struct crl_entry moved = v[i];
	size_t child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && compare(&v[child], &v[child + 1]) < 0)
			child++;
		if (compare(&moved, &v[child]) >= 0)
			break;
		v[i] = v[child];
		i = child;
	}
	v[i] = moved;
}

/* Heapsort: in place, and never slow, whatever the list was made for. */
static void sort(struct crl_entry *v, size_t n)
{
	struct crl_entry last;
	size_t i;

	for (i = n / 2; i--;)
		sift(v, i, n);
	for (i = n; i-- > 1;) {
		last = v[i];
		v[i] = v[0];
		v[0] = last;
		sift(v, 0, i);
	}
}

/* The first entry of this serial number, or where it would stand. */
static size_t first_of(const struct crl *c, struct bytes serial)
{
	size_t low = 0, high = c->count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (crl_number_compare(bytes_of(c->entries[mid].serial, c->entries[mid].len),
				       serial) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* §5.3.3: one of the names is a directory name, which the certificate has for its issuer. */
static bool is_issued_by(const struct crl *c, const struct crl_entry *e, struct bytes issuer)
{
	struct bytes names = bytes_of(c->der + e->issuer, c->size - e->issuer);
	struct gn name;

	if (!e->issuer)
		return dn_equal(c->issuer, issuer);
	if (!der_take(&names, DER_SEQUENCE, &names))
		return false;
	while (gn_next(&names, false, &name))
		if (name.kind == GN_DIRECTORY && dn_equal(name.value, issuer))
			return true;
	return false;
}

const struct crl_entry *crl_find(const struct crl *c, struct bytes issuer, struct bytes serial)
{
	const struct crl_entry *e;
	size_t i;

	for (i = first_of(c, serial); i < c->count; i++) {
		e = &c->entries[i];
		if (crl_number_compare(bytes_of(e->serial, e->len), serial))
			break;
		if (is_issued_by(c, e, issuer))
			return e;
	}
	return NULL;
}

/* §5.3: what an entry says beyond the serial number; what is wrong with it, or NULL. */
static const char *look_at_entry(const struct crl *c, struct bytes exts, struct crl_entry *e)
{
	struct x509_extension ext;
	struct bytes v, names, code;
	uint32_t reason;

	while (exts.n) {
		if (!x509_next_ext(&exts, &ext))
			return "an entry whose extensions cannot be read";
		v = ext.value;
		if (bytes_equal(ext.oid, OID_CRL_REASON)) {
			if (!der_take(&v, DER_ENUMERATED, &code) || v.n ||
			    !der_u32(code, &reason) || reason > UINT8_MAX)
				return "an entry whose reason cannot be read";
			e->reason = (uint8_t)reason;
		} else if (bytes_equal(ext.oid, OID_CERTIFICATE_ISSUER) && c->indirect) {
			if (!der_take(&v, DER_SEQUENCE, &names) || v.n || !gn_is_list(names))
				return "an entry whose certificateIssuer cannot be read";
			e->issuer = (uint32_t)(ext.value.p - c->der);
		} else if (ext.critical && !bytes_equal(ext.oid, OID_INVALIDITY_DATE)) {
			return "an entry with a critical extension that is unknown";
		}
	}
	return NULL;
}

static bool next_entry(struct bytes *list, struct bytes *serial, struct bytes *exts)
{
	struct bytes seq;
	int64_t when;
	uint8_t tag;

	return der_take(list, DER_SEQUENCE, &seq) && der_take(&seq, DER_INTEGER, serial) &&
	       der_is_integer(*serial) && serial->n <= UINT16_MAX &&
	       der_take_time(&seq, &tag, &when) && der_maybe(&seq, DER_SEQUENCE, exts) && !seq.n;
}

static void fill_entries(struct crl *c, struct bytes list)
{
	struct bytes serial, exts;
	uint32_t issuer = 0;
	const char *why;
	size_t i;

	for (i = 0; i < c->count && next_entry(&list, &serial, &exts); i++) {
		c->entries[i] = (struct crl_entry){
			.serial = serial.p, .len = (uint16_t)serial.n, .issuer = issuer,
			.reason = REASON_UNSPECIFIED,
		};
		why = look_at_entry(c, exts, &c->entries[i]);
		if (why)
			c->unusable = why;
		issuer = c->entries[i].issuer;	/* §5.3.3: it holds until there is another */
	}
}

static int read_entries(struct crl *c, struct bytes list)
{
	struct bytes left = list, serial, exts;
	size_t n = 0, i;

	for (; left.n; n++)
		if (!next_entry(&left, &serial, &exts))
			return SEALSOCK_ERR_CERT_BAD;
	if (!n)
		return 0;
	c->entries = mem_zalloc(c->env, n * sizeof(*c->entries));
	if (!c->entries)
		return SEALSOCK_ERR_NOMEM;
	c->count = n;
	fill_entries(c, list);
	sort(c->entries, n);
	for (i = 1; i < n; i++)
		if (c->entries[i - 1].issuer == c->entries[i].issuer &&
		    !compare(&c->entries[i - 1], &c->entries[i]))
			c->unusable = "a serial number that stands there twice";
	return 0;
}

/* §5.2.5; true unless it is malformed. */
static bool read_point(struct crl *c, struct bytes v)
{
	struct bytes seq, name, users, cas, reasons, other, attributes;

	c->scope = v;
	if (!der_take(&v, DER_SEQUENCE, &seq) || v.n || !der_maybe(&seq, 0xa0, &name) ||
	    !der_maybe(&seq, 0x81, &users) || !der_maybe(&seq, 0x82, &cas) ||
	    !der_maybe(&seq, 0x83, &reasons) || !der_maybe(&seq, 0x84, &other) ||
	    !der_maybe(&seq, 0x85, &attributes) || seq.n)
		return false;
	return (!name.p || crl_point_name(name, &c->point)) &&
	       (!users.p || der_bool(users, &c->only_users)) &&
	       (!cas.p || der_bool(cas, &c->only_cas)) &&
	       (!reasons.p || der_named_bits(reasons, &c->point.reasons)) &&
	       (!other.p || der_bool(other, &c->indirect)) &&
	       (!attributes.p || der_bool(attributes, &c->only_attributes));
}

static bool read_aki(struct crl *c, struct bytes v)
{
	struct bytes seq;

	return der_take(&v, DER_SEQUENCE, &seq) && !v.n && der_maybe(&seq, 0x80, &c->aki);
}

static bool refuse(struct finding *f, const char *wanted)
{
	return finding_set(f, &list_rule, wanted, "%s", "");
}

static bool read_number(struct bytes v, struct bytes *number)
{
	return der_take(&v, DER_INTEGER, number) && !v.n && der_is_integer(*number) &&
	       !(number->p[0] & 0x80) && number->n <= NUMBER_MAX;
}

static bool is_again(const struct crl *c, struct bytes oid)
{
	return (c->number.p && bytes_equal(oid, OID_CRL_NUMBER)) ||
	       (c->base.p && bytes_equal(oid, OID_DELTA_CRL)) ||
	       (c->scope.p && bytes_equal(oid, OID_ISSUING_POINT)) ||
	       (c->aki.p && bytes_equal(oid, OID_AKI));
}

/* §5.2: one extension; what is wrong with it, or NULL. */
static const char *read_ext(struct crl *c, const struct x509_extension *ext)
{
	if (is_again(c, ext->oid))
		return "each extension once";
	if (bytes_equal(ext->oid, OID_CRL_NUMBER)) {
		if (!read_number(ext->value, &c->number))
			return "a cRLNumber in DER";
		if (ext->critical)
			c->unusable = "a critical cRLNumber";
	} else if (bytes_equal(ext->oid, OID_DELTA_CRL)) {
		if (!read_number(ext->value, &c->base))
			return "a deltaCRLIndicator in DER";
	} else if (bytes_equal(ext->oid, OID_ISSUING_POINT)) {
		if (!read_point(c, ext->value))
			return "an issuingDistributionPoint in DER";
	} else if (bytes_equal(ext->oid, OID_AKI)) {
		if (!read_aki(c, ext->value))
			return "an authorityKeyIdentifier in DER";
	} else if (ext->critical) {
		c->unusable = "a critical extension that is unknown";
	}
	return NULL;
}

/* False: it is refused, with @f. */
static bool read_exts(struct crl *c, struct bytes list, struct finding *f)
{
	struct x509_extension ext;
	const char *wanted;

	while (list.n) {
		if (!x509_next_ext(&list, &ext))
			return refuse(f, "extensions in DER");
		wanted = read_ext(c, &ext);
		if (wanted)
			return refuse(f, wanted);
	}
	if (!c->number.p)
		c->unusable = "no cRLNumber";
	return true;
}

/* §5.1.2.4, §5.1.2.5: UTCTime up to 2049, and there is a nextUpdate. */
static bool read_times(struct crl *c, struct bytes *tbs)
{
	uint8_t this, next;

	return der_take_time(tbs, &this, &c->this_update) &&
	       der_take_time(tbs, &next, &c->next_update) &&
	       !(this == DER_GENERALIZED_TIME && c->this_update < TIME_2050) &&
	       !(next == DER_GENERALIZED_TIME && c->next_update < TIME_2050);
}

static int read_tbs(struct crl *c, struct bytes tbs, struct bytes *inner, struct finding *f)
{
	struct bytes number, entries, exts, list;
	uint32_t version = 0;
	int err;

	refuse(f, "a CRL in DER");
	if (!der_take(&tbs, DER_SEQUENCE, &tbs))
		return SEALSOCK_ERR_CERT_BAD;
	refuse(f, "version 1, which is left out, or 2");
	if (!der_maybe(&tbs, DER_INTEGER, &number) ||
	    (number.p && (!der_u32(number, &version) || version != 1)))
		return SEALSOCK_ERR_CERT_BAD;
	refuse(f, "an issuer in DER");
	if (!der_take(&tbs, DER_SEQUENCE, inner) ||
	    !der_take_whole(&tbs, DER_SEQUENCE, &c->issuer) || !dn_is_valid(c->issuer))
		return SEALSOCK_ERR_CERT_BAD;
	refuse(f, "thisUpdate and nextUpdate, in UTCTime before 2050");
	if (!read_times(c, &tbs))
		return SEALSOCK_ERR_CERT_BAD;
	refuse(f, "entries and extensions in DER");
	if (!der_maybe(&tbs, DER_SEQUENCE, &entries) || !der_maybe(&tbs, 0xa0, &exts) || tbs.n ||
	    (exts.p && (!version || !der_take(&exts, DER_SEQUENCE, &list) || exts.n)))
		return SEALSOCK_ERR_CERT_BAD;
	if (version && !read_exts(c, exts.p ? list : exts, f))
		return f->code;
	err = read_entries(c, entries);
	if (err == SEALSOCK_ERR_CERT_BAD)
		refuse(f, "entries in DER");
	return err;
}

static int parse(struct crl *c, struct finding *f)
{
	struct bytes r = bytes_of(c->der, c->size), seq, bits, inner;
	int err;

	refuse(f, "a CRL in DER");
	if (!der_take(&r, DER_SEQUENCE, &seq) || r.n ||
	    !der_take_whole(&seq, DER_SEQUENCE, &c->tbs) ||
	    !der_take(&seq, DER_SEQUENCE, &c->sig_alg) || !der_take(&seq, DER_BIT_STRING, &bits) ||
	    seq.n || !der_octets(bits, &c->signature))
		return SEALSOCK_ERR_CERT_BAD;
	err = read_tbs(c, c->tbs, &inner, f);
	if (!err && !bytes_equal(inner, c->sig_alg))
		c->unusable = "different algorithms inside and outside";
	return err;
}

int crl_new(const struct sealsock_env *env, struct bytes der, struct crl **out,
	    struct finding *f)
{
	struct crl *c = mem_zalloc(env, sizeof(*c) + der.n);
	int err;

	if (!c)
		return SEALSOCK_ERR_NOMEM;
	c->env = env;
	c->size = der.n;
	c->point.reasons = REASONS_ALL;
	memcpy(c->der, der.p, der.n);
	err = parse(c, f);
	if (err)
		crl_free(c);
	else
		*out = c;
	return err;
}

struct crl_signer {
	size_t n;
	uint8_t spki[];
};

bool crl_has_signer(const struct crl *c, struct bytes spki)
{
	const struct crl_signer *s = __atomic_load_n(&c->signer, __ATOMIC_ACQUIRE);

	return s && bytes_equal(bytes_of(s->spki, s->n), spki);
}

static void free_signer(const struct sealsock_env *env, struct crl_signer *s)
{
	mem_free(env, s, s ? sizeof(*s) + s->n : 0);
}

void crl_keep_signer(struct crl *c, struct bytes spki)
{
	struct crl_signer *s, *none = NULL;

	if (__atomic_load_n(&c->signer, __ATOMIC_ACQUIRE))
		return;
	s = mem_zalloc(c->env, sizeof(*s) + spki.n);
	if (!s)
		return;
	s->n = spki.n;
	memcpy(s->spki, spki.p, spki.n);
	if (!__atomic_compare_exchange_n(&c->signer, &none, s, false, __ATOMIC_RELEASE,
					 __ATOMIC_RELAXED))
		free_signer(c->env, s);
}

void crl_free(struct crl *c)
{
	if (!c)
		return;
	free_signer(c->env, c->signer);
	mem_free(c->env, c->entries, c->count * sizeof(*c->entries));
	mem_free(c->env, c, sizeof(*c) + c->size);
}
