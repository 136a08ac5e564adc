// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The client's side of the TLS 1.3 handshake. */
#include "hs/auth.h"
#include "hs/auth13.h"
#include "hs/client.h"
#include "hs/common13.h"
#include "hs/ech.h"
#include "hs/grease.h"
#include "hs/hs.h"
#include "hs/post_auth.h"
#include "hs/psk13.h"
#include "hs/resume12.h"
#include "hs/ticket13.h"
#include "record/watch.h"

enum { SHARE_ROOM = 2048 };	/* more than the largest key share */

static int new_share(struct hs *hs, uint16_t group)
{
	int err;

	kex_free(hs->kex);
	hs->kex = NULL;
	err = kex_new(hs->ch->cfg->crypto, hs->ch->env, group, &hs->kex);
	return err ? hs_internal(hs, err, "making a key share") : 0;
}

/* What a ClientHello points to while it is built. */
struct lists {
	struct wire_list suites;
	struct buf shares, ids, binders;
	struct greased greased;
};

/* An inner hello speaks nothing but TLS 1.3 (RFC 9849 §6.1). */
static struct bytes suites_of(const struct hs *hs, bool inner, struct wire_list *room)
{
	struct bytes all = wire_list_of(&hs->suites);
	uint16_t s;

	if (!inner)
		return all;
	room->n = 0;
	while (rd_u16(&all, &s)) {
		if (suite_find(s)->version != VERSION_TLS13)
			continue;
		room->b[room->n++] = (uint8_t)(s >> 8);
		room->b[room->n++] = (uint8_t)s;
	}
	return wire_list_of(room);
}

static void describe(struct hs *hs, bool inner, struct lists *l, struct client_hello *ch)
{
	const struct host *host = ech_has_inner(hs) && !inner ? &hs->ech->public_name : hs->host;
	const struct sealsock_config *cfg = hs->ch->cfg;
	static const uint8_t version13[] = { 3, 4 }, modes[] = { PSK_DHE_KE };
	static const uint8_t no_compression;
	struct ext_set *e = &ch->ext;

	*ch = (struct client_hello){
		.legacy_version = VERSION_TLS12,
		.random = bytes_of(hs->ech ? hs->ech->random[inner] : hs->random, HELLO_RANDOM),
		.session_id = bytes_of(hs->session_id, hs->session_id_len),
		.suites = suites_of(hs, inner, &l->suites),
		.compression = bytes_of(&no_compression, 1),
	};
	e->present = EXT_BIT(EXT_SUPPORTED_GROUPS) | EXT_BIT(EXT_SIGNATURE_ALGORITHMS) |
		     EXT_BIT(EXT_KEY_SHARE) | EXT_BIT(EXT_SUPPORTED_VERSIONS) |
		     EXT_BIT(EXT_PSK_KEY_EXCHANGE_MODES) | EXT_BIT(EXT_STATUS_REQUEST);
	e->psk_modes = bytes_of(modes, sizeof(modes));
	e->groups = wire_list_of(&cfg->groups);
	e->sigalgs = wire_list_of(&cfg->sigalgs);
	e->versions = bytes_of(version13, sizeof(version13));
	if (host->kind == HOST_DNS) {
		e->present |= EXT_BIT(EXT_SERVER_NAME);
		e->host_name = bytes_of(host->name, strlen(host->name));
	}
	if (cfg->alpn.n) {
		e->present |= EXT_BIT(EXT_ALPN);
		e->alpn = bytes_of(cfg->alpn.p, cfg->alpn.n);
	}
	if (cfg->record_size_limit) {
		e->present |= EXT_BIT(EXT_RECORD_SIZE_LIMIT);
		e->record_limit = (uint16_t)(cfg->record_size_limit +
					     config_has_version(cfg, VERSION_TLS13));
	}
	if (cfg->post_auth && config_has_version(cfg, VERSION_TLS13))
		e->present |= EXT_BIT(EXT_POST_HANDSHAKE_AUTH);
	if (hs->cookie.n) {
		e->present |= EXT_BIT(EXT_COOKIE);
		e->cookie = bytes_of(hs->cookie.p, hs->cookie.n);
	}
	e->ech_inner = inner;
	if (inner)
		e->present |= EXT_BIT(EXT_ENCRYPTED_CLIENT_HELLO);
	else
		client_offer12(hs, ch);
}

