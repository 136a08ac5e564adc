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
 * never make a system call of their own, save those that read files and say so. Structures that a
 * caller allocates go with their size (functions in _sized, which the plain names call), so that
 * they can grow at their ends: what the library does not know is zero, or INVALID where it is given
 * and is not; what the caller does not know is left out.
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

enum sealsock_side {
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

/* What became of Encrypted Client Hello (RFC 9849). */
enum sealsock_ech {
	SEALSOCK_ECH_NONE,
	SEALSOCK_ECH_GREASE,		/* client: there was the look of it, without meaning */
	SEALSOCK_ECH_OFFERED,		/* client: not answered yet */
	SEALSOCK_ECH_ACCEPTED,		/* the inner ClientHello counts */
	SEALSOCK_ECH_REJECTED,		/* client: it failed by that; server: no key opens it */
};

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
	const char *sni;		/* host name that was asked for, see @ech */
	bool hello_retry;		/* there was a HelloRetryRequest */
	bool verified;			/* the peer's chain and name were checked and are right */
	bool resumed;			/* by a ticket, a session id or an external PSK */
	bool client_authenticated;	/* server: the client's certificate was verified */
	bool client_cert_sent;		/* client: a certificate was asked for, and sent */
	bool cert_pending;		/* server: asked for after the handshake, not answered */
	bool extended_master_secret;	/* TLS 1.2: RFC 7627; TLS 1.3: always */
	enum sealsock_path path;	/* who seals and opens records now */
	bool managed;			/* path "sealsock": plain read(2) and write(2) will do */
	enum sealsock_ech ech;		/* a client's OFFERED, ACCEPTED, REJECTED hide @sni */
	const char *psk_identity;	/* of sealsock_config_psk(), of the one in use */
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
 * DECRYPT: best with the master secret (sealsock_conn_answer_master()), so that nothing is seen
 * here that was decrypted; or with all that RSA gives, as long as @message: its padding is looked
 * at here, in constant time; else the 48 bytes inside the padding, or no data where that is wrong.
 * Nobody must see that it was: whatever but SYSTEM, TIMEOUT, NOMEM and LIMIT is answered lets the
 * handshake go on, to fail later as with any wrong secret (RFC 5246 §7.4.7.1).
 * @seed, of DECRYPT: what the master secret is bound to: both randoms, the client's first (RFC 5246
 * §8.1), or the hash of the messages where it is an extended one (RFC 7627 §4).
 */
struct sealsock_request {
	enum sealsock_request_kind kind;
	uint16_t scheme;
	const char *scheme_name;
	const void *message;
	size_t message_len;
	void *key;			/* SIGN, DECRYPT: what config_cert_signer was given */
	uint16_t version;		/* DECRYPT: with which the secret must begin */
	uint16_t hash;			/* … of the PRF: 256 or 384 */
	bool extended;			/* … see @seed */
	const void *seed;
	size_t seed_len;
};

#include "sealsock_config.h"
#include "sealsock_keeper.h"
#include "sealsock_trace.h"

/*
 * Connection: bytes in, bytes out.
 */

/*
 * A connection of @cfg, which it references and freezes. NULL: no memory, or config_check has
 * complaints. conn_free wipes all secrets and frees; NULL is ignored; it sends nothing.
 */
struct sealsock_conn *sealsock_conn_new(struct sealsock_config *cfg);
void sealsock_conn_free(struct sealsock_conn *conn);

/* A pointer for callbacks that get the connection; NULL at first, never used here. */
void sealsock_conn_set_user(struct sealsock_conn *conn, void *user);
void *sealsock_conn_user(const struct sealsock_conn *conn);

/*
 * Client: the server's name, for SNI (RFC 6066) and for verification (RFC 9525). A DNS name in
 * A-label form; or an IPv4 or IPv6 address (without brackets and zone), or a SPIFFE ID
 * ("spiffe://domain/path"), which are verified but not sent.
 * Required before the handshake unless verification is INSECURE. INVALID: not such a name.
 */
int sealsock_conn_set_host(struct sealsock_conn *conn, const char *host);

/*
 * Client, before the handshake: the port that the host is asked at, 1 to 65535. A store keeps
 * sessions by host, port and trust: what another service of the same host gave is not offered.
 * sealsock_handshake_fd() takes it from the address of the peer where it was not set; without both
 * it counts as a port of its own. INVALID; STATE.
 */
