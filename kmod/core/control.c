// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "../uapi/sealsock.h"
#include "control.h"

/* lifetime, age_add, nonce, ticket, extensions: RFC 8446 section 4.6.1. */
#define TICKET_MIN	(4 + 4 + 1 + 2 + 1 + 2)
#define TICKET_MAX	(4 + 4 + 1 + 255 + 2 + 65535 + 2 + 65534)

#define LIFETIME_MAX	604800	/* seconds, likewise */

/* No client has a longer one, and its body is not looked at. */
#define HELLO_MAX	131072

/* Shorter handshake records that end no message are counted. */
#define SHORT_FRAGMENT	64

enum kind { KEEP, KEY_UPDATE, RENEGOTIATE };

/* Every message that may come after the handshake: version, who may get it, length of its body. */
static const struct rule {
	bool v13;
	bool server;
	bool client;
	u8 type;
	enum kind kind;
	u32 min;
	u32 max;
} rules[] = {
	{ true, false, true, SEAL_HS_NEW_SESSION_TICKET, KEEP, TICKET_MIN, TICKET_MAX },
	{ true, true, true, SEAL_HS_KEY_UPDATE, KEY_UPDATE, 1, 1 },
	{ false, false, true, SEAL_HS_HELLO_REQUEST, RENEGOTIATE, 0, 0 },
	{ false, true, false, SEAL_HS_CLIENT_HELLO, RENEGOTIATE, 0, HELLO_MAX },
};

static const struct rule *rule_of(const struct seal_control *c)
{
	unsigned int i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];

		if (r->v13 == c->v13 && (c->server ? r->server : r->client) &&
		    r->type == c->head[0])
			return r;
	}
	return NULL;
}

static enum seal_control_event fatal(struct seal_control_step *step, u8 alert, u8 reason)
{
	step->alert = alert;
	step->reason = reason;
	return SEAL_CONTROL_FATAL;
}

static enum seal_control_event unexpected(struct seal_control_step *step, u8 reason)
{
	return fatal(step, SEAL_ALERT_UNEXPECTED_MESSAGE, reason);
}

/* Counts one more. True: one too many. */
static bool flood(u8 *count, unsigned int most)
{
	return ++*count > most;
}

static enum seal_control_event take_alert(struct seal_control *c, struct seal_control_step *step)
{
	u8 level, description;

	/* RFC 8446 section 5.1: never empty, never more than one, never in parts. */
	if (!step->in_len)
		return unexpected(step, SEALSOCK_REASON_ALERT_FORM);
	if (step->in_len != SEAL_ALERT_LEN)
		return fatal(step, SEAL_ALERT_DECODE_ERROR, SEALSOCK_REASON_ALERT_FORM);
	level = step->in[0];
	description = step->in[1];
	step->in_len = 0;

	if (description == SEAL_ALERT_CLOSE_NOTIFY)
		return SEAL_CONTROL_CLOSE;
	/* In TLS 1.3 the level says nothing (RFC 8446 section 6). */
	if (c->v13 ? description == SEAL_ALERT_USER_CANCELED : level == SEAL_ALERT_WARNING) {
		if (flood(&c->warnings, SEALSOCK_FLOOD_WARNINGS))
			return unexpected(step, SEALSOCK_REASON_FLOOD);
		return SEAL_CONTROL_DONE;
	}
	if (!c->v13 && level != SEAL_ALERT_FATAL)
		return fatal(step, SEAL_ALERT_ILLEGAL_PARAMETER, SEALSOCK_REASON_ALERT_FORM);
	step->alert = description;
	return SEAL_CONTROL_ALERT;
}

/* The header is complete. 0, or what comes instead of the message. */
static enum seal_control_event judge(struct seal_control *c, struct seal_control_step *step)
{
	const struct rule *rule = rule_of(c);

	if (!rule)
		return unexpected(step, SEALSOCK_REASON_MESSAGE_TYPE);
	c->left = (u32)c->head[1] << 16 | (u32)c->head[2] << 8 | c->head[3];
	if (c->left < rule->min || c->left > rule->max)
		return fatal(step, SEAL_ALERT_DECODE_ERROR, SEALSOCK_REASON_MESSAGE_FORM);
	if (flood(&c->messages, SEALSOCK_FLOOD_MESSAGES))
		return unexpected(step, SEALSOCK_REASON_FLOOD);
	if (rule->kind != KEEP)
		return SEAL_CONTROL_DONE;
	step->at = c->head;
	step->len = SEAL_HS_HEADER + c->left;
	return SEAL_CONTROL_BEGIN;
}

static enum seal_control_event key_update(struct seal_control *c, struct seal_control_step *step,
					  u8 asked)
{
	if (asked > 1)
		return fatal(step, SEAL_ALERT_ILLEGAL_PARAMETER, SEALSOCK_REASON_MESSAGE_FORM);
	/* What follows has to come under the next key (RFC 8446 section 5.1). */
	if (step->in_len)
		return unexpected(step, SEALSOCK_REASON_KEY_UPDATE_END);
	if (flood(&c->key_updates, SEALSOCK_FLOOD_KEY_UPDATES))
		return unexpected(step, SEALSOCK_REASON_FLOOD);
	step->asked = asked;
	return SEAL_CONTROL_KEY_UPDATE;
}

