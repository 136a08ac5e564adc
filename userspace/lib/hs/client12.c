// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The client's side of the TLS 1.2 handshake. */
#include "hs/auth.h"
#include "hs/auth13.h"
#include "hs/client.h"
#include "hs/common12.h"
#include "hs/common13.h"
#include "hs/ech.h"
#include "hs/hs.h"
#include "hs/kex12.h"
#include "hs/resume12.h"

/* Is a suite among them that must not go without encrypt_then_mac? */
static bool offers_cbc(struct bytes suites)
{
	const struct suite *s;
	size_t i;

	for (i = 0; i < u16_count(suites); i++) {
		s = suite_find(u16_at(suites, i));	/* NULL: GREASE (RFC 8701) */
		if (s && s->mac_len)
			return true;
	}
	return false;
}

void client_offer12(struct hs *hs, struct client_hello *ch)
{
	static const uint8_t uncompressed;
	static const uint8_t both[] = { 3, 4, 3, 3 };
	const struct sealsock_config *cfg = hs->ch->cfg;
	struct ext_set *e = &ch->ext;

	if (!config_has_version(cfg, VERSION_TLS12))
		return;
	e->present |= EXT_BIT(EXT_EC_POINT_FORMATS) | EXT_BIT(EXT_EXTENDED_MASTER_SECRET) |
		      EXT_BIT(EXT_RENEGOTIATION_INFO) | EXT_BIT(EXT_SESSION_TICKET);
	if (offers_cbc(ch->suites))
		e->present |= EXT_BIT(EXT_ENCRYPT_THEN_MAC);
	if (hs->session.secret.n && hs->session.version == VERSION_TLS12)
		e->ticket = hs->session.ticket;
	e->point_formats = bytes_of(&uncompressed, 1);
	e->versions = bytes_of(both, sizeof(both));
	if (!config_has_version(cfg, VERSION_TLS13))
		e->present &= ~(EXT_BIT(EXT_SUPPORTED_VERSIONS) | EXT_BIT(EXT_KEY_SHARE) |
				EXT_BIT(EXT_PSK_KEY_EXCHANGE_MODES));
}

static int bad_hello(struct hs *hs, int code, const char *why)
{
	return hs_fail_msg(hs, code, MSG_SERVER_HELLO, why, 0);
}

/* RFC 5246 §7.4.1.3: the server's choices among what was offered. */
static int check_choices(struct hs *hs, const struct server_hello *sh)
{
	const struct suite *s = suite_find(sh->suite);

	if (!s || s->version != VERSION_TLS12 ||
	    !u16_contains(wire_list_of(&hs->suites), sh->suite))
		return bad_hello(hs, SEALSOCK_ERR_ILLEGAL,
				 "chooses a cipher suite that was not offered");
	if (sh->compression)
		return bad_hello(hs, SEALSOCK_ERR_ILLEGAL, "chooses compression");
	hs->v12.resumed = sh->session_id.n &&
			  bytes_equal(sh->session_id, bytes_of(hs->session_id,
							       hs->session_id_len));
	/* The session id that RFC 8446 §D.4 sends is nobody's session. */
	if (hs->v12.resumed &&
	    (!hs->session.secret.n || hs->session.version != VERSION_TLS12))
		return bad_hello(hs, SEALSOCK_ERR_ILLEGAL, "resumes a session that is not there");
	if (hs->v12.resumed && hs->session.suite != sh->suite)
		return bad_hello(hs, SEALSOCK_ERR_ILLEGAL, "resumes with another cipher suite");
	hs->ch->suite = s;
	return 0;
}

