/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * libsealsock: TLS for ordinary sockets.
 *
 * The library performs the handshake of TLS 1.3 (RFC 8446) or 1.2 (RFC 5246) and hands the keys to
 * the kernel. Build a configuration once, share it, make a connection per socket:
 *
 *	cfg = sealsock_config_new(SEALSOCK_CLIENT);
 *	sealsock_config_ca_system(cfg);
 *	conn = sealsock_conn_new(cfg);
 *	sealsock_conn_set_host(conn, "www.example.org");
 *	sealsock_handshake_fd(conn, fd);
 *	sealsock_install(conn, fd, 0);
 *	... sealsock_read, sealsock_write, write, sendfile ...
 *	sealsock_shutdown(conn, fd);
 *	sealsock_conn_free(conn);
 *
 * Conventions. An int result is 0 or a positive count, or a negative enum sealsock_error. Nothing
 * is printed, nothing aborts. Strings are UTF-8 and end in NUL, sizes are bytes, times are seconds
 * since 1970. A configuration may be shared by threads once it is frozen (by its first connection);
 * a connection belongs to one thread at a time. Functions without a descriptor never block and
 * never make a system call of their own, save those that read files and say so.
 */
#ifndef SEALSOCK_H
#define SEALSOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sealsock_config;
struct sealsock_conn;

enum sealsock_role {
	SEALSOCK_CLIENT,
	SEALSOCK_SERVER,
};

#include "sealsock_error.h"

/* Which way an alert went. */
enum sealsock_direction {
	SEALSOCK_DIR_NONE,
	SEALSOCK_DIR_SENT,
	SEALSOCK_DIR_RECEIVED,
};

/* Who seals and opens the records of a connection. */
enum sealsock_path {
	SEALSOCK_PATH_ENGINE,		/* this library */
	SEALSOCK_PATH_SEALSOCK,		/* the kernel, through the ULP "sealsock" */
	SEALSOCK_PATH_TLS,		/* the kernel, through the ULP "tls" */
};

/* Where a handshake stands. */
enum sealsock_state {
	SEALSOCK_STATE_WANT_IN,		/* feed bytes from the peer */
	SEALSOCK_STATE_WANT_OUT,	/* send what sealsock_conn_output() gives */
	SEALSOCK_STATE_DONE,		/* complete, and all its output has been sent */
	SEALSOCK_STATE_FAILED,		/* for good; one alert may still wait in the output */
	SEALSOCK_STATE_WANT_ANSWER,	/* the engine asks: sealsock_conn_request() */
};

enum sealsock_verify {
	SEALSOCK_VERIFY_REQUIRED,	/* chain and name must be right (client default) */
	SEALSOCK_VERIFY_NONE,		/* no certificate is asked for (server default) */
	SEALSOCK_VERIFY_INSECURE,	/* client: any certificate will do. Only for tests */
	SEALSOCK_VERIFY_OPTIONAL,	/* server: asks; none will do, but no wrong one */
};

/*
 * Clock, random source and allocator, for tests and fuzzers. A member left NULL keeps the default.
 * now() gives seconds since 1970. random() fills all of @buf and returns 0, or non-zero on failure.
 * alloc() gives memory aligned for any type, or NULL; free() gets the size that was asked for.
 */
struct sealsock_env {
	void *arg;
	int64_t (*now)(void *arg);
	int (*random)(void *arg, void *buf, size_t n);
	void *(*alloc)(void *arg, size_t n);
	void (*free)(void *arg, void *p, size_t n);
};

/* One line in SSLKEYLOGFILE form (RFC 9850), without line feed. Whoever reads it can decrypt. */
typedef void (*sealsock_keylog_fn)(void *arg, const char *line);

enum sealsock_trace_kind {
	SEALSOCK_TRACE_MESSAGE,		/* a handshake message */
	SEALSOCK_TRACE_CCS,		/* change_cipher_spec */
	SEALSOCK_TRACE_ALERT,
	SEALSOCK_TRACE_KEYS,		/* a step of the key schedule: nothing is sent for it */
};

/* One event of sealsock_config_trace(). Everything it points to is gone when the call returns. */
struct sealsock_trace_event {
	const struct sealsock_conn *conn;
	enum sealsock_role role;	/* ours */
	enum sealsock_trace_kind kind;
	enum sealsock_direction direction; /* NONE: keys */
	bool encrypted;			/* under record protection, so hidden from others */
	uint16_t version;		/* 0x0303, 0x0304; 0 while it is not known */
	uint16_t cipher;		/* registry value of the suite; 0 while it is not known */
	unsigned int type;		/* message: HandshakeType; alert: AlertDescription */
	const char *name;		/* "ClientHello", "close_notify", "handshake secret" */
	const char *step;		/* what the connection was doing */
	const char *made_of;		/* keys: what from, in the RFC's notation; else NULL */
	const uint8_t *bytes;		/* with the message's header; keys: the value, or NULL */
	size_t len;			/* of them; of keys also where the value is left out */
};

typedef void (*sealsock_trace_fn)(void *arg, const struct sealsock_trace_event *event);

/* One field of a decoded message. Gone when the call returns. */
struct sealsock_trace_field {
	unsigned int depth;		/* 0: of the message itself */
	const char *name;		/* "cipher_suites", "server_name", "issuer" */
	const char *value;		/* in words; "" where only parts follow */
	const uint8_t *bytes;		/* as they stand on the wire */
	size_t len;
};

