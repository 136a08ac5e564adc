// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Client authentication after the handshake (RFC 8446 §4.6.2): both sides, and what is wrong. */
#include <openssl/evp.h>
#include <stdlib.h>

#include "flight.h"
#include "hs/hs.h"
#include "mutual.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static struct sealsock_info info;
static size_t moved;

static uint8_t opened[8];

static struct sealsock_config *offering(struct sealsock_config *cfg)
{
	sealsock_config_post_handshake_auth(cfg, true);
	return cfg;
}

static struct sealsock_config *asking(void)
{
	struct sealsock_config *cfg = server_config(CERT_P256);

	trust_test_ca(cfg);
	return offering(cfg);
}

static void connect_as(struct sealsock_config *client, struct sealsock_config *server)
{
	cc = client;
	sc = server;
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	if (!shake_hands(c, s, 0)) {
		printf("Bail out! no handshake\n");
		exit(1);
	}
}

static void close_both(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static bool pending(void)
{
	sealsock_conn_info(s, &info);
	return info.cert_pending;
}

static bool authenticated(void)
{
	sealsock_conn_info(s, &info);
	return info.client_authenticated && info.verified && !info.cert_pending;
}

static bool talks(void)
{
	char buf[8];

	return sealsock_conn_write(c, "ping", 4) == 4 && !carry(c, s, 0, &moved) &&
	       sealsock_conn_read(s, buf, 8) == 4 && sealsock_conn_write(s, "pong", 4) == 4 &&
	       !carry(s, c, 0, &moved) && sealsock_conn_read(c, buf, 8) == 4;
}

static void good(size_t chunk)
{
	const void *der;
	size_t n;

	connect_as(offering(mutual_client()), asking());
	ok(!pending() && !authenticated(), "nobody is asked in the handshake, chunk %zu", chunk);
	ok_int(sealsock_conn_ask_cert(s, true), 0, "the server asks");
	ok(pending(), "and waits");
	ok_int(sealsock_conn_ask_cert(s, true), SEALSOCK_ERR_STATE, "once at a time");
	ok(sealsock_conn_write(c, "early", 5) == 5 && !carry(c, s, chunk, &moved) && pending(),
	   "data sent before the request came");
	ok(sealsock_conn_read(s, opened, sizeof(opened)) == 5, "is no answer");
	ok(!carry(s, c, chunk, &moved) && !carry(c, s, chunk, &moved), "the client answers");
	der = sealsock_conn_peer_cert(s, 0, &n);
	ok(authenticated() && der && n > 100, "and is known");
	sealsock_conn_info(c, &info);
	ok(info.client_cert_sent, "the client knows that it told");
	ok(talks(), "data goes on");
	ok(!sealsock_conn_ask_cert(s, false) && !carry(s, c, chunk, &moved) &&
	   !carry(c, s, chunk, &moved) && authenticated() && talks(), "it can be asked again");
	close_both();
}

/* After other handshakes than the plain one: their whole transcript counts. */
static void after_others(void)
{
	struct sealsock_config *client, *server;
	int i;

	for (i = 0; i < 4; i++) {
		client = offering(mutual_client());
		server = asking();
		sealsock_config_session_store(client, NULL);
		if (i & 1)
			sealsock_config_groups(server, "secp256r1");
		if (i & 2)
			sealsock_config_ciphers(client, "TLS_AES_256_GCM_SHA384");
		connect_as(client, server);
		ok(!sealsock_conn_ask_cert(s, true) && !carry(s, c, 0, &moved) &&
		   !carry(c, s, 0, &moved) && authenticated() && info.hello_retry == (i & 1),
		   "after a full handshake%s%s", i & 1 ? " with a retry" : "",
		   i & 2 ? ", SHA-384" : "");
		sealsock_conn_free(c);
		sealsock_conn_free(s);
		connect_as(client, server);
		sealsock_conn_info(s, &info);
		ok(info.resumed && !info.client_authenticated && !sealsock_conn_ask_cert(s, true) &&
		   !carry(s, c, 0, &moved) && !carry(c, s, 0, &moved) && authenticated(),
		   "and after a resumed one (RFC 8446 §4.3.2)");
		close_both();
	}
}

/* Keys change on both sides between the request and the answer. */
static void key_updates(void)
{
	connect_as(offering(mutual_client()), asking());
	sealsock_conn_rekey(s, true);
	sealsock_conn_ask_cert(s, true);
	sealsock_conn_rekey(c, false);
	/* The answer waits until what was unsent has gone. */
	ok(!carry(s, c, 0, &moved) && !carry(c, s, 0, &moved) && !carry(c, s, 0, &moved) &&
	   authenticated() && talks(),
	   "with KeyUpdates around it, Finished belongs to the latest keys");
	close_both();
}

static void declined(void)
{
	connect_as(offering(client_config()), asking());
	ok(!sealsock_conn_ask_cert(s, false) && !carry(s, c, 0, &moved) &&
	   !carry(c, s, 0, &moved) && !pending() && !authenticated() && talks(),
	   "a client without certificate declines");
	sealsock_conn_ask_cert(s, true);
	carry(s, c, 0, &moved);
	expect_failure(s, carry(c, s, 0, &moved), SEALSOCK_ERR_CERT_REQUIRED,
		       "where one is required that is fatal");
	ok(carry(s, c, 0, &moved) == SEALSOCK_ERR_ALERT &&
	   sealsock_conn_error(c)->alert == ALERT_CERTIFICATE_REQUIRED, "and the client is told");
	close_both();

	/* Known from the handshake, and declines now: what was known stays. */
	cc = mutual_client();
	sc = mutual_server();
	offering(cc);
	offering(sc);
	connect_as(cc, sc);
	ok(authenticated() && !sealsock_conn_ask_cert(s, true) && !carry(s, c, 0, &moved) &&
	   !carry(c, s, 0, &moved) && authenticated(), "after a certificate in the handshake");
	close_both();
}

static void unsupported(void)
{
	struct sealsock_config *cfg;

	connect_as(mutual_client(), asking());
	ok_int(sealsock_conn_ask_cert(s, true), SEALSOCK_ERR_UNSUPPORTED, "not offered");
	close_both();
	connect_as(offering(mutual_client()), server_config(CERT_P256));
	ok_int(sealsock_conn_ask_cert(s, true), SEALSOCK_ERR_UNSUPPORTED, "off at the server");
	ok_int(sealsock_conn_ask_cert(c, true), SEALSOCK_ERR_UNSUPPORTED, "a client");
	close_both();
	cfg = offering(mutual_client());
	sealsock_config_versions(cfg, "TLSv1.2");
	connect_as(cfg, asking());
	ok_int(sealsock_conn_ask_cert(s, true), SEALSOCK_ERR_UNSUPPORTED, "TLS 1.2");
	close_both();

	cfg = asking();
	s = sealsock_conn_new(cfg);
	ok_int(sealsock_conn_ask_cert(s, true), SEALSOCK_ERR_STATE, "before the handshake");
	sealsock_conn_free(s);
	sealsock_config_unref(cfg);
	cfg = offering(server_config(CERT_P256));
	ok(sealsock_config_check(cfg, NULL, 0) == 1, "a server needs trust anchors for it");
	sealsock_config_unref(cfg);
}

/* The client's answer, opened and taken apart; the sealer seals in its place. */
static struct buf plain;
static struct bytes msg[3];
static struct sealer seal;

static void take_answer(struct sealsock_config *client, struct sealsock_config *server)
{
	uint8_t out[16384];
	struct bytes left;
	size_t n, i;

	connect_as(client, server);
	/* From here on sequence numbers begin at 0. */
	sealsock_conn_rekey(c, false);
	carry(c, s, 0, &moved);
	sealsock_conn_ask_cert(s, true);
	carry(s, c, 0, &moved);
	n = drain(c, out, sizeof(out));
	buf_init(&plain, &test_env_full);
	open_flight(c, &c->ch.tx_secret, out, n, &plain);
	left = bytes_of(plain.p, plain.n);
	for (i = 0; i < 3; i++)
		if (left.n < 4 || !rd_bytes(&left, 4 + (size_t)(left.p[2] << 8 | left.p[3]),
					    &msg[i]))
			printf("Bail out! the answer is malformed\n");
	sealer_open(&seal, s, &c->ch.tx_secret);
}

static void leave(void)
{
	sealer_close(&seal);
	buf_free(&plain);
	close_both();
}

static int give(uint8_t type, const void *p, size_t n)
{
	seal.out.n = 0;
	sealer_add(&seal, type, p, n);
	return feed_all(s, seal.out.p, seal.out.n, 0);
}

static int give_msg(struct bytes m)
{
	return give(SEAL_TYPE_HANDSHAKE, m.p, m.n);
}

static void in_parts(void)
{
	int err = 0;
	size_t i;

	take_answer(offering(mutual_client()), asking());
	ok(!give_msg(msg[0]) && !give_msg(msg[1]) && pending() && !give_msg(msg[2]) &&
	   authenticated(), "three records");
	ok_int(give_msg(msg[0]), SEALSOCK_ERR_UNEXPECTED, "a second answer was not asked for");
	leave();
	take_answer(offering(mutual_client()), asking());
	for (i = 0; i < plain.n && !err; i++)
		err = give(SEAL_TYPE_HANDSHAKE, plain.p + i, 1);
	ok(!err && authenticated(), "a byte a record");
	leave();
}

/* Every message in every state of the server's. */
static void states(void)
{
	static const enum hs_state in[] = { HS_POST_WAIT_CERT, HS_POST_WAIT_CV,
					    HS_POST_WAIT_FINISHED };
	unsigned int type, i, j, good, tried;

	for (i = 0; i < 3; i++) {
		good = 0;
		tried = 0;
		for (type = 0; type < 256; type++) {
			const uint8_t head[4] = { (uint8_t)type };
			const struct sealsock_failure *f;

			if (type == 30)
				type = 250;
			if (hs_find(in[i], type) || (i == 0 && type == MSG_KEY_UPDATE))
				continue;
			take_answer(offering(mutual_client()), asking());
			for (j = 0; j < i; j++)
				give_msg(msg[j]);
			tried++;
			f = sealsock_conn_error(s);
			good += s->result->auth && s->result->auth->state == in[i] &&
				give(SEAL_TYPE_HANDSHAKE, head, 4) == SEALSOCK_ERR_UNEXPECTED &&
				f->alert == ALERT_UNEXPECTED_MESSAGE &&
				!strcmp(f->step, hs_state_name(in[i]));
			leave();
		}
		ok_int(good, tried, "%s: every other message is refused", hs_state_name(in[i]));
		if (!i)
			continue;
		take_answer(offering(mutual_client()), asking());
		for (j = 0; j < i; j++)
			give_msg(msg[j]);
		expect_failure(s, give(SEAL_TYPE_DATA, "x", 1), SEALSOCK_ERR_UNEXPECTED,
			       "data inside the answer");
		leave();
	}
	take_answer(offering(mutual_client()), asking());
	ok(!give(SEAL_TYPE_DATA, "x", 1) && sealsock_conn_read(s, opened, sizeof(opened)) == 1 &&
	   !give_msg(msg[0]) && !give_msg(msg[1]) && !give_msg(msg[2]) && authenticated(),
	   "data before it is fine");
	leave();
}

static void forged(void)
{
	static const struct {
		const char *name;
		unsigned int msg;
		int at;			/* from the end if negative */
		int code;
	} rows[] = {
		{ "another context", 0, 6, SEALSOCK_ERR_ILLEGAL },
		{ "shorter context", 0, 4, SEALSOCK_ERR_DECODE },
		{ "a scheme not offered", 1, 4, SEALSOCK_ERR_ILLEGAL },
		{ "a wrong signature", 1, -1, SEALSOCK_ERR_BAD_SIGNATURE },
		{ "a wrong Finished", 2, -1, SEALSOCK_ERR_BAD_FINISHED },
	};
	uint8_t old[1024];
	unsigned int j;
	size_t i, n;
	int err = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes m;

		take_answer(offering(mutual_client()), asking());
		m = msg[rows[i].msg];
		((uint8_t *)m.p)[rows[i].at < 0 ? (int)m.n + rows[i].at : rows[i].at] ^= 1;
		for (j = 0; j <= rows[i].msg; j++)
			err = give_msg(msg[j]);
		expect_failure(s, err, rows[i].code, rows[i].name);
		leave();
	}
	/* An answer with the context of the handshake: empty. */
	take_answer(offering(mutual_client()), asking());
	expect_failure(s, give(SEAL_TYPE_HANDSHAKE, "\13\0\0\4\0\0\0\0", 8), SEALSOCK_ERR_ILLEGAL,
		       "an empty context");
	leave();
	/* A signature of one connection is worth nothing on another. */
	take_answer(offering(mutual_client()), asking());
	memcpy(old, msg[1].p, msg[1].n);
	n = msg[1].n;
	leave();
	take_answer(offering(mutual_client()), asking());
	give_msg(msg[0]);
	expect_failure(s, give(SEAL_TYPE_HANDSHAKE, old, n), SEALSOCK_ERR_BAD_SIGNATURE,
		       "a signature of another connection");
	leave();
}

