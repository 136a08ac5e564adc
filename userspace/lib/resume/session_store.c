// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <pthread.h>
#include <string.h>

#include "resume/session_store.h"

enum { ID_MAX = 300, BUCKETS = 256 };

/* In two lists: its bucket, newest first, and all entries by age. @bytes: id, then session. */
struct entry {
	struct entry *next;
	struct entry *older, *newer;
	int64_t expires;
	uint32_t hash;
	uint32_t id_len;
	uint32_t n;
	uint8_t bytes[];
};

struct memory_store {
	const struct sealsock_env *env;
	pthread_mutex_t lock;
	unsigned int count, max;
	struct entry *oldest, *newest;
	struct entry *bucket[BUCKETS];
};

struct memory_store *memory_store_new(const struct sealsock_env *env, unsigned int max)
{
	struct memory_store *s = mem_zalloc(env, sizeof(*s));

	if (!s)
		return NULL;
	s->env = env;
	s->max = max;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

/* FNV-1a: ids are ours or names of our own choosing; nobody else's end up in a bucket. */
static uint32_t hash_of(const uint8_t *p, size_t n)
{
	uint32_t h = 2166136261u;

	while (n--)
		h = (h ^ *p++) * 16777619u;
	return h;
}

static void drop(struct memory_store *s, struct entry *e)
{
	struct entry **at = &s->bucket[e->hash % BUCKETS];

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	*(e->older ? &e->older->newer : &s->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &s->newest) = e->older;
	s->count--;
	mem_free(s->env, e, sizeof(*e) + e->id_len + e->n);
}

void memory_store_free(struct memory_store *s)
{
	if (!s)
		return;
	while (s->oldest)
		drop(s, s->oldest);
	pthread_mutex_destroy(&s->lock);
	mem_free(s->env, s, sizeof(*s));
}

static void put(void *arg, const void *id, size_t id_len, const void *session, size_t n,
		int64_t expires)
{
	struct memory_store *s = arg;
	struct entry *e;

	if (id_len > ID_MAX || n > SEALSOCK_SESSION_MAX)
		return;
	e = mem_zalloc(s->env, sizeof(*e) + id_len + n);
	if (!e)
		return;
	e->expires = expires;
	e->hash = hash_of(id, id_len);
	e->id_len = (uint32_t)id_len;
	e->n = (uint32_t)n;
	memcpy(e->bytes, id, id_len);
	memcpy(e->bytes + id_len, session, n);

	pthread_mutex_lock(&s->lock);
	if (s->count == s->max)
		drop(s, s->oldest);
	e->next = s->bucket[e->hash % BUCKETS];
	s->bucket[e->hash % BUCKETS] = e;
	e->older = s->newest;
	*(s->newest ? &s->newest->newer : &s->oldest) = e;
	s->newest = e;
	s->count++;
	pthread_mutex_unlock(&s->lock);
}

static struct entry *find(struct memory_store *s, const void *id, size_t id_len, int64_t now)
{
	uint32_t hash = hash_of(id, id_len);
	struct entry *e, *next;

	for (e = s->bucket[hash % BUCKETS]; e; e = next) {
		next = e->next;
		if (e->hash != hash || e->id_len != id_len || memcmp(e->bytes, id, id_len) != 0)
			continue;
		if (e->expires > now)
			return e;
		drop(s, e);
	}
	return NULL;
}

static size_t fetch(struct memory_store *s, const void *id, size_t id_len, int64_t now,
		    void *session, size_t room, bool once)
{
	struct entry *e;
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	e = find(s, id, id_len, now);
	if (e && e->n <= room) {
		n = e->n;
		memcpy(session, e->bytes + id_len, n);
		if (once)
			drop(s, e);
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

static size_t get(void *arg, const void *id, size_t id_len, int64_t now, void *session,
		  size_t room)
{
	return fetch(arg, id, id_len, now, session, room, false);
}

static size_t take(void *arg, const void *id, size_t id_len, int64_t now, void *session,
		   size_t room)
{
	return fetch(arg, id, id_len, now, session, room, true);
}

void memory_store_describe(struct memory_store *s, struct sealsock_session_store *out)
{
	*out = (struct sealsock_session_store){ .arg = s, .put = put, .get = get, .take = take };
}