typedef void (*sealsock_field_fn)(void *arg, const struct sealsock_trace_field *field);

/* What was negotiated. Strings live as long as the connection; NULL: not known (yet). */
struct sealsock_info {
	uint16_t version;		/* 0x0304, 0x0303; 0 before the ServerHello */
	uint16_t cipher;		/* registry value of the suite */
	uint16_t group;			/* registry value of the group; 0: it has none */
	uint16_t sigscheme;		/* registry value of the server's signature scheme */
	const char *version_name;	/* "TLSv1.3", "TLSv1.2" */
	const char *cipher_name;	/* "TLS_AES_128_GCM_SHA256" */
	const char *group_name;		/* "x25519" */
	const char *sigscheme_name;	/* "ecdsa_secp256r1_sha256" */
	const char *alpn;		/* chosen protocol */
	const char *sni;		/* host name sent or received in the clear */
	bool hello_retry;		/* there was a HelloRetryRequest */
	bool verified;			/* the peer's chain and name were checked and are right */
	bool resumed;			/* by a ticket, a session id or an external PSK */
	bool client_authenticated;	/* server: the client's certificate was verified */
	bool client_cert_sent;		/* client: a certificate was asked for, and sent */
	bool cert_pending;		/* server: asked for after the handshake, not answered */
	bool extended_master_secret;	/* TLS 1.2: RFC 7627; TLS 1.3: always */
	enum sealsock_path path;	/* who seals and opens records now */
	bool managed;			/* path "sealsock": plain read(2) and write(2) will do */
};

/* Why a connection failed. */
struct sealsock_failure {
	int code;			/* enum sealsock_error; 0: it has not failed */
	int alert;			/* AlertDescription of RFC 8446 §6, or -1 */
	enum sealsock_direction direction; /* of the alert */
	int sys_errno;			/* errno of SYSTEM, REFUSED, NO_MODULE, or 0 */
	const char *step;		/* what was going on, such as "waiting for ServerHello" */
	const char *text;		/* one line: what failed, on what, and what to do */
};

/*
 * Where sessions are kept. Ids and sessions are bytes, copied by whoever keeps them. Called by any
 * thread that has a connection; must not call back. A client's ids are names it makes for servers,
 * and it may put several sessions under one; a server's are its TLS 1.2 session ids. Sessions are
 * secrets: who reads them can decrypt.
 *
 * put: keeps it, or drops it or another one for want of room. get: a copy of the newest, and its
 * size; 0 if there is none, it has expired, or @room is too small. take: the same, and removes it.
 */
struct sealsock_session_store {
	void *arg;
	void (*put)(void *arg, const void *id, size_t id_len, const void *session, size_t n,
		    int64_t expires);
	size_t (*get)(void *arg, const void *id, size_t id_len, int64_t now, void *session,
		      size_t room);
	size_t (*take)(void *arg, const void *id, size_t id_len, int64_t now, void *session,
		       size_t room);
};

/* Room that any session fits in. */
#define SEALSOCK_SESSION_MAX 32768

/* What the engine may ask of its caller, and waits for in state WANT_ANSWER. */
enum sealsock_request_kind {
	SEALSOCK_REQUEST_NONE,
	SEALSOCK_REQUEST_SIGN,		/* answer: the signature over @message */
	SEALSOCK_REQUEST_DECRYPT,	/* answer: @message decrypted with RSA, see below */
	SEALSOCK_REQUEST_VERIFY,	/* answer: 0, or why the peer is refused */
	SEALSOCK_REQUEST_HELLO,		/* answer: 0, a configuration, or why not */
};

/*
 * All of it belongs to the connection and stays as it is until the answer. @scheme: registry value
 * of the signature scheme; the message is to be hashed by who signs, never before.
 * DECRYPT: best with all that RSA gives, as long as @message: its padding is looked at here, in
 * constant time; else the 48 bytes inside the padding, or no data where that is wrong. Nobody must
 * see that it was: whatever but SYSTEM, TIMEOUT and NOMEM is answered lets the handshake go on, to
 * fail later as with any wrong secret (RFC 5246 §7.4.7.1).
 */
struct sealsock_request {
	enum sealsock_request_kind kind;
	uint16_t scheme;
	const char *scheme_name;
	const void *message;
	size_t message_len;
	void *key;			/* SIGN, DECRYPT: what config_cert_signer was given */
};

/* A ClientHello, as far as it helps to choose. Lives as long as the call or the request. */
struct sealsock_hello {
	const char *sni;		/* NULL: none */
	const uint16_t *versions;	/* offered, in the client's order; 0x0304, 0x0303 */
	size_t version_count;
	const uint8_t *alpn;		/* length byte and name, each; NULL: none */
	size_t alpn_len;
};

/*
 * Server: chooses the configuration for a client by what it offers. *use is the connection's own at
 * first; it may be replaced by another one of a server, under which everything about the client is
 * then judged, versions included. 0; WANT_ANSWER: later, by sealsock_conn_answer_config(); any
 * other code refuses the client (UNKNOWN_HOST, REJECTED), like one of sealsock_verify_fn.
 */
typedef int (*sealsock_hello_fn)(void *arg, struct sealsock_conn *conn,
				 const struct sealsock_hello *hello, struct sealsock_config **use);

