/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a handshake leaves behind. */
#ifndef SEALSOCK_HS_RESULT_H
#define SEALSOCK_HS_RESULT_H

#include "base/secret.h"
#include "crypto/backend.h"
#include "msg/msg.h"
#include "x509/name.h"

/* What is still of interest when the handshake is gone; its numbers first. */
struct hs_outcome {
	uint16_t version;
	uint16_t group;
	uint16_t scheme;
	bool retried;
	bool verified;
	bool resumed;
	bool client_authenticated;
	bool client_cert_sent;
	bool ems : 1;
	uint8_t ech : 4;		/* enum sealsock_ech */
};

struct hs_result {
	union {
		struct hs_outcome outcome;
		struct {	/* the same, by short names */
			uint16_t version;
			uint16_t group;
			uint16_t scheme;
			bool retried;
			bool verified;
			bool resumed;
			bool client_authenticated;
			bool client_cert_sent;
			bool ems : 1;
			uint8_t ech : 4;
		};
	};
	const char *psk_identity;	/* the configuration's; NULL: no external key is in use */
	char *alpn;
	char *sni;
	struct buf chain;		/* the peer's certificates: 24-bit length and DER each */
	struct buf ocsp;		/* what it stapled */
	struct buf ech_retry;		/* client: the ECHConfigList of who rejected ECH … */
	bool ech_refused;		/* … and has proved who it is */
	struct secret exporter;		/* exporter_master_secret; TLS 1.2: master secret … */
	uint8_t randoms[2 * HELLO_RANDOM]; /* … and both randoms, the client's first */
	struct secret resumption;	/* TLS 1.3: resumption_master_secret; server: if it … */
	int64_t tickets_end;		/* … sends tickets, which are good until then … */
	uint16_t tickets;		/* … and has sent so many */
	int64_t made;			/* when the full handshake was; see rest_on_path() */
	struct host *host;		/* client: NULL if none was set */
	uint16_t port;			/* client: where it is asked; 0: not known */
	struct buf sessions;		/* client: 16-bit length and session each */
	struct hash *post_hash;		/* of the whole handshake; NULL: none after it (§4.6.2) */
	struct hs *auth;		/* the authentication that is going on after it, or NULL */
};

void hs_result_init(struct hs_result *r, const struct sealsock_env *env);
void hs_result_free(struct hs_result *r, const struct sealsock_env *env);

#endif
