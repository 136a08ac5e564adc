// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The server's side of the TLS 1.3 handshake. */
#include "hs/auth.h"
#include "hs/auth13.h"
#include "hs/common13.h"
#include "hs/ech.h"
#include "hs/grease.h"
#include "hs/hello.h"
#include "hs/hs.h"
#include "hs/policy.h"
#include "hs/post_auth.h"
#include "hs/psk13.h"
#include "hs/server.h"
#include "hs/ticket13.h"

enum { SKIP_MAX = 64 << 10 };	/* bytes of refused 0-RTT thrown away */

/* What may differ between the ClientHellos around a HelloRetryRequest (RFC 8446 §4.1.2). */
static const uint32_t may_change = EXT_BIT(EXT_KEY_SHARE) | EXT_BIT(EXT_EARLY_DATA) |
				   EXT_BIT(EXT_COOKIE) | EXT_BIT(EXT_PRE_SHARED_KEY) |
				   EXT_BIT(EXT_PADDING);

/* Hashes the rest, as far as this library knows the extensions. */
static int hash_invariant(struct hs *hs, const struct client_hello *ch, uint8_t *out)
{
	const struct bytes parts[] = { ch->random, ch->session_id, ch->suites, ch->compression,
				       ch->ext.host_name, ch->ext.groups, ch->ext.sigalgs,
				       ch->ext.sigalgs_cert, ch->ext.alpn, ch->ext.versions,
				       ch->ext.psk_modes };
	struct hash *h = hs->transcript.kdf.scratch;
	uint32_t present = ch->ext.present & ~may_change;
	size_t i;
	int err = hash_start(hs->ch->cfg->crypto, h, HASH_SHA256);

	if (!err)
		err = hash_add(h, &present, sizeof(present));
	for (i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++) {
		err = hash_add(h, &parts[i].n, sizeof(parts[i].n));
		if (!err && parts[i].n)
			err = hash_add(h, parts[i].p, parts[i].n);
	}
	return err ? err : hash_end(h, out);
}

static int read_hello(struct hs *hs, struct bytes body, struct client_hello *ch)
{
	int err = client_hello_parse(body, ch);

	if (err)
		return hs_fail_msg(hs, err, MSG_CLIENT_HELLO, ch->why, 0);
	if (!ext_block_has(ch->ext_block, ext_type(EXT_SUPPORTED_VERSIONS)) ||
	    ch->legacy_version <= 0x0300)
		return channel_fail(hs->ch, SEALSOCK_ERR_VERSION,
				    "the client does not speak TLS 1.3");
	err = client_hello_parse_ext(ch);
	if (err)
		return hs_fail_msg(hs, err, MSG_CLIENT_HELLO, ch->why, ch->ext.bad_type);
	if (!u16_contains(ch->ext.versions, VERSION_TLS13))
		return channel_fail(hs->ch, SEALSOCK_ERR_VERSION,
				    "the client does not speak TLS 1.3");
	err = client_hello_check13(ch);
	if (err)
		return hs_fail_msg(hs, err, MSG_CLIENT_HELLO, ch->why, 0);
	return 0;
}

/* The second ClientHello is the first, with the share that was asked for (§4.1.2). */
static int check_again(struct hs *hs, const struct client_hello *ch, const struct choice *c)
{
	struct bytes shares = ch->ext.shares, key;
	uint8_t now[HASH_MAX];
	uint16_t group;
	int err = hash_invariant(hs, ch, now);

	if (err)
		return hs_internal(hs, err, "hashing the ClientHello");
	if (memcmp(now, hs->invariant, hash_len(HASH_SHA256)) != 0 ||
	    c->suite->id != hs->retry_suite)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_CLIENT_HELLO,
				   "changed after the HelloRetryRequest", 0);
	if (ch->ext.present & (EXT_BIT(EXT_EARLY_DATA) | EXT_BIT(EXT_COOKIE)))
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_CLIENT_HELLO,
				   "after the HelloRetryRequest has an extension it may not have",
				   0);
	if (!key_share_next(&shares, &group, &key) || group != hs->retry_group || shares.n)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_CLIENT_HELLO,
				   "does not have just the key share that was asked for", 0);
	return 0;
}