static void strangers(void)
{
	static const struct cert_spec spec = {
		.cn = "stranger", .eku = "clientAuth", .ku = "digitalSignature", .from = -10,
		.until = 100,
	};
	struct identity id = make_identity(CERT_P256, &spec, NULL);
	struct sealsock_config *cfg = offering(client_config());

	add_identity(cfg, &id);
	connect_as(cfg, asking());
	sealsock_conn_ask_cert(s, false);
	carry(s, c, 0, &moved);
	expect_failure(s, carry(c, s, 0, &moved), SEALSOCK_ERR_CERT_UNTRUSTED,
		       "optional is not untrusted");
	close_both();
	free_identity(&id);
}

/* A server that asks a client that did not offer it, or too often. */
static void impolite(void)
{
	static const uint8_t request[] = { 13, 0, 0, 12, 1, 7, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3 };
	struct sealer t;
	int err = 0, n;

	connect_as(mutual_client(), server_config(CERT_P256));
	sealsock_conn_rekey(s, false);
	carry(s, c, 0, &moved);
	sealer_open(&t, c, &s->ch.tx_secret);
	sealer_add(&t, 22, request, sizeof(request));
	expect_failure(c, feed_all(c, t.out.p, t.out.n, 0), SEALSOCK_ERR_UNEXPECTED,
		       "a request that was not offered");
	sealer_close(&t);
	close_both();

	connect_as(offering(mutual_client()), server_config(CERT_P256));
	sealsock_conn_rekey(s, false);
	carry(s, c, 0, &moved);
	sealer_open(&t, c, &s->ch.tx_secret);
	for (n = 0; n < 1000 && !err; n++) {
		t.out.n = 0;
		sealer_add(&t, 22, request, sizeof(request));
		err = feed_all(c, t.out.p, t.out.n, 0);
	}
	expect_failure(c, err, SEALSOCK_ERR_FLOOD, "requests without end");
	ok(n > 2 && n < 100, "some are answered: %d", n);
	sealer_close(&t);
	close_both();
}

