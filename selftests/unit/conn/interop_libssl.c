// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine against OpenSSL's libssl over memory: both versions and roles, every suite, group and
 * certificate, HelloRetryRequest, ALPN, client certificate request, tickets, key update; also byte
 * by byte.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "pair.h"
#include "tap.h"

struct peer {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
};

struct trial {
	const char *name;
	enum sealsock_side role;	/* ours */
	const char *cipher;
	bool tls12;			/* the suite's version */
	const char *our_groups;
	const char *their_groups;
	enum cert_type cert;
	const char *sigalgs;		/* theirs */
	size_t chunk;
	bool retry;
	bool ask_client_cert;
};

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *n,
		       const unsigned char *in, unsigned int in_len, void *arg)
{
	static const unsigned char want[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	return SSL_select_next_proto((unsigned char **)out, n, want, 9, in, in_len) ==
	       OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int verify_at_test_now(X509_STORE_CTX *ctx, void *arg)
{
	(void)arg;
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), TEST_NOW);
	return X509_verify_cert(ctx);
}

/* OpenSSL's own name of a suite of TLS 1.2. */
static void set_cipher12(SSL_CTX *ctx, const char *standard)
{
	STACK_OF(SSL_CIPHER) *all;
	const SSL_CIPHER *c;
	int i;

	SSL_CTX_set_cipher_list(ctx, "ALL");
	all = SSL_CTX_get_ciphers(ctx);
	for (i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		c = sk_SSL_CIPHER_value(all, i);
		if (!strcmp(SSL_CIPHER_standard_name(c), standard)) {
			SSL_CTX_set_cipher_list(ctx, SSL_CIPHER_get_name(c));
			return;
		}
	}
	printf("# libssl has no %s\n", standard);
}

#define GCM_AND_CHACHA "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"

static const char all_suites13[] = GCM_AND_CHACHA ":TLS_AES_128_CCM_SHA256";

static void peer_open(struct peer *p, const struct trial *t)
{
	const struct identity *id = test_server(t->cert);
	bool server = t->role == SEALSOCK_CLIENT;

	p->ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	if (t->tls12) {
		SSL_CTX_set_max_proto_version(p->ctx, TLS1_2_VERSION);
		set_cipher12(p->ctx, t->cipher);
	} else {
		SSL_CTX_set_ciphersuites(p->ctx, server ? t->cipher : all_suites13);
	}
	SSL_CTX_set1_groups_list(p->ctx, t->their_groups);
	if (t->sigalgs)
		SSL_CTX_set1_sigalgs_list(p->ctx, t->sigalgs);
	SSL_CTX_set_cert_verify_callback(p->ctx, verify_at_test_now, NULL);
	if (server) {
		SSL_CTX_use_certificate(p->ctx, id->x509);
		SSL_CTX_use_PrivateKey(p->ctx, id->pkey);
		SSL_CTX_set_alpn_select_cb(p->ctx, choose_alpn, NULL);
		if (t->ask_client_cert)
			SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, NULL);
	} else {
		SSL_CTX_set_alpn_protos(p->ctx, (const unsigned char *)"\x02h2\x08http/1.1", 12);
		X509_STORE_add_cert(SSL_CTX_get_cert_store(p->ctx), test_ca()->x509);
		SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, NULL);
	}
	p->ssl = SSL_new(p->ctx);
	p->in = BIO_new(BIO_s_mem());
	p->out = BIO_new(BIO_s_mem());
	SSL_set_bio(p->ssl, p->in, p->out);
	if (server) {
		SSL_set_accept_state(p->ssl);
	} else {
		SSL_set_connect_state(p->ssl);
		SSL_set_tlsext_host_name(p->ssl, "localhost");
		SSL_set1_host(p->ssl, "localhost");
	}
}

static void peer_close(struct peer *p)
{
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
}

/* Carries what either side has to say; false: nothing moved. */
static bool carry_all(struct sealsock_conn *conn, struct peer *p, size_t chunk, int *err)
{
	uint8_t buf[4096];
	const void *out;
	bool moved = false;
	size_t n, used;
	int got;

	if (sealsock_conn_output(conn, &out, &n) == 0 && n) {
		n = chunk && chunk < n ? chunk : n;
		BIO_write(p->in, out, (int)n);
		sealsock_conn_sent(conn, n);
		moved = true;
	}
	while ((got = BIO_pending(p->out)) > 0) {
		size_t want = sealsock_conn_want(conn);

		/* During the handshake: exactly what the engine asks for, as an fd pump would. */
		if (want && (size_t)got > want)
			got = (int)want;
		if (got > (int)sizeof(buf))
			got = (int)sizeof(buf);
		if (chunk && got > (int)chunk)
			got = (int)chunk;
		BIO_read(p->out, buf, got);
		*err = sealsock_conn_feed(conn, buf, (size_t)got, &used);
		moved = true;
		if (*err || used != (size_t)got)
			return false;
	}
	return moved;
}