static int add_lists(struct hs *hs, bool inner, struct lists *l, struct client_hello *ch)
{
	struct builder shares = { .buf = &l->shares }, ids = { .buf = &l->ids };
	struct builder binders = { .buf = &l->binders };
	bool grease = hs->ch->cfg->grease;

	l->shares.n = 0;
	l->greased.alpn.n = 0;
	/* A share that a HelloRetryRequest asked for comes alone (§4.2.8). */
	if (hs->kex && grease && !hs->retry_group)
		grease_share(&hs->grease, &shares);
	if (hs->kex) {
		wr_u16(&shares, kex_group(hs->kex));
		wr_vec16(&shares, kex_share(hs->kex));
	}
	/* RFC 9849 §6.1: outside of an inner hello stands what looks like its PSKs. */
	if (inner || !ech_has_inner(hs)) {
		l->ids.n = 0;
		l->binders.n = 0;
		if (hs->kex && ech_state(hs) != SEALSOCK_ECH_REJECTED)
			psk13_offer(hs, &ids, &binders);
	}
	if (l->ids.n)
		ch->ext.present |= EXT_BIT(EXT_PRE_SHARED_KEY);
	ch->ext.shares = bytes_of(l->shares.p, l->shares.n);
	ch->ext.psk_ids = bytes_of(l->ids.p, l->ids.n);
	ch->ext.psk_binders = bytes_of(l->binders.p, l->binders.n);
	if (shares.bad || ids.bad || binders.bad)
		return SEALSOCK_ERR_NOMEM;
	return grease ? grease_hello(&hs->grease, &l->greased, ch) : 0;
}

/* What is no secret and the same in both hellos: it is sent in the outer one only. */
static uint32_t common_extensions(const struct hs *hs)
{
	uint32_t same = EXT_BIT(EXT_STATUS_REQUEST) | EXT_BIT(EXT_SUPPORTED_GROUPS) |
			EXT_BIT(EXT_SIGNATURE_ALGORITHMS) | EXT_BIT(EXT_ALPN) |
			EXT_BIT(EXT_RECORD_SIZE_LIMIT) | EXT_BIT(EXT_PSK_KEY_EXCHANGE_MODES) |
			EXT_BIT(EXT_POST_HANDSHAKE_AUTH) | EXT_BIT(EXT_KEY_SHARE) |
			EXT_BIT(EXT_COOKIE);

	if (!config_has_version(hs->ch->cfg, VERSION_TLS12))
		same |= EXT_BIT(EXT_SUPPORTED_VERSIONS);
	return same;
}

/* The inner hello, and what of it is encrypted; of GREASE only the latter's length matters. */
static int build_inner(struct hs *hs, struct lists *l)
{
	struct ech *e = hs->ech;
	struct builder inner = { .buf = &e->inner }, plain = { .buf = &e->plain };
	struct client_hello ch;
	int err;

	describe(hs, true, l, &ch);
	err = add_lists(hs, true, l, &ch);
	e->offered = ch.ext.present;
	ch.ext.run = common_extensions(hs);
	e->inner.n = 0;
	e->plain.n = 0;
	client_hello_build(&ch, &inner);
	if (err || inner.bad)
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "making the ClientHello");
	if (l->binders.n && ech_has_inner(hs))
		err = psk13_bind(hs, &e->inner, l->binders.n);
	if (err)
		return err;
	ch.session_id = bytes_of(NULL, 0);
	ch.ext.run_outside = true;
	ch.ext.psk_binders = bytes_of(e->inner.p + e->inner.n - l->binders.n, l->binders.n);
	client_hello_build(&ch, &plain);
	if (plain.bad)
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "making the ClientHello");
	if (ech_has_inner(hs))
		TRACE(inner, hs->ch, SEALSOCK_DIR_SENT, bytes_of(e->inner.p, e->inner.n));
	return ech_pad(hs);
}

/* RFC 9849 §6.1.2: as many identities and binders, as long, and nothing in them. */
static int grease_psks(struct hs *hs, struct lists *l)
{
	struct bytes ids = bytes_of(l->ids.p, l->ids.n), one;
	struct bytes binders = bytes_of(l->binders.p, l->binders.n);
	uint32_t age;
	int err = 0;

	/* The age, too, which follows the identity. */
	while (!err && psk_identity_next(&ids, &one, &age))
		err = hs_random(hs, l->ids.p + (one.p - l->ids.p), one.n + sizeof(age));
	while (!err && psk_binder_next(&binders, &one))
		err = hs_random(hs, l->binders.p + (one.p - l->binders.p), one.n);
	return err;
}

