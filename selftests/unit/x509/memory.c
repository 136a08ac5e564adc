// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The Nth allocation fails, for every N, ours and libcrypto's: while a chain is read and a path
 * found, lists are looked up, a response is checked, and a chain comes from the cache. What is
 * wrong must never pass for that, and what is right must not be called wrong.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "mint.h"
#include "mutual.h"
#include "pair.h"
#include "staple.h"
#include "tap.h"

enum { DAY = 86400, TEXT_MAX = 20000, STEP_AFTER = 400, STEP = 23 };

static long countdown;		/* allocations until one fails; 0: none will */
static bool counts, lasts;	/* @lasts: from then on all fail */

static bool fails(void)
{
	if (!counts || countdown <= 0)
		return false;
	countdown -= countdown > 1 || !lasts;
	return countdown == 0 || (lasts && countdown == 1);
}

static void *env_alloc(void *arg, size_t n)
{
	(void)arg;
	return fails() ? NULL : malloc(n);
}

static void env_free(void *arg, void *p, size_t n)
{
	(void)arg;
	(void)n;
	free(p);
}

static void *crypto_alloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : malloc(n);
}

static void *crypto_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : realloc(p, n);
}

static void crypto_release(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static struct sealsock_env env;

static struct identity ca(const char *cn, const struct identity *issuer, const char *extra,
			  enum cert_type type)
{
	struct mint m = { .cn = cn, .from = -DAY, .until = DAY, .type = type, .exts = {
		"basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier=hash",
		"authorityKeyIdentifier=keyid", "keyUsage=critical,keyCertSign,cRLSign", extra } };

	return mint(&m, issuer);
}

static struct identity root, mid, lists, end, other;

/* A client that looks at all there is to look at; @of is in the list of Mid's, or NULL. */
static struct sealsock_config *client(const struct identity *of)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_CLIENT);
	const struct mint_crl crls[] = {
		{ .from = -DAY, .until = DAY },
		{ .from = -DAY, .until = DAY, .signer = &lists },
		{ .from = -DAY, .until = DAY, .signer = &lists, .base = 7, .number = 8, .of = of },
	};
	const struct identity *const issuers[] = { &root, &mid, &mid };
	char *text;
	int i;

	NEED(cfg && !sealsock_config_env(cfg, &env));
	NEED(!sealsock_config_ca_mem(cfg, root.cert_pem, strlen(root.cert_pem)));
	for (i = 0; i < 3; i++) {
		text = mint_crl(&crls[i], issuers[i]);
		NEED(!sealsock_config_crl_mem(cfg, text, strlen(text)));
		free(text);
	}
	NEED(!sealsock_config_policies(cfg, "1.2.3", SEALSOCK_POLICY_REQUIRE));
	return cfg;
}

/* Memory, or that libcrypto did not do what it does otherwise. */
static bool is_ours(int code)
{
	return code == SEALSOCK_ERR_NOMEM || code == SEALSOCK_ERR_CRYPTO;
}

/* @want: the code with all memory. Once one allocation fails, once all that follow, too. */
static void verify(struct sealsock_config *cfg, const char *chain, struct bytes staple, int want,
		   const char *name)
{
	struct sealsock_verdict v = { .code = want };
	bool good = true, reached = true;
	long n;

	sealsock_verify(cfg, chain, strlen(chain), "host.example", staple.p, staple.n, NULL, NULL,
			&v);
	ok_int(v.code, want, name);
	for (n = 1; good && reached; n += n < STEP_AFTER ? 1 : STEP) {
		for (lasts = false; good && reached; lasts = true) {
			countdown = n;
			counts = true;
			sealsock_verify(cfg, chain, strlen(chain), "host.example", staple.p,
					staple.n, NULL, NULL, &v);
			counts = false;
			ERR_clear_error();
			reached = !countdown || (lasts && countdown == 1);
			good = v.code == want || (reached && is_ours(v.code));
			if (lasts)
				break;
		}
	}
	countdown = 0;
	lasts = false;
	ok(good && v.code == want, "%s: any of %ld allocations can fail, nobody is blamed (%d: %s)",
	   name, n - 1, v.code, v.text);
}

