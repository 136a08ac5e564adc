// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <arpa/inet.h>

#include "x509/crl_point.h"
#include "x509/der.h"
#include "x509/dn.h"
#include "x509/gn.h"
#include "x509/name.h"
#include "x509/oid.h"
#include "x509/rules_web.h"

static bool needs(struct finding *f, const struct rule_name *r, bool ok, const char *wanted)
{
	return ok || finding_set(f, r, wanted, "%s", "");
}

static bool is_servers(const struct place *p)
{
	return p->server && !p->any_purpose;
}

WEB_RULE(web_time)
{
	(void)p;
	return needs(f, r, !x->old_time, "UTCTime for dates before 2050");
}

WEB_RULE(web_key)
{
	bool rsa = x->spki.parts.kind == KEY_RSA || x->spki.parts.kind == KEY_RSA_PSS;

	(void)p;
	return needs(f, r, !rsa || x->spki.bits % 8 == 0, "an RSA modulus of whole bytes");
}

/* §7.1.2.1.2, §7.1.2.1.3 */
WEB_RULE(web_root)
{
	(void)p;
	if (!needs(f, r, !x->self_issued || !x509_has(x, X509_EKU),
		   "no extKeyUsage in a root"))
		return false;
	if (!x509_has(x, X509_AKI) || !x->self_issued)
		return true;
	return needs(f, r, x->aki.p && !x->aki_more && bytes_equal(x->aki, x->ski),
		     "a root's own key identifier, and no more, as that of its issuer");
}

/* §7.1.2.7.6, §7.1.2.7.8, §7.1.2.7.11, §7.1.2.7.12 */
WEB_RULE(web_leaf)
{
	(void)p;
	return needs(f, r, !x->is_ca, "cA FALSE in the certificate of a server") &&
	       needs(f, r, !is_servers(p) || x509_has(x, X509_SAN), "a subjectAltName") &&
	       needs(f, r, !x509_critical(x, X509_SAN) || dn_is_empty(x->subject),
		     "a subjectAltName that is not critical beside a subject") &&
	       needs(f, r, !x509_has(x, X509_KEY_USAGE) || x->key_usage, "a keyUsage of some bits");
}

WEB_RULE(web_purpose)
{
	static const struct bytes forbidden[] = {
		OID_ANY_EKU, OID_CODE_SIGNING, OID_EMAIL_PROTECTION, OID_TIME_STAMPING,
		OID_OCSP_SIGNING, OID_PRECERTIFICATE,
	};
	size_t i;

	if (!is_servers(p))
		return true;
	if (!needs(f, r, x509_has(x, X509_EKU), "an extKeyUsage") ||
	    !needs(f, r, !x509_critical(x, X509_EKU), "an extKeyUsage that is not critical"))
		return false;
	for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (x509_eku_has(x->ext[X509_EKU], forbidden[i]))
			return finding_set(f, r, "no other purposes than serverAuth and clientAuth",
					   "%s", "one that excludes them");
	return true;
}

/* Is it host names with a dot that are compared? */
static bool is_domain(struct bytes cn)
{
	return dns_is_name(cn) && memchr(cn.p, '.', cn.n);
}

/* Letter by letter, the name or a domain above it. */
static bool is_or_is_above(struct bytes cn, struct bytes name)
{
	size_t at = name.n - cn.n;

	if (name.n <= cn.n + 1)
		return bytes_equal(cn, name);
	return cn.n && name.p[at - 1] == '.' && !memcmp(name.p + at, cn.p, cn.n);
}

/*
 * A common name is one of the alternative names, letter by letter; addresses as text. Let pass are
 * a domain beside addresses alone, a domain above one of the names, and anything where the
 * alternative names are of no server: much in use, and harmless, as a common name identifies
 * nobody.
 */
static bool is_alternative(const struct x509 *x, struct bytes cn)
{
	struct bytes san = x->ext[X509_SAN];
	bool has_dns = false, has_ip = false;
	char text[INET6_ADDRSTRLEN];
	struct gn name;

	if (!x509_has(x, X509_SAN) || !der_take(&san, DER_SEQUENCE, &san))
		return false;
	while (gn_next(&san, false, &name)) {
		has_dns = has_dns || name.kind == GN_DNS;
		has_ip = has_ip || name.kind == GN_IP;
		if (name.kind == GN_DNS && is_or_is_above(cn, name.value))
			return true;
		/* inet_ntop writes RFC 5952's form, which is what is asked for. */
		if (name.kind == GN_IP &&
		    inet_ntop(name.value.n == 4 ? AF_INET : AF_INET6, name.value.p, text,
			      sizeof(text)) && bytes_equal(cn, bytes_of(text, strlen(text))))
			return true;
	}
	return !has_dns && (!has_ip || is_domain(cn));
}

static bool is_foreign_cn(void *arg, struct bytes oid, const struct der *value)
{
	return bytes_equal(oid, OID_COMMON_NAME) && !is_alternative(arg, value->content);
}

WEB_RULE(web_common_name)
{
	return !is_servers(p) || needs(f, r, !dn_any(x->subject, is_foreign_cn, (void *)x),
				   "a common name that is among the alternative names");
}

WEB_RULE(web_crl_points)
{
	struct bytes list = x->ext[X509_CRL_POINTS], names;
	struct crl_point point;
	struct gn name;

	(void)p;
	if (!x509_has(x, X509_CRL_POINTS) || !der_take(&list, DER_SEQUENCE, &list))
		return true;
	while (crl_point_next(&list, &point))
		for (names = point.full; gn_next(&names, false, &name);)
			if (name.kind != GN_URI)
				return finding_set(f, r, "URIs as distribution points", "another");
	return true;
}
