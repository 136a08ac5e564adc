// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What the engine owes a peer that does not read: one answer at a time, however often the peer
 * asks, so that nobody can fill the output of others.
 */
#include "expect.h"
#include "mutual.h"
#include "tap.h"

enum { ROUNDS = 20000 };

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static size_t most;		/* unsent bytes that the client had */

static void open_both(bool post_auth)
{
	cc = mutual_client();
	sc = server_config(CERT_P256);
	if (post_auth) {
		trust_test_ca(sc);
		sealsock_config_post_handshake_auth(cc, true);
		sealsock_config_post_handshake_auth(sc, true);
	}
	sealsock_config_ticket_count(sc, 0);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	ok(shake_hands(c, s, 0), "connected");
	most = 0;
}

static void close_both(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static int to_client(void)
{
	size_t moved;
	char byte;
	int err;

	do {
		err = carry(s, c, 0, &moved);
		sealsock_conn_read(c, &byte, 1);
	} while (moved && !err);
	most = channel_output(&c->ch).n > most ? channel_output(&c->ch).n : most;
	return err;
}

/* All that the client has goes to the server, and what that answers back. */
static bool drain_client(const char *want)
{
	char got[100] = "";
	size_t used = 1, n = 0, len;
	const void *p;
	ssize_t r;

	while (used) {
		sealsock_conn_output(c, &p, &len);
		if (sealsock_conn_feed(s, p, len, &used) || sealsock_conn_sent(c, used))
			return false;
		r = sealsock_conn_read(s, got + n, sizeof(got) - 1 - n);
		n += r > 0 ? (size_t)r : 0;
	}
	return !strcmp(got, want) && !sealsock_conn_error(s)->code;
}

static void key_updates(bool writes)
{
	int i, err = 0;

	open_both(false);
	if (writes)
		ok_int(sealsock_conn_write(c, "one", 3), 3, "something is unsent");
	for (i = 0; i < ROUNDS && !err; i++) {
		err = sealsock_conn_rekey(s, true);
		if (!err)
			err = sealsock_conn_write(s, "x", 1) == 1 ? to_client() : -1;
	}
	ok(!err && most < 1000, "attack: %d requests for a KeyUpdate: %zu bytes unsent", i, most);
	ok_int(sealsock_conn_write(c, "two", 3), 3, "the client writes");
	ok(drain_client(writes ? "onetwo" : "two"), "and all arrives in order");
	ok(sealsock_conn_write(c, "three", 5) == 5 && drain_client("three"), "then as ever");
	sealsock_conn_rekey(s, true);
	to_client();
	ok(drain_client("") && c->ch.tx.seq.next == 0, "a request is answered at once again");
	close_both();
}

/* The server's own keys, with a message that its engine would not send. */
static int give(uint8_t type, const void *p, size_t n)
{
	struct buf rec;
	char byte;
	int err;

	buf_init(&rec, &test_env_full);
	record_seal(&s->ch.tx, type, bytes_of(p, n), &rec);
	err = feed_all(c, rec.p, rec.n, 0);
	buf_free(&rec);
	sealsock_conn_read(c, &byte, 1);
	most = channel_output(&c->ch).n > most ? channel_output(&c->ch).n : most;
	return err;
}

static void certificate_requests(void)
{
	/* context "a"; signature_algorithms: ecdsa_secp256r1_sha256 */
	static const uint8_t request[] = { 13, 0, 0, 12, 1, 'a', 0, 8, 0, 13, 0, 4, 0, 2, 4, 3 };
	int i, err = 0;

	open_both(true);
	for (i = 0; i < ROUNDS && !err; i++) {
		err = give(SEAL_TYPE_HANDSHAKE, request, sizeof(request));
		if (!err)
			err = give(SEAL_TYPE_DATA, "x", 1);
	}
	ok(most < 4096, "attack: %d requests for a certificate: %zu bytes unsent", i, most);
	ok(err == SEALSOCK_ERR_FLOOD && i > 10, "until it is too much");
	close_both();

	/* Those that are answered one by one go on. */
	open_both(true);
	for (i = 0, err = 0; i < 300 && !err; i++) {
		err = sealsock_conn_ask_cert(s, true);
		if (!err)
			err = to_client();
		if (!err && !drain_client(""))
			err = -1;
		if (!err)
			err = sealsock_conn_write(s, "x", 1) == 1 ? to_client() : -1;
	}
	ok(!err && s->result->client_authenticated, "300 that are answered in turn");
	close_both();
}

/* What waits to be answered comes before data and before a KeyUpdate of our own. */
static void order(void)
{
	open_both(true);
	sealsock_conn_write(c, "one", 3);
	sealsock_conn_ask_cert(s, true);
	to_client();
	sealsock_conn_rekey(s, true);
	to_client();
	ok_int(sealsock_conn_rekey(c, false), 0, "a KeyUpdate of our own");
	ok(sealsock_conn_write(c, "two", 3) == 3 && drain_client("onetwo") &&
	   s->result->client_authenticated, "comes after the answer that was unsent");
	sealsock_conn_write(c, "three", 5);
	sealsock_conn_ask_cert(s, true);
	to_client();
	ok(sealsock_conn_close(c) == 0 && drain_client("three") && s->ch.close_received &&
	   !s->result->auth, "so does close_notify");
	close_both();
}

int main(void)
{
	key_updates(false);
	key_updates(true);
	certificate_requests();
	order();
	free_test_identities();
	return done();
}
