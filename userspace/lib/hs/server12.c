// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The server's side of the TLS 1.2 handshake. */
#include "hs/auth.h"
#include "hs/common12.h"
#include "hs/common13.h"
#include "hs/hello.h"
#include "hs/hs.h"
#include "hs/kex12.h"
#include "hs/policy.h"
#include "hs/resume12.h"
#include "hs/server.h"

/* RFC 7507 §3: a client that fell back although we could do better is being attacked. */
static int check_version(struct hs *hs, const struct client_hello *ch)
{
	bool listed = ext_block_has(ch->ext_block, ext_type(EXT_SUPPORTED_VERSIONS));

	if (listed ? !u16_contains(ch->ext.versions, VERSION_TLS12) :
		     ch->legacy_version < VERSION_TLS12)
		return channel_fail(hs->ch, SEALSOCK_ERR_VERSION,
				    "the client does not speak TLS 1.2");
	if (config_has_version(hs->ch->cfg, VERSION_TLS13) &&
	    u16_contains(ch->suites, SCSV_FALLBACK))
		return channel_fail(hs->ch, SEALSOCK_ERR_FALLBACK,
				    "the client fell back to TLS 1.2 without need");
	return 0;
}

static int read_hello(struct hs *hs, struct bytes body, struct client_hello *ch)
{
	int err = client_hello_parse(body, ch);

	if (err)
		return hs_fail_msg(hs, err, MSG_CLIENT_HELLO, ch->why, 0);
	/* Before what an older hello might have wrong otherwise. */
	if (ch->legacy_version < VERSION_TLS12)
		return channel_fail(hs->ch, SEALSOCK_ERR_VERSION,
				    "the client does not speak TLS 1.2");
	err = client_hello_parse_ext(ch);
	if (err)
		return hs_fail_msg(hs, err, MSG_CLIENT_HELLO, ch->why, ch->ext.bad_type);
	err = check_version(hs, ch);
	if (err)
		return err;
	err = client_hello_check12(ch);
	if (err)
		return hs_fail_msg(hs, err, MSG_CLIENT_HELLO, ch->why, 0);
	/* RFC 7627 §5.3: without it nothing is resumed, nothing exported, and no client proven. */
	if (!(ch->ext.present & EXT_BIT(EXT_EXTENDED_MASTER_SECRET)) &&
	    (config_wants_ems(hs->ch->cfg) || hs->ch->cfg->verify == SEALSOCK_VERIFY_REQUIRED))
		return hs_fail_msg(hs, SEALSOCK_ERR_UNPROTECTED, MSG_CLIENT_HELLO,
				   "lacks extended_master_secret", 0);
	return 0;
}

/* Will the chain be stapled an OCSP response? */
static bool staples(const struct client_hello *ch, const struct credential *cred)
{
	return cred && cred->staple.n && ch->ext.present & EXT_BIT(EXT_STATUS_REQUEST);
}

/*
 * RFC 5746 §3.6: answered where it was offered. A client without it is served: the attack is on
 * servers that renegotiate, and none of ours does.
 */
static bool knows_renegotiation_info(const struct client_hello *ch)
{
	return ch->ext.present & EXT_BIT(EXT_RENEGOTIATION_INFO) ||
	       u16_contains(ch->suites, SCSV_RENEGOTIATION);
}

/* What the ServerHello answers besides its choices. */
static void add_extensions(struct hs *hs, const struct client_hello *ch, const struct choice *c,
			   struct ext_set *e)
{
	static const uint8_t uncompressed;
	unsigned int limit = hs->ch->cfg->record_size_limit;