/* The message is whole. @last: its last byte. */
static enum seal_control_event end_message(struct seal_control *c, struct seal_control_step *step,
					   u8 last)
{
	const struct rule *rule = rule_of(c);

	c->have = 0;
	step->ended++;
	switch (rule->kind) {
	case KEEP:
		return SEAL_CONTROL_END;
	case KEY_UPDATE:
		return key_update(c, step, last);
	case RENEGOTIATE:
		break;
	}
	if (flood(&c->renegotiations, SEALSOCK_FLOOD_RENEGOTIATIONS))
		return unexpected(step, SEALSOCK_REASON_FLOOD);
	return SEAL_CONTROL_RENEGOTIATE;
}

/* One step inside a handshake record. DONE with something left: another step is needed. */
static enum seal_control_event take_message(struct seal_control *c,
					    struct seal_control_step *step)
{
	size_t n;

	if (c->have < SEAL_HS_HEADER) {
		c->head[c->have++] = *step->in++;
		step->in_len--;
		return c->have == SEAL_HS_HEADER ? judge(c, step) : SEAL_CONTROL_DONE;
	}

	n = step->in_len < c->left ? step->in_len : c->left;
	if (n && rule_of(c)->kind == KEEP) {
		step->at = step->in;
		step->len = (u32)n;
		step->in += n;
		step->in_len -= n;
		c->left -= (u32)n;
		return SEAL_CONTROL_BYTES;
	}
	step->in += n;
	step->in_len -= n;
	c->left -= (u32)n;
	return c->left ? SEAL_CONTROL_DONE : end_message(c, step, n ? step->in[-1] : 0);
}

/* A message with nothing left to come has still to be ended. */
static bool more(const struct seal_control *c, const struct seal_control_step *step)
{
	return step->in_len || (c->have == SEAL_HS_HEADER && !c->left);
}

static enum seal_control_event take_messages(struct seal_control *c,
					     struct seal_control_step *step)
{
	enum seal_control_event event;

	if (!step->content_len)
		return unexpected(step, SEALSOCK_REASON_MESSAGE_FORM);
	while (more(c, step)) {
		event = take_message(c, step);
		if (event != SEAL_CONTROL_DONE)
			return event;
	}
	if (!step->ended && step->content_len < SHORT_FRAGMENT &&
	    flood(&c->fragments, SEALSOCK_FLOOD_FRAGMENTS))
		return unexpected(step, SEALSOCK_REASON_FLOOD);
	return SEAL_CONTROL_DONE;
}

static enum seal_control_event take_data(struct seal_control *c, struct seal_control_step *step)
{
	if (seal_control_inside(c))
		return unexpected(step, SEALSOCK_REASON_INTERLEAVED);
	if (step->content_len) {
		seal_control_data(c);
		return SEAL_CONTROL_DONE;
	}
	return flood(&c->empty, SEALSOCK_FLOOD_EMPTY) ?
	       unexpected(step, SEALSOCK_REASON_FLOOD) : SEAL_CONTROL_DONE;
}

void seal_control_start(struct seal_control *control, struct seal_control_step *step, u8 type,
			const u8 *content, size_t len, u64 sent)
{
	*step = (struct seal_control_step){
		.type = type, .in = content, .in_len = len, .content_len = len,
	};
	if ((u32)sent - control->sent >= SEALSOCK_FLOOD_BYTES) {
		control->sent = (u32)sent;
		seal_control_data(control);
	}
}

enum seal_control_event seal_control_next(struct seal_control *control,
					  struct seal_control_step *step)
{
	switch (step->type) {
	case SEAL_TYPE_DATA:
		return take_data(control, step);
	case SEAL_TYPE_HANDSHAKE:
		return take_messages(control, step);
	case SEAL_TYPE_ALERT:
		/* It may come at any time, inside a message too. */
		return take_alert(control, step);
	default:
		return unexpected(step, SEALSOCK_REASON_RECORD_TYPE);
	}
}

/* What of a message has not been looked at. */
struct rest {
	const u8 *p;
	size_t len;
};

static bool skip(struct rest *rest, size_t len)
{
	if (len > rest->len)
		return false;
	rest->p += len;
	rest->len -= len;
	return true;
}

/* A vector with a length of @size bytes, one or two, in front of it, and what is in it. */
static bool take_vector(struct rest *rest, unsigned int size, struct rest *inside)
{
	const u8 *at = rest->p;

	if (!skip(rest, size))
		return false;
	inside->len = size == 1 ? at[0] : (size_t)at[0] << 8 | at[1];
	inside->p = rest->p;
	return skip(rest, inside->len);
}

/* Each a type of two bytes, and a vector. */
static bool are_extensions(struct rest list)
{
	struct rest one;

	while (list.len)
		if (!skip(&list, 2) || !take_vector(&list, 2, &one))
			return false;
	return true;
}

bool seal_control_is_ticket(const u8 *msg, size_t len)
{
	struct rest rest = { msg, len }, nonce, ticket, extensions;
	const u8 *lifetime = msg + SEAL_HS_HEADER;

	if (len < SEAL_HS_HEADER + TICKET_MIN || msg[0] != SEAL_HS_NEW_SESSION_TICKET ||
	    ((size_t)msg[1] << 16 | (size_t)msg[2] << 8 | msg[3]) != len - SEAL_HS_HEADER)
		return false;
	if (((u32)lifetime[0] << 24 | (u32)lifetime[1] << 16 | (u32)lifetime[2] << 8 |
	     lifetime[3]) > LIFETIME_MAX)
		return false;
	/* Behind header, lifetime and age_add. */
	return skip(&rest, SEAL_HS_HEADER + 4 + 4) && take_vector(&rest, 1, &nonce) &&
	       take_vector(&rest, 2, &ticket) && ticket.len &&
	       take_vector(&rest, 2, &extensions) && !rest.len && are_extensions(extensions);
}
