// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Handshake messages after the handshake of TLS 1.2: HelloRequest to a client, ClientHello to a
 * server. Both ask for renegotiation, which is refused (RFC 5246 §7.2.2), and not forever.
 */
#include "hs/post.h"
#include "hs/result.h"
#include "record/watch.h"

enum { REFUSALS_MAX = 3 };

static int fail(struct channel *ch, int code, unsigned int type, const char *why)
{
	return channel_fail(ch, code, "%s after the handshake %s", msg_name(type), why);
}

static int judge(struct channel *ch, const struct hs_result *result, const uint8_t *header,
		 size_t *total)
{
	size_t len = (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
	unsigned int asks = ch->cfg->role == SEALSOCK_CLIENT ? MSG_HELLO_REQUEST :
							       MSG_CLIENT_HELLO;

	(void)result;
	if (header[0] != asks)
		return fail(ch, SEALSOCK_ERR_UNEXPECTED, header[0], "is not allowed");
	if (asks == MSG_HELLO_REQUEST && len)
		return fail(ch, SEALSOCK_ERR_DECODE, header[0], "is not empty");
	if (len > ch->cfg->message_limit)
		return fail(ch, SEALSOCK_ERR_MESSAGE_SIZE, header[0], "is too long");
	*total = MSG_HEADER + len;
	return 0;
}

static int refuse(struct channel *ch, struct hs_result *result, struct bytes whole, size_t rest,
		  unsigned int *todo)
{
	(void)result;
	(void)rest;
	TRACE(received, ch, whole);
	if (++ch->refusals > REFUSALS_MAX)
		return channel_fail(ch, SEALSOCK_ERR_FLOOD,
				    "the peer asks for renegotiation again and again");
	*todo |= POST_REFUSE;
	return 0;
}

int post12_record(struct channel *ch, struct bytes content, unsigned int *todo)
{
	static const struct post_rules rules = { judge, refuse };

	return post_messages(ch, NULL, content, &rules, todo);
}
