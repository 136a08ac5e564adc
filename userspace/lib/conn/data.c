// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Application data through the engine, for callers that do not hand the socket to the kernel. */
#include "conn/conn.h"
#include "hs/alert.h"
#include "keys/schedule13.h"
#include "record/watch.h"

enum {
	OUTPUT_MAX = 64 << 10,	/* unsent bytes before conn_write asks to wait */
	UPDATE_MARGIN = 16,	/* records left under a key when a KeyUpdate goes out by itself */
};

int conn_data_header(struct sealsock_conn *conn, size_t *body_len)
{
	const uint8_t *h = conn->ch.in.p;
	int err;

	/* After Finished even change_cipher_spec is out of turn (RFC 8446 §5). */
	if (h[0] != SEAL_TYPE_DATA && !channel_is_12(&conn->ch))
		return channel_fail(&conn->ch, SEALSOCK_ERR_UNEXPECTED,
				    "an unencrypted record of type %u came after the handshake",
				    h[0]);
	err = record_body_len(&conn->ch.rx, true, h, body_len);
	if (err)
		return channel_fail(&conn->ch, err, "%s: header %02x%02x%02x%02x%02x",
				    sealsock_strerror(err), h[0], h[1], h[2], h[3], h[4]);
	return 0;
}

static int rekey(struct channel *ch, struct record_dir *d, struct secret *secret)
{
	struct kdf kdf;
	int err = kdf_open(ch, &kdf);

	if (!err)
		err = schedule13_update(&kdf, secret);
	TRACE(secret, ch, trace_dir(ch, d, TRACE_NEXT_CLIENT), bytes_of(secret->b, secret->n));
	if (!err)
		err = channel_key(ch, d, &kdf, secret);
	kdf_close(&kdf);
	if (err)
		return channel_fail(ch, err, "deriving the next keys: %s", sealsock_strerror(err));
	return 0;
}

/* The peer is asked for its own only where it has answered the last time. */
static int send_update(struct channel *ch, bool request)
{
	const uint8_t msg[5] = { MSG_KEY_UPDATE, 0, 0, 1, request && !ch->updates_asked };
	int err = channel_send(ch, SEAL_TYPE_HANDSHAKE, bytes_of(msg, sizeof(msg)));

	if (err)
		return channel_fail(ch, err, "sending KeyUpdate: %s", sealsock_strerror(err));
	ch->updates_asked += msg[4];
	return rekey(ch, &ch->tx, &ch->tx_secret);
}

/* What must be sent before anything else of ours (RFC 8446 §4.6.2, §4.6.3), in this order. */
static int settle(struct sealsock_conn *conn)
{
	int err = conn_flush_auth(conn);

	if (err || !conn->ch.update_due || conn->ch.close_sent)
		return err;
	conn->ch.update_due = false;
	return send_update(&conn->ch, false);
}

int conn_answer_peer(struct sealsock_conn *conn)
{
	if (!conn->done || conn->keys_gone || conn->ch.failure.code || channel_output(&conn->ch).n)
		return 0;
	return settle(conn);
}

static int on_handshake(struct sealsock_conn *conn, struct bytes content)
{
	struct channel *ch = &conn->ch;
	unsigned int todo = 0;
	int err = channel_is_12(ch) ? post12_record(ch, content, &todo) :
				      post13_record(ch, conn->result, content, &todo);

	if (!err && todo & POST_REFUSE && !ch->close_sent && channel_refuse(ch))
		err = channel_fail(ch, SEALSOCK_ERR_NOMEM, "no memory for a warning");
	if (!err && todo & POST_UPDATE_RX)
		err = rekey(ch, &ch->rx, &ch->rx_secret);
	if (err)
		return err;
	if (todo & POST_UPDATE_TX)
		conn->ch.update_due = true;
	return conn_answer_peer(conn);
}

int conn_data_record(struct sealsock_conn *conn)
{
	struct channel *ch = &conn->ch;
	struct bytes content;
	uint8_t type;
	int err = record_open(&ch->rx, ch->in.p, ch->in.n - SEAL_HEADER, &type, &content);

	if (err)
		return channel_fail(ch, err, "%s", sealsock_strerror(err));
	if (conn_inside_message(conn) && type == SEAL_TYPE_DATA)
		return channel_fail(ch, SEALSOCK_ERR_UNEXPECTED,
				    "application data came inside a handshake message");
	switch (type) {
	case SEAL_TYPE_DATA:
		if (content.n == 0)
			return channel_idle(ch);
		ch->idle_records = 0;
		conn->data = content;
		return 0;
	case SEAL_TYPE_HANDSHAKE:
		return on_handshake(conn, content);
	case SEAL_TYPE_ALERT:
		if (content.n == 0)
			return channel_fail(ch, SEALSOCK_ERR_UNEXPECTED, "an empty alert came");
		return alert_received(ch, content);
	default:
		return channel_fail(ch, SEALSOCK_ERR_UNEXPECTED,
				    "a sealed record holds type %u", type);
	}
}

