// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A server after its HelloRetryRequest, and early data that it throws away. */
#include "expect.h"
#include "flight.h"
#include "hello.h"
#include "hs/hs.h"
#include "tap.h"

static uint8_t rec[40000];

struct scene {
	struct sealsock_config *cc, *sc;
	struct sealsock_conn *client, *server;
	struct hello second;	/* the client's second ClientHello */
};

/* The server has asked for P-256; the client's answer is in @second, not delivered. */
static void open_scene(struct scene *s, bool early)
{
	struct hello first;
	const uint8_t *p;
	const void *out;
	size_t n;

	s->cc = client_config();
	s->sc = server_config(CERT_P256);
	sealsock_config_groups(s->sc, "secp256r1");
	s->client = client_conn(s->cc);
	s->server = sealsock_conn_new(s->sc);
	sealsock_conn_output(s->client, &out, &n);
	hello_read(&first, bytes_of((const uint8_t *)out + 5, n - 5));
	sealsock_conn_sent(s->client, n);
	if (early)
		hello_add(&first, 42, "");
	feed_all(s->server, rec, hello_record(&first, rec), 0);
	n = drain(s->server, rec, sizeof(rec));
	feed_all(s->client, rec, n, 0);
	sealsock_conn_output(s->client, &out, &n);
	p = out;
	hello_read(&s->second, bytes_of(p + 11, n - 11));	/* behind change_cipher_spec */
}

static void close_scene(struct scene *s)
{
	sealsock_conn_free(s->client);
	sealsock_conn_free(s->server);
	sealsock_config_unref(s->cc);
	sealsock_config_unref(s->sc);
}

static int give(struct scene *s)
{
	return feed_all(s->server, rec, hello_record(&s->second, rec), 0);
}

enum op { RANDOM, SESSION, SUITES, SET, ADD, DROP };

static const struct {
	const char *name;
	enum op op;
	uint16_t type;
	const char *hex;
	int code;
} rows[] = {
	{ "another random", RANDOM, 0, "", SEALSOCK_ERR_ILLEGAL },
	{ "another session id", SESSION, 0, "", SEALSOCK_ERR_ILLEGAL },
	{ "other suites", SUITES, 0, "13011303", SEALSOCK_ERR_ILLEGAL },
	{ "another server name", SET, 0, "000500000261 61", SEALSOCK_ERR_ILLEGAL },
	{ "no server name", DROP, 0, "", SEALSOCK_ERR_ILLEGAL },
	{ "other groups", SET, 10, "00040017001d", SEALSOCK_ERR_ILLEGAL },
	{ "other signature schemes", SET, 13, "00020403", SEALSOCK_ERR_ILLEGAL },
	{ "ALPN added", ADD, 16, "0003026832", SEALSOCK_ERR_ILLEGAL },
	{ "no share", SET, 51, "0000", SEALSOCK_ERR_ILLEGAL },
	{ "the first share again", SET, 51, "0024001d002009" HEX_ZERO31,
	  SEALSOCK_ERR_ILLEGAL },
	{ "early data again", ADD, 42, "", SEALSOCK_ERR_ILLEGAL },
	{ "a cookie nobody gave", ADD, 44, "000161", SEALSOCK_ERR_ILLEGAL },
	{ "no TLS 1.3 any more", SET, 43, "020303", SEALSOCK_ERR_VERSION },
};

static void changed(void)
{
	struct scene s;
	char name[100];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hello *h = &s.second;

		open_scene(&s, false);
		if (rows[i].op == RANDOM)
			h->random[5] ^= 1;
		else if (rows[i].op == SESSION)
			h->session_id[5] ^= 1;
		else if (rows[i].op == SUITES)
			h->suites_len = unhex(rows[i].hex, h->suites, sizeof(h->suites));
		else if (rows[i].op == SET)
			hello_set(h, rows[i].type, rows[i].hex);
		else if (rows[i].op == ADD)
			hello_add(h, rows[i].type, rows[i].hex);
		else
			hello_drop(h, rows[i].type);
		snprintf(name, sizeof(name), "second ClientHello: %s", rows[i].name);
		expect_failure(s.server, give(&s), rows[i].code, name);
		close_scene(&s);
	}
}

static void two_shares(void)
{
	struct scene s;
	struct hello_ext *e;

	open_scene(&s, false);
	e = hello_find(&s.second, 51);
	memcpy(e->data + e->n, "\0\x1d\0\1x", 5);
	e->n += 5;
	e->data[0] = 0;
	e->data[1] = (uint8_t)(e->n - 2);
	expect_failure(s.server, give(&s), SEALSOCK_ERR_ILLEGAL,
		       "second ClientHello: more than the share asked for");
	close_scene(&s);
}

static void unchanged(void)
{
	struct scene s;

	open_scene(&s, false);
	hello_set(&s.second, 21, "000000");
	ok_int(give(&s), 0, "padding may be added");
	close_scene(&s);
	open_scene(&s, false);
	ok_int(give(&s), 0, "the same with the share asked for is taken");
	close_scene(&s);
}

