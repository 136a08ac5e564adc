/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room resume/: what is kept from one connection to the next. It sees crypto/ and below.
 *
 * A session: what two sides remember of a handshake to resume it, in one form for both. A server
 * seals it into tickets or stores it under a session id; a client keeps it with the ticket.
 */
#ifndef SEALSOCK_SESSION_H
#define SEALSOCK_SESSION_H

#include "base/secret.h"
#include "base/wire.h"
#include "crypto/backend.h"

enum {
	TRUST_ID = 32,
	/* From the full handshake on (§4.6.1: a week at most); resuming renews nothing. */
	SESSION_LIFETIME = 24 * 3600,
	SESSION_TICKET_MAX = 16384,	/* longer ones are not kept */
	SESSION_PEER_MAX = 8192,	/* the peer's chain; with a longer one there is none */
};

/* All bytes belong to someone else, after reading to the text that was read. */
struct session {
	enum sealsock_side role;	/* whose it is */
	uint16_t version;
	uint16_t suite;
	struct secret secret;		/* TLS 1.3: the PSK; TLS 1.2: the master secret */
	bool ems;			/* TLS 1.2: extended_master_secret */
	bool etm;			/* TLS 1.2: encrypt_then_mac */
	bool verified;			/* the peer's chain was verified */
	int64_t made;			/* when the full handshake was, or so long before … */
					/* … the end of what it rests on as it may last */
	int64_t issued;			/* when this ticket was sent or received */
	int64_t expires;
	uint32_t age_add;
	struct bytes trust;		/* TRUST_ID bytes: who was trusted, and how */
	struct bytes host;		/* server name; a client's without SNI too */
	struct bytes alpn;
	struct bytes peer;		/* of the peer's chain, what is wanted again: 24-bit … */
					/* … length and DER each */
	struct bytes ticket;		/* client: ticket; TLS 1.2 without one: empty … */
	struct bytes id;		/* … and this session id */
};

/* Writes it; the buffer holds secrets then. */
void session_write(const struct session *s, struct builder *w);

/* False: not a session. */
bool session_read(struct bytes text, struct session *s);

/* Wipes the secret. */
void session_wipe(struct session *s);

/* Has it begun, and not ended, at @now? The clock may be a little behind another machine's. */
bool session_valid(const struct session *s, int64_t now);

#endif
