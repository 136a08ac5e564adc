// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/der.h"
#include "x509/oid.h"
#include "x509/policy.h"

static const struct rule_name policy_rule = { "policies", "RFC 9618, RFC 5280 §6.1",
					      SEALSOCK_ERR_CERT_USAGE };

/* Bounds of one evaluation: nodes of all levels, and edges to the level above. */
enum { NODES_MAX = 256, EDGES_MAX = 512, LEVELS_MAX = 24, POLICIES_MAX = 64,
	MAPPINGS_MAX = 128 };

/*
 * A policy at one level, after the mappings of the level above: @edges to those policies of the
 * level above that lead to it; none: anyPolicy does.
 */
struct node {
	struct bytes policy;
	uint16_t first_edge, edges;
	bool mapped;
	bool reached;
};

struct level {
	uint16_t first, count;
	bool any;			/* anyPolicy is a node too */
};

struct graph {
	struct node nodes[NODES_MAX];
	struct bytes edges[EDGES_MAX];
	struct level levels[LEVELS_MAX];
	unsigned int node_count, edge_count, level_count;
	bool full;
};

/* Of a list of PolicyInformation; false: at the end, or malformed. */
static bool next_policy(struct bytes *list, struct bytes *oid, struct bytes *qualifiers)
{
	struct bytes seq;

	return der_take(list, DER_SEQUENCE, &seq) && der_take(&seq, DER_OID, oid) &&
	       der_is_oid(*oid) && der_maybe(&seq, DER_SEQUENCE, qualifiers) && !seq.n;
}

static bool qualifiers_are_valid(struct bytes list, bool critical)
{
	struct bytes seq, oid;
	struct der any;

	if (!list.p)
		return true;
	if (!list.n)
		return false;
	while (list.n) {
		if (!der_take(&list, DER_SEQUENCE, &seq) || !der_take(&seq, DER_OID, &oid) ||
		    !der_any(&seq, &any) || seq.n)
			return false;
		if (critical && !bytes_equal(oid, OID_CPS) && !bytes_equal(oid, OID_USER_NOTICE))
			return false;
	}
	return true;
}

bool policies_are_valid(struct bytes value, bool critical)
{
	struct bytes list, oid, qualifiers, seen[POLICIES_MAX];
	unsigned int n = 0, i;

	if (!der_take(&value, DER_SEQUENCE, &list) || value.n || !list.n)
		return false;
	while (list.n) {
		if (n == POLICIES_MAX || !next_policy(&list, &oid, &qualifiers) ||
		    !qualifiers_are_valid(qualifiers, critical))
			return false;
		for (i = 0; i < n; i++)
			if (bytes_equal(seen[i], oid))
				return false;
		seen[n++] = oid;
	}
	return true;
}

static bool next_mapping(struct bytes *list, struct bytes *issuer, struct bytes *subject)
{
	struct bytes seq;

	return der_take(list, DER_SEQUENCE, &seq) && der_take(&seq, DER_OID, issuer) &&
	       der_take(&seq, DER_OID, subject) && !seq.n;
}

bool mappings_are_valid(struct bytes value)
{
	struct bytes list, issuer, subject;
	unsigned int n = 0;

	if (!der_take(&value, DER_SEQUENCE, &list) || value.n || !list.n)
		return false;
	while (list.n)
		if (n++ == MAPPINGS_MAX || !next_mapping(&list, &issuer, &subject) ||
		    !der_is_oid(issuer) || !der_is_oid(subject) ||
		    bytes_equal(issuer, OID_ANY_POLICY) || bytes_equal(subject, OID_ANY_POLICY))
			return false;
	return true;
}

static struct level *last_level(struct graph *g)
{
	return &g->levels[g->level_count - 1];
}

static struct node *find(struct graph *g, const struct level *l, struct bytes policy)
{
	unsigned int i;

	for (i = 0; i < l->count; i++)
		if (bytes_equal(g->nodes[l->first + i].policy, policy))
			return &g->nodes[l->first + i];
	return NULL;
}

/* To the last level; NULL: the graph is full. */
static struct node *add(struct graph *g, struct bytes policy)
{
	struct node *n;

	if (g->node_count == NODES_MAX) {
		g->full = true;
		return NULL;
	}
	n = &g->nodes[g->node_count++];
	*n = (struct node){ .policy = policy, .first_edge = (uint16_t)g->edge_count };
	last_level(g)->count++;
	return n;
}

/* The edges of a node are added before the next node is. */
static void add_edge(struct graph *g, struct node *n, struct bytes to)
{
	if (!n || g->edge_count == EDGES_MAX) {
		g->full = true;
		return;
	}
	g->edges[g->edge_count++] = to;
	n->edges++;
}