/* Records under keys that the server does not have, as a client's 0-RTT is. */
static size_t early_record(uint8_t *out, size_t n)
{
	memset(out + 5, 0xee, n);
	out[0] = SEAL_TYPE_DATA;
	out[1] = 3;
	out[2] = 3;
	out[3] = (uint8_t)(n >> 8);
	out[4] = (uint8_t)n;
	return n + 5;
}

/* A client that offered early data in a ClientHello that needs no retry. */
static struct sealsock_conn *early_server(struct sealsock_config **cc, struct sealsock_config **sc,
					  struct sealsock_conn **client)
{
	struct sealsock_conn *s;
	struct hello h;
	const void *out;
	size_t n;

	*cc = client_config();
	*sc = server_config(CERT_P256);
	*client = client_conn(*cc);
	s = sealsock_conn_new(*sc);
	sealsock_conn_output(*client, &out, &n);
	hello_read(&h, bytes_of((const uint8_t *)out + 5, n - 5));
	hello_add(&h, 42, "");
	n = hello_record(&h, rec);
	/* The transcript must have what the server saw. */
	(*client)->hs->hello.n = 0;
	buf_append(&(*client)->hs->hello, rec + 5, n - 5);
	drain(*client, rec + 20000, 20000);
	feed_all(s, rec, n, 0);
	return s;
}

static void early_data(void)
{
	struct sealsock_config *cc, *sc;
	struct sealsock_conn *c, *s = early_server(&cc, &sc, &c);
	size_t moved;
	int i, err = 0;

	for (i = 0; i < 4 && !err; i++)
		err = feed_all(s, rec, early_record(rec, 16000), 0);
	ok_int(err, 0, "refused early data is skipped");
	carry(s, c, 0, &moved);
	ok(carry(c, s, 0, &moved) == 0 && s->done, "and the handshake completes after it");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);

	s = early_server(&cc, &sc, &c);
	for (i = 0; i < 4; i++)
		feed_all(s, rec, early_record(rec, 16000), 0);
	expect_failure(s, feed_all(s, rec, early_record(rec, 16000), 0),
		       SEALSOCK_ERR_UNEXPECTED, "but not without end");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* Records of a few bytes, or of none, cost as much to look at as others. */
static void early_crumbs(void)
{
	struct sealsock_config *cc, *sc;
	struct sealsock_conn *c, *s = early_server(&cc, &sc, &c);
	size_t moved;
	int i, err = 0;

	for (i = 1; i < 17 && !err; i++)
		err = feed_all(s, rec, early_record(rec, (size_t)i), 0);
	ok_int(err, 0, "refused early data in records shorter than a tag is skipped");
	for (i = 0; i < 32 && !err; i++)
		err = feed_all(s, rec, early_record(rec, 0), 0);
	ok_int(err, 0, "some of it may be empty");
	carry(s, c, 0, &moved);
	ok(carry(c, s, 0, &moved) == 0 && s->done, "the handshake completes after it");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);

	s = early_server(&cc, &sc, &c);
	for (i = 0, err = 0; i < 100000 && !err; i++)
		err = feed_all(s, rec, early_record(rec, 0), 0);
	expect_failure(s, err, SEALSOCK_ERR_FLOOD, "attack: empty records as early data");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);

	s = early_server(&cc, &sc, &c);
	for (i = 0, err = 0; i < 100000 && !err; i++)
		err = feed_all(s, rec, early_record(rec, 1), 0);
	expect_failure(s, err, SEALSOCK_ERR_UNEXPECTED, "attack: records of a byte");
	ok(i < 15000, "%d of them", i);
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void early_crumbs_and_retry(void)
{
	struct scene s;
	int i, err = 0;

	open_scene(&s, true);
	for (i = 0; i < 2000000 && !err; i++)
		err = feed_all(s.server, rec, early_record(rec, 0), 0);
	expect_failure(s.server, err, SEALSOCK_ERR_FLOOD,
		       "attack: empty records after a HelloRetryRequest");
	close_scene(&s);
}

static void early_data_and_retry(void)
{
	struct scene s;

	open_scene(&s, true);
	ok_int(feed_all(s.server, rec, early_record(rec, 16000), 0), 0,
	       "early data before the second ClientHello is skipped");
	ok_int(give(&s), 0, "which is taken");
	expect_failure(s.server, feed_all(s.server, rec, early_record(rec, 100), 0),
		       SEALSOCK_ERR_BAD_RECORD, "after it there is no early data");
	close_scene(&s);
	open_scene(&s, false);
	expect_failure(s.server, feed_all(s.server, rec, early_record(rec, 100), 0),
		       SEALSOCK_ERR_UNEXPECTED, "early data that was not announced");
	close_scene(&s);
}

int main(void)
{
	changed();
	two_shares();
	unchanged();
	early_data();
	early_data_and_retry();
	early_crumbs();
	early_crumbs_and_retry();
	free_test_identities();
	return done();
}
