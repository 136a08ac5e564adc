/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Encrypted Client Hello (RFC 9849): configurations (§4) and the encoded inner hello (§5.1). */
#ifndef SEALSOCK_EXT_ECH_H
#define SEALSOCK_EXT_ECH_H

#include "ext/ext.h"

enum {
	ECH_VERSION = 0xfe0d,
	ECH_CONFIRMATION = 8,
	ECH_SUITE = 4,		/* bytes of an entry of @suites */
};

/* An ECHConfig, in the list that it was read from. */
struct ech_config {
	uint16_t version;	/* of another one than ECH_VERSION only @whole is set */
	struct bytes whole;
	uint8_t id;
	uint16_t kem;
	struct bytes key;
	struct bytes suites;	/* KDF and AEAD each */
	uint8_t max_name;
	struct bytes public_name;
	bool ignore;		/* a mandatory extension that nobody knows, or one twice */
};

/* The list itself out of an ECHConfigList; then its next entry. False: malformed, or the end. */
bool ech_list_open(struct bytes text, struct bytes *list);
bool ech_config_next(struct bytes *list, struct ech_config *out);

/* Is it an ECHConfigList, to the last byte? */
bool ech_list_good(struct bytes text);

/*
 * Appends the ClientHello, with its header, that @encoded stands for: the session id and what
 * ech_outer_extensions names come from @outer. ILLEGAL, DECODE: why is in *why; NOMEM.
 */
int ech_decode(struct bytes encoded, struct bytes session_id, struct bytes outer,
	       struct builder *w, const char **why);

#endif
