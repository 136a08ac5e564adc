// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The connection as a machine: bytes in, bytes out. */
#include "conn/conn.h"
#include "config/ech.h"
#include "hs/hs.h"
#include "hs/post_auth.h"
#include "keys/schedule12.h"
#include "resume/session.h"

static const struct sealsock_env *env_of(const struct sealsock_conn *conn)
{
	return conn->ch.env;
}

static void end_handshake(struct sealsock_conn *conn)
{
	if (!conn->hs)
		return;
	hs_free(conn->hs);
	mem_free(env_of(conn), conn->hs, sizeof(*conn->hs));
	conn->hs = NULL;
}

static void drop_result(struct sealsock_conn *conn)
{
	if (!conn->result)
		return;
	conn->outcome = conn->result->outcome;
	hs_result_free(conn->result, env_of(conn));
	mem_free(env_of(conn), conn->result, sizeof(*conn->result));
	conn->result = NULL;
}

struct sealsock_conn *sealsock_conn_new(struct sealsock_config *cfg)
{
	struct sealsock_conn *conn;

	if (sealsock_config_check(cfg, NULL, 0))
		return NULL;
	if (config_freeze(cfg))
		return NULL;
	conn = mem_zalloc(&cfg->env, sizeof(*conn));
	if (!conn)
		return NULL;
	channel_init(&conn->ch, sealsock_config_ref(cfg));
	conn->result = mem_zalloc(&cfg->env, sizeof(*conn->result));
	if (conn->result)
		hs_result_init(conn->result, &cfg->env);
	conn->hs = mem_zalloc(&cfg->env, sizeof(*conn->hs));
	if (!conn->hs || !conn->result || hs_init(conn->hs, &conn->ch, conn->result)) {
		sealsock_conn_free(conn);
		return NULL;
	}
	return conn;
}

void sealsock_conn_free(struct sealsock_conn *conn)
{
	struct sealsock_config *cfg, *first;

	if (!conn)
		return;
	cfg = conn->ch.cfg;
	first = conn->ch.first_cfg;
	end_handshake(conn);
	drop_result(conn);
	channel_free(&conn->ch);
	if (conn->io.trouble)
		buf_free(&conn->io.trouble->ticket);
	mem_free(&first->env, conn->io.trouble, sizeof(*conn->io.trouble));
	mem_free(&first->env, conn, sizeof(*conn));
	if (cfg != first)
		sealsock_config_unref(cfg);
	sealsock_config_unref(first);
}

int sealsock_conn_set_host(struct sealsock_conn *conn, const char *host)
{
	struct host h;

	if (conn->ch.cfg->role != SEALSOCK_CLIENT || conn->started)
		return SEALSOCK_ERR_STATE;
	if (!host_parse(host, &h))
		return SEALSOCK_ERR_INVALID;
	if (!conn->result->host)
		conn->result->host = mem_zalloc(env_of(conn), sizeof(h));
	if (!conn->result->host)
		return SEALSOCK_ERR_NOMEM;
	*conn->result->host = h;
	return 0;
}

int sealsock_conn_set_port(struct sealsock_conn *conn, unsigned int port)
{
	if (conn->ch.cfg->role != SEALSOCK_CLIENT || conn->started)
		return SEALSOCK_ERR_STATE;
	if (!port || port > 0xffff)
		return SEALSOCK_ERR_INVALID;
	conn->result->port = (uint16_t)port;
	return 0;
}

/* Makes a client's first flight, once. */
static int start(struct sealsock_conn *conn)
{
	const struct sealsock_config *cfg = conn->ch.cfg;
	static const struct host nobody = { .kind = HOST_NONE };

	if (conn->started || cfg->role != SEALSOCK_CLIENT)
		return 0;
	conn->started = true;
	if (!conn->result->host && cfg->verify == SEALSOCK_VERIFY_REQUIRED)
		return channel_fail(&conn->ch, SEALSOCK_ERR_NO_HOST,
				    "no host name was set to verify the server against");
	return hs_start(conn->hs, conn->result->host ? conn->result->host : &nobody);
}

