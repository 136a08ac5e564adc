// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The client's side of the TLS 1.3 handshake. */
#include "hs/auth.h"
#include "hs/auth13.h"
#include "hs/client.h"
#include "hs/common13.h"
#include "hs/grease.h"
#include "hs/hs.h"
#include "hs/post_auth.h"
#include "hs/psk13.h"
#include "hs/resume12.h"
#include "hs/ticket13.h"

static int new_share(struct hs *hs, uint16_t group)
{
	int err;

	kex_free(hs->kex);
	hs->kex = NULL;
	err = kex_new(hs->ch->cfg->crypto, hs->ch->env, group, &hs->kex);
	return err ? hs_internal(hs, err, "making a key share") : 0;
}

static void describe(struct hs *hs, struct client_hello *ch)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	static const uint8_t version13[] = { 3, 4 }, modes[] = { PSK_DHE_KE };
	static const uint8_t no_compression;
	struct ext_set *e = &ch->ext;

	*ch = (struct client_hello){
		.legacy_version = VERSION_TLS12,
		.random = bytes_of(hs->random, sizeof(hs->random)),
		.session_id = bytes_of(hs->session_id, hs->session_id_len),
		.suites = wire_list_of(&hs->suites),
		.compression = bytes_of(&no_compression, 1),
	};
	e->present = EXT_BIT(EXT_SUPPORTED_GROUPS) | EXT_BIT(EXT_SIGNATURE_ALGORITHMS) |
		     EXT_BIT(EXT_KEY_SHARE) | EXT_BIT(EXT_SUPPORTED_VERSIONS) |
		     EXT_BIT(EXT_PSK_KEY_EXCHANGE_MODES) | EXT_BIT(EXT_STATUS_REQUEST);
	e->psk_modes = bytes_of(modes, sizeof(modes));
	e->groups = wire_list_of(&cfg->groups);
	e->sigalgs = wire_list_of(&cfg->sigalgs);
	e->versions = bytes_of(version13, sizeof(version13));
	if (hs->host->kind == HOST_DNS) {
		e->present |= EXT_BIT(EXT_SERVER_NAME);
		e->host_name = bytes_of(hs->host->name, strlen(hs->host->name));
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
	client_offer12(hs, ch);
}

/* The lists that a ClientHello points to while it is built. */
struct lists {
	struct buf shares, ids, binders;
	struct greased greased;
};

static int add_lists(struct hs *hs, struct lists *l, struct client_hello *ch)
{
	struct builder shares = { .buf = &l->shares }, ids = { .buf = &l->ids };
	struct builder binders = { .buf = &l->binders };
	bool grease = hs->ch->cfg->grease;

	/* A share that a HelloRetryRequest asked for comes alone (§4.2.8). */
	if (hs->kex && grease && !hs->retry_group)
		grease_share(&hs->grease, &shares);
	if (hs->kex) {
		wr_u16(&shares, kex_group(hs->kex));
		wr_vec16(&shares, kex_share(hs->kex));
	}
	if (hs->kex && psk13_offer(hs, &ids, &binders) > 0)
		ch->ext.present |= EXT_BIT(EXT_PRE_SHARED_KEY);
	ch->ext.shares = bytes_of(l->shares.p, l->shares.n);
	ch->ext.psk_ids = bytes_of(l->ids.p, l->ids.n);
	ch->ext.psk_binders = bytes_of(l->binders.p, l->binders.n);
	if (shares.bad || ids.bad || binders.bad)
		return SEALSOCK_ERR_NOMEM;
	return grease ? grease_hello(&hs->grease, &l->greased, ch) : 0;
}

static int build_hello(struct hs *hs, struct lists *l)
{
	struct builder w = { .buf = &hs->hello };
	struct client_hello ch;
	int err;

	describe(hs, &ch);
	err = add_lists(hs, l, &ch);
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
	if (err || w.bad)
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "making the ClientHello");
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
	int err = encrypted_extensions_parse(body, &ee, hs->offered);

	if (err)
		return hs_fail_msg(hs, err, MSG_ENCRYPTED_EXTENSIONS, ee.why, ee.ext.bad_type);
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
