// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A configuration chosen by the application: everything about the client is judged under it, not
 * under the one that the connection began with, whether the choice comes at once or later.
 */
#include "expect.h"
#include "hello.h"
#include "tap.h"

enum { EMS = 23 };

static struct sealsock_config *cc, *first, *other;
static struct sealsock_conn *c, *s;

static int choose_now(void *arg, struct sealsock_conn *conn, const struct sealsock_hello *hello,
		      struct sealsock_config **use)
{
	(void)conn;
	(void)hello;
	*use = *(struct sealsock_config **)arg;
	return 0;
}

static int choose_later(void *arg, struct sealsock_conn *conn, const struct sealsock_hello *hello,
			struct sealsock_config **use)
{
	(void)arg;
	(void)conn;
	(void)hello;
	(void)use;
	return SEALSOCK_WANT_ANSWER;
}

struct side {
	const char *profile;
	const char *versions;
};

static struct sealsock_config *server(struct side side, enum cert_type type)
{
	struct sealsock_config *cfg = server_config(type);

	if (sealsock_config_profile(cfg, side.profile) ||
	    sealsock_config_versions(cfg, side.versions)) {
		printf("Bail out! %s\n", sealsock_config_error(cfg));
		exit(1);
	}
	return cfg;
}

#define DEFAULT_BOTH	{ "default", "TLSv1.3,TLSv1.2" }
#define DEFAULT_12	{ "default", "TLSv1.2" }
#define DEFAULT_13	{ "default", "TLSv1.3" }
#define LEGACY_BOTH	{ "legacy", "TLSv1.3,TLSv1.2" }
#define MODERN_12	{ "modern", "TLSv1.2" }

static const struct row {
	const char *name;
	struct side first, other;
	const char *client;	/* versions */
	bool no_ems;
	bool fallback;		/* TLS_FALLBACK_SCSV */
	int want;		/* the server's failure, or … */
	uint16_t version;	/* … what is agreed on */
} rows[] = {
	{ "a client of 1.2, only 1.3 chosen", DEFAULT_BOTH, DEFAULT_13, "TLSv1.2",
	  .want = SEALSOCK_ERR_VERSION },
	{ "a client of 1.2 at a server of 1.2, only 1.3 chosen", DEFAULT_12, DEFAULT_13, "TLSv1.2",
	  .want = SEALSOCK_ERR_VERSION },
	{ "a client of 1.3, only 1.2 chosen", DEFAULT_BOTH, DEFAULT_12, "TLSv1.3",
	  .want = SEALSOCK_ERR_VERSION },
	{ "a client of both, only 1.2 chosen", DEFAULT_13, DEFAULT_12, "TLSv1.3,TLSv1.2",
	  .version = 0x0303 },
	{ "a client of 1.2 at a server of 1.3, 1.2 chosen", DEFAULT_13, DEFAULT_12, "TLSv1.2",
	  .version = 0x0303 },
	{ "a client of both at a server of 1.2, both chosen", DEFAULT_12, DEFAULT_BOTH,
	  "TLSv1.3,TLSv1.2", .version = 0x0304 },
	{ "a client of 1.3 at a server of 1.2, 1.3 chosen", DEFAULT_12, DEFAULT_13, "TLSv1.3",
	  .version = 0x0304 },
	{ "no extended master secret, and one is chosen that wants it", LEGACY_BOTH, MODERN_12,
	  "TLSv1.2", .no_ems = true, .want = SEALSOCK_ERR_UNPROTECTED },
	{ "no extended master secret, and one is chosen that does without", MODERN_12, LEGACY_BOTH,
	  "TLSv1.2", .no_ems = true, .version = 0x0303 },
	{ "a client that fell back, and one is chosen that can do better", DEFAULT_12,
	  DEFAULT_BOTH, "TLSv1.2", .fallback = true, .want = SEALSOCK_ERR_FALLBACK },
	{ "a client that fell back, and one is chosen that cannot", DEFAULT_BOTH, DEFAULT_12,
	  "TLSv1.2", .fallback = true, .version = 0x0303 },
};

/* The client's hello, changed as the row says: what the server's feed answers. */
static int give_hello(const struct row *r)
{
	static struct hello h;
	static uint8_t rec[8192];
	const void *p;
	size_t n;

	sealsock_conn_output(c, &p, &n);
	hello_read(&h, bytes_of((const uint8_t *)p + 5, n - 5));
	sealsock_conn_sent(c, n);
	if (r->no_ems)
		hello_drop(&h, EMS);
	if (r->fallback) {
		h.suites[h.suites_len++] = 0x56;
		h.suites[h.suites_len++] = 0x00;
	}
	return feed_all(s, rec, hello_record(&h, rec), 0);
}

static void run(const struct row *r, bool later)
{
	struct sealsock_info info;
	int err;

	cc = client_config();
	sealsock_config_versions(cc, r->client);
	first = server(r->first, CERT_P256);
	other = server(r->other, CERT_ED25519);
	sealsock_config_on_hello(first, later ? choose_later : choose_now, &other);
	c = client_conn(cc);
	s = sealsock_conn_new(first);
	err = give_hello(r);
	if (later && !err)
		err = sealsock_conn_answer_config(s, other);
	if (r->want) {
		expect_failure(s, err, r->want, r->name);
	} else {
		sealsock_conn_info(s, &info);
		ok(!err && sealsock_conn_state(s) == SEALSOCK_STATE_WANT_OUT &&
		   info.version == r->version && info.sigscheme == 0x0807, "%s", r->name);
		if (err)
			printf("# %s\n", sealsock_conn_error(s)->text);
	}
	/* Where the client knows nothing of changes to its hello, they go on. */
	if (!r->want && !r->no_ems && !r->fallback)
		ok(shake_hands(c, s, 0), "the handshake completes");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(first);
	sealsock_config_unref(other);
}

/* What cannot be used is no choice. */
static void no_choice(bool client, const char *name)
{
	size_t moved;
	int err;

	cc = client_config();
	first = server_config(CERT_P256);
	other = client ? cc : NULL;
	sealsock_config_on_hello(first, choose_now, &other);
	c = client_conn(cc);
	s = sealsock_conn_new(first);
	err = carry(c, s, 0, &moved);
	ok(err == SEALSOCK_ERR_CONFIG && sealsock_conn_error(s)->alert == ALERT_INTERNAL_ERROR &&
	   sealsock_conn_state(s) == SEALSOCK_STATE_FAILED, "%s is chosen: internal_error", name);
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(first);
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run(&rows[i], false);
		run(&rows[i], true);
	}
	no_choice(true, "a client's configuration");
	no_choice(false, "none");
	free_test_identities();
	return done();
}