static bool failed(const struct sealsock_conn *conn)
{
	return conn->ch.failure.code;
}

/* Who asks the caller for something: the handshake, or what came after it; or NULL. */
static struct hs *asking(const struct sealsock_conn *conn)
{
	struct hs *hs = conn->hs;

	if (!hs && conn->result)
		hs = conn->result->auth;
	return hs && hs->resume ? hs : NULL;
}

static bool waits(const struct sealsock_conn *conn)
{
	return asking(conn);
}

bool conn_asks(const struct sealsock_conn *conn)
{
	return conn->done && asking(conn);
}

static bool have_output(const struct sealsock_conn *conn)
{
	return channel_output(&conn->ch).n;
}

static void note_progress(struct sealsock_conn *conn)
{
	if (conn->hs && conn->hs->state == HS_CONNECTED) {
		conn->done = true;
		end_handshake(conn);
	}
	if (conn->done && !have_output(conn))
		conn->output_drained = true;
}

/* How many bytes of the current record are still to come; its header first. */
static size_t missing(const struct sealsock_conn *conn)
{
	const struct buf *in = &conn->ch.in;

	if (in->n < SEAL_HEADER)
		return SEAL_HEADER - in->n;
	return SEAL_HEADER + seal_get_be16(in->p + 3) - in->n;
}

size_t sealsock_conn_want(const struct sealsock_conn *conn)
{
	bool unstarted = conn->ch.cfg->role == SEALSOCK_CLIENT && !conn->started;

	if (failed(conn) || conn->done || unstarted || waits(conn))
		return 0;
	return missing(conn);
}

/* RFC 8449 §4: what we announced bounds what is inside protected records. */
static bool over_limit(const struct channel *ch, size_t n)
{
	const struct seal_shape *shape = &ch->rx.shape;

	if (!ch->rx_limit || !record_keyed(&ch->rx) ||
	    (ch->in.p[0] != SEAL_TYPE_DATA && !channel_is_12(ch)))
		return false;
	return n > ch->rx_limit + seal_overhead(shape) - SEAL_HEADER +
		   (shape->block ? SEAL_MAX_BLOCKS : 0);
}

static int on_header(struct sealsock_conn *conn)
{
	size_t n;
	int err = conn->hs ? hs_record_header(conn->hs, &n) : conn_data_header(conn, &n);

	if (err)
		return err;
	if (over_limit(&conn->ch, n))
		return channel_fail(&conn->ch, SEALSOCK_ERR_RECORD_SIZE,
				    "a record is longer than the record_size_limit of %u bytes",
				    conn->ch.rx_limit);
	if (!buf_reserve(&conn->ch.in, n))
		return channel_fail(&conn->ch, SEALSOCK_ERR_NOMEM, "no memory for a record");
	return 0;
}

/* The record in ch.in is whole. */
static int on_record(struct sealsock_conn *conn)
{
	int err = conn->hs ? hs_record(conn->hs) : conn_data_record(conn);

	if (err)
		return err;
	/* What the handshake asks about is still in there. */
	if (!conn->data.n && !(conn->hs && waits(conn)))
		conn->ch.in.n = 0;
	note_progress(conn);
	return 0;
}

static int feed_some(struct sealsock_conn *conn, struct bytes *in)
{
	struct buf *rec = &conn->ch.in;
	size_t want = missing(conn);
	struct bytes part;
	int err = 0;

	rd_bytes(in, want < in->n ? want : in->n, &part);
	if (!buf_append(rec, part.p, part.n))
		return channel_fail(&conn->ch, SEALSOCK_ERR_NOMEM, "no memory for a record");
	if (part.n < want)
		return 0;
	if (rec->n == SEAL_HEADER) {
		err = on_header(conn);
		if (err || missing(conn))
			return err;
	}
	return on_record(conn);
}