int server_keep_names(struct hs *hs, const struct client_hello *ch, struct bytes alpn)
{
	struct hs_result *r = hs->result;
	const struct sealsock_env *env = hs->ch->env;

	if (ch->ext.present & EXT_BIT(EXT_SERVER_NAME) && !r->sni) {
		r->sni = mem_strndup(env, ch->ext.host_name.p, ch->ext.host_name.n);
		if (!r->sni)
			return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the server name");
	}
	if (alpn.n && !r->alpn) {
		r->alpn = mem_strndup(env, alpn.p, alpn.n);
		if (!r->alpn)
			return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the protocol");
	}
	return 0;
}

/* ServerHello and HelloRetryRequest, but for random and key share. */
static void describe_hello(struct hs *hs, const struct choice *c, struct server_hello *sh)
{
	*sh = (struct server_hello){
		.legacy_version = VERSION_TLS12,
		.session_id = bytes_of(hs->session_id, hs->session_id_len),
		.suite = c->suite->id,
	};
	sh->ext.present = EXT_BIT(EXT_KEY_SHARE) | EXT_BIT(EXT_SUPPORTED_VERSIONS);
	sh->ext.version = VERSION_TLS13;
	sh->ext.share_group = c->group;
}

/* Builds, hashes and sends one message in the clear. */
static int send_hello(struct hs *hs, const struct server_hello *sh)
{
	struct builder w = { .buf = &hs->flight };
	int err;

	hs->flight.n = 0;
	server_hello_build(sh, &w);
	if (w.bad)
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "making the ServerHello");
	err = ech_prove(hs, &hs->flight, sh->retry);
	if (!err)
		err = hs_add(hs, bytes_of(hs->flight.p, hs->flight.n));
	if (!err)
		err = hs_send(hs, bytes_of(hs->flight.p, hs->flight.n));
	hs->flight.n = 0;
	/* RFC 8446 §D.4: after the first message, for clients that asked for it. */
	if (!err && hs->session_id_len && (sh->retry || !hs->retried) &&
	    channel_send_ccs(hs->ch))
		err = hs_internal(hs, SEALSOCK_ERR_NOMEM, "making change_cipher_spec");
	return err;
}

static int send_retry(struct hs *hs, const struct client_hello *ch, const struct choice *c)
{
	static const uint8_t zeros[ECH_CONFIRMATION];
	struct server_hello sh;
	int err = hash_invariant(hs, ch, hs->invariant);

	if (!err)
		err = transcript_fold(&hs->transcript);
	if (err)
		return hs_internal(hs, err, "hashing the ClientHello");
	describe_hello(hs, c, &sh);
	sh.retry = true;
	sh.random = bytes_of(hello_retry_random, HELLO_RANDOM);
	/* RFC 9849 §7.2.1, §10.10.4: who looks on is not to see whether it is a proof. */
	if (ech_state(hs) != SEALSOCK_ECH_NONE) {
		sh.ext.present |= EXT_BIT(EXT_ENCRYPTED_CLIENT_HELLO);
		sh.ext.ech = bytes_of(zeros, sizeof(zeros));
	}
	err = send_hello(hs, &sh);
	if (err)
		return err;
	hs->retried = true;
	hs->result->retried = true;
	hs->retry_suite = c->suite->id;
	hs->retry_group = c->group;
	hs->skip_plain = ch->ext.present & EXT_BIT(EXT_EARLY_DATA);
	return HS_OTHER;
}

/* ServerHello, and the keys that follow from it. */
static int send_server_hello(struct hs *hs, const struct choice *c)
{
	uint8_t random[HELLO_RANDOM + KEX_SEED_MAX], shared[KEX_SECRET_MAX];
	struct server_hello sh;
	size_t shared_len;
	int err;

	err = hs_random(hs, random, HELLO_RANDOM + kex_seed_len(c->group));
	if (err)
		return err;
	err = kex_answer(hs->ch->cfg->crypto, hs->ch->env, c->group, random + HELLO_RANDOM,
			 c->share, &hs->kex, shared, &shared_len);
	wipe(random + HELLO_RANDOM, KEX_SEED_MAX);
	if (err == SEALSOCK_ERR_ILLEGAL)
		return hs_fail_msg(hs, err, MSG_CLIENT_HELLO, "has an invalid key share", 0);
	if (err)
		return hs_internal(hs, err, "computing the shared secret");
	describe_hello(hs, c, &sh);
	sh.random = bytes_of(random, HELLO_RANDOM);
	sh.ext.share = kex_share(hs->kex);
	if (hs->psk.n) {
		sh.ext.present |= EXT_BIT(EXT_PRE_SHARED_KEY);
		sh.ext.psk_chosen = c->psk_index;
	}
	err = send_hello(hs, &sh);
	if (!err)
		err = hs_handshake_keys(hs, bytes_of(shared, shared_len));
	wipe(shared, sizeof(shared));
	kex_free(hs->kex);
	hs->kex = NULL;
	return err;
}

