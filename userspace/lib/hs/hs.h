/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The handshake. States and legal messages are tables (states12.c, states13.c); one driver (run.c)
 * walks them; what a message means is in client12.c, client13.c, server12.c and server13.c; what is
 * chosen among offers in policy.c.
 */
#ifndef SEALSOCK_HS_H
#define SEALSOCK_HS_H

#include "crypto/pkcs1.h"
#include "hs/grease.h"
#include "keys/schedule12.h"
#include "keys/schedule13.h"
#include "keys/transcript.h"
#include "msg/msg.h"
#include "record/channel.h"
#include "resume/session.h"
#include "x509/chain.h"

enum hs_state {
	HS_CLIENT_START,
	HS_WAIT_SH,		/* the names are those of RFC 8446 §A.1 and §A.2 */
	HS_WAIT_SH_AGAIN,	/* after a HelloRetryRequest */
	HS_WAIT_EE,
	HS_WAIT_CERT_CR,
	HS_WAIT_CERT,
	HS_WAIT_CV,
	HS_WAIT_SERVER_FINISHED,
	HS_WAIT_CH,
	HS_WAIT_CH_AGAIN,
	HS_WAIT_CLIENT_CERT,
	HS_WAIT_CLIENT_CV,
	HS_WAIT_CLIENT_FINISHED,
	HS12_WAIT_CERT,		/* TLS 1.2: the flows of RFC 5246 §7.3 and RFC 5077 §3.1 */
	HS12_WAIT_SKE,
	HS12_WAIT_CR_DONE,	/* CertificateRequest or ServerHelloDone */
	HS12_WAIT_DONE,
	HS12_WAIT_TICKET,
	HS12_WAIT_SERVER_CCS,
	HS12_WAIT_SERVER_FINISHED,
	HS12_WAIT_STATUS,	/* CertificateStatus (RFC 6066 §8), or what follows it … */
	HS12_WAIT_STATUS_RSA,	/* … where there is no ServerKeyExchange */
	HS12_WAIT_CLIENT_CERT,
	HS12_WAIT_CKE,
	HS12_WAIT_CKE_SIGNED,	/* the client sent a certificate: CertificateVerify follows */
	HS12_WAIT_CV,
	HS12_WAIT_CLIENT_CCS,
	HS12_WAIT_CLIENT_FINISHED,
	HS_CONNECTED,
	HS_POST_SIGNING,	/* client: answering a CertificateRequest (§4.6.2) */
	HS_POST_WAIT_CERT,	/* server: of the answer */
	HS_POST_WAIT_CV,
	HS_POST_WAIT_FINISHED,
	HS_STATES,
};

/* PSKs offered at once, and looked at in one ClientHello. */
enum { PSK_OFFER_MAX = 4, PSK_TRY_MAX = 8, SESSIONS_KEPT = 4 };

enum { CERT_CONTEXT_MAX = 255 };	/* certificate_request_context */

/*
 * What in the tables is a message of its own, but on the wire is not: HelloRetryRequest is a
 * ServerHello, so are the answers of TLS 1.2; what a ClientHello is taken for depends on the
 * version that is chosen; change_cipher_spec is a record.
 */
enum {
	MSG_HELLO_RETRY_REQUEST = 256,
	MSG_SERVER_HELLO_12,
	MSG_CLIENT_HELLO_12,
	MSG_CHANGE_CIPHER_SPEC,
};

struct hs;

/* Goes on with the answer's data: what @done of a row may return. */
typedef int (*hs_resume_fn)(struct hs *hs, struct bytes data);

/*
 * @done: what the message means. 0; HS_OTHER, HS_THIRD, HS_FOURTH: go to @other, @third or @fourth
 * instead of @next; what hs_wait() answers; or a negative error, after channel_fail().
 * @last: nothing may follow in the same record: keys change, or it is the peer's turn. Only such
 * messages may wait for an answer.
 */
enum { HS_OTHER = 1, HS_THIRD = 2, HS_WAITS = 3, HS_FOURTH = 4 };

struct hs_row {
	enum hs_state state;
	unsigned int msg;
	enum hs_state next;
	enum hs_state other;
	enum hs_state third;
	enum hs_state fourth;
	bool last;
	int (*done)(struct hs *hs, struct bytes body);
};

