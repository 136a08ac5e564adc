// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Chains that were found right are not checked again, and only as long as they would be right. */
#include <time.h>

#include "config/config.h"
#include "conn/conn.h"
#include "mint.h"
#include "mutual.h"
#include "tap.h"

static int64_t now = TEST_NOW;

static int64_t clock_now(void *arg)
{
	(void)arg;
	return now;
}

static struct sealsock_config *client(void)
{
	struct sealsock_env env = test_env;
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_CLIENT);

	env.now = clock_now;
	sealsock_config_env(cfg, &env);
	trust_test_ca(cfg);
	return cfg;
}

/* The result of a handshake for @host. */
static int meet(struct sealsock_config *cc, struct sealsock_config *sc, const char *host)
{
	struct sealsock_conn *c = sealsock_conn_new(cc), *s = sealsock_conn_new(sc);
	int err = 0;

	sealsock_conn_set_host(c, host);
	if (!shake_hands(c, s, 0))
		err = sealsock_conn_error(c)->code;
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	return err;
}

static void handshakes(void)
{
	static const struct mint one = {
		.cn = "x", .from = -60, .until = 60,
		.exts = { "keyUsage=digitalSignature", "subjectAltName=DNS:a.example" },
	};
	struct identity id = mint(&one, test_ca());
	struct sealsock_config *cc = client(), *sc = sealsock_config_new(SEALSOCK_SERVER);

	sealsock_config_env(sc, &test_env);
	sealsock_config_cert_mem(sc, id.cert_pem, strlen(id.cert_pem), id.key_pem,
				 strlen(id.key_pem));
	ok_int(meet(cc, sc, "a.example"), 0, "the first handshake");
	ok_int(meet(cc, sc, "a.example"), 0, "the second");
	ok_int(meet(cc, sc, "b.example"), SEALSOCK_ERR_CERT_NAME,
	       "for another host it does not do");
	now = TEST_NOW + 60;
	ok_int(meet(cc, sc, "a.example"), 0, "until its last second");
	now = TEST_NOW + 61;
	ok_int(meet(cc, sc, "a.example"), SEALSOCK_ERR_CERT_EXPIRED, "and not a second more");
	now = TEST_NOW - 61;
	ok_int(meet(cc, sc, "a.example"), SEALSOCK_ERR_CERT_NOT_YET,
	       "nor where the clock goes back");
	now = TEST_NOW;
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
	free_identity(&id);
}

static bool has(struct chain_cache *c, const uint8_t key[CHAIN_KEY], int64_t at)
{
	struct buf issuer;
	int64_t until;
	bool found;

	buf_init(&issuer, &test_env_full);
	found = chain_cache_get(c, key, at, &until, &issuer);
	buf_free(&issuer);
	return found;
}

static void slots(void)
{
	struct crypto *crypto = crypto_get();
	struct chain_cache *c = chain_cache_new(&test_env_full);
	uint8_t a[CHAIN_KEY], b[CHAIN_KEY];
	struct buf issuer;
	struct host h1, h2;
	int64_t until = 0;

	NEED(c && crypto && host_parse("a.example", &h1) && host_parse("b.example", &h2));
	buf_init(&issuer, &test_env_full);
	chain_cache_key(crypto, bytes_of("chain", 5), &h1, a);
	chain_cache_key(crypto, bytes_of("chain", 5), &h2, b);
	ok(memcmp(a, b, CHAIN_KEY), "the host is part of the key");
	chain_cache_key(crypto, bytes_of("chain", 5), NULL, b);
	ok(memcmp(a, b, CHAIN_KEY), "and so is that there is none");
	memset(a, 1, CHAIN_KEY);
	ok(!has(c, a, 10), "an empty one has nothing");
	chain_cache_put(c, a, 10, 20, bytes_of("issuer", 6));
	ok(chain_cache_get(c, a, 10, &until, &issuer) && until == 20 && issuer.n == 6 &&
	   !memcmp(issuer.p, "issuer", 6), "what was put is there");
	ok(has(c, a, 20), "to its end");
	ok(!has(c, a, 9) && !has(c, a, 21), "and not outside");
	memcpy(b, a, CHAIN_KEY);
	b[31] ^= 1;
	ok(!has(c, b, 15), "another key in the same slot is another key");
	chain_cache_put(c, b, 10, 20, bytes_of("other", 5));
	ok(!has(c, a, 15) && has(c, b, 15), "the newer one stays");
	buf_free(&issuer);
	chain_cache_free(c);
	crypto_put(crypto);
}

int main(void)
{
	slots();
	handshakes();
	free_test_identities();
	return done();
}