/*
 * Called when the built-in checks of the peer's certificate have passed, or had passed for the
 * session that is resumed (see sealsock_config_trust_tag), before anything is sent on the strength
 * of them. 0 accepts; WANT_ANSWER: later, by sealsock_conn_answer(); any other code rejects, with
 * an alert: an ERR_ code is reported as it is, anything else (positive numbers too) as REJECTED. It
 * can look at the certificates, but cannot make good what the checks found wrong.
 */
typedef int (*sealsock_verify_fn)(void *arg, struct sealsock_conn *conn);

/*
 * Configuration: built once, then shared. All setters answer SEALSOCK_ERR_FROZEN once a connection
 * was made from it; a setter that fails leaves the configuration as it was.
 */

/* A configuration with secure defaults, owned by the caller. NULL: no memory or no libcrypto. */
struct sealsock_config *sealsock_config_new(enum sealsock_role role);

/* Takes or drops a reference; the last unref wipes and frees. NULL is ignored. Thread-safe. */
struct sealsock_config *sealsock_config_ref(struct sealsock_config *cfg);
void sealsock_config_unref(struct sealsock_config *cfg);

/*
 * Writes everything that is wrong with @cfg into @buf, one a line, cut at @len and always ended by
 * NUL. Returns the number of complaints; 0: connections can be made. @buf may be NULL if @len is 0.
 */
int sealsock_config_check(const struct sealsock_config *cfg, char *buf, size_t len);

/* Why the last setter on @cfg failed: one line, "" if none did. Valid until the next setter. */
const char *sealsock_config_error(const struct sealsock_config *cfg);

/*
 * A certificate chain, leaf first, and its private key, both PEM. Reads the files when called.
 * Repeatable: a server chooses by server name, then by the peer's signature schemes, then by order;
 * a client, when it is asked for one, by the names of the server's authorities, then alike. FILE,
 * PEM, KEY (key and leaf do not belong together; key type not supported), NOMEM.
 */
int sealsock_config_cert_file(struct sealsock_config *cfg, const char *chain_path,
			      const char *key_path);
int sealsock_config_cert_mem(struct sealsock_config *cfg, const void *chain, size_t chain_len,
			     const void *key, size_t key_len);

/*
 * A chain whose private key is somewhere else: the connection asks for its signatures with
 * SEALSOCK_REQUEST_SIGN (and DECRYPT), where @key is found again. @key stays the caller's and must
 * outlive the configuration. PEM, KEY (not a supported kind), NOMEM.
 */
int sealsock_config_cert_signer(struct sealsock_config *cfg, const void *chain, size_t chain_len,
				void *key);

/*
 * The OCSP response (DER) to be stapled to the chain that was added last, for peers that ask for it
 * (RFC 6066 §8, RFC 8446 §4.4.2.1). Reads the file now; who fetches new ones makes a new
 * configuration. FILE; STATE: no chain yet.
 */
int sealsock_config_ocsp_file(struct sealsock_config *cfg, const char *path);

/*
 * Trust anchors, PEM, added to those already there; loaded now, never during a handshake.
 * ca_system takes the machine's own store (libcrypto's default file and directory, or
 * $SSL_CERT_FILE and $SSL_CERT_DIR). FILE, PEM, NOMEM.
 */
int sealsock_config_ca_file(struct sealsock_config *cfg, const char *path);
int sealsock_config_ca_mem(struct sealsock_config *cfg, const void *pem, size_t len);
int sealsock_config_ca_system(struct sealsock_config *cfg);

/*
 * Clients: REQUIRED or INSECURE. Servers: NONE; REQUIRED: every client must have a certificate that
 * chains to a trust anchor; OPTIONAL: a client may have none. INVALID otherwise.
 * What a server staples is checked too, unless it is INSECURE (RFC 6066 §8): a response that does
 * not hold fails the handshake (CERT_REVOKED, BAD_STAPLE), and so does the want of one where the
 * certificate promises it (RFC 7633).
 */
int sealsock_config_verify(struct sealsock_config *cfg, enum sealsock_verify mode);

/*
 * Server: the same, with a PEM file whose certificates' subjects are named to clients, so that they
 * can choose among theirs (RFC 8446 §4.2.4, RFC 5246 §7.4.4). NULL: none are named. FILE, PEM.
 */
int sealsock_config_client_auth(struct sealsock_config *cfg, enum sealsock_verify mode,
				const char *ca_names_path);

/*
 * Revocation lists, PEM (any number in one text) or DER, added to those already there; read now.
 * Once there is one, every certificate of a peer's path but the anchor is looked up (RFC 5280 §6.3),
 * and as long as revocation is HARD, which is the default, one whose status no list tells fails the
 * handshake (CERT_STATUS). FILE; PEM: not a list; UNSUPPORTED: a delta or an indirect one.
 */
int sealsock_config_crl_file(struct sealsock_config *cfg, const char *path);
int sealsock_config_crl_mem(struct sealsock_config *cfg, const void *p, size_t n);

enum sealsock_revocation {
	SEALSOCK_REVOCATION_HARD,	/* lists must tell that a certificate is in force */
	SEALSOCK_REVOCATION_SOFT,	/* only what lists call revoked is refused */
};

int sealsock_config_revocation(struct sealsock_config *cfg, enum sealsock_revocation mode);

/* sealsock_config_policies flags: the inputs of RFC 5280 §6.1.1 (e) to (g) */
#define SEALSOCK_POLICY_REQUIRE		0x1u	/* initial-explicit-policy */
#define SEALSOCK_POLICY_NO_MAPPING	0x2u	/* initial-policy-mapping-inhibit */
#define SEALSOCK_POLICY_NO_ANY		0x4u	/* initial-any-policy-inhibit */

