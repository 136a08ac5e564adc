/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room msg/: one file for each message, bytes only, no decision. It sees ext/ and below.
 *
 * Handshake messages (RFC 8446 §4): struct and bytes, without any decision. Builders write the
 * whole message with its header; parsers take the body. A parser answers DECODE or ILLEGAL, or
 * what ext_parse() answers, and leaves the reason in @why (in ext.bad_type, if an extension).
 */
#ifndef SEALSOCK_MSG_H
#define SEALSOCK_MSG_H

#include "crypto/backend.h"
#include "ext/ext.h"

enum msg_type {
	MSG_HELLO_REQUEST = 0,
	MSG_CLIENT_HELLO = 1,
	MSG_SERVER_HELLO = 2,
	MSG_NEW_SESSION_TICKET = 4,
	MSG_END_OF_EARLY_DATA = 5,
	MSG_ENCRYPTED_EXTENSIONS = 8,
	MSG_CERTIFICATE = 11,
	MSG_SERVER_KEY_EXCHANGE = 12,
	MSG_CERTIFICATE_REQUEST = 13,
	MSG_SERVER_HELLO_DONE = 14,
	MSG_CERTIFICATE_VERIFY = 15,
	MSG_CLIENT_KEY_EXCHANGE = 16,
	MSG_FINISHED = 20,
	MSG_CERTIFICATE_STATUS = 22,
	MSG_KEY_UPDATE = 24,
	MSG_MESSAGE_HASH = 254,
};

enum {
	MSG_HEADER = 4,
	HELLO_RANDOM = 32,
	SESSION_ID_MAX = 32,
};

const char *msg_name(unsigned int type);

/* Header before, and length after the body. */
size_t msg_open(struct builder *w, enum msg_type type);
void msg_close(struct builder *w, size_t mark);

/* §4.1.2 */
struct client_hello {
	uint16_t legacy_version;
	struct bytes random;
	struct bytes session_id;
	struct bytes suites;
	struct bytes compression;
	struct bytes ext_block;		/* after parsing */
	struct ext_set ext;
	const char *why;
};

void client_hello_build(const struct client_hello *ch, struct builder *w);

/* Syntax only; client_hello_parse_ext() looks at the extensions, once a version is chosen. */
int client_hello_parse(struct bytes body, struct client_hello *ch);
int client_hello_parse_ext(struct client_hello *ch);

/* What §4.1.2, §4.2.8, §4.2.9 and §9.2 demand of a ClientHello of TLS 1.3. */
int client_hello_check13(struct client_hello *ch);

/*
 * The same of a ClientHello that TLS 1.2 will answer (RFC 5246 §7.4.1.2, RFC 5746 §3.6).
 * UNPROTECTED: what protects an older protocol's holes is missing.
 */
int client_hello_check12(struct client_hello *ch);

/* Signalling values in the list of suites (RFC 5746 §3.3, RFC 7507 §2). */
enum { SCSV_RENEGOTIATION = 0x00ff, SCSV_FALLBACK = 0x5600 };

/* §4.1.3; a HelloRetryRequest (§4.1.4) is one with a special random. */
struct server_hello {
	uint16_t legacy_version;
	struct bytes random;
	struct bytes session_id;
	uint16_t suite;
	uint8_t compression;
	bool retry;
	bool tls12;		/* without supported_versions: of TLS 1.2 or older */
	struct bytes ext_block;
	struct ext_set ext;
	const char *why;
};

extern const uint8_t hello_retry_random[HELLO_RANDOM];

void server_hello_build(const struct server_hello *sh, struct builder *w);
int server_hello_parse(struct bytes body, struct server_hello *sh);
int server_hello_parse_ext(struct server_hello *sh, uint32_t offered);

/* Does the random end in a downgrade mark (§4.1.3)? */
bool server_hello_downgraded(const struct server_hello *sh);

/* Puts the mark of a server that could do TLS 1.3 but answers with 1.2 into a random. */
void server_hello_mark12(uint8_t random[HELLO_RANDOM]);

/* §4.3.1 */
struct encrypted_extensions {
	struct ext_set ext;
	const char *why;
};

void encrypted_extensions_build(const struct encrypted_extensions *ee, struct builder *w);
int encrypted_extensions_parse(struct bytes body, struct encrypted_extensions *ee,
			       uint32_t offered);

/* §4.3.2 */
struct certificate_request {
	struct bytes context;
	struct ext_set ext;
	const char *why;
};

void certificate_request_build(const struct certificate_request *cr, struct builder *w);
int certificate_request_parse(struct bytes body, struct certificate_request *cr);

