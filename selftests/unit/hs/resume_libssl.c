// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Resumption, client certificates, external PSKs, exporters, stapling and the other groups against
 * OpenSSL's libssl over memory, both roles.
 */
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <unistd.h>

#include "mutual.h"
#include "staple.h"
#include "tap.h"

enum what { RESUME, MUTUAL, MUTUAL_RESUME, EXTERNAL, STAPLE, GROUPS, OLDER };

struct trial {
	enum what what;
	bool client;		/* ours is */
	const char *suite;
	const char *group;	/* our name */
	const char *their_group;
	size_t chunk;
};

static struct sealsock_config *cfg;
static struct sealsock_conn *conn;
static SSL_CTX *ctx;
static SSL *ssl;
static SSL_SESSION *their_session;
static uint8_t our_session[SEALSOCK_SESSION_MAX];
static ssize_t our_len;

static int verify_at_test_now(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(store), TEST_NOW);
	return X509_verify_cert(store);
}

static int keep_session(SSL *s, SSL_SESSION *session)
{
	(void)s;
	SSL_SESSION_free(their_session);
	their_session = session;
	return 1;
}

static const uint8_t key[32] = { 1, 2, 3 };

static SSL_SESSION *psk_session(SSL *s)
{
	SSL_SESSION *session = SSL_SESSION_new();

	SSL_SESSION_set1_master_key(session, key, sizeof(key));
	SSL_SESSION_set_cipher(session, SSL_CIPHER_find(s, (const unsigned char *)"\x13\x01"));
	SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION);
	return session;
}

static int use_psk(SSL *s, const EVP_MD *md, const unsigned char **id, size_t *n,
		   SSL_SESSION **session)
{
	(void)md;
	*id = (const unsigned char *)"sensor";
	*n = 6;
	*session = psk_session(s);
	return 1;
}

static int find_psk(SSL *s, const unsigned char *id, size_t n, SSL_SESSION **session)
{
	*session = n == 6 && !memcmp(id, "sensor", 6) ? psk_session(s) : NULL;
	return 1;
}

static struct bytes response;	/* what is stapled */

static int staple(SSL *s, void *arg)
{
	unsigned char *copy = OPENSSL_memdup(response.p, response.n);

	(void)arg;
	SSL_set_tlsext_status_ocsp_resp(s, copy, (long)response.n);
	return SSL_TLSEXT_ERR_OK;
}

static bool is_mutual(const struct trial *t)
{
	return t->what == MUTUAL || t->what == MUTUAL_RESUME;
}

static void theirs(const struct trial *t)
{
	const struct identity *id = t->client ? test_server(CERT_P256) : test_client();

	ctx = SSL_CTX_new(t->client ? TLS_server_method() : TLS_client_method());
	if (t->what == OLDER) {
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	} else {
		SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
		SSL_CTX_set_ciphersuites(ctx, t->suite);
	}
	SSL_CTX_set1_groups_list(ctx, t->their_group);
	SSL_CTX_set_cert_verify_callback(ctx, verify_at_test_now, NULL);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), test_ca()->x509);
	if (t->client || is_mutual(t)) {
		SSL_CTX_use_certificate(ctx, id->x509);
		SSL_CTX_use_PrivateKey(ctx, id->pkey);
	}
	if (t->client) {
		SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"t", 1);
		if (is_mutual(t))
			SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER |
					   SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		SSL_CTX_set_psk_find_session_callback(ctx, t->what == EXTERNAL ? find_psk : NULL);
		if (t->what == STAPLE)
			SSL_CTX_set_tlsext_status_cb(ctx, staple);
	} else {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
		SSL_CTX_sess_set_new_cb(ctx, keep_session);
		SSL_CTX_set_psk_use_session_callback(ctx, t->what == EXTERNAL ? use_psk : NULL);
	}
}

