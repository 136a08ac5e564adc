// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * TLS 1.2 without extended_master_secret (RFC 7627), as old libraries and scanners speak it: it is
 * taken unless the profile is "modern", but nothing that could be moved to another connection
 * hangs on it: no session, no exporter, no client certificate.
 */
#include "expect.h"
#include "hello.h"
#include "hs/hs.h"
#include "mutual.h"
#include "tap.h"

enum { EMS = 23, TICKET = 35 };

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static struct hello hello;
static uint8_t rec[32768], out[32768];

static void open_both(bool client_has_cert, enum sealsock_verify verify, const char *profile)
{
	cc = client_has_cert ? mutual_client() : client_config();
	sc = server_config(CERT_P256);
	trust_test_ca(sc);
	sealsock_config_verify(sc, verify);
	sealsock_config_profile(sc, profile);
	sealsock_config_profile(cc, profile);
	sealsock_config_versions(sc, "TLSv1.2");
	sealsock_config_versions(cc, "TLSv1.2");
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
}

static void close_both(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* The client's hello without it; the client's own copy too, so that both hash the same. */
static int client_forgets(void)
{
	struct buf *sent = &c->hs->hello;
	const void *p;
	size_t n;

	sealsock_conn_output(c, &p, &n);
	hello_read(&hello, bytes_of((const uint8_t *)p + 5, n - 5));
	sealsock_conn_sent(c, n);
	hello_drop(&hello, EMS);
	n = hello_record(&hello, rec);
	sent->n = 0;
	buf_append(sent, rec + 5, n - 5);
	c->hs->offered &= ~EXT_BIT(EXT_EXTENDED_MASTER_SECRET);
	return feed_all(s, rec, n, 0);
}

static void whole(bool cert, enum sealsock_verify verify, const char *name)
{
	struct sealsock_info a, b;
	uint8_t secret[32];
	char buf[8];
	size_t moved;

	open_both(cert, verify, "default");
	ok(client_forgets() == 0 && shake_hands(c, s, 0), "%s: a handshake without it", name);
	sealsock_conn_info(c, &a);
	sealsock_conn_info(s, &b);
	ok(!a.extended_master_secret && !b.extended_master_secret, "%s: both know", name);
	ok(!a.client_cert_sent && !b.client_authenticated,
	   "attack: triple handshake: %s: the client is not asked who it is", name);
	ok(sealsock_conn_export(c, "label", NULL, 0, secret, 32) == SEALSOCK_ERR_UNSUPPORTED &&
	   sealsock_conn_export(s, "label", NULL, 0, secret, 32) == SEALSOCK_ERR_UNSUPPORTED,
	   "attack: triple handshake: %s: nothing is exported", name);
	ok_int(sealsock_conn_session(c, out, sizeof(out)), 0,
	       "attack: triple handshake: %s: no session", name);
	ok(sealsock_conn_write(c, "ping", 4) == 4 && !carry(c, s, 0, &moved) &&
	   sealsock_conn_read(s, buf, 8) == 4, "%s: data flows", name);
	close_both();
}

static void refusals(void)
{
	open_both(true, SEALSOCK_VERIFY_REQUIRED, "default");
	expect_failure(s, client_forgets(), SEALSOCK_ERR_UNPROTECTED,
		       "attack: triple handshake: where clients must have a certificate");
	close_both();
	open_both(false, SEALSOCK_VERIFY_NONE, "modern");
	expect_failure(s, client_forgets(), SEALSOCK_ERR_UNPROTECTED, "a server of \"modern\"");
	close_both();
}

/* The server's flight, its hello without the extension: what the client's feed answers. */
static int server_forgets(void)
{
	size_t n, len, moved, used = 0;
	struct buf all;
	int err;

	carry(c, s, 0, &moved);
	n = drain(s, out, sizeof(out));
	buf_init(&all, &test_env_full);
	for (; used < n; used += 5 + len) {
		len = (size_t)(out[used + 3] << 8 | out[used + 4]);
		buf_append(&all, out + used + 5, len);
	}
	len = 4 + ((size_t)all.p[1] << 16 | (size_t)all.p[2] << 8 | all.p[3]);
	hello_read(&hello, bytes_of(all.p, len));
	hello_drop(&hello, EMS);
	err = feed_all(c, rec, hello_record(&hello, rec), 0);
	if (!err)
		err = feed_all(c, rec, plain_record(SEAL_TYPE_HANDSHAKE, all.p + len, all.n - len,
						    rec), 0);
	buf_free(&all);
	return err;
}

static void clients(void)
{
	static const uint8_t empty[] = { 11, 0, 0, 3, 0, 0, 0 };
	size_t n;

	open_both(true, SEALSOCK_VERIFY_REQUIRED, "default");
	ok_int(server_forgets(), 0, "a client takes a server without it");
	n = drain(c, out, sizeof(out));
	ok(n > 5 + sizeof(empty) && !memcmp(out + 5, empty, sizeof(empty)),
	   "attack: triple handshake: but gives it no certificate");
	close_both();
	open_both(false, SEALSOCK_VERIFY_NONE, "modern");
	expect_failure(c, server_forgets(), SEALSOCK_ERR_UNPROTECTED, "a client of \"modern\"");
	close_both();
}

int main(void)
{
	whole(false, SEALSOCK_VERIFY_NONE, "no certificate asked for");
	whole(true, SEALSOCK_VERIFY_OPTIONAL, "an optional one");
	refusals();
	clients();
	free_test_identities();
	return done();
}