static bool both_done(struct sealsock_conn *conn, struct peer *p)
{
	return sealsock_conn_state(conn) == SEALSOCK_STATE_DONE && SSL_is_init_finished(p->ssl);
}

static bool shake(struct sealsock_conn *conn, struct peer *p, size_t chunk)
{
	int err = 0, idle = 0;

	while (!both_done(conn, p) && idle < 3) {
		SSL_do_handshake(p->ssl);
		idle = carry_all(conn, p, chunk, &err) ? 0 : idle + 1;
		if (err)
			break;
	}
	return both_done(conn, p);
}

static bool exchange(struct sealsock_conn *conn, struct peer *p, size_t chunk)
{
	static uint8_t big[20000], back[20000];
	size_t i, got = 0;
	int err = 0, n;
	ssize_t r;

	for (i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 13);
	if (sealsock_conn_write(conn, big, sizeof(big)) != (ssize_t)sizeof(big))
		return false;
	while (got < sizeof(back)) {
		bool moved = carry_all(conn, p, chunk, &err);

		n = SSL_read(p->ssl, back + got, (int)(sizeof(back) - got));
		if (n > 0)
			got += (size_t)n;
		else if (!moved || err)
			break;
	}
	if (got != sizeof(big) || memcmp(back, big, got))
		return false;
	if (SSL_write(p->ssl, "hello", 5) != 5)
		return false;
	for (i = 0; i < 100; i++) {
		carry_all(conn, p, chunk, &err);
		r = sealsock_conn_read(conn, back, sizeof(back));
		if (r != SEALSOCK_WANT_READ)
			break;
	}
	return r == 5 && !memcmp(back, "hello", 5);
}

static bool rekey(struct sealsock_conn *conn, struct peer *p, size_t chunk)
{
	return sealsock_conn_rekey(conn, true) == 0 && exchange(conn, p, chunk) &&
	       SSL_key_update(p->ssl, SSL_KEY_UPDATE_REQUESTED) == 1 &&
	       exchange(conn, p, chunk) && exchange(conn, p, chunk);
}

static bool say_goodbye(struct sealsock_conn *conn, struct peer *p, size_t chunk)
{
	int err = 0, i;
	char c;

	SSL_shutdown(p->ssl);
	for (i = 0; i < 100; i++)
		carry_all(conn, p, chunk, &err);
	if (sealsock_conn_read(conn, &c, 1) != 0 || sealsock_conn_close(conn))
		return false;
	for (i = 0; i < 100; i++)
		carry_all(conn, p, chunk, &err);
	return SSL_shutdown(p->ssl) == 1;
}

static void run(const struct trial *t)
{
	bool client = t->role == SEALSOCK_CLIENT;
	struct sealsock_config *cfg = client ? client_config() : server_config(t->cert);
	struct sealsock_conn *conn;
	struct sealsock_info info;
	struct peer p = { 0 };
	bool good;

	sealsock_config_alpn(cfg, client ? "h2,http/1.1" : "http/1.1");
	sealsock_config_groups(cfg, t->our_groups);
	if (!client)
		sealsock_config_ciphers(cfg, t->cipher);
	conn = client ? client_conn(cfg) : sealsock_conn_new(cfg);
	peer_open(&p, t);
	good = ok(shake(conn, &p, t->chunk), "%s: handshake", t->name);
	if (!good)
		printf("# ours: %s (%s); theirs: %s\n", sealsock_conn_error(conn)->text,
		       sealsock_conn_error(conn)->step,
		       ERR_reason_error_string(ERR_peek_error()));
	sealsock_conn_info(conn, &info);
	ok(good && !strcmp(info.cipher_name, t->cipher) && info.hello_retry == t->retry &&
	   !strcmp(info.alpn, "http/1.1") && (client || !strcmp(info.sni, "localhost")) &&
	   !strcmp(SSL_CIPHER_standard_name(SSL_get_current_cipher(p.ssl)), t->cipher) &&
	   !strcmp(info.version_name, SSL_get_version(p.ssl)), "%s: both agree", t->name);
	ok(good && exchange(conn, &p, t->chunk), "%s: data", t->name);
	if (t->tls12)
		ok(good && sealsock_conn_rekey(conn, true) == SEALSOCK_ERR_UNSUPPORTED,
		   "%s: no key update", t->name);
	else
		ok(good && rekey(conn, &p, t->chunk), "%s: key update", t->name);
	ok(good && say_goodbye(conn, &p, t->chunk), "%s: close_notify", t->name);
	ERR_clear_error();
	peer_close(&p);
	sealsock_conn_free(conn);
	sealsock_config_unref(cfg);
}

