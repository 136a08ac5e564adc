// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Pre-shared keys of TLS 1.3 (RFC 8446 §4.2.11): from tickets and external ones. */
#include "hs/common13.h"
#include "hs/hs.h"
#include "hs/policy.h"
#include "hs/psk13.h"
#include "hs/ticket13.h"

/*
 * How far a client's idea of a ticket's age may be from ours, in seconds: round trips, and clocks
 * that drift. Without early data a replayed ClientHello gains nothing, so this need not be tight.
 */
enum { AGE_SLACK = 600 };

static bool has_session(const struct hs *hs)
{
	return hs->session.secret.n && hs->session.version == VERSION_TLS13;
}

static enum hash_id session_hash(const struct hs *hs)
{
	return suite_find(hs->session.suite)->hash;
}

/* The offer of an index: its key, hash and kind. */
static const struct secret *offer_at(const struct hs *hs, size_t i, enum hash_id *hash,
				     const char **label)
{
	size_t external = i - has_session(hs);

	if (has_session(hs) && i == 0) {
		*hash = session_hash(hs);
		*label = LABEL_RES_BINDER;
		return &hs->session.secret;
	}
	*hash = hs->psks[external]->hash;
	*label = LABEL_EXT_BINDER;
	return &hs->psks[external]->key;
}

static size_t offer_count(const struct hs *hs)
{
	return has_session(hs) + hs->psk_count;
}

static bool is_for_host(const struct psk *p, const char *host, size_t n)
{
	return !p->host || (strlen(p->host) == n && memcmp(p->host, host, n) == 0);
}

/* Those for this host; after a HelloRetryRequest only of its suite's hash (§4.1.4). */
static void gather(struct hs *hs)
{
	const struct psk *p;

	hs->psk_count = 0;
	for (p = hs->ch->cfg->psks; p && hs->psk_count + 1 < PSK_OFFER_MAX; p = p->next)
		if (is_for_host(p, hs->host->name, strlen(hs->host->name)) &&
		    (!hs->retried || p->hash == hs->ch->suite->hash))
			hs->psks[hs->psk_count++] = p;
	if (has_session(hs) && hs->retried && session_hash(hs) != hs->ch->suite->hash)
		session_wipe(&hs->session);
}

int psk13_offer(struct hs *hs, struct builder *ids, struct builder *binders)
{
	static const uint8_t zeros[HASH_MAX];
	const struct session *s = &hs->session;
	const struct sealsock_env *env = hs->ch->env;
	enum hash_id hash;
	const char *label;
	size_t i;

	gather(hs);
	if (has_session(hs)) {
		wr_vec16(ids, s->ticket);
		wr_u32(ids, (uint32_t)((env->now(env->arg) - s->issued) * 1000) + s->age_add);
	}
	for (i = 0; i < hs->psk_count; i++) {
		wr_vec16(ids, bytes_of(hs->psks[i]->identity, strlen(hs->psks[i]->identity)));
		wr_u32(ids, 0);
	}
	for (i = 0; i < offer_count(hs); i++) {
		offer_at(hs, i, &hash, &label);
		wr_vec8(binders, bytes_of(zeros, hash_len(hash)));
	}
	return (int)offer_count(hs);
}

/* The hash of the handshake up to @truncated, the ClientHello without its binders. */
static int hash_truncated(struct hs *hs, enum hash_id id, struct bytes truncated, uint8_t *out)
{
	const struct kdf *kdf = &hs->transcript.kdf;
	int err = hs->retried ? hash_copy(kdf->scratch, hs->transcript.hash) :
				hash_start(kdf->crypto, kdf->scratch, id);

	if (!err)
		err = hash_add(kdf->scratch, truncated.p, truncated.n);
	return err ? err : hash_end(kdf->scratch, out);
}

static int binder_of(struct hs *hs, enum hash_id id, const struct secret *psk, const char *label,
		     struct bytes truncated, uint8_t *out)
{
	struct kdf kdf = hs->transcript.kdf;
	struct schedule13 early;
	uint8_t hash[HASH_MAX];
	int err = hash_truncated(hs, id, truncated, hash);