int conn_ready(const struct sealsock_conn *conn)
{
	if (conn->ch.failure.code)
		return conn->ch.failure.code;
	return conn->done && conn->output_drained && !conn->keys_gone ? 0 : SEALSOCK_ERR_STATE;
}

static int write_part(struct channel *ch, struct bytes part)
{
	int err = 0;

	/* TLS 1.2 has no next key: at its limit sealing fails. */
	if (!channel_is_12(ch) && record_spent(&ch->tx, UPDATE_MARGIN))
		err = send_update(ch, false);
	if (!err)
		err = channel_send(ch, SEAL_TYPE_DATA, part);
	if (err && !ch->failure.code)
		channel_fail(ch, err, "sealing data: %s", sealsock_strerror(err));
	return err;
}

ssize_t sealsock_conn_write(struct sealsock_conn *conn, const void *buf, size_t n)
{
	struct channel *ch = &conn->ch;
	struct bytes left = bytes_of(buf, n), part;
	size_t limit = channel_tx_limit(ch);
	int err = conn_ready(conn);

	if (err)
		return err;
	if (ch->close_sent)
		return SEALSOCK_ERR_CLOSED;
	if (channel_output(ch).n < OUTPUT_MAX)
		err = settle(conn);
	while (!err && left.n && channel_output(ch).n < OUTPUT_MAX) {
		rd_bytes(&left, left.n < limit ? left.n : limit, &part);
		err = write_part(ch, part);
	}
	if (err)
		return err;
	return left.n == n && n ? SEALSOCK_WANT_WRITE : (ssize_t)(n - left.n);
}

ssize_t sealsock_conn_read(struct sealsock_conn *conn, void *buf, size_t n)
{
	struct channel *ch = &conn->ch;
	struct bytes part;
	int err;

	if (conn->data.n) {
		rd_bytes(&conn->data, n < conn->data.n ? n : conn->data.n, &part);
		memcpy(buf, part.p, part.n);
		if (!conn->data.n)
			ch->in.n = 0;
		return (ssize_t)part.n;
	}
	err = conn_ready(conn);
	if (err)
		return err;
	if (conn_asks(conn))
		return SEALSOCK_WANT_ANSWER;
	return ch->close_received ? 0 : SEALSOCK_WANT_READ;
}

int sealsock_conn_rekey(struct sealsock_conn *conn, bool request_peer)
{
	int err = conn_ready(conn);

	if (err)
		return err;
	if (channel_is_12(&conn->ch))
		return SEALSOCK_ERR_UNSUPPORTED;
	if (conn->ch.close_sent)
		return SEALSOCK_ERR_CLOSED;
	err = conn_flush_auth(conn);
	if (err)
		return err;
	conn->ch.update_due = false;	/* this one is an answer too */
	return send_update(&conn->ch, request_peer);
}

int sealsock_conn_ask_cert(struct sealsock_conn *conn, bool required)
{
	int err = conn_ready(conn);

	if (!err && conn->ch.close_sent)
		err = SEALSOCK_ERR_CLOSED;
	if (!err)
		err = conn_ask_cert(conn, required);
	return err ? err : conn_flush_auth(conn);
}

int sealsock_conn_send_ticket(struct sealsock_conn *conn)
{
	struct channel *ch = &conn->ch;
	int err = conn_ready(conn);
	struct buf ticket;

	if (err)
		return err;
	if (ch->close_sent)
		return SEALSOCK_ERR_CLOSED;
	buf_init(&ticket, ch->env);
	err = conn_make_ticket(conn, &ticket);
	if (!err)
		err = conn_flush_auth(conn);
	if (!err) {
		err = channel_send(ch, SEAL_TYPE_HANDSHAKE, bytes_of(ticket.p, ticket.n));
		if (err)
			channel_fail(ch, err, "sealing a ticket: %s", sealsock_strerror(err));
	}
	buf_free(&ticket);
	return err;
}

int sealsock_conn_close(struct sealsock_conn *conn)
{
	int err;

	if (conn->ch.failure.code)
		return conn->ch.failure.code;
	if (conn->keys_gone)
		return SEALSOCK_ERR_STATE;
	err = conn->done ? conn_flush_auth(conn) : 0;
	if (err)
		return err;
	err = channel_close(&conn->ch);
	if (err)
		channel_fail(&conn->ch, err, "sealing close_notify: %s", sealsock_strerror(err));
	return err;
}
