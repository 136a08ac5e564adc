// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What a server chooses among a client's offers: its own order decides. */
#include "hs/hs.h"

static bool is_chacha(const struct suite *s)
{
	return s && s->aead == AEAD_CHACHA20_POLY1305;
}

/* GREASE (RFC 8701) and signalling values do not count. */
static const struct suite *first_known(struct bytes offered)
{
	const struct suite *s = NULL;
	size_t i;

	for (i = 0; !s && i < u16_count(offered); i++)
		s = suite_find(u16_at(offered, i));
	return s;
}

/*
 * Our order decides, but a client that puts ChaCha20-Poly1305 first has no fast AES: it gets it, if
 * it may be had. @fits: what a suite needs besides being offered.
 */
static const struct suite *choose_suite(const struct sealsock_config *cfg, struct bytes offered,
					bool (*fits)(const struct suite *s, void *arg), void *arg)
{
	struct bytes ours = wire_list_of(&cfg->suites);
	const struct suite *s, *best = NULL;
	bool chacha = is_chacha(first_known(offered));
	size_t i;

	for (i = 0; i < u16_count(ours); i++) {
		s = suite_find(u16_at(ours, i));
		if (!u16_contains(offered, s->id) || !fits(s, arg))
			continue;
		if (!chacha || is_chacha(s))
			return s;
		if (!best)
			best = s;
	}
	return best;
}

static bool is_13(const struct suite *s, void *arg)
{
	(void)arg;
	return s->version == VERSION_TLS13;
}

static bool share_of(struct bytes shares, uint16_t group, struct bytes *out)
{
	uint16_t g;

	while (key_share_next(&shares, &g, out))
		if (g == group)
			return true;
	*out = bytes_of(NULL, 0);
	return false;
}

/* A group with a share saves a round trip; without any, the best group both have is asked for. */
static bool choose_group(const struct sealsock_config *cfg, const struct ext_set *e,
			 struct choice *out)
{
	struct bytes ours = wire_list_of(&cfg->groups);
	size_t i;

	out->group = 0;
	for (i = 0; i < u16_count(ours); i++) {
		uint16_t g = u16_at(ours, i);

		if (!u16_contains(e->groups, g))
			continue;
		if (share_of(e->shares, g, &out->share)) {
			out->group = g;
			return true;
		}
		if (!out->group)
			out->group = g;
	}
	return out->group;
}

static const struct sigscheme *choose_scheme(const struct sealsock_config *cfg,
					     const struct credential *c, struct bytes offered,
					     uint16_t version)
{
	struct bytes ours = wire_list_of(&cfg->sigalgs);
	const struct sigscheme *s;
	size_t i;

	for (i = 0; i < u16_count(ours); i++) {
		s = sigscheme_find(u16_at(ours, i));
		if (credential_can(c, s, version) && u16_contains(offered, s->id))
			return s;
	}
	return NULL;
}

/* The host that the client names; HOST_NONE if it names none, or nothing that could be one. */
static void wanted_host(const struct ext_set *e, struct host *host)
{
	char name[256];

	*host = (struct host){ .kind = HOST_NONE };
	if (!(e->present & EXT_BIT(EXT_SERVER_NAME)) || e->host_name.n >= sizeof(name))
		return;
	memcpy(name, e->host_name.p, e->host_name.n);
	name[e->host_name.n] = '\0';
	host_parse(name, host);
}

/* By name, then by the client's schemes, then by order. */
static bool choose_credential(const struct sealsock_config *cfg, const struct ext_set *e,
			      struct choice *out)
{
	const struct sigscheme *s;
	const struct credential *c;
	struct host host;

	wanted_host(e, &host);
	out->cred = NULL;
	out->sni_known = false;
	for (c = cfg->creds; c && !out->sni_known; c = c->next) {
		bool named = host.kind == HOST_DNS && cert_is_for(c->leaf, &host);

		if (out->cred && !named)
			continue;
		s = choose_scheme(cfg, c, e->sigalgs, VERSION_TLS13);
		if (!s)
			continue;
		out->cred = c;
		out->scheme = s;
		out->sni_known = named;
	}
	return out->cred;
}

/* RFC 7301 §3.2: our order decides; nothing in common ends the handshake. */
static bool choose_alpn(const struct sealsock_config *cfg, const struct ext_set *e,
			struct choice *out)
{
	struct bytes ours = bytes_of(cfg->alpn.p, cfg->alpn.n), theirs, name;

	out->alpn = bytes_of(NULL, 0);
	if (!cfg->alpn.n || !(e->present & EXT_BIT(EXT_ALPN)))
		return true;
	while (alpn_next(&ours, &out->alpn)) {
		theirs = e->alpn;
		while (alpn_next(&theirs, &name))
			if (bytes_equal(name, out->alpn))
				return true;
	}
	return false;
}