/*
 * The certificate policies that will do: OIDs in dots separated by commas; "": any. They count where
 * a policy is required, by the flag or by a CA (RFC 5280 §6.1, RFC 9618). INVALID, NAME (no OID).
 */
int sealsock_config_policies(struct sealsock_config *cfg, const char *oids, unsigned int flags);

/*
 * Pins a key: @sha256 are the 32 bytes of the hash of a SubjectPublicKeyInfo in DER (RFC 7469 §2.4).
 * Once there is one, one of them must be the key of a certificate of the peer's path, its own and
 * the anchor's included. NOMEM.
 */
int sealsock_config_pin(struct sealsock_config *cfg, const void *sha256);

/* A certificate tried as the issuer of the one below it, at @depth (the leaf's is 0). */
struct sealsock_path_step {
	unsigned int depth;
	bool anchor;			/* of the configuration's, not of the chain */
	bool taken;			/* else @rule is the one that is broken */
	const char *subject;
	const char *serial;		/* hexadecimal */
	const char *rule, *section;	/* "path-length", "RFC 5280 §4.2.1.9" */
	const char *found, *wanted;
	const void *der;
	size_t der_len;
};

/* All of a step is gone when the call returns. */
typedef void (*sealsock_path_fn)(void *arg, const struct sealsock_path_step *step);

/* @code 0: right, and @path_len certificates lead to the anchor. Else what was wrong, and where. */
struct sealsock_verdict {
	int code;
	unsigned int depth;
	unsigned int path_len;
	const char *rule, *section, *wanted;	/* static; NULL where no rule is at fault */
	char found[96];
	char text[512];			/* one line */
};

/*
 * Checks a chain as a handshake under @cfg would: a server's with a client's configuration, a
 * client's with a server's. @chain: PEM, leaf first, or the leaf alone in DER. @host: the leaf's
 * name, or NULL; @staple: an OCSP response for the leaf, or NULL: then none is asked for. @fn, if
 * there is one, is told of every candidate. @cfg is not frozen by it. The result is @verdict's code;
 * PEM, INVALID (host), NOMEM. Does not block.
 */
int sealsock_verify(const struct sealsock_config *cfg, const void *chain, size_t n,
		    const char *host, const void *staple, size_t staple_len, sealsock_path_fn fn,
		    void *arg, struct sealsock_verdict *verdict);

/* The application's own verdict on peers, and a server's choice of configuration. NULL: none. */
int sealsock_config_on_verify(struct sealsock_config *cfg, sealsock_verify_fn fn, void *arg);
int sealsock_config_on_hello(struct sealsock_config *cfg, sealsock_hello_fn fn, void *arg);

/*
 * What on_verify's verdicts hang on, in bytes of the application's choice, such as the version of a
 * list. Sessions and tickets are bound to it as to the anchors: with another tag they do not
 * resume. Whoever gives a tag has on_verify called for full handshakes only. Without (@n 0, the
 * default) it is called again when a session is resumed, which for that keeps the peer's chain.
 */
int sealsock_config_trust_tag(struct sealsock_config *cfg, const void *tag, size_t n);

/*
 * Client authentication after the handshake (RFC 8446 §4.2.6, §4.6.2), TLS 1.3 only; off by
 * default. A client offers it, and answers a CertificateRequest with one of its chains, or with
 * none, where sealsock_read(), sealsock_control() or sealsock_conn_feed() meet it; a server keeps
 * what sealsock_ask_cert() needs, and must have trust anchors. Both end with sealsock_release().
 * Where the client did not offer it, a request is unexpected_message.
 */
int sealsock_config_post_handshake_auth(struct sealsock_config *cfg, bool on);

/*
 * Application protocols, best first, separated by commas: "h2,http/1.1". Where both sides name
 * protocols and none is common, the server ends the handshake (RFC 7301). "" turns ALPN off.
 */
int sealsock_config_alpn(struct sealsock_config *cfg, const char *list);

/*
 * Versions that may be negotiated, in any order: "TLSv1.2,TLSv1.3", which is the default; the
 * highest that both sides have is taken. A version without a suite in the list of ciphers is not.
 * INVALID: empty or repeated; NAME: unknown name.
 */
int sealsock_config_versions(struct sealsock_config *cfg, const char *list);

/*
 * What may be negotiated, best first: names of the IANA registries separated by commas or colons.
 * INVALID: empty or repeated; NAME: unknown name. A server goes by its own order of ciphers, but
 * takes ChaCha20-Poly1305 first where the client has it first.
 *   ciphers: TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256
 *            TLS_AES_128_CCM_SHA256; TLS 1.2: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
 *            TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
 *            TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
 *            TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_CCM; not
 *            by default: the same with DHE_RSA; only in the profile "legacy": those of AES with
 *            RSA, and AES_128 and AES_256_CBC with SHA, SHA256, SHA384 (man 7 sealsock has all
 *            names)
 *   groups:  x25519 secp256r1 secp384r1 secp521r1 x448; TLS 1.3, where libcrypto has ML-KEM:
 *            X25519MLKEM768 SecP256r1MLKEM768; not by default: ffdhe2048 (3072, 4096, 6144, 8192)
 *   sigalgs: ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 ecdsa_secp521r1_sha512 ed25519 ed448
 *            rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512 rsa_pss_pss_sha256
 *            rsa_pss_pss_sha384 rsa_pss_pss_sha512; TLS 1.2 only: rsa_pkcs1_sha256
 *            rsa_pkcs1_sha384 rsa_pkcs1_sha512
 */
