// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/constraint.h"
#include "x509/crl.h"
#include "x509/dn.h"
#include "x509/path.h"
#include "x509/signature.h"

enum { CANDIDATES_MAX = 48, CHECKS_MORE = 16, CHECKS_MAX = CHAIN_MAX + CHECKS_MORE,
	CRL_CHECKS = 64, COMPLETE_MAX = 64 };

static const struct rule_name issuer_rule = { "issuer-found", "RFC 5280 §6.1",
					      SEALSOCK_ERR_CERT_UNTRUSTED };
static const struct rule_name signature_rule = { "signature", "RFC 5280 §6.1.3 (a)",
						 SEALSOCK_ERR_CERT_BAD };
static const struct rule_name budget_rule = { "budget", "RFC 4158 §2.4.2",
					      SEALSOCK_ERR_CERT_UNTRUSTED };
static const struct rule_name depth_rule = { "depth", "RFC 5280 §6.1.2 (k)",
					     SEALSOCK_ERR_CERT_UNTRUSTED };
static const struct rule_name pin_rule = { "pin", "RFC 7469 §2.6", SEALSOCK_ERR_CERT_UNTRUSTED };
static const struct rule_name feature_rule = { "tls-feature", "RFC 7633 §4.2.2",
					       SEALSOCK_ERR_CERT_BAD };

/* A signature that was checked: none is checked twice. */
struct checked {
	const struct x509 *child, *issuer;
	bool good;
	struct finding f;
};

/* How far a failure came: the one that is told is the first of those that came furthest. */
enum progress { NOTHING, NO_ISSUER, WRONG_KEY, RULE_BROKEN, COMPLETE };

struct candidate {
	const struct x509 *x;
	bool anchor;
	uint8_t score;
};

/* What is known of one of the peer's certificates as an issuer, so that it is looked at once. */
enum opinion { NO_OPINION, KEEPS_RULES, BREAKS_RULES };

struct search {
	const struct path_input *in;
	const struct x509 *peers;
	unsigned int peer_count;
	struct path path;
	unsigned int visits, names, checks_left, crl_checks, complete_left;
	uint8_t opinions[POOL_MAX];	/* of @peers: enum opinion */
	struct checked checked[CHECKS_MAX];
	unsigned int checked_count;
	enum progress progress;
	struct finding best;
	const struct x509 *best_at;
	unsigned int best_depth;
	bool stop;		/* out of budget or memory */
};

static bool note(struct search *s, enum progress p, const struct finding *f,
		 const struct x509 *at, unsigned int depth)
{
	bool broken = f->code == SEALSOCK_ERR_NOMEM || f->code == SEALSOCK_ERR_CRYPTO;

	if (p > s->progress || (broken && !s->stop)) {
		s->progress = broken ? COMPLETE : p;
		s->best = *f;
		s->best_at = at;
		s->best_depth = depth;
	}
	s->stop = s->stop || broken;
	return false;
}

static void explain(const struct search *s, const struct candidate *c, const struct finding *f)
{
	if (s->in->explain)
		s->in->explain(s->in->explain_arg, &s->path, c->x, c->anchor, f);
}

static bool is_in_path(const struct search *s, const struct x509 *x)
{
	unsigned int i;

	/* RFC 4158 §2.4.1: the same name with the same key leads nowhere new. */
	for (i = 0; i < s->path.n; i++)
		if (s->path.certs[i] == x ||
		    (bytes_equal(s->path.certs[i]->spki.parts.der, x->spki.parts.der) &&
		     bytes_equal(s->path.certs[i]->subject, x->subject)))
			return true;
	return false;
}

static bool check_signature(struct search *s, const struct x509 *child, const struct x509 *issuer,
			    struct finding *f)
{
	struct checked *c = NULL;
	unsigned int i;