static void run_both(struct trial t, const char *what)
{
	char name[200];
	int role;

	for (role = 0; role < 2; role++) {
		t.role = role ? SEALSOCK_SERVER : SEALSOCK_CLIENT;
		snprintf(name, sizeof(name), "our %s, %s %s %s", role ? "server" : "client",
			 what, t.cipher, cert_type_names[t.cert]);
		t.name = name;
		run(&t);
	}
}

struct suite12 {
	const char *cipher;
	enum cert_type cert;
};

static void run12(void)
{
	static const struct suite12 table[] = {
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", CERT_P256 },
		{ "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", CERT_P256 },
		{ "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", CERT_P256 },
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", CERT_P256 },
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", CERT_P384 },
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", CERT_P521 },
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", CERT_ED25519 },
		{ "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", CERT_RSA },
		{ "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", CERT_RSA },
		{ "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", CERT_RSA },
		{ "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", CERT_RSA_PSS },
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", CERT_ED448 },
	};
	static const char *const sigalgs[] = { "rsa_pkcs1_sha256", "rsa_pkcs1_sha384",
					       "rsa_pkcs1_sha512", "rsa_pss_rsae_sha384" };
	/* RFC 5246: any hash goes with any curve. */
	static const struct { const char *list; enum cert_type cert; } crossed[] = {
		{ "ECDSA+SHA512", CERT_P256 }, { "ECDSA+SHA256", CERT_P384 },
		{ "ECDSA+SHA384", CERT_P521 },
	};
	static const char *const groups[][2] = {
		{ "secp384r1", "P-384" }, { "secp521r1", "P-521" }, { "x448", "X448" },
	};
	static const char all[] = "x25519,secp256r1,secp384r1,secp521r1";
	struct trial t;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		t = (struct trial){ .cipher = table[i].cipher, .cert = table[i].cert,
				    .our_groups = all,
				    .tls12 = true,
				    .their_groups = "X25519:P-256:P-384:P-521",
				    .ask_client_cert = i % 2 };
		run_both(t, "1.2 x25519");
		t.chunk = 1;
		run_both(t, "1.2 byte by byte");
		t.chunk = 0;
		t.our_groups = "secp256r1,secp384r1,secp521r1";
		run_both(t, "1.2 secp256r1");
	}
	for (i = 0; i < 3; i++) {
		t = (struct trial){ .cipher = table[7].cipher, .cert = CERT_RSA, .tls12 = true,
				    .our_groups = groups[i][0], .their_groups = groups[i][1] };
		run_both(t, groups[i][0]);
	}
	for (i = 0; i < 4; i++) {
		t = (struct trial){ .cipher = table[7].cipher, .cert = CERT_RSA, .tls12 = true,
				    .our_groups = "x25519", .their_groups = "X25519",
				    .sigalgs = sigalgs[i] };
		run_both(t, sigalgs[i]);
	}
	for (i = 0; i < 3; i++) {
		t = (struct trial){ .cipher = table[0].cipher, .cert = crossed[i].cert,
				    .tls12 = true, .our_groups = all,
				    .their_groups = "X25519:P-256:P-384:P-521",
				    .sigalgs = crossed[i].list };
		run_both(t, crossed[i].list);
	}
}

int main(void)
{
	static const char *const ciphers[] = { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
					       "TLS_CHACHA20_POLY1305_SHA256",
					       "TLS_AES_128_CCM_SHA256" };
	static const char *const sigalgs[] = { "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384",
					       "rsa_pss_rsae_sha512" };
	struct trial t;
	size_t i;

	for (i = 0; i < 4; i++) {
		t = (struct trial){ .cipher = ciphers[i], .our_groups = "x25519,secp256r1",
				    .their_groups = "X25519:P-256", .cert = CERT_P256 };
		run_both(t, "x25519");
		t.chunk = 1;
		run_both(t, "byte by byte");
		t.chunk = 0;
		t.our_groups = "secp256r1";
		t.their_groups = "P-256";
		run_both(t, "secp256r1");
		t.our_groups = "x25519,secp256r1";
		t.retry = true;
		t.role = SEALSOCK_CLIENT;
		t.name = "our client, retried";
		run(&t);
		t.our_groups = "secp256r1";
		t.their_groups = "X25519:P-256";
		t.role = SEALSOCK_SERVER;
		t.name = "our server, retried";
		run(&t);
	}
	for (i = 0; i < CERT_P224; i++) {
		t = (struct trial){ .cipher = ciphers[0], .our_groups = "x25519",
				    .their_groups = "X25519", .cert = (enum cert_type)i,
				    .ask_client_cert = true };
		run_both(t, "client certificate optional");
	}
	for (i = 0; i < 3; i++) {
		t = (struct trial){ .cipher = ciphers[1], .our_groups = "x25519",
				    .their_groups = "X25519", .cert = CERT_RSA,
				    .sigalgs = sigalgs[i] };
		run_both(t, sigalgs[i]);
	}
	run12();
	free_test_identities();
	return done();
}