int sealsock_config_ciphers(struct sealsock_config *cfg, const char *list);
int sealsock_config_groups(struct sealsock_config *cfg, const char *list);
int sealsock_config_sigalgs(struct sealsock_config *cfg, const char *list);

/*
 * Versions and lists at once: "default"; "modern", which leaves out what is there for old peers, and
 * where TLS 1.2 is turned on demands extended_master_secret; "legacy", which adds what only very old
 * ones need: in TLS 1.2 DHE, RSA key transport, AES-CBC with encrypt_then_mac (man 7 sealsock). A
 * connection without extended_master_secret has no session, exporter or client certificate.
 * The rules for certificates apart from those: "private", the default: RFC 5280 as paths are checked
 * by it; "strict": what it asks of CAs besides, such as key identifiers; "web": also what public
 * CAs have agreed on (CA/Browser Forum, Baseline Requirements). NAME: none of these.
 */
int sealsock_config_profile(struct sealsock_config *cfg, const char *name);

/*
 * GREASE (RFC 8701), on by default: among what it offers a client names values that mean nothing
 * (cipher suite, group and key share, signature scheme, version, protocol, extensions), a server
 * of TLS 1.3 in what it asks for and in tickets (signature scheme, extensions). Peers ignore them;
 * off is for one that does not. A peer that chooses one fails the handshake.
 */
int sealsock_config_grease(struct sealsock_config *cfg, bool on);

/*
 * Resumption. A store for sessions; it is copied, its functions must outlive the configuration.
 * NULL: a store in memory for a thousand sessions, which belongs to the configuration. A client
 * with a store resumes by itself and takes each session once (RFC 8446 §C.4), but puts one of TLS
 * 1.2 back where the server gave no newer one; without a store, see sealsock_conn_session().
 */
int sealsock_config_session_store(struct sealsock_config *cfg,
				  const struct sealsock_session_store *store);

/*
 * Server: how many tickets are sent after a full or resumed TLS 1.3 handshake to clients that can
 * use them: 0 to 8, 2 by default. 0 turns tickets off in TLS 1.2 too.
 */
int sealsock_config_ticket_count(struct sealsock_config *cfg, unsigned int count);

/*
 * Server: keys to seal tickets with, for several processes or machines; without it keys are made
 * at random and live as long as the configuration. The file has 48 random bytes per key, at most
 * 16 times: the first seals, all open. To rotate, put a new key before the old ones and move the
 * file into place. It is read now, and again by sealsock_conn_new() when it has changed, at most
 * once a second; a file that cannot be used then leaves the keys as they are. FILE, INVALID.
 */
int sealsock_config_ticket_keys_file(struct sealsock_config *cfg, const char *path);

/*
 * An external pre-shared key for TLS 1.3 (RFC 8446 §4.2.11), together with an ephemeral key
 * exchange. Repeatable. @hash: "SHA256" or "SHA384", the only hash it is used with. @host: the
 * server it is for: a client offers it only to this host, a server takes it only from clients that
 * asked for this host, so that nobody's own hello can be sent back to it (Selfie, RFC 9257 §4.1).
 * NULL: any, which is for keys that only ever have one side as client. INVALID: @key shorter than
 * 16 or longer than 48 bytes, identity empty or over 512 bytes, or named twice.
 */
int sealsock_config_psk(struct sealsock_config *cfg, const char *identity, const void *key,
			size_t key_len, const char *hash, const char *host);

/*
 * The longest handshake message taken from a peer, in bytes: 102400 by default. A hostile peer can
 * make a connection hold some six times that, and no more. INVALID: under 4096, over 16777215.
 */
int sealsock_config_message_limit(struct sealsock_config *cfg, size_t limit);

/*
 * The longest record content to be received, 64 to 16384 bytes (RFC 8449); the peer is told so. The
 * peer's own limit is kept, unless @limit is 0: then the extension is neither sent nor taken.
 */
int sealsock_config_record_size_limit(struct sealsock_config *cfg, unsigned int limit);

/*
 * TLS 1.3 records of application data on the engine's path are padded to a multiple of @multiple
 * bytes (RFC 8446 §5.4), 0 or 1: not. INVALID: over 16384.
 */
int sealsock_config_padding(struct sealsock_config *cfg, unsigned int multiple);

/*
 * Secrets of every connection, for debugging. @fn is called in the handshaking thread and must not
 * call back. NULL turns it off. keylog_file appends to @path (created with mode 0600): FILE.
 */
int sealsock_config_keylog(struct sealsock_config *cfg, sealsock_keylog_fn fn, void *arg);
int sealsock_config_keylog_file(struct sealsock_config *cfg, const char *path);

/*
 * Seeing the handshake. @fn is called with one event for each handshake message, alert and
 * change_cipher_spec that comes or goes, and for each step by which keys come about; in the thread
 * that handshakes; it must not call back, save sealsock_conn_info() and sealsock_trace_decode().
 * NULL turns it off. The values of secrets are left out unless trace_secrets(true) was called too.
 */
int sealsock_config_trace(struct sealsock_config *cfg, sealsock_trace_fn fn, void *arg);
int sealsock_config_trace_secrets(struct sealsock_config *cfg, bool on);

