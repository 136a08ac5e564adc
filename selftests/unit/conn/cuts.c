// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Every byte boundary: each flight of a handshake arrives in two parts, cut at every point in turn,
 * and byte by byte; the keys of both sides are then the same as if it had come in one.
 */
#include <stdlib.h>

#include "mutual.h"
#include "tap.h"

enum how { FULL = 0, MUTUAL = 1, RESUMED = 2, RETRY = 4, POST = 8 };

static struct sealsock_config *cc, *sc;
static uint8_t session[SEALSOCK_SESSION_MAX];
static size_t session_len;

/* Feeds @n bytes in two parts; false: it was not all taken without error. */
static bool feed_cut(struct sealsock_conn *to, const uint8_t *p, size_t n, size_t cut)
{
	if (cut > n)
		cut = n;
	return !feed_all(to, p, cut, 0) && !feed_all(to, p + cut, n - cut, 0);
}

static bool carry_cut(struct sealsock_conn *from, struct sealsock_conn *to, size_t cut,
		      size_t *longest)
{
	uint8_t out[16384];
	size_t n = drain(from, out, sizeof(out));

	if (n > *longest)
		*longest = n;
	return feed_cut(to, out, n, cut);
}

/* One connection; all its flights are cut at @cut, 0: byte by byte. */
static bool connect_cut(enum how how, size_t cut, size_t *longest)
{
	struct sealsock_conn *c = client_conn(cc), *s = sealsock_conn_new(sc);
	uint8_t secrets[4][SECRET_MAX];
	struct sealsock_info info;
	bool good = true;
	int i;

	if (how & RESUMED)
		sealsock_conn_set_session(c, session, session_len);
	if (!cut)
		good = shake_hands(c, s, 1);
	for (i = 0; cut && good && i < 4; i++)
		good = carry_cut(c, s, cut, longest) && carry_cut(s, c, cut, longest);
	if (good && how & POST)
		good = !sealsock_conn_ask_cert(s, true) &&
		       carry_cut(s, c, cut ? cut : 1, longest) &&
		       carry_cut(c, s, cut ? cut : 1, longest);
	good = good && sealsock_conn_state(c) == SEALSOCK_STATE_DONE &&
	       sealsock_conn_state(s) == SEALSOCK_STATE_DONE &&
	       !sealsock_conn_export(c, "EXPERIMENTAL", NULL, 0, secrets[0], 32) &&
	       !sealsock_conn_export(s, "EXPERIMENTAL", NULL, 0, secrets[1], 32) &&
	       !memcmp(secrets[0], secrets[1], 32);
	sealsock_conn_info(s, &info);
	good = good && info.resumed == !!(how & RESUMED) &&
	       info.client_authenticated == !!(how & (MUTUAL | POST)) &&
	       info.hello_retry == !!(how & RETRY);
	if (!good)
		printf("# cut %zu: client: %s; server: %s\n", cut, sealsock_conn_error(c)->text,
		       sealsock_conn_error(s)->text);
	if (!session_len) {
		ssize_t n = sealsock_conn_session(c, session, sizeof(session));

		session_len = n > 0 ? (size_t)n : 0;
	}
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	return good;
}

static void every_cut(const char *versions, enum how how, const char *name)
{
	size_t cut, longest = 1, good = 0;

	cc = how & (MUTUAL | POST) ? mutual_client() : client_config();
	sc = how & MUTUAL ? mutual_server() : server_config(CERT_P256);
	if (how & POST) {
		trust_test_ca(sc);
		sealsock_config_post_handshake_auth(cc, true);
		sealsock_config_post_handshake_auth(sc, true);
	}
	sealsock_config_versions(sc, versions);
	if (how & RETRY)
		sealsock_config_groups(sc, "secp256r1");
	session_len = 0;
	if (how & RESUMED) {
		connect_cut((enum how)(how & ~RESUMED), 100000, &longest);
		ok(session_len, "%s: a session", name);
		longest = 1;
	} else {
		session_len = 1;	/* none is wanted */
	}
	ok(connect_cut(how, 0, &longest), "%s, %s: byte by byte", versions, name);
	for (cut = 1; cut <= longest; cut++)
		good += connect_cut(how, cut, &longest);
	ok_int(good, longest, "%s, %s: cut at each of %zu places", versions, name, longest);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

int main(void)
{
	every_cut("TLSv1.3", FULL, "full");
	every_cut("TLSv1.3", RETRY, "with a retry");
	every_cut("TLSv1.3", MUTUAL, "client certificate");
	every_cut("TLSv1.3", RESUMED, "resumed");
	every_cut("TLSv1.3", (enum how)(RESUMED | MUTUAL), "client certificate, resumed");
	every_cut("TLSv1.3", POST, "client certificate afterwards");
	every_cut("TLSv1.2", FULL, "full");
	every_cut("TLSv1.2", MUTUAL, "client certificate");
	every_cut("TLSv1.2", RESUMED, "resumed");
	every_cut("TLSv1.2", (enum how)(RESUMED | MUTUAL), "client certificate, resumed");
	free_test_identities();
	return done();
}
