// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdlib.h>
#include <string.h>

#include "ipc.h"
#include "keeper/sessions.h"
#include "sealsock.h"

enum { BUCKETS = 1024 };

struct entry {
	struct entry *next;		/* in its bucket, newest first */
	struct entry *older, *newer;
	uint32_t uid, bucket;
	int64_t expires;
	size_t id_len, n;
	uint8_t b[];			/* id, session */
};

struct sessions {
	unsigned int max, count;
	struct entry *oldest, *newest;
	struct entry *bucket[BUCKETS];
};

struct sessions *sessions_new(unsigned int max)
{
	struct sessions *s = max ? calloc(1, sizeof(*s)) : NULL;

	if (s)
		s->max = max;
	return s;
}

/* FNV-1a. Who fills a bucket on purpose makes searches in it as long as @max allows. */
static uint32_t bucket_of(struct session_of of)
{
	const uint8_t *p = of.id;
	uint32_t h = 2166136261u ^ of.uid;
	size_t i;

	for (i = 0; i < of.id_len; i++)
		h = (h ^ p[i]) * 16777619u;
	return h % BUCKETS;
}

static void drop(struct sessions *s, struct entry *e)
{
	struct entry **at = &s->bucket[e->bucket];

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	*(e->older ? &e->older->newer : &s->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &s->newest) = e->older;
	explicit_bzero(e->b, e->id_len + e->n);
	free(e);
	s->count--;
}

void sessions_free(struct sessions *s)
{
	while (s && s->oldest)
		drop(s, s->oldest);
	free(s);
}

void sessions_put(struct sessions *s, struct session_of of, const void *session, size_t n,
		  int64_t expires, int64_t now)
{
	struct entry *e;

	if (!s || expires <= now || n > SEALSOCK_SESSION_MAX || of.id_len > IPC_ID_MAX)
		return;
	while (s->oldest && (s->count >= s->max || s->oldest->expires <= now))
		drop(s, s->oldest);
	e = malloc(sizeof(*e) + of.id_len + n);
	if (!e)
		return;
	*e = (struct entry){
		.uid = of.uid, .bucket = bucket_of(of), .expires = expires, .id_len = of.id_len,
		.n = n, .older = s->newest,
	};
	memcpy(e->b, of.id, of.id_len);
	memcpy(e->b + of.id_len, session, n);
	e->next = s->bucket[e->bucket];
	s->bucket[e->bucket] = e;
	*(s->newest ? &s->newest->newer : &s->oldest) = e;
	s->newest = e;
	s->count++;
}

size_t sessions_take(struct sessions *s, struct session_of of, int64_t now, void *session,
		     size_t room)
{
	struct entry *e, *next;
	size_t n = 0;

	for (e = s ? s->bucket[bucket_of(of)] : NULL; e && !n; e = next) {
		next = e->next;
		if (e->uid != of.uid || e->id_len != of.id_len || memcmp(e->b, of.id, of.id_len))
			continue;
		if (e->expires > now && e->n <= room) {
			n = e->n;
			memcpy(session, e->b + e->id_len, n);
		}
		drop(s, e);
	}
	return n;
}

unsigned int sessions_count(const struct sessions *s)
{
	return s ? s->count : 0;
}
