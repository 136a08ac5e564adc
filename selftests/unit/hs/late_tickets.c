// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Tickets that a server of TLS 1.3 sends long after the handshake: sealsock_conn_send_ticket(). */
#include "flight.h"
#include "hs/hs.h"
#include "mutual.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static struct sealsock_info info;
static uint8_t session[SEALSOCK_SESSION_MAX];
static ssize_t session_len;
static size_t moved;

/* A clock that the tests move, and memory that runs out. */
static int64_t now = TEST_NOW;
static long countdown = -1;

static int64_t moving_now(void *arg)
{
	(void)arg;
	return now;
}

static void *some_alloc(void *arg, size_t n)
{
	(void)arg;
	return countdown >= 0 && countdown-- == 0 ? NULL : malloc(n);
}

static void some_free(void *arg, void *p, size_t n)
{
	(void)arg;
	(void)n;
	free(p);
}

static struct sealsock_env env;

static struct sealsock_config *with_clock(enum sealsock_side role)
{
	struct sealsock_config *cfg = sealsock_config_new(role);

	sealsock_config_env(cfg, &env);
	if (role == SEALSOCK_CLIENT) {
		trust_test_ca(cfg);
	} else {
		add_identity(cfg, test_server(CERT_P256));
		sealsock_config_ticket_count(cfg, 1);
	}
	return cfg;
}

static void configure(void)
{
	cc = with_clock(SEALSOCK_CLIENT);
	sc = with_clock(SEALSOCK_SERVER);
}

/* A connection, with the session that the client has, if it has one. */
static bool connects(void)
{
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	if (session_len > 0)
		sealsock_conn_set_session(c, session, (size_t)session_len);
	return shake_hands(c, s, 0);
}

static void disconnect(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
}

static void close_all(void)
{
	disconnect();
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
	session_len = 0;
	now = TEST_NOW;
}

/* How many sessions the client has got that it has not given out; the newest is kept. */
static unsigned int sessions(void)
{
	uint8_t older[SEALSOCK_SESSION_MAX];
	unsigned int n = 0;
	ssize_t len = sealsock_conn_session(c, session, sizeof(session));

	if (len <= 0)
		return 0;
	session_len = len;
	do {
		n++;
	} while (sealsock_conn_session(c, older, sizeof(older)) > 0);
	return n;
}

static bool resumed(void)
{
	struct sealsock_info other;

	sealsock_conn_info(c, &other);
	sealsock_conn_info(s, &info);
	return info.resumed && other.resumed;
}

static bool talks(void)
{
	char buf[8];

	return sealsock_conn_write(c, "ping", 4) == 4 && !carry(c, s, 0, &moved) &&
	       sealsock_conn_read(s, buf, 8) == 4 && sealsock_conn_write(s, "pong", 4) == 4 &&
	       !carry(s, c, 0, &moved) && sealsock_conn_read(c, buf, 8) == 4;
}

static void resumes(size_t chunk)
{
	configure();
	ok(connects() && sessions() == 1, "a handshake with its one ticket, chunk %zu", chunk);
	now += 3600;
	ok(talks() && sessions() == 0, "an hour later");
	ok_int(sealsock_conn_send_ticket(s), 0, "one more");
	ok(!carry(s, c, chunk, &moved) && sessions() == 1, "comes");
	ok(talks(), "data goes on");
	disconnect();
	ok(connects() && resumed(), "and is resumed");
	ok(!sealsock_conn_send_ticket(s) && !sealsock_conn_rekey(s, true) &&
	   !sealsock_conn_send_ticket(s) && !carry(s, c, chunk, &moved) &&
	   !carry(c, s, chunk, &moved) && sessions() == 3,
	   "a resumed connection sends some too, of any key");
	disconnect();
	ok(connects() && resumed() && talks(), "which are resumed");
	close_all();
}

/* Every nonce is another: so is every session. */
static void many(void)
{
	uint8_t last[SEALSOCK_SESSION_MAX];
	unsigned int i, same = 0;
	bool good;

	configure();
	good = connects();
	for (i = 0; good && i < 300; i++) {
		good = sessions() <= 1 && session_len > 0;
		same += i && !memcmp(last, session, (size_t)session_len);
		memcpy(last, session, (size_t)session_len);
		good = good && !sealsock_conn_send_ticket(s) && talks();
	}
	ok(good && !same, "300 of them, with data in between");
	good = sessions() == 1;
	disconnect();
	ok(good && connects() && resumed(), "the last one is resumed");
	close_all();

	configure();
	good = connects();
	s->result->tickets = 0xfffe;
	ok_int(sealsock_conn_send_ticket(s), 0, "number 65535");
	ok_int(sealsock_conn_send_ticket(s), SEALSOCK_ERR_LIMIT, "is the last");
	ok(good && !carry(s, c, 0, &moved) && talks(), "and nothing else happens");
	close_all();
}

