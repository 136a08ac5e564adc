/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Chains that were found to be right, by a hash of the peer's bytes and of what they were checked
 * for: the next handshake with the same peer need not check them again. It belongs to a frozen
 * configuration, so that nothing about trust changes under it; an entry holds only while every
 * certificate of its path is valid. Any thread may use it.
 */
#ifndef SEALSOCK_CHAIN_CACHE_H
#define SEALSOCK_CHAIN_CACHE_H

#include "crypto/backend.h"
#include "x509/name.h"

enum { CHAIN_CACHE_SLOTS = 64, CHAIN_KEY = 32 };

struct chain_cache;

struct chain_cache *chain_cache_new(const struct sealsock_env *env);
void chain_cache_free(struct chain_cache *c);

/* The key of a chain (24-bit length and DER each) that is checked for @host, which may be NULL. */
int chain_cache_key(const struct crypto *crypto, struct bytes chain, const struct host *host,
		    uint8_t key[CHAIN_KEY]);

/* Is it there and valid at @now, and to when? Appends the DER of the leaf's issuer to @issuer. */
bool chain_cache_get(struct chain_cache *c, const uint8_t key[CHAIN_KEY], int64_t now,
		     int64_t *until, struct buf *issuer);

/* Right from @from to @until. In the place of another where there is no room. */
void chain_cache_put(struct chain_cache *c, const uint8_t key[CHAIN_KEY], int64_t from,
		     int64_t until, struct bytes issuer);

#endif
