// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * TLS 1.2 in the profile "legacy": every suite with itself, data, resumption, client certificates,
 * the key elsewhere, stapled responses, record size limits, and what the profile relaxes.
 */
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "hello.h"
#include "hs/hs.h"
#include "legacy.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;

static void open_both(void)
{
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
}

static void close_conns(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
}

static void close_both(void)
{
	close_conns();
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void why(void)
{
	printf("# client: %s; server: %s\n", sealsock_conn_error(c)->text,
	       sealsock_conn_error(s)->text);
}

/* A few records each way, one of them as long as one may be. */
static bool talk(struct sealsock_conn *from, struct sealsock_conn *to)
{
	static uint8_t big[SEAL_MAX_PLAINTEXT + 100], got[sizeof(big)];
	size_t have = 0, moved;
	ssize_t n;

	memset(big, 0x6b, sizeof(big));
	if (sealsock_conn_write(from, big, sizeof(big)) != (ssize_t)sizeof(big) ||
	    sealsock_conn_write(from, "", 0) < 0)
		return false;
	do {
		const void *p;
		size_t left, used;

		if (sealsock_conn_output(from, &p, &left) ||
		    sealsock_conn_feed(to, p, left, &used) || sealsock_conn_sent(from, used))
			return false;
		moved = used;
		while ((n = sealsock_conn_read(to, got + have, sizeof(got) - have)) > 0)
			have += (size_t)n;
	} while (moved && have < sizeof(big));
	return have == sizeof(big) && !memcmp(got, big, have);
}

static void suite_with_itself(const struct suite *suite, size_t chunk)
{
	struct traffic_key key;
	struct sealsock_info info;

	cc = legacy_client(suite->name);
	sc = legacy_server(NULL);
	open_both();
	if (!ok(shake_hands(c, s, chunk), "%s, chunk %zu", suite->name, chunk))
		why();
	sealsock_conn_info(c, &info);
	ok(info.cipher == suite->id && info.extended_master_secret &&
	   (suite->kx == KX_RSA) == !info.group && (suite->kx == KX_RSA) == !info.sigscheme,
	   "group %s, scheme %s", info.group_name ? info.group_name : "none",
	   info.sigscheme_name ? info.sigscheme_name : "none");
	if (suite->kx == KX_DHE)
		ok_int(info.group, GROUP_FFDHE2048, "a group as strong as the key");
	ok(talk(c, s) && talk(s, c), "data");
	ok(!conn_traffic_key(s, CONN_TX, &key) && key.mac_key_len == suite->mac_len &&
	   key.cipher_type == suite->cipher_type && key.key_len == suite->key_len,
	   "keys for the kernel");
	close_both();
}

static void resumed(const char *suite, bool tickets)
{
	struct sealsock_info info;
	int i;

	cc = legacy_client(suite);
	sc = legacy_server(suite);
	sealsock_config_session_store(cc, NULL);
	sealsock_config_session_store(sc, NULL);
	sealsock_config_ticket_count(sc, tickets);
	for (i = 0; i < 2; i++) {
		open_both();
		if (!ok(shake_hands(c, s, 0), "%s, time %d", suite, i + 1))
			why();
		sealsock_conn_info(s, &info);
		ok(info.resumed == (i == 1), "%s by %s", i ? "resumed" : "full",
		   tickets ? "a ticket" : "a session id");
		ok(talk(c, s) && talk(s, c), "data");
		close_conns();
	}
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void mutual(const char *suite)
{
	struct sealsock_info info;

	cc = legacy_client(suite);
	sc = legacy_server(suite);
	add_identity(cc, test_client());
	trust_test_ca(sc);
	sealsock_config_verify(sc, SEALSOCK_VERIFY_REQUIRED);
	open_both();
	if (!ok(shake_hands(c, s, 1), "%s with a client certificate", suite))
		why();
	sealsock_conn_info(s, &info);
	ok(info.client_authenticated, "the client is known");
	close_both();
}

/* What a key holder does: all that RSA gives, or the secret alone. */
static size_t decrypt(const struct sealsock_request *r, int padding, uint8_t *out, size_t room)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(r->key, NULL);
	size_t n = room;

	if (EVP_PKEY_decrypt_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1 ||
	    EVP_PKEY_decrypt(ctx, out, &n, r->message, r->message_len) != 1)
		n = 0;
	EVP_PKEY_CTX_free(ctx);
	return n;
}

/* What the client has to say behind its ClientKeyExchange stays in its output meanwhile. */
static void until_asked(void)
{
	size_t used = 0, back;
	const void *p;
	size_t n;

	do {
		sealsock_conn_output(c, &p, &n);
		sealsock_conn_feed(s, p, n, &used);
		sealsock_conn_sent(c, used);
		carry(s, c, 1, &back);
	} while (sealsock_conn_state(s) != SEALSOCK_STATE_WANT_ANSWER && (used || back));
}

static void key_elsewhere(int padding, bool client_cert)
{
	struct sealsock_request r = { 0 };
	uint8_t out[512];
	size_t n;

	cc = legacy_client("TLS_RSA_WITH_AES_128_GCM_SHA256");
	sc = legacy_server_asking(NULL);
	if (client_cert) {
		add_identity(cc, test_client());
		trust_test_ca(sc);
		sealsock_config_verify(sc, SEALSOCK_VERIFY_OPTIONAL);
	}
	open_both();
	until_asked();
	ok(!sealsock_conn_request(s, &r) && r.kind == SEALSOCK_REQUEST_DECRYPT && r.key &&
	   r.message_len == 256 && !r.scheme_name, "asked to decrypt%s",
	   client_cert ? ", after CertificateVerify" : "");
	n = decrypt(&r, padding, out, sizeof(out));
	ok(n == (padding == RSA_NO_PADDING ? 256 : 48), "%zu bytes", n);
	ok_int(sealsock_conn_answer(s, 0, out, n), 0, "the answer goes in");
	if (!ok(shake_hands(c, s, 0) && talk(c, s), "and was right"))
		why();
	close_both();
}

static void client_forgets_ems(void);

/* The same with a key that gives away no more than the master secret. */
static void master_elsewhere(bool ems, bool spoilt)
{
	const struct identity *id = test_server_rsa();
	uint8_t master[2][SEALSOCK_MASTER_SIZE], cipher[RSA_BLOCK_MAX];
	struct sealsock_request r = { 0 };
	struct sealsock_key *key;
	int err[2], i;

	NEED(!sealsock_key_mem(id->key_pem, strlen(id->key_pem), id->cert_pem,
			       strlen(id->cert_pem), &key));
	cc = legacy_client("TLS_RSA_WITH_AES_256_GCM_SHA384");
	sc = legacy_server_asking(NULL);
	open_both();
	if (!ems)
		client_forgets_ems();
	until_asked();
	ok(!sealsock_conn_request(s, &r) && r.kind == SEALSOCK_REQUEST_DECRYPT &&
	   r.version == 0x0303 && r.hash == 384 && r.extended == ems &&
	   r.seed_len == (ems ? 48 : 64), "asked for a master secret%s",
	   ems ? "" : ", without EMS");
	memcpy(cipher, r.message, r.message_len);
	cipher[r.message_len - 1] ^= spoilt;
	r.message = cipher;
	for (i = 0; i < 2; i++)
		err[i] = sealsock_key_master(key, &r, master[i]);
	ok(!err[0] && !err[1] && !memcmp(master[0], master[1], sizeof(master[0])),
	   "%s, the same each time", spoilt ? "a wrong one" : "it is there");
	ok_int(sealsock_conn_answer_master(s, master[0]), 0, "the answer goes in");
	ok_int(sealsock_conn_answer_master(s, master[0]), SEALSOCK_ERR_STATE, "once");
	if (!ok(shake_hands(c, s, 0) == !spoilt, "and was %s", spoilt ? "wrong" : "right"))
		why();
	if (!spoilt)
		ok(talk(c, s), "data");
	r.seed_len--;
	ok_int(sealsock_key_master(key, &r, master[0]), SEALSOCK_ERR_INVALID, "a seed too short");
	r.seed_len++;
	r.hash = 512;
	ok_int(sealsock_key_master(key, &r, master[0]), SEALSOCK_ERR_INVALID, "no hash of a PRF");
	close_both();
	sealsock_key_free(key);
	id = test_server(CERT_P256);
	NEED(!sealsock_key_mem(id->key_pem, strlen(id->key_pem), id->cert_pem,
			       strlen(id->cert_pem), &key));
	r.hash = 384;
	ok_int(sealsock_key_master(key, &r, master[0]), SEALSOCK_ERR_KEY, "a key that cannot");
	sealsock_key_free(key);
}

/* CertificateStatus, where the client asks, the server has one, and the handshake is full. */
static void stapled(const char *suite)
{
	static const struct staple_spec good = { .from = -60, .until = 3600 };
	struct bytes response = make_staple(&good, test_server_rsa(), test_ca());
	const void *p;
	size_t n, i;

	cc = legacy_client(suite);
	sealsock_config_session_store(cc, NULL);
	sc = legacy_server(suite);
	staple(sc, response);
	for (i = 0; i < 2; i++) {
		open_both();
		if (!ok(shake_hands(c, s, 1), "%s, stapled%s", suite, i ? " and resumed" : ""))
			why();
		p = sealsock_conn_peer_ocsp(c, &n);
		ok(i ? !p : p && bytes_equal(bytes_of(p, n), response),
		   i ? "nothing new" : "the client has it");
		close_conns();
	}
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
	free((void *)response.p);
}

/* The longest record among those that go from one side to the other. */
static size_t longest_record(struct sealsock_conn *from, struct sealsock_conn *to, int *err)
{
	size_t longest = 0, used;
	const uint8_t *at;
	const void *p;
	size_t n;

	sealsock_conn_output(from, &p, &n);
	for (at = p; n >= 5; at += 5 + seal_get_be16(at + 3)) {
		if (seal_get_be16(at + 3) > longest)
			longest = seal_get_be16(at + 3);
		if (5u + seal_get_be16(at + 3) >= n)
			break;
		n -= 5u + seal_get_be16(at + 3);
	}
	sealsock_conn_output(from, &p, &n);
	*err = sealsock_conn_feed(to, p, n, &used);
	sealsock_conn_sent(from, n);
	return longest;
}

static void record_limits(const char *suite, size_t overhead)
{
	static uint8_t data[1000];
	int err;

	cc = legacy_client(suite);
	sc = legacy_server(suite);
	sealsock_config_record_size_limit(cc, 100);
	sealsock_config_record_size_limit(sc, 200);
	open_both();
	if (!ok(shake_hands(c, s, 0), "%s with record_size_limit", suite))
		why();
	sealsock_conn_write(c, data, sizeof(data));
	ok_int(longest_record(c, s, &err), 200 + overhead, "the server's limit");
	sealsock_conn_write(s, data, sizeof(data));
	ok_int(longest_record(s, c, &err), 100 + overhead, "the client's limit");
	/* One that goes beyond what was announced. */
	s->ch.tx_limit = 0;
	while (sealsock_conn_read(c, data, sizeof(data)) > 0)
		;
	sealsock_conn_write(s, data, sizeof(data));
	longest_record(s, c, &err);
	ok_int(err, SEALSOCK_ERR_RECORD_SIZE, "a record beyond it");
	close_both();
}

static struct hello hello;

/* The client's hello, spoilt on its way. */
static int give_hello(uint16_t drop)
{
	uint8_t out[4096], rec[8192];

	hello_read(&hello, bytes_of(out + 5, drain(c, out, sizeof(out)) - 5));
	hello_drop(&hello, drop);
	return feed_all(s, rec, hello_record(&hello, rec), 0);
}

/* Makes the client's first flight one of a client that has no extended master secret. */
static void client_forgets_ems(void)
{
	uint8_t msg[8192], rec[8192];
	struct buf *sent = &c->hs->hello;

	give_hello(0xffff);
	sealsock_conn_free(s);
	s = sealsock_conn_new(sc);
	hello_drop(&hello, 23);
	sent->n = 0;
	buf_append(sent, msg, hello_write(&hello, msg));
	c->hs->offered &= ~EXT_BIT(EXT_EXTENDED_MASTER_SECRET);
	feed_all(s, rec, hello_record(&hello, rec), 0);
}

/* Extended master secret is the one thing that may be missing, and then little else works. */
static void without_ems(void)
{
	uint8_t out[32768], rec[8192], secret[32];
	struct sealsock_info info;
	struct hello answer;
	size_t n, len;

	/* The server's side: a hello without it gets an answer without it, and no ticket. */
	cc = legacy_client(NULL);
	sc = legacy_server(NULL);
	open_both();
	ok_int(give_hello(23), 0, "a server of the profile takes a hello without it");
	n = drain(s, out, sizeof(out));
	len = (size_t)out[6] << 16 | (size_t)out[7] << 8 | out[8];
	hello_read(&answer, bytes_of(out + 5, 4 + len));
	ok(n && !hello_find(&answer, 23) && !hello_find(&answer, 35), "and promises no ticket");
	sealsock_conn_info(s, &info);
	ok(!info.extended_master_secret, "the caller can see it");
	close_both();

	cc = legacy_client(NULL);
	sc = server_config(CERT_P256);
	sealsock_config_profile(sc, "modern");
	sealsock_config_versions(sc, "TLSv1.2");
	open_both();
	ok_int(give_hello(23), SEALSOCK_ERR_UNPROTECTED, "\"modern\" refuses");
	close_both();

	/* The client's side: the server's answer loses it. */
	cc = legacy_client(NULL);
	sc = legacy_server(NULL);
	open_both();
	give_hello(0xffff);
	drain(s, out, sizeof(out));
	len = (size_t)out[6] << 16 | (size_t)out[7] << 8 | out[8];
	hello_read(&answer, bytes_of(out + 5, 4 + len));
	hello_drop(&answer, 23);
	ok_int(feed_all(c, rec, hello_record(&answer, rec), 0), 0, "so does a client");
	close_both();

	/* A whole handshake without. */
	cc = legacy_client("TLS_RSA_WITH_AES_128_GCM_SHA256");
	sc = legacy_server(NULL);
	open_both();
	client_forgets_ems();
	if (!ok(shake_hands(c, s, 0) && talk(c, s), "a handshake without extended master secret"))
		why();
	sealsock_conn_info(c, &info);
	ok(!info.extended_master_secret, "known to the caller");
	ok_int(sealsock_conn_export(c, "label", NULL, 0, secret, sizeof(secret)),
	       SEALSOCK_ERR_UNSUPPORTED, "which cannot export");
	ok_int(sealsock_conn_session(c, out, sizeof(out)), 0, "nor resume");
	close_both();
}

/* keyUsage (RFC 5246 §7.4.2, RFC 8446 §4.4.2.2): who may only decrypt does not sign. */
static void only_encrypts(void)
{
	static const struct cert_spec spec = {
		.cn = "localhost", .san = "DNS:localhost", .eku = "serverAuth",
		.ku = "keyEncipherment", .from = -1, .until = 365,
	};
	struct identity id = make_identity(CERT_RSA, &spec, test_ca());
	struct sealsock_info info;

	cc = legacy_client("TLS_RSA_WITH_AES_128_GCM_SHA256");
	sc = sealsock_config_new(SEALSOCK_SERVER);
	sealsock_config_env(sc, &test_env);
	sealsock_config_profile(sc, "legacy");
	add_identity(sc, &id);
	ok_int(sealsock_config_check(sc, NULL, 0), 0, "a certificate that only encrypts will do");
	open_both();
	if (!ok(shake_hands(c, s, 0), "for RSA key transport"))
		why();
	sealsock_conn_info(c, &info);
	ok(info.verified, "and is verified");
	close_conns();
	sealsock_config_unref(cc);

	cc = legacy_client("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	open_both();
	ok(!shake_hands(c, s, 0), "but signs no key exchange");
	ok_int(sealsock_conn_error(s)->code, SEALSOCK_ERR_NO_SUITE, "says the server");
	close_conns();
	sealsock_config_unref(cc);
	cc = client_config();
	sealsock_config_versions(cc, "TLSv1.3");
	open_both();
	ok(!shake_hands(c, s, 0), "nor a handshake of TLS 1.3");
	ok_int(sealsock_conn_error(s)->code, SEALSOCK_ERR_NO_SIGALG, "says the server");
	close_both();

	cc = legacy_client("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	sc = legacy_server(NULL);
	add_identity(sc, &id);
	sealsock_config_ciphers(sc, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	open_both();
	ok(shake_hands(c, s, 0), "beside one that signs all is well");
	close_both();

	sc = sealsock_config_new(SEALSOCK_SERVER);
	add_identity(sc, &id);
	ok_int(sealsock_config_check(sc, NULL, 0), 1, "alone, without that suite, it is of no use");
	sealsock_config_unref(sc);
	free_identity(&id);
}

static void names(void)
{
	static const char *const legacy[] = {
		"TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_256_CBC_SHA256",
	};
	struct sealsock_config *cfg = client_config();
	size_t i, old = 0;

	for (i = 0; i < u16_count(wire_list_of(&cfg->suites)); i++) {
		const struct suite *suite = suite_find(u16_at(wire_list_of(&cfg->suites), i));

		old += suite->kx == KX_RSA || suite->kx == KX_DHE || suite->mac_len;
	}
	ok_int(old, 0, "by default none of them is offered");
	for (i = 0; i < sizeof(legacy) / sizeof(legacy[0]); i++)
		ok(sealsock_config_ciphers(cfg, legacy[i]) == SEALSOCK_ERR_NAME &&
		   strstr(sealsock_config_error(cfg), "legacy"), "needs the profile: %s",
		   legacy[i]);
	ok_int(sealsock_config_ciphers(cfg, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"), 0,
	       "DHE with an AEAD does not");
	sealsock_config_profile(cfg, "legacy");
	for (i = 0; i < sizeof(legacy) / sizeof(legacy[0]); i++)
		ok_int(sealsock_config_ciphers(cfg, legacy[i]), 0, "with it: %s", legacy[i]);
	sealsock_config_unref(cfg);
}

/* Which group a server takes for DHE. */
static void field_of(const char *theirs, const char *ours, uint16_t want)
{
	struct sealsock_info info;
	bool done;

	cc = legacy_client("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256");
	sc = legacy_server(NULL);
	sealsock_config_groups(cc, theirs);
	sealsock_config_groups(sc, ours);
	open_both();
	done = shake_hands(c, s, 0);
	sealsock_conn_info(s, &info);
	ok(done == (want != 0) && (!want || info.group == want), "client %s, server %s: %s",
	   theirs, ours, want ? group_find(want)->name : "none");
	if (!want)
		ok_int(sealsock_conn_error(s)->code, strstr(theirs, "ffdhe") ? SEALSOCK_ERR_WEAK :
		       SEALSOCK_ERR_NO_SUITE, "no group, or no suite");
	close_both();
}

int main(void)
{
	size_t i;

	for (i = 0; i < SUITE_COUNT; i++)
		if (suites[i].version == VERSION_TLS12)
			suite_with_itself(&suites[i], suites[i].mac_len ? 1 : 0);
	resumed("TLS_RSA_WITH_AES_128_GCM_SHA256", true);
	resumed("TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", true);
	resumed("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", false);
	mutual("TLS_RSA_WITH_AES_128_CBC_SHA");
	mutual("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256");
	key_elsewhere(RSA_NO_PADDING, false);
	key_elsewhere(RSA_PKCS1_PADDING, false);
	key_elsewhere(RSA_NO_PADDING, true);
	master_elsewhere(true, false);
	master_elsewhere(true, true);
	master_elsewhere(false, false);
	stapled("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	stapled("TLS_RSA_WITH_AES_128_GCM_SHA256");
	stapled("TLS_DHE_RSA_WITH_AES_128_CBC_SHA");
	record_limits("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 8 + 16);
	record_limits("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 16);
	without_ems();
	only_encrypts();
	names();
	field_of("x25519,ffdhe2048,ffdhe3072", "ffdhe3072,ffdhe2048", GROUP_FFDHE3072);
	field_of("x25519,ffdhe4096", "ffdhe2048,ffdhe4096", GROUP_FFDHE4096);
	field_of("x25519,ffdhe6144", "ffdhe2048", 0);
	field_of("x25519", "ffdhe2048", GROUP_FFDHE2048);
	field_of("x25519", "x25519", 0);
	free_test_identities();
	return done();
}