	for (i = 0; i < s->checked_count; i++) {
		c = &s->checked[i];
		if (c->child == child && c->issuer == issuer) {
			*f = c->f;
			return c->good;
		}
	}
	if (!s->checks_left || s->checked_count == CHECKS_MAX) {
		s->stop = true;
		return finding_set(f, &budget_rule, "a path with fewer signatures to try", "%s",
				   "more than would be checked");
	}
	s->checks_left--;
	c = &s->checked[s->checked_count++];
	c->child = child;
	c->issuer = issuer;
	c->good = signature_is_good(s->in->env, child->tbs, child->sig_alg, child->signature,
				    &issuer->spki, &signature_rule, &c->f);
	*f = c->f;
	return c->good;
}

/* CAs between a new certificate and the leaf that count for a path length. */
static unsigned int cas_below(const struct search *s)
{
	unsigned int i, n = 0;

	for (i = 1; i < s->path.n; i++)
		n += !s->path.certs[i]->self_issued;
	return n;
}

/* RFC 5280 §6.1.3 (b), (c): the names below; those of self-issued CAs are let pass. */
static bool check_names(struct search *s, const struct x509 *x, struct finding *f)
{
	unsigned int i;

	if (!x509_has(x, X509_NAME_CONSTRAINTS))
		return true;
	for (i = 0; i < s->path.n; i++)
		if ((i == 0 || !s->path.certs[i]->self_issued) &&
		    !constraints_allow(x->ext[X509_NAME_CONSTRAINTS], s->path.certs[i], &s->names,
				       f))
			return false;
	return true;
}

static bool is_pinned(const struct path_input *in, const struct x509 *x, int *err)
{
	uint8_t id[HASH_MAX];
	struct hash *h = hash_new();
	size_t i;

	*err = h ? hash_start(in->crypto, h, HASH_SHA256) : SEALSOCK_ERR_NOMEM;
	if (!*err)
		*err = hash_add(h, x->spki.parts.der.p, x->spki.parts.der.n);
	if (!*err)
		*err = hash_end(h, id);
	hash_free(h);
	for (i = 0; !*err && i < in->pin_count; i++)
		if (!memcmp(in->pins[i], id, PIN_LEN))
			return true;
	return false;
}

/* RFC 7469 §2.6: the key of one certificate of the path is among those that were named. */
static bool check_pins(const struct search *s, struct finding *f)
{
	unsigned int i;
	int err = 0;

	if (!s->in->pin_count)
		return true;
	for (i = 0; !err && i < s->path.n; i++)
		if (is_pinned(s->in, s->path.certs[i], &err))
			return true;
	finding_set(f, &pin_rule, "one of the keys that are pinned", "%s", "others");
	if (err)
		f->code = err;
	return false;
}

/* A complete path: what takes all of it. */
static bool finish(struct search *s, struct finding *f)
{
	const struct x509 *down[PATH_MAX_CERTS];
	struct crl_input revocation = {
		.env = s->in->env, .set = s->in->crls, .now = s->in->now, .soft = s->in->soft,
		.web = s->in->profile & RULES_WEB, .peers = s->peers,
		.peer_count = s->peer_count, .checks = &s->crl_checks,
		.until = &s->path.until,
	};
	unsigned int n = s->path.n, i, depth = 0;
	const struct x509 *anchor = n > 1 && !s->in->bare_anchors ? s->path.certs[n - 1] : NULL;

	s->path.until = INT64_MAX;
	if (!s->complete_left--) {
		s->stop = true;
		finding_set(f, &budget_rule, "fewer paths that are complete", "%s", "more");
		return note(s, COMPLETE, f, s->path.certs[0], 0);
	}
	/* The anchor itself is no part of what is processed; a leaf that is one is all there is. */
	for (i = 0; i + 1 < n; i++)
		down[i] = s->path.certs[n - 2 - i];
	if (!check_pins(s, f) || !policies_allow(anchor, down, n - 1, &s->in->policy, f))
		return note(s, COMPLETE, f, s->path.certs[0], 0);
	if (s->in->crls && !crls_allow(&revocation, s->path.certs, n, f, &depth))
		return note(s, COMPLETE, f, s->path.certs[depth], depth);
	return true;
}

