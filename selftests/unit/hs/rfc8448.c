// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The traces of RFC 8448, byte for byte: secrets, messages, records, both roles. */
#include <openssl/bio.h>
#include <openssl/pem.h>

#include "expect.h"
#include "hs/common13.h"
#include "hs/hs.h"
#include "hs/psk13.h"
#include "keys/schedule13.h"
#include "resume/session.h"
#include "tap.h"
#include "vectors.h"

enum { RECORD_HEADER = 5 };

static const char *now;		/* the section under test */

static struct bytes v(const char *name)
{
	return vector(now, name);
}

/* The handshake message inside a plaintext record. */
static struct bytes message(const char *name)
{
	struct bytes r = v(name);

	return bytes_of(r.p + RECORD_HEADER, r.n - RECORD_HEADER);
}

static void same(struct bytes got, const char *name)
{
	struct bytes want = v(name);

	ok_mem(got.p, got.n, want.p, want.n, "%s: %s", now, name);
}

static struct bytes of(const struct secret *s)
{
	return bytes_of(s->b, s->n);
}

/* What the random source gives next. */
static struct bytes pool;

static int pool_random(void *arg, void *buf, size_t n)
{
	struct bytes part;

	(void)arg;
	if (!rd_bytes(&pool, n, &part))
		return -1;
	memcpy(buf, part.p, n);
	return 0;
}

static int64_t pool_now(void *arg)
{
	(void)arg;
	return TEST_NOW;
}

static struct sealsock_env pool_env;

/* Secrets reported by the key log, by label. */
static struct {
	char label[40];
	char hex[2 * SECRET_MAX + 1];
} logged[8];
static unsigned int log_count;

static void take_log(void *arg, const char *line)
{
	(void)arg;
	if (log_count < 8 && sscanf(line, "%39s %*s %96s", logged[log_count].label,
				    logged[log_count].hex) == 2)
		log_count++;
}

static void log_has(const char *label, const char *name)
{
	struct bytes want = v(name);
	char hex[2 * SECRET_MAX + 1] = "";
	bool found = false;
	unsigned int i;
	size_t k;

	for (k = 0; k < want.n; k++)
		sprintf(hex + 2 * k, "%02x", want.p[k]);
	for (i = 0; i < log_count; i++)
		found |= !strcmp(logged[i].label, label) && !strcmp(logged[i].hex, hex);
	ok(found, "%s: key log has %s", now, label);
}

