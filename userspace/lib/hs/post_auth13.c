// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Client authentication after the handshake of TLS 1.3 (RFC 8446 §4.6.2): a CertificateRequest,
 * and the client's Certificate, CertificateVerify and Finished. What is signed and hashed begins
 * with the whole handshake; Finished is made with the client's application traffic secret of the
 * moment (§4.4), so whoever sends an answer sends no KeyUpdate before it.
 */
#include "hs/auth.h"
#include "hs/auth13.h"
#include "hs/common13.h"
#include "hs/hs.h"
#include "hs/post_auth.h"
#include "hs/server.h"
#include "record/watch.h"

enum {
	CONTEXT_LEN = 16,
	UNSENT_MAX = 64 << 10,	/* answers that the socket has not taken yet */
};

int post_auth_keep(struct hs *hs)
{
	struct hs_result *r = hs->result;

	if (!hs->post_auth || !hs->ch->cfg->post_auth)
		return 0;
	r->post_hash = hash_new();
	if (!r->post_hash || hash_copy(r->post_hash, hs->transcript.hash))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the handshake's hash");
	return 0;
}

static void end_exchange(struct channel *ch, struct hs_result *r)
{
	if (!r->auth)
		return;
	hs_free(r->auth);
	mem_free(ch->env, r->auth, sizeof(*r->auth));
	r->auth = NULL;
	if (!ch->failure.code)
		ch->step = hs_state_name(HS_CONNECTED);
}

void post_auth_free(struct hs_result *r, const struct sealsock_env *env)
{
	if (r->auth) {
		hs_free(r->auth);
		mem_free(env, r->auth, sizeof(*r->auth));
		r->auth = NULL;
	}
	hash_free(r->post_hash);
	r->post_hash = NULL;
}

static void go(struct hs *hs, enum hs_state state)
{
	hs->state = state;
	hs->ch->step = hs_state_name(state);
}

/* A new exchange, or the next one whose answer joins those that are not sent yet. */
static int begin(struct channel *ch, struct hs_result *r, enum hs_state state)
{
	int err = 0;

	if (!r->auth) {
		r->auth = mem_zalloc(ch->env, sizeof(*r->auth));
		err = r->auth ? hs_init(r->auth, ch, r) : SEALSOCK_ERR_NOMEM;
	}
	if (!err)
		err = transcript_follow(&r->auth->transcript, ch->suite->hash, r->post_hash);
	if (!err)
		go(r->auth, state);
	return err;
}

/* A server counts on no answer, and a client keeps none, that was not asked for. */
bool post_auth_allows(const struct channel *ch, const struct hs_result *r, unsigned int msg)
{
	if (!r || !r->post_hash)
		return false;
	if (ch->cfg->role == SEALSOCK_CLIENT)
		return msg == MSG_CERTIFICATE_REQUEST;
	return r->auth && !r->auth->resume && hs_find(r->auth->state, msg);
}

bool post_auth_inside(const struct hs_result *r)
{
	return r && r->auth && (r->auth->state == HS_POST_WAIT_CV ||
				r->auth->state == HS_POST_WAIT_FINISHED);
}

struct bytes post_auth_output(const struct hs_result *r)
{
	if (!r || !r->auth || r->auth->resume)
		return bytes_of(NULL, 0);
	return bytes_of(r->auth->flight.p, r->auth->flight.n);
}

void post_auth_sent(struct channel *ch, struct hs_result *r, size_t n)
{
	buf_drop(&r->auth->flight, n);
	if (ch->cfg->role == SEALSOCK_CLIENT && !r->auth->flight.n)
		end_exchange(ch, r);
}

/*
 * The client's side.
 */

static int finish_answer(struct hs *hs)
{
	return hs_add_finished(hs, &hs->ch->tx_secret);
}

static int signature_made(struct hs *hs, struct bytes signature)
{
	int err = auth13_add_verify(hs, signature);

	hs->result->client_cert_sent = true;
	return err ? err : finish_answer(hs);
}