static bool extend(struct search *s);

/* Does the certificate name another key of its issuer than this one? */
static bool other_key(const struct x509 *x, const struct x509 *issuer)
{
	return x->aki.p && issuer->ski.p && !bytes_equal(x->aki, issuer->ski);
}

static bool keeps_rules(struct search *s, const struct candidate *c, const struct place *place,
			struct finding *f)
{
	uint8_t *opinion = c->anchor ? NULL : &s->opinions[c->x - s->peers];
	bool good;

	if (opinion && *opinion == KEEPS_RULES)
		return rules_allow_again(c->x, place, f);
	good = rules_allow(c->x, place, f);
	/* A path that is too long for it says nothing about another one. */
	if (opinion && good)
		*opinion = KEEPS_RULES;
	else if (opinion && rules_allow_again(c->x, place, &(struct finding){ 0 }))
		*opinion = BREAKS_RULES;
	return good;
}

/* Whether the candidate itself may stand there, whoever signed what. */
static bool check_candidate(struct search *s, const struct candidate *c, struct finding *f)
{
	struct place place = {
		.now = s->in->now, .depth = s->path.n, .cas = cas_below(s), .anchor = c->anchor,
		.server = s->in->server, .any_purpose = s->in->any_purpose,
		.profile = s->in->profile,
	};

	if (c->anchor && s->in->bare_anchors)
		return true;
	if (!c->anchor && s->in->has_cas_max &&
	    place.cas + !c->x->self_issued > s->in->cas_max)
		return finding_set(f, &depth_rule, "fewer CAs between", "more than %u",
				   s->in->cas_max);
	return keeps_rules(s, c, &place, f) && check_names(s, c->x, f);
}

/* One candidate as issuer of the path's last certificate. */
static bool try_one(struct search *s, const struct candidate *c)
{
	const struct x509 *below = s->path.certs[s->path.n - 1];
	struct finding f;
	bool ok;

	if (!check_candidate(s, c, &f)) {
		explain(s, c, &f);
		return note(s, RULE_BROKEN, &f, c->x, s->path.n);
	}
	if (c->x->must_staple && !below->must_staple && !c->anchor) {
		finding_set(&f, &feature_rule, "the TLS features of the issuer", "%s", "none");
		explain(s, c, &f);
		return note(s, RULE_BROKEN, &f, below, s->path.n - 1);
	}
	if (!check_signature(s, below, c->x, &f)) {
		/* Of the issuer's name, but not its key: the issuer is not here. */
		if (f.code == SEALSOCK_ERR_CERT_BAD && other_key(below, c->x))
			f.code = SEALSOCK_ERR_CERT_UNTRUSTED;
		explain(s, c, &f);
		return note(s, f.code == SEALSOCK_ERR_CERT_USAGE ? RULE_BROKEN : WRONG_KEY, &f,
			    below, s->path.n - 1);
	}
	s->path.certs[s->path.n++] = c->x;
	if (c->anchor) {
		ok = finish(s, &f);
		explain(s, c, ok ? NULL : &f);
	} else {
		explain(s, c, NULL);
		ok = extend(s);
	}
	if (!ok)
		s->path.n--;
	return ok;
}

/* Key identifiers first, then anchors, then those that are valid now. */
static uint8_t score(const struct search *s, const struct x509 *child, const struct x509 *x,
		     bool anchor)
{
	uint8_t key = 1;

	if (child->aki.p && x->ski.p)
		key = other_key(child, x) ? 0 : 2;
	return (uint8_t)(key << 2 | (anchor ? 2 : 0) |
			 (s->in->now >= x->not_before && s->in->now <= x->not_after ? 1 : 0));
}

