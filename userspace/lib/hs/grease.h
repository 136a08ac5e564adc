/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* GREASE (RFC 8701): reserved values among what a hello offers. */
#ifndef SEALSOCK_GREASE_H
#define SEALSOCK_GREASE_H

#include "config/config.h"
#include "msg/msg.h"

/* Where one stands. */
enum grease_place {
	GREASE_SUITE,
	GREASE_GROUP,
	GREASE_SCHEME,
	GREASE_VERSION,
	GREASE_ALPN,
	GREASE_PSK_MODE,
	GREASE_FIRST_EXT,
	GREASE_LAST_EXT,
	GREASE_PLACES,
};

/* Random bytes, drawn once: a second ClientHello has to have the same values. */
struct grease {
	uint8_t seed[GREASE_PLACES];
};

/* One of the sixteen values of §2; one of the eight PskKeyExchangeModes. */
uint16_t grease_value(const struct grease *g, enum grease_place place);
uint8_t grease_psk_mode(const struct grease *g);

/* The lists with their GREASE, while a message is built. @alpn: to be initialised and freed. */
struct greased {
	struct wire_list suites, groups, schemes, versions;
	uint8_t modes[4];
	struct buf alpn;
};

/* Puts values into all lists of @ch, which then point into @room, and two extensions. NOMEM. */
int grease_hello(const struct grease *g, struct greased *room, struct client_hello *ch);

/* A key share without a key. */
void grease_share(const struct grease *g, struct builder *shares);

/* For other messages (§4): two extensions; a value in a list of signature schemes. */
void grease_extensions(const struct grease *g, struct ext_set *e);
void grease_schemes(const struct grease *g, struct greased *room, struct bytes *schemes);

#endif