/* What an attacker in the middle would leave out (RFC 5746 §3.4, RFC 7627 §5.2, RFC 7366 §3). */
static int check_protection(struct hs *hs, const struct server_hello *sh)
{
	bool etm = sh->ext.present & EXT_BIT(EXT_ENCRYPT_THEN_MAC);
	bool ems = sh->ext.present & EXT_BIT(EXT_EXTENDED_MASTER_SECRET);

	if (!(sh->ext.present & EXT_BIT(EXT_RENEGOTIATION_INFO)) || sh->ext.renegotiated.n)
		return bad_hello(hs, SEALSOCK_ERR_UNPROTECTED, "lacks an empty renegotiation_info");
	/* All sessions have one: who resumes without it is not who made them (RFC 7627 §5.3). */
	if (!ems && (config_wants_ems(hs->ch->cfg) || hs->v12.resumed))
		return bad_hello(hs, SEALSOCK_ERR_UNPROTECTED, "lacks extended_master_secret");
	if (hs->ch->suite->mac_len && !etm)
		return bad_hello(hs, SEALSOCK_ERR_UNPROTECTED,
				 "chooses a CBC suite without encrypt_then_mac");
	if (etm && !hs->ch->suite->mac_len)
		return bad_hello(hs, SEALSOCK_ERR_ILLEGAL,
				 "has encrypt_then_mac with a suite that needs none");
	hs->result->ems = ems;
	return 0;
}

static int read_hello(struct hs *hs, struct bytes body, struct server_hello *sh)
{
	int err = server_hello_parse(body, sh);

	if (err)
		return bad_hello(hs, err, sh->why);
	if (sh->legacy_version != VERSION_TLS12)
		return channel_fail(hs->ch, SEALSOCK_ERR_VERSION,
				    "the server chooses version %u.%u", sh->legacy_version >> 8,
				    sh->legacy_version & 0xff);
	/* RFC 8446 §4.1.3: a server of TLS 1.3 says so when it answers with 1.2. */
	if (config_has_version(hs->ch->cfg, VERSION_TLS13) && server_hello_downgraded(sh))
		return channel_fail(hs->ch, SEALSOCK_ERR_DOWNGRADE,
				    "someone made the server answer with an older version");
	/* RFC 9849 §6.1.4: this version rejects what it does not have, and cannot answer it. */
	ech_reject(hs);
	hs->offered &= ~EXT_BIT(EXT_ENCRYPTED_CLIENT_HELLO);
	err = server_hello_parse_ext(sh, hs->offered);
	if (err)
		return hs_fail_msg(hs, err, MSG_SERVER_HELLO, sh->why, sh->ext.bad_type);
	err = check_choices(hs, sh);
	return err ? err : check_protection(hs, sh);
}

/* The server's change_cipher_spec, or a new ticket, is next. */
static int resume(struct hs *hs)
{
	int err = hs12_resume_keys(hs);

	hs12_log_end(hs);
	if (!err)
		err = resume12_use(hs);
	if (err)
		return err;
	return hs->v12.ticket_due ? HS_THIRD : HS_OTHER;
}

int client_on_server_hello12(struct hs *hs, struct bytes body)
{
	struct server_hello sh;
	int err;

	if (hs->v12.early_ccs)
		return channel_fail(hs->ch, SEALSOCK_ERR_UNEXPECTED,
				    "change_cipher_spec came before the ServerHello");
	err = read_hello(hs, body, &sh);
	if (!err && sh.ext.present & EXT_BIT(EXT_RECORD_SIZE_LIMIT))
		channel_set_limit(hs->ch, sh.ext.record_limit, false);
	if (!err && sh.ext.present & EXT_BIT(EXT_ALPN))
		err = client_take_alpn(hs, sh.ext.alpn, MSG_SERVER_HELLO);
	if (err)
		return err;
	hs->result->version = VERSION_TLS12;
	memcpy(hs->v12.server_random, sh.random.p, HELLO_RANDOM);
	/* A key share is of no use in TLS 1.2: its key is used in no other exchange. */
	kex_free(hs->kex);
	hs->kex = NULL;
	hs->v12.logging = hs->ch->cfg->creds;
	err = transcript_start(&hs->transcript, hs->ch->suite->hash);
	if (err)
		return hs_internal(hs, err, "hashing the handshake");
	err = hs_add(hs, bytes_of(hs->hello.p, hs->hello.n));
	buf_free(&hs->hello);
	if (!err)
		err = hs_add(hs, hs->whole);
	if (err)
		return err;
	hs->v12.ticket_due = sh.ext.present & EXT_BIT(EXT_SESSION_TICKET);
	hs->v12.status_due = sh.ext.present & EXT_BIT(EXT_STATUS_REQUEST);
	if (hs->v12.resumed)
		return resume(hs);
	session_wipe(&hs->session);
	hs->session_id_len = (uint8_t)sh.session_id.n;
	if (sh.session_id.n)
		memcpy(hs->session_id, sh.session_id.p, sh.session_id.n);
	return 0;
}

