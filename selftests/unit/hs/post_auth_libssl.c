// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Client authentication after the handshake against OpenSSL's libssl over memory, both roles. */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "mutual.h"
#include "tap.h"

static struct sealsock_config *cfg;
static struct sealsock_conn *conn;
static struct sealsock_info info;
static SSL_CTX *ctx;
static SSL *ssl;

static int verify_at_test_now(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(store), TEST_NOW);
	return X509_verify_cert(store);
}

static void theirs(bool server, const char *suite, bool cert)
{
	const struct identity *id = server ? test_server(CERT_P256) : test_client();

	ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_ciphersuites(ctx, suite);
	SSL_CTX_set_cert_verify_callback(ctx, verify_at_test_now, NULL);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), test_ca()->x509);
	SSL_CTX_set_verify(ctx, server ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_post_handshake_auth(ctx, !server);
	if (server || cert) {
		SSL_CTX_use_certificate(ctx, id->x509);
		SSL_CTX_use_PrivateKey(ctx, id->pkey);
	}
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"t", 1);
	ssl = SSL_new(ctx);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	if (server) {
		SSL_set_accept_state(ssl);
	} else {
		SSL_set_connect_state(ssl);
		SSL_set_tlsext_host_name(ssl, "localhost");
		SSL_set1_host(ssl, "localhost");
	}
}

static void ours(bool server, const char *suite, bool cert)
{
	cfg = server ? server_config(CERT_P256) : cert ? mutual_client() : client_config();
	if (server)
		trust_test_ca(cfg);
	sealsock_config_ciphers(cfg, suite);
	sealsock_config_post_handshake_auth(cfg, true);
	conn = server ? sealsock_conn_new(cfg) : client_conn(cfg);
}

static void part(void)
{
	SSL_shutdown(ssl);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	sealsock_conn_free(conn);
	sealsock_config_unref(cfg);
	ERR_clear_error();
}

static ssize_t our_data, their_data;

/* Takes bytes, and the data that comes out before the next can go in. */
static bool feed(const uint8_t *p, size_t n)
{
	char buf[64];
	size_t used;
	ssize_t r;

	while (n) {
		if (sealsock_conn_feed(conn, p, n, &used))
			return false;
		r = sealsock_conn_read(conn, buf, sizeof(buf));
		if (r > 0)
			our_data += r;
		p += used;
		n -= used;
	}
	return true;
}

/* Whatever there is to be said, as far as both can go. */
static bool pump(void)
{
	uint8_t buf[4096];
	const void *p;
	bool moved;
	size_t n;
	int got;

	do {
		moved = false;
		SSL_do_handshake(ssl);
		got = SSL_is_init_finished(ssl) ? SSL_read(ssl, buf, sizeof(buf)) : 0;
		if (got > 0)
			their_data += got;
		if (sealsock_conn_output(conn, &p, &n) == 0 && n) {
			BIO_write(SSL_get_rbio(ssl), p, (int)n);
			sealsock_conn_sent(conn, n);
			moved = true;
		}
		got = BIO_read(SSL_get_wbio(ssl), buf, sizeof(buf));
		if (got > 0 && !feed(buf, (size_t)got))
			return false;
	} while (moved || got > 0);
	return sealsock_conn_state(conn) == SEALSOCK_STATE_DONE && SSL_is_init_finished(ssl);
}

/* Data in both directions. */
static bool talks(void)
{
	our_data = 0;
	their_data = 0;
	return sealsock_conn_write(conn, "ping", 4) == 4 && SSL_write(ssl, "pong", 4) == 4 &&
	       pump() && our_data == 4 && their_data == 4;
}

static void our_server(const char *suite)
{
	int i;

	theirs(false, suite, true);
	ours(true, suite, true);
	ok(pump() && talks(), "our server, %s", suite);
	for (i = 0; i < 2; i++) {
		ok_int(sealsock_conn_ask_cert(conn, true), 0, "asks");
		ok(talks(), "data meanwhile");
		sealsock_conn_info(conn, &info);
		ok(info.client_authenticated && info.verified && !info.cert_pending,
		   "the client is known");
		ok(!sealsock_conn_rekey(conn, true) && talks(), "after a KeyUpdate once more");
	}
	part();

	theirs(false, suite, false);
	ours(true, suite, true);
	ok(pump() && !sealsock_conn_ask_cert(conn, false) && talks(), "optional");
	sealsock_conn_info(conn, &info);
	ok(!info.client_authenticated && !info.cert_pending, "and declined");
	part();
}

/* libssl sends its request with the next thing it writes. */
static bool they_ask(void)
{
	return SSL_verify_client_post_handshake(ssl) == 1 && SSL_do_handshake(ssl) == 1;
}

static void our_client(const char *suite)
{
	int i;

	theirs(true, suite, true);
	ours(false, suite, true);
	ok(pump() && talks(), "our client, %s", suite);
	SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT |
			    SSL_VERIFY_POST_HANDSHAKE, NULL);
	for (i = 0; i < 2; i++) {
		ok(they_ask() && talks(), "is asked");
		sealsock_conn_info(conn, &info);
		ok(info.client_cert_sent && SSL_get0_peer_certificate(ssl) &&
		   SSL_get_verify_result(ssl) == X509_V_OK, "and is known");
		ok(!sealsock_conn_rekey(conn, true) && talks(), "after a KeyUpdate once more");
	}
	part();

	theirs(true, suite, true);
	ours(false, suite, false);
	ok(pump() && talks(), "our client without certificate");
	SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
	ok(they_ask() && talks() && !SSL_get0_peer_certificate(ssl), "declines");
	part();
}

int main(void)
{
	our_server("TLS_AES_128_GCM_SHA256");
	our_server("TLS_AES_256_GCM_SHA384");
	our_client("TLS_AES_128_GCM_SHA256");
	our_client("TLS_CHACHA20_POLY1305_SHA256");
	free_test_identities();
	return done();
}