/* The whole schedule of §3 from the trace's messages, without the engine. */
static void schedule(void)
{
	const struct suite *suite = suite_find(0x1301);
	struct crypto *crypto = crypto_get();
	struct transcript t = { 0 };
	struct schedule13 s;
	struct secret c_hs, s_hs, other;
	uint8_t hash[HASH_MAX], key[32], iv[12], shared[KEX_SECRET_MAX], verify[HASH_MAX];
	uint8_t fin[36] = { 20, 0, 0, 32 };
	struct bytes server_share = message("server_hello");
	struct kex *kex;
	size_t shared_len;

	pool = v("client_random_pool");
	pool.p += 32;
	pool.n -= 32;
	ok_int(kex_new(crypto, &pool_env, GROUP_X25519, &kex), 0, "the client's key share");
	same(kex_share(kex), "client_public");
	/* key_share is the first extension of the trace's ServerHello. */
	ok_int(kex_derive(kex, bytes_of(server_share.p + 52, 32), shared,
			  &shared_len), 0, "shared secret");
	kex_free(kex);

	transcript_init(&t, crypto);
	transcript_start(&t, suite->hash);
	transcript_add(&t, message("client_hello"));
	transcript_add(&t, message("server_hello"));
	schedule13_early(&s, &t.kdf, NULL);
	same(of(&s.chain), "early_secret");
	schedule13_handshake(&s, &t.kdf, bytes_of(shared, 32));
	same(of(&s.chain), "handshake_secret");
	transcript_hash(&t, hash);
	schedule13_derive(&s, &t.kdf, LABEL_CLIENT_HS, hash, &c_hs);
	same(of(&c_hs), "client_handshake_traffic");
	schedule13_derive(&s, &t.kdf, LABEL_SERVER_HS, hash, &s_hs);
	same(of(&s_hs), "server_handshake_traffic");
	schedule13_traffic(&t.kdf, &s_hs, key, 16, iv);
	same(bytes_of(key, 16), "server_handshake_key");
	same(bytes_of(iv, 12), "server_handshake_iv");
	schedule13_traffic(&t.kdf, &c_hs, key, 16, iv);
	same(bytes_of(key, 16), "client_handshake_key");
	same(bytes_of(iv, 12), "client_handshake_iv");
	schedule13_master(&s, &t.kdf);
	same(of(&s.chain), "master_secret");

	transcript_add(&t, v("encrypted_extensions"));
	transcript_add(&t, vector("common", "certificate"));
	transcript_add(&t, v("certificate_verify"));
	transcript_hash(&t, hash);
	schedule13_finished(&t.kdf, &s_hs, hash, verify);
	ok_mem(verify, 32, v("server_finished").p + 4, 32, "%s: the server's verify_data", now);
	transcript_add(&t, v("server_finished"));
	transcript_hash(&t, hash);
	same(bytes_of(hash, 32), "hash_to_server_finished");
	schedule13_derive(&s, &t.kdf, LABEL_CLIENT_AP, hash, &other);
	same(of(&other), "client_application_traffic");
	schedule13_traffic(&t.kdf, &other, key, 16, iv);
	same(bytes_of(key, 16), "client_application_key");
	same(bytes_of(iv, 12), "client_application_iv");
	schedule13_derive(&s, &t.kdf, LABEL_SERVER_AP, hash, &other);
	same(of(&other), "server_application_traffic");
	schedule13_traffic(&t.kdf, &other, key, 16, iv);
	same(bytes_of(key, 16), "server_application_key");
	same(bytes_of(iv, 12), "server_application_iv");
	schedule13_derive(&s, &t.kdf, LABEL_EXPORTER, hash, &other);
	same(of(&other), "exporter_master");
	schedule13_finished(&t.kdf, &c_hs, hash, verify);
	same(bytes_of(verify, 32), "client_verify_data");
	memcpy(fin + 4, verify, 32);
	transcript_add(&t, bytes_of(fin, 36));
	transcript_hash(&t, hash);
	same(bytes_of(hash, 32), "hash_to_client_finished");
	schedule13_derive(&s, &t.kdf, LABEL_RESUMPTION, hash, &other);
	same(of(&other), "resumption_master");
	transcript_free(&t);
	crypto_put(crypto);
}

/* Takes the engine's output away and compares it. */
static void out_is(struct sealsock_conn *conn, const char *name)
{
	uint8_t buf[4096];
	size_t n = drain(conn, buf, sizeof(buf));

	same(bytes_of(buf, n), name);
}

static int feed(struct sealsock_conn *conn, const char *name)
{
	struct bytes b = v(name);

	return feed_all(conn, b.p, b.n, 0);
}

/* Our ClientHello offers less than the trace's: the trace's is put in its place. */
static void put_hello(struct sealsock_conn *c, const char *name, bool session_id)
{
	uint8_t dropped[1024];

	drain(c, dropped, sizeof(dropped));
	c->hs->hello.n = 0;
	buf_append(&c->hs->hello, message(name).p, message(name).n);
	c->hs->offered |= EXT_BIT(EXT_RECORD_SIZE_LIMIT);
	if (!session_id)
		c->hs->session_id_len = 0;
}

/* The pool, with bytes for a session id that the trace's client did not draw. */
static uint8_t padded[256];

static void fill_pool(bool session_id)
{
	struct bytes p = v("client_random_pool");

	if (session_id) {
		pool = p;
		return;
	}
	memcpy(padded, p.p, 32);
	memset(padded + 32, 0, 32);
	memcpy(padded + 64, p.p + 32, p.n - 32);
	pool = bytes_of(padded, p.n + 32);
}

static struct sealsock_conn *trace_client(struct sealsock_config **cfg, bool session_id)
{
	struct sealsock_conn *c;

