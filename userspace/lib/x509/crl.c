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

enum { MEMORY_NEEDED = 16 << 10 };	/* more than a check of a signature takes */

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
	struct finding *f;
	bool *broken;		/* no memory, or no more checks: nothing can be told any more */
	bool nested;		/* about who signs lists: no further question is asked */
};

static bool has_directory(struct bytes names, struct bytes dn)
{
	struct gn name;

	while (gn_next(&names, false, &name))
		if (name.kind == GN_DIRECTORY && dn_equal(name.value, dn))
			return true;
	return false;
}

/* (b) (1), (2) (i): is the list what one of a certificate's points names? */
static bool is_of_point(const struct crl *c, const struct x509 *x, const struct crl_point *point)
{
	struct crl_point own = { .full = point->full, .relative = point->relative };

	if (point->crl_issuer.p ? !c->indirect || !has_directory(point->crl_issuer, c->issuer) :
				  !dn_equal(c->issuer, x->issuer))
		return false;
	if (!c->point.full.p && !c->point.relative.p)
		return true;
	/* §4.2.1.13: without a name the point is called as who issues its lists. */
	if (!own.full.p && !own.relative.p)
		own.full = point->crl_issuer;
	return crl_point_same(&own, &c->point, c->issuer);
}

/* (b), (d): which reasons does the list tell of, for this certificate? 0: it is not asked. */
static uint16_t reasons_of(const struct crl *c, const struct x509 *x)
{
	struct bytes list = x->ext[X509_CRL_POINTS];
	struct crl_point point;
	uint16_t reasons = 0;

	if (c->only_attributes || (c->only_users && x->is_ca) || (c->only_cas && !x->is_ca))
		return 0;
	if (x509_has(x, X509_CRL_POINTS) && der_take(&list, DER_SEQUENCE, &list))
		while (crl_point_next(&list, &point))
			if (is_of_point(c, x, &point))
				reasons |= point.reasons;
	/* "any available CRLs not specified in a distribution point but issued by the issuer" */
	if (dn_equal(c->issuer, x->issuer) &&
	    (c->point.full.p ? has_directory(c->point.full, x->issuer) : !c->point.relative.p))
		reasons = REASONS_ALL;
	return reasons & c->point.reasons & REASONS_ALL;
}

/* BR §7.2.2.1: what is made for a part of all names that part by URIs, and is nobody else's. */
static bool is_for_web(const struct crl *c)
{
	struct bytes names = c->point.full;
	struct gn name;

	while (gn_next(&names, false, &name))
		if (name.kind != GN_URI)
			return false;
	return !c->point.relative.p && !c->indirect;
}

static bool is_usable(const struct lookup *l, const struct crl *c)
{
	if (c->unusable)
		return finding_set(l->f, &status_rule, "a list that can be used", "%s",
				   c->unusable);
	if (l->in->web && !is_for_web(c))
		return finding_set(l->f, &status_rule, "a list as BR §7.2.2.1 has it", "another");
	if (l->in->now < c->this_update || l->in->now > c->next_update)
		return finding_set(l->f, &status_rule, "a list that is in force now", "%s",
				   l->in->now < c->this_update ? "one of the future" :
								 "an old one");
	return true;
}

static bool may_sign(const struct lookup *l, const struct crl *c, const struct x509 *who)
{
	if (!dn_equal(who->subject, c->issuer) || who->spki.why)
		return false;
	return (!x509_has(who, X509_KEY_USAGE) || who->key_usage & KU_CRL_SIGN) &&
	       l->in->now >= who->not_before && l->in->now <= who->not_after;
}

/*
 * libcrypto calls an RSA or EdDSA signature wrong where it had no memory to check it, and a wrong
 * signature can let a revoked certificate pass: it is one only if that repeats while there is some.
 */
static bool is_wrong(const struct lookup *l, struct bytes tbs, struct bytes alg,
		     struct bytes signature, const struct x509 *who)
{
	const struct sealsock_env *env = l->in->env;
	void *some;

	if (signature_is_good(env, tbs, alg, signature, &who->spki, &signature_rule, l->f))
		return false;
	some = mem_zalloc(env, MEMORY_NEEDED);
	if (!some)
		l->f->code = SEALSOCK_ERR_NOMEM;
	mem_free(env, some, MEMORY_NEEDED);
	return true;
}

static bool try_signature(const struct lookup *l, struct bytes tbs, struct bytes alg,
			  struct bytes signature, const struct x509 *who)
{
	if (!*l->in->checks) {
		*l->broken = true;
		return finding_set(l->f, &signature_rule, "fewer signatures to try",
				   "more than would be checked");
	}
	--*l->in->checks;
	if (!is_wrong(l, tbs, alg, signature, who) || !is_wrong(l, tbs, alg, signature, who))
		return true;
	if (l->f->code == SEALSOCK_ERR_NOMEM || l->f->code == SEALSOCK_ERR_CRYPTO)
		*l->broken = true;
	return false;
}

/* Lists can be long: one that was found to be signed right is not hashed again. */
static bool signed_crl(const struct lookup *l, struct crl *c, const struct x509 *who)
{
	/* A key that the list itself names another one than is not tried. */
	if (c->aki.p && who->ski.p && !bytes_equal(c->aki, who->ski))
		return finding_set(l->f, &signature_rule, "the key that the list names", "%s",
				   "another");
	if (crl_has_signer(c, who->spki.parts.der))
		return true;
	if (!try_signature(l, c->tbs, c->sig_alg, c->signature, who))
		return false;
	crl_keep_signer(c, who->spki.parts.der);
	return true;
}

