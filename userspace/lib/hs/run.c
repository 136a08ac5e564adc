// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The one driver: records to messages, messages to rows of the table. */
#include "hs/alert.h"
#include "hs/client.h"
#include "hs/common13.h"
#include "hs/ech.h"
#include "hs/hello.h"
#include "hs/hs.h"
#include "hs/post_auth.h"
#include "record/watch.h"

int hs_init(struct hs *hs, struct channel *ch, struct hs_result *result)
{
	hs->ch = ch;
	hs->result = result;
	hs->state = ch->cfg->role == SEALSOCK_CLIENT ? HS_CLIENT_START : HS_WAIT_CH;
	buf_init(&hs->hello, ch->env);
	buf_init(&hs->cookie, ch->env);
	buf_init(&hs->flight, ch->env);
	buf_init(&hs->request_message, ch->env);
	buf_init(&hs->session_text, ch->env);
	buf_init(&hs->ech_list, ch->env);
	buf_init(&hs->v12.log, ch->env);
	buf_init(&hs->v12.peer, ch->env);
	buf_init(&hs->v12.ticket, ch->env);
	ch->step = hs_state_name(hs->state);
	return transcript_init(&hs->transcript, ch->cfg->crypto);
}

void hs_free(struct hs *hs)
{
	buf_free(&hs->hello);
	buf_free(&hs->cookie);
	buf_free(&hs->flight);
	buf_free(&hs->request_message);
	buf_free(&hs->session_text);
	buf_free(&hs->ech_list);
	ech_free(hs);
	buf_free(&hs->v12.log);
	buf_free(&hs->v12.peer);
	buf_free(&hs->v12.ticket);
	kex_free(hs->kex);
	cert_free(hs->leaf);
	buf_free(&hs->issuer);
	transcript_free(&hs->transcript);
	wipe(hs, sizeof(*hs));
}

void hs_result_init(struct hs_result *r, const struct sealsock_env *env)
{
	*r = (struct hs_result){ 0 };
	buf_init(&r->chain, env);
	buf_init(&r->ocsp, env);
	buf_init(&r->sessions, env);
	buf_init(&r->ech_retry, env);
}

void hs_result_free(struct hs_result *r, const struct sealsock_env *env)
{
	mem_free(env, r->alpn, r->alpn ? strlen(r->alpn) + 1 : 0);
	mem_free(env, r->sni, r->sni ? strlen(r->sni) + 1 : 0);
	r->alpn = NULL;
	r->sni = NULL;
	buf_free(&r->chain);
	buf_free(&r->ocsp);
	buf_free(&r->sessions);
	buf_free(&r->ech_retry);
	post_auth_free(r, env);
	secret_wipe(&r->exporter);
	secret_wipe(&r->resumption);
	mem_free(env, r->host, sizeof(*r->host));
	r->host = NULL;
}

static void go(struct hs *hs, enum hs_state state)
{
	hs->state = state;
	hs->ch->step = hs_state_name(state);
}

int hs_start(struct hs *hs, const struct host *host)
{
	int err;

	hs->host = host;
	err = client_start(hs);

	if (!err)
		go(hs, HS_WAIT_SH);
	return err;
}

/* May a record of this outer type come now, and is it protected? */
static int judge_type(struct hs *hs, uint8_t type, bool *protected)
{
	bool keyed = record_keyed(&hs->ch->rx);

	*protected = keyed && (type == SEAL_TYPE_DATA || channel_is_12(hs->ch));
	if (*protected)
		return 0;	/* TLS 1.2 protects all types, and what is inside decides */
	switch (type) {
	case SEAL_TYPE_CCS:
		return 0;
	case SEAL_TYPE_ALERT:
		/* A client that cannot make sense of our ServerHello has no keys to say so with. */
		if (!keyed || (hs->ch->cfg->role == SEALSOCK_SERVER && !hs->opened))
			return 0;
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "an alert came unencrypted after the keys were set");
	case SEAL_TYPE_HANDSHAKE:
		if (!keyed)
			return 0;
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "a handshake record came unencrypted after the keys were set");
	case SEAL_TYPE_DATA:
		if (hs->skip_plain)
			return 0;
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "application data came before the handshake was done");
	default:
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "a record of unknown type %u came; does the peer speak TLS?",
				    type);
	}
}

