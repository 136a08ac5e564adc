/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room hs/: who says what when, what it means. It sees record/ and below, calls no system.
 *
 * The handshake. States and legal messages are tables (states12.c, states13.c); one driver (run.c)
 * walks them; what a message means is in client12.c, client13.c, server12.c and server13.c; what is
 * chosen among offers in policy.c.
 */
#ifndef SEALSOCK_HS_H
#define SEALSOCK_HS_H

#include "crypto/pkcs1.h"
#include "hs/grease.h"
#include "hs/result.h"
#include "hs/states.h"
#include "keys/schedule12.h"
#include "keys/schedule13.h"
#include "keys/transcript.h"
#include "msg/msg.h"
#include "record/channel.h"
#include "resume/session.h"
#include "x509/chain.h"

/* PSKs offered at once, and looked at in one ClientHello. */
enum { PSK_OFFER_MAX = 4, PSK_TRY_MAX = 8, SESSIONS_KEPT = 4 };

enum { CERT_CONTEXT_MAX = 255 };	/* certificate_request_context */

/* Goes on with the answer's data: what @done of a row may return. */
typedef int (*hs_resume_fn)(struct hs *hs, struct bytes data);

/* What only a handshake of TLS 1.2 has. */
enum { KEY_BLOCK12_MAX = 2 * (SEAL_MAX_MAC_KEY + SEAL_MAX_KEY) };

struct hs12 {
	uint8_t server_random[HELLO_RANDOM];
	uint16_t client_version;	/* server: what the ClientHello offers as its highest */
	struct secret session_hash;	/* RFC 7627 §3; empty: no extended master secret */
	struct secret master;
	uint8_t block[KEY_BLOCK12_MAX];	/* from its derivation to the second change_cipher_spec */
	uint16_t group;			/* client: of the server's public value … */
	struct buf peer;		/* … and the value; server: an encrypted pre-master … */
	bool decrypt_due;		/* … which the caller is still to be asked about … */
	uint8_t fallback[PRE_MASTER_RSA]; /* … and what stands in for a wrong one */
	bool status_due;		/* client: the server may send an OCSP response */
	bool logging;			/* the messages may have to be signed as they are: … */
	struct buf log;			/* … all of them so far */
	bool resumed;
	bool ticket_due;		/* the server has promised a ticket */
	uint32_t lifetime;		/* client: of the ticket received … */
	struct buf ticket;		/* … and the ticket */
	bool early_ccs;			/* client: one came before the version was known */
};

struct hs {
	struct channel *ch;
	enum hs_state state;
	const struct host *host;	/* client: whom it wants */
	struct bytes whole;		/* the message being handled, with its header */

	uint8_t random[HELLO_RANDOM];	/* the ClientHello's */
	uint8_t session_id[SESSION_ID_MAX];
	uint8_t session_id_len;
	struct grease grease;
	uint32_t offered;		/* extensions in our ClientHello */
	struct wire_list suites;	/* … and suites */
	struct buf hello;		/* client: our last ClientHello, until the hash is known */
	struct kex *kex;

	struct ech *ech;		/* NULL: no Encrypted Client Hello, nor the look of one */
	struct buf ech_list;		/* client: for this connection … */
	bool ech_list_set;		/* … instead of the configuration's */

	bool retried;			/* there was a HelloRetryRequest … */
	uint16_t retry_suite;		/* … which chose this suite … */
	uint16_t retry_group;		/* … and asked for this group, or 0 */
	struct buf cookie;
	uint8_t invariant[HASH_MAX];	/* server: hash of what a second ClientHello must keep */

	struct hs12 v12;
	struct transcript transcript;
	struct schedule13 schedule;
	struct secret client_secret;	/* handshake traffic secrets, then application ones */
	struct secret server_secret;

	struct cert *leaf;		/* of the peer's chain */
	struct buf issuer;		/* DER of who issued it, until the staple was looked at */
	bool staple_owed;		/* it says that there will be one (RFC 7633) */
	bool peer_restored;		/* result->chain is from the session that is resumed */
	bool client_cert_asked;
	uint8_t context[CERT_CONTEXT_MAX]; /* after the handshake: of the CertificateRequest */
	uint8_t context_len;
	bool post_auth;			/* post_handshake_auth was offered */
	bool cert_required;		/* after the handshake: an empty Certificate will not do */
	const struct credential *cred;	/* chosen, and with which scheme it signs */
	const struct sigscheme *scheme;
	struct buf flight;		/* messages of one flight, until they are sealed */

	struct session session;		/* client: offered; server: resumed. Points into … */
	struct buf session_text;	/* … this */
	const struct psk *psks[PSK_OFFER_MAX]; /* client: external ones, after the session */
	unsigned int psk_count;
	struct secret psk;		/* the one in use; empty: none */
	bool psk_external;		/* server: it is an external one */
	bool psk_modes;			/* server: the client can resume with psk_dhe_ke */

	/* What the caller is asked for, and what goes on with its answer; NULL: it is not. */
	hs_resume_fn resume;
	const struct hs_row *row;	/* whose message waits */
	struct sealsock_request request;
	struct buf request_message;

	size_t skip_left;		/* server: bytes of 0-RTT that may still be thrown away */
	bool skip_plain;		/* … until the second ClientHello */
	bool skip_sealed;		/* … until a record opens */
	bool opened;			/* a protected record was opened */
	bool hello_seen;		/* a ClientHello was sent or received */

	struct hs_result *result;
};

/* The certificate_request_context of what is being said: empty in the handshake. */
static inline struct bytes hs_context(const struct hs *hs)
{
	return bytes_of(hs->context, hs->context_len);
}

/* @result outlives it. NOMEM: hs_free is due all the same. */
int hs_init(struct hs *hs, struct channel *ch, struct hs_result *result);
void hs_free(struct hs *hs);

/* Client: makes the first flight. @host outlives the handshake. */
int hs_start(struct hs *hs, const struct host *host);

/*
 * Asks the caller and suspends the handshake until hs_answer() calls @resume: what a row's @done
 * returns then. hs_ask_sign() and hs_ask_decrypt() keep a copy of the message, for
 * hs_ask_sign_kept() it stands in request_message already.
 */
int hs_wait(struct hs *hs, enum sealsock_request_kind kind, hs_resume_fn resume);
int hs_ask_sign(struct hs *hs, struct bytes message, hs_resume_fn resume);
int hs_ask_sign_kept(struct hs *hs, hs_resume_fn resume);
int hs_ask_decrypt(struct hs *hs, struct bytes message, hs_resume_fn resume);

/* The answer: @code 0 with what was asked for, or the error with which the handshake fails. */
int hs_answer(struct hs *hs, int code, struct bytes data);

/* Fails: what was asked for was answered with @code, which is not 0. */
int hs_unanswered(struct hs *hs, int code);

/* Is the header in ch->in that of a record that may come now? Gives the body's length. */
int hs_record_header(struct hs *hs, size_t *body_len);

/* Handles the whole record in ch->in. */
int hs_record(struct hs *hs);

#endif