int client_on_certificate12(struct hs *hs, struct bytes body)
{
	const struct suite *s = hs->ch->suite;
	bool rsa = s->kx == KX_RSA;
	struct certificate c;
	int err = certificate12_parse(body, &c);

	if (err)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE, c.why, 0);
	if (c.count == 0)
		return hs_fail_msg(hs, SEALSOCK_ERR_DECODE, MSG_CERTIFICATE,
				   "of a server is empty", 0);
	err = auth_take_chain(hs, c.certs, c.count);
	if (err)
		return err;
	if (auth_of(cert_key_kind(hs->leaf)) != s->auth)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_CERTIFICATE,
				   "has a key that is not for the cipher suite", 0);
	/* RFC 5246 §7.4.2 */
	if (rsa && !cert_can_encrypt(hs->leaf))
		return hs_fail_msg(hs, SEALSOCK_ERR_CERT_USAGE, MSG_CERTIFICATE,
				   "has a key that may not encrypt", 0);
	err = hs_add(hs, hs->whole);
	if (err)
		return err;
	if (hs->v12.status_due)
		return rsa ? HS_FOURTH : HS_THIRD;
	return rsa ? HS_OTHER : 0;
}

int client_on_certificate_status(struct hs *hs, struct bytes body)
{
	const char *why = NULL;
	struct bytes ocsp;
	int err = certificate_status_parse(body, &ocsp, &why);

	if (err)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE_STATUS, why, 0);
	err = auth_take_staple(hs, ocsp);
	return err ? err : hs_add(hs, hs->whole);
}

static int check_scheme(struct hs *hs, const struct server_key_exchange *ske)
{
	if (!u16_contains(wire_list_of(&hs->ch->cfg->sigalgs), ske->scheme))
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_SERVER_KEY_EXCHANGE,
				   "uses a signature scheme that was not offered", 0);
	return 0;
}

static int check_signature(struct hs *hs, const struct server_key_exchange *ske)
{
	uint8_t content[SIGNED_PARAMS_MAX];
	size_t n = server_key_exchange_content(hs->random, hs->v12.server_random, ske->params,
					       content);
	int err = cert_verify(hs->leaf, sigscheme_find(ske->scheme), VERSION_TLS12,
			      bytes_of(content, n), ske->signature);

	if (err == SEALSOCK_ERR_ILLEGAL)
		return hs_fail_msg(hs, err, MSG_SERVER_KEY_EXCHANGE,
				   "uses a signature scheme that does not fit the certificate", 0);
	if (err == SEALSOCK_ERR_BAD_SIGNATURE)
		return hs_fail_msg(hs, err, MSG_SERVER_KEY_EXCHANGE,
				   "is not signed with the certificate's key", 0);
	return err ? hs_internal(hs, err, "verifying the signature") : 0;
}

int client_on_server_key_exchange(struct hs *hs, struct bytes body)
{
	struct server_key_exchange ske;
	int err = server_key_exchange_parse(body, hs->ch->suite->kx, &ske);

	if (err)
		return hs_fail_msg(hs, err, MSG_SERVER_KEY_EXCHANGE, ske.why, 0);
	err = kex12_take_params(hs, &ske);
	if (!err)
		err = check_scheme(hs, &ske);
	if (!err)
		err = check_signature(hs, &ske);
	if (err)
		return err;
	hs->result->scheme = ske.scheme;
	return hs_add(hs, hs->whole);
}

int client_on_certificate_request12(struct hs *hs, struct bytes body)
{
	struct certificate_request12 cr;
	struct wanted want;
	int err = certificate_request12_parse(body, &cr);

	if (err)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE_REQUEST, cr.why, 0);
	hs->client_cert_asked = true;
	/* What would be signed could be moved elsewhere (RFC 7627 §1): none is given. */
	want = (struct wanted){ cr.names, cr.sigalgs, cr.types };
	if (hs->result->ems && ech_state(hs) != SEALSOCK_ECH_REJECTED)
		auth_choose_client(hs, &want, VERSION_TLS12);
	return hs_add(hs, hs->whole);
}