static int later = SEALSOCK_WANT_ANSWER;

static int verdict(void *arg, struct sealsock_conn *conn)
{
	(void)conn;
	return *(int *)arg;
}

/* Signature and verdict come from elsewhere, and later. */
static void elsewhere(void)
{
	const struct identity *id = test_client();
	struct sealsock_request r;
	EVP_MD_CTX *ctx;
	uint8_t sig[200];
	size_t n = sizeof(sig);
	char buf[8];

	cc = offering(client_config());
	sealsock_config_cert_signer(cc, id->cert_pem, strlen(id->cert_pem), id->pkey);
	sc = asking();
	sealsock_config_on_verify(sc, verdict, &later);
	connect_as(cc, sc);
	sealsock_conn_ask_cert(s, true);
	ok(!carry(s, c, 0, &moved) && sealsock_conn_read(c, buf, 8) == SEALSOCK_WANT_ANSWER &&
	   !sealsock_conn_request(c, &r) && r.kind == SEALSOCK_REQUEST_SIGN,
	   "the client is asked for a signature");
	ok(sealsock_conn_write(c, "data", 4) == 4 && !carry(c, s, 0, &moved) &&
	   sealsock_conn_read(s, buf, 8) == 4 && pending(), "and can write meanwhile");
	ctx = EVP_MD_CTX_new();
	EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, r.key);
	EVP_DigestSign(ctx, sig, &n, r.message, r.message_len);
	EVP_MD_CTX_free(ctx);
	ok(!sealsock_conn_answer(c, 0, sig, n) &&
	   sealsock_conn_answer(c, 0, sig, n) == SEALSOCK_ERR_STATE, "the signature goes in once");
	ok(!carry(c, s, 0, &moved) && sealsock_conn_read(s, buf, 8) == SEALSOCK_WANT_ANSWER &&
	   !sealsock_conn_request(s, &r) && r.kind == SEALSOCK_REQUEST_VERIFY && pending(),
	   "the server's application has its say");
	ok(!sealsock_conn_answer(s, 0, NULL, 0) && authenticated() && talks(), "and accepts");
	close_both();

	cc = offering(mutual_client());
	sc = asking();
	sealsock_config_on_verify(sc, verdict, &later);
	connect_as(cc, sc);
	sealsock_conn_ask_cert(s, true);
	carry(s, c, 0, &moved);
	carry(c, s, 0, &moved);
	expect_failure(s, sealsock_conn_answer(s, SEALSOCK_ERR_REJECTED, NULL, 0),
		       SEALSOCK_ERR_REJECTED, "or rejects");
	close_both();
}

