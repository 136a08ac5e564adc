// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What io, install and control take from a connection: keys, and the meaning of control records. */
#include "conn/conn.h"
#include "hs/alert.h"
#include "hs/post_auth.h"
#include "hs/ticket13.h"
#include "keys/schedule13.h"

static struct secret *secret_of(struct channel *ch, enum conn_dir dir)
{
	return dir == CONN_TX ? &ch->tx_secret : &ch->rx_secret;
}

/* In TLS 1.2 key and IV themselves are kept; the explicit nonce goes on where it stands. */
static int export_key12(struct channel *ch, enum conn_dir dir, struct traffic_key *out)
{
	const struct record_dir *d = dir == CONN_TX ? &ch->tx : &ch->rx;

	*out = (struct traffic_key){
		.version = VERSION_TLS12,
		.cipher_type = ch->suite->cipher_type,
		.key_len = ch->suite->key_len,
	};
	if (d->is_cbc) {
		out->mac_key_len = ch->suite->mac_len;
		memcpy(out->key, etm_key(d->etm).p, out->key_len);
		memcpy(out->mac_key, etm_mac_key(d->etm).p, out->mac_key_len);
		return 0;
	}
	memcpy(out->key, secret_of(ch, dir)->b, out->key_len);
	memcpy(out->iv, d->iv, sizeof(out->iv));
	if (d->shape.nonce_len)
		seal_put_be64(out->iv + d->suite->salt_len, d->seq.explicit_next);
	return 0;
}

/* Key and IV of @secret. */
static int export_key(struct channel *ch, struct kdf *kdf, const struct secret *secret,
		      struct traffic_key *out)
{
	int err;

	*out = (struct traffic_key){
		.version = VERSION_TLS13,
		.cipher_type = ch->suite->cipher_type,
		.key_len = ch->suite->key_len,
	};
	err = schedule13_traffic(kdf, secret, out->key, out->key_len, out->iv);
	if (err)
		wipe(out, sizeof(*out));
	return err;
}

static int export_key13(struct channel *ch, enum conn_dir dir, struct traffic_key *out)
{
	struct kdf kdf;
	int err = kdf_open(ch, &kdf);

	if (!err)
		err = export_key(ch, &kdf, secret_of(ch, dir), out);
	kdf_close(&kdf);
	return err;
}

int conn_traffic_key(struct sealsock_conn *conn, enum conn_dir dir, struct traffic_key *out)
{
	struct channel *ch = &conn->ch;
	int err = conn_ready(conn);

	/* Bytes beyond the handshake, already here, would be lost to the kernel. */
	if (!err && (ch->in.n || ch->msg.n))
		err = SEALSOCK_ERR_STATE;
	if (!err)
		err = channel_is_12(ch) ? export_key12(ch, dir, out) : export_key13(ch, dir, out);
	if (!err)
		out->seq = dir == CONN_TX ? ch->tx.seq.next : ch->rx.seq.next;
	return err;
}

int conn_traffic_secret(struct sealsock_conn *conn, enum conn_dir dir, struct secret *out)
{
	int err = conn_ready(conn);

	out->n = 0;
	if (!err && !channel_is_12(&conn->ch))
		secret_copy(out, secret_of(&conn->ch, dir));
	return err;
}

/* The secret of the generation behind @dir's, in @next. */
static int next_secret(struct channel *ch, struct kdf *kdf, enum conn_dir dir,
		       struct secret *next)
{
	secret_copy(next, secret_of(ch, dir));
	return schedule13_update(kdf, next);
}

int conn_next_key(struct sealsock_conn *conn, enum conn_dir dir, struct traffic_key *out)
{
	struct channel *ch = &conn->ch;
	struct secret next;
	struct kdf kdf;
	int err;

	if (ch->failure.code)
		return ch->failure.code;
	if (!conn->done)
		return SEALSOCK_ERR_STATE;
	if (channel_is_12(ch))
		return SEALSOCK_ERR_UNSUPPORTED;
	err = kdf_open(ch, &kdf);
	if (!err)
		err = next_secret(ch, &kdf, dir, &next);
	if (!err)
		err = export_key(ch, &kdf, ch->ahead[dir] ? secret_of(ch, dir) : &next, out);
	if (!err)
		secret_copy(secret_of(ch, dir), &next);
	kdf_close(&kdf);
	secret_wipe(&next);
	return err;
}

size_t conn_tx_limit(const struct sealsock_conn *conn)
{
	return channel_tx_limit(&conn->ch);
}

/* A Finished after the handshake is made and checked with the client's secret (RFC 8446 §4.4). */
static bool needs_secret(const struct sealsock_conn *conn, enum conn_dir dir)
{
	enum conn_dir client = conn->ch.cfg->role == SEALSOCK_CLIENT ? CONN_TX : CONN_RX;

	return dir == client && conn->result && conn->result->post_hash;
}

int conn_next_secrets(struct sealsock_conn *conn, struct secret next[2])
{
	struct channel *ch = &conn->ch;
	struct kdf kdf;
	int err;

	next[CONN_TX].n = 0;
	next[CONN_RX].n = 0;
	if (channel_is_12(ch))
		return 0;
	err = kdf_open(ch, &kdf);
	for (int dir = CONN_TX; !err && dir <= CONN_RX; dir++)
		if (!ch->ahead[dir])
			err = next_secret(ch, &kdf, dir, &next[dir]);
	kdf_close(&kdf);
	return err;
}

