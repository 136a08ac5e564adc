// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/dn.h"
#include "x509/store.h"

enum { BUCKETS = 256 };

struct anchor {
	struct x509 x;		/* first: what trust_next() gives */
	struct anchor *next;
	uint32_t hash;		/* of the subject */
	unsigned int nr;	/* in the order they came */
	uint8_t der[];
};

struct trust {
	const struct sealsock_env *env;
	unsigned int count;
	struct anchor *buckets[BUCKETS];
};

struct trust *trust_new(const struct sealsock_env *env)
{
	struct trust *t = mem_zalloc(env, sizeof(*t));

	if (t)
		t->env = env;
	return t;
}

static void anchor_free(const struct sealsock_env *env, struct anchor *a)
{
	mem_free(env, a, sizeof(*a) + a->x.der.n);
}

void trust_free(struct trust *t)
{
	struct anchor *a, *next;
	unsigned int i;

	if (!t)
		return;
	for (i = 0; i < BUCKETS; i++) {
		for (a = t->buckets[i]; a; a = next) {
			next = a->next;
			anchor_free(t->env, a);
		}
	}
	mem_free(t->env, t, sizeof(*t));
}

unsigned int trust_count(const struct trust *t)
{
	return t ? t->count : 0;
}

int trust_add(struct trust *t, struct bytes der)
{
	struct anchor *a = mem_zalloc(t->env, sizeof(*a) + der.n), **end;
	struct finding f;

	if (!a)
		return SEALSOCK_ERR_NOMEM;
	memcpy(a->der, der.p, der.n);
	if (!x509_parse(bytes_of(a->der, der.n), &a->x, &f)) {
		mem_free(t->env, a, sizeof(*a) + der.n);
		return SEALSOCK_ERR_CERT_BAD;
	}
	a->hash = dn_hash(a->x.subject);
	for (end = &t->buckets[a->hash % BUCKETS]; *end; end = &(*end)->next) {
		if (bytes_equal((*end)->x.der, a->x.der)) {
			anchor_free(t->env, a);
			return 0;
		}
	}
	*end = a;
	a->nr = t->count++;
	return 0;
}

void trust_cut(struct trust *t, unsigned int n)
{
	struct anchor **at, *a;
	unsigned int i;

	for (i = 0; t && i < BUCKETS; i++) {
		for (at = &t->buckets[i]; *at && (*at)->nr < n; at = &(*at)->next)
			;
		while ((a = *at)) {
			*at = a->next;
			anchor_free(t->env, a);
			t->count--;
		}
	}
}

const struct x509 *trust_next(const struct trust *t, struct bytes name, const struct x509 *after)
{
	const struct anchor *a = (const struct anchor *)after;
	uint32_t hash = a ? a->hash : dn_hash(name);

	for (a = a ? a->next : t->buckets[hash % BUCKETS]; a; a = a->next)
		if (a->hash == hash && dn_equal(a->x.subject, name))
			return &a->x;
	return NULL;
}

const struct x509 *trust_find(const struct trust *t, const struct x509 *self)
{
	const struct x509 *x = NULL;

	while ((x = trust_next(t, self->subject, x)))
		if (bytes_equal(x->der, self->der))
			return x;
	return NULL;
}