int sealsock_conn_feed(struct sealsock_conn *conn, const void *in, size_t n, size_t *used)
{
	struct bytes left = bytes_of(in, n);
	bool was_done = conn->done;
	int err = failed(conn) ? conn->ch.failure.code : start(conn);

	if (!err && conn->keys_gone)
		err = SEALSOCK_ERR_STATE;
	/* The handshake's last byte ends the call, and so does data nobody has read yet. */
	while (!err && left.n && conn->done == was_done && !conn->data.n &&
	       !conn->ch.close_received && !waits(conn))
		err = feed_some(conn, &left);
	*used = n - left.n;
	return err;
}

int sealsock_conn_output(struct sealsock_conn *conn, const void **ptr, size_t *n)
{
	int err = start(conn);
	struct bytes out = channel_output(&conn->ch);

	*ptr = out.p;
	*n = out.n;
	return err;
}

int sealsock_conn_sent(struct sealsock_conn *conn, size_t n)
{
	struct channel *ch = &conn->ch;

	if (n > channel_output(ch).n)
		return SEALSOCK_ERR_INVALID;
	channel_sent(ch, n);
	note_progress(conn);
	return conn_answer_peer(conn);
}

int sealsock_conn_request_sized(const struct sealsock_conn *conn, struct sealsock_request *request,
				size_t size)
{
	static const struct sealsock_request none = { .kind = SEALSOCK_REQUEST_NONE };
	const bool asks = !failed(conn) && waits(conn);

	sized_out(request, size, asks ? &asking(conn)->request : &none, sizeof(none));
	return asks ? 0 : SEALSOCK_ERR_STATE;
}

void sealsock_conn_set_user(struct sealsock_conn *conn, void *user)
{
	conn->user = user;
}

void *sealsock_conn_user(const struct sealsock_conn *conn)
{
	return conn->user;
}

int sealsock_conn_answer(struct sealsock_conn *conn, int code, const void *data, size_t n)
{
	int err;

	if (failed(conn))
		return conn->ch.failure.code;
	if (!waits(conn))
		return SEALSOCK_ERR_STATE;
	if (conn_asks(conn)) {
		err = post_auth_answer(&conn->ch, conn->result, code, bytes_of(data, n));
		return err ? err : conn_answer_peer(conn);
	}
	err = hs_answer(conn->hs, code, bytes_of(data, n));
	if (err)
		return err;
	if (!waits(conn))
		conn->ch.in.n = 0;
	note_progress(conn);
	return 0;
}

int sealsock_conn_answer_master(struct sealsock_conn *conn, const void *master)
{
	struct secret *to;

	if (failed(conn))
		return conn->ch.failure.code;
	if (!waits(conn) || asking(conn)->request.kind != SEALSOCK_REQUEST_DECRYPT)
		return SEALSOCK_ERR_STATE;
	to = &conn->hs->v12.master;
	to->n = SEALSOCK_MASTER_SIZE;
	memcpy(to->b, master, to->n);
	return sealsock_conn_answer(conn, 0, NULL, 0);
}

int sealsock_conn_answer_config(struct sealsock_conn *conn, struct sealsock_config *cfg)
{
	int err;

	if (!failed(conn) && (!waits(conn) || asking(conn)->request.kind != SEALSOCK_REQUEST_HELLO))
		return SEALSOCK_ERR_STATE;
	err = failed(conn) ? conn->ch.failure.code : channel_use(&conn->ch, cfg);
	return err ? err : sealsock_conn_answer(conn, 0, NULL, 0);
}

int sealsock_conn_eof(struct sealsock_conn *conn)
{
	conn->ch.eof = true;
	if (failed(conn))
		return conn->ch.failure.code;
	if (conn->ch.close_received)
		return 0;
	return channel_fail_quiet(&conn->ch, SEALSOCK_ERR_TRUNCATED, ALERT_NONE,
				  SEALSOCK_DIR_NONE, "the peer ended the connection %s",
				  conn->done ? "without close_notify: data may be missing" :
					       "during the handshake");
}

