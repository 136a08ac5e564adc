/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What is not application data, in managed mode: alerts, the messages after
 * the handshake, and how many of them there may be (RFC 8446 sections 4.6, 5.1
 * and 6, RFC 5246 sections 7.2 and 7.4.1). Records go in, events come out;
 * whoever has socket and keys acts on them.
 */
#ifndef SEAL_CORE_CONTROL_H
#define SEAL_CORE_CONTROL_H

#include "content.h"

/* Handshake messages that may come after the handshake, beside SEAL_HS_KEY_UPDATE. */
enum {
	SEAL_HS_HELLO_REQUEST = 0,
	SEAL_HS_CLIENT_HELLO = 1,
	SEAL_HS_NEW_SESSION_TICKET = 4,
};

/* Alert descriptions that are looked at or sent. */
enum {
	SEAL_ALERT_CLOSE_NOTIFY = 0,
	SEAL_ALERT_UNEXPECTED_MESSAGE = 10,
	SEAL_ALERT_BAD_RECORD_MAC = 20,
	SEAL_ALERT_RECORD_OVERFLOW = 22,
	SEAL_ALERT_ILLEGAL_PARAMETER = 47,
	SEAL_ALERT_DECODE_ERROR = 50,
	SEAL_ALERT_PROTOCOL_VERSION = 70,
	SEAL_ALERT_INTERNAL_ERROR = 80,
	SEAL_ALERT_USER_CANCELED = 90,
	SEAL_ALERT_NO_RENEGOTIATION = 100,

	SEAL_ALERT_WARNING = 1,
	SEAL_ALERT_FATAL = 2,
	SEAL_ALERT_LEN = 2,
};

/**
 * struct seal_control - what is kept between two records
 * @v13: TLS 1.3, not 1.2
 * @server: we are the server
 * @have: bytes of @head that have come
 * @head: header of the message that is being received
 * @left: bytes of it that are still to come, once its header is there
 * @sent: low bits of what we had sent when the counts below were last zeroed
 * @key_updates, @empty, @warnings, @messages, @fragments: since then, or since data came
 * @renegotiations: since ever
 */
struct seal_control {
	bool v13;
	bool server;
	u8 have;
	u8 head[SEAL_HS_HEADER];
	u32 left;
	u32 sent;
	u8 key_updates;
	u8 empty;
	u8 warnings;
	u8 messages;
	u8 fragments;
	u8 renegotiations;
};

enum seal_control_event {
	SEAL_CONTROL_DONE,		/* nothing more in this record */
	SEAL_CONTROL_BEGIN,		/* a message to keep: header at @at, @len bytes in all */
	SEAL_CONTROL_BYTES,		/* the next @len bytes of its body, at @at */
	SEAL_CONTROL_END,		/* it is whole */
	SEAL_CONTROL_KEY_UPDATE,	/* the peer has replaced its key; @asked: so must we */
	SEAL_CONTROL_RENEGOTIATE,	/* to be answered by the warning no_renegotiation */
	SEAL_CONTROL_CLOSE,		/* close_notify */
	SEAL_CONTROL_ALERT,		/* @alert ends the connection */
	SEAL_CONTROL_FATAL,		/* the peer broke a rule, @reason: @alert is to be sent */
};

/**
 * struct seal_control_step - a record, and what comes out of it
 * @type: its content type
 * @in: what of its content has not been looked at
 * @in_len: bytes of that
 * @content_len: bytes of all of it
 * @ended: messages that ended in it
 * @at, @len, @asked, @alert, @reason: of the event
 */
struct seal_control_step {
	u8 type;
	const u8 *in;
	size_t in_len;
	size_t content_len;
	unsigned int ended;

	const u8 *at;
	u32 len;
	bool asked;
	u8 alert;
	u8 reason;
};

/*
 * Begins with the record of @type whose content is @content[0..@len).
 * @sent: bytes of plaintext that we have sent so far.
 */
void seal_control_start(struct seal_control *control, struct seal_control_step *step, u8 type,
			const u8 *content, size_t len, u64 sent);

/*
 * The next event of the record, until SEAL_CONTROL_DONE. Nothing follows
 * SEAL_CONTROL_CLOSE, _ALERT and _FATAL. A record of application data is over
 * at once, or fatal.
 */
enum seal_control_event seal_control_next(struct seal_control *control,
					  struct seal_control_step *step);

/* Data came: the counts begin anew. Not while a message is incomplete. */
static inline void seal_control_data(struct seal_control *control)
{
	control->key_updates = 0;
	control->empty = 0;
	control->warnings = 0;
	control->messages = 0;
	control->fragments = 0;
}

/*
 * Is this one whole NewSessionTicket (RFC 8446 section 4.6.1), of a lifetime
 * that is allowed, with nothing behind it?
 */
bool seal_control_is_ticket(const u8 *msg, size_t len);

/* A message has begun and not ended: only handshake records may follow. */
static inline bool seal_control_inside(const struct seal_control *control)
{
	return control->have;
}

#endif /* SEAL_CORE_CONTROL_H */
