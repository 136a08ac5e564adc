// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Records, alerts and change_cipher_spec, right and wrong, during and after the handshake. */
#include "flight.h"
#include "tap.h"

static uint8_t rec[40000];

static struct sealsock_conn *fresh_server(struct sealsock_config **cfg)
{
	*cfg = server_config(CERT_P256);
	return sealsock_conn_new(*cfg);
}

/* The first bytes a server gets. */
static const struct {
	const char *name;
	const char *bytes;
	size_t n;
	int code;
} first[] = {
	{ "HTTP instead of TLS", "GET / HTTP/1.1\r\n", 16, SEALSOCK_ERR_UNEXPECTED },
	{ "hello of SSL 2", "\x80\x2e\1\0\2", 5, SEALSOCK_ERR_UNEXPECTED },
	{ "record of version 2.0", "\x16\2\0\0\1\1", 6, SEALSOCK_ERR_VERSION },
	{ "record of 16385 bytes", "\x16\3\1\x40\1", 5, SEALSOCK_ERR_RECORD_SIZE },
	{ "empty handshake record", "\x16\3\1\0\0", 5, SEALSOCK_ERR_UNEXPECTED },
	{ "empty alert record", "\x15\3\1\0\0", 5, SEALSOCK_ERR_UNEXPECTED },
	{ "application data first", "\x17\3\3\0\1\0", 6, SEALSOCK_ERR_UNEXPECTED },
	{ "change_cipher_spec first", "\x14\3\3\0\1\1", 6, SEALSOCK_ERR_UNEXPECTED },
	{ "alert of one byte", "\x15\3\3\0\1\2", 6, SEALSOCK_ERR_DECODE },
	{ "alert of three bytes", "\x15\3\3\0\3\2\50\0", 8, SEALSOCK_ERR_DECODE },
	{ "heartbeat record", "\x18\3\3\0\1\0", 6, SEALSOCK_ERR_UNEXPECTED },
	{ "ClientHello of 102401 bytes", "\x16\3\1\0\4\1\1\x90\1", 9, SEALSOCK_ERR_MESSAGE_SIZE },
	{ "ServerHello to a server", "\x16\3\1\0\4\2\0\0\0", 9, SEALSOCK_ERR_UNEXPECTED },
	{ "empty ClientHello", "\x16\3\1\0\4\1\0\0\0", 9, SEALSOCK_ERR_DECODE },
};

static void first_records(void)
{
	struct sealsock_config *cfg;
	size_t i;

	for (i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		struct sealsock_conn *s = fresh_server(&cfg);

		expect_failure(s, feed_all(s, first[i].bytes, first[i].n, 0), first[i].code,
			       first[i].name);
		sealsock_conn_free(s);
		sealsock_config_unref(cfg);
	}
}

static void alerts(void)
{
	struct sealsock_config *cfg;
	struct sealsock_conn *s = fresh_server(&cfg);
	const struct sealsock_failure *f = sealsock_conn_error(s);
	struct flight fl;
	struct sealer seal;

	expect_quiet(s, feed_all(s, "\x15\3\3\0\2\2\50", 7, 0), SEALSOCK_ERR_ALERT,
		     "a fatal alert ends the handshake");
	ok(f->alert == 40 && f->direction == SEALSOCK_DIR_RECEIVED &&
	   strstr(f->text, "handshake_failure"), "and is reported by name");
	sealsock_conn_free(s);
	sealsock_config_unref(cfg);

	s = fresh_server(&cfg);
	expect_quiet(s, feed_all(s, "\x15\3\3\0\2\1\0", 7, 0), SEALSOCK_ERR_CLOSED,
		     "close_notify in the handshake");
	sealsock_conn_free(s);
	s = sealsock_conn_new(cfg);
	ok_int(feed_all(s, "\x15\3\3\0\2\1\x5a", 7, 0), 0, "user_canceled is not the end");
	expect_quiet(s, sealsock_conn_eof(s), SEALSOCK_ERR_TRUNCATED, "but the connection's is");
	sealsock_conn_free(s);
	sealsock_config_unref(cfg);

	flight_to_server(&fl, NULL, NULL);
	expect_quiet(fl.server, feed_all(fl.server, "\x15\3\3\0\2\2\57", 7, 0),
		     SEALSOCK_ERR_ALERT, "an alert in the clear from a client without keys");
	flight_close(&fl);

	flight_to_client(&fl, NULL, NULL);
	expect_failure(fl.client, feed_all(fl.client, "\x15\3\3\0\2\2\57", 7, 0),
		       SEALSOCK_ERR_UNEXPECTED, "an alert in the clear from a server with keys");
	flight_close(&fl);

	flight_to_client(&fl, NULL, NULL);
	sealer_open(&seal, fl.client, &fl.secret);
	sealer_add(&seal, SEAL_TYPE_ALERT, "\2\x50", 2);
	expect_quiet(fl.client, feed_all(fl.client, seal.out.p, seal.out.n, 0),
		     SEALSOCK_ERR_ALERT, "a sealed alert");
	sealer_close(&seal);
	flight_close(&fl);
}

