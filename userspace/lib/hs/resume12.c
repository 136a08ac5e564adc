// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Resumption of TLS 1.2: tickets (RFC 5077), and session ids with a store (RFC 5246 §7.3). Only
 * sessions with an extended master secret are, so none can be moved to another connection.
 */
#include "hs/common13.h"
#include "hs/hs.h"
#include "hs/resume12.h"
#include "hs/ticket13.h"
#include "resume/ticket.h"

bool resume12_usable(const struct session *s)
{
	const struct suite *suite = suite_find(s->suite);

	return s->ems && suite && s->etm == (suite->mac_len != 0) &&
	       s->secret.n == MASTER12_LEN && (s->ticket.n || s->id.n);
}

int resume12_session_id(struct hs *hs)
{
	const struct session *s = &hs->session;

	if (!s->secret.n || s->version != VERSION_TLS12)
		return 0;
	if (s->id.n) {
		memcpy(hs->session_id, s->id.p, s->id.n);
		hs->session_id_len = (uint8_t)s->id.n;
		return 0;
	}
	/* RFC 5077 §3.4: whatever it is, the server gives it back if it takes the ticket. */
	hs->session_id_len = SESSION_ID_MAX;
	if (hs->ch->env->random(hs->ch->env->arg, hs->session_id, SESSION_ID_MAX))
		return hs_internal(hs, SEALSOCK_ERR_RANDOM, "drawing random bytes");
	return 0;
}

/* The one in use, where the server gave no newer: it was taken out, and will do again. */
static int put_back(struct hs *hs)
{
	int err = hs->result->host ? ticket_keep(hs->ch, hs->result, &hs->session) : 0;

	return err ? hs_internal(hs, err, "keeping a session") : 0;
}

int resume12_keep(struct hs *hs)
{
	struct hs_result *r = hs->result;
	struct session s;
	bool ticket = hs->v12.ticket.n;
	int err;

	/* Without extended master secret it could be moved elsewhere (RFC 7627 §5.4). */
	if (!r->ems)
		return 0;
	if (hs->v12.resumed && !ticket)
		return put_back(hs);
	if (!ticket && (hs->v12.ticket_due || !hs->session_id_len))
		return 0;
	if (!r->host || hs->v12.ticket.n > SESSION_TICKET_MAX || !ticket_describe(hs, &s))
		return 0;
	s.verified = r->verified;
	s.host = bytes_of(r->host->name, strlen(r->host->name));
	s.ems = true;
	s.etm = hs->ch->suite->mac_len;
	s.ticket = bytes_of(hs->v12.ticket.p, hs->v12.ticket.n);
	if (!ticket)
		s.id = bytes_of(hs->session_id, hs->session_id_len);
	/* A hint of 0 says nothing (RFC 5077 §3.3). */
	if (ticket && hs->v12.lifetime && s.issued + hs->v12.lifetime < s.expires)
		s.expires = s.issued + hs->v12.lifetime;
	secret_copy(&s.secret, &hs->v12.master);
	err = ticket_keep(hs->ch, r, &s);
	session_wipe(&s);
	return err ? hs_internal(hs, err, "keeping a session") : 0;
}

/* The session's text: out of the ticket, or out of the store. */
static bool find_text(struct hs *hs, const struct client_hello *ch)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	const struct sealsock_session_store *store = &cfg->store;
	struct buf *text = &hs->session_text;

	text->n = 0;
	if (ch->ext.ticket.n)
		return cfg->ticket_count && config_open_ticket(cfg, hs->transcript.kdf.scratch,
							       ch->ext.ticket, text) == 0;
	return ch->session_id.n && store->get &&
	       hs_fetch_session(hs, store->get, ch->session_id) && text->n;
}

