/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The states, and which message is legal in which: the tables are states12.c and states13.c. */
#ifndef SEALSOCK_HS_STATES_H
#define SEALSOCK_HS_STATES_H

#include "base/wire.h"

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

#endif