/*
 * Takes the message, alert or change_cipher_spec of @event apart and calls @fn for each field, in
 * the order of the wire, a field's parts after it and one deeper. @event may be a copy, and its
 * strings and bytes are all that is read. 0, or DECODE: a last field, "malformed", has the rest.
 */
int sealsock_trace_decode(const struct sealsock_trace_event *event, sealsock_field_fn fn,
			  void *arg);

/* Replaces clock, random source, allocator. @env is copied. STATE: after another setter. */
int sealsock_config_env(struct sealsock_config *cfg, const struct sealsock_env *env);

/*
 * Connection: bytes in, bytes out.
 */

/*
 * A connection of @cfg, which it references and freezes. NULL: no memory, or config_check has
 * complaints. conn_free wipes all secrets and frees; NULL is ignored; it sends nothing.
 */
struct sealsock_conn *sealsock_conn_new(struct sealsock_config *cfg);
void sealsock_conn_free(struct sealsock_conn *conn);

/*
 * Client: the server's name, for SNI (RFC 6066) and for verification (RFC 9525). A DNS name in
 * A-label form; or an IPv4 or IPv6 address (without brackets and zone), or a SPIFFE ID
 * ("spiffe://domain/path"), which are verified but not sent.
 * Required before the handshake unless verification is INSECURE. INVALID: not such a name.
 */
int sealsock_conn_set_host(struct sealsock_conn *conn, const char *host);

/*
 * Client, before the handshake: a session of sealsock_conn_session() to resume. One that has
 * expired or does not fit (another host, other trust, a version or suite not allowed now) is left
 * unused, and the handshake is a full one. INVALID: not a session. NOMEM.
 */
int sealsock_conn_set_session(struct sealsock_conn *conn, const void *session, size_t n);

/*
 * Client: the newest session that has not been given out yet; each of TLS 1.3 is good for one
 * resumption, one of TLS 1.2 is given out again if it was not replaced. In TLS 1.3 sessions come
 * after the handshake, when the peer sends tickets, and are seen by sealsock_read(),
 * sealsock_control() and sealsock_conn_feed(). Copies it to @buf and returns its size; 0: there is
 * none; INVALID: it needs more than @room (SEALSOCK_SESSION_MAX is enough). It is a secret, and one
 * of TLS 1.2 is gone after sealsock_install(): take it before that.
 */
ssize_t sealsock_conn_session(struct sealsock_conn *conn, void *buf, size_t room);

/*
 * What the engine waits for in state WANT_ANSWER, or when sealsock_read(), sealsock_control() or
 * sealsock_conn_read() answered WANT_ANSWER after the handshake. STATE: it waits for nothing. The
 * request stays pending until it is answered.
 */
int sealsock_conn_request(const struct sealsock_conn *conn, struct sealsock_request *request);

/*
 * The answer: @code 0 with what was asked for (SIGN, DECRYPT: @data; VERIFY, HELLO: nothing). Any
 * other code fails the handshake with an alert (but see DECRYPT): an ERR_ code is reported as it
 * is, anything else as REJECTED, or CRYPTO where a key was asked for. Returns what
 * sealsock_conn_feed() would; the handshake goes on. @data is not used after the call. STATE:
 * nothing was asked.
 */
int sealsock_conn_answer(struct sealsock_conn *conn, int code, const void *data, size_t n);

/* The answer to HELLO with a configuration, which is referenced. INVALID: a client's. */
int sealsock_conn_answer_config(struct sealsock_conn *conn, struct sealsock_config *cfg);

/*
 * Consumes up to @n bytes from the peer and sets *used. One byte at a time will do. Never consumes
 * a byte beyond the handshake in the call that completes it. After the handshake it takes records
 * of the engine's data path, and stops (with *used < @n) while opened data waits for
 * sealsock_conn_read(). 0, or the negative error that failed the connection: then
 * sealsock_conn_output() may hold an alert which should still be sent.
 */
int sealsock_conn_feed(struct sealsock_conn *conn, const void *in, size_t n, size_t *used);

/*
 * How many bytes the engine needs next: the rest of a record header, or of the record's body.
 * Whoever reads no more than that from the socket never reads past the handshake. 0: none (done,
 * failed, or a client that has not sent its first bytes).
 */
size_t sealsock_conn_want(const struct sealsock_conn *conn);

/*
 * Bytes to be sent: *ptr, *n, owned by the connection and valid until the next call on it. On a
 * client the first call begins the handshake. Present also after a failure (the alert). Returns 0,
 * or a negative error if the first flight could not be made.
 */
int sealsock_conn_output(struct sealsock_conn *conn, const void **ptr, size_t *n);

/*
 * The first @n bytes of the output have been sent. INVALID: there are fewer. After the last of them
 * there may be more: the peer is owed no second answer before the first is on its way.
 */
int sealsock_conn_sent(struct sealsock_conn *conn, size_t n);

/* Tells that the peer's bytes have ended. 0 after its close_notify; TRUNCATED otherwise. */
int sealsock_conn_eof(struct sealsock_conn *conn);

enum sealsock_state sealsock_conn_state(const struct sealsock_conn *conn);

/* Fills *info with what is known so far. */
void sealsock_conn_info(const struct sealsock_conn *conn, struct sealsock_info *info);

/*
 * The peer's certificate @i in DER, 0 is its own; owned by the connection. NULL: there is none,
 * or sealsock_release() was called.
 */