/* Certificate if one was asked for, and ClientKeyExchange: in the clear. */
static int add_key_exchange(struct hs *hs, uint8_t secret[KEX_SECRET_MAX], size_t *n)
{
	static const struct bytes none;
	struct builder w = { .buf = &hs->flight };
	int err;

	hs->flight.n = 0;
	if (hs->client_cert_asked)
		certificate12_build(hs->cred ? bytes_of(hs->cred->chain.p, hs->cred->chain.n) :
					       none, &w);
	err = kex12_client(hs, &w, secret, n);
	return err ? err : hs_add_from(hs, &w, 0);
}

static int send_flight(struct hs *hs)
{
	int err = hs_send(hs, bytes_of(hs->flight.p, hs->flight.n));

	hs->flight.n = 0;
	hs12_log_end(hs);
	if (!err)
		err = hs12_send_finished(hs);
	if (err)
		return err;
	return hs->v12.ticket_due ? HS_OTHER : 0;
}

static int signature_made(struct hs *hs, struct bytes signature)
{
	int err = auth13_add_verify(hs, signature);

	hs->result->client_cert_sent = true;
	return err ? err : send_flight(hs);
}

/* Signs all messages so far (RFC 5246 §7.4.8), or asks for the signature. */
static int sign(struct hs *hs)
{
	struct buf *log = &hs->v12.log;
	uint8_t sig[SIGNATURE_MAX];
	size_t n;
	int err;

	if (!hs->cred->key) {
		/* Handed over, not copied: it may be as long as two of the longest messages. */
		buf_free(&hs->request_message);
		hs->request_message = *log;
		buf_init(log, hs->ch->env);
		hs12_log_end(hs);
		return hs_ask_sign_kept(hs, signature_made);
	}
	err = privkey_sign(hs->cred->key, hs->scheme, bytes_of(log->p, log->n), sig, &n);
	if (err)
		return hs_internal(hs, err, "signing the handshake");
	return signature_made(hs, bytes_of(sig, n));
}

/* The key exchange; nothing is sent before the server was accepted. */
static int server_accepted(struct hs *hs, struct bytes none)
{
	uint8_t secret[KEX_SECRET_MAX];
	size_t n = 0;
	int err = add_key_exchange(hs, secret, &n);

	(void)none;
	if (!err)
		err = hs12_session_hash(hs);
	if (!err)
		err = hs12_keys(hs, bytes_of(secret, n));
	wipe(secret, sizeof(secret));
	if (err)
		return err;
	return hs->cred ? sign(hs) : send_flight(hs);
}

int client_on_server_hello_done(struct hs *hs, struct bytes body)
{
	const char *why = NULL;
	int err = empty_message_parse(body, &why);

	if (err)
		return hs_fail_msg(hs, err, MSG_SERVER_HELLO_DONE, why, 0);
	err = auth_settle_staple(hs);
	if (!err)
		err = hs_add(hs, hs->whole);
	if (!err)
		err = auth_ask_application(hs, server_accepted);
	return err ? err : server_accepted(hs, bytes_of(NULL, 0));
}

int client_on_ticket12(struct hs *hs, struct bytes body)
{
	struct new_session_ticket12 t;
	int err = new_session_ticket12_parse(body, &t);

	if (err)
		return hs_fail_msg(hs, err, MSG_NEW_SESSION_TICKET, t.why, 0);
	hs->v12.lifetime = t.lifetime;
	if (!buf_append(&hs->v12.ticket, t.ticket.p, t.ticket.n))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping a ticket");
	return hs_add(hs, hs->whole);
}

int client_on_ccs(struct hs *hs, struct bytes body)
{
	(void)body;
	return hs12_key_dir(hs, &hs->ch->rx);
}

/* The other half of a resumption. */
static int resumption_accepted(struct hs *hs, struct bytes none)
{
	int err = hs12_send_finished(hs);

	(void)none;
	return err ? err : resume12_keep(hs);
}

int client_on_finished12(struct hs *hs, struct bytes body)
{
	int err = hs12_check_finished(hs, body);

	if (!err && hs->v12.resumed) {
		err = auth_ask_application(hs, resumption_accepted);
		return err ? err : resumption_accepted(hs, bytes_of(NULL, 0));
	}
	if (!err)
		err = ech_refuse(hs);
	if (err)
		return err;
	hs->result->verified = hs->ch->cfg->verify == SEALSOCK_VERIFY_REQUIRED;
	return resume12_keep(hs);
}