/* Of the same score the one that lasts longer. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
	return a->score > b->score ||
	       (a->score == b->score && a->x->not_after > b->x->not_after);
}

/* In order, equal ones as they are met; @list has room for one more, which falls off. */
static void insert(struct candidate *list, unsigned int *n, const struct candidate *c)
{
	unsigned int i = *n;

	for (; i && is_better(c, &list[i - 1]); i--)
		list[i] = list[i - 1];
	list[i] = *c;
	*n += *n < CANDIDATES_MAX;
}

static unsigned int gather(struct search *s, const struct x509 *child, struct candidate *list)
{
	struct candidate c = { .anchor = true };
	unsigned int n = 0, i;

	if (!name_budget_take(&s->names, child->issuer.n))
		return 0;
	while ((c.x = trust_next(s->in->trust, child->issuer, c.x))) {
		c.score = score(s, child, c.x, true);
		insert(list, &n, &c);
	}
	c.anchor = false;
	for (i = 0; i < s->peer_count; i++) {
		c.x = &s->peers[i];
		if (s->opinions[i] == BREAKS_RULES)
			continue;
		if (!name_budget_take(&s->names, child->issuer.n))
			break;
		if (!dn_equal(c.x->subject, child->issuer) || is_in_path(s, c.x))
			continue;
		c.score = score(s, child, c.x, false);
		insert(list, &n, &c);
	}
	return n;
}

/* Depth first; the recursion is as deep as a path is long. */
static bool extend(struct search *s)
{
	const struct x509 *last = s->path.certs[s->path.n - 1];
	struct candidate list[CANDIDATES_MAX + 1];
	unsigned int n, i;
	struct finding f;
	char name[80];

	if (s->path.n == PATH_MAX_CERTS) {
		finding_set(&f, &budget_rule, "at most 20 certificates above the leaf", "more");
		return note(s, RULE_BROKEN, &f, last, s->path.n - 1);
	}
	n = gather(s, last, list);
	for (i = 0; i < n && !s->stop; i++) {
		if (!s->visits--) {
			s->stop = true;
			finding_set(&f, &budget_rule, "a path that is found sooner", "%s",
				    "more candidates than are tried");
			return note(s, RULE_BROKEN, &f, last, s->path.n - 1);
		}
		if (try_one(s, &list[i]))
			return true;
	}
	if (!n && s->progress < NO_ISSUER) {
		dn_text(last->issuer, name, sizeof(name));
		finding_set(&f, &issuer_rule,
			    "a certificate of its issuer, or an anchor of that name", "%s", name);
		note(s, NO_ISSUER, &f, last, s->path.n - 1);
	}
	return false;
}

/* The leaf is an anchor itself: nobody has to vouch for it. */
static bool is_anchor_itself(struct search *s, const struct x509 *leaf)
{
	struct finding f;
	struct candidate c = { .x = trust_find(s->in->trust, leaf), .anchor = true };

	if (!c.x)
		return false;
	if (!finish(s, &f))
		return false;
	explain(s, &c, NULL);
	return true;
}

bool path_find(const struct path_input *in, const struct x509 *leaf, const struct x509 *peers,
	       unsigned int peer_count, struct path *out, struct finding *f,
	       const struct x509 **at, unsigned int *depth)
{
	struct place place = {
		.now = in->now, .server = in->server, .any_purpose = in->any_purpose,
		.use = in->use, .profile = in->profile,
	};
	struct search s = {
		.in = in, .peers = peers, .peer_count = peer_count, .visits = PATH_VISITS,
		.names = NAME_BUDGET, .checks_left = peer_count + CHECKS_MORE,
		.crl_checks = CRL_CHECKS, .complete_left = COMPLETE_MAX,
	};

	if (s.peer_count > POOL_MAX)
		s.peer_count = POOL_MAX;
	*at = leaf;
	*depth = 0;
	if (!rules_allow(leaf, &place, f))
		return false;
	s.path.certs[s.path.n++] = leaf;
	if (is_anchor_itself(&s, leaf) || extend(&s)) {
		*out = s.path;
		return true;
	}
	*f = s.best;
	*at = s.best_at;
	*depth = s.best_depth;
	return false;
}