	if (knows_renegotiation_info(ch))
		e->present |= EXT_BIT(EXT_RENEGOTIATION_INFO);
	if (hs->result->ems)
		e->present |= EXT_BIT(EXT_EXTENDED_MASTER_SECRET);
	if (c->suite->mac_len)	/* only then: RFC 7366 §3 */
		e->present |= EXT_BIT(EXT_ENCRYPT_THEN_MAC);
	if (ch->ext.present & EXT_BIT(EXT_EC_POINT_FORMATS)) {
		e->present |= EXT_BIT(EXT_EC_POINT_FORMATS);
		e->point_formats = bytes_of(&uncompressed, 1);
	}
	if (hs->v12.ticket_due)
		e->present |= EXT_BIT(EXT_SESSION_TICKET);
	if (staples(ch, c->cred))
		e->present |= EXT_BIT(EXT_STATUS_REQUEST);
	if (c->sni_known)	/* RFC 6066 §3: the name was used */
		e->present |= EXT_BIT(EXT_SERVER_NAME);
	if (limit && ch->ext.present & EXT_BIT(EXT_RECORD_SIZE_LIMIT)) {
		e->present |= EXT_BIT(EXT_RECORD_SIZE_LIMIT);
		e->record_limit = (uint16_t)limit;
		channel_set_limit(hs->ch, ch->ext.record_limit, false);
	}
}

static int add_server_hello(struct hs *hs, const struct client_hello *ch, const struct choice *c,
			    struct builder *w)
{
	struct server_hello sh = {
		.legacy_version = VERSION_TLS12,
		.random = bytes_of(hs->v12.server_random, HELLO_RANDOM),
		.session_id = bytes_of(hs->session_id, hs->session_id_len),
		.suite = c->suite->id,
		.tls12 = true,
	};
	uint8_t alpn[256];

	if (hs->ch->env->random(hs->ch->env->arg, hs->v12.server_random, HELLO_RANDOM))
		return hs_internal(hs, SEALSOCK_ERR_RANDOM, "drawing random bytes");
	if (config_has_version(hs->ch->cfg, VERSION_TLS13))
		server_hello_mark12(hs->v12.server_random);
	add_extensions(hs, ch, c, &sh.ext);
	if (c->alpn.n) {
		sh.ext.present |= EXT_BIT(EXT_ALPN);
		alpn[0] = (uint8_t)c->alpn.n;
		memcpy(alpn + 1, c->alpn.p, c->alpn.n);
		sh.ext.alpn = bytes_of(alpn, 1 + c->alpn.n);
	}
	server_hello_build(&sh, w);
	return 0;
}

/* Kinds of keys that may sign for a client (RFC 5246 §7.4.4, RFC 8422 §5.5). */
static void add_certificate_request(struct hs *hs, struct builder *w)
{
	static const uint8_t types[] = { 64, 1 };	/* ecdsa_sign, rsa_sign */
	const struct sealsock_config *cfg = hs->ch->cfg;
	struct certificate_request12 cr = {
		.types = bytes_of(types, sizeof(types)),
		.sigalgs = wire_list_of(&cfg->sigalgs),
		.names = bytes_of(cfg->ca_names.p, cfg->ca_names.n),
	};

	certificate_request12_build(&cr, w);
	hs->client_cert_asked = true;
}

/* The rest of the flight, which goes out as a whole, in as few records as it takes. */
static int finish_flight(struct hs *hs)
{
	struct builder w = { .buf = &hs->flight };
	int err;

	if (hs->ch->cfg->verify != SEALSOCK_VERIFY_NONE && hs->result->ems)
		add_certificate_request(hs, &w);
	empty_message_build(MSG_SERVER_HELLO_DONE, &w);
	err = hs_add_from(hs, &w, 0);
	if (!err)
		err = hs_send(hs, bytes_of(hs->flight.p, hs->flight.n));
	buf_free(&hs->flight);
	if (err)
		return err;
	return hs->client_cert_asked ? HS_OTHER : 0;
}

static int key_exchange_signed(struct hs *hs, struct bytes signature)
{
	struct server_key_exchange ske = { .scheme = hs->scheme->id, .signature = signature };
	struct builder w = { .buf = &hs->flight };
	struct buf params;
	int err;

	if (signature.n == 0 || signature.n > SIGNATURE_MAX)
		return channel_fail(hs->ch, SEALSOCK_ERR_CRYPTO, "the signer gave no signature");
	err = kex12_make_params(hs, &params);
	if (err)
		return err;
	ske.params = bytes_of(params.p, params.n);
	server_key_exchange_build(&ske, &w);
	buf_free(&params);
	if (w.bad)
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "making the server's flight");
	return finish_flight(hs);
}