/* One sealed record of @type to a client that waits for EncryptedExtensions. */
static void sealed(uint8_t type, const void *p, size_t n, int code, const char *name)
{
	struct flight f;
	struct sealer s;

	flight_to_client(&f, NULL, NULL);
	sealer_open(&s, f.client, &f.secret);
	sealer_add(&s, type, p, n);
	expect_failure(f.client, feed_all(f.client, s.out.p, s.out.n, 0), code, name);
	sealer_close(&s);
	flight_close(&f);
}

static void sealed_records(void)
{
	static const uint8_t zeros[100];
	struct flight f;
	struct sealer s;
	size_t n;

	sealed(SEAL_TYPE_HANDSHAKE, "", 0, SEALSOCK_ERR_UNEXPECTED, "sealed empty record");
	sealed(SEAL_TYPE_ALERT, "", 0, SEALSOCK_ERR_UNEXPECTED, "sealed empty alert");
	sealed(SEAL_TYPE_ALERT, "\2", 1, SEALSOCK_ERR_DECODE, "sealed alert of one byte");
	sealed(SEAL_TYPE_DATA, "x", 1, SEALSOCK_ERR_UNEXPECTED, "data before Finished");
	sealed(SEAL_TYPE_DATA, "", 0, SEALSOCK_ERR_UNEXPECTED, "empty data before Finished");
	sealed(SEAL_TYPE_CCS, "\1", 1, SEALSOCK_ERR_UNEXPECTED, "sealed change_cipher_spec");
	sealed(24, "x", 1, SEALSOCK_ERR_UNEXPECTED, "sealed record of unknown type");
	sealed(0, zeros, sizeof(zeros), SEALSOCK_ERR_UNEXPECTED, "nothing but padding");

	flight_to_client(&f, NULL, NULL);
	sealer_open(&s, f.client, &f.secret);
	sealer_add(&s, SEAL_TYPE_HANDSHAKE, f.msg[0].p, f.msg[0].n);
	s.out.p[s.out.n - 1] ^= 1;
	expect_failure(f.client, feed_all(f.client, s.out.p, s.out.n, 0),
		       SEALSOCK_ERR_BAD_RECORD, "tampered record");
	sealer_close(&s);
	flight_close(&f);

	flight_to_client(&f, NULL, NULL);
	n = plain_record(SEAL_TYPE_HANDSHAKE, f.msg[0].p, f.msg[0].n, rec);
	expect_failure(f.client, feed_all(f.client, rec, n, 0), SEALSOCK_ERR_UNEXPECTED,
		       "unsealed message after the keys");
	flight_close(&f);

	flight_to_client(&f, NULL, NULL);
	expect_failure(f.client, feed_all(f.client, "\x17\3\3\0\x10", 5, 0),
		       SEALSOCK_ERR_BAD_RECORD, "sealed record too short for its tag");
	expect_failure(f.client, SEALSOCK_ERR_BAD_RECORD, SEALSOCK_ERR_BAD_RECORD,
		       "the first failure stays");
	flight_close(&f);

	flight_to_client(&f, NULL, NULL);
	expect_failure(f.client, feed_all(f.client, "\x17\3\3\x41\1", 5, 0),
		       SEALSOCK_ERR_RECORD_SIZE, "sealed record too long");
	flight_close(&f);

	flight_to_client(&f, NULL, NULL);
	expect_failure(f.client, feed_all(f.client, "\x17\3\1\0\x20", 5, 0),
		       SEALSOCK_ERR_VERSION, "sealed record of another version");
	flight_close(&f);

	flight_to_client(&f, NULL, NULL);
	sealer_open(&s, f.client, &f.secret);
	sealer_add(&s, SEAL_TYPE_HANDSHAKE, f.msg[0].p, 3);
	sealer_add(&s, SEAL_TYPE_DATA, "x", 1);
	expect_failure(f.client, feed_all(f.client, s.out.p, s.out.n, 0),
		       SEALSOCK_ERR_UNEXPECTED, "data inside a fragmented message");
	sealer_close(&s);
	flight_close(&f);
}