static int add_encrypted_extensions(struct hs *hs, const struct choice *c)
{
	struct encrypted_extensions ee = { 0 };
	struct builder w = { .buf = &hs->flight }, retry = { .buf = NULL };
	uint8_t alpn[256];

	if (c->sni_known && !hs->psk.n)	/* RFC 6066 §3: the name was used, and not to resume */
		ee.ext.present |= EXT_BIT(EXT_SERVER_NAME);
	if (c->record_limit) {
		ee.ext.present |= EXT_BIT(EXT_RECORD_SIZE_LIMIT);
		ee.ext.record_limit = (uint16_t)(hs->ch->cfg->record_size_limit + 1);
		channel_set_limit(hs->ch, c->record_limit, true);
	}
	if (c->alpn.n) {
		ee.ext.present |= EXT_BIT(EXT_ALPN);
		alpn[0] = (uint8_t)c->alpn.n;
		memcpy(alpn + 1, c->alpn.p, c->alpn.n);
		ee.ext.alpn = bytes_of(alpn, 1 + c->alpn.n);
	}
	if (ech_state(hs) == SEALSOCK_ECH_REJECTED) {	/* RFC 9849 §7.1 */
		retry.buf = &hs->ech->sent;
		ech_keys_retry(hs->ch->first_cfg->ech_keys, &retry);
		ee.ext.present |= EXT_BIT(EXT_ENCRYPTED_CLIENT_HELLO);
		ee.ext.ech = bytes_of(hs->ech->sent.p, hs->ech->sent.n);
		w.bad = retry.bad;
	}
	encrypted_extensions_build(&ee, &w);
	return hs_add_from(hs, &w, 0);
}

int server_add_certificate_request(struct hs *hs)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	struct certificate_request cr = { .context = hs_context(hs) };
	struct builder w = { .buf = &hs->flight };
	size_t from = hs->flight.n;
	struct greased room;

	cr.ext.present = EXT_BIT(EXT_SIGNATURE_ALGORITHMS);
	cr.ext.sigalgs = wire_list_of(&cfg->sigalgs);
	if (cfg->grease) {
		int err = hs_random(hs, &hs->grease, sizeof(hs->grease));

		if (err)
			return err;
		grease_extensions(&hs->grease, &cr.ext);
		grease_schemes(&hs->grease, &room, &cr.ext.sigalgs);
	}
	if (cfg->ca_names.n) {
		cr.ext.present |= EXT_BIT(EXT_CERTIFICATE_AUTHORITIES);
		cr.ext.authorities = bytes_of(cfg->ca_names.p, cfg->ca_names.n);
	}
	certificate_request_build(&cr, &w);
	hs->client_cert_asked = true;
	return hs_add_from(hs, &w, from);
}

/* The end of our flight, which is sealed as a whole; from here on we send application data. */
static int send_finished(struct hs *hs)
{
	struct channel *ch = hs->ch;
	int err = hs_add_finished(hs, &hs->server_secret);

	if (!err)
		err = hs_send(hs, bytes_of(hs->flight.p, hs->flight.n));
	buf_free(&hs->flight);
	if (!err)
		err = hs_application_secrets(hs);
	if (err)
		return err;
	err = channel_key(ch, &ch->tx, &hs->transcript.kdf, &ch->tx_secret);
	if (err)
		return hs_internal(hs, err, "deriving the application keys");
	return hs->client_cert_asked ? HS_THIRD : 0;
}

static int signature_made(struct hs *hs, struct bytes signature)
{
	int err = auth13_add_verify(hs, signature);

	return err ? err : send_finished(hs);
}

/* ServerHello, then EncryptedExtensions, CertificateRequest, Certificate, CertificateVerify. */
static int answer(struct hs *hs, const struct choice *c, bool staple)
{
	int err = send_server_hello(hs, c);

	if (!err)
		err = add_encrypted_extensions(hs, c);
	hs->result->group = c->group;
	hs->result->ems = true;
	if (err || hs->psk.n)
		return err ? err : send_finished(hs);
	if (hs->ch->cfg->verify != SEALSOCK_VERIFY_NONE)
		err = server_add_certificate_request(hs);
	if (!err)
		err = auth13_add_certificate(hs, c->cred, staple);
	if (err)
		return err;
	hs->result->scheme = c->scheme->id;
	hs->cred = c->cred;
	hs->scheme = c->scheme;
	return auth13_sign(hs, signature_made);
}