extern const struct hs_row hs_rows13[];
extern const unsigned int hs_row_count13;
extern const struct hs_row hs_rows_post[];
extern const unsigned int hs_row_count_post;
extern const struct hs_row hs_rows12[];
extern const unsigned int hs_row_count12;
const char *hs_state_name(enum hs_state state);

/* The row for a message, or NULL: then it is out of turn. */
const struct hs_row *hs_find(enum hs_state state, unsigned int msg);

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
	bool ems;
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
			bool ems;
		};
	};
	char *alpn;
	char *sni;
	struct buf chain;		/* the peer's certificates: 24-bit length and DER each */
	struct buf ocsp;		/* what it stapled */
	struct secret exporter;		/* exporter_master_secret; TLS 1.2: master secret … */
	uint8_t randoms[2 * HELLO_RANDOM]; /* … and both randoms, the client's first */
	struct secret resumption;	/* TLS 1.3 client: resumption_master_secret */
	int64_t made;			/* when the full handshake was */
	struct host *host;		/* client: NULL if none was set */
	struct buf sessions;		/* client: 16-bit length and session each */
	struct hash *post_hash;		/* of the whole handshake; NULL: none after it (§4.6.2) */
	struct hs *auth;		/* the authentication that is going on after it, or NULL */
};

/* The certificate_request_context of what is being said: empty in the handshake. */
static inline struct bytes hs_context(const struct hs *hs)
{
	return bytes_of(hs->context, hs->context_len);
}

/* @result outlives it. NOMEM: hs_free is due all the same. */
int hs_init(struct hs *hs, struct channel *ch, struct hs_result *result);
void hs_free(struct hs *hs);
void hs_result_init(struct hs_result *r, const struct sealsock_env *env);
void hs_result_free(struct hs_result *r, const struct sealsock_env *env);

/* Client: makes the first flight. @host outlives the handshake. */
int hs_start(struct hs *hs, const struct host *host);

/*
 * Asks the caller and suspends the handshake until hs_answer() calls @resume: what a row's @done
 * returns then. hs_ask_sign() and hs_ask_decrypt() keep a copy of the message.
 */
int hs_wait(struct hs *hs, enum sealsock_request_kind kind, hs_resume_fn resume);
int hs_ask_sign(struct hs *hs, struct bytes message, hs_resume_fn resume);
int hs_ask_decrypt(struct hs *hs, struct bytes message, hs_resume_fn resume);

/* The answer: @code 0 with what was asked for, or the error with which the handshake fails. */
int hs_answer(struct hs *hs, int code, struct bytes data);

/* Fails: what was asked for was answered with @code, which is not 0. */
int hs_unanswered(struct hs *hs, int code);

/* Is the header in ch->in that of a record that may come now? Gives the body's length. */
int hs_record_header(struct hs *hs, size_t *body_len);

/* Handles the whole record in ch->in. */
int hs_record(struct hs *hs);

/*
 * Fails with what the application answered instead of 0 (alert.c): with @code if it is one of our
 * failures, else with @otherwise, whose alert is also that of codes without one.
 */
int hs_refused(struct channel *ch, int code, int otherwise, const char *who);

/* The alert in a record: close_notify is noted, others fail the connection (alert.c). */
int alert_received(struct channel *ch, struct bytes content);

/* client13.c, server13.c: what states13.c points to. */
int client_start(struct hs *hs);
int client_on_server_hello(struct hs *hs, struct bytes body);
int client_on_hello_retry(struct hs *hs, struct bytes body);
int client_on_encrypted_extensions(struct hs *hs, struct bytes body);
int client_on_certificate_request(struct hs *hs, struct bytes body);
int client_on_certificate(struct hs *hs, struct bytes body);
int client_on_certificate_verify(struct hs *hs, struct bytes body);
int client_on_finished(struct hs *hs, struct bytes body);
int server_on_client_hello(struct hs *hs, struct bytes body);
int server_on_certificate(struct hs *hs, struct bytes body);
int server_on_certificate_verify(struct hs *hs, struct bytes body);
int server_on_finished(struct hs *hs, struct bytes body);
int post_on_certificate(struct hs *hs, struct bytes body);
int post_on_finished(struct hs *hs, struct bytes body);