int hs_record_header(struct hs *hs, size_t *body_len)
{
	const uint8_t *h = hs->ch->in.p;
	bool protected;
	int err = judge_type(hs, h[0], &protected);

	if (err)
		return err;
	if (!protected && h[1] != 3)
		return channel_fail(hs->ch, SEALSOCK_ERR_VERSION,
				    "a record of version %u.%u came; does the peer speak TLS?",
				    h[1], h[2]);
	if (!protected && h[0] == SEAL_TYPE_DATA) {
		/* 0-RTT about to be thrown away: the bound of sealed records holds. */
		*body_len = seal_get_be16(h + 3);
		err = *body_len > RECORD_BODY_MAX ? SEALSOCK_ERR_RECORD_SIZE : 0;
	} else {
		err = record_body_len(&hs->ch->rx, protected, h, body_len);
	}
	/* Early data is not ours to judge: what is too short to be sealed is skipped too. */
	if (err == SEALSOCK_ERR_BAD_RECORD && hs->skip_sealed) {
		*body_len = seal_get_be16(h + 3);
		err = 0;
	}
	if (err)
		return channel_fail(hs->ch, err, "%s: header %02x%02x%02x%02x%02x",
				    sealsock_strerror(err), h[0], h[1], h[2], h[3], h[4]);
	return 0;
}

/* Where a message's handler wants to go. */
static enum hs_state target(const struct hs_row *row, int r)
{
	switch (r) {
	case HS_OTHER:
		return row->other;
	case HS_THIRD:
		return row->third;
	case HS_FOURTH:
		return row->fourth;
	default:
		return row->next;
	}
}

/* Goes where the handler of hs->row's message wants to, or stays until there is an answer. */
static int proceed(struct hs *hs, int r)
{
	if (r < 0)
		return r;
	if (r == HS_WAITS)
		return 0;
	hs->ch->idle_records = 0;
	go(hs, target(hs->row, r));
	return 0;
}

/*
 * One byte of value 1. In TLS 1.2 it is an event of the table; in TLS 1.3 (RFC 8446 §5, §D.4) it
 * is dropped, but only until the peer's Finished.
 */
static int on_ccs(struct hs *hs, struct bytes content)
{
	if (content.n != 1 || content.p[0] != 1)
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "change_cipher_spec is not the single byte 1");
	TRACE(ccs, hs->ch, SEALSOCK_DIR_RECEIVED);
	if (!hs->hello_seen)
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "change_cipher_spec came before any ClientHello");
	if (hs->ch->msg.n)
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "change_cipher_spec came inside a handshake message");
	hs->row = hs_find(hs->state, MSG_CHANGE_CIPHER_SPEC);
	if (hs->row)
		return proceed(hs, hs->row->done(hs, content));
	if (channel_is_12(hs->ch))
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "change_cipher_spec came out of turn");
	hs->v12.early_ccs = true;
	return channel_idle(hs->ch);
}

/* Does the server's answer belong to TLS 1.2? Where it may not, 1.3 says what is wrong with it. */
static bool is_server_hello12(const struct hs *hs, struct bytes body)
{
	struct server_hello sh;

	return hs->state == HS_WAIT_SH && config_has_version(hs->ch->cfg, VERSION_TLS12) &&
	       server_hello_parse(body, &sh) == 0 && sh.tls12;
}

/* The highest version that both have decides; a client that has none of ours is told by either. */
static bool is_client_hello12(const struct hs *hs, struct bytes body)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	struct client_hello ch;
	struct bytes body43, versions;

	if (hs->state != HS_WAIT_CH || !config_has_version(cfg, VERSION_TLS12))
		return false;
	if (!config_has_version(cfg, VERSION_TLS13))
		return true;
	if (client_hello_parse(body, &ch))
		return false;
	if (!ext_block_find(ch.ext_block, ext_type(EXT_SUPPORTED_VERSIONS), &body43))
		return ch.legacy_version > 0x0300;
	return rd_vec8(&body43, 2, 254, &versions) && !u16_contains(versions, VERSION_TLS13) &&
	       u16_contains(versions, VERSION_TLS12);
}

static bool is_hello_retry(unsigned int type, struct bytes body)
{
	return type == MSG_SERVER_HELLO && body.n >= 2 + HELLO_RANDOM &&
	       memcmp(body.p + 2, hello_retry_random, HELLO_RANDOM) == 0;
}

/* The message's number in the tables. */
static unsigned int classify(const struct hs *hs, unsigned int type, struct bytes body)
{
	if (is_hello_retry(type, body))
		return MSG_HELLO_RETRY_REQUEST;
	if (type == MSG_SERVER_HELLO && is_server_hello12(hs, body))
		return MSG_SERVER_HELLO_12;
	if (type == MSG_CLIENT_HELLO && is_client_hello12(hs, body))
		return MSG_CLIENT_HELLO_12;
	return type;
}

/*
 * RFC 8446 §4.2.10: early data is thrown away, up to a limit. Headers count too, and what is empty
 * is no data.
 */