	*cfg = sealsock_config_new(SEALSOCK_CLIENT);
	sealsock_config_env(*cfg, &pool_env);
	sealsock_config_grease(*cfg, false);
	/* The trace's certificate is of RSA 1024 and signed by itself. */
	sealsock_config_verify(*cfg, SEALSOCK_VERIFY_INSECURE);
	sealsock_config_keylog(*cfg, take_log, NULL);
	log_count = 0;
	fill_pool(session_id);
	c = sealsock_conn_new(*cfg);
	sealsock_conn_set_host(c, "server");
	return c;
}

/* The messages of the trace's server behind its ServerHello. */
static size_t flight_of(struct bytes out[5])
{
	bool mutual = !strcmp(now, "mutual");
	size_t n = 0;

	out[n++] = v("encrypted_extensions");
	if (mutual)
		out[n++] = v("certificate_request");
	if (strcmp(now, "resumed")) {
		out[n++] = vector(mutual ? now : "common", "certificate");
		out[n++] = v("certificate_verify");
	}
	out[n++] = v("server_finished");
	return n;
}

/* Seals what the trace's server sealed, with the engine's own keys, and gets the trace's record. */
static void seal_flight(struct hs *hs)
{
	struct record_dir d = { 0 };
	uint8_t key[32], iv[12];
	struct bytes msgs[5];
	size_t i, n = flight_of(msgs);
	struct buf flight, out;

	buf_init(&flight, &test_env_full);
	buf_init(&out, &test_env_full);
	for (i = 0; i < n; i++)
		buf_append(&flight, msgs[i].p, msgs[i].n);
	schedule13_traffic(&hs->transcript.kdf, &hs->server_secret, key, 16, iv);
	record_key(&d, hs->ch->cfg->crypto, hs->ch->suite, true, key, iv);
	record_seal_all(&d, SEAL_TYPE_HANDSHAKE, bytes_of(flight.p, flight.n), &out);
	same(bytes_of(out.p, out.n), "server_flight");
	record_clear(&d);
	buf_free(&flight);
	buf_free(&out);
}

static void client_rest(struct sealsock_conn *c, bool ccs)
{
	static const uint8_t ccs_record[6] = { 20, 3, 3, 0, 1, 1 };
	uint8_t buf[1024];
	struct bytes fin = v("client_finished");
	size_t n;

	ok_int(feed(c, "server_hello"), 0, "%s: client takes the ServerHello", now);
	if (ccs)
		ok_int(feed_all(c, ccs_record, 6, 0), 0, "%s: and change_cipher_spec", now);
	seal_flight(c->hs);
	ok_int(feed(c, "server_flight"), 0, "%s: client takes the server's flight", now);
	n = drain(c, buf, sizeof(buf));
	if (ccs)
		ok_mem(buf, n > 6 ? 6 : n, ccs_record, 6, "%s: change_cipher_spec first", now);
	n -= ccs ? 6 : 0;
	ok_mem(buf + (ccs ? 6 : 0), n, fin.p, fin.n, "%s: client_finished", now);
	ok_int(sealsock_conn_state(c), SEALSOCK_STATE_DONE, "%s: the client is done", now);
}

static void goodbye(struct sealsock_conn *c)
{
	uint8_t b;

	ok_int(sealsock_conn_close(c), 0, "%s: client closes", now);
	out_is(c, "client_close");
	ok_int(feed(c, "server_close"), 0, "%s: client takes close_notify", now);
	ok_int(sealsock_conn_read(c, &b, 1), 0, "%s: which reads as the end", now);
}