/* client12.c, server12.c: what states12.c points to. */
int client_on_server_hello12(struct hs *hs, struct bytes body);
int client_on_certificate12(struct hs *hs, struct bytes body);
int client_on_certificate_status(struct hs *hs, struct bytes body);
int client_on_server_key_exchange(struct hs *hs, struct bytes body);
int client_on_certificate_request12(struct hs *hs, struct bytes body);
int client_on_server_hello_done(struct hs *hs, struct bytes body);
int client_on_ticket12(struct hs *hs, struct bytes body);
int client_on_ccs(struct hs *hs, struct bytes body);
int client_on_finished12(struct hs *hs, struct bytes body);
int server_on_client_hello12(struct hs *hs, struct bytes body);
int server_on_certificate12(struct hs *hs, struct bytes body);
int server_on_certificate_verify12(struct hs *hs, struct bytes body);
int server_on_client_key_exchange(struct hs *hs, struct bytes body);
int server_on_ccs(struct hs *hs, struct bytes body);
int server_on_finished12(struct hs *hs, struct bytes body);

/* client12.c: adds to a ClientHello what a server of TLS 1.2 reads, and takes 1.3's away. */
void client_offer12(struct hs *hs, struct client_hello *ch);

/* client13.c: steps that both versions take alike. @msg: in which the server said it. */
int client_take_alpn(struct hs *hs, struct bytes chosen, unsigned int msg);

/* server13.c: the same. */
int server_keep_names(struct hs *hs, const struct client_hello *ch, struct bytes alpn);

/* server13.c: appends a CertificateRequest to the flight. */
int server_add_certificate_request(struct hs *hs);

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

/*
 * ticket13.c: what the store has under @id, by one of its functions, into hs->session_text: empty
 * if nothing, or nothing credible. False: no memory.
 */
typedef size_t (*session_fetch_fn)(void *arg, const void *id, size_t id_len, int64_t now,
				   void *session, size_t room);
bool hs_fetch_session(struct hs *hs, session_fetch_fn fetch, struct bytes id);

/* The chain that was kept in the session is the peer's again. */
int hs_restore_chain(struct hs *hs);

/* ticket13.c: a session of this connection without its secret; false: there can be none. */
bool ticket_describe(struct hs *hs, struct session *s);

/* Client: puts it into the store, or keeps it for sealsock_conn_session(). */
int ticket_keep(struct channel *ch, struct hs_result *r, const struct session *s);

/* common12.c: steps both roles take. */

/* Keeps a message for CertificateVerify, if one may come. MESSAGE_SIZE: they are too many bytes. */
int hs12_log(struct hs *hs, struct bytes message);
void hs12_log_end(struct hs *hs);

/* Binds the master secret to all messages so far, where that was negotiated (RFC 7627 §4). */
int hs12_session_hash(struct hs *hs);
int hs12_keys(struct hs *hs, struct bytes pre_master);
int hs12_resume_keys(struct hs *hs);
int hs12_key_dir(struct hs *hs, struct record_dir *d);
int hs12_send_finished(struct hs *hs);
int hs12_check_finished(struct hs *hs, struct bytes body);

/*
 * kex12.c: how the pre-master secret comes about: by ECDHE (RFC 8422), DHE (RFC 5246, RFC 7919), or
 * encrypted with the server's RSA key (RFC 5246 §7.4.7.1).
 */

/* Client: are the server's parameters good? Keeps group and public value. */
int kex12_take_params(struct hs *hs, const struct server_key_exchange *ske);

/* Client: adds ClientKeyExchange, and gives the secret; whoever calls wipes it. */
int kex12_client(struct hs *hs, struct builder *w, uint8_t secret[KEX_SECRET_MAX], size_t *n);

/* Server: the parameters as they are signed and sent; @params is freed by who calls. */
int kex12_make_params(struct hs *hs, struct buf *params);

/*
 * Server: what the client sent makes the keys. HS_WAITS: the caller is asked to decrypt it, at once
 * or, where the client still has to sign, by kex12_ask().
 */
int kex12_server(struct hs *hs, struct bytes exchange);
int kex12_ask(struct hs *hs);

/* common13.c: steps both roles take. */
int hs_add(struct hs *hs, struct bytes message);
int hs_derive(struct hs *hs, const char *label, struct secret *out);
int hs_fail_msg(struct hs *hs, int code, unsigned int msg, const char *why, uint16_t bad_ext);
int hs_internal(struct hs *hs, int code, const char *what);
int hs_random(struct hs *hs, void *out, size_t n);
int hs_handshake_keys(struct hs *hs, struct bytes shared);
int hs_application_secrets(struct hs *hs);
int hs_finished(struct hs *hs, const struct secret *traffic, uint8_t out[HASH_MAX]);
int hs_check_finished(struct hs *hs, const struct secret *traffic, struct bytes body);
int hs_send(struct hs *hs, struct bytes messages);
int hs_add_from(struct hs *hs, const struct builder *w, size_t from);
int hs_add_finished(struct hs *hs, const struct secret *traffic);