static int build_outer(struct hs *hs, struct lists *l)
{
	struct builder w = { .buf = &hs->hello };
	struct client_hello ch;
	int err;

	describe(hs, false, l, &ch);
	if (add_lists(hs, false, l, &ch))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "making the ClientHello");
	err = hs->ech ? ech_outer(hs, &ch.ext) : 0;
	if (err)
		return err;
	hs->offered = ch.ext.present;
	hs->hello.n = 0;
	client_hello_build(&ch, &w);
	/* RFC 7685 §4: from 256 to 511 bytes some servers hang. */
	if (!w.bad && hs->hello.n >= 256 && hs->hello.n < 512) {
		ch.ext.present |= EXT_BIT(EXT_PADDING);
		ch.ext.padding = hs->hello.n < 508 ? 508 - hs->hello.n : 0;
		hs->hello.n = 0;
		client_hello_build(&ch, &w);
	}
	return w.bad ? hs_internal(hs, SEALSOCK_ERR_NOMEM, "making the ClientHello") : 0;
}

static int build_hello(struct hs *hs, struct lists *l)
{
	int err = 0;

	/* After a HelloRetryRequest what has no meaning stays as it is. */
	if (ech_has_inner(hs) || (hs->ech && !hs->retried))
		err = build_inner(hs, l);
	if (!err && ech_has_inner(hs))
		err = grease_psks(hs, l);
	if (!err)
		err = build_outer(hs, l);
	if (err)
		return err;
	if (ech_has_inner(hs))
		return ech_seal(hs, &hs->hello);
	return l->binders.n ? psk13_bind(hs, &hs->hello, l->binders.n) : 0;
}

/* Writes the ClientHello from what is set in @hs, and sends it. */
static int send_hello(struct hs *hs)
{
	struct lists l;
	int err;

	buf_init(&l.shares, hs->ch->env);
	buf_init(&l.ids, hs->ch->env);
	buf_init(&l.binders, hs->ch->env);
	buf_init(&l.greased.alpn, hs->ch->env);
	err = build_hello(hs, &l);
	buf_free(&l.shares);
	buf_free(&l.ids);
	buf_free(&l.binders);
	buf_free(&l.greased.alpn);
	return err ? err : hs_send(hs, bytes_of(hs->hello.p, hs->hello.n));
}

/*
 * The session to be offered: the one that was set, or one of the store. It must fit the host, the
 * trust, and a suite that is offered.
 */
static int find_session(struct hs *hs)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	struct bytes host = bytes_of(hs->host->name, strlen(hs->host->name));
	const struct sealsock_session_store *store = &cfg->store;
	struct session *s = &hs->session;
	uint8_t room[SERVER_ID_MAX];

	if (!hs->session_text.n && store->take &&
	    !hs_fetch_session(hs, store->take,
			      client_server_id(hs->ch, hs->result, host, room)))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "taking a session");
	if (!session_read(bytes_of(hs->session_text.p, hs->session_text.n), s) ||
	    !config_resumes(cfg, s, s->version, host) || !config_has_version(cfg, s->version) ||
	    (s->version == VERSION_TLS13 ? !s->ticket.n : !resume12_usable(s)) ||
	    (ech_has_inner(hs) && s->version != VERSION_TLS13) ||
	    !u16_contains(wire_list_of(&hs->suites), s->suite))
		session_wipe(s);
	return resume12_session_id(hs);
}

