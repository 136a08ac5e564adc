// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Messages after the handshake (RFC 8446 §4.6), put together across records. */
#include "hs/hs.h"
#include "hs/post.h"
#include "hs/post_auth.h"
#include "hs/ticket13.h"
#include "record/watch.h"

static bool allowed(const struct channel *ch, const struct hs_result *result, unsigned int type)
{
	/* §4.6.2: the messages of an answer are consecutive. */
	if (post_auth_inside(result))
		return post_auth_allows(ch, result, type);
	return type == MSG_KEY_UPDATE || post_auth_allows(ch, result, type) ||
	       (type == MSG_NEW_SESSION_TICKET && ch->cfg->role == SEALSOCK_CLIENT);
}

static int fail(struct channel *ch, int code, unsigned int type, const char *why)
{
	return channel_fail(ch, code, "%s after the handshake %s", msg_name(type), why);
}

static int on_message(struct channel *ch, struct hs_result *result, struct bytes whole,
		      size_t rest, unsigned int *todo)
{
	struct bytes body = bytes_of(whole.p + MSG_HEADER, whole.n - MSG_HEADER);
	const char *why = NULL;
	bool request;
	int err;

	TRACE(received, ch, whole);
	if (whole.p[0] == MSG_NEW_SESSION_TICKET) {
		err = ticket13_take(ch, result, body);
		if (err)
			return err;
		*todo |= POST_TICKET;
		return channel_idle_ticket(ch);
	}
	if (whole.p[0] != MSG_KEY_UPDATE)
		return post_auth_message(ch, result, whole);
	err = key_update_parse(body, &request, &why);
	if (err)
		return fail(ch, err, whole.p[0], why);
	/* §5.1: a message must not straddle a change of keys. */
	if (rest)
		return fail(ch, SEALSOCK_ERR_UNEXPECTED, whole.p[0], "does not end its record");
	*todo |= POST_UPDATE_RX | (request ? POST_UPDATE_TX : 0);
	/* One that we asked for is no flood, however long there is no data for us. */
	if (!ch->updates_asked)
		return channel_idle(ch);
	ch->updates_asked--;
	return 0;
}

static int judge(struct channel *ch, const struct hs_result *result, const uint8_t *header,
		 size_t *total)
{
	size_t len = (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];

	if (!allowed(ch, result, header[0]))
		return fail(ch, SEALSOCK_ERR_UNEXPECTED, header[0], "is not allowed");
	if (len > ch->cfg->message_limit)
		return fail(ch, SEALSOCK_ERR_MESSAGE_SIZE, header[0], "is too long");
	*total = MSG_HEADER + len;
	return 0;
}

int post_messages(struct channel *ch, struct hs_result *result, struct bytes content,
		  const struct post_rules *rules, unsigned int *todo)
{
	struct bytes part;
	size_t total, want;
	int err = 0;

	if (content.n == 0)
		return channel_fail(ch, SEALSOCK_ERR_UNEXPECTED, "an empty handshake record came");
	while (!err && content.n) {
		/* Header first, then the rest: what came is gathered, for tickets are small. */
		want = MSG_HEADER;
		if (ch->msg.n >= MSG_HEADER) {
			err = rules->judge(ch, result, ch->msg.p, &total);
			if (err)
				break;
			want = total;
		}
		want -= ch->msg.n;
		rd_bytes(&content, want < content.n ? want : content.n, &part);
		if (!buf_append(&ch->msg, part.p, part.n))
			return channel_fail(ch, SEALSOCK_ERR_NOMEM, "out of memory");
		if (ch->msg.n < MSG_HEADER)
			continue;
		err = rules->judge(ch, result, ch->msg.p, &total);
		if (!err && ch->msg.n == total) {
			err = rules->done(ch, result, bytes_of(ch->msg.p, total), content.n, todo);
			buf_free(&ch->msg);
		}
	}
	return err;
}

int post13_record(struct channel *ch, struct hs_result *result, struct bytes content,
		  unsigned int *todo)
{
	static const struct post_rules rules = { judge, on_message };

	return post_messages(ch, result, content, &rules, todo);
}
