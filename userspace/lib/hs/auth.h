/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Certificates and signatures. */
#ifndef SEALSOCK_HS_AUTH_H
#define SEALSOCK_HS_AUTH_H

#include "hs/hs.h"

/* auth.c: what both roles and versions do with certificates and signatures. */

/* Keeps the peer's chain, and checks it as the configuration wants it; sets hs->leaf. */
int auth_take_chain(struct hs *hs, const struct bytes *certs, size_t n);

/*
 * The response that a server stapled, after its chain: keeps it and checks it (RFC 6066 §8). And
 * when no more can come: was one owed? REVOKED, BAD_STAPLE.
 */
int auth_take_staple(struct hs *hs, struct bytes ocsp);
int auth_settle_staple(struct hs *hs);

/* After all built-in checks: has the application a say? 0, HS_WAITS, or the failure. */
int auth_ask_application(struct hs *hs, hs_resume_fn resume);

/*
 * Chooses among our credentials by names of authorities (may be empty), schemes and, in TLS 1.2,
 * certificate_types; may be none.
 */
struct wanted {
	struct bytes names, schemes, types;
};

void auth_choose_client(struct hs *hs, const struct wanted *want, uint16_t version);

#endif