static int answer_request(struct hs *hs, struct bytes whole)
{
	struct bytes body = bytes_of(whole.p + MSG_HEADER, whole.n - MSG_HEADER);
	struct certificate_request cr;
	struct wanted want;
	int err = certificate_request_parse(body, &cr);

	if (err)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE_REQUEST, cr.why, cr.ext.bad_type);
	if (cr.context.n)
		memcpy(hs->context, cr.context.p, cr.context.n);
	hs->context_len = (uint8_t)cr.context.n;
	want = (struct wanted){ .names = cr.ext.authorities, .schemes = cr.ext.sigalgs };
	auth_choose_client(hs, &want, VERSION_TLS13);
	err = hs_add(hs, whole);
	if (!err)
		err = auth13_add_certificate(hs, hs->cred, false);
	if (err)
		return err;
	return hs->cred ? auth13_sign(hs, signature_made) : finish_answer(hs);
}

static int on_request(struct channel *ch, struct hs_result *r, struct bytes whole)
{
	/* Each costs a signature: without data in between there are only so many. */
	int err = channel_idle(ch);

	if (err)
		return err;
	if (r->auth && (r->auth->resume || r->auth->flight.n > UNSENT_MAX))
		return channel_fail(ch, SEALSOCK_ERR_FLOOD,
				    "the server asks for a certificate again and again");
	err = begin(ch, r, HS_POST_SIGNING);
	if (err)
		return channel_fail(ch, err, "answering a CertificateRequest: %s",
				    sealsock_strerror(err));
	err = answer_request(r->auth, whole);
	return err < 0 ? err : 0;
}

/*
 * The server's side.
 */

int post_auth_ask(struct channel *ch, struct hs_result *r, bool required)
{
	struct hs *hs;
	int err;

	if (!r || !r->post_hash || ch->cfg->role != SEALSOCK_SERVER)
		return SEALSOCK_ERR_UNSUPPORTED;
	if (r->auth)
		return SEALSOCK_ERR_STATE;
	err = begin(ch, r, HS_POST_WAIT_CERT);
	if (err) {
		end_exchange(ch, r);
		return channel_fail(ch, err, "asking for a certificate: %s",
				    sealsock_strerror(err));
	}
	hs = r->auth;
	hs->cert_required = required;
	hs->context_len = CONTEXT_LEN;
	err = hs_random(hs, hs->context, CONTEXT_LEN);
	return err ? err : server_add_certificate_request(hs);
}

int post_on_certificate(struct hs *hs, struct bytes body)
{
	size_t count;
	int err = auth13_take_certificate(hs, body, &count);

	if (err || count)
		return err;
	if (hs->cert_required)
		return channel_fail(hs->ch, SEALSOCK_ERR_CERT_REQUIRED,
				    "the client has no certificate, and must have one");
	return HS_OTHER;
}

static int client_accepted(struct hs *hs, struct bytes none)
{
	struct hs_result *r = hs->result;

	(void)none;
	if (hs->leaf) {
		r->client_authenticated = true;
		r->verified = true;
		/* A ticket from here on vouches for it, and for no longer than it is good. */
		if (r->made + SESSION_LIFETIME < r->tickets_end)
			r->tickets_end = r->made + SESSION_LIFETIME;
	}
	return 0;
}

int post_on_finished(struct hs *hs, struct bytes body)
{
	int err = hs_check_finished(hs, &hs->ch->rx_secret, body);

	if (!err)
		err = auth_ask_application(hs, client_accepted);
	return err ? err : client_accepted(hs, bytes_of(NULL, 0));
}

static int on_answer(struct channel *ch, struct hs_result *r, struct bytes whole)
{
	struct bytes body = bytes_of(whole.p + MSG_HEADER, whole.n - MSG_HEADER);
	const struct hs_row *row = hs_find(r->auth->state, whole.p[0]);
	int err;

	r->auth->whole = whole;
	err = row->done(r->auth, body);
	if (err < 0)
		return err;
	go(r->auth, err == HS_OTHER ? row->other : row->next);
	if (r->auth->state == HS_CONNECTED && !r->auth->resume)
		end_exchange(ch, r);
	return 0;
}

int post_auth_message(struct channel *ch, struct hs_result *r, struct bytes whole)
{
	return ch->cfg->role == SEALSOCK_CLIENT ? on_request(ch, r, whole) :
						  on_answer(ch, r, whole);
}

int post_auth_answer(struct channel *ch, struct hs_result *r, int code, struct bytes data)
{
	hs_resume_fn resume = r->auth->resume;
	int err;

	r->auth->resume = NULL;
	if (code)
		return hs_unanswered(r->auth, code);
	err = resume(r->auth, data);
	if (!err && ch->cfg->role == SEALSOCK_SERVER)
		end_exchange(ch, r);
	return err;
}
