// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Resumption in TLS 1.3: tickets, stores, shared keys; what must not be resumed. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "expect.h"
#include "hello.h"
#include "hs/hs.h"
#include "mutual.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static struct sealsock_info info;
static uint8_t session[SEALSOCK_SESSION_MAX];
static ssize_t session_len;

/* A clock that the tests move. */
static int64_t now = TEST_NOW;

static int64_t moving_now(void *arg)
{
	(void)arg;
	return now;
}

static struct sealsock_env env;

static struct sealsock_config *make(enum sealsock_side role)
{
	struct sealsock_config *cfg = sealsock_config_new(role);

	sealsock_config_env(cfg, &env);
	if (role == SEALSOCK_CLIENT)
		trust_test_ca(cfg);
	else
		add_identity(cfg, test_server(CERT_P256));
	return cfg;
}

static void open_both(const char *host)
{
	c = sealsock_conn_new(cc);
	sealsock_conn_set_host(c, host);
	s = sealsock_conn_new(sc);
}

static void close_conns(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
}

static void close_all(void)
{
	close_conns();
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* A full handshake on fresh configurations, and the session that comes of it. */
static bool first(void)
{
	bool good;

	open_both("localhost");
	good = shake_hands(c, s, 0);
	session_len = sealsock_conn_session(c, session, sizeof(session));
	close_conns();
	return good && session_len > 0;
}

static bool resumed(void)
{
	struct sealsock_info other;

	sealsock_conn_info(c, &info);
	sealsock_conn_info(s, &other);
	return info.resumed && other.resumed;
}

/* Another handshake with the session: is it resumed? -1: it fails. */
static int again(const char *host, size_t chunk)
{
	int r;

	open_both(host);
	if (sealsock_conn_set_session(c, session, (size_t)session_len))
		return -2;
	if (!shake_hands(c, s, chunk)) {
		printf("# client: %s\n# server: %s\n", sealsock_conn_error(c)->text,
		       sealsock_conn_error(s)->text);
		return -1;
	}
	r = resumed();
	return r;
}

static void works(const char *suite, size_t chunk, bool retry)
{
	char buf[10];
	size_t moved;

	cc = make(SEALSOCK_CLIENT);
	sc = make(SEALSOCK_SERVER);
	sealsock_config_ciphers(cc, suite);
	if (retry)
		sealsock_config_groups(sc, "secp256r1");
	ok(first(), "%s: a session", suite);
	ok_int(again("localhost", chunk), 1, "is resumed, chunk %zu%s", chunk,
	       retry ? ", with a retry" : "");
	sealsock_conn_info(c, &info);
	ok(info.verified && info.hello_retry == retry, "the server is still known to be right");
	ok(sealsock_conn_write(c, "ping", 4) == 4 && !carry(c, s, chunk, &moved) &&
	   sealsock_conn_read(s, buf, sizeof(buf)) == 4, "data flows");
	session_len = sealsock_conn_session(c, session, sizeof(session));
	ok(session_len > 0, "and there is a session for the next time");
	close_conns();
	ok_int(again("localhost", 0), 1, "which is resumed too");
	close_all();
}

static void counts(void)
{
	unsigned int i, n;

	for (i = 0; i < 4; i++) {
		cc = make(SEALSOCK_CLIENT);
		sc = make(SEALSOCK_SERVER);
		sealsock_config_ticket_count(sc, i);
		open_both("localhost");
		ok(shake_hands(c, s, 0), "a server that sends %u tickets", i);
		for (n = 0; sealsock_conn_session(c, session, sizeof(session)) > 0; n++)
			;
		ok_int(n, i, "the client has as many sessions");
		close_all();
	}
	cc = make(SEALSOCK_CLIENT);
	sc = make(SEALSOCK_SERVER);
	ok_int(sealsock_config_ticket_count(sc, 9), SEALSOCK_ERR_INVALID, "9 are too many");
	ok_int(sealsock_config_ticket_count(cc, 1), SEALSOCK_ERR_INVALID, "a client sends none");
	open_both("localhost");
	ok_int(sealsock_conn_session(c, session, sizeof(session)), 0, "none before the handshake");
	ok_int(sealsock_conn_set_session(c, "x", 1), SEALSOCK_ERR_INVALID, "this is no session");
	shake_hands(c, s, 0);
	ok_int(sealsock_conn_session(c, session, 10), SEALSOCK_ERR_INVALID, "too little room");
	session_len = sealsock_conn_session(c, session, sizeof(session));
	ok_int(sealsock_conn_set_session(c, session, (size_t)session_len), SEALSOCK_ERR_STATE,
	       "too late to resume");
	close_all();
}

static void stores(void)
{
	cc = make(SEALSOCK_CLIENT);
	sc = make(SEALSOCK_SERVER);
	ok_int(sealsock_config_session_store(cc, NULL), 0, "a client with a store in memory");
	open_both("localhost");
	ok(shake_hands(c, s, 0) && !resumed(), "the first time in full");
	close_conns();
	open_both("localhost");
	ok(shake_hands(c, s, 0) && resumed(), "then by itself resumed");
	close_conns();
	open_both("127.0.0.1");
	ok(shake_hands(c, s, 0) && !resumed(), "another name has no session yet");
	close_all();
}

/* Connects at @port, 0: none is set; 1: resumed, 0: in full. */
static int at_port(unsigned int port)
{
	int result;

	open_both("localhost");
	if (port && sealsock_conn_set_port(c, port))
		return -1;
	result = shake_hands(c, s, 0) ? resumed() : -2;
	close_conns();
	return result;
}

/* What another service of the same host gave is nobody's business. */
static void ports(void)
{
	cc = make(SEALSOCK_CLIENT);
	sc = make(SEALSOCK_SERVER);
	sealsock_config_session_store(cc, NULL);
	ok_int(at_port(443), 0, "a session of port 443");
	ok_int(at_port(8443), 0, "is not offered at 8443");
	ok_int(at_port(0), 0, "nor where the port is not known");
	ok_int(at_port(443), 1, "but at 443");
	ok_int(at_port(8443), 1, "as that of 8443 is there");
	ok_int(at_port(0), 1, "and that without a port without one");
	open_both("localhost");
	ok_int(sealsock_conn_set_port(c, 0), SEALSOCK_ERR_INVALID, "0 is no port");
	ok_int(sealsock_conn_set_port(c, 65536), SEALSOCK_ERR_INVALID, "nor is 65536");
	ok_int(sealsock_conn_set_port(s, 443), SEALSOCK_ERR_STATE, "a server has none");
	shake_hands(c, s, 0);
	ok_int(sealsock_conn_set_port(c, 443), SEALSOCK_ERR_STATE, "afterwards it is too late");
	close_all();
}

static void lifetime(void)
{
	cc = make(SEALSOCK_CLIENT);
	sc = make(SEALSOCK_SERVER);
	ok(first(), "a session");
	now += 23 * 3600;
	ok_int(again("localhost", 0), 1, "is good for a day, over rotated keys");
	session_len = sealsock_conn_session(c, session, sizeof(session));
	close_conns();
	now += 2 * 3600;
	ok_int(again("localhost", 0), 0, "resuming does not prolong it past the first handshake");
	close_all();
	now = TEST_NOW;

	/* A client that lies about the time cannot make the server believe it. */
	cc = make(SEALSOCK_CLIENT);
	sc = make(SEALSOCK_SERVER);
	first();
	now += 25 * 3600;
	open_both("localhost");
	now -= 25 * 3600;
	sealsock_conn_set_session(c, session, (size_t)session_len);
	sealsock_conn_output(c, &(const void *){ NULL }, &(size_t){ 0 });
	now += 25 * 3600;
	ok(shake_hands(c, s, 0) && !resumed(), "a server judges the lifetime by its own clock");
	close_all();
	now = TEST_NOW;

	cc = make(SEALSOCK_CLIENT);
	sc = make(SEALSOCK_SERVER);
	first();
	now += 7200;
	open_both("localhost");
	now -= 7200;
	sealsock_conn_set_session(c, session, (size_t)session_len);
	sealsock_conn_output(c, &(const void *){ NULL }, &(size_t){ 0 });
	now += 7200;
	ok(shake_hands(c, s, 0) && !resumed(), "an age that cannot be is not resumed");
	close_all();
	now = TEST_NOW;
}

/* The attacks of resumption: each must end in a full handshake, or in none. */
static void not_across_names(void)
{
	cc = make(SEALSOCK_CLIENT);
	sc = make(SEALSOCK_SERVER);
	first();
	ok_int(again("www.example.org", 0), 0, "attack: a session of another name (client)");
	close_conns();
	open_both("localhost");
	sealsock_conn_set_session(c, session, (size_t)session_len);
	shake_hands(c, s, 0);
	ok(resumed(), "under its own name it is resumed");
	close_all();
}

static void swap_sni(struct sealsock_conn *from, struct sealsock_conn *to, const char *want,
		     int *err)
{
	const void *p;
	uint8_t copy[2048];
	uint8_t *at;
	size_t n;

	sealsock_conn_output(from, &p, &n);
	memcpy(copy, p, n);
	at = memmem(copy, n, "localhost", 9);
	if (at)
		memcpy(at, want, 9);
	*err = feed_all(to, copy, n, 0);
	sealsock_conn_sent(from, n);
}

static void ticket_with_other_sni(void)
{
	int err;

	cc = make(SEALSOCK_CLIENT);
	sc = make(SEALSOCK_SERVER);
	first();
	open_both("localhost");
	sealsock_conn_set_session(c, session, (size_t)session_len);
	swap_sni(c, s, "otherhost", &err);
	sealsock_conn_info(s, &info);
	ok(err == 0 && !info.resumed, "attack: a ticket under another server name (server)");
	close_all();
}

static void not_across_trust(void)
{
	struct sealsock_config *old;

	cc = make(SEALSOCK_CLIENT);
	sealsock_config_verify(cc, SEALSOCK_VERIFY_INSECURE);
	sc = make(SEALSOCK_SERVER);
	first();
	old = cc;
	cc = make(SEALSOCK_CLIENT);
	ok_int(again("localhost", 0), 0, "attack: a session made without verification");
	close_conns();
	sealsock_config_unref(old);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void around_client_certificate(void)
{
	char path[] = "/tmp/sealsock-test-XXXXXX";
	uint8_t keys[48] = { 1, 2, 3 };
	struct sealsock_config *open_sc;
	const void *der;
	size_t n;
	int fd = mkstemp(path);

	ok(write(fd, keys, sizeof(keys)) == sizeof(keys), "keys in a file");
	close(fd);
	cc = make(SEALSOCK_CLIENT);
	add_identity(cc, test_client());
	sc = make(SEALSOCK_SERVER);
	sealsock_config_ticket_keys_file(sc, path);
	first();
	open_sc = sc;
	sc = make(SEALSOCK_SERVER);
	trust_test_ca(sc);
	sealsock_config_verify(sc, SEALSOCK_VERIFY_REQUIRED);
	ok_int(sealsock_config_ticket_keys_file(sc, path), 0, "shared by two servers");
	ok_int(again("localhost", 0), 0, "attack: around a required client certificate");
	sealsock_conn_info(s, &info);
	ok(info.client_authenticated, "the certificate is asked for and given");
	session_len = sealsock_conn_session(c, session, sizeof(session));
	close_conns();
	ok_int(again("localhost", 0), 1, "a session with the certificate is resumed");
	sealsock_conn_info(s, &info);
	der = sealsock_conn_peer_cert(s, 0, &n);
	ok(info.client_authenticated && der && memmem(der, n, "client", 6),
	   "and the server still knows whose it is");
	session_len = sealsock_conn_session(c, session, sizeof(session));
	close_conns();
	sealsock_config_unref(sc);
	sc = open_sc;
	ok_int(again("localhost", 0), 0, "attack: and not where other rules hold");
	close_all();
	unlink(path);
}

static void shared_keys(void)
{
	char path[] = "/tmp/sealsock-test-XXXXXX", next[64];
	uint8_t keys[96] = { 7 };
	struct sealsock_config *other;
	int fd = mkstemp(path);

	keys[48] = 8;
	ok(write(fd, keys + 48, 48) == 48, "a file with one key");
	close(fd);
	cc = make(SEALSOCK_CLIENT);
	sc = make(SEALSOCK_SERVER);
	ok_int(sealsock_config_ticket_keys_file(sc, path), 0, "is taken");
	other = make(SEALSOCK_SERVER);
	sealsock_config_ticket_keys_file(other, path);
	first();
	sealsock_config_unref(sc);
	sc = other;
	ok_int(again("localhost", 0), 1, "another server takes its tickets");
	close_conns();

	snprintf(next, sizeof(next), "%s.next", path);
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ok(write(fd, keys, 96) == 96, "a new key goes in front");
	close(fd);
	rename(next, path);
	now++;
	ok_int(again("localhost", 0), 1, "the old one still opens");
	session_len = sealsock_conn_session(c, session, sizeof(session));
	close_conns();
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ok(write(fd, keys, 48) == 48, "the old one goes");
	close(fd);
	rename(next, path);
	now++;
	ok_int(again("localhost", 0), 1, "the ticket was sealed with the new one");
	close_conns();
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ok(write(fd, "short", 5) == 5, "a file that makes no sense");
	close(fd);
	rename(next, path);
	now++;
	ok_int(again("localhost", 0), 1, "leaves the keys as they are");
	close_conns();
	sealsock_config_unref(sc);
	sc = make(SEALSOCK_SERVER);
	ok_int(sealsock_config_ticket_keys_file(sc, path), SEALSOCK_ERR_INVALID,
	       "and is refused at first");
	unlink(path);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
	now = TEST_NOW;
}

static void psk(struct sealsock_config *cfg, const char *identity, uint8_t first_byte,
		const char *hash, const char *host)
{
	uint8_t key[32] = { first_byte, 1, 2, 3 };

	ok_int(sealsock_config_psk(cfg, identity, key, sizeof(key), hash, host), 0, "PSK %s",
	       identity);
}

static void external(void)
{
	int err;
	size_t moved;
	uint8_t short_key[15] = { 0 };

	cc = make(SEALSOCK_CLIENT);
	sc = sealsock_config_new(SEALSOCK_SERVER);
	sealsock_config_env(sc, &env);
	psk(sc, "other", 9, "SHA256", NULL);
	psk(sc, "sensor", 1, "SHA384", NULL);
	psk(cc, "sensor", 1, "SHA384", NULL);
	ok_int(sealsock_config_psk(cc, "sensor", "0123456789abcdef", 16, "SHA256", NULL),
	       SEALSOCK_ERR_INVALID, "an identity twice");
	ok_int(sealsock_config_psk(cc, "x", short_key, 15, "SHA256", NULL), SEALSOCK_ERR_INVALID,
	       "a short key");
	ok_int(sealsock_config_psk(cc, "x", "0123456789abcdef", 16, "MD5", NULL),
	       SEALSOCK_ERR_INVALID, "a hash nobody uses");
	open_both("localhost");
	ok(shake_hands(c, s, 0) && resumed(), "an external PSK, a server without certificate");
	ok(!strcmp(info.cipher_name, "TLS_AES_256_GCM_SHA384"), "is used with its hash only");
	ok(info.psk_identity && !strcmp(info.psk_identity, "sensor"), "the client knows which");
	sealsock_conn_info(s, &info);
	ok(info.psk_identity && !strcmp(info.psk_identity, "sensor"), "and so does the server");
	ok_int(sealsock_conn_session(c, session, sizeof(session)), 0, "and needs no tickets");
	close_conns();
	sealsock_config_unref(cc);

	cc = make(SEALSOCK_CLIENT);
	psk(cc, "sensor", 2, "SHA384", NULL);
	open_both("localhost");
	err = carry(c, s, 0, &moved);
	expect_failure(s, err, SEALSOCK_ERR_BAD_BINDER, "another key under the same identity");
	close_conns();
	sealsock_config_unref(cc);

	cc = make(SEALSOCK_CLIENT);
	psk(cc, "stranger", 1, "SHA384", NULL);
	open_both("localhost");
	err = carry(c, s, 0, &moved);
	expect_failure(s, err, SEALSOCK_ERR_UNKNOWN_PSK, "an identity that is not known");
	close_all();

	cc = make(SEALSOCK_CLIENT);
	sc = make(SEALSOCK_SERVER);
	psk(cc, "stranger", 1, "SHA256", NULL);
	open_both("localhost");
	ok(shake_hands(c, s, 0) && !resumed(), "a server with a certificate falls back to it");
	close_conns();
	sealsock_config_unref(sc);
	sc = make(SEALSOCK_SERVER);
	psk(sc, "stranger", 1, "SHA256", NULL);
	sealsock_config_groups(sc, "secp256r1");
	open_both("localhost");
	ok(shake_hands(c, s, 1) && resumed(), "with a retry, byte by byte");
	close_conns();
	sealsock_config_unref(sc);
	sc = make(SEALSOCK_SERVER);
	psk(sc, "stranger", 1, "SHA256", NULL);
	trust_test_ca(sc);
	sealsock_config_verify(sc, SEALSOCK_VERIFY_REQUIRED);
	open_both("localhost");
	ok(!shake_hands(c, s, 0) && sealsock_conn_error(s)->code == SEALSOCK_ERR_CERT_REQUIRED,
	   "attack: a PSK is no client certificate");
	close_all();
}

/* Both ends have one key; a node is sent its own ClientHello back (RFC 9257 §4.1). */
static void selfie(void)
{
	size_t moved;
	int err;

	cc = make(SEALSOCK_CLIENT);
	sc = sealsock_config_new(SEALSOCK_SERVER);
	sealsock_config_env(sc, &env);
	psk(cc, "pair", 1, "SHA256", "bob.test");
	psk(sc, "pair", 1, "SHA256", "alice.test");
	open_both("bob.test");
	err = carry(c, s, 0, &moved);
	expect_failure(s, err, SEALSOCK_ERR_UNKNOWN_PSK, "attack: Selfie");
	close_conns();
	sealsock_config_unref(sc);
	sc = sealsock_config_new(SEALSOCK_SERVER);
	sealsock_config_env(sc, &env);
	psk(sc, "pair", 1, "SHA256", "bob.test");
	open_both("bob.test");
	ok(shake_hands(c, s, 0) && resumed(), "the other node takes it");
	close_conns();
	open_both("carol.test");
	err = carry(c, s, 0, &moved);
	ok(err && !c->hs->psk_count, "and nobody else is offered it");
	close_all();
}

/* A ClientHello that offers the session, in @out as a record. */
static size_t hello_with_psk(uint8_t *out, size_t room)
{
	open_both("localhost");
	sealsock_conn_set_session(c, session, (size_t)session_len);
	return drain(c, out, room);
}

static void binders(void)
{
	uint8_t rec[2048];
	struct hello h;
	size_t n;
	int err;

	cc = make(SEALSOCK_CLIENT);
	sc = make(SEALSOCK_SERVER);
	first();
	n = hello_with_psk(rec, sizeof(rec));
	rec[n - 1] ^= 1;
	err = feed_all(s, rec, n, 0);
	expect_failure(s, err, SEALSOCK_ERR_BAD_BINDER, "attack: a forged binder");
	close_conns();

	n = hello_with_psk(rec, sizeof(rec));
	rec[11] ^= 1;	/* of the random, which the binder covers */
	err = feed_all(s, rec, n, 0);
	expect_failure(s, err, SEALSOCK_ERR_BAD_BINDER, "attack: a binder moved to another hello");
	close_conns();

	n = hello_with_psk(rec, sizeof(rec));
	hello_read(&h, bytes_of(rec + 5, n - 5));
	hello_find(&h, 41)->data[4 + 40] ^= 1;
	n = hello_record(&h, rec);
	err = feed_all(s, rec, n, 0);
	sealsock_conn_info(s, &info);
	ok(!err && !info.resumed, "attack: a forged ticket is no ticket");
	close_conns();

	n = hello_with_psk(rec, sizeof(rec));
	hello_read(&h, bytes_of(rec + 5, n - 5));
	hello_add(&h, 21, "0000");
	err = feed_all(s, rec, hello_record(&h, rec), 0);
	expect_failure(s, err, SEALSOCK_ERR_ILLEGAL, "attack: pre_shared_key is not last");
	close_conns();

	n = hello_with_psk(rec, sizeof(rec));
	hello_read(&h, bytes_of(rec + 5, n - 5));
	hello_set(&h, 45, "0100");
	err = feed_all(s, rec, hello_record(&h, rec), 0);
	sealsock_conn_info(s, &info);
	ok(!err && !info.resumed, "a PSK without ephemeral keys (psk_ke) is not used");
	close_conns();

	/* Early data: the server answers as if it were not there, and skips it. */
	n = hello_with_psk(rec, sizeof(rec));
	hello_read(&h, bytes_of(rec + 5, n - 5));
	hello_drop(&h, 41);
	hello_add(&h, 42, "");
	n = hello_record(&h, rec);
	memcpy(rec + n, "\x17\3\3\0\x20", 5);
	err = feed_all(s, rec, n + 5 + 32, 0);
	ok_int(err, 0, "early data that nobody can open is skipped");
	close_all();
}

int main(void)
{
	env = test_env;
	env.now = moving_now;
	works("TLS_AES_128_GCM_SHA256", 0, false);
	works("TLS_AES_256_GCM_SHA384", 1, false);
	works("TLS_CHACHA20_POLY1305_SHA256", 0, true);
	works("TLS_AES_256_GCM_SHA384", 0, true);
	counts();
	stores();
	ports();
	lifetime();
	not_across_names();
	ticket_with_other_sni();
	not_across_trust();
	around_client_certificate();
	shared_keys();
	external();
	selfie();
	binders();
	free_test_identities();
	return done();
}
