/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Part of sealsock.h, which includes it. */
#ifndef SEALSOCK_API_TRACE_H
#define SEALSOCK_API_TRACE_H

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

#endif