const void *sealsock_conn_peer_cert(const struct sealsock_conn *conn, unsigned int i, size_t *n);

/*
 * The @i-th name of this kind in the subjectAltName of the peer's own certificate: text without NUL,
 * or the 4 or 16 bytes of an address; owned by the connection. NULL: there is none. It is what the
 * certificate says: sealsock_info.verified tells whether it was checked.
 */
enum sealsock_name {
	SEALSOCK_NAME_DNS,
	SEALSOCK_NAME_IP,
	SEALSOCK_NAME_URI,
	SEALSOCK_NAME_EMAIL,
};

const void *sealsock_conn_peer_name(const struct sealsock_conn *conn, enum sealsock_name kind,
				    unsigned int i, size_t *n);

/* The peer's SPIFFE ID: its only URI, if that is one. Text without NUL; NULL: it has none. */
const char *sealsock_conn_peer_spiffe(const struct sealsock_conn *conn, size_t *n);

/*
 * Keying material for the application (RFC 8446 §7.5, RFC 5705): @n bytes, at most 255 times the
 * hash, from @label and @context (in TLS 1.2, NULL and an empty context differ). Once the handshake
 * is complete, until sealsock_release(), in TLS 1.2 until sealsock_install(). INVALID: @label empty
 * or over 249 bytes, @context over 65535; STATE; UNSUPPORTED: TLS 1.2 without extended master
 * secret.
 */
SEALSOCK_CHECKED
int sealsock_conn_export(struct sealsock_conn *conn, const char *label, const void *context,
			 size_t context_len, void *out, size_t n);

/* The OCSP response (DER) the peer stapled; owned by the connection. NULL: none, or released. */
const void *sealsock_conn_peer_ocsp(const struct sealsock_conn *conn, size_t *n);

/* Why the connection failed; never NULL; owned by the connection. */
const struct sealsock_failure *sealsock_conn_error(const struct sealsock_conn *conn);

/*
 * Application data through the engine, for callers that do not hand the socket to the kernel; only
 * in state DONE and before sealsock_install(). conn_write seals up to @n bytes into the output and
 * returns how many it took, or WANT_WRITE while too much output is unsent. conn_read returns opened
 * bytes, 0 after close_notify, WANT_READ when more must be fed, WANT_ANSWER. Else STATE, CLOSED, or
 * the failure.
 */
ssize_t sealsock_conn_write(struct sealsock_conn *conn, const void *buf, size_t n);
ssize_t sealsock_conn_read(struct sealsock_conn *conn, void *buf, size_t n);

/*
 * Engine: queues a KeyUpdate (RFC 8446 §4.6.3), and asks the peer for one if @request_peer.
 * UNSUPPORTED in TLS 1.2.
 */
int sealsock_conn_rekey(struct sealsock_conn *conn, bool request_peer);

/*
 * Engine, server: asks the client for a certificate after the handshake (RFC 8446 §4.6.2), see
 * sealsock_config_post_handshake_auth(). The answer comes among what sealsock_conn_feed() takes:
 * info.cert_pending is false again, and info.client_authenticated tells whether there is one, which
 * was verified as in the handshake. A wrong one fails the connection, and with @required none does
 * too (CERT_REQUIRED). Data goes on in both directions meanwhile. UNSUPPORTED: the client does not
 * do this, it is off, or TLS 1.2; STATE: not connected, or a request is not answered yet; CLOSED.
 */
int sealsock_conn_ask_cert(struct sealsock_conn *conn, bool required);

/* Queues close_notify once, after all that is in the output. Allowed during the handshake too. */
int sealsock_conn_close(struct sealsock_conn *conn);

/*
 * On a socket.
 */

/*
 * At most @ms milliseconds from now on, then TIMEOUT; -1, the default: no limit. Before the
 * handshake is complete the limit is that of the handshake, and ends with it; later, that of calls
 * which wait on a blocking descriptor. SO_RCVTIMEO and SO_SNDTIMEO hold besides: where they end a
 * call it answers WANT_READ or WANT_WRITE, as on a non-blocking one.
 */
int sealsock_conn_set_timeout(struct sealsock_conn *conn, int ms);

/*
 * Drives the handshake over a connected TCP socket until it is complete. Reads its records and not
 * a byte more. 0: complete, all output written. WANT_READ, WANT_WRITE: only on a non-blocking @fd;
 * call again when one of the events of sealsock_conn_poll() is there. WANT_ANSWER: call again after
 * sealsock_conn_answer(). Any other negative result: failed, and the alert, if there is one, was
 * sent as far as the socket took it. @fd stays the caller's.
 */
SEALSOCK_CHECKED
int sealsock_handshake_fd(struct sealsock_conn *conn, int fd);

/*
 * What poll(2) is to wait for: its events (0 while WANT_ANSWER is the state), and its time-out in
 * milliseconds (-1: none). POLLOUT is among them while there is something to be sent that is not
 * the caller's data; the next call that can sends it, reading included.
 */
int sealsock_conn_poll(const struct sealsock_conn *conn, short *events, int *timeout_ms);

/* sealsock_install flags */
#define SEALSOCK_INSTALL_TLS_ULP	0x1u	/* else use the ULP "tls" */
#define SEALSOCK_INSTALL_KEEP		0x2u	/* after a failure the engine may go on */
#define SEALSOCK_INSTALL_COMPATIBLE	0x4u	/* not managed mode, see below */