/* §4.4.2 */
struct certificate {
	struct bytes context;
	size_t count;
	struct bytes certs[CHAIN_MAX];
	struct ext_set ext;	/* of the first certificate to be built, of the last one parsed */
	struct bytes ocsp;	/* of the first certificate parsed */
	const char *why;
};

void certificate_build(const struct certificate *c, struct builder *w);
int certificate_parse(struct bytes body, struct certificate *c, uint32_t offered);

/* §4.4.3 */
enum { SIGNED_CONTENT_MAX = 64 + 33 + 1 + HASH_MAX };

struct certificate_verify {
	uint16_t scheme;
	struct bytes signature;
	const char *why;
};

void certificate_verify_build(const struct certificate_verify *cv, struct builder *w);
int certificate_verify_parse(struct bytes body, struct certificate_verify *cv);

/* What is signed: 64 spaces, the role's context string, a zero byte, the transcript's hash. */
size_t certificate_verify_content(enum sealsock_side signer, struct bytes transcript_hash,
				  uint8_t out[SIGNED_CONTENT_MAX]);

/* §4.4.4 */
void finished_build(struct bytes verify_data, struct builder *w);
int finished_parse(struct bytes body, size_t len, struct bytes *verify_data, const char **why);

/*
 * TLS 1.2 (RFC 5246 §7.4). CertificateVerify and Finished have the form they still have in 1.3.
 */

/* §7.4.2: the chain without context and extensions. Fills @count and @certs. */
int certificate12_parse(struct bytes body, struct certificate *c);

/* @chain: 24-bit length and DER of each certificate, as on the wire. */
void certificate12_build(struct bytes chain, struct builder *w);

/* RFC 6066 §8: the OCSP response to the server's certificate. */
void certificate_status_build(struct bytes ocsp, struct builder *w);
int certificate_status_parse(struct bytes body, struct bytes *ocsp, const char **why);

/*
 * §7.4.3, RFC 8422 §5.4: @params is what is signed, behind both randoms. ECDHE names a group, DHE
 * gives it by prime and generator.
 */
struct server_key_exchange {
	struct bytes params;
	uint16_t group;
	struct bytes prime;
	struct bytes generator;
	struct bytes share;
	uint16_t scheme;
	struct bytes signature;
	const char *why;
};

void server_key_params_build(uint16_t group, struct bytes share, struct builder *w);
void server_dh_params_build(struct bytes prime, struct bytes share, struct builder *w);
void server_key_exchange_build(const struct server_key_exchange *ske, struct builder *w);
int server_key_exchange_parse(struct bytes body, enum suite_kx kx,
			      struct server_key_exchange *ske);

/* client random + server random + params */
enum {
	PARAMS_MAX = (2 + DH_MAX) + (2 + 1) + (2 + DH_MAX),
	SIGNED_PARAMS_MAX = 2 * HELLO_RANDOM + PARAMS_MAX,
};

size_t server_key_exchange_content(const uint8_t client_random[HELLO_RANDOM],
				   const uint8_t server_random[HELLO_RANDOM], struct bytes params,
				   uint8_t out[SIGNED_PARAMS_MAX]);

/* §7.4.4; @types, @sigalgs, @names as on the wire. */
struct certificate_request12 {
	struct bytes types;
	struct bytes sigalgs;
	struct bytes names;
	const char *why;
};

void certificate_request12_build(const struct certificate_request12 *cr, struct builder *w);
int certificate_request12_parse(struct bytes body, struct certificate_request12 *cr);

/* §7.4.5, §7.4.1.1: messages without a body. */
void empty_message_build(enum msg_type type, struct builder *w);
int empty_message_parse(struct bytes body, const char **why);

/* §7.4.7, RFC 8422 §5.7: the client's public value, or the encrypted pre-master secret. */
void client_key_exchange_build(enum suite_kx kx, struct bytes exchange, struct builder *w);
int client_key_exchange_parse(struct bytes body, enum suite_kx kx, struct bytes *exchange,
			      const char **why);

/* RFC 5077 §3.3: an empty ticket takes the promise back. */
struct new_session_ticket12 {
	uint32_t lifetime;
	struct bytes ticket;
	const char *why;
};

void new_session_ticket12_build(const struct new_session_ticket12 *t, struct builder *w);
int new_session_ticket12_parse(struct bytes body, struct new_session_ticket12 *t);

/* §4.6.1 */
struct new_session_ticket {
	uint32_t lifetime;
	uint32_t age_add;
	struct bytes nonce;
	struct bytes ticket;
	struct ext_set ext;
	const char *why;
};

void new_session_ticket_build(const struct new_session_ticket *t, struct builder *w);
int new_session_ticket_parse(struct bytes body, struct new_session_ticket *t);

/* §4.6.3 */
void key_update_build(bool request, struct builder *w);
int key_update_parse(struct bytes body, bool *request, const char **why);

#endif