/* Every message in records of its own, cut in bytes: taken all the same. */
static void fragments(void)
{
	struct flight f;
	struct sealer s;
	size_t i;

	flight_to_client(&f, NULL, NULL);
	sealer_open(&s, f.client, &f.secret);
	for (i = 0; i < f.plain.n; i++)
		sealer_add(&s, SEAL_TYPE_HANDSHAKE, f.plain.p + i, 1);
	ok(feed_all(f.client, s.out.p, s.out.n, 0) == 0 && f.client->done,
	   "a flight in records of one byte");
	sealer_close(&s);
	flight_close(&f);
}

static void ccs(void)
{
	struct flight f;
	int err = 0, i;

	flight_to_client(&f, NULL, NULL);
	for (i = 0; i < 64 && !err; i++)
		err = feed_all(f.client, "\x14\3\3\0\1\1", 6, 1);
	ok_int(err, 0, "change_cipher_spec is dropped");
	expect_failure(f.client, feed_all(f.client, "\x14\3\3\0\1\1", 6, 0), SEALSOCK_ERR_FLOOD,
		       "too many of them are not");
	flight_close(&f);
	flight_to_client(&f, NULL, NULL);
	expect_failure(f.client, feed_all(f.client, "\x14\3\3\0\1\2", 6, 0),
		       SEALSOCK_ERR_UNEXPECTED, "change_cipher_spec of value 2");
	flight_close(&f);
	flight_to_client(&f, NULL, NULL);
	expect_failure(f.client, feed_all(f.client, "\x14\3\3\0\2\1\1", 7, 0),
		       SEALSOCK_ERR_UNEXPECTED, "change_cipher_spec of two bytes");
	flight_close(&f);
	flight_to_client(&f, NULL, NULL);
	expect_failure(f.client, feed_all(f.client, "\x14\3\3\0\0", 5, 0),
		       SEALSOCK_ERR_UNEXPECTED, "change_cipher_spec of none");
	flight_close(&f);
	flight_to_server(&f, NULL, NULL);
	ok_int(feed_all(f.server, "\x14\3\3\0\1\1", 6, 0), 0, "a server drops it too");
	ok_int(flight_give(&f, f.server, f.msg, 1), 0, "and then finishes");
	sealsock_conn_sent(f.server, 0);
	drain(f.server, rec, sizeof(rec));
	expect_failure(f.server, feed_all(f.server, "\x14\3\3\0\1\1", 6, 0),
		       SEALSOCK_ERR_UNEXPECTED, "after Finished it is out of turn");
	flight_close(&f);
}

/* Both ends done; what one seals is fed to the other. */
static void open_done(struct flight *f)
{
	flight_to_server(f, NULL, NULL);
	flight_give(f, f->server, f->msg, 1);
	drain(f->server, rec, sizeof(rec));
	drain(f->client, rec, sizeof(rec));
}

static void post(const struct secret *secret, struct flight *f, struct sealsock_conn *to,
		 uint8_t type, const void *p, size_t n, int code, const char *name)
{
	struct sealer s;

	sealer_open(&s, to, secret);
	sealer_add(&s, type, p, n);
	expect_failure(to, feed_all(to, s.out.p, s.out.n, 0), code, name);
	sealer_close(&s);
	flight_close(f);
}

static const struct {
	const char *name;
	bool to_server;
	uint8_t type;
	const char *p;
	size_t n;
	int code;
} posts[] = {
	{ "ticket to a server", true, 22, "\4\0\0\0", 4, SEALSOCK_ERR_UNEXPECTED },
	{ "ticket cut off", false, 22, "\4\0\0\1\0", 5, SEALSOCK_ERR_DECODE },
	{ "ticket of no bytes", false, 22, "\4\0\0\15\0\0\0\1\0\0\0\0\0\0\0\0\0", 17,
	  SEALSOCK_ERR_DECODE },
	{ "ticket with a tail", false, 22, "\4\0\0\17\0\0\0\1\0\0\0\0\0\0\1\2\0\0\0", 19,
	  SEALSOCK_ERR_DECODE },
	{ "ticket with key_share", false, 22,
	  "\4\0\0\22\0\0\0\1\0\0\0\0\0\0\1\2\0\4\0\63\0\0", 22, SEALSOCK_ERR_ILLEGAL },
	{ "ticket of 102401 bytes", false, 22, "\4\1\x90\1", 4, SEALSOCK_ERR_MESSAGE_SIZE },
	{ "KeyUpdate of no bytes", false, 22, "\x18\0\0\0", 4, SEALSOCK_ERR_DECODE },
	{ "KeyUpdate of two bytes", true, 22, "\x18\0\0\2\0\0", 6, SEALSOCK_ERR_DECODE },
	{ "KeyUpdate of value 2", true, 22, "\x18\0\0\1\2", 5, SEALSOCK_ERR_ILLEGAL },
	{ "KeyUpdate that does not end its record", true, 22, "\x18\0\0\1\0\x18\0\0\1\0", 10,
	  SEALSOCK_ERR_UNEXPECTED },
	{ "CertificateRequest after the handshake", false, 22, "\15\0\0\0", 4,
	  SEALSOCK_ERR_UNEXPECTED },
	{ "HelloRequest", false, 22, "\0\0\0\0", 4, SEALSOCK_ERR_UNEXPECTED },
	{ "ClientHello after the handshake", true, 22, "\1\0\0\0", 4, SEALSOCK_ERR_UNEXPECTED },
	{ "Finished again", false, 22, "\24\0\0\0", 4, SEALSOCK_ERR_UNEXPECTED },
	{ "empty handshake record", false, 22, "", 0, SEALSOCK_ERR_UNEXPECTED },
	{ "empty alert", false, 21, "", 0, SEALSOCK_ERR_UNEXPECTED },
	{ "alert of four bytes", true, 21, "\1\0\1\0", 4, SEALSOCK_ERR_DECODE },
	{ "change_cipher_spec sealed", true, 20, "\1", 1, SEALSOCK_ERR_UNEXPECTED },
	{ "unknown type", true, 25, "\1", 1, SEALSOCK_ERR_UNEXPECTED },
	{ "only padding", true, 0, "\0\0\0", 3, SEALSOCK_ERR_UNEXPECTED },
};