int client_start(struct hs *hs)
{
	int err;

	hs->result->ems = true;
	if (hs->host->kind == HOST_DNS) {
		hs->result->sni = mem_strndup(hs->ch->env, hs->host->name,
					      strlen(hs->host->name));
		if (!hs->result->sni)
			return hs_internal(hs, SEALSOCK_ERR_NOMEM, "making the ClientHello");
	}
	config_offer(hs->ch->cfg, &hs->suites);
	err = hs_random(hs, hs->random, sizeof(hs->random));
	if (!err && hs->ch->cfg->grease)
		err = hs_random(hs, &hs->grease, sizeof(hs->grease));
	if (config_has_version(hs->ch->cfg, VERSION_TLS13)) {
		/* RFC 8446 §D.4: a session id makes this look like a resumption to middleboxes. */
		hs->session_id_len = SESSION_ID_MAX;
		if (!err)
			err = hs_random(hs, hs->session_id, hs->session_id_len);
		if (!err)
			err = new_share(hs, u16_at(wire_list_of(&hs->ch->cfg->groups), 0));
	}
	if (!err)
		err = ech_client_start(hs);
	if (!err)
		err = find_session(hs);
	if (!err)
		err = send_hello(hs);
	hs->hello_seen = true;
	if (err)
		return err;
	/* §5.1: the first record's version is 0x0301, for servers that look at it. */
	hs->ch->out.p[2] = 1;
	return 0;
}

/* What ServerHello and HelloRetryRequest have to get right alike (§4.1.3, §4.1.4). */
static int check_hello(struct hs *hs, struct server_hello *sh, unsigned int msg)
{
	int err;

	if (!ext_block_has(sh->ext_block, ext_type(EXT_SUPPORTED_VERSIONS)) ||
	    sh->legacy_version == 0x0300) {
		if (server_hello_downgraded(sh))
			return channel_fail(hs->ch, SEALSOCK_ERR_DOWNGRADE,
					    "someone made the server answer with an older version");
		return channel_fail(hs->ch, SEALSOCK_ERR_VERSION,
				    "the server does not speak TLS 1.3");
	}
	err = ech_settle(hs, sh);
	if (err)
		return err;
	err = server_hello_parse_ext(sh, hs->offered);
	if (err)
		return hs_fail_msg(hs, err, msg, sh->why, sh->ext.bad_type);
	if (sh->ext.version != VERSION_TLS13 || sh->legacy_version != VERSION_TLS12)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, msg, "has a version not offered", 0);
	if (!bytes_equal(sh->session_id, bytes_of(hs->session_id, hs->session_id_len)))
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, msg, "does not echo the session id",
				   0);
	if (sh->compression)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, msg, "chooses compression", 0);
	if (!u16_contains(wire_list_of(&hs->suites), sh->suite) ||
	    suite_find(sh->suite)->version != VERSION_TLS13)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, msg,
				   "chooses a cipher suite that was not offered", 0);
	hs->ch->suite = suite_find(sh->suite);
	hs->result->version = VERSION_TLS13;
	return 0;
}

/* Begins the transcript, now that its hash is known, with the first ClientHello. */
static int begin_transcript(struct hs *hs)
{
	int err = transcript_start(&hs->transcript, hs->ch->suite->hash);

	if (err)
		return hs_internal(hs, err, "hashing the handshake");
	return hs_add(hs, bytes_of(hs->hello.p, hs->hello.n));
}

/* The group of a HelloRetryRequest must be one we named and sent no share of (§4.2.8). */
static int take_retry_group(struct hs *hs, const struct server_hello *sh)
{
	uint16_t group = sh->ext.share_group;

	if (!u16_contains(wire_list_of(&hs->ch->cfg->groups), group))
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_HELLO_RETRY_REQUEST,
				   "asks for a group that was not offered", 0);
	if (group == kex_group(hs->kex))
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_HELLO_RETRY_REQUEST,
				   "asks for the key share that it was sent", 0);
	hs->retry_group = group;
	return new_share(hs, group);
}

int client_on_hello_retry(struct hs *hs, struct bytes body)
{
	uint32_t answers = EXT_BIT(EXT_KEY_SHARE) | EXT_BIT(EXT_COOKIE);
	struct server_hello sh;
	int err = server_hello_parse(body, &sh);

	if (err)
		return hs_fail_msg(hs, err, MSG_HELLO_RETRY_REQUEST, sh.why, 0);
	err = check_hello(hs, &sh, MSG_HELLO_RETRY_REQUEST);
	if (err)
		return err;
	if (!(sh.ext.present & answers))
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_HELLO_RETRY_REQUEST,
				   "asks for no change", 0);
	/* It comes back beside what was there, and a share that may be larger. */
	if (sh.ext.present & EXT_BIT(EXT_COOKIE) &&
	    sh.ext.cookie.n + hs->hello.n + SHARE_ROOM > 0xffff)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_HELLO_RETRY_REQUEST,
				   "has a cookie that no ClientHello has room for", 0);
	if (sh.ext.present & EXT_BIT(EXT_COOKIE) &&
	    !buf_append(&hs->cookie, sh.ext.cookie.p, sh.ext.cookie.n))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the cookie");

	err = begin_transcript(hs);
	if (!err && transcript_fold(&hs->transcript))
		err = hs_internal(hs, SEALSOCK_ERR_CRYPTO, "hashing the handshake");
	if (!err)
		err = hs_add(hs, hs->whole);
	if (!err && sh.ext.present & EXT_BIT(EXT_KEY_SHARE))
		err = take_retry_group(hs, &sh);
	if (err)
		return err;
	hs->retried = true;
	hs->result->retried = true;
	hs->retry_suite = sh.suite;
	hs->ch->ccs_due = hs->session_id_len;
	return send_hello(hs);
}

