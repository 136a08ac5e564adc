/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What a managed socket must do, in plain C: what the peer has sent goes in, each call says what
 * the real one has to answer. No socket, no clock, no memory; nothing of kmod/ but its numbers.
 */
#ifndef SELFTESTS_NET_MODEL_H
#define SELFTESTS_NET_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the peer sends: each is one record, but FIN. */
enum item_kind {
	ITEM_DATA,
	ITEM_EMPTY,		/* data without content */
	ITEM_UPDATE,		/* KeyUpdate */
	ITEM_UPDATE_ASKS,	/* with update_requested */
	ITEM_TICKET,		/* NewSessionTicket, whole */
	ITEM_FRAGMENT,		/* the next byte of one that is never complete */
	ITEM_HELLO,		/* HelloRequest, TLS 1.2 */
	ITEM_WARNING,		/* an alert that ends nothing */
	ITEM_CLOSE,		/* close_notify */
	ITEM_ALERT,		/* a fatal one */
	ITEM_BAD,		/* not authentic */
	ITEM_WRONG,		/* of a type that may not come */
	ITEM_FIN,
};

#define MODEL_ITEMS	2048
#define MODEL_ALERT	40	/* the fatal one: handshake_failure */

struct model_item {
	enum item_kind kind;
	size_t len;		/* of data: bytes that have not been read */
	bool opened;		/* of data: what comes behind it may have been dealt with */
};

struct model {
	bool v13;
	struct model_item items[MODEL_ITEMS];
	size_t head, tail;
	bool whole;		/* all of the last item is there */
	bool fin;		/* TCP's end has arrived, whatever is before it */

	/* The receiving half: its end is met when its data has been read. */
	int error;		/* 0, or ENOLINK, EPROTO, EBADMSG */
	bool closed;		/* by close_notify */
	bool read_shut;
	unsigned int reason;
	uint16_t alert_received, alert_sent;

	/* The sending half. */
	bool write_shut;	/* shutdown() */
	bool finished;		/* for what the peer did, or an alert of its */
	size_t written;		/* bytes that calls took */
	size_t open;		/* of these, in the record that MSG_MORE left open */
	size_t lost;		/* of these, in an open record that was dropped */
	bool owes_update;	/* a KeyUpdate has to come before the next data */
	bool owes_request;	/* with update_requested */
	bool asked;		/* the peer owes us one */
	unsigned int refusals;	/* no_renegotiation that has to come */

	/* Messages, and counts since data came. */
	unsigned int messages;
	bool inside;
	unsigned int updates, empty, warnings, handshakes, fragments, hellos;
};

/* The peer has sent that. @whole: all of it; otherwise model_rest() follows. */
void model_peer(struct model *m, enum item_kind kind, size_t len, bool whole);
void model_rest(struct model *m);

/* read() without waiting: bytes, 0, or -errno. */
long model_read(struct model *m, size_t n, bool peek);

/* Whoever polls or asks has the head of the stream dealt with. True: a read would not wait. */
bool model_turn(struct model *m);

/* There is data at the head of the stream, after a turn. */
bool model_data(const struct model *m);

/* write(): bytes or -errno. */
long model_write(struct model *m, size_t n, bool more);

/* SEALSOCK_KEY_UPDATE: 0 or -errno. */
int model_update(struct model *m, bool request);

void model_shutdown(struct model *m, bool read, bool write);

/* Anything that has not been read: close() resets the connection. */
bool model_unread(const struct model *m);

#endif