enum sealsock_state sealsock_conn_state(const struct sealsock_conn *conn)
{
	if (failed(conn))
		return SEALSOCK_STATE_FAILED;
	if (conn->done && conn->output_drained)
		return SEALSOCK_STATE_DONE;
	if (have_output(conn) || (conn->ch.cfg->role == SEALSOCK_CLIENT && !conn->started))
		return SEALSOCK_STATE_WANT_OUT;
	return waits(conn) ? SEALSOCK_STATE_WANT_ANSWER : SEALSOCK_STATE_WANT_IN;
}

void sealsock_conn_info_sized(const struct sealsock_conn *conn, struct sealsock_info *info,
			      size_t size)
{
	const struct hs_outcome *r = conn->result ? &conn->result->outcome : &conn->outcome;
	const struct group *g = group_find(r->group);
	const struct sigscheme *s = sigscheme_find(r->scheme);
	const struct sealsock_info known = {
		.version = r->version,
		.cipher = conn->ch.suite ? conn->ch.suite->id : 0,
		.group = r->group < GROUP_UNLISTED ? r->group : 0,
		.sigscheme = r->scheme,
		.version_name = r->version == VERSION_TLS12 ? "TLSv1.2" :
				r->version ? "TLSv1.3" : NULL,
		.cipher_name = conn->ch.suite ? conn->ch.suite->name : NULL,
		.group_name = g ? g->name : NULL,
		.sigscheme_name = s ? s->name : NULL,
		.alpn = conn->result ? conn->result->alpn : NULL,
		.sni = conn->result ? conn->result->sni : NULL,
		.hello_retry = r->retried,
		.verified = r->verified,
		.resumed = r->resumed,
		.client_authenticated = r->client_authenticated,
		.client_cert_sent = r->client_cert_sent,
		.cert_pending = conn->ch.cfg->role == SEALSOCK_SERVER && conn->result &&
				conn->result->auth,
		.extended_master_secret = r->ems,
		.path = conn->io.path,
		.managed = conn->io.managed,
		.ech = r->ech,
		.psk_identity = conn->result ? conn->result->psk_identity : NULL,
	};

	sized_out(info, size, &known, sizeof(known));
}

const void *sealsock_conn_peer_cert(const struct sealsock_conn *conn, unsigned int i, size_t *n)
{
	struct bytes chain = bytes_of(NULL, 0), cert;

	if (conn->result)
		chain = bytes_of(conn->result->chain.p, conn->result->chain.n);
	while (rd_vec24(&chain, 0, 0xffffff, &cert)) {
		if (i-- == 0) {
			*n = cert.n;
			return cert.p;
		}
	}
	*n = 0;
	return NULL;
}

const void *sealsock_conn_peer_ocsp(const struct sealsock_conn *conn, size_t *n)
{
	*n = conn->result ? conn->result->ocsp.n : 0;
	return *n ? conn->result->ocsp.p : NULL;
}

const struct sealsock_failure *sealsock_conn_error(const struct sealsock_conn *conn)
{
	/* A connection that cannot send any more has not failed as long as it can receive. */
	return conn->ch.failure.code || !io_write_failed(conn) ? &conn->ch.failure :
								&conn->io.trouble->write;
}

int sealsock_conn_set_session(struct sealsock_conn *conn, const void *session, size_t n)
{
	struct session s;
	bool good = session_read(bytes_of(session, n), &s) && s.role == SEALSOCK_CLIENT;

	session_wipe(&s);
	if (!conn->hs || conn->started || conn->ch.cfg->role != SEALSOCK_CLIENT)
		return SEALSOCK_ERR_STATE;
	if (!good)
		return SEALSOCK_ERR_INVALID;
	conn->hs->session_text.n = 0;
	return buf_append(&conn->hs->session_text, session, n) ? 0 : SEALSOCK_ERR_NOMEM;
}