static void client_simple(void)
{
	struct sealsock_config *cfg;
	struct sealsock_conn *c = trace_client(&cfg, false);
	const void *p;
	uint8_t buf[100];
	size_t n;

	ok_int(sealsock_conn_output(c, &p, &n), 0, "%s: client starts", now);
	put_hello(c, "client_hello", false);
	client_rest(c, false);
	log_has("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "client_handshake_traffic");
	log_has("SERVER_HANDSHAKE_TRAFFIC_SECRET", "server_handshake_traffic");
	log_has("CLIENT_TRAFFIC_SECRET_0", "client_application_traffic");
	log_has("SERVER_TRAFFIC_SECRET_0", "server_application_traffic");
	log_has("EXPORTER_SECRET", "exporter_master");
	ok_int(feed(c, "new_session_ticket"), 0, "%s: client takes the ticket", now);
	ok_int(sealsock_conn_write(c, v("data").p, v("data").n), v("data").n, "client writes");
	out_is(c, "client_data");
	ok_int(feed(c, "server_data"), 0, "%s: client takes data", now);
	n = (size_t)sealsock_conn_read(c, buf, sizeof(buf));
	same(bytes_of(buf, n), "data");
	goodbye(c);
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

static void client_retry(void)
{
	struct sealsock_config *cfg;
	struct sealsock_conn *c = trace_client(&cfg, false);
	struct client_hello ch;
	struct bytes body;
	const void *p;
	size_t n;

	ok_int(sealsock_conn_output(c, &p, &n), 0, "%s: client starts", now);
	put_hello(c, "client_hello", false);
	ok_int(feed(c, "hello_retry_request"), 0, "%s: client takes the HelloRetryRequest", now);
	body = bytes_of(c->hs->hello.p + 4, c->hs->hello.n - 4);
	ok_int(client_hello_parse(body, &ch) | client_hello_parse_ext(&ch), 0, "its answer parses");
	ok_mem(ch.ext.cookie.p, ch.ext.cookie.n, message("hello_retry_request").p + 56, 114,
	       "the cookie comes back");
	/* The share is where the trace's second ClientHello has it, behind five extensions. */
	ok(ch.ext.shares.n == 69 && memmem(v("client_hello_2").p, v("client_hello_2").n,
					   ch.ext.shares.p, ch.ext.shares.n),
	   "the P-256 share is the trace's");
	put_hello(c, "client_hello_2", false);
	client_rest(c, false);
	goodbye(c);
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

static void client_compat(void)
{
	struct sealsock_config *cfg;
	struct sealsock_conn *c = trace_client(&cfg, true);
	const void *p;
	size_t n;

	ok_int(sealsock_conn_output(c, &p, &n), 0, "%s: client starts", now);
	put_hello(c, "client_hello", true);
	client_rest(c, true);
	goodbye(c);
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

/* The trace's server has another certificate and random signatures: its messages stand in. */
static void put_flight(struct sealsock_conn *s)
{
	struct hs *hs = s->hs;
	struct bytes msgs[5];
	size_t i, n = flight_of(msgs);

	transcript_start(&hs->transcript, HASH_SHA256);
	transcript_add(&hs->transcript, message("client_hello"));
	transcript_add(&hs->transcript, message("server_hello"));
	for (i = 0; i < n; i++)
		transcript_add(&hs->transcript, msgs[i]);
	hs_application_secrets(hs);
	channel_key(&s->ch, &s->ch.tx, &hs->transcript.kdf, &s->ch.tx_secret);
}

static struct sealsock_conn *trace_server(struct sealsock_config **cfg)
{
	const struct identity *id = test_server(CERT_RSA);

	*cfg = sealsock_config_new(SEALSOCK_SERVER);
	sealsock_config_env(*cfg, &pool_env);
	sealsock_config_ticket_count(*cfg, 0);
	sealsock_config_grease(*cfg, false);
	sealsock_config_cert_mem(*cfg, id->cert_pem, strlen(id->cert_pem), id->key_pem,
				 strlen(id->key_pem));
	pool = v("server_random_pool");
	return sealsock_conn_new(*cfg);
}

static void server(bool ccs, bool data)
{
	static const uint8_t ccs_record[6] = { 20, 3, 3, 0, 1, 1 };
	struct sealsock_config *cfg;
	struct sealsock_conn *s = trace_server(&cfg);
	uint8_t buf[4096];
	struct bytes hello = v("server_hello");
	size_t n;

	ok_int(feed(s, "client_hello"), 0, "%s: server takes the ClientHello", now);
	n = drain(s, buf, sizeof(buf));
	ok_mem(buf, n < hello.n ? n : hello.n, hello.p, hello.n, "%s: server_hello", now);
	if (ccs)
		ok_mem(buf + hello.n, 6, ccs_record, 6, "%s: then change_cipher_spec", now);
	else
		ok(buf[hello.n] == SEAL_TYPE_DATA, "%s: then sealed records", now);
	put_flight(s);
	if (ccs)
		ok_int(feed_all(s, ccs_record, 6, 0), 0, "server takes change_cipher_spec");
	ok_int(feed(s, "client_finished"), 0, "%s: server takes the client's Finished", now);
	ok_int(sealsock_conn_state(s), SEALSOCK_STATE_DONE, "%s: the server is done", now);
	if (data) {
		/* The trace's ticket went out first, under sequence number 0. */
		seal_seq_start(&s->ch.tx.seq, 1, 0);
		ok_int(feed(s, "client_data"), 0, "%s: server takes data", now);
		n = (size_t)sealsock_conn_read(s, buf, sizeof(buf));
		same(bytes_of(buf, n), "data");
		sealsock_conn_write(s, v("data").p, v("data").n);
		out_is(s, "server_data");
	}
	ok_int(feed(s, "client_close"), 0, "%s: server takes close_notify", now);
	sealsock_conn_close(s);
	out_is(s, "server_close");
	sealsock_conn_free(s);
	sealsock_config_unref(cfg);
}

/* §4: the schedule with a PSK, and 0-RTT's secrets, which the engine has no use for yet. */
static void schedule_resumed(void)
{
	struct crypto *crypto = crypto_get();
	struct transcript t = { 0 };
	struct secret psk, resumption, c_hs, s_hs, other;
	struct bytes hello = message("client_hello"), rms = vector("simple", "resumption_master");
	uint8_t hash[HASH_MAX], verify[HASH_MAX];
	struct schedule13 s;

	transcript_init(&t, crypto);
	transcript_start(&t, HASH_SHA256);
	memcpy(resumption.b, rms.p, rms.n);
	resumption.n = (uint8_t)rms.n;
	schedule13_ticket_psk(&t.kdf, &resumption, v("resumption_nonce"), &psk);
	same(of(&psk), "psk");
	transcript_add(&t, bytes_of(hello.p, hello.n - 35));
	transcript_hash(&t, hash);
	same(bytes_of(hash, 32), "binder_hash");
	schedule13_early(&s, &t.kdf, &psk);
	schedule13_binder(&s, &t.kdf, LABEL_RES_BINDER, hash, verify);
	same(bytes_of(verify, 32), "binder");
	transcript_add(&t, bytes_of(hello.p + hello.n - 35, 35));
	transcript_hash(&t, hash);
	same(of(&s.chain), "early_secret");
	schedule13_derive(&s, &t.kdf, "c e traffic", hash, &other);
	same(of(&other), "client_early_traffic");
	schedule13_derive(&s, &t.kdf, "e exp master", hash, &other);
	same(of(&other), "early_exporter_master");

	transcript_add(&t, message("server_hello"));
	transcript_hash(&t, hash);
	schedule13_handshake(&s, &t.kdf, v("shared_secret"));
	same(of(&s.chain), "handshake_secret");
	schedule13_derive(&s, &t.kdf, LABEL_CLIENT_HS, hash, &c_hs);
	same(of(&c_hs), "client_handshake_traffic");
	schedule13_derive(&s, &t.kdf, LABEL_SERVER_HS, hash, &s_hs);
	same(of(&s_hs), "server_handshake_traffic");
	schedule13_master(&s, &t.kdf);
	same(of(&s.chain), "master_secret");
	transcript_add(&t, v("encrypted_extensions"));
	transcript_hash(&t, hash);
	schedule13_finished(&t.kdf, &s_hs, hash, verify);
	ok_mem(verify, 32, v("server_finished").p + 4, 32, "%s: the server's verify_data", now);
	transcript_add(&t, v("server_finished"));
	transcript_add(&t, v("end_of_early_data"));
	transcript_hash(&t, hash);
	schedule13_finished(&t.kdf, &c_hs, hash, verify);
	ok_mem(verify, 32, v("client_finished").p + 4, 32, "%s: the client's verify_data", now);
	transcript_add(&t, v("client_finished"));
	transcript_hash(&t, hash);
	schedule13_derive(&s, &t.kdf, LABEL_RESUMPTION, hash, &other);
	same(of(&other), "resumption_master");
	transcript_free(&t);
	crypto_put(crypto);
}

/* The session of the trace's client. The ticket is in the ClientHello, behind its own length. */
static void put_session(struct sealsock_conn *c)
{
	struct bytes hello = message("client_hello");
	struct session s = {
		.role = SEALSOCK_CLIENT, .version = VERSION_TLS13, .suite = 0x1301,
		.made = TEST_NOW, .issued = TEST_NOW, .expires = TEST_NOW + 30,
		.trust = bytes_of(c->ch.cfg->trust_id, TRUST_ID),
		.host = bytes_of("server", 6),
		.ticket = bytes_of(hello.p + hello.n - 35 - 4 - 178, 178),
	};
	struct buf text;
	struct builder w = { .buf = &text };

	buf_init(&text, &test_env_full);
	memcpy(s.secret.b, v("psk").p, 32);
	s.secret.n = 32;
	session_write(&s, &w);
	ok_int(sealsock_conn_set_session(c, text.p, text.n), 0, "%s: the ticket's session", now);
	buf_free(&text);
}

/* Up to the client's Finished: behind EndOfEarlyData it would be another one. */
static void client_resumed(void)
{
	struct sealsock_config *cfg;
	struct sealsock_conn *c = trace_client(&cfg, false);
	struct sealsock_info info;
	struct buf *hello = &c->hs->hello;
	const void *p;
	size_t n;

	put_session(c);
	ok_int(sealsock_conn_output(c, &p, &n), 0, "%s: client starts", now);
	ok(c->hs->offered & EXT_BIT(EXT_PRE_SHARED_KEY), "%s: and offers the ticket", now);
	put_hello(c, "client_hello", false);
	c->hs->offered |= EXT_BIT(EXT_EARLY_DATA);
	memset(hello->p + hello->n - 32, 0, 32);
	ok_int(psk13_bind(c->hs, hello, 33), 0, "%s: the binder is made", now);
	ok_mem(hello->p + hello->n - 32, 32, v("binder").p, 32, "%s: and is the trace's", now);
	ok_int(feed(c, "server_hello"), 0, "%s: client takes the ServerHello", now);
	seal_flight(c->hs);
	ok_int(feed(c, "server_flight"), 0, "%s: client takes the server's flight", now);
	sealsock_conn_info(c, &info);
	ok(info.resumed, "%s: it is resumed", now);
	log_has("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "client_handshake_traffic");
	log_has("SERVER_HANDSHAKE_TRAFFIC_SECRET", "server_handshake_traffic");
	log_has("CLIENT_TRAFFIC_SECRET_0", "client_application_traffic");
	log_has("SERVER_TRAFFIC_SECRET_0", "server_application_traffic");
	log_has("EXPORTER_SECRET", "exporter_master");
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

/* The client's certificate, which only its flight has: as PEM. */
static size_t client_pem(char *pem, size_t room)
{
	struct sealsock_config *cfg;
	struct sealsock_conn *c = trace_client(&cfg, false);
	const unsigned char *der;
	struct buf plain;
	BIO *bio = BIO_new(BIO_s_mem());
	const void *p;
	size_t n;
	X509 *x;

	buf_init(&plain, &test_env_full);
	sealsock_conn_output(c, &p, &n);
	put_hello(c, "client_hello", false);
	feed(c, "server_hello");
	open_flight(c, &c->hs->client_secret, v("client_flight").p, v("client_flight").n, &plain);
	der = plain.p + 4 + 1 + 3 + 3;
	x = d2i_X509(NULL, &der, (long)plain.n);
	ok(plain.p[0] == MSG_CERTIFICATE && x, "%s: the client's flight opens", now);
	PEM_write_bio_X509(bio, x);
	n = (size_t)BIO_read(bio, pem, (int)room);
	X509_free(x);
	BIO_free(bio);
	buf_free(&plain);
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
	return n;
}

/* §6: the client's certificate; its signature, which is random, comes from elsewhere. */
static void client_mutual(void)
{
	struct sealsock_request r;
	struct sealsock_config *cfg;
	struct sealsock_conn *c;
	char pem[2000];
	size_t n = client_pem(pem, sizeof(pem));
	struct bytes sig = v("client_signature");
	const void *p;

	c = trace_client(&cfg, false);
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
	cfg = sealsock_config_new(SEALSOCK_CLIENT);
	sealsock_config_env(cfg, &pool_env);
	sealsock_config_grease(cfg, false);
	sealsock_config_verify(cfg, SEALSOCK_VERIFY_INSECURE);
	ok_int(sealsock_config_cert_signer(cfg, pem, n, cfg), 0, "%s: it can be used", now);
	fill_pool(false);
	c = sealsock_conn_new(cfg);
	sealsock_conn_set_host(c, "server");
	ok_int(sealsock_conn_output(c, &p, &n), 0, "%s: client starts", now);
	put_hello(c, "client_hello", false);
	ok_int(feed(c, "server_hello"), 0, "%s: client takes the ServerHello", now);
	seal_flight(c->hs);
	ok_int(feed(c, "server_flight"), 0, "%s: client takes the server's flight", now);
	ok(sealsock_conn_request(c, &r) == 0 && r.scheme == 0x0804,
	   "%s: and asks for a signature", now);
	same(bytes_of(r.message, r.message_len), "client_signed");
	ok_int(sealsock_conn_answer(c, 0, sig.p, sig.n), 0, "%s: it is the trace's", now);
	out_is(c, "client_flight");
	goodbye(c);
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

static void server_mutual(void)
{
	struct sealsock_config *cfg;
	struct sealsock_conn *s = trace_server(&cfg);
	struct sealsock_info info;
	uint8_t buf[4096];
	struct bytes hello = v("server_hello");
	size_t n;

	/* Certificate of RSA 1024, signed by itself: the chain is not what is tried here. */
	cfg->verify = SEALSOCK_VERIFY_INSECURE;
	ok_int(feed(s, "client_hello"), 0, "%s: server takes the ClientHello", now);
	n = drain(s, buf, sizeof(buf));
	ok_mem(buf, n < hello.n ? n : hello.n, hello.p, hello.n, "%s: server_hello", now);
	put_flight(s);
	ok_int(feed(s, "client_flight"), 0, "%s: server takes the client's flight", now);
	sealsock_conn_info(s, &info);
	ok(info.client_authenticated, "%s: signature and Finished are right", now);
	ok_int(sealsock_conn_state(s), SEALSOCK_STATE_DONE, "%s: the server is done", now);
	ok_int(feed(s, "client_close"), 0, "%s: server takes close_notify", now);
	sealsock_conn_close(s);
	out_is(s, "server_close");
	sealsock_conn_free(s);
	sealsock_config_unref(cfg);
}

/* The retry's messages, built from their fields. */
static void build_retry(void)
{
	struct bytes body = message("hello_retry_request");
	struct server_hello sh;
	struct builder w;
	struct buf out;

	body.p += 4;
	body.n -= 4;
	ok_int(server_hello_parse(body, &sh), 0, "HelloRetryRequest parses");
	ok(sh.retry, "and is one");
	ok_int(server_hello_parse_ext(&sh, EXT_BIT(EXT_KEY_SHARE) |
				      EXT_BIT(EXT_SUPPORTED_VERSIONS)), 0, "its extensions parse");
	buf_init(&out, &test_env_full);
	w = (struct builder){ .buf = &out };
	server_hello_build(&sh, &w);
	ok_mem(out.p, out.n, message("hello_retry_request").p, message("hello_retry_request").n,
	       "%s: hello_retry_request built from its fields", now);
	buf_free(&out);
}

int main(void)
{
	pool_env = test_env_full;
	pool_env.now = pool_now;
	pool_env.random = pool_random;
	vectors_load("rfc8448.txt");
	now = "simple";
	schedule();
	client_simple();
	server(false, true);
	now = "resumed";
	schedule_resumed();
	client_resumed();
	now = "mutual";
	client_mutual();
	server_mutual();
	now = "retry";
	build_retry();
	client_retry();
	now = "compat";
	client_compat();
	server(true, false);
	vectors_free();
	free_test_identities();
	return done();
}
