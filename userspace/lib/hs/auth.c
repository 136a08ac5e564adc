// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What both roles and both versions do with certificates: check, keep, ask, choose. */
#include "hs/alert.h"
#include "hs/auth.h"
#include "hs/common13.h"
#include "hs/hs.h"
#include "record/watch.h"
#include "x509/ocsp.h"

/* Keeps the chain's DER for sealsock_conn_peer_cert(). */
static bool keep_chain(struct hs *hs, const struct bytes *certs, size_t n)
{
	struct builder w = { .buf = &hs->result->chain };
	size_t i, size = 0;

	for (i = 0; i < n; i++)
		size += 3 + certs[i].n;
	if (!buf_reserve(&hs->result->chain, size))
		return false;
	for (i = 0; i < n; i++) {
		wr_u24(&w, (uint32_t)certs[i].n);
		wr_bytes(&w, certs[i].p, certs[i].n);
	}
	return !w.bad;
}

static const char *peer_name(const struct hs *hs)
{
	return hs->ch->cfg->role == SEALSOCK_CLIENT ? "server" : "client";
}

/*
 * What is resumed rests on this path, and ends with it (RFC 8446 §4.6.1): sessions last so long
 * from when they were made, which for one that must end sooner was sooner.
 */
static void rest_on_path(struct hs_result *r, int64_t now, int64_t until)
{
	if (!r->made)
		r->made = now;
	if (r->made > until - SESSION_LIFETIME)
		r->made = until - SESSION_LIFETIME;
}

static int verify(struct hs *hs, const struct bytes *certs, size_t n)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	bool client = cfg->role == SEALSOCK_CLIENT;
	bool watched = cfg->watch;
	uint8_t key[CHAIN_KEY];
	struct path_input in;
	struct chain_verdict v;
	struct buf path;
	bool cached;

	if (cfg->verify == SEALSOCK_VERIFY_INSECURE) {
		if (cert_key_kind(hs->leaf) == KEY_OTHER)
			return channel_fail(hs->ch, SEALSOCK_ERR_CERT_USAGE,
					    "the %s's key is of a kind that is not supported: %s",
					    peer_name(hs), cert_x509(hs->leaf)->spki.why);
		return 0;
	}
	config_path_input(cfg, &in);
	in.use = client && hs->ch->suite->kx == KX_RSA ? KEY_DECRYPTS : KEY_SIGNS;
	/* Lists end at other times than certificates do; what is found right is right to sign. */
	cached = cfg->chains && !in.crls && in.use == KEY_SIGNS &&
		 !chain_cache_key(cfg->crypto, bytes_of(hs->result->chain.p, hs->result->chain.n),
				  client ? hs->host : NULL, key);
	buf_init(&path, hs->ch->env);
	if (!cached || !chain_cache_get(cfg->chains, key, in.now, &v.until, &hs->issuer)) {
		chain_check(&in, certs, n, client ? hs->host : NULL, &hs->issuer,
			    watched ? &path : NULL, &v);
		if (v.code) {
			buf_free(&path);
			return channel_fail(hs->ch, v.code, "%s: %s", sealsock_strerror(v.code),
					    v.why);
		}
		if (cached)
			chain_cache_put(cfg->chains, key, v.from, v.until,
					bytes_of(hs->issuer.p, hs->issuer.n));
	}
	TRACE(path, hs->ch, bytes_of(path.p, path.n));
	buf_free(&path);
	rest_on_path(hs->result, in.now, v.until);
	hs->staple_owed = client && cert_x509(hs->leaf)->must_staple;
	return 0;
}

int auth_take_chain(struct hs *hs, const struct bytes *certs, size_t n)
{
	struct cert *leaf;
	struct finding f;
	int err;

	/* After the handshake another one may come: the last one counts. */
	hs->result->chain.n = 0;
	hs->result->ocsp.n = 0;
	buf_init(&hs->issuer, hs->ch->env);
	if (!keep_chain(hs, certs, n))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the peer's chain");
	err = cert_parse(hs->ch->env, certs[0], &leaf, &f);
	if (err == SEALSOCK_ERR_CERT_BAD)
		return channel_fail(hs->ch, err,
				    "the %s's certificate cannot be read: wanted %s%s%s (%s)",
				    peer_name(hs), f.wanted, f.found[0] ? ", found " : "", f.found,
				    f.section);
	if (err)
		return hs_internal(hs, err, "keeping the peer's certificate");
	cert_free(hs->leaf);
	hs->leaf = leaf;
	return verify(hs, certs, n);
}

