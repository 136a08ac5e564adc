/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transforms of the crypto API for keys. Making one means to look it up by name,
 * mostly several times, and to allocate all of its parts: as much as all else of
 * an install. So some that have done their work wait for the next key, each in the
 * memory of the one before.
 */
#ifndef SEAL_SPARE_H
#define SEAL_SPARE_H

#include "core/suite.h"

struct crypto_aead;

/* What a key begins with. */
struct seal_spare {
	struct crypto_aead *aead;
};

int seal_spare_init(void);
/* Frees what is kept, when no socket of ours is left. */
void seal_spare_exit(void);

/*
 * A transform for the caller alone, with the suite's length of tag and a key that
 * must not be used, at the beginning of @size bytes, always the same for a suite: what
 * is behind it is zeros, or what it was when it was given back. May sleep.
 * ERR_PTR: -ENOMEM; -ENOENT: the kernel has no such AEAD.
 */
struct seal_spare *seal_spare_get(const struct seal_suite *suite, size_t size);

/*
 * Takes it back and wipes its key: with that of no bytes but zeros in its place it
 * is kept, as one of a few of its suite, or else freed. Not while it is in use. The caller
 * has wiped what is secret behind it. May sleep.
 */
void seal_spare_put(const struct seal_suite *suite, struct seal_spare *spare);

/* Frees it. Likewise. */
void seal_spare_free(struct seal_spare *spare);

/* Sets a key: @mac_secret where the suite has one. May sleep. What the AEAD says. */
int seal_spare_set_key(const struct seal_suite *suite, struct crypto_aead *aead,
		       const u8 *secret, const u8 *mac_secret);

#endif /* SEAL_SPARE_H */