/* Signs the public value together with both randoms, or asks for the signature. */
static int sign_key_exchange(struct hs *hs)
{
	uint8_t content[SIGNED_PARAMS_MAX], sig[SIGNATURE_MAX];
	struct buf params;
	size_t n, sig_len;
	int err = kex12_make_params(hs, &params);

	if (err)
		return err;
	n = server_key_exchange_content(hs->random, hs->v12.server_random,
					bytes_of(params.p, params.n), content);
	buf_free(&params);
	if (!hs->cred->key)
		return hs_ask_sign(hs, bytes_of(content, n), key_exchange_signed);
	err = privkey_sign(hs->cred->key, hs->scheme, bytes_of(content, n), sig, &sig_len);
	if (err)
		return hs_internal(hs, err, "signing the key exchange");
	return key_exchange_signed(hs, bytes_of(sig, sig_len));
}

/*
 * ServerHello, Certificate, CertificateStatus, ServerKeyExchange unless the client's secret comes
 * encrypted, CertificateRequest, ServerHelloDone.
 */
static int answer(struct hs *hs, const struct client_hello *ch, const struct choice *c)
{
	bool agrees = c->suite->kx != KX_RSA;
	struct builder w = { .buf = &hs->flight };
	int err = agrees ? kex_new(hs->ch->cfg->crypto, hs->ch->env, c->group, &hs->kex) : 0;

	if (err)
		return hs_internal(hs, err, "making a key share");
	err = resume12_promise(hs, ch);
	if (!err)
		err = add_server_hello(hs, ch, c, &w);
	if (err)
		return err;
	certificate12_build(bytes_of(c->cred->chain.p, c->cred->chain.n), &w);
	if (staples(ch, c->cred))
		certificate_status_build(bytes_of(c->cred->staple.p, c->cred->staple.n), &w);
	if (w.bad)
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "making the server's flight");
	return agrees ? sign_key_exchange(hs) : finish_flight(hs);
}

/* ServerHello, ChangeCipherSpec, Finished: the other half is the client's. */
static int answer_resumed(struct hs *hs, const struct client_hello *ch, const struct choice *c)
{
	struct builder w = { .buf = &hs->flight };
	int err;

	hs->session_id_len = (uint8_t)ch->session_id.n;
	memcpy(hs->session_id, ch->session_id.p, ch->session_id.n);
	err = resume12_use(hs);
	if (!err)
		err = add_server_hello(hs, ch, c, &w);
	if (!err)
		err = hs_add_from(hs, &w, 0);
	if (!err)
		err = hs_send(hs, bytes_of(hs->flight.p, hs->flight.n));
	if (!err)
		err = hs12_resume_keys(hs);
	if (!err)
		err = hs12_send_finished(hs);
	return err ? err : HS_THIRD;
}

int server_on_client_hello12(struct hs *hs, struct bytes body)
{
	struct client_hello ch;
	bool resumed = false;
	struct choice c;
	int err = read_hello(hs, body, &ch);

	hs->hello_seen = true;
	if (!err)
		resumed = resume12_find(hs, &ch);
	if (!err && resumed && !(ch.ext.present & EXT_BIT(EXT_EXTENDED_MASTER_SECRET)))
		err = hs_fail_msg(hs, SEALSOCK_ERR_UNPROTECTED, MSG_CLIENT_HELLO,
				  "resumes without extended_master_secret", 0);
	if (!err)
		err = resumed ? policy_resume12(hs, &ch, &c) : policy_choose12(hs, &ch, &c);
	if (!err)
		err = server_keep_names(hs, &ch, c.alpn);
	if (err)
		return err;
	hs->ch->suite = c.suite;
	hs->cred = c.cred;
	hs->scheme = c.scheme;
	hs->result->version = VERSION_TLS12;
	hs->result->group = c.group;
	hs->result->scheme = c.scheme ? c.scheme->id : 0;
	hs->result->ems = ch.ext.present & EXT_BIT(EXT_EXTENDED_MASTER_SECRET);
	hs->v12.client_version = ch.legacy_version;
	hs->v12.logging = !resumed && hs->result->ems &&
			  hs->ch->cfg->verify != SEALSOCK_VERIFY_NONE;
	memcpy(hs->random, ch.random.p, HELLO_RANDOM);
	err = transcript_start(&hs->transcript, c.suite->hash);
	if (err)
		return hs_internal(hs, err, "hashing the handshake");
	err = hs_add(hs, hs->whole);
	if (err)
		return err;
	return resumed ? answer_resumed(hs, &ch, &c) : answer(hs, &ch, &c);
}