	kdf.hash = id;
	if (!err)
		err = schedule13_early(&early, &kdf, psk);
	if (!err)
		err = schedule13_binder(&early, &kdf, label, hash, out);
	schedule13_wipe(&early);
	return err;
}

int psk13_bind(struct hs *hs, struct buf *hello, size_t binders_len)
{
	struct bytes truncated = bytes_of(hello->p, hello->n - binders_len - 2);
	uint8_t *at = hello->p + truncated.n + 2;
	const struct secret *psk;
	enum hash_id id;
	const char *label;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < offer_count(hs); i++) {
		psk = offer_at(hs, i, &id, &label);
		err = binder_of(hs, id, psk, label, truncated, at + 1);
		at += 1 + hash_len(id);
	}
	return err ? hs_internal(hs, err, "computing a binder") : 0;
}

int psk13_chosen(struct hs *hs, uint16_t index)
{
	const struct secret *psk;
	enum hash_id id;
	const char *label;

	if (index >= offer_count(hs))
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_SERVER_HELLO,
				   "chooses a pre-shared key that was not offered", 0);
	psk = offer_at(hs, index, &id, &label);
	if (id != hs->ch->suite->hash)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_SERVER_HELLO,
				   "chooses a pre-shared key of another hash than its suite's", 0);
	secret_copy(&hs->psk, psk);
	hs->result->resumed = true;
	if (psk != &hs->session.secret) {
		hs->result->psk_identity = hs->psks[index - has_session(hs)]->identity;
		return 0;
	}
	hs->result->made = hs->session.made;
	hs->result->verified = hs->session.verified;
	return hs_restore_chain(hs);
}

/* A suite with this hash that the client has too; the one chosen already, if it will do. */
static const struct suite *suite_with(const struct hs *hs, const struct client_hello *ch,
				      const struct suite *chosen, enum hash_id id)
{
	struct bytes ours = wire_list_of(&hs->ch->cfg->suites);
	const struct suite *s;
	size_t i;

	if (chosen->hash == id || hs->retried)
		return chosen->hash == id ? chosen : NULL;
	for (i = 0; i < u16_count(ours); i++) {
		s = suite_find(u16_at(ours, i));
		if (s->version == VERSION_TLS13 && s->hash == id && u16_contains(ch->suites, s->id))
			return s;
	}
	return NULL;
}

/*
 * An external PSK is no certificate: where clients must have one, it does not count. One that is
 * bound to a host is for clients that ask for this host.
 */
static const struct psk *find_external(const struct hs *hs, const struct client_hello *ch,
				       struct bytes identity)
{
	const struct psk *p;

	if (hs->ch->cfg->verify == SEALSOCK_VERIFY_REQUIRED)
		return NULL;
	for (p = hs->ch->cfg->psks; p; p = p->next)
		if (bytes_equal(identity, bytes_of(p->identity, strlen(p->identity))) &&
		    is_for_host(p, (const char *)ch->ext.host_name.p, ch->ext.host_name.n))
			return p;
	return NULL;
}

static bool age_is_plausible(const struct session *s, uint32_t obfuscated, int64_t now)
{
	int64_t said = (uint32_t)(obfuscated - s->age_add) / 1000, ours = now - s->issued;

	return said <= ours + AGE_SLACK && said >= ours - AGE_SLACK;
}

/* 1: the ticket may be used, hs->session is its session. 0: it may not. */
static int open_ticket(struct hs *hs, const struct client_hello *ch, struct bytes identity,
		       uint32_t age)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	struct bytes host = ch->ext.host_name;
	struct session *s = &hs->session;
	int err;

	if (!cfg->ticket_count || identity.n > SESSION_TICKET_MAX)
		return 0;
	hs->session_text.n = 0;
	err = config_open_ticket(cfg, hs->transcript.kdf.scratch, identity, &hs->session_text);
	if (err)
		return err == SEALSOCK_ERR_BAD_RECORD ? 0 : err;
	if (!session_read(bytes_of(hs->session_text.p, hs->session_text.n), s) ||
	    !config_resumes(cfg, s, VERSION_TLS13, host) || !suite_find(s->suite) ||
	    !age_is_plausible(s, age, cfg->env.now(cfg->env.arg)) ||
	    (cfg->verify == SEALSOCK_VERIFY_REQUIRED && !s->verified)) {
		session_wipe(s);
		return 0;
	}
	return 1;
}