int sealsock_conn_set_ech(struct sealsock_conn *conn, const void *list, size_t n)
{
	int used;

	if (!conn->hs || conn->started || conn->ch.cfg->role != SEALSOCK_CLIENT)
		return SEALSOCK_ERR_STATE;
	if (n && !config_has_version(conn->ch.cfg, VERSION_TLS13))
		return SEALSOCK_ERR_INVALID;
	used = ech_list_set(&conn->hs->ech_list, list, n);
	conn->hs->ech_list_set |= used >= 0;
	return used;
}

const void *sealsock_conn_ech_retry(const struct sealsock_conn *conn, size_t *n)
{
	const struct hs_result *r = conn->result;

	*n = r && r->ech_refused ? r->ech_retry.n : 0;
	if (!r || !r->ech_refused)
		return NULL;
	return *n ? (const void *)r->ech_retry.p : "";
}

ssize_t sealsock_conn_session(struct sealsock_conn *conn, void *buf, size_t room)
{
	struct bytes left, last = bytes_of(NULL, 0);
	struct buf *all;

	if (!conn->result)
		return 0;
	all = &conn->result->sessions;
	left = bytes_of(all->p, all->n);
	while (rd_vec16(&left, 1, 0xffff, &last))
		;
	if (last.n > room)
		return SEALSOCK_ERR_INVALID;
	if (last.n) {
		memcpy(buf, last.p, last.n);
		wipe((void *)last.p, last.n);
		all->n -= 2 + last.n;
	}
	return (ssize_t)last.n;
}

/* RFC 5705 §4: a context that is given counts, even an empty one. */
static int export12(const struct hs_result *r, const struct kdf *kdf, const char *label,
		    const struct bytes *context, const struct sealsock_env *env, void *out,
		    size_t n)
{
	struct buf counted;
	struct builder w = { .buf = &counted };
	struct bytes seeds[2] = { bytes_of(r->randoms, sizeof(r->randoms)) };
	int err;

	if (!r->ems)	/* RFC 7627 §5.4: it would not be bound to this handshake */
		return SEALSOCK_ERR_UNSUPPORTED;
	buf_init(&counted, env);
	if (context->p)
		wr_vec16(&w, *context);
	seeds[1] = bytes_of(counted.p, counted.n);
	err = w.bad ? SEALSOCK_ERR_NOMEM :
		      prf12(kdf, bytes_of(r->exporter.b, r->exporter.n), label, seeds, out, n);
	buf_free(&counted);
	return err;
}

int sealsock_conn_export(struct sealsock_conn *conn, const char *label, const void *context,
			 size_t context_len, void *out, size_t n)
{
	struct bytes ctx = bytes_of(context, context_len);
	struct channel *ch = &conn->ch;
	struct kdf kdf;
	int err;

	if (ch->failure.code)
		return ch->failure.code;
	if (!conn->done || !conn->result || !conn->result->exporter.n)
		return SEALSOCK_ERR_STATE;
	if (!*label || strlen(label) > LABEL_MAX || context_len > 0xffff ||
	    n > 255 * hash_len(ch->suite->hash))
		return SEALSOCK_ERR_INVALID;
	err = kdf_open(ch, &kdf);
	if (!err && channel_is_12(ch))
		err = export12(conn->result, &kdf, label, &ctx, ch->env, out, n);
	else if (!err)
		err = schedule13_export(&kdf, &conn->result->exporter, label, ctx, out, n);
	kdf_close(&kdf);
	return err;
}

int sealsock_release(struct sealsock_conn *conn)
{
	struct secret next[2];
	int err;

	/* Half an answer cannot be taken back. */
	if (!conn->keys_gone || conn_auth_output(conn).n)
		return SEALSOCK_ERR_STATE;
	/* A connection that failed, or that the module has as a whole, goes on with none. */
	if (!conn->ch.tx_secret.n) {
		next[CONN_TX].n = 0;
		next[CONN_RX].n = 0;
	}
	err = conn->ch.tx_secret.n ? conn_next_secrets(conn, next) : 0;
	if (!err) {
		end_handshake(conn);
		drop_result(conn);
		conn_wipe_keys(conn, next);
	}
	wipe(next, sizeof(next));
	return err;
}