int server_on_certificate12(struct hs *hs, struct bytes body)
{
	struct certificate c;
	int err = certificate12_parse(body, &c);

	if (err)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE, c.why, 0);
	if (c.count) {
		err = auth_take_chain(hs, c.certs, c.count);
		return err ? err : hs_add(hs, hs->whole);
	}
	if (hs->ch->cfg->verify == SEALSOCK_VERIFY_REQUIRED)
		return channel_fail(hs->ch, SEALSOCK_ERR_CERT_REQUIRED,
				    "the client has no certificate, and must have one");
	hs12_log_end(hs);
	err = hs_add(hs, hs->whole);
	return err ? err : HS_OTHER;
}

int server_on_certificate_verify12(struct hs *hs, struct bytes body)
{
	struct certificate_verify cv;
	int err = certificate_verify_parse(body, &cv);

	if (err)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE_VERIFY, cv.why, 0);
	if (!u16_contains(wire_list_of(&hs->ch->cfg->sigalgs), cv.scheme))
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_CERTIFICATE_VERIFY,
				   "uses a signature scheme that was not offered", 0);
	err = cert_verify(hs->leaf, sigscheme_find(cv.scheme), VERSION_TLS12,
			  bytes_of(hs->v12.log.p, hs->v12.log.n), cv.signature);
	hs12_log_end(hs);
	if (err == SEALSOCK_ERR_ILLEGAL)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE_VERIFY,
				   "uses a signature scheme that does not fit the certificate", 0);
	if (err == SEALSOCK_ERR_BAD_SIGNATURE)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE_VERIFY,
				   "is not signed with the certificate's key", 0);
	if (err)
		return hs_internal(hs, err, "verifying the signature");
	err = hs_add(hs, hs->whole);
	if (err)
		return err;
	return hs->v12.decrypt_due ? kex12_ask(hs) : 0;
}

int server_on_client_key_exchange(struct hs *hs, struct bytes body)
{
	const char *why = NULL;
	struct bytes exchange;
	int err = client_key_exchange_parse(body, hs->ch->suite->kx, &exchange, &why);

	if (err)
		return hs_fail_msg(hs, err, MSG_CLIENT_KEY_EXCHANGE, why, 0);
	err = hs_add(hs, hs->whole);
	if (!err)
		err = hs12_session_hash(hs);
	return err ? err : kex12_server(hs, exchange);
}

int server_on_ccs(struct hs *hs, struct bytes body)
{
	(void)body;
	return hs12_key_dir(hs, &hs->ch->rx);
}

static int client_accepted(struct hs *hs, struct bytes none)
{
	int err;

	(void)none;
	hs->result->client_authenticated = hs->leaf;
	hs->result->verified = hs->leaf;
	err = resume12_issue(hs);
	return err ? err : hs12_send_finished(hs);
}

static int resumption_accepted(struct hs *hs, struct bytes none)
{
	(void)hs;
	(void)none;
	return 0;
}

int server_on_finished12(struct hs *hs, struct bytes body)
{
	int err = hs12_check_finished(hs, body);

	if (!err && hs->v12.resumed)
		return auth_ask_application(hs, resumption_accepted);
	if (err)
		return err;
	err = auth_ask_application(hs, client_accepted);
	return err ? err : client_accepted(hs, bytes_of(NULL, 0));
}