int policy_choose(struct hs *hs, const struct client_hello *ch, struct choice *out)
{
	const struct sealsock_config *cfg = hs->ch->cfg;

	*out = (struct choice){ 0 };
	out->suite = choose_suite(cfg, ch->suites, is_13, NULL);
	if (!out->suite)
		return channel_fail(hs->ch, SEALSOCK_ERR_NO_SUITE,
				    "the client offers no cipher suite that is allowed here");
	if (!choose_group(cfg, &ch->ext, out))
		return channel_fail(hs->ch, SEALSOCK_ERR_NO_GROUP,
				    "the client offers no key exchange group that is allowed here");
	/* With a PSK none is needed: server13.c looks again. */
	if (!choose_credential(cfg, &ch->ext, out) &&
	    !(ch->ext.present & EXT_BIT(EXT_PRE_SHARED_KEY)))
		return channel_fail(hs->ch, SEALSOCK_ERR_NO_SIGALG,
				    "no certificate here fits the client's signature schemes");
	if (!choose_alpn(cfg, &ch->ext, out))
		return channel_fail(hs->ch, SEALSOCK_ERR_NO_ALPN,
				    "the client offers no application protocol spoken here");
	return 0;
}

/* The group both have; a client that lists none is taken to have P-256 (RFC 8422 §4). */
static bool choose_group12(const struct sealsock_config *cfg, const struct ext_set *e,
			   uint16_t *group)
{
	static const uint8_t p256[] = { GROUP_SECP256R1 >> 8, GROUP_SECP256R1 };
	bool listed = e->present & EXT_BIT(EXT_SUPPORTED_GROUPS);
	struct bytes theirs = listed ? e->groups : bytes_of(p256, sizeof(p256));
	struct bytes ours = wire_list_of(&cfg->groups);
	size_t i;

	for (i = 0; i < u16_count(ours); i++) {
		*group = u16_at(ours, i);
		if (!group_find(*group)->only13 && u16_contains(theirs, *group))
			return true;
	}
	return false;
}

/* RFC 8422 §5.3: the curve of an ECDSA certificate must be one of the client's too. */
static bool curve_is_known(const struct credential *c, const struct ext_set *e)
{
	static const uint16_t curves[KEY_OTHER] = {
		[KEY_EC_P256] = GROUP_SECP256R1,
		[KEY_EC_P384] = GROUP_SECP384R1,
		[KEY_EC_P521] = GROUP_SECP521R1,
	};
	uint16_t group = curves[cert_key_kind(c->leaf)];

	return !group || !(e->present & EXT_BIT(EXT_SUPPORTED_GROUPS)) ||
	       u16_contains(e->groups, group);
}

/* What a suite of TLS 1.2 needs: its key exchange, and a certificate for its signature. */
struct search12 {
	const struct sealsock_config *cfg;
	const struct ext_set *e;
	struct host host;
	bool named_only;
	struct choice *out;
};

static bool fits12(const struct suite *suite, void *arg)
{
	struct search12 *q = arg;
	const struct credential *c;

	if (suite->version != VERSION_TLS12)
		return false;
	for (c = q->cfg->creds; c; c = c->next) {
		bool named = q->host.kind == HOST_DNS && cert_is_for(c->leaf, &q->host);

		if (auth_of(cert_key_kind(c->leaf)) != suite->auth || (q->named_only && !named) ||
		    !curve_is_known(c, q->e))
			continue;
		q->out->scheme = choose_scheme(q->cfg, c, q->e->sigalgs, VERSION_TLS12);
		if (!q->out->scheme)
			continue;
		q->out->cred = c;
		q->out->sni_known = named;
		return true;
	}
	return false;
}

/* Suites that a certificate for the name can serve come before all others. */
static bool choose_suite12(struct search12 *q, struct bytes offered)
{
	const struct suite *s;
	int pass;

	for (pass = q->host.kind == HOST_DNS ? 0 : 1; pass < 2; pass++) {
		q->named_only = pass == 0;
		s = choose_suite(q->cfg, offered, fits12, q);
		/* The search may have looked further: settle on the certificate for this one. */
		if (s && fits12(s, q)) {
			q->out->suite = s;
			return true;
		}
	}
	return false;
}

int policy_choose12(struct hs *hs, const struct client_hello *ch, struct choice *out)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	struct search12 q = { .cfg = cfg, .e = &ch->ext, .out = out };

	*out = (struct choice){ 0 };
	wanted_host(&ch->ext, &q.host);
	if (!choose_group12(cfg, &ch->ext, &out->group))
		return channel_fail(hs->ch, SEALSOCK_ERR_NO_GROUP,
				    "the client offers no key exchange group that is allowed here");
	if (!choose_suite12(&q, ch->suites))
		return channel_fail(hs->ch, SEALSOCK_ERR_NO_SUITE,
				    "no cipher suite of TLS 1.2 fits the client, its signature schemes and the certificates here");
	if (!choose_alpn(cfg, &ch->ext, out))
		return channel_fail(hs->ch, SEALSOCK_ERR_NO_ALPN,
				    "the client offers no application protocol spoken here");
	return 0;
}

int policy_resume12(struct hs *hs, const struct client_hello *ch, struct choice *out)
{
	*out = (struct choice){ .suite = suite_find(hs->session.suite) };
	if (!choose_alpn(hs->ch->cfg, &ch->ext, out))
		return channel_fail(hs->ch, SEALSOCK_ERR_NO_ALPN,
				    "the client offers no application protocol spoken here");
	return 0;
}