/* What is in the output of one, to the other: at most @most bytes a record. */
static int hand_over(struct sealsock_conn *from, struct sealsock_conn *to, size_t most)
{
	struct bytes out = conn_auth_output(from);
	unsigned int todo = 0;
	uint8_t copy[16384];
	int err = 0;

	while (!err && out.n) {
		size_t n = out.n < most ? out.n : most;

		memcpy(copy, out.p, n);
		err = conn_post_record(to, SEAL_TYPE_HANDSHAKE, copy, n, &todo);
		conn_auth_sent(from, n);
		out = conn_auth_output(from);
	}
	return err;
}

/* The keys are in the kernel: messages pass in the clear. */
static void after_install(void)
{
	struct traffic_key key;
	unsigned int todo = 0;

	connect_as(offering(mutual_client()), asking());
	keys_away(c);
	keys_away(s);
	ok(!conn_ask_cert(s, true) && !hand_over(s, c, 7) && conn_auth_output(c).n > 300,
	   "keys in the kernel: asked and answered");
	ok_int(sealsock_release(c), SEALSOCK_ERR_STATE, "an unsent answer is not let go");
	ok(!hand_over(c, s, 100) && authenticated(), "and the client is known");
	conn_next_key(c, CONN_TX, &key);
	conn_next_key(s, CONN_RX, &key);
	ok(!conn_ask_cert(s, true) && !hand_over(s, c, 1000) && !hand_over(c, s, 16384) &&
	   authenticated(), "again, after a change of keys");
	conn_next_key(s, CONN_RX, &key);
	ok(!conn_ask_cert(s, true) && !hand_over(s, c, 1000) &&
	   hand_over(c, s, 16384) == SEALSOCK_ERR_BAD_FINISHED,
	   "Finished of the keys before is wrong");
	ok_int(sealsock_release(c), 0, "release ends it");
	ok_int(conn_post_record(c, SEAL_TYPE_HANDSHAKE, (const uint8_t *)"\15\0\0\3", 4, &todo),
	       SEALSOCK_ERR_UNEXPECTED, "then nobody may ask");
	close_both();
}

int main(void)
{
	good(0);
	good(1);
	after_others();
	key_updates();
	declined();
	unsupported();
	in_parts();
	states();
	forged();
	strangers();
	impolite();
	elsewhere();
	after_install();
	free_test_identities();
	return done();
}