static int staple_fail(struct hs *hs, const struct finding *f)
{
	return channel_fail(hs->ch, f->code,
			    "%s: the stapled OCSP response: %s%s%s, wanted: %s (%s)",
			    sealsock_strerror(f->code), f->rule, f->found[0] ? ": " : "", f->found,
			    f->wanted, f->section);
}

int auth_take_staple(struct hs *hs, struct bytes ocsp)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	struct x509 issuer;
	struct finding f;

	if (!buf_append(&hs->result->ocsp, ocsp.p, ocsp.n))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the OCSP response");
	hs->staple_owed = false;
	if (cfg->verify == SEALSOCK_VERIFY_INSECURE)
		return 0;
	if (!x509_parse(bytes_of(hs->issuer.p, hs->issuer.n), &issuer, &f) ||
	    !ocsp_is_good(cfg->crypto, hs->ch->env, ocsp, cert_x509(hs->leaf), &issuer,
			  cfg->env.now(cfg->env.arg), &f))
		return staple_fail(hs, &f);
	buf_free(&hs->issuer);	/* of no more use, and perhaps large */
	return 0;
}

int auth_settle_staple(struct hs *hs)
{
	buf_free(&hs->issuer);
	if (!hs->staple_owed)
		return 0;
	return channel_fail(hs->ch, SEALSOCK_ERR_BAD_STAPLE,
			    "no OCSP response, which the server's certificate promises (RFC 7633)");
}

int auth_ask_application(struct hs *hs, hs_resume_fn resume)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	int r;

	/* Of a resumed session only what is bound to a tag was asked about for good. */
	if (!cfg->on_verify || (!hs->leaf && (!hs->peer_restored || cfg->has_tag)))
		return 0;
	/* The channel is the connection's first member. */
	r = cfg->on_verify(cfg->on_verify_arg, (struct sealsock_conn *)hs->ch);
	if (r == SEALSOCK_WANT_ANSWER)
		return hs_wait(hs, SEALSOCK_REQUEST_VERIFY, resume);
	if (!r)
		return 0;
	return hs_refused(hs->ch, r, SEALSOCK_ERR_REJECTED,
			  cfg->role == SEALSOCK_CLIENT ? "the application refused the server" :
							 "the application refused the client");
}

/* The first scheme of ours that the peer takes and the credential's key can do. */
static const struct sigscheme *scheme_for(const struct sealsock_config *cfg,
					  const struct credential *c, struct bytes offered,
					  uint16_t version)
{
	struct bytes ours = wire_list_of(&cfg->sigalgs);
	const struct sigscheme *s;
	size_t i;

	for (i = 0; i < u16_count(ours); i++) {
		s = sigscheme_find(u16_at(ours, i));
		if (u16_contains(offered, s->id) && credential_can(c, s, version))
			return s;
	}
	return NULL;
}

/* RFC 5246 §7.4.4, RFC 8422 §5.5: rsa_sign, or ecdsa_sign for all curves; not in TLS 1.3. */
static bool type_fits(const struct credential *c, struct bytes types, uint16_t version)
{
	enum { RSA_SIGN = 1, ECDSA_SIGN = 64 };
	int type = auth_of(cert_key_kind(c->leaf)) == AUTH_RSA ? RSA_SIGN : ECDSA_SIGN;

	return version == VERSION_TLS13 || memchr(types.p, type, types.n);
}

void auth_choose_client(struct hs *hs, const struct wanted *want, uint16_t version)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	const struct credential *c;
	const struct sigscheme *s;

	hs->cred = NULL;
	for (c = cfg->creds; c; c = c->next) {
		bool named = credential_issued_by(c, want->names);

		if ((hs->cred && !named) || !type_fits(c, want->types, version))
			continue;
		s = scheme_for(cfg, c, want->schemes, version);
		if (!s)
			continue;
		hs->cred = c;
		hs->scheme = s;
		if (named)
			return;
	}
}