/* Without a PSK there must be a certificate that the client can take. */
static int check_credential(struct hs *hs, const struct client_hello *ch, const struct choice *c)
{
	if (hs->psk.n || (c->cred && ch->ext.present & EXT_BIT(EXT_SIGNATURE_ALGORITHMS)))
		return 0;
	if (!hs->ch->cfg->creds)
		return channel_fail(hs->ch, SEALSOCK_ERR_UNKNOWN_PSK,
				    "the client offers no pre-shared key that is known here");
	if (!(ch->ext.present & EXT_BIT(EXT_SIGNATURE_ALGORITHMS)))
		return hs_fail_msg(hs, SEALSOCK_ERR_MISSING_EXT, MSG_CLIENT_HELLO,
				   "lacks signature_algorithms", 0);
	return channel_fail(hs->ch, SEALSOCK_ERR_NO_SIGALG,
			    "no certificate here fits the client's signature schemes");
}

int server_on_client_hello(struct hs *hs, struct bytes body)
{
	bool again = hs->state == HS_WAIT_CH_AGAIN;
	struct bytes whole = hs->whole;
	struct client_hello ch;
	struct choice c;
	int err = read_hello(hs, body, &ch);

	hs->hello_seen = true;
	hs->skip_plain = false;
	if (!err)
		err = policy_choose(hs, &ch, &c);
	if (!err && again)
		err = check_again(hs, &ch, &c);
	/* What a HelloRetryRequest follows need not be looked at yet. */
	if (!err && c.share.n)
		err = psk13_choose(hs, &ch, &c);
	if (!err && c.share.n)
		err = check_credential(hs, &ch, &c);
	if (!err)
		err = server_keep_names(hs, &ch, c.alpn);
	if (err)
		return err;
	hs->ch->suite = c.suite;
	hs->result->version = VERSION_TLS13;
	memcpy(hs->random, ch.random.p, HELLO_RANDOM);
	hs->session_id_len = (uint8_t)ch.session_id.n;
	if (ch.session_id.n)
		memcpy(hs->session_id, ch.session_id.p, ch.session_id.n);
	hs->skip_left = SKIP_MAX;

	if (!again && transcript_start(&hs->transcript, c.suite->hash))
		return hs_internal(hs, SEALSOCK_ERR_CRYPTO, "hashing the handshake");
	err = psk13_check(hs, &ch, &c, &whole);
	if (!err)
		err = hs_add(hs, whole);
	if (err)
		return err;
	if (!c.share.n)
		return send_retry(hs, &ch, &c);
	hs->skip_sealed = ch.ext.present & EXT_BIT(EXT_EARLY_DATA);
	hs->post_auth = ch.ext.present & EXT_BIT(EXT_POST_HANDSHAKE_AUTH);
	if (hs->ch->cfg->record_size_limit)
		c.record_limit = ch.ext.record_limit;
	return answer(hs, &c, ch.ext.present & EXT_BIT(EXT_STATUS_REQUEST));
}

int server_on_certificate(struct hs *hs, struct bytes body)
{
	size_t count;
	int err = auth13_take_certificate(hs, body, &count);

	if (err || count)
		return err;
	if (hs->ch->cfg->verify == SEALSOCK_VERIFY_REQUIRED)
		return channel_fail(hs->ch, SEALSOCK_ERR_CERT_REQUIRED,
				    "the client has no certificate, and must have one");
	return HS_OTHER;
}

int server_on_certificate_verify(struct hs *hs, struct bytes body)
{
	return auth13_take_verify(hs, body);
}

static int client_accepted(struct hs *hs, struct bytes none)
{
	struct channel *ch = hs->ch;
	int err = channel_key(ch, &ch->rx, &hs->transcript.kdf, &ch->rx_secret);

	(void)none;
	if (err)
		return hs_internal(hs, err, "deriving the application keys");
	if (hs->leaf) {
		hs->result->client_authenticated = true;
		hs->result->verified = true;
	}
	err = post_auth_keep(hs);
	return err ? err : ticket13_send(hs);
}

int server_on_finished(struct hs *hs, struct bytes body)
{
	int err = hs_check_finished(hs, &hs->client_secret, body);

	if (!err)
		err = hs_add(hs, hs->whole);
	if (!err)
		err = auth_ask_application(hs, client_accepted);
	return err ? err : client_accepted(hs, bytes_of(NULL, 0));
}
