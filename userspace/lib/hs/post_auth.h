/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Client authentication after the handshake of TLS 1.3. */
#ifndef SEALSOCK_HS_POST_AUTH_H
#define SEALSOCK_HS_POST_AUTH_H

#include "hs/hs.h"

/*
 * post_auth13.c: client authentication after the handshake (§4.6.2). An exchange is a handshake of
 * its own, from the CertificateRequest to the client's Finished, in result->auth.
 */

/* At the end of the handshake: keeps what exchanges start from, if there may be any. */
int post_auth_keep(struct hs *hs);

/* Server: makes a CertificateRequest. UNSUPPORTED: the client did not offer it; STATE; NOMEM. */
int post_auth_ask(struct channel *ch, struct hs_result *r, bool required);

/* May this message come now? Does the one that came last have to be followed by another? */
bool post_auth_allows(const struct channel *ch, const struct hs_result *r, unsigned int msg);
bool post_auth_inside(const struct hs_result *r);
int post_auth_message(struct channel *ch, struct hs_result *r, struct bytes whole);

/* The caller's answer to what @r->auth has asked. */
int post_auth_answer(struct channel *ch, struct hs_result *r, int code, struct bytes data);

/* What is to be sent as handshake records before anything else, and that it was. */
struct bytes post_auth_output(const struct hs_result *r);
void post_auth_sent(struct channel *ch, struct hs_result *r, size_t n);

/* What the tables point to. */
int post_on_certificate(struct hs *hs, struct bytes body);
int post_on_finished(struct hs *hs, struct bytes body);

/* Forgets exchanges that are not complete, and that there may be others. */
void post_auth_free(struct hs_result *r, const struct sealsock_env *env);

#endif
