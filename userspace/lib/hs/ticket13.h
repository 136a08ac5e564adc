/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Tickets of TLS 1.3 (RFC 8446 §4.6.1), and what both versions keep of a session. */
#ifndef SEALSOCK_HS_TICKET13_H
#define SEALSOCK_HS_TICKET13_H

#include "hs/hs.h"

/* After the client's Finished was hashed: derives what tickets are made of. */
int ticket13_secret(struct hs *hs, struct secret *out);

/* Server: sends as many as are configured, and keeps what later ones are made of. */
int ticket13_send(struct hs *hs);

/*
 * Server, after the handshake: appends one more to @out, the whole message. UNSUPPORTED: none are
 * sent to this client, or what they would resume is over. LIMIT: of their number. NOMEM, RANDOM,
 * CRYPTO. What @out holds after an error is to be thrown away.
 */
int ticket13_make(const struct channel *ch, struct hs_result *r, struct buf *out);

/* Client: makes a session of one, for the store or for sealsock_conn_session(). */
int ticket13_take(struct channel *ch, struct hs_result *result, struct bytes body);

/*
 * What the store has under @id, by one of its functions, into hs->session_text: empty if nothing,
 * or nothing credible. False: no memory.
 */
typedef size_t (*session_fetch_fn)(void *arg, const void *id, size_t id_len, int64_t now,
				   void *session, size_t room);
bool hs_fetch_session(struct hs *hs, session_fetch_fn fetch, struct bytes id);

/* Client: what its store knows a server by, which is host, port and trust; in @room. */
enum { SERVER_ID_MAX = TRUST_ID + 2 + sizeof(((struct host *)0)->name) };
struct bytes client_server_id(const struct channel *ch, const struct hs_result *r,
			      struct bytes host, uint8_t room[SERVER_ID_MAX]);

/* The chain that was kept in the session is the peer's again. */
int hs_restore_chain(struct hs *hs);

/* A session of this connection without its secret; false: there can be none. */
bool ticket_describe(struct hs *hs, struct session *s);

/* Client: puts it into the store, or keeps it for sealsock_conn_session(). */
int ticket_keep(struct channel *ch, struct hs_result *r, const struct session *s);

#endif