bool resume12_find(struct hs *hs, const struct client_hello *ch)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	struct session *s = &hs->session;
	bool good;

	if (!find_text(hs, ch))
		return false;
	good = session_read(bytes_of(hs->session_text.p, hs->session_text.n), s) &&
	       config_resumes(cfg, s, VERSION_TLS12, ch->ext.host_name) && s->ems &&
	       s->secret.n == MASTER12_LEN && suite_find(s->suite) &&
	       u16_contains(ch->suites, s->suite) &&
	       u16_contains(wire_list_of(&cfg->suites), s->suite) &&
	       (cfg->verify != SEALSOCK_VERIFY_REQUIRED || s->verified);
	/* RFC 7366 §3.1: what was encrypted first stays so, or the session stays unused. */
	good = good && s->etm == (suite_find(s->suite)->mac_len != 0) &&
	       (!s->etm || ch->ext.present & EXT_BIT(EXT_ENCRYPT_THEN_MAC));
	if (!good)
		session_wipe(s);
	return good;
}

int resume12_use(struct hs *hs)
{
	struct hs_result *r = hs->result;

	hs->v12.resumed = true;
	r->resumed = true;
	r->made = hs->session.made;
	r->verified = hs->session.verified;
	if (hs->ch->cfg->role == SEALSOCK_SERVER)
		r->client_authenticated = hs->session.verified;
	return hs_restore_chain(hs);
}

int resume12_promise(struct hs *hs, const struct client_hello *ch)
{
	const struct sealsock_config *cfg = hs->ch->cfg;

	hs->session_id_len = 0;
	if (!hs->result->ems)
		return 0;
	hs->v12.ticket_due = cfg->ticket_count && ch->ext.present & EXT_BIT(EXT_SESSION_TICKET);
	if (hs->v12.ticket_due || !cfg->store.put)
		return 0;
	hs->session_id_len = SESSION_ID_MAX;
	if (hs->ch->env->random(hs->ch->env->arg, hs->session_id, SESSION_ID_MAX))
		return hs_internal(hs, SEALSOCK_ERR_RANDOM, "drawing random bytes");
	return 0;
}

/* Without a session the promised ticket is an empty one. */
static int send_ticket(struct hs *hs, const struct session *s, struct bytes text)
{
	struct new_session_ticket12 t = { 0 };
	struct builder w = { .buf = &hs->flight }, sealed = { .buf = &hs->v12.ticket };
	uint8_t salt[TICKET_SALT];
	int err = 0;

	if (text.n) {
		err = hs_random(hs, salt, sizeof(salt));
		if (err)
			return err;
		err = config_seal_ticket(hs->ch->cfg, hs->transcript.kdf.scratch, salt, text,
					 &sealed);
		t.lifetime = (uint32_t)(s->expires - s->issued);
		t.ticket = bytes_of(hs->v12.ticket.p, hs->v12.ticket.n);
	}
	if (err || sealed.bad)
		return hs_internal(hs, err ? err : SEALSOCK_ERR_NOMEM, "making a ticket");
	hs->flight.n = 0;
	new_session_ticket12_build(&t, &w);
	err = hs_add_from(hs, &w, 0);
	return err ? err : hs_send(hs, bytes_of(hs->flight.p, hs->flight.n));
}

int resume12_issue(struct hs *hs)
{
	const struct sealsock_session_store *store = &hs->ch->cfg->store;
	struct builder w;
	struct session s;
	struct buf text;
	int err = 0;

	if (!hs->v12.ticket_due && !hs->session_id_len)
		return 0;
	buf_init(&text, hs->ch->env);
	w = (struct builder){ .buf = &text };
	if (ticket_describe(hs, &s)) {
		s.ems = true;
		s.etm = hs->ch->suite->mac_len;
		secret_copy(&s.secret, &hs->v12.master);
		session_write(&s, &w);
		session_wipe(&s);
	}
	if (w.bad)
		err = hs_internal(hs, SEALSOCK_ERR_NOMEM, "making a session");
	else if (hs->v12.ticket_due)
		err = send_ticket(hs, &s, bytes_of(text.p, text.n));
	else if (text.n)
		store->put(store->arg, hs->session_id, hs->session_id_len, text.p, text.n,
			   s.expires);
	buf_free(&text);
	return err;
}
