/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Resumption in TLS 1.2. */
#ifndef SEALSOCK_HS_RESUME12_H
#define SEALSOCK_HS_RESUME12_H

#include "hs/hs.h"

/*
 * resume12.c: tickets (RFC 5077) and session ids (RFC 5246 §7.3) of TLS 1.2, which share the
 * sessions with TLS 1.3.
 */

/* Client: can the session be offered? Sets the session id, which may stand for a ticket. */
bool resume12_usable(const struct session *s);
int resume12_session_id(struct hs *hs);

/* Client: makes a session of the finished handshake, if it can be resumed. */
int resume12_keep(struct hs *hs);

/* Server: hs->session becomes the one that the ClientHello resumes; false: there is none. */
bool resume12_find(struct hs *hs, const struct client_hello *ch);
int resume12_use(struct hs *hs);

/* Server: will there be a ticket, or a session id? Then the ticket, or the session in the store. */
int resume12_promise(struct hs *hs, const struct client_hello *ch);
int resume12_issue(struct hs *hs);

#endif
