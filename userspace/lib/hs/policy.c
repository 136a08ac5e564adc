// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What a server chooses among a client's offers: its own order decides. */
#include "hs/hs.h"
#include "hs/policy.h"

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
const struct suite *policy_suite(const struct sealsock_config *cfg, struct bytes offered,
				 policy_fits_fn fits, void *arg)
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

const struct sigscheme *policy_scheme(const struct sealsock_config *cfg,
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
void policy_host(const struct ext_set *e, struct host *host)
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

	policy_host(e, &host);
	out->cred = NULL;
	out->sni_known = false;
	for (c = cfg->creds; c && !out->sni_known; c = c->next) {
		bool named = host.kind == HOST_DNS && cert_is_for(c->leaf, &host);

		if (out->cred && !named)
			continue;
		s = policy_scheme(cfg, c, e->sigalgs, VERSION_TLS13);
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

int policy_alpn(struct hs *hs, const struct ext_set *e, struct choice *out)
{
	if (choose_alpn(hs->ch->cfg, e, out))
		return 0;
	return channel_fail(hs->ch, SEALSOCK_ERR_NO_ALPN,
			    "the client offers no application protocol spoken here");
}

int policy_choose(struct hs *hs, const struct client_hello *ch, struct choice *out)
{
	const struct sealsock_config *cfg = hs->ch->cfg;

	*out = (struct choice){ 0 };
	out->suite = policy_suite(cfg, ch->suites, is_13, NULL);
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
	return policy_alpn(hs, &ch->ext, out);
}