static int skip(struct hs *hs, size_t n)
{
	if (n + SEAL_HEADER > hs->skip_left)
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "more early data came than a server that refused it will skip");
	hs->skip_left -= n + SEAL_HEADER;
	return n ? 0 : channel_idle(hs->ch);
}

int hs_wait(struct hs *hs, enum sealsock_request_kind kind, hs_resume_fn resume)
{
	hs->request = (struct sealsock_request){ .kind = kind };
	hs->resume = resume;
	return HS_WAITS;
}

int hs_ask_sign(struct hs *hs, struct bytes message, hs_resume_fn resume)
{
	hs->request_message.n = 0;
	if (!buf_append(&hs->request_message, message.p, message.n))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping what is to be signed");
	return hs_ask_sign_kept(hs, resume);
}

int hs_ask_sign_kept(struct hs *hs, hs_resume_fn resume)
{
	hs_wait(hs, SEALSOCK_REQUEST_SIGN, resume);
	hs->request.scheme = hs->scheme->id;
	hs->request.scheme_name = hs->scheme->name;
	hs->request.message = hs->request_message.p;
	hs->request.message_len = hs->request_message.n;
	hs->request.key = hs->cred->signer;
	return HS_WAITS;
}

int hs_ask_decrypt(struct hs *hs, struct bytes message, hs_resume_fn resume)
{
	hs->request_message.n = 0;
	if (!buf_append(&hs->request_message, message.p, message.n))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping what is to be decrypted");
	hs_wait(hs, SEALSOCK_REQUEST_DECRYPT, resume);
	hs->request.message = hs->request_message.p;
	hs->request.message_len = hs->request_message.n;
	hs->request.key = hs->cred->signer;
	return HS_WAITS;
}

/*
 * Does the answer end the handshake now? Not what may be a verdict on a ciphertext's padding: the
 * peer must not see it (RFC 5246 §7.4.7.1).
 */
static bool gives_up(const struct hs *hs, int code)
{
	if (hs->request.kind != SEALSOCK_REQUEST_DECRYPT)
		return code;
	return code == SEALSOCK_ERR_SYSTEM || code == SEALSOCK_ERR_TIMEOUT ||
	       code == SEALSOCK_ERR_NOMEM || code == SEALSOCK_ERR_LIMIT;
}

int hs_unanswered(struct hs *hs, int code)
{
	switch (hs->request.kind) {
	case SEALSOCK_REQUEST_VERIFY:
	case SEALSOCK_REQUEST_HELLO:
		return hs_refused(hs->ch, code, SEALSOCK_ERR_REJECTED,
				  "the application refused the peer");
	default:
		return hs_refused(hs->ch, code, SEALSOCK_ERR_CRYPTO,
				  "the application's key was not used");
	}
}

int hs_answer(struct hs *hs, int code, struct bytes data)
{
	hs_resume_fn resume = hs->resume;
	int err;

	hs->resume = NULL;
	if (code && gives_up(hs, code))
		return hs_unanswered(hs, code);
	if (code)
		data = bytes_of(NULL, 0);
	err = proceed(hs, resume(hs, data));
	if (!err && !hs->resume)
		buf_free(&hs->ch->msg);
	return err;
}

static struct bytes body_of(struct bytes whole)
{
	return bytes_of(whole.p + MSG_HEADER, whole.n - MSG_HEADER);
}

static const struct hs_row *row_of(const struct hs *hs, struct bytes whole)
{
	return hs_find(hs->state, classify(hs, whole.p[0], body_of(whole)));
}

/* The chosen configuration may speak another version: the message is looked up again. */
static int configuration_chosen(struct hs *hs, struct bytes none)
{
	(void)none;
	hs->row = row_of(hs, hs->whole);
	return hs->row->done(hs, body_of(hs->whole));
}

static int handle(struct hs *hs, struct bytes whole, size_t rest)
{
	const struct hs_row *row;
	int r;

	TRACE(received, hs->ch, whole);
	/* Before anything is chosen by what is in it: it may not be the one that counts. */
	if (hs->state == HS_WAIT_CH || hs->state == HS_WAIT_CH_AGAIN) {
		r = whole.p[0] == MSG_CLIENT_HELLO ? ech_unwrap(hs, &whole) : 0;
		if (r)
			return r;
	}
	row = row_of(hs, whole);
	if (!row)
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED, "%s came out of turn",
				    is_hello_retry(whole.p[0], body_of(whole)) ?
				    "a second HelloRetryRequest" : msg_name(whole.p[0]));
	if (row->last && rest)
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "bytes follow %s in its record", msg_name(whole.p[0]));
	hs->whole = whole;
	hs->row = row;
	if (hs->state == HS_WAIT_CH && hs->ch->cfg->on_hello) {
		r = hello_ask_application(hs, body_of(whole), configuration_chosen);
		return proceed(hs, r ? r : configuration_chosen(hs, body_of(whole)));
	}
	return proceed(hs, row->done(hs, body_of(whole)));
}