int sealsock_conn_set_port(struct sealsock_conn *conn, unsigned int port);

/*
 * Client, before the handshake: a session of sealsock_conn_session() to resume. One that has
 * expired or does not fit (another host, other trust, a version or suite not allowed now) is left
 * unused, and the handshake is a full one. INVALID: not a session. NOMEM.
 */
int sealsock_conn_set_session(struct sealsock_conn *conn, const void *session, size_t n);

/*
 * Client, before the handshake: sealsock_config_ech() for this connection alone, in the place of
 * the configuration's list; @n 0: none. The same results.
 */
int sealsock_conn_set_ech(struct sealsock_conn *conn, const void *list, size_t n);

/*
 * Client, after ECH_REJECTED: what to give to sealsock_conn_set_ech() of the next connection, once
 * (RFC 9849 §6.1.6). *n 0: the server says that it has no Encrypted Client Hello, and the next
 * connection has the name in the clear. Owned by the connection. NULL: the connection failed in
 * another way, and nobody has said so who may: to go without would be to give in to whoever made it
 * fail.
 */
const void *sealsock_conn_ech_retry(const struct sealsock_conn *conn, size_t *n);

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
#define sealsock_conn_request(conn, request)	\
	sealsock_conn_request_sized(conn, request, sizeof(struct sealsock_request))
int sealsock_conn_request_sized(const struct sealsock_conn *conn, struct sealsock_request *request,
				size_t size);

/*
 * The answer: @code 0 with what was asked for (SIGN, DECRYPT: @data; VERIFY, HELLO: nothing). Any
 * other code fails the handshake with an alert (but see DECRYPT): an ERR_ code is reported as it
 * is, anything else as REJECTED, or CRYPTO where a key was asked for. Returns what
 * sealsock_conn_feed() would; the handshake goes on. @data is not used after the call. STATE:
 * nothing was asked.
 */
int sealsock_conn_answer(struct sealsock_conn *conn, int code, const void *data, size_t n);

/*
 * The answer to DECRYPT with the master secret, 48 bytes, as sealsock_key_master() makes it. STATE:
 * that was not asked.
 */
int sealsock_conn_answer_master(struct sealsock_conn *conn, const void *master);

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
#define sealsock_conn_info(conn, info)	\
	sealsock_conn_info_sized(conn, info, sizeof(struct sealsock_info))
void sealsock_conn_info_sized(const struct sealsock_conn *conn, struct sealsock_info *info,
			      size_t size);

/*
 * The peer's certificate @i in DER, 0 is its own; owned by the connection. NULL: there is none,
 * or sealsock_release() was called.
 */
const void *sealsock_conn_peer_cert(const struct sealsock_conn *conn, unsigned int i, size_t *n);

/*
 * The @i-th name of this kind in the subjectAltName of the peer's own certificate: text without
 * NUL, or the 4 or 16 bytes of an address; owned by the connection. NULL: there is none. It is what
 * the certificate says: sealsock_info.verified tells whether it was checked.
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
 * or over 249 bytes, @context over 65535, @n too big; STATE; UNSUPPORTED: TLS 1.2 without
 * extended master secret.
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
 * Engine, server of TLS 1.3: queues one more NewSessionTicket (RFC 8446 §4.6.1), for a client that
 * has used up those of the handshake, or whose certificate came after it. What it resumes is the
 * full handshake, and ends with it: a day later, or with the client's path. UNSUPPORTED: TLS
 * 1.2; the client cannot resume, or did so with an external key; sealsock_config_ticket_count() 0;
 * that day is over. LIMIT: after 65535 of them. STATE: not connected, or sealsock_release() was
 * called; CLOSED; NOMEM, RANDOM, CRYPTO. After any of these nothing was queued.
 */
int sealsock_conn_send_ticket(struct sealsock_conn *conn);

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
 * Server: sealsock_conn_send_ticket() on every record path. 0: it was sent; what a non-blocking
 * descriptor does not take now goes out before the next data. WANT_WRITE: there was no room, and
 * nothing was sent. In managed mode a ticket goes whole, in one record: UNSUPPORTED too where it is
 * longer than the peer's record size limit. SYSTEM: sending has failed.
 */
int sealsock_send_ticket(struct sealsock_conn *conn, int fd);

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
const char *sealsock_suite_name(unsigned int suite);	/* such as 0x1301; NULL: not known */

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
