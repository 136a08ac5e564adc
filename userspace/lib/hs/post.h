/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Messages after the handshake. */
#ifndef SEALSOCK_HS_POST_H
#define SEALSOCK_HS_POST_H

#include "hs/result.h"
#include "record/channel.h"

/* post13.c (RFC 8446 §4.6) */
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

/* post12.c: the same of TLS 1.2, where the only thing left is to refuse renegotiation. */
int post12_record(struct channel *ch, struct bytes content, unsigned int *todo);

#endif
