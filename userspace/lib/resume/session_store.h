/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Sessions kept in memory: bounded, thread-safe, the oldest goes first. */
#ifndef SEALSOCK_SESSION_STORE_H
#define SEALSOCK_SESSION_STORE_H

#include "base/mem.h"

struct memory_store;

/* NULL: no memory. Freeing wipes all; NULL is ignored. */
struct memory_store *memory_store_new(const struct sealsock_env *env, unsigned int max);
void memory_store_free(struct memory_store *s);

/* Its functions, as a configuration wants them. */
void memory_store_describe(struct memory_store *s, struct sealsock_session_store *out);

#endif