static void after_handshake(void)
{
	struct flight f;
	char name[100];
	size_t i;

	for (i = 0; i < sizeof(posts) / sizeof(posts[0]); i++) {
		struct sealsock_conn *to;

		open_done(&f);
		to = posts[i].to_server ? f.server : f.client;
		snprintf(name, sizeof(name), "after the handshake: %s", posts[i].name);
		post(&to->ch.rx_secret, &f, to, posts[i].type, posts[i].p, posts[i].n,
		     posts[i].code, name);
	}
}

/* Records that carry nothing, until it is enough. */
static void floods(void)
{
	static const struct {
		const char *name;
		uint8_t type;
		const char *p;
		size_t n;
	} empty[] = {
		{ "empty data", 23, "", 0 },
		{ "user_canceled", 21, "\1\x5a", 2 },
		{ "tickets", 22, "\4\0\0\16\0\0\0\1\0\0\0\0\0\0\1\2\0\0", 18 },
	};
	size_t i;
	int k;

	for (i = 0; i < 3; i++) {
		struct flight f;
		struct sealer s;
		int err = 0, each;

		open_done(&f);
		sealer_open(&s, f.client, &f.client->ch.rx_secret);
		/* Of tickets sixteen count as one. */
		each = empty[i].type == 22 && empty[i].p[0] == 4 ? 16 : 1;
		for (k = 0; k < 64 * each && !err; k++) {
			s.out.n = 0;
			sealer_add(&s, empty[i].type, empty[i].p, empty[i].n);
			err = feed_all(f.client, s.out.p, s.out.n, 0);
		}
		ok_int(err, 0, "64 records of %s", empty[i].name);
		for (k = 0; k < each && !err; k++) {
			s.out.n = 0;
			sealer_add(&s, empty[i].type, empty[i].p, empty[i].n);
			err = feed_all(f.client, s.out.p, s.out.n, 0);
		}
		expect_failure(f.client, err, SEALSOCK_ERR_FLOOD, "one more is a flood");
		sealer_close(&s);
		flight_close(&f);
	}
}

/* A message in pieces after the handshake, with data between them: fatal; without: taken. */
static void post_fragments(void)
{
	static const char ticket[] = "\4\0\0\16\0\0\0\1\0\0\0\0\0\0\1\2\0\0";
	struct flight f;
	struct sealer s;
	size_t i;

	open_done(&f);
	sealer_open(&s, f.client, &f.client->ch.rx_secret);
	for (i = 0; i < 18; i++)
		sealer_add(&s, 22, ticket + i, 1);
	sealer_add(&s, 23, "x", 1);
	ok(feed_all(f.client, s.out.p, s.out.n, 3) == 0 &&
	   sealsock_conn_read(f.client, rec, 10) == 1, "a ticket in pieces, then data");
	s.out.n = 0;
	sealer_add(&s, 22, ticket, 5);
	sealer_add(&s, 23, "x", 1);
	expect_failure(f.client, feed_all(f.client, s.out.p, s.out.n, 0),
		       SEALSOCK_ERR_UNEXPECTED, "data inside a ticket");
	sealer_close(&s);
	flight_close(&f);
}

int main(void)
{
	first_records();
	alerts();
	sealed_records();
	fragments();
	ccs();
	after_handshake();
	floods();
	post_fragments();
	free_test_identities();
	return done();
}