static int use_ticket(struct hs *hs)
{
	struct hs_result *r = hs->result;

	r->made = hs->session.made;
	r->client_authenticated = hs->session.verified;
	r->verified = hs->session.verified;
	return hs_restore_chain(hs);
}

/* Can this identity be used? 1: hs->psk has the key, and the suite fits it. */
static int try_identity(struct hs *hs, const struct client_hello *ch, struct bytes identity,
			uint32_t age, struct choice *c)
{
	const struct psk *p = find_external(hs, ch, identity);
	const struct suite *suite;
	int r = p ? 1 : open_ticket(hs, ch, identity, age);

	if (r <= 0)
		return r;
	suite = suite_with(hs, ch, c->suite, p ? p->hash : session_hash(hs));
	if (suite) {
		c->suite = suite;
		secret_copy(&hs->psk, p ? &p->key : &hs->session.secret);
		hs->psk_external = p;
		hs->result->psk_identity = p ? p->identity : NULL;
	}
	if (p || !suite)
		session_wipe(&hs->session);
	return suite ? 1 : 0;
}

int psk13_choose(struct hs *hs, const struct client_hello *ch, struct choice *c)
{
	struct bytes ids = ch->ext.psk_ids, identity;
	uint32_t age;
	int r;

	secret_wipe(&hs->psk);
	hs->psk_modes = ch->ext.present & EXT_BIT(EXT_PSK_KEY_EXCHANGE_MODES) &&
			memchr(ch->ext.psk_modes.p, PSK_DHE_KE, ch->ext.psk_modes.n);
	if (!(ch->ext.present & EXT_BIT(EXT_PRE_SHARED_KEY)) || !hs->psk_modes)
		return 0;
	for (c->psk_index = 0; c->psk_index < PSK_TRY_MAX; c->psk_index++) {
		if (!psk_identity_next(&ids, &identity, &age))
			break;
		r = try_identity(hs, ch, identity, age, c);
		if (r < 0)
			return hs_internal(hs, r, "opening a ticket");
		if (r)
			return 0;
	}
	return 0;
}

/* The early secret stays in hs->schedule: the handshake goes on with it. */
static int expected_binder(struct hs *hs, uint8_t *out)
{
	const struct kdf *kdf = &hs->transcript.kdf;
	uint8_t hash[HASH_MAX];
	int err = transcript_hash(&hs->transcript, hash);

	if (!err)
		err = schedule13_early(&hs->schedule, kdf, &hs->psk);
	if (!err)
		err = schedule13_binder(&hs->schedule, kdf, hs->psk_external ? LABEL_EXT_BINDER :
					LABEL_RES_BINDER, hash, out);
	return err ? hs_internal(hs, err, "computing a binder") : 0;
}

int psk13_check(struct hs *hs, const struct client_hello *ch, const struct choice *c,
		struct bytes *hello)
{
	struct bytes binders = ch->ext.psk_binders, got, truncated;
	uint8_t want[HASH_MAX];
	bool same;
	uint16_t i;
	int err;

	if (!hs->psk.n)
		return 0;
	/* pre_shared_key is last, and its binders are the last thing in it. */
	rd_bytes(hello, (size_t)(binders.p - 2 - hello->p), &truncated);
	for (i = 0; i <= c->psk_index; i++)
		psk_binder_next(&binders, &got);
	err = hs_add(hs, truncated);
	if (!err)
		err = expected_binder(hs, want);
	if (err)
		return err;
	same = got.n == c->suite->hash_len && secret_equal(got.p, want, got.n);
	wipe(want, sizeof(want));
	if (!same)
		return channel_fail(hs->ch, SEALSOCK_ERR_BAD_BINDER,
				    "the binder of a pre-shared key is wrong");
	hs->result->resumed = true;
	return hs->psk_external ? 0 : use_ticket(hs);
}
