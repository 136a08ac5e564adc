/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Memory from the configuration's allocator, and a byte buffer that grows. */
#ifndef SEALSOCK_MEM_H
#define SEALSOCK_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sealsock.h"

/* The defaults: malloc, free, getrandom, time. Members are never NULL. */
extern const struct sealsock_env env_default;

/* Zeroed memory, or NULL. */
void *mem_zalloc(const struct sealsock_env *env, size_t n);

/* Wipes, then frees. NULL is ignored. */
void mem_free(const struct sealsock_env *env, void *p, size_t n);

/* A NUL-ended copy of @n bytes, or NULL; freed with mem_free(env, p, n + 1). */
char *mem_strndup(const struct sealsock_env *env, const void *s, size_t n);

/* Overwrites in a way the compiler does not drop. */
void wipe(void *p, size_t n);

/*
 * Structures of the interface, which may be those of an older or newer header. sized_out gives the
 * first @size bytes and zeros behind what there is; sized_in takes what is known, and is false
 * where there is more that is not zero.
 */
void sized_out(void *to, size_t size, const void *from, size_t known);
bool sized_in(void *to, size_t known, const void *from, size_t size);

/* @n bytes in use of @cap; old memory is wiped when it grows and when it is freed. */
struct buf {
	const struct sealsock_env *env;
	uint8_t *p;
	size_t n;
	size_t cap;
};

void buf_init(struct buf *b, const struct sealsock_env *env);
void buf_free(struct buf *b);

/* Room for @more bytes beyond @n; false: no memory, nothing changed. */
bool buf_reserve(struct buf *b, size_t more);

/* The same; it grows by half at a time, but to no more than @most bytes if these are enough. */
bool buf_reserve_within(struct buf *b, size_t more, size_t most);

bool buf_append(struct buf *b, const void *p, size_t n);

/* Removes @n bytes from the front. */
void buf_drop(struct buf *b, size_t n);

#endif