/* The key exchange: our share and the server's. */
static int exchange(struct hs *hs, const struct server_hello *sh)
{
	uint8_t shared[KEX_SECRET_MAX];
	size_t n;
	int err;

	if (!(sh->ext.present & EXT_BIT(EXT_KEY_SHARE)))
		return hs_fail_msg(hs, SEALSOCK_ERR_MISSING_EXT, MSG_SERVER_HELLO,
				   "lacks key_share", 0);
	if (sh->ext.share_group != kex_group(hs->kex))
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_SERVER_HELLO,
				   "has a key share of another group than ours", 0);
	err = kex_derive(hs->kex, sh->ext.share, shared, &n);
	if (err == SEALSOCK_ERR_ILLEGAL)
		err = hs_fail_msg(hs, err, MSG_SERVER_HELLO, "has an invalid key share", 0);
	else if (err)
		err = hs_internal(hs, err, "computing the shared secret");
	else
		err = hs_handshake_keys(hs, bytes_of(shared, n));
	wipe(shared, sizeof(shared));
	kex_free(hs->kex);
	hs->kex = NULL;
	return err;
}

int client_on_server_hello(struct hs *hs, struct bytes body)
{
	struct server_hello sh;
	int err = server_hello_parse(body, &sh);

	if (err)
		return hs_fail_msg(hs, err, MSG_SERVER_HELLO, sh.why, 0);
	err = check_hello(hs, &sh, MSG_SERVER_HELLO);
	if (err)
		return err;
	if (hs->retried && sh.suite != hs->retry_suite)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_SERVER_HELLO,
				   "chooses another cipher suite than the HelloRetryRequest", 0);
	err = hs->retried ? hs_add(hs, bytes_of(hs->hello.p, hs->hello.n)) : begin_transcript(hs);
	if (!err)
		err = hs_add(hs, hs->whole);
	if (err)
		return err;
	hs->result->made = hs->ch->env->now(hs->ch->env->arg);
	if (sh.ext.present & EXT_BIT(EXT_PRE_SHARED_KEY)) {
		err = psk13_chosen(hs, sh.ext.psk_chosen);
		if (err)
			return err;
	}
	hs->result->group = sh.ext.share_group;
	if (!hs->retried)
		hs->ch->ccs_due = hs->session_id_len;
	buf_free(&hs->hello);
	return exchange(hs, &sh);
}

/* RFC 7301 §3.1: the server may only choose what was offered. */
int client_take_alpn(struct hs *hs, struct bytes chosen, unsigned int msg)
{
	struct bytes list = bytes_of(hs->ch->cfg->alpn.p, hs->ch->cfg->alpn.n), name, want;

	alpn_next(&chosen, &want);
	while (alpn_next(&list, &name))
		if (bytes_equal(name, want))
			break;
	if (!bytes_equal(name, want))
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, msg,
				   "chooses a protocol that was not offered", 0);
	hs->result->alpn = mem_strndup(hs->ch->env, want.p, want.n);
	return hs->result->alpn ? 0 : hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the protocol");
}

