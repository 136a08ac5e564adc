/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The server's choices, from the ClientHello and the configuration. */
#ifndef SEALSOCK_HS_POLICY_H
#define SEALSOCK_HS_POLICY_H

#include "hs/hs.h"

struct choice {
	const struct suite *suite;
	uint16_t group;
	struct bytes share;		/* empty: ask for one with a HelloRetryRequest */
	const struct credential *cred;
	const struct sigscheme *scheme;
	struct bytes alpn;
	uint16_t psk_index;		/* of the identity, if hs->psk is set */
	uint16_t record_limit;		/* the client's, 0: none, or not wanted */
	bool sni_known;			/* the certificate was chosen by the server name */
};

int policy_choose(struct hs *hs, const struct client_hello *ch, struct choice *out);

/* Parts of it that TLS 1.2 chooses alike. */
typedef bool (*policy_fits_fn)(const struct suite *s, void *arg);
const struct suite *policy_suite(const struct sealsock_config *cfg, struct bytes offered,
				 policy_fits_fn fits, void *arg);
const struct sigscheme *policy_scheme(const struct sealsock_config *cfg,
				      const struct credential *c, struct bytes offered,
				      uint16_t version);
void policy_host(const struct ext_set *e, struct host *host);
int policy_alpn(struct hs *hs, const struct ext_set *e, struct choice *out);

/* policy12.c */
int policy_choose12(struct hs *hs, const struct client_hello *ch, struct choice *out);

/* What a resumed session leaves to be chosen: the application protocol. */
int policy_resume12(struct hs *hs, const struct client_hello *ch, struct choice *out);

#endif