/* Resuming prolongs nothing, and neither does a late ticket. */
static void ends(void)
{
	configure();
	connects();
	now += 23 * 3600;
	ok(!sealsock_conn_send_ticket(s) && !carry(s, c, 0, &moved) && sessions() == 2,
	   "one at the end of the day");
	now += 3600 - 1;
	disconnect();
	ok(connects() && resumed(), "is good until it is over");
	ok_int(sealsock_conn_send_ticket(s), 0, "and so is one of that connection");
	now += 1;
	ok_int(sealsock_conn_send_ticket(s), SEALSOCK_ERR_UNSUPPORTED, "none comes after it");
	ok(!carry(s, c, 0, &moved) && sessions() >= 1, "what was sent in time");
	disconnect();
	ok(connects() && !resumed(), "is not resumed any more");
	close_all();
}

static void refused(const char *why, int want)
{
	ok_int(sealsock_conn_send_ticket(s), want, "refused: %s", why);
	ok(!carry(s, c, 0, &moved) && !moved, "and nothing is said");
}

static void where_there_are_none(void)
{
	configure();
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	ok_int(sealsock_conn_send_ticket(s), SEALSOCK_ERR_STATE, "before the handshake");
	shake_hands(c, s, 0);
	ok_int(sealsock_conn_send_ticket(c), SEALSOCK_ERR_UNSUPPORTED, "a client has none");
	ok(!sealsock_conn_close(s) && !carry(s, c, 0, &moved), "the server closes");
	refused("after close_notify", SEALSOCK_ERR_CLOSED);
	close_all();

	configure();
	connects();
	keys_away(s);
	ok_int(sealsock_conn_send_ticket(s), SEALSOCK_ERR_STATE, "the engine has no key any more");
	close_all();

	configure();
	sealsock_config_ticket_count(sc, 0);
	connects();
	refused("tickets are turned off", SEALSOCK_ERR_UNSUPPORTED);
	close_all();

	configure();
	sealsock_config_versions(cc, "TLSv1.2");
	connects();
	refused("TLS 1.2", SEALSOCK_ERR_UNSUPPORTED);
	close_all();
}

static void external_key(void)
{
	static const uint8_t key[32] = { 1, 2, 3 };

	configure();
	sealsock_config_psk(cc, "it", key, sizeof(key), "SHA256", NULL);
	sealsock_config_psk(sc, "it", key, sizeof(key), "SHA256", NULL);
	ok(connects(), "a handshake with a key of both");
	refused("an external key is at hand for the next time too", SEALSOCK_ERR_UNSUPPORTED);
	close_all();
}

/* A ticket is longer than a record that such a client takes. */
static void in_fragments(void)
{
	configure();
	sealsock_config_record_size_limit(cc, 64);
	ok(connects() && sessions() == 1, "a client that takes 64 bytes a record");
	ok(!sealsock_conn_send_ticket(s) && !carry(s, c, 7, &moved) && sessions() == 1 && talks(),
	   "gets a ticket in parts");
	close_all();
}

/* A certificate that came after the handshake is in the tickets after that, and ends with them. */
static void after_certificate(void)
{
	cc = mutual_client();
	sc = server_config(CERT_P256);
	trust_test_ca(sc);
	sealsock_config_post_handshake_auth(cc, true);
	sealsock_config_post_handshake_auth(sc, true);
	ok(connects(), "a client with a certificate, which is not asked");
	sessions();
	ok(!sealsock_conn_ask_cert(s, true) && !carry(s, c, 0, &moved) &&
	   !carry(c, s, 0, &moved), "it is, later");
	session_len = 0;
	ok(!sealsock_conn_send_ticket(s) && !carry(s, c, 0, &moved) && sessions() == 1,
	   "then a ticket");
	ok(s->result->tickets_end <= s->result->made + SESSION_LIFETIME, "with an end");
	disconnect();
	ok(connects() && resumed() && info.client_authenticated,
	   "which stands for the certificate");
	close_all();
}

static void every_allocation(void)
{
	long n = 0, failed = 0;
	int err = -1;

	configure();
	connects();
	sessions();
	for (; err && n < 100; n++) {
		countdown = n;
		err = sealsock_conn_send_ticket(s);
		countdown = -1;
		if (!err)
			break;
		failed++;
		if (err != SEALSOCK_ERR_NOMEM)
			ok_int(err, SEALSOCK_ERR_NOMEM, "allocation %ld", n);
		if (sealsock_conn_error(s)->code)
			break;
		carry(s, c, 0, &moved);
		if (moved || !talks())
			ok(false, "nothing was said, allocation %ld", n);
	}
	ok(!err && failed, "each of %ld allocations can fail", failed);
	ok(!carry(s, c, 0, &moved) && sessions() == 1 && talks(), "and then it goes");
	disconnect();
	ok(connects() && resumed(), "and is resumed");
	close_all();
}

int main(void)
{
	env = test_env;
	env.now = moving_now;
	env.alloc = some_alloc;
	env.free = some_free;
	resumes(0);
	resumes(1);
	many();
	ends();
	where_there_are_none();
	external_key();
	in_fragments();
	after_certificate();
	every_allocation();
	free_test_identities();
	return done();
}