/*
 * Hands both directions' keys to the kernel after the handshake. On success the socket speaks TLS:
 * plain write(2) and sendfile(2) seal; sealsock_info.path tells the ULP. The library then keeps
 * nothing that opens what the kernel seals under them: in TLS 1.3 no more than the secrets of the
 * next keys (with sealsock_config_post_handshake_auth(), until sealsock_release(), the client's
 * current one too), in TLS 1.2 neither master secret nor session, so that sealsock_conn_export()
 * and sealsock_conn_session() have to be called before.
 *
 * Where the ULP "sealsock" has managed mode it is used (sealsock_info.managed), but with COMPATIBLE
 * and where the configuration has post-handshake authentication. Then the socket is a plain one for
 * ever: read(2) brings data only, 0 after the peer's close_notify, ENOLINK where the connection was
 * cut; close(2) and shutdown(2) send close_notify; tickets and key updates are dealt with below it
 * (man 7 sealsock). No key and no traffic secret is left in the process. sealsock_read() and the
 * others go on working, and a client that keeps sessions calls one of them to fetch its tickets. In
 * compatible mode, and with the ULP "tls", read(2) meets control records (EIO), and sealsock_read()
 * and sealsock_control() deal with them.
 *
 * After a failure nobody seals what is written to the socket. So it is shut down in both
 * directions, and the connection is finished. With KEEP both stay as they were where the kernel has
 * taken neither key: the engine goes on (sealsock_read, sealsock_write, sealsock_shutdown), errno
 * tells what the kernel said, and nothing must be written to @fd by other means.
 *
 * NO_MODULE: no such ULP. REFUSED: the kernel said no. STATE: the handshake is not complete, or
 * keys are installed already (both change nothing); its output has not been sent, or bytes behind
 * it were read. INVALID: unknown flags. NOMEM, CRYPTO. Does not block.
 */
SEALSOCK_CHECKED
int sealsock_install(struct sealsock_conn *conn, int fd, unsigned int flags);

/*
 * Data on every record path. read: bytes, 0 after the peer's close_notify, TRUNCATED when the
 * connection ended without one; deals with tickets, KeyUpdates and alerts. write: how many bytes
 * were taken. WANT_READ, WANT_WRITE on a non-blocking descriptor. On the engine's path some bytes
 * may be sealed already when write answers WANT_WRITE: it wants the same bytes again, as many or
 * more, and refuses others with INVALID; nothing is lost by that. A write that fails (SYSTEM) ends
 * writing, not reading: what the peer has sent can still be read. Where the kernel's key has sealed
 * as much as it may (RFC 8446 §5.5), write goes over to the next one; TLS 1.2 has none (LIMIT).
 * WANT_ANSWER (read): a certificate was asked for or given after the handshake, and
 * sealsock_conn_request() says what is needed.
 */
SEALSOCK_CHECKED
ssize_t sealsock_read(struct sealsock_conn *conn, int fd, void *buf, size_t n);
SEALSOCK_CHECKED
ssize_t sealsock_write(struct sealsock_conn *conn, int fd, const void *buf, size_t n);

/* Sends close_notify once, then shutdown(@fd, SHUT_WR). Reading goes on. */
int sealsock_shutdown(struct sealsock_conn *conn, int fd);

/*
 * Handles one control record (ticket, KeyUpdate, alert) at the head of the socket, for programs
 * that read(2) themselves and got EIO. 0: handled; 1: the peer has closed (close_notify);
 * WANT_READ: there is none.
 */
int sealsock_control(struct sealsock_conn *conn, int fd);

/*
 * New keys for sending now, and if @request_peer for receiving too; a peer that has not answered
 * yet is not asked again. UNSUPPORTED where the record path cannot (the kernel's own "tls" before
 * 6.14), and in TLS 1.2.
 */
int sealsock_rekey(struct sealsock_conn *conn, int fd, bool request_peer);

/*
 * Server: sealsock_conn_ask_cert() on every record path, where sealsock_read() and
 * sealsock_control() take the answer. What a non-blocking descriptor does not take now goes out
 * before the next data.
 */
int sealsock_ask_cert(struct sealsock_conn *conn, int fd, bool required);

/*
 * Drops everything but what reading, closing and key updates still need: certificates, buffers,
 * handshake state. Only after sealsock_install(), and not (STATE) while the kernel has not taken
 * all of an answer to sealsock_config_post_handshake_auth()'s requests.
 */
int sealsock_release(struct sealsock_conn *conn);

/*
 * What this build and this machine can do.
 */
const char *sealsock_version(void);		/* "0.1.0" */
const char *sealsock_strerror(int code);	/* one line, static */
const char *sealsock_error_name(int code);	/* "SEALSOCK_ERR_NOMEM", static */
int sealsock_exit_code(int code);		/* 0, 2, 3, 4, 5 or 6 */
int sealsock_error_alert(int code);		/* AlertDescription sent for it, or -1 */
const char *sealsock_alert_name(int alert);	/* "handshake_failure"; "unknown" if it has none */

/*
 * Record paths usable now: bits 1u << SEALSOCK_PATH_…, and SEALSOCK_PATHS_MANAGED where the ULP
 * "sealsock" has managed mode. Tries the ULPs on loopback.
 */
#define SEALSOCK_PATHS_MANAGED	0x100u
unsigned int sealsock_paths(void);

#ifdef __cplusplus
}
#endif

#endif