int client_on_encrypted_extensions(struct hs *hs, struct bytes body)
{
	struct encrypted_extensions ee;
	uint32_t offered = hs->offered;
	int err;

	/* RFC 9849 §5: to an inner hello this is no answer. */
	if (ech_state(hs) == SEALSOCK_ECH_ACCEPTED)
		offered &= ~EXT_BIT(EXT_ENCRYPTED_CLIENT_HELLO);
	err = encrypted_extensions_parse(body, &ee, offered);
	if (err)
		return hs_fail_msg(hs, err, MSG_ENCRYPTED_EXTENSIONS, ee.why, ee.ext.bad_type);
	if (ech_state(hs) == SEALSOCK_ECH_REJECTED &&
	    !buf_append(&hs->result->ech_retry, ee.ext.ech.p, ee.ext.ech.n))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the keys of ECH");
	if (ee.ext.present & EXT_BIT(EXT_ALPN)) {
		err = client_take_alpn(hs, ee.ext.alpn, MSG_ENCRYPTED_EXTENSIONS);
		if (err)
			return err;
	}
	if (ee.ext.present & EXT_BIT(EXT_RECORD_SIZE_LIMIT))
		channel_set_limit(hs->ch, ee.ext.record_limit, true);
	err = hs_add(hs, hs->whole);
	return !err && hs->psk.n ? HS_OTHER : err;
}

int client_on_certificate_request(struct hs *hs, struct bytes body)
{
	struct certificate_request cr;
	struct wanted want;
	int err = certificate_request_parse(body, &cr);

	if (err)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE_REQUEST, cr.why, cr.ext.bad_type);
	if (cr.context.n)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_CERTIFICATE_REQUEST,
				   "has a context during the handshake", 0);
	hs->client_cert_asked = true;
	want = (struct wanted){ .names = cr.ext.authorities, .schemes = cr.ext.sigalgs };
	/* RFC 9849 §6.1.7: who rejected ECH is not whom the certificate is for. */
	if (ech_state(hs) != SEALSOCK_ECH_REJECTED)
		auth_choose_client(hs, &want, VERSION_TLS13);
	return hs_add(hs, hs->whole);
}

int client_on_certificate(struct hs *hs, struct bytes body)
{
	size_t count;
	int err = auth13_take_certificate(hs, body, &count);

	if (!err && count == 0)
		return hs_fail_msg(hs, SEALSOCK_ERR_DECODE, MSG_CERTIFICATE,
				   "of a server is empty", 0);
	return err;
}

int client_on_certificate_verify(struct hs *hs, struct bytes body)
{
	return auth13_take_verify(hs, body);
}

/* The end of our second flight; from here on application keys. */
static int send_finished(struct hs *hs)
{
	const struct kdf *kdf = &hs->transcript.kdf;
	struct channel *ch = hs->ch;
	int err = hs_add_finished(hs, &hs->client_secret);

	if (!err)
		err = hs_send(hs, bytes_of(hs->flight.p, hs->flight.n));
	if (err)
		return err;
	err = channel_key(ch, &ch->rx, kdf, &ch->rx_secret);
	if (!err)
		err = channel_key(ch, &ch->tx, kdf, &ch->tx_secret);
	if (err)
		return hs_internal(hs, err, "deriving the application keys");
	err = ech_refuse(hs);
	if (err)
		return err;
	if (!hs->result->resumed)
		hs->result->verified = ch->cfg->verify == SEALSOCK_VERIFY_REQUIRED;
	hs->post_auth = hs->offered & EXT_BIT(EXT_POST_HANDSHAKE_AUTH);
	err = post_auth_keep(hs);
	return err ? err : ticket13_secret(hs, &hs->result->resumption);
}

static int signature_made(struct hs *hs, struct bytes signature)
{
	int err = auth13_add_verify(hs, signature);

	hs->result->client_cert_sent = true;
	return err ? err : send_finished(hs);
}

/* Our second flight: what the server asked for, and Finished. */
static int server_accepted(struct hs *hs, struct bytes none)
{
	int err;

	(void)none;
	hs->flight.n = 0;
	if (!hs->client_cert_asked)
		return send_finished(hs);
	err = auth13_add_certificate(hs, hs->cred, false);
	if (err)
		return err;
	return hs->cred ? auth13_sign(hs, signature_made) : send_finished(hs);
}

int client_on_finished(struct hs *hs, struct bytes body)
{
	int err = hs_check_finished(hs, &hs->server_secret, body);

	if (!err)
		err = hs_add(hs, hs->whole);
	if (!err)
		err = hs_application_secrets(hs);
	if (!err)
		err = auth_ask_application(hs, server_accepted);
	return err ? err : server_accepted(hs, bytes_of(NULL, 0));
}
