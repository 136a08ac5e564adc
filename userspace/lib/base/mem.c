// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <string.h>

#include "base/mem.h"

void wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}

void *mem_zalloc(const struct sealsock_env *env, size_t n)
{
	void *p = env->alloc(env->arg, n);

	if (p)
		memset(p, 0, n);
	return p;
}

void mem_free(const struct sealsock_env *env, void *p, size_t n)
{
	if (!p)
		return;
	wipe(p, n);
	env->free(env->arg, p, n);
}

char *mem_strndup(const struct sealsock_env *env, const void *s, size_t n)
{
	char *p = env->alloc(env->arg, n + 1);

	if (!p)
		return NULL;
	if (n)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

void sized_out(void *to, size_t size, const void *from, size_t known)
{
	size_t n = size < known ? size : known;

	memcpy(to, from, n);
	memset((uint8_t *)to + n, 0, size - n);
}

bool sized_in(void *to, size_t known, const void *from, size_t size)
{
	const uint8_t *p = from;
	size_t i;

	memset(to, 0, known);
	memcpy(to, from, size < known ? size : known);
	for (i = known; i < size; i++)
		if (p[i])
			return false;
	return true;
}

void buf_init(struct buf *b, const struct sealsock_env *env)
{
	*b = (struct buf){ .env = env };
}

void buf_free(struct buf *b)
{
	mem_free(b->env, b->p, b->cap);
	buf_init(b, b->env);
}

/* What grows byte by byte, as messages do, need not begin with a byte. */
enum { BUF_FIRST = 256 };

bool buf_reserve(struct buf *b, size_t more)
{
	return buf_reserve_within(b, more, SIZE_MAX);
}

bool buf_reserve_within(struct buf *b, size_t more, size_t most)
{
	size_t want, roomy = b->cap + b->cap / 2;
	uint8_t *p;

	if (more <= b->cap - b->n)
		return true;
	if (more > SIZE_MAX / 2 - b->n)
		return false;
	want = b->n + more;
	/* Growth by half: few copies, and never much more than is needed. */
	if (roomy > most)
		roomy = most;
	if (want < roomy)
		want = roomy;
	if (want < BUF_FIRST)
		want = BUF_FIRST;
	p = b->env->alloc(b->env->arg, want);
	if (!p)
		return false;
	if (b->n)
		memcpy(p, b->p, b->n);
	mem_free(b->env, b->p, b->cap);
	b->p = p;
	b->cap = want;
	return true;
}

bool buf_append(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return true;
	if (!buf_reserve(b, n))
		return false;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return true;
}

void buf_drop(struct buf *b, size_t n)
{
	if (n < b->n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}