/* Leaves of the last level the nodes for which @keep says so. */
static void retain(struct graph *g, bool (*keep)(const struct node *n, void *arg), void *arg)
{
	struct level *l = last_level(g);
	unsigned int i, kept = 0;

	for (i = 0; i < l->count; i++)
		if (keep(&g->nodes[l->first + i], arg))
			g->nodes[l->first + kept++] = g->nodes[l->first + i];
	l->count = (uint16_t)kept;
	g->node_count = l->first + kept;
}

static bool is_among(struct bytes list, struct bytes policy)
{
	struct bytes oid, qualifiers;

	while (next_policy(&list, &oid, &qualifiers))
		if (bytes_equal(oid, policy))
			return true;
	return false;
}

static bool keep_asserted(const struct node *n, void *arg)
{
	return is_among(*(struct bytes *)arg, n->policy);
}

static bool keep_none(const struct node *n, void *arg)
{
	(void)n;
	(void)arg;
	return false;
}

/* §6.1.3 (d), (e): what the certificate asserts, of what is expected of it. */
static void assert_policies(struct graph *g, const struct x509 *x, bool any_allowed)
{
	struct bytes list = x->ext[X509_POLICIES], left, oid, qualifiers;
	struct level *l = last_level(g);
	bool any, was_any = l->any;

	if (!x509_has(x, X509_POLICIES) || !der_take(&list, DER_SEQUENCE, &list)) {
		l->any = false;
		retain(g, keep_none, NULL);
		return;
	}
	any = any_allowed && is_among(list, OID_ANY_POLICY);
	if (!any)
		retain(g, keep_asserted, &list);
	l->any = was_any && any;
	if (!was_any)
		return;
	for (left = list; next_policy(&left, &oid, &qualifiers);)
		if (!bytes_equal(oid, OID_ANY_POLICY) && !find(g, l, oid))
			add(g, oid);
}

static bool keep_unmapped(const struct node *n, void *arg)
{
	(void)arg;
	return !n->mapped;
}

/* §6.1.4 (b): marks what is mapped away; anyPolicy stands for any that is mapped. */
static void mark_mapped(struct graph *g, struct bytes mappings, bool allowed)
{
	struct level *l = last_level(g);
	struct bytes issuer, subject;
	struct node *n;

	while (next_mapping(&mappings, &issuer, &subject)) {
		n = find(g, l, issuer);
		if (!n && l->any && allowed)
			n = add(g, issuer);
		if (n)
			n->mapped = true;
	}
	if (!allowed)
		retain(g, keep_unmapped, NULL);
}

/* The level below: what is expected of the next certificate. */
static void descend(struct graph *g, struct bytes mappings)
{
	struct level *above = last_level(g), *l;
	struct bytes issuer, subject, other, from, rest, again;
	struct node *n;
	unsigned int i;

	if (g->level_count == LEVELS_MAX) {
		g->full = true;
		return;
	}
	l = &g->levels[g->level_count++];
	*l = (struct level){ .first = (uint16_t)g->node_count, .any = above->any };
	for (i = 0; i < above->count && !g->full; i++) {
		other = g->nodes[above->first + i].policy;
		if (!g->nodes[above->first + i].mapped)
			add_edge(g, add(g, other), other);
	}
	/* One node for each policy that something is mapped to, with edges to all of those. */
	for (rest = mappings; !g->full && next_mapping(&rest, &issuer, &subject);) {
		if (!find(g, above, issuer))
			continue;
		n = find(g, l, subject);
		if (n && n->mapped)
			continue;	/* done with its first mapping */
		other = subject;
		if (n) {	/* unmapped above too: gathered anew, with that edge */
			n->first_edge = (uint16_t)g->edge_count;
			n->edges = 0;
			add_edge(g, n, other);
		} else {
			n = add(g, other);
		}
		for (again = mappings; n && next_mapping(&again, &from, &subject);)
			if (bytes_equal(subject, other) && find(g, above, from))
				add_edge(g, n, from);
		if (n)
			n->mapped = true;	/* here: gathered */
	}
	for (i = 0; i < l->count; i++)
		g->nodes[l->first + i].mapped = false;
}

static bool is_empty(struct graph *g)
{
	return !last_level(g)->any && !last_level(g)->count;
}

static bool is_wanted(const struct policy_input *in, struct bytes policy)
{
	size_t i;

	for (i = 0; i < in->wanted_count; i++)
		if (bytes_equal(in->wanted[i], policy))
			return true;
	return false;
}