/* The current secret gives way to the next one, where there is nothing more to do with it. */
static void go_ahead(struct sealsock_conn *conn, enum conn_dir dir, const struct secret *next)
{
	if (!next->n || needs_secret(conn, dir))
		return;
	secret_copy(secret_of(&conn->ch, dir), next);
	conn->ch.ahead[dir] = true;
}

/* TLS 1.2: whoever has the master secret and saw the hellos has the keys. Sessions hold it too. */
static void forget_master(struct hs_result *result)
{
	if (!result)
		return;
	secret_wipe(&result->exporter);
	wipe(result->randoms, sizeof(result->randoms));
	buf_free(&result->sessions);
}

void conn_wipe_keys(struct sealsock_conn *conn, const struct secret next[2])
{
	struct channel *ch = &conn->ch;

	record_clear(&ch->tx);
	record_clear(&ch->rx);
	if (channel_is_12(ch) || !next) {
		secret_wipe(&ch->tx_secret);
		secret_wipe(&ch->rx_secret);
	}
	if (channel_is_12(ch))
		forget_master(conn->result);
	for (int dir = CONN_TX; next && dir <= CONN_RX; dir++)
		go_ahead(conn, dir, &next[dir]);
	buf_free(&ch->in);
	buf_free(&ch->out);
	ch->out_at = 0;
	conn->keys_gone = true;
}

static int post_alert(struct sealsock_conn *conn, struct bytes content, unsigned int *todo)
{
	int err;

	if (content.n == 0)
		return channel_fail(&conn->ch, SEALSOCK_ERR_UNEXPECTED, "an empty alert came");
	err = alert_received(&conn->ch, content);
	if (!err && conn->ch.close_received)
		*todo |= CONN_DUE_EOF;
	return err;
}

int conn_post_record(struct sealsock_conn *conn, uint8_t content_type, const uint8_t *p, size_t n,
		     unsigned int *todo)
{
	struct channel *ch = &conn->ch;
	unsigned int post = 0;
	int err;

	if (ch->failure.code)
		return ch->failure.code;
	switch (content_type) {
	case SEAL_TYPE_HANDSHAKE:
		err = channel_is_12(ch) ?
		      post12_record(ch, bytes_of(p, n), &post) :
		      post13_record(ch, conn->result, bytes_of(p, n), &post);
		if (post & POST_REFUSE)
			*todo |= CONN_DUE_REFUSE;
		if (post & POST_UPDATE_RX)
			*todo |= CONN_DUE_REKEY_RX;
		if (post & POST_UPDATE_TX)
			*todo |= CONN_DUE_UPDATE_TX;
		return err;
	case SEAL_TYPE_ALERT:
		return post_alert(conn, bytes_of(p, n), todo);
	default:
		return channel_fail(ch, SEALSOCK_ERR_UNEXPECTED,
				    "a record of type %u came after the handshake", content_type);
	}
}

struct bytes conn_auth_output(const struct sealsock_conn *conn)
{
	return post_auth_output(conn->result);
}

void conn_auth_sent(struct sealsock_conn *conn, size_t n)
{
	post_auth_sent(&conn->ch, conn->result, n);
}

int conn_flush_auth(struct sealsock_conn *conn)
{
	struct channel *ch = &conn->ch;
	struct bytes out = conn_auth_output(conn);
	int err;

	if (!out.n || conn->keys_gone || ch->close_sent)
		return 0;
	err = channel_send(ch, SEAL_TYPE_HANDSHAKE, out);
	if (err)
		return channel_fail(ch, err, "sealing handshake messages: %s",
				    sealsock_strerror(err));
	conn_auth_sent(conn, out.n);
	return 0;
}

int conn_ask_cert(struct sealsock_conn *conn, bool required)
{
	if (conn->ch.failure.code)
		return conn->ch.failure.code;
	if (!conn->done)
		return SEALSOCK_ERR_STATE;
	return post_auth_ask(&conn->ch, conn->result, required);
}

int conn_make_ticket(struct sealsock_conn *conn, struct buf *out)
{
	if (conn->ch.failure.code)
		return conn->ch.failure.code;
	if (!conn->done || !conn->result)
		return SEALSOCK_ERR_STATE;
	return ticket13_make(&conn->ch, conn->result, out);
}

bool conn_inside_message(const struct sealsock_conn *conn)
{
	return conn->ch.msg.n || post_auth_inside(conn->result);
}

int conn_make_key_update(struct sealsock_conn *conn, bool request, uint8_t out[5])
{
	const uint8_t msg[5] = { MSG_KEY_UPDATE, 0, 0, 1, request };

	if (!conn->done || conn->ch.failure.code)
		return SEALSOCK_ERR_STATE;
	if (channel_is_12(&conn->ch))
		return SEALSOCK_ERR_UNSUPPORTED;
	memcpy(out, msg, sizeof(msg));
	return 0;
}
