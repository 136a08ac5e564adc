/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What can be seen of a connection: one call where a message, alert or change_cipher_spec comes or
 * goes, one at each step of the key schedule, and one where the peer's certificates were right. Who
 * looks is above; without anybody each costs one comparison.
 */
#ifndef SEALSOCK_WATCH_H
#define SEALSOCK_WATCH_H

#include "record/channel.h"

/* Steps of the key schedules; what each is made of is in the table of trace/trace.c. */
enum trace_key {
	TRACE_SHARED_SECRET,		/* TLS 1.3, RFC 8446 §7.1 */
	TRACE_EARLY_SECRET,
	TRACE_BINDER_KEY,
	TRACE_HANDSHAKE_SECRET,
	TRACE_CLIENT_HANDSHAKE,
	TRACE_SERVER_HANDSHAKE,
	TRACE_MASTER13,
	TRACE_CLIENT_TRAFFIC,
	TRACE_SERVER_TRAFFIC,
	TRACE_EXPORTER,
	TRACE_RESUMPTION,
	TRACE_CLIENT_KEY,		/* both versions: of the records */
	TRACE_SERVER_KEY,
	TRACE_CLIENT_IV,
	TRACE_SERVER_IV,
	TRACE_NEXT_CLIENT,		/* TLS 1.3, after a KeyUpdate (§7.2) */
	TRACE_NEXT_SERVER,
	TRACE_PRE_MASTER,		/* TLS 1.2, RFC 5246 §8.1, RFC 7627 §4 */
	TRACE_MASTER12,
	TRACE_EXTENDED_MASTER,
	TRACE_KEY_BLOCK,
	TRACE_CLIENT_MAC,
	TRACE_SERVER_MAC,
	TRACE_KEYS,
};

/* What TRACE() calls where somebody listens: its name for it is what follows on_. */
struct watch {
	void (*on_received)(const struct channel *c, struct bytes whole);
	/* A ClientHello that goes, or came, inside of another (RFC 9849). */
	void (*on_inner)(const struct channel *c, enum sealsock_direction dir, struct bytes whole);
	void (*on_alert_received)(const struct channel *c, struct bytes content);
	void (*on_ccs)(const struct channel *c, enum sealsock_direction dir);
	void (*on_secret)(const struct channel *c, enum trace_key key, struct bytes value);
	/* Leaf first, 24-bit length before each; empty: they had been found right before. */
	void (*on_path)(const struct channel *c, struct bytes ders);
	/* All that goes out passes here: handshake messages, one event each, and alerts. */
	void (*on_output)(const struct channel *c, uint8_t type, struct bytes content);
};

/* The client's @key, or the server's, which follows it: whichever keys the records of @d. */
static inline enum trace_key trace_dir(const struct channel *c, const struct record_dir *d,
				       enum trace_key key)
{
	return key + ((d == &c->tx) != (c->cfg->role == SEALSOCK_CLIENT));
}

/* TRACE(received, ch, …) tells the watch of @ch's configuration, if it has one. */
#define TRACE(what, c, ...)						\
do {									\
	if ((c)->cfg->watch)						\
		(c)->cfg->watch->on_##what(c, __VA_ARGS__);		\
} while (0)

#endif
