// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What is left in the process when the kernel has the keys: nothing that opens what is sealed with
 * them. The whole memory is searched for every secret of the key log, for the keys that come of
 * them, and for those of the generations before.
 */
#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "pair.h"
#include "tap.h"

enum { SECRETS = 16 };

static struct hidden logged[SECRETS], keys[2], next[2];
static unsigned int logged_count;

static void keep_line(void *arg, const char *line)
{
	(void)arg;
	if (logged_count < SECRETS)
		hide_line(&logged[logged_count++], line);
}

/* Overwrites what calls have left on the stack: that is not kept by anybody. */
static __attribute__((noinline)) void scrub_stack(void)
{
	volatile uint8_t room[65536];

	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = 0;
}

static void absent(const struct hidden *h, const char *when)
{
	unsigned int n;

	scrub_stack();
	n = memory_find(h);
	ok(n == 0, "%s: %s is %s", when, h->name, n ? "still there" : "gone");
}

static void hide_key(struct sealsock_conn *conn, enum conn_dir dir, struct hidden *h)
{
	struct traffic_key k;

	if (conn_traffic_key(conn, dir, &k))
		return;
	hide(h, dir == CONN_TX ? "the sending key" : "the receiving key", k.key, k.key_len);
	wipe(&k, sizeof(k));
}

static bool is_traffic(const struct hidden *h)
{
	return strstr(h->name, "TRAFFIC") || !strcmp(h->name, "CLIENT_RANDOM");
}

static void after_install(const char *versions, const char *cipher)
{
	struct sealsock_config *cc = client_config(), *sc = server_config(CERT_P256);
	struct sealsock_conn *c, *s;
	struct traffic_key k;
	unsigned int i;
	bool tls13 = !strcmp(versions, "TLSv1.3");

	logged_count = 0;
	sealsock_config_versions(cc, versions);
	sealsock_config_ciphers(cc, cipher);
	sealsock_config_keylog(cc, keep_line, NULL);
	sealsock_config_ticket_count(sc, 0);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	ok(shake_hands(c, s, 0), "%s, %s", versions, cipher);
	hide_key(c, CONN_TX, &keys[0]);
	hide_key(c, CONN_RX, &keys[1]);
	ok(keys[0].n && memory_find(&logged[logged_count - 1]) > 0,
	   "the search finds what is there");
	keys_away(c);
	keys_away(s);
	for (i = 0; i < logged_count; i++)
		if (is_traffic(&logged[i]))
			absent(&logged[i], "after install");
	absent(&keys[0], "after install");
	absent(&keys[1], "after install");
	for (i = 0; tls13 && i < 3; i++) {
		ok_int(conn_next_key(c, CONN_TX, &k), 0, "a key update");
		hide(&next[0], "the key of an update", k.key, k.key_len);
		wipe(&k, sizeof(k));
		ok_int(conn_next_key(s, CONN_RX, &k), 0, "and the peer's");
		hide(&next[1], "the peer's key of an update", k.key, k.key_len);
		wipe(&k, sizeof(k));
		ok(next[0].n && !memcmp(next[0].b, next[1].b, next[0].n), "both are one");
		absent(&next[0], "after the update");
	}
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
	for (i = 0; i < logged_count; i++)
		absent(&logged[i], "at the end");
}

/* Where authentication after the handshake may follow, the client's secret stays until release. */
static void with_post_auth(void)
{
	struct sealsock_config *cc = client_config(), *sc = server_config(CERT_P256);
	struct sealsock_conn *c, *s;
	struct traffic_key a, b;
	unsigned int i;

	logged_count = 0;
	sealsock_config_ca_mem(sc, test_ca()->cert_pem, strlen(test_ca()->cert_pem));
	sealsock_config_post_handshake_auth(cc, true);
	sealsock_config_post_handshake_auth(sc, true);
	sealsock_config_keylog(cc, keep_line, NULL);
	sealsock_config_ticket_count(sc, 0);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	ok(shake_hands(c, s, 0), "with authentication after the handshake");
	keys_away(c);
	keys_away(s);
	for (i = 0; i < logged_count; i++)
		if (!strcmp(logged[i].name, "SERVER_TRAFFIC_SECRET_0"))
			absent(&logged[i], "before release");
	ok(!conn_next_key(c, CONN_TX, &a) && !conn_next_key(s, CONN_RX, &b) &&
	   !memcmp(a.key, b.key, a.key_len), "a key update before release");
	ok_int(sealsock_release(c), 0, "release");
	ok_int(sealsock_release(s), 0, "release");
	for (i = 0; i < logged_count; i++)
		absent(&logged[i], "after release");
	ok(!conn_next_key(c, CONN_TX, &a) && !conn_next_key(s, CONN_RX, &b) &&
	   !memcmp(a.key, b.key, a.key_len), "and one behind it");
	ok(!conn_next_key(c, CONN_RX, &a) && !conn_next_key(s, CONN_TX, &b) &&
	   !memcmp(a.key, b.key, a.key_len), "the other way");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

int main(void)
{
	after_install("TLSv1.3", "TLS_AES_128_GCM_SHA256");
	after_install("TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256");
	after_install("TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
	with_post_auth();
	free_test_identities();
	return done();
}