static void ours(const struct trial *t)
{
	char path[] = "/tmp/sealsock-test-XXXXXX";
	int fd;

	cfg = t->client ? (is_mutual(t) ? mutual_client() : client_config()) :
			  (is_mutual(t) ? mutual_server() : server_config(CERT_P256));
	sealsock_config_ciphers(cfg, t->suite);
	sealsock_config_groups(cfg, t->group);
	if (t->what == EXTERNAL)
		sealsock_config_psk(cfg, "sensor", key, sizeof(key), "SHA256", NULL);
	if (t->what == STAPLE && !t->client) {
		fd = mkstemp(path);
		if (write(fd, response.p, response.n) != (ssize_t)response.n)
			ok(false, "a file with a response");
		close(fd);
		sealsock_config_ocsp_file(cfg, path);
		unlink(path);
	}
}

static void pump(size_t chunk)
{
	BIO *in = SSL_get_rbio(ssl), *out = SSL_get_wbio(ssl);
	uint8_t buf[2048];
	const void *p;
	size_t n;
	int i, got;

	for (i = 0; i < 4000; i++) {
		bool moved = false;
		char byte;

		SSL_read(ssl, &byte, 0);
		SSL_do_handshake(ssl);
		if (sealsock_conn_output(conn, &p, &n) == 0 && n) {
			n = chunk && chunk < n ? chunk : n;
			BIO_write(in, p, (int)n);
			sealsock_conn_sent(conn, n);
			moved = true;
		}
		got = BIO_read(out, buf, chunk ? (int)chunk : (int)sizeof(buf));
		if (got > 0) {
			if (feed_all(conn, buf, (size_t)got, 0))
				return;
			moved = true;
		}
		if (!moved)
			return;
	}
}

/* One handshake; data both ways, so that tickets arrive. */
static bool meet(const struct trial *t, bool resume)
{
	char buf[10];
	bool good;

	ssl = SSL_new(ctx);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	conn = t->client ? client_conn(cfg) : sealsock_conn_new(cfg);
	if (t->client) {
		SSL_set_accept_state(ssl);
		if (resume)
			sealsock_conn_set_session(conn, our_session, (size_t)our_len);
	} else {
		SSL_set_connect_state(ssl);
		SSL_set_tlsext_host_name(ssl, "localhost");
		SSL_set1_host(ssl, "localhost");
		if (t->what == STAPLE)
			SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
		if (resume)
			SSL_set_session(ssl, their_session);
	}
	pump(t->chunk);
	good = sealsock_conn_state(conn) == SEALSOCK_STATE_DONE && SSL_is_init_finished(ssl);
	if (!good) {
		printf("# ours: %s; theirs: %s\n", sealsock_conn_error(conn)->text,
		       ERR_reason_error_string(ERR_peek_error()));
		return false;
	}
	good = sealsock_conn_write(conn, "ping", 4) == 4;
	SSL_write(ssl, "pong", 4);
	pump(t->chunk);
	good &= SSL_read(ssl, buf, 10) == 4 && sealsock_conn_read(conn, buf, 10) == 4;
	if (t->client)
		our_len = sealsock_conn_session(conn, our_session, sizeof(our_session));
	return good;
}

static void part(void)
{
	SSL_shutdown(ssl);
	SSL_free(ssl);
	sealsock_conn_free(conn);
	ERR_clear_error();
}