/* Lists of all kinds of signature, one of which revokes; where failure is soft, too. */
static void list_signers(void)
{
	static const enum cert_type types[] = { CERT_P256, CERT_P384, CERT_P521, CERT_ED25519,
						CERT_ED448, CERT_RSA, CERT_RSA_PSS };
	struct sealsock_config *revoked;
	char chain[TEXT_MAX], name[40];
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		free_identity(&lists);
		lists = ca("Mid", &root, NULL, types[i]);
		revoked = client(&end);
		sealsock_config_revocation(revoked, SEALSOCK_REVOCATION_SOFT);
		snprintf(chain, sizeof(chain), "%s%s%s", end.cert_pem, lists.cert_pem,
			 mid.cert_pem);
		snprintf(name, sizeof(name), "a list signed with %s, soft",
			 cert_type_names[types[i]]);
		verify(revoked, chain, bytes_of(NULL, 0), SEALSOCK_ERR_CERT_REVOKED, name);
		sealsock_config_unref(revoked);
	}
}

static void chains(void)
{
	struct bytes none = bytes_of(NULL, 0);
	char chain[TEXT_MAX];
	const struct staple_spec good = { .from = -100, .until = 100 };
	const struct staple_spec bad = { .status = 1, .from = -100, .until = 100 };
	struct bytes staples[] = { make_staple(&good, &end, &mid), make_staple(&bad, &end, &mid) };
	struct sealsock_config *cfg = client(NULL), *revoked = client(&end);

	snprintf(chain, sizeof(chain), "%s%s%s%s", end.cert_pem, lists.cert_pem, other.cert_pem,
		 mid.cert_pem);
	verify(cfg, chain, none, 0, "a right chain");
	verify(cfg, chain, staples[0], 0, "with a staple");
	verify(cfg, chain, staples[1], SEALSOCK_ERR_CERT_REVOKED, "with one that says no");
	verify(revoked, chain, none, SEALSOCK_ERR_CERT_REVOKED, "a revoked certificate");
	free((void *)staples[0].p);
	free((void *)staples[1].p);
	sealsock_config_unref(cfg);
	sealsock_config_unref(revoked);
}

/* Once without any failure: then the chain is in the cache. */
static int meet(struct sealsock_config *cc, struct sealsock_config *sc, const char *host, long n)
{
	struct sealsock_conn *c = sealsock_conn_new(cc), *s = sealsock_conn_new(sc);
	int err = 0;

	sealsock_conn_set_host(c, host);
	countdown = n;
	counts = true;
	if (!shake_hands(c, s, 0))
		err = sealsock_conn_error(c)->code;
	counts = false;
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	ERR_clear_error();
	return err;
}

static void cached(void)
{
	struct sealsock_config *cc = sealsock_config_new(SEALSOCK_CLIENT), *sc;
	bool good = true;
	long n;
	int err;

	sealsock_config_env(cc, &env);
	NEED(!sealsock_config_ca_mem(cc, root.cert_pem, strlen(root.cert_pem)));
	sc = sealsock_config_new(SEALSOCK_SERVER);
	sealsock_config_env(sc, &test_env);
	NEED(!sealsock_config_cert_mem(sc, other.cert_pem, strlen(other.cert_pem), other.key_pem,
				       strlen(other.key_pem)));
	ok_int(meet(cc, sc, "host.example", 0), 0, "a handshake, which fills the cache");
	for (n = 1; good; n++) {
		err = meet(cc, sc, "host.example", n);
		if (countdown)
			break;
		good = err != SEALSOCK_ERR_CERT_UNTRUSTED && err != SEALSOCK_ERR_CERT_BAD &&
		       meet(cc, sc, "else.example", 0) == SEALSOCK_ERR_CERT_NAME;
	}
	countdown = 0;
	ok(good && !err, "any of %ld allocations of a second one can fail", n - 1);
	ok_int(meet(cc, sc, "host.example", 0), 0, "and a third one finds the cache in order");
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

int main(void)
{
	struct mint m = { .cn = "host.example", .from = -DAY, .until = DAY, .exts = {
		"subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid",
		"keyUsage=digitalSignature", "subjectAltName=DNS:host.example",
		"certificatePolicies=1.2.3" } };

	CRYPTO_set_mem_functions(crypto_alloc, crypto_realloc, crypto_release);
	env = test_env;
	env.alloc = env_alloc;
	env.free = env_free;
	root = ca("Root", NULL, NULL, CERT_P256);
	mid = ca("Mid", &root, "certificatePolicies=1.2.3", CERT_P256);
	/* Another key, which signs its lists. */
	lists = ca("Mid", &root, NULL, CERT_P256);
	end = mint(&m, &mid);
	other = mint(&m, &root);
	chains();
	list_signers();
	cached();
	free_identity(&root);
	free_identity(&mid);
	free_identity(&lists);
	free_identity(&end);
	free_identity(&other);
	return done();
}
