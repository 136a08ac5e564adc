// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <pthread.h>

#include "config/chain_cache.h"

/* Made when it is first needed. */
struct slot {
	uint8_t key[CHAIN_KEY];
	int64_t from, until;	/* empty: until before from */
	struct buf issuer;
};

struct chain_cache {
	const struct sealsock_env *env;
	pthread_mutex_t lock;
	struct slot *slots[CHAIN_CACHE_SLOTS];
};

struct chain_cache *chain_cache_new(const struct sealsock_env *env)
{
	struct chain_cache *c = mem_zalloc(env, sizeof(*c));

	if (!c)
		return NULL;
	c->env = env;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void chain_cache_free(struct chain_cache *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < CHAIN_CACHE_SLOTS; i++) {
		if (c->slots[i])
			buf_free(&c->slots[i]->issuer);
		mem_free(c->env, c->slots[i], sizeof(*c->slots[i]));
	}
	pthread_mutex_destroy(&c->lock);
	mem_free(c->env, c, sizeof(*c));
}

int chain_cache_key(const struct crypto *crypto, struct bytes chain, const struct host *host,
		    uint8_t key[CHAIN_KEY])
{
	struct hash *h = hash_new();
	int err = h ? hash_start(crypto, h, HASH_SHA256) : SEALSOCK_ERR_NOMEM;

	/* Each certificate with its length, then all of the host, whose size is fixed. */
	if (!err)
		err = hash_add(h, chain.p, chain.n);
	if (!err && host)
		err = hash_add(h, host, sizeof(*host));
	if (!err)
		err = hash_end(h, key);
	hash_free(h);
	return err;
}

static struct slot **slot_of(struct chain_cache *c, const uint8_t key[CHAIN_KEY])
{
	return &c->slots[key[0] % CHAIN_CACHE_SLOTS];
}

bool chain_cache_get(struct chain_cache *c, const uint8_t key[CHAIN_KEY], int64_t now,
		     int64_t *until, struct buf *issuer)
{
	const struct slot *s;
	bool found;

	pthread_mutex_lock(&c->lock);
	s = *slot_of(c, key);
	found = s && now >= s->from && now <= s->until && !memcmp(s->key, key, CHAIN_KEY) &&
		buf_append(issuer, s->issuer.p, s->issuer.n);
	if (found)
		*until = s->until;
	pthread_mutex_unlock(&c->lock);
	return found;
}

static void fill(struct slot *s, const uint8_t key[CHAIN_KEY], int64_t from, int64_t until,
		 struct bytes issuer)
{
	s->issuer.n = 0;
	s->from = 1;
	s->until = 0;
	if (!buf_append(&s->issuer, issuer.p, issuer.n))
		return;
	memcpy(s->key, key, CHAIN_KEY);
	s->from = from;
	s->until = until;
}

void chain_cache_put(struct chain_cache *c, const uint8_t key[CHAIN_KEY], int64_t from,
		     int64_t until, struct bytes issuer)
{
	struct slot **s = slot_of(c, key);

	pthread_mutex_lock(&c->lock);
	if (!*s) {
		*s = mem_zalloc(c->env, sizeof(**s));
		if (*s)
			buf_init(&(*s)->issuer, c->env);
	}
	if (*s)
		fill(*s, key, from, until, issuer);
	pthread_mutex_unlock(&c->lock);
}