static void checks(const struct trial *t, const char *name, bool resumed)
{
	uint8_t a[40], b[40];
	struct sealsock_info info;
	const void *p;
	size_t n;

	sealsock_conn_info(conn, &info);
	ok(info.resumed == resumed && SSL_session_reused(ssl) == resumed, "%s: %s", name,
	   resumed ? "resumed" : "in full");
	ok(!strcmp(info.group_name, t->group) && !strcmp(info.cipher_name, t->suite),
	   "%s: group and suite", name);
	ok(sealsock_conn_export(conn, "EXPORTER-x", "ctx", 3, a, 40) == 0 &&
	   SSL_export_keying_material(ssl, b, 40, "EXPORTER-x", 10,
				      (const unsigned char *)"ctx", 3, 1) == 1 &&
	   !memcmp(a, b, 40), "%s: exporters", name);
	ok(sealsock_conn_export(conn, "EXPORTER-x", NULL, 0, a, 40) == 0 &&
	   SSL_export_keying_material(ssl, b, 40, "EXPORTER-x", 10, NULL, 0, 0) == 1 &&
	   !memcmp(a, b, 40), "%s: exporters without a context", name);
	if (is_mutual(t) && t->client)
		ok(SSL_get0_peer_certificate(ssl), "%s: the client is known", name);
	if (is_mutual(t) && !t->client)
		ok(info.client_authenticated, "%s: the client is known", name);
	if (is_mutual(t) && t->client && !resumed)
		ok(info.client_cert_sent, "%s: the client says so", name);
	if (t->what == STAPLE && t->client) {
		p = sealsock_conn_peer_ocsp(conn, &n);
		ok(p && bytes_equal(bytes_of(p, n), response), "%s: stapled", name);
	} else if (t->what == STAPLE) {
		long len = SSL_get_tlsext_status_ocsp_resp(ssl, &p);

		ok(len > 0 && bytes_equal(bytes_of(p, (size_t)len), response), "%s: stapled", name);
	}
}

static void run(struct trial t)
{
	static const char *const names[] = { "ticket", "client certificate",
					     "ticket and client certificate", "external PSK",
					     "OCSP staple", "group", "TLS 1.2" };
	char name[200];
	int role;

	for (role = 0; role < 2; role++) {
		t.client = !role;
		snprintf(name, sizeof(name), "our %s, %s, %s %s chunk %zu",
			 t.client ? "client" : "server", names[t.what], t.suite, t.group, t.chunk);
		theirs(&t);
		ours(&t);
		if (ok(meet(&t, false), "%s", name))
			checks(&t, name, t.what == EXTERNAL);
		part();
		if (t.what == RESUME || t.what == MUTUAL_RESUME) {
			if (ok(meet(&t, true), "%s: again", name))
				checks(&t, name, true);
			part();
		}
		SSL_SESSION_free(their_session);
		their_session = NULL;
		SSL_CTX_free(ctx);
		sealsock_config_unref(cfg);
	}
}

int main(void)
{
	static const char *const suites[] = { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
					      "TLS_CHACHA20_POLY1305_SHA256" };
	static const char *const older_suites[] = {
		"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
		"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	};
	static const struct {
		const char *ours, *theirs;
	} other_groups[] = {
		{ "secp384r1", "P-384" }, { "secp521r1", "P-521" }, { "x448", "X448" },
	};
	size_t i;

	response = good_staple(CERT_P256);
	for (i = 0; i < 3; i++) {
		run((struct trial){ RESUME, false, suites[i], "x25519", "X25519", 0 });
		run((struct trial){ RESUME, false, suites[i], "secp256r1", "P-256", 1 });
		run((struct trial){ MUTUAL, false, suites[i], "x25519", "X25519", i });
		run((struct trial){ MUTUAL_RESUME, false, suites[i], "x25519", "X25519", 0 });
	}
	for (i = 0; i < 3; i++) {
		const char *ours = other_groups[i].ours, *theirs = other_groups[i].theirs;

		run((struct trial){ GROUPS, false, suites[0], ours, theirs, 0 });
	}
	run((struct trial){ EXTERNAL, false, suites[0], "x25519", "X25519", 0 });
	run((struct trial){ OLDER, false, older_suites[0], "secp256r1", "P-256", 0 });
	run((struct trial){ OLDER, false, older_suites[1], "secp256r1", "P-256", 0 });
	run((struct trial){ STAPLE, false, suites[0], "x25519", "X25519", 0 });
	free_test_identities();
	free((void *)response.p);
	return done();
}