/*
 * hello.c: lets the application choose the configuration by the first ClientHello, before anything
 * about the client is judged. 0, HS_WAITS, or the failure; @resume then looks at the ClientHello.
 */
int hello_ask_application(struct hs *hs, struct bytes body, hs_resume_fn resume);

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

/* Chooses among our credentials by names of authorities (may be empty) and schemes; may be none. */
void auth_choose_client(struct hs *hs, struct bytes names, struct bytes schemes, uint16_t version);

/* auth13.c: Certificate and CertificateVerify of TLS 1.3, both ways. */
int auth13_take_certificate(struct hs *hs, struct bytes body, size_t *count);
int auth13_take_verify(struct hs *hs, struct bytes body);

/* Signs, or asks for the signature: then HS_WAITS, and @resume gets it. */
int auth13_sign(struct hs *hs, hs_resume_fn resume);
int auth13_add_verify(struct hs *hs, struct bytes signature);
int auth13_add_certificate(struct hs *hs, const struct credential *cred, bool staple);

/* psk13.c: pre-shared keys of TLS 1.3 (RFC 8446 §4.2.11). */
struct choice;

/* Client: fills psk_ids and psk_binders (zeros) into buffers; then the binders into the hello. */
int psk13_offer(struct hs *hs, struct builder *ids, struct builder *binders);
int psk13_bind(struct hs *hs, struct buf *hello, size_t binders_len);
int psk13_chosen(struct hs *hs, uint16_t index);

/*
 * Server: looks for a PSK that may be used, and adjusts the suite to it. 0: hs->psk tells whether
 * one was found; psk13_check() then has to find its binder right. What the binder is about, it
 * hashes, and takes off @hello.
 */
int psk13_choose(struct hs *hs, const struct client_hello *ch, struct choice *c);
int psk13_check(struct hs *hs, const struct client_hello *ch, const struct choice *c,
		struct bytes *hello);

/* ticket13.c: tickets of TLS 1.3 (§4.6.1). */

/* After the client's Finished was hashed: derives what tickets are made of. */
int ticket13_secret(struct hs *hs, struct secret *out);

/* Server: sends as many as are configured. */
int ticket13_send(struct hs *hs);

/* Client: makes a session of one, for the store or for sealsock_conn_session(). */
int ticket13_take(struct channel *ch, struct hs_result *result, struct bytes body);

/* policy.c: the server's choices, from the ClientHello and the configuration. */
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

/* Is this connection one of TLS 1.2? False while the version is not known. */
static inline bool channel_is_12(const struct channel *c)
{
	return c->suite && c->suite->version == VERSION_TLS12;
}

/* post12.c: the same of TLS 1.2, where the only thing left is to refuse renegotiation. */
int post12_record(struct channel *ch, struct bytes content, unsigned int *todo);

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

/* Forgets exchanges that are not complete, and that there may be others. */
void post_auth_free(struct hs_result *r, const struct sealsock_env *env);

/* post13.c: messages after the handshake (RFC 8446 §4.6). */
enum {
	POST_TICKET = 1,
	POST_UPDATE_RX = 2,	/* the peer's next key is due */
	POST_UPDATE_TX = 4,	/* … and ours is asked for */
	POST_REFUSE = 8,	/* TLS 1.2: warn with no_renegotiation */
};

/*
 * How messages are put together across records: @judge refuses one by its header, or gives its
 * whole length; @done handles it, @rest bytes follow in its record.
 */
struct post_rules {
	int (*judge)(struct channel *ch, const struct hs_result *result, const uint8_t *header,
		     size_t *total);
	int (*done)(struct channel *ch, struct hs_result *result, struct bytes whole, size_t rest,
		    unsigned int *todo);
};

int post_messages(struct channel *ch, struct hs_result *result, struct bytes content,
		  const struct post_rules *rules, unsigned int *todo);

/*
 * Takes the content of a handshake record: puts messages together across records and handles each.
 * *todo gets POST_ bits; a KeyUpdate ends its record, so there is at most one.
 */
int post13_record(struct channel *ch, struct hs_result *result, struct bytes content,
		  unsigned int *todo);

#endif
