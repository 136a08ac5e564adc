/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Encrypted Client Hello (RFC 9849): what clients take of a list, and the keys of servers. */
#ifndef SEALSOCK_CONFIG_ECH_H
#define SEALSOCK_CONFIG_ECH_H

#include "crypto/hpke.h"
#include "ext/ech.h"
#include "x509/name.h"

/* A host name as §6.1.7 has it: nothing that could be taken for an address. */
bool ech_public_name_good(struct bytes name);

/* Client: the first configuration of an ECHConfigList that can be used, and with which suite. */
bool ech_choose(struct bytes text, struct ech_config *out, struct hpke_suite *suite);

/* Is it a suite of the configuration, and known here? */
bool ech_suite_listed(const struct ech_config *c, const struct hpke_suite *s);

/* Client: puts a list in @to, as sealsock_config_ech() has it. INVALID, NOMEM: nothing changed. */
int ech_list_set(struct buf *to, const void *list, size_t n);

/* hpke_setup() with what both sides' contexts are bound to (§6.1). */
int ech_setup(const struct crypto *crypto, struct hash *scratch, const struct ech_config *c,
	      const struct hpke_suite *s, const struct secret *shared, bool seal,
	      struct hpke *out);

/*
 * Server: the keys of a file, or of text that is in memory, one after the other with the lists that
 * they are for. All of them open; the first one's list is what clients are told to use. Freed, with
 * those that are linked behind, by sealsock_ech_keys_free().
 *
 * @path NULL: @pem, and it is never read again. FILE, PEM, KEY (fits no configuration), NOMEM.
 * @keeper, where it is not NULL, has the private keys: then @pem has lists alone.
 */
int ech_keys_new(const struct sealsock_env *env, const char *path, struct bytes pem,
		 const struct sealsock_ech_keeper *keeper, struct sealsock_ech_keys **out);

/* Puts it at the end of a list; and the keys behind it. */
void ech_keys_link(struct sealsock_ech_keys **list, struct sealsock_ech_keys *k);

/* Reads files again that have changed, at most once a second. What fails leaves the keys. */
void ech_keys_refresh(struct sealsock_ech_keys *list);

/*
 * Opens the payload of @hello, whose associated data is @aad, with the keys it may be meant for;
 * @plain takes payload.n - AEAD_TAG bytes. 0: @context is to be closed. BAD_RECORD: no key opens
 * it; NOMEM, CRYPTO. Thread-safe.
 */
int ech_keys_open(struct sealsock_ech_keys *list, struct hash *scratch,
		  const struct ech_hello *hello, struct bytes aad, struct hpke *context,
		  uint8_t *plain);

/* Appends an ECHConfigList of what clients are told to use. */
void ech_keys_retry(struct sealsock_ech_keys *list, struct builder *w);

#endif
