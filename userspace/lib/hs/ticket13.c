// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* NewSessionTicket of TLS 1.3 (RFC 8446 §4.6.1): made by servers, kept by clients. */
#include "hs/common13.h"
#include "hs/grease.h"
#include "hs/hs.h"
#include "hs/ticket13.h"
#include "resume/ticket.h"

enum {
	LIFETIME_MAX = 7 * 86400,
	TICKETS_SENT_MAX = 0xffff,	/* on one connection: their nonces tell them apart */
};

int ticket13_secret(struct hs *hs, struct secret *out)
{
	int err = hs_derive(hs, LABEL_RESUMPTION, out);

	return err ? hs_internal(hs, err, "deriving the resumption secret") : 0;
}

/*
 * What resuming needs again of the peer's chain: all of it where the application is to look at it,
 * a client's own certificate for a server's sake.
 */
static struct bytes kept_chain(const struct sealsock_config *cfg, const struct hs_result *r)
{
	struct bytes chain = bytes_of(r->chain.p, r->chain.n), cert;

	if (cfg->on_verify && !cfg->has_tag)
		return chain;
	if (!r->client_authenticated || !rd_vec24(&chain, 1, 0xffffff, &cert))
		return bytes_of(NULL, 0);
	return bytes_of(r->chain.p, r->chain.n - chain.n);
}

/* What all tickets of a connection have in common, but for their end; false: there can be none. */
static bool describe(const struct channel *ch, struct hs_result *r, struct session *s)
{
	const struct sealsock_config *cfg = ch->cfg;
	int64_t now = cfg->env.now(cfg->env.arg);

	if (!r->made)
		r->made = now;
	*s = (struct session){
		.role = cfg->role,
		.version = ch->suite->version,
		.suite = ch->suite->id,
		.verified = r->client_authenticated,
		.made = r->made,
		.issued = now,
		.expires = r->made + SESSION_LIFETIME,
		.trust = bytes_of(cfg->trust_id, TRUST_ID),
		.peer = kept_chain(cfg, r),
	};
	if (r->sni)
		s->host = bytes_of(r->sni, strlen(r->sni));
	if (r->alpn)
		s->alpn = bytes_of(r->alpn, strlen(r->alpn));
	return s->peer.n <= SESSION_PEER_MAX;
}

bool ticket_describe(struct hs *hs, struct session *s)
{
	bool good = describe(hs->ch, hs->result, s);

	if (hs->session.secret.n && hs->session.expires < s->expires)
		s->expires = hs->session.expires;
	return good && s->expires > s->issued;
}

/* Appends one whose number on the connection is @number; @kdf: of ch->suite's hash. */
static int add_ticket(const struct channel *ch, const struct kdf *kdf,
		      const struct secret *resumption, struct session *s, uint16_t number,
		      struct builder *out)
{
	const struct sealsock_env *env = ch->env;
	uint8_t nonce[2] = { number >> 8, number & 0xff };
	struct new_session_ticket t = {
		.nonce = number > 0xff ? bytes_of(nonce, 2) : bytes_of(nonce + 1, 1),
	};
	struct buf state, sealed;
	struct builder w = { .buf = &state }, ticket = { .buf = &sealed };
	struct {	/* in one go: asking costs more than bytes do */
		uint32_t age_add;
		struct grease grease;
		uint8_t salt[TICKET_SALT];
	} drawn = { 0 };
	int err = 0;

	buf_init(&state, env);
	buf_init(&sealed, env);
	if (env->random(env->arg, &drawn, sizeof(drawn)))
		err = SEALSOCK_ERR_RANDOM;
	s->age_add = drawn.age_add;
	if (!err)
		err = schedule13_ticket_psk(kdf, resumption, t.nonce, &s->secret);
	session_write(s, &w);
	if (!err && w.bad)
		err = SEALSOCK_ERR_NOMEM;
	if (!err)
		err = config_seal_ticket(ch->cfg, kdf->scratch, drawn.salt,
					 bytes_of(state.p, state.n), &ticket);
	t.lifetime = (uint32_t)(s->expires - s->issued);
	t.age_add = s->age_add;
	t.ticket = bytes_of(sealed.p, sealed.n);
	if (ch->cfg->grease)
		grease_extensions(&drawn.grease, &t.ext);
	if (!err)
		new_session_ticket_build(&t, out);
	session_wipe(s);
	buf_free(&state);
	buf_free(&sealed);
	return err ? err : out->bad ? SEALSOCK_ERR_NOMEM : 0;
}

int ticket13_send(struct hs *hs)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	struct builder w = { .buf = &hs->flight };
	struct hs_result *r = hs->result;
	struct session s;
	int err;

	/* An external PSK is at hand for the next time too. */
	if (!cfg->ticket_count || !hs->psk_modes || hs->psk_external || !ticket_describe(hs, &s))
		return 0;
	err = ticket13_secret(hs, &r->resumption);
	if (err)
		return err;
	r->tickets_end = s.expires;
	hs->flight.n = 0;
	while (!err && r->tickets < cfg->ticket_count)
		err = add_ticket(hs->ch, &hs->transcript.kdf, &r->resumption, &s, r->tickets++,
				 &w);
	if (err)
		return hs_internal(hs, err, "making a ticket");
	err = hs_send(hs, bytes_of(hs->flight.p, hs->flight.n));
	buf_free(&hs->flight);
	return err;
}

