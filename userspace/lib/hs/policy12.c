// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What a server of TLS 1.2 chooses: suite, key exchange and certificate depend on each other. */
#include "hs/hs.h"
#include "hs/policy.h"

/* Groups of finite fields in the registry (RFC 7919 §2), known here or not. */
enum { FFDHE_FIRST = 0x0100, FFDHE_LAST = 0x01ff };

/* What a suite needs: its key exchange, and a certificate whose key can do its part. */
struct search12 {
	const struct sealsock_config *cfg;
	const struct ext_set *e;
	struct host host;
	bool named_only;
	uint16_t curve;			/* the group both have for ECDHE, or 0 */
	struct choice *out;
};

/* A client that lists none is taken to have P-256 (RFC 8422 §4). */
static uint16_t choose_curve(const struct sealsock_config *cfg, const struct ext_set *e)
{
	static const uint8_t p256[] = { GROUP_SECP256R1 >> 8, GROUP_SECP256R1 };
	bool listed = e->present & EXT_BIT(EXT_SUPPORTED_GROUPS);
	struct bytes theirs = listed ? e->groups : bytes_of(p256, sizeof(p256));
	struct bytes ours = wire_list_of(&cfg->groups);
	size_t i;

	for (i = 0; i < u16_count(ours); i++) {
		const struct group *g = group_find(u16_at(ours, i));

		if (!g->only13 && !g->finite && u16_contains(theirs, g->id))
			return g->id;
	}
	return 0;
}

/* RFC 7919 §4: a client that lists such groups takes no other; one that lists none takes all. */
static bool lists_fields(const struct ext_set *e)
{
	size_t i;

	for (i = 0; i < u16_count(e->groups); i++)
		if (u16_at(e->groups, i) >= FFDHE_FIRST && u16_at(e->groups, i) <= FFDHE_LAST)
			return true;
	return false;
}

/* The first that is no weaker than the certificate's key, or else the largest. */
static uint16_t choose_field(const struct search12 *q, const struct credential *c)
{
	struct bytes ours = wire_list_of(&q->cfg->groups);
	bool listed = lists_fields(q->e);
	const struct group *best = NULL;
	size_t i;

	for (i = 0; i < u16_count(ours); i++) {
		const struct group *g = group_find(u16_at(ours, i));

		if (!g->finite || (listed && !u16_contains(q->e->groups, g->id)))
			continue;
		if (8u * g->share_len >= cert_key_bits(c->leaf))
			return g->id;
		if (!best || g->share_len > best->share_len)
			best = g;
	}
	return best ? best->id : 0;
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

/* Can the credential do the suite's part of the key exchange? Notes group and scheme. */
static bool serves(struct search12 *q, const struct suite *suite, const struct credential *c)
{
	q->out->group = 0;
	q->out->scheme = NULL;
	if (suite->kx == KX_RSA)
		return credential_decrypts(c);
	q->out->group = suite->kx == KX_DHE ? choose_field(q, c) : q->curve;
	if (!q->out->group)
		return false;
	q->out->scheme = policy_scheme(q->cfg, c, q->e->sigalgs, VERSION_TLS12);
	return q->out->scheme;
}

static bool fits12(const struct suite *suite, void *arg)
{
	struct search12 *q = arg;
	const struct credential *c;

	if (suite->version != VERSION_TLS12)
		return false;
	/* RFC 7366: the old order of CBC and MAC is not safe. */
	if (suite->mac_len && !(q->e->present & EXT_BIT(EXT_ENCRYPT_THEN_MAC)))
		return false;
	for (c = q->cfg->creds; c; c = c->next) {
		bool named = q->host.kind == HOST_DNS && cert_is_for(c->leaf, &q->host);

		if (auth_of(cert_key_kind(c->leaf)) != suite->auth || (q->named_only && !named) ||
		    !curve_is_known(c, q->e) || !serves(q, suite, c))
			continue;
		q->out->cred = c;
		q->out->sni_known = named;
		return true;
	}
	return false;
}

/* Suites that a certificate for the name can serve come before all others. */
static bool choose_suite(struct search12 *q, struct bytes offered)
{
	const struct suite *s;
	int pass;

	for (pass = q->host.kind == HOST_DNS ? 0 : 1; pass < 2; pass++) {
		q->named_only = pass == 0;
		s = policy_suite(q->cfg, offered, fits12, q);
		/* The search may have looked further: settle on the certificate for this one. */
		if (s && fits12(s, q)) {
			q->out->suite = s;
			return true;
		}
	}
	return false;
}

/* Is there any suite here that needs no curve? */
static bool only_curves(const struct sealsock_config *cfg)
{
	struct bytes ours = wire_list_of(&cfg->suites);
	size_t i;

	for (i = 0; i < u16_count(ours); i++)
		if (suite_find(u16_at(ours, i))->kx > KX_ECDHE)
			return false;
	return true;
}

/*
 * RFC 7919 §4: does it come down to DHE, for which the client lists groups but none of ours? That
 * is insufficient_security, and not a lack of suites.
 */
static bool lacks_field(const struct search12 *q, struct bytes offered)
{
	struct bytes ours = wire_list_of(&q->cfg->groups), suites = wire_list_of(&q->cfg->suites);
	size_t i;

	if (!lists_fields(q->e))
		return false;
	for (i = 0; i < u16_count(ours); i++)
		if (group_find(u16_at(ours, i))->finite &&
		    u16_contains(q->e->groups, u16_at(ours, i)))
			return false;
	for (i = 0; i < u16_count(suites); i++)
		if (suite_find(u16_at(suites, i))->kx == KX_DHE &&
		    u16_contains(offered, u16_at(suites, i)))
			return true;
	return false;
}

int policy_choose12(struct hs *hs, const struct client_hello *ch, struct choice *out)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	struct search12 q = { .cfg = cfg, .e = &ch->ext, .out = out };

	*out = (struct choice){ 0 };
	policy_host(&ch->ext, &q.host);
	q.curve = choose_curve(cfg, &ch->ext);
	if (!q.curve && only_curves(cfg))
		return channel_fail(hs->ch, SEALSOCK_ERR_NO_GROUP,
				    "the client offers no key exchange group that is allowed here");
	if (!choose_suite(&q, ch->suites) && lacks_field(&q, ch->suites))
		return channel_fail(hs->ch, SEALSOCK_ERR_WEAK,
				    "the client offers no finite field that is allowed here");
	if (!out->suite)
		return channel_fail(hs->ch, SEALSOCK_ERR_NO_SUITE,
				    "no cipher suite of TLS 1.2 fits the client, its signature schemes and the certificates here");
	return policy_alpn(hs, &ch->ext, out);
}

int policy_resume12(struct hs *hs, const struct client_hello *ch, struct choice *out)
{
	*out = (struct choice){ .suite = suite_find(hs->session.suite) };
	return policy_alpn(hs, &ch->ext, out);
}