/* Refuses a message by its header: a peer need not send the rest to be told. */
static int judge_message(struct hs *hs, const uint8_t *header, size_t *total)
{
	size_t len = (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];

	if (!hs_find(hs->state, header[0]) &&
	    !(header[0] == MSG_SERVER_HELLO && hs_find(hs->state, MSG_HELLO_RETRY_REQUEST)))
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED, "%s (%u) came out of turn",
				    msg_name(header[0]), header[0]);
	if (len > hs->ch->cfg->message_limit)
		return channel_fail(hs->ch, SEALSOCK_ERR_MESSAGE_SIZE,
				    "%s of %zu bytes is longer than the %zu that are accepted",
				    msg_name(header[0]), len, hs->ch->cfg->message_limit);
	*total = MSG_HEADER + len;
	return 0;
}

/* Moves bytes into ch->msg until it holds @n; false: no memory. */
static bool gather(struct channel *ch, struct bytes *content, size_t n)
{
	struct bytes part;
	size_t want = n > ch->msg.n ? n - ch->msg.n : 0;

	if (!rd_bytes(content, want < content->n ? want : content->n, &part) ||
	    !buf_reserve_within(&ch->msg, part.n, n))
		return false;
	return buf_append(&ch->msg, part.p, part.n);
}

static int on_handshake(struct hs *hs, struct bytes content)
{
	struct channel *ch = hs->ch;
	struct bytes whole;
	size_t total;
	int err = 0;

	while (!err && content.n) {
		if (ch->msg.n == 0 && content.n >= MSG_HEADER) {
			err = judge_message(hs, content.p, &total);
			if (err)
				return err;
			if (rd_bytes(&content, total, &whole)) {
				err = handle(hs, whole, content.n);
				continue;
			}
		}
		if (!gather(ch, &content, MSG_HEADER))
			return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping part of a message");
		if (ch->msg.n < MSG_HEADER)
			break;
		err = judge_message(hs, ch->msg.p, &total);
		if (err)
			return err;
		if (!gather(ch, &content, total))
			return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping part of a message");
		if (ch->msg.n < total)
			break;
		err = handle(hs, bytes_of(ch->msg.p, ch->msg.n), content.n);
		/* What waits for an answer stays as it is; nothing follows it. */
		if (!err && !hs->resume)
			buf_free(&ch->msg);
	}
	return err;
}

static int on_alert(struct hs *hs, struct bytes content)
{
	int err = alert_received(hs->ch, content);

	if (err || !hs->ch->close_received)
		return err;
	return channel_fail_quiet(hs->ch, SEALSOCK_ERR_CLOSED, ALERT_CLOSE_NOTIFY,
				  SEALSOCK_DIR_RECEIVED,
				  "the peer closed the connection during the handshake");
}

static int dispatch(struct hs *hs, uint8_t type, struct bytes content)
{
	if (type != SEAL_TYPE_DATA && content.n == 0)
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED, "an empty record came");
	switch (type) {
	case SEAL_TYPE_HANDSHAKE:
		return on_handshake(hs, content);
	case SEAL_TYPE_ALERT:
		return on_alert(hs, content);
	case SEAL_TYPE_DATA:
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "application data came before the handshake was done");
	default:
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "a sealed record holds type %u", type);
	}
}

int hs_record(struct hs *hs)
{
	struct channel *ch = hs->ch;
	struct bytes content = bytes_of(ch->in.p + SEAL_HEADER, ch->in.n - SEAL_HEADER);
	uint8_t type = ch->in.p[0];
	bool sealed = record_keyed(&ch->rx) && (type == SEAL_TYPE_DATA || channel_is_12(ch));
	int err;

	if (type == SEAL_TYPE_CCS && !sealed)
		return on_ccs(hs, content);
	if (type == SEAL_TYPE_DATA && hs->skip_plain)
		return skip(hs, content.n);
	if (sealed && hs->skip_sealed && content.n < seal_overhead(&ch->rx.shape) - SEAL_HEADER)
		return skip(hs, content.n);
	if (sealed) {
		err = record_open(&ch->rx, ch->in.p, content.n, &type, &content);
		if (err == SEALSOCK_ERR_BAD_RECORD && hs->skip_sealed)
			return skip(hs, content.n);
		if (err)
			return channel_fail(ch, err, "%s while %s", sealsock_strerror(err),
					    ch->step);
		hs->opened = true;
		hs->skip_sealed = false;
	}
	return dispatch(hs, type, content);
}
