/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Tickets (RFC 5077, RFC 8446 §4.6.1): what a server remembers, sealed with keys that rotate and
 * that several processes can share. A ticket is: name of the key (16 bytes), salt (16), sealed
 * state, tag (16). Each is sealed under a key of its own, HMAC(key, salt), so that machines which
 * share keys need not share a counter.
 */
#ifndef SEALSOCK_TICKET_H
#define SEALSOCK_TICKET_H

#include "crypto/hkdf.h"

enum { TICKET_SALT = 16, TICKET_OVERHEAD = 16 + TICKET_SALT + AEAD_TAG };

struct ticket_keys;

/* Keys from a file, or made at random if @path is NULL. FILE, INVALID, NOMEM, RANDOM. */
int ticket_keys_new(const struct sealsock_env *env, const struct crypto *crypto, const char *path,
		    struct ticket_keys **out);
void ticket_keys_free(struct ticket_keys *k);

/* Takes these instead, which then stay, in the file's form. INVALID: they are not in it. */
int ticket_keys_set(struct ticket_keys *k, struct bytes keys);

/*
 * Reads the file again if it has changed, at most once a second; makes a new key where there is no
 * file and the old one has served its time. Reads the clock and files: for conn_new, not for the
 * handshake. What fails leaves the keys as they are.
 */
void ticket_keys_refresh(struct ticket_keys *k);

/*
 * Appends a ticket with @state. @salt: random, for this ticket only. @scratch is overwritten.
 * Thread-safe. NOMEM, CRYPTO.
 */
int ticket_seal(struct ticket_keys *k, struct hash *scratch, const uint8_t salt[TICKET_SALT],
		struct bytes state, struct builder *w);

/*
 * Appends the state in @ticket to @out. Thread-safe. BAD_RECORD: not ours, or of a key that is
 * gone; NOMEM, CRYPTO.
 */
int ticket_open(struct ticket_keys *k, struct hash *scratch, struct bytes ticket, struct buf *out);

#endif
