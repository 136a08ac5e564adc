// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A session rests on the peer's path, and ends with it (RFC 8446 §4.6.1): with whichever of its
 * certificates ends first, or of the lists that have to say that none is revoked, however often it
 * was resumed.
 */
#include "mint.h"
#include "pair.h"
#include "resume_hows.h"
#include "tap.h"

enum { HOUR = 3600 };

static int64_t now;

static int64_t moving(void *arg)
{
	(void)arg;
	return now;
}

/* A leaf and the CA that issued it, as PEM one after the other. */
struct chain {
	struct identity middle, leaf;
	char pem[8192];
};

static struct identity root;

/* @leaf, @middle: the day that they end. */
static void make_chain(struct chain *c, int leaf, int middle)
{
	const struct cert_spec ca = {
		.cn = "middle", .ca = true, .ku = "keyCertSign,cRLSign", .from = -1,
		.until = middle,
	};
	const struct cert_spec end = {
		.cn = "end", .san = "DNS:localhost", .eku = "serverAuth,clientAuth", .from = -1,
		.until = leaf,
	};

	c->middle = make_identity(CERT_P256, &ca, &root);
	c->leaf = make_identity(CERT_P256, &end, &c->middle);
	NEED((size_t)snprintf(c->pem, sizeof(c->pem), "%s%s", c->leaf.cert_pem,
			      c->middle.cert_pem) < sizeof(c->pem));
}

static void free_chain(struct chain *c)
{
	free_identity(&c->leaf);
	free_identity(&c->middle);
}

/* Lists of both issuers; the root's ends on that day. */
static void add_lists(struct sealsock_config *cfg, const struct chain *peer, int day)
{
	const struct mint_crl ends = { .from = -86400, .until = day * 86400L };
	const struct mint_crl lasts = { .from = -86400, .until = 30 * 86400L };
	char *of_root = mint_crl(&ends, &root), *of_middle = mint_crl(&lasts, &peer->middle);

	NEED(!sealsock_config_crl_mem(cfg, of_root, strlen(of_root)) &&
	     !sealsock_config_crl_mem(cfg, of_middle, strlen(of_middle)));
	free(of_root);
	free(of_middle);
}

static struct sealsock_config *make(enum sealsock_side role, const struct chain *own)
{
	struct sealsock_config *cfg = sealsock_config_new(role);
	struct sealsock_env env = test_env;

	env.now = moving;
	NEED(cfg && !sealsock_config_env(cfg, &env) &&
	     !sealsock_config_ca_mem(cfg, root.cert_pem, strlen(root.cert_pem)) &&
	     !sealsock_config_cert_mem(cfg, own->pem, strlen(own->pem), own->leaf.key_pem,
				       strlen(own->leaf.key_pem)) &&
	     !sealsock_config_session_store(cfg, NULL));
	return cfg;
}

/* A connection @at seconds after the end. */
static void meet(struct sealsock_config *cc, struct sealsock_config *sc, const struct how *h,
		 const char *which, int at, bool resumes, int code)
{
	struct sealsock_conn *c, *s;
	struct sealsock_info info;
	char name[128];
	bool done;

	now = TEST_NOW + at;
	snprintf(name, sizeof(name), "%s, %s: %d s %s the end", h->name, which, at < 0 ? -at : at,
		 at < 0 ? "before" : "behind");
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	NEED(s);
	done = shake_hands(c, s, 0);
	sealsock_conn_info(h->server ? s : c, &info);
	if (at < 0)
		ok(done && info.resumed == resumes, "%s: %s: %s", name,
		   resumes ? "resumed" : "the first", sealsock_conn_error(h->server ? s : c)->text);
	else
		ok_int(sealsock_conn_error(h->server ? s : c)->code, code, "%s", name);
	sealsock_conn_free(c);
	sealsock_conn_free(s);
}

/* @lists: the peer's certificates last, but not what is known of them. */
static void ends(const struct how *h, const struct chain *peer, const struct chain *lasting,
		 bool lists, const char *which)
{
	int code = lists ? SEALSOCK_ERR_CERT_STATUS : SEALSOCK_ERR_CERT_EXPIRED;

	struct sealsock_config *cc = make(SEALSOCK_CLIENT, h->server ? peer : lasting);
	struct sealsock_config *sc = make(SEALSOCK_SERVER, h->server ? lasting : peer);

	NEED(!sealsock_config_versions(cc, h->versions) &&
	     !sealsock_config_versions(sc, h->versions));
	if (h->server)
		NEED(!sealsock_config_verify(sc, SEALSOCK_VERIFY_REQUIRED));
	if (lists)
		add_lists(h->server ? sc : cc, peer, 0);
	if (h->ids)
		NEED(!sealsock_config_ticket_count(sc, 0));
	meet(cc, sc, h, which, -2 * HOUR, false, code);
	meet(cc, sc, h, which, -HOUR, true, code);
	meet(cc, sc, h, which, -HOUR / 2, true, code);
	meet(cc, sc, h, which, HOUR, true, code);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

int main(void)
{
	static const struct cert_spec spec = {
		.cn = "root", .ca = true, .ku = "keyCertSign,cRLSign", .from = -1, .until = 30,
	};
	struct chain lasting, leaf, middle;
	size_t i;

	root = make_identity(CERT_P256, &spec, NULL);
	make_chain(&lasting, 30, 30);
	make_chain(&leaf, 0, 30);
	make_chain(&middle, 30, 0);
	for (i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		ends(&hows[i], &leaf, &lasting, false, "the certificate ends");
		ends(&hows[i], &middle, &lasting, false, "its issuer's ends");
		ends(&hows[i], &lasting, &lasting, true, "a revocation list ends");
	}
	free_chain(&lasting);
	free_chain(&leaf);
	free_chain(&middle);
	free_identity(&root);
	free_test_identities();
	return done();
}
