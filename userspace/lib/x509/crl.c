// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/crl.h"
#include "x509/crl_list.h"
#include "x509/der.h"
#include "x509/dn.h"
#include "x509/gn.h"
#include "x509/signature.h"

static const struct rule_name revoked_rule = { "revoked", "RFC 5280 §6.3.3 (i)",
					       SEALSOCK_ERR_CERT_REVOKED };
static const struct rule_name status_rule = { "revocation-status", "RFC 5280 §6.3.3",
					      SEALSOCK_ERR_CERT_STATUS };
static const struct rule_name signature_rule = { "crl-signature", "RFC 5280 §6.3.3 (f), (g)",
						 SEALSOCK_ERR_CERT_STATUS };

struct crl_set {
	const struct sealsock_env *env;
	struct crl *first, **end;
	unsigned int count;
};

struct crl_set *crl_set_new(const struct sealsock_env *env)
{
	struct crl_set *s = mem_zalloc(env, sizeof(*s));

	if (!s)
		return NULL;
	s->env = env;
	s->end = &s->first;
	return s;
}

void crl_set_free(struct crl_set *s)
{
	struct crl *c, *next;

	if (!s)
		return;
	for (c = s->first; c; c = next) {
		next = c->next;
		crl_free(c);
	}
	mem_free(s->env, s, sizeof(*s));
}

unsigned int crl_set_count(const struct crl_set *s)
{
	return s ? s->count : 0;
}

int crl_set_add(struct crl_set *s, struct bytes der, struct finding *f)
{
	struct crl *c;
	int err = crl_new(s->env, der, &c, f);

	if (err)
		return err;
	*s->end = c;
	s->end = &c->next;
	s->count++;
	return 0;
}

void crl_set_cut(struct crl_set *s, unsigned int n)
{
	struct crl *c;

	if (!s || s->count <= n)
		return;
	s->count = n;
	for (s->end = &s->first; n; n--)
		s->end = &(*s->end)->next;
	while ((c = *s->end)) {
		*s->end = c->next;
		crl_free(c);
	}
}

struct lookup {
	const struct crl_input *in;
	const struct x509 *const *path;
	unsigned int n;
	unsigned int *checks;
	struct finding *f;
};

/* §6.3.3 (b): is the list about certificates of this kind, and of which of its points? */
static bool is_in_scope(const struct crl *c, const struct x509 *x, uint16_t *reasons)
{
	struct bytes list = x->ext[X509_CRL_POINTS];
	struct crl_point own = { .reasons = REASONS_ALL }, point;

	*reasons = c->has_point ? c->point.reasons : REASONS_ALL;
	if (c->only_attributes || (c->only_users && x->is_ca) || (c->only_cas && !x->is_ca))
		return false;
	if (!c->point.full.p && !c->point.relative.p)
		return true;
	if (!x509_has(x, X509_CRL_POINTS) || !der_take(&list, DER_SEQUENCE, &list))
		return false;
	while (crl_point_next(&list, &point)) {
		/* §4.2.1.13: without a name the point is called as who issues its lists. */
		own.full = point.full.p || point.relative.p ? point.full : point.crl_issuer;
		own.relative = point.relative;
		if (crl_point_same(&own, &c->point, c->issuer)) {
			*reasons &= point.reasons;
			return true;
		}
	}
	return false;
}

static bool may_sign(const struct lookup *l, const struct crl *c, const struct x509 *who)
{
	if (!dn_equal(who->subject, c->issuer) || who->spki.why)
		return false;
	return (!x509_has(who, X509_KEY_USAGE) || who->key_usage & KU_CRL_SIGN) &&
	       l->in->now >= who->not_before && l->in->now <= who->not_after;
}

static bool try_signature(const struct lookup *l, struct bytes tbs, struct bytes alg,
			  struct bytes signature, const struct x509 *who)
{
	if (!*l->checks)
		return finding_set(l->f, &signature_rule, "fewer signatures to try", "%s",
				   "more than would be checked");
	--*l->checks;
	return signature_is_good(l->in->env, tbs, alg, signature, &who->spki, &signature_rule,
				 l->f);
}

static bool signed_crl(const struct lookup *l, const struct crl *c, const struct x509 *who)
{
	/* A key that the list itself names another one than is not tried. */
	if (c->aki.p && who->ski.p && !bytes_equal(c->aki, who->ski))
		return finding_set(l->f, &signature_rule, "the key that the list names", "%s",
				   "another");
	return try_signature(l, c->tbs, c->sig_alg, c->signature, who);
}

/* A certificate beside the path, for lists alone: its issuer must be of the path. */
static bool is_vouched_for(const struct lookup *l, const struct x509 *who)
{
	unsigned int i;

	for (i = 1; i < l->n; i++)
		if (dn_equal(who->issuer, l->path[i]->subject) &&
		    try_signature(l, who->tbs, who->sig_alg, who->signature, l->path[i]))
			return true;
	return false;
}

/*
 * §6.3.3 (f), (g): signed by the issuer of the certificate, with this key of its or another one of
 * the same name, and the same anchor above.
 */
static bool is_signed(const struct lookup *l, const struct crl *c)
{
	const struct x509 *who;
	unsigned int i;

	finding_set(l->f, &signature_rule, "a certificate that may sign this list (cRLSign)", "%s",
		    "none");
	for (i = 0; i < l->n; i++)
		if ((i || l->n == 1) && may_sign(l, c, l->path[i]) && signed_crl(l, c, l->path[i]))
			return true;
	for (i = 0; i < l->in->peer_count; i++) {
		who = &l->in->peers[i];
		if (may_sign(l, c, who) && !who->unknown.n && signed_crl(l, c, who) &&
		    is_vouched_for(l, who))
			return true;
	}
	return false;
}

/* §6.3.3: looks at all lists until all reasons are covered. */
static bool check_one(const struct lookup *l, const struct x509 *x)
{
	uint16_t covered = 0, reasons;
	const struct crl *c;
	bool told = false;

	for (c = l->in->set->first; c && covered != REASONS_ALL; c = c->next) {
		if (!dn_equal(c->issuer, x->issuer) || !is_in_scope(c, x, &reasons))
			continue;
		told = true;
		if (c->unusable) {
			finding_set(l->f, &status_rule, "a list that can be used", "%s",
				    c->unusable);
			continue;
		}
		if (l->in->now < c->this_update || l->in->now > c->next_update) {
			finding_set(l->f, &status_rule, "a list that is in force now", "%s",
				    l->in->now < c->this_update ? "one of the future" :
								  "an old one");
			continue;
		}
		if (!is_signed(l, c)) {
			if (l->f->code == SEALSOCK_ERR_NOMEM)
				return false;
			continue;
		}
		if (crl_has(c, x->serial))
			return finding_set(l->f, &revoked_rule, "a certificate in force", "%s",
					   "its serial number in the list of its issuer");
		covered |= reasons & REASONS_ALL;
	}
	if (covered == REASONS_ALL || l->in->soft)
		return true;
	if (!told || covered)
		finding_set(l->f, &status_rule, "lists of its issuer for all reasons", "%s",
			    covered ? "for some only" : "none");
	return false;
}

bool crls_allow(const struct crl_input *in, const struct x509 *const *path, unsigned int n,
		unsigned int *checks, struct finding *f, unsigned int *depth)
{
	struct lookup l = { .in = in, .path = path, .n = n, .checks = checks, .f = f };
	unsigned int i;

	for (i = 0; i + 1 < n; i++) {
		*depth = i;
		if (!check_one(&l, path[i]))
			return false;
	}
	return true;
}
