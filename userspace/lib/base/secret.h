/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A secret of the key schedule. Each has one owner, which wipes it; it is copied only by
 * secret_copy(), so that a search for that name finds every copy.
 */
#ifndef SEALSOCK_SECRET_H
#define SEALSOCK_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SECRET_MAX = 48 };	/* SHA-384 */

struct secret {
	uint8_t b[SECRET_MAX];
	uint8_t n;		/* 0: none */
};

void secret_copy(struct secret *to, const struct secret *from);
void secret_wipe(struct secret *s);

/* Takes the same time whatever the bytes are. */
bool secret_equal(const void *a, const void *b, size_t n);
bool secret_all_zero(const void *p, size_t n);

#endif