static bool check_one(const struct lookup *l, const struct x509 *x);

/* A certificate beside the path, for lists alone: its issuer must be of the path … */
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
 * … and it must be in force itself. Who signs the lists that tell that is not asked about again:
 * it may be the same.
 */
static bool is_in_force(const struct lookup *l, const struct x509 *who)
{
	struct lookup inner = *l;

	inner.nested = true;
	if (l->nested || check_one(&inner, who))
		return true;
	if (!*l->broken)
		finding_set(l->f, &signature_rule, "a signer that is in force", "%s",
			    l->f->code == SEALSOCK_ERR_CERT_REVOKED ? "a revoked one" :
								      "one of unknown status");
	return false;
}

/*
 * (f) to (h): signed by the issuer of the list, with this key of its or another one of the same
 * name, and the same anchor above.
 */
static bool is_signed(const struct lookup *l, struct crl *c)
{
	const struct x509 *who;
	unsigned int i;

	finding_set(l->f, &signature_rule, "a certificate that may sign this list (cRLSign)", "%s",
		    "none");
	for (i = 0; i < l->n && !*l->broken; i++)
		if ((i || l->n == 1) && may_sign(l, c, l->path[i]) && signed_crl(l, c, l->path[i]))
			return true;
	for (i = 0; i < l->in->peer_count && !*l->broken; i++) {
		who = &l->in->peers[i];
		/* Nor is one hashed for a key that anybody may have put there. */
		if (may_sign(l, c, who) && !who->unknown.n && is_vouched_for(l, who) &&
		    signed_crl(l, c, who) && is_in_force(l, who))
			return true;
	}
	return false;
}

/* §5.2.4: of the same issuer and key, about the same. */
static bool are_alike(const struct crl *a, const struct crl *b)
{
	return dn_equal(a->issuer, b->issuer) && bytes_equal(a->scope, b->scope) &&
	       bytes_equal(a->aki, b->aki) && a->number.p && b->number.p;
}

/* (c), (h): what has changed since the complete list @c; NULL: nothing that can be used tells. */
static const struct crl *find_delta(const struct lookup *l, const struct crl *c)
{
	const struct crl *best = NULL;
	struct crl *d;

	for (d = l->in->set->first; d; d = d->next)
		if (crl_is_delta(d) && are_alike(c, d) &&
		    crl_number_compare(d->base, c->number) <= 0 &&
		    crl_number_compare(c->number, d->number) < 0 &&
		    (!best || crl_number_compare(best->number, d->number) < 0) &&
		    is_usable(l, d) && is_signed(l, d))
			best = d;
	return best;
}

/* Is there a newer list in the place of @c? */
static bool is_superseded(const struct lookup *l, const struct crl *c)
{
	struct crl *n;

	for (n = l->in->set->first; n; n = n->next)
		if (!crl_is_delta(n) && are_alike(c, n) &&
		    crl_number_compare(c->number, n->number) < 0 && is_usable(l, n) &&
		    is_signed(l, n))
			return true;
	return false;
}

/* (i) to (k): the delta comes first, and may take an entry back. */
static bool is_revoked(const struct lookup *l, const struct crl *c, const struct x509 *x)
{
	const struct crl *delta = find_delta(l, c);
	const struct crl_entry *e = delta ? crl_find(delta, x->issuer, x->serial) : NULL;

	if (!e)
		e = crl_find(c, x->issuer, x->serial);
	return e && e->reason != REASON_REMOVED && !is_superseded(l, c);
}

static bool undetermined(const struct lookup *l, const struct x509 *x, uint16_t covered)
{
	const struct crl *c;

	for (c = l->in->set->first; !covered && c; c = c->next)
		if (crl_is_delta(c) && dn_equal(c->issuer, x->issuer))
			return finding_set(l->f, &status_rule, "a complete list of its issuer",
					   "a delta CRL alone");
	return finding_set(l->f, &status_rule, "lists of its issuer for all reasons", "%s",
			   covered ? "for some only" : "none");
}

/* §6.3.3: asks all lists, as any of them may tell. */
static bool check_one(const struct lookup *l, const struct x509 *x)
{
	uint16_t covered = 0, reasons;
	struct crl *c;
	bool told = false;

	for (c = l->in->set->first; c && !*l->broken; c = c->next) {
		reasons = crl_is_delta(c) ? 0 : reasons_of(c, x);
		if (!reasons)
			continue;
		told = true;
		if (!is_usable(l, c) || !is_signed(l, c))
			continue;
		if (is_revoked(l, c, x))
			return finding_set(l->f, &revoked_rule, "a certificate in force",
					   "its serial number in a list of revoked ones");
		covered |= reasons;
		if (!l->in->soft && c->next_update < *l->in->until)
			*l->in->until = c->next_update;
	}
	if (*l->broken)
		return false;
	if (covered == REASONS_ALL || l->in->soft)
		return true;
	return told && !covered ? false : undetermined(l, x, covered);
}

bool crls_allow(const struct crl_input *in, const struct x509 *const *path, unsigned int n,
		struct finding *f, unsigned int *depth)
{
	bool broken = false;
	struct lookup l = { .in = in, .path = path, .n = n, .broken = &broken, .f = f };
	unsigned int i;

	for (i = 0; i + 1 < n; i++) {
		*depth = i;
		if (!check_one(&l, path[i]))
			return false;
	}
	return true;
}