int ticket13_make(const struct channel *ch, struct hs_result *r, struct buf *out)
{
	struct builder w = { .buf = out };
	struct session s;
	struct kdf kdf;
	int err;

	if (ch->cfg->role != SEALSOCK_SERVER || !r->resumption.n)
		return SEALSOCK_ERR_UNSUPPORTED;
	if (!describe(ch, r, &s) || s.issued >= r->tickets_end)
		return SEALSOCK_ERR_UNSUPPORTED;
	if (r->tickets == TICKETS_SENT_MAX)
		return SEALSOCK_ERR_LIMIT;
	s.expires = r->tickets_end;
	err = kdf_open(ch, &kdf);
	if (!err)
		err = add_ticket(ch, &kdf, &r->resumption, &s, r->tickets, &w);
	kdf_close(&kdf);
	if (!err)
		r->tickets++;
	return err;
}

/* Keeps the newest few. */
static bool keep(struct buf *sessions, struct bytes text)
{
	struct builder w = { .buf = sessions };
	struct bytes left = bytes_of(sessions->p, sessions->n), one;
	unsigned int count = 0;

	while (rd_vec16(&left, 1, 0xffff, &one))
		count++;
	if (count >= SESSIONS_KEPT) {
		left = bytes_of(sessions->p, sessions->n);
		rd_vec16(&left, 1, 0xffff, &one);
		buf_drop(sessions, 2 + one.n);
	}
	wr_vec16(&w, text);
	return !w.bad;
}

int hs_restore_chain(struct hs *hs)
{
	struct bytes peer = hs->session.peer;

	if (!buf_append(&hs->result->chain, peer.p, peer.n))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the peer's chain");
	hs->peer_restored = peer.n;
	return 0;
}

bool hs_fetch_session(struct hs *hs, session_fetch_fn fetch, struct bytes id)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	struct buf *text = &hs->session_text;
	size_t n;

	text->n = 0;
	if (!buf_reserve(text, SEALSOCK_SESSION_MAX))
		return false;
	n = fetch(cfg->store.arg, id.p, id.n, cfg->env.now(cfg->env.arg), text->p,
		  SEALSOCK_SESSION_MAX);
	text->n = n <= SEALSOCK_SESSION_MAX ? n : 0;
	return true;
}

struct bytes client_server_id(const struct channel *ch, const struct hs_result *r,
			      struct bytes host, uint8_t room[SERVER_ID_MAX])
{
	memcpy(room, ch->cfg->trust_id, TRUST_ID);
	seal_put_be16(room + TRUST_ID, r->port);
	if (host.n)
		memcpy(room + TRUST_ID + 2, host.p, host.n);
	return bytes_of(room, TRUST_ID + 2 + host.n);
}

int ticket_keep(struct channel *ch, struct hs_result *r, const struct session *s)
{
	const struct sealsock_session_store *store = &ch->cfg->store;
	uint8_t room[SERVER_ID_MAX];
	struct bytes id = client_server_id(ch, r, s->host, room);
	struct builder w;
	struct buf text;
	int err = 0;

	buf_init(&text, ch->env);
	w = (struct builder){ .buf = &text };
	session_write(s, &w);
	if (w.bad)
		err = SEALSOCK_ERR_NOMEM;
	else if (store->put)
		store->put(store->arg, id.p, id.n, text.p, text.n, s->expires);
	else if (!keep(&r->sessions, bytes_of(text.p, text.n)))
		err = SEALSOCK_ERR_NOMEM;
	buf_free(&text);
	return err;
}

int ticket13_take(struct channel *ch, struct hs_result *r, struct bytes body)
{
	const struct sealsock_config *cfg = ch->cfg;
	int64_t now = cfg->env.now(cfg->env.arg);
	struct new_session_ticket t;
	struct session s;
	struct kdf kdf;
	int err = new_session_ticket_parse(body, &t);

	if (err)
		return channel_fail(ch, err, "NewSessionTicket %s", t.why);
	/* After release, or with a ticket of no use, there is nothing to be kept. */
	if (!r || !r->resumption.n || !r->host || !t.lifetime || t.ticket.n > SESSION_TICKET_MAX)
		return 0;
	if (t.lifetime > LIFETIME_MAX)
		t.lifetime = LIFETIME_MAX;
	s = (struct session){
		.role = cfg->role,
		.version = VERSION_TLS13,
		.suite = ch->suite->id,
		.verified = r->verified,
		.made = r->made,
		.issued = now,
		.expires = now + t.lifetime,
		.age_add = t.age_add,
		.trust = bytes_of(cfg->trust_id, TRUST_ID),
		.host = bytes_of(r->host->name, strlen(r->host->name)),
		.peer = kept_chain(cfg, r),
		.ticket = t.ticket,
	};
	if (s.peer.n > SESSION_PEER_MAX)
		return 0;
	if (r->alpn)
		s.alpn = bytes_of(r->alpn, strlen(r->alpn));
	if (s.expires > s.made + SESSION_LIFETIME)
		s.expires = s.made + SESSION_LIFETIME;
	if (s.expires <= now)
		return 0;
	err = kdf_open(ch, &kdf);
	if (!err)
		err = schedule13_ticket_psk(&kdf, &r->resumption, t.nonce, &s.secret);
	kdf_close(&kdf);
	if (!err)
		err = ticket_keep(ch, r, &s);
	session_wipe(&s);
	return err ? channel_fail(ch, err, "keeping a session: %s", sealsock_strerror(err)) : 0;
}
