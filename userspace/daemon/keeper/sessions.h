/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Sessions of clients: each belongs to the user whose program asked for the connection, and no
 * other gets it. Bounded; the oldest goes first.
 */
#ifndef SEALSOCKD_SESSIONS_H
#define SEALSOCKD_SESSIONS_H

#include <stddef.h>
#include <stdint.h>

struct sessions;

/* NULL: no memory, or @max is 0; the others take that for a store that keeps nothing. */
struct sessions *sessions_new(unsigned int max);
void sessions_free(struct sessions *s);

struct session_of {
	uint32_t uid;
	const void *id;
	size_t id_len;
};

void sessions_put(struct sessions *s, struct session_of of, const void *session, size_t n,
		  int64_t expires, int64_t now);

/* The newest, which is removed; its size, 0: none that is valid, or no room for it. */
size_t sessions_take(struct sessions *s, struct session_of of, int64_t now, void *session,
		     size_t room);

unsigned int sessions_count(const struct sessions *s);

#endif
