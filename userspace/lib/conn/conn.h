/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room conn/: a connection as bytes in, bytes out. It sees hs/ and below, and calls no system.
 *
 * A connection, for the files that put it on a socket.
 */
#ifndef SEALSOCK_CONN_H
#define SEALSOCK_CONN_H

#include "conn/io_state.h"
#include "hs/post.h"

enum conn_dir { CONN_TX, CONN_RX };

struct sealsock_conn {
	struct channel ch;
	struct hs *hs;			/* NULL once it is done */
	struct hs_result *result;	/* NULL once it is released, then there is … */
	struct hs_outcome outcome;	/* … this of it */
	bool started;			/* client: the ClientHello was made */
	bool done;			/* the handshake is complete … */
	bool output_drained;		/* … and all its output was sent */
	bool keys_gone;			/* conn_wipe_keys() was called */
	struct bytes data;		/* opened application data in ch.in */
	struct io_state io;
	void *user;			/* the caller's */
};

_Static_assert(offsetof(struct sealsock_conn, ch) == 0, "trace.c finds it by its channel");

/* Why nothing can be sent any more, or 0. */
static inline int io_write_failed(const struct sealsock_conn *conn)
{
	return conn->io.trouble ? conn->io.trouble->write.code : 0;
}

/* What the kernel needs to seal or open one direction. Whoever fills one wipes it. */
struct traffic_key {
	uint16_t version;	/* of linux/tls.h: 0x0303, 0x0304 */
	uint16_t cipher_type;	/* TLS_CIPHER_* of linux/tls.h, SEALSOCK_CIPHER_* of ours */
	uint8_t key[32];
	uint8_t key_len;
	uint8_t mac_key[48];	/* of a CBC suite, which has no IV … */
	uint8_t mac_key_len;	/* … else 0 */
	uint8_t iv[12];
	uint64_t seq;		/* of the next record */
};

/*
 * The current application key of a direction. STATE: the handshake is not done, its output not all
 * sent, bytes behind it were read already, or the keys were wiped. CRYPTO.
 */
int conn_traffic_key(struct sealsock_conn *conn, enum conn_dir dir, struct traffic_key *out);

/* TLS 1.3: the current traffic secret of a direction; TLS 1.2: empty. As conn_traffic_key(). */
int conn_traffic_secret(struct sealsock_conn *conn, enum conn_dir dir, struct secret *out);

/* The longest record content the peer takes (RFC 8449); SEAL_MAX_PLAINTEXT: any. */
size_t conn_tx_limit(const struct sealsock_conn *conn);

/*
 * The secrets of the next keys, by enum conn_dir, for conn_wipe_keys(), so that it cannot fail;
 * empty where they are not wanted. Whoever gets them wipes them. NOMEM, CRYPTO.
 */
int conn_next_secrets(struct sealsock_conn *conn, struct secret next[2]);

/*
 * Somebody else has the keys, or nobody is to have them: forgets all that the traffic of now can be
 * opened with, the master secret of TLS 1.2 included. What stays are the secrets of the next keys
 * in @next; and that of this one, where client authentication after the handshake is made or
 * checked with it (RFC 8446 §4.4), until sealsock_release(). @next NULL: no secret stays.
 */
void conn_wipe_keys(struct sealsock_conn *conn, const struct secret next[2]);

/*
 * The next generation's key (RFC 8446 §7.2), with seq 0; it is then the current one. UNSUPPORTED
 * in TLS 1.2. After an error the generation is what it was.
 */
int conn_next_key(struct sealsock_conn *conn, enum conn_dir dir, struct traffic_key *out);

/* What conn_post_record() leaves to be done. */
enum {
	CONN_DUE_REKEY_RX = 1,		/* the peer's KeyUpdate: conn_next_key(CONN_RX) */
	CONN_DUE_UPDATE_TX = 2,	/* it asked for ours */
	CONN_DUE_EOF = 4,		/* close_notify */
	CONN_DUE_REFUSE = 8,		/* TLS 1.2: send the warning no_renegotiation */
};

/*
 * One opened record of type handshake or alert that came after install. Sets bits in *todo. A
 * negative error fails the connection: sealsock_error_alert() of it is the alert to be sent.
 * Records that carry nothing are counted; who receives data sets ch.idle_records to 0.
 */
int conn_post_record(struct sealsock_conn *conn, uint8_t content_type, const uint8_t *p, size_t n,
		     unsigned int *todo);

/* The KeyUpdate to be sent before conn_next_key(CONN_TX). UNSUPPORTED in TLS 1.2. */
int conn_make_key_update(struct sealsock_conn *conn, bool request, uint8_t out[5]);

/* After the handshake: does it wait for sealsock_conn_answer()? */
bool conn_asks(const struct sealsock_conn *conn);

/*
 * Handshake messages that are to be sent before anything else (RFC 8446 §4.6.2), and that @n bytes
 * of them were. conn_flush_auth() queues them where the engine has the keys, else does nothing;
 * conn_answer_peer() does if no output waits, and with them a KeyUpdate that is due: so a peer that
 * does not read is owed one answer at a time.
 */
struct bytes conn_auth_output(const struct sealsock_conn *conn);
void conn_auth_sent(struct sealsock_conn *conn, size_t n);
int conn_flush_auth(struct sealsock_conn *conn);
int conn_answer_peer(struct sealsock_conn *conn);

/* Makes a CertificateRequest of a server; it is then in conn_auth_output(). */
int conn_ask_cert(struct sealsock_conn *conn, bool required);

/*
 * Appends one more NewSessionTicket of a server to @out. STATE: before the handshake is complete,
 * or after sealsock_release(); else as ticket13_make().
 */
int conn_make_ticket(struct sealsock_conn *conn, struct buf *out);

/* Is a message, or a series of them, begun that nothing may interrupt? */
bool conn_inside_message(const struct sealsock_conn *conn);

/* 0 if application data can go through the engine; else STATE, or why the connection failed. */
int conn_ready(const struct sealsock_conn *conn);

/* data.c: records after the handshake, for conn.c. */
int conn_data_header(struct sealsock_conn *conn, size_t *body_len);
int conn_data_record(struct sealsock_conn *conn);

#endif