/* §6.1.5 (g): is a policy that the user wants at the upper end of one that the leaf has? */
static bool meets_wish(struct graph *g, const struct policy_input *in)
{
	unsigned int depth = g->level_count, i, e;
	struct node *n, *up;

	if (is_empty(g))
		return false;
	if (!in->wanted_count || is_wanted(in, OID_ANY_POLICY) || last_level(g)->any)
		return true;
	for (i = 0; i < last_level(g)->count; i++)
		g->nodes[last_level(g)->first + i].reached = true;
	while (depth--) {
		for (i = 0; i < g->levels[depth].count; i++) {
			n = &g->nodes[g->levels[depth].first + i];
			if (!n->reached)
				continue;
			if (!n->edges && is_wanted(in, n->policy))
				return true;
			for (e = 0; depth && e < n->edges; e++) {
				up = find(g, &g->levels[depth - 1], g->edges[n->first_edge + e]);
				if (up)
					up->reached = true;
			}
		}
	}
	return false;
}

/* Nothing can ask for a policy: then none has to be followed. */
static bool is_free(const struct x509 *anchor, const struct x509 *const *path, size_t n,
		    const struct policy_input *in)
{
	size_t i;

	if (in->require_explicit || (anchor && anchor->require_explicit != X509_NONE))
		return false;
	for (i = 0; i < n; i++)
		if (path[i]->require_explicit != X509_NONE)
			return false;
	return true;
}

static void lower(uint32_t *skip, uint32_t to)
{
	if (to < *skip)
		*skip = to;
}

struct skips {
	uint32_t explicit, mapping, any;
};

/* §6.1.4 (i), (j) */
static void constrain(struct skips *s, const struct x509 *x)
{
	lower(&s->explicit, x->require_explicit);
	lower(&s->mapping, x->inhibit_mapping);
	lower(&s->any, x->inhibit_any);
}

/* §6.1.4 (h) to (j): prepares the counters for the next certificate. */
static void count_down(struct skips *s, const struct x509 *x)
{
	if (!x->self_issued) {
		s->explicit -= s->explicit > 0;
		s->mapping -= s->mapping > 0;
		s->any -= s->any > 0;
	}
	constrain(s, x);
}

/* §6.1.4 (a), (b): on to what is expected of the certificate below @x. */
static void step_down(struct graph *g, const struct x509 *x, bool may_map)
{
	struct bytes mappings = x->ext[X509_MAPPINGS];

	if (!x509_has(x, X509_MAPPINGS) || !der_take(&mappings, DER_SEQUENCE, &mappings))
		mappings = bytes_of(NULL, 0);
	mark_mapped(g, mappings, may_map);
	descend(g, may_map ? mappings : bytes_of(NULL, 0));
}

/* What an anchor asserts, maps and asks for. */
static void begin_at(struct graph *g, const struct x509 *anchor, struct skips *s)
{
	if (x509_has(anchor, X509_POLICIES))
		assert_policies(g, anchor, s->any > 0);
	if (x509_has(anchor, X509_POLICIES) || x509_has(anchor, X509_MAPPINGS))
		step_down(g, anchor, s->mapping > 0);
	constrain(s, anchor);
}

static bool run(struct graph *g, const struct x509 *anchor, const struct x509 *const *path,
		size_t n, const struct policy_input *in, struct finding *f)
{
	/* More than there are certificates, if nothing is asked. */
	uint32_t never = (uint32_t)n + 1;
	struct skips s = {
		.explicit = in->require_explicit ? 0 : never,
		.mapping = in->inhibit_mapping ? 0 : never,
		.any = in->inhibit_any ? 0 : never,
	};
	size_t i;

	g->levels[0] = (struct level){ .any = true };
	g->level_count = 1;
	if (anchor)
		begin_at(g, anchor, &s);
	for (i = 0; i < n; i++) {
		const struct x509 *x = path[i];
		bool leaf = i + 1 == n;

		assert_policies(g, x, s.any > 0 || (!leaf && x->self_issued));
		if (!s.explicit && is_empty(g))
			return finding_set(f, &policy_rule, "a policy that holds from end to end",
					   "none, after %zu certificates", i + 1);
		if (leaf)
			break;
		step_down(g, x, s.mapping > 0);
		count_down(&s, x);
		if (g->full)
			return finding_set(f, &policy_rule, "fewer policies and mappings", "%s",
					   "more than would be followed");
	}
	/* §6.1.5 (a), (b) */
	s.explicit -= s.explicit > 0;
	if (path[n - 1]->require_explicit == 0)
		s.explicit = 0;
	if (!s.explicit && !meets_wish(g, in))
		return finding_set(f, &policy_rule, "one of the policies that are asked for", "%s",
				   is_empty(g) ? "none" : "others");
	return true;
}

bool policies_allow(const struct x509 *anchor, const struct x509 *const *path, size_t n,
		    const struct policy_input *in, struct finding *f)
{
	struct graph g;

	if (!n || is_free(anchor, path, n, in))
		return true;
	g.node_count = 0;
	g.edge_count = 0;
	g.full = false;
	return run(&g, anchor, path, n, in, f);
}
