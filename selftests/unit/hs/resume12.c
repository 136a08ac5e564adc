// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Resumption of TLS 1.2: by ticket and by session id, with ourselves and with libssl; refused. */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "mutual.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct sealsock_info info;

static struct sealsock_config *versions(struct sealsock_config *cfg, const char *list)
{
	sealsock_config_versions(cfg, list);
	return cfg;
}

/* One connection; @session is offered, and replaced by the new one. */
static bool connect_once(uint8_t *session, size_t *n, bool *resumed, const char *name)
{
	struct sealsock_conn *c = client_conn(cc), *s = sealsock_conn_new(sc);
	char byte = 0;
	size_t moved;
	ssize_t got;
	bool good;

	if (*n)
		ok_int(sealsock_conn_set_session(c, session, *n), 0, "a session is set");
	good = ok(shake_hands(c, s, 0), "%s", name);
	if (!good)
		printf("# client: %s; server: %s\n", sealsock_conn_error(c)->text,
		       sealsock_conn_error(s)->text);
	good = good && sealsock_conn_write(s, "x", 1) == 1 && !carry(s, c, 0, &moved) &&
	       sealsock_conn_read(c, &byte, 1) == 1 && byte == 'x' &&
	       sealsock_conn_write(c, "y", 1) == 1 && !carry(c, s, 0, &moved) &&
	       sealsock_conn_read(s, &byte, 1) == 1 && byte == 'y';
	ok(good, "data both ways");
	sealsock_conn_info(s, &info);
	*resumed = info.resumed;
	sealsock_conn_info(c, &info);
	ok(info.resumed == *resumed && info.version == VERSION_TLS12, "both know whether resumed");
	got = sealsock_conn_session(c, session, SEALSOCK_SESSION_MAX);
	*n = got > 0 ? (size_t)got : 0;
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	return good;
}

static void close_both(void)
{
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void with_ourselves(bool ids, const char *client_versions, bool mutual)
{
	uint8_t session[SEALSOCK_SESSION_MAX];
	size_t n = 0;
	bool resumed;

	cc = versions(mutual ? mutual_client() : client_config(), client_versions);
	sc = versions(mutual ? mutual_server() : server_config(CERT_P256), "TLSv1.2");
	if (ids) {
		sealsock_config_ticket_count(sc, 0);
		sealsock_config_session_store(sc, NULL);
	}
	connect_once(session, &n, &resumed, ids ? "full, by id" : "full, by ticket");
	ok(!resumed && n, "is full, and leaves a session");
	connect_once(session, &n, &resumed, "again");
	ok(resumed && n, "is resumed, and left for the next time");
	connect_once(session, &n, &resumed, "and again");
	ok(resumed && n, "is resumed once more");
	close_both();
}

/* A client's store: what was taken is put back after a handshake that went well, and only then. */
static void from_store(void)
{
	uint8_t none[SEALSOCK_SESSION_MAX];
	struct sealsock_conn *c, *s;
	unsigned int i, resumed = 0;
	size_t n = 0, moved;
	bool r;

	cc = versions(client_config(), "TLSv1.2");
	sc = versions(server_config(CERT_P256), "TLSv1.2");
	sealsock_config_session_store(cc, NULL);
	for (i = 0; i < 5; i++) {
		n = 0;
		connect_once(none, &n, &r, "from the store");
		resumed += r;
	}
	ok_int(resumed, 4, "all but the first are resumed");
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	carry(c, s, 0, &moved);
	feed_all(c, "\x15\3\3\0\2\2\50", 7, 0);
	ok(sealsock_conn_error(c)->code == SEALSOCK_ERR_ALERT, "a handshake fails");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	n = 0;
	connect_once(none, &n, &r, "afterwards");
	ok(!r, "its session is not used again (RFC 5246 §7.2.2)");
	close_both();
}

static void refused(void)
{
	uint8_t session[SEALSOCK_SESSION_MAX];
	size_t n = 0;
	bool resumed;

	cc = versions(client_config(), "TLSv1.2");
	sc = versions(server_config(CERT_P256), "TLSv1.2");
	connect_once(session, &n, &resumed, "full");
	sealsock_config_unref(sc);
	sc = versions(server_config(CERT_P256), "TLSv1.2");
	connect_once(session, &n, &resumed, "a server that does not know the ticket");
	ok(!resumed, "makes a full handshake of it");
	sealsock_config_unref(cc);
	cc = versions(client_config(), "TLSv1.2");
	sealsock_config_ciphers(cc, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
	connect_once(session, &n, &resumed, "a client without the session's suite");
	ok(!resumed, "does not offer the session");
	close_both();
}

/* libssl over memory. */
static bool carry_ssl(struct sealsock_conn *conn, SSL *ssl)
{
	uint8_t buf[4096];
	const void *p;
	bool moved = false;
	size_t n;
	int got;

	SSL_do_handshake(ssl);
	if (!sealsock_conn_output(conn, &p, &n) && n) {
		BIO_write(SSL_get_rbio(ssl), p, (int)n);
		sealsock_conn_sent(conn, n);
		moved = true;
	}
	while ((got = BIO_read(SSL_get_wbio(ssl), buf, sizeof(buf))) > 0) {
		if (feed_all(conn, buf, (size_t)got, 0))
			return false;
		moved = true;
	}
	return moved;
}

static int at_test_now(X509_STORE_CTX *ctx, void *arg)
{
	(void)arg;
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), TEST_NOW);
	return X509_verify_cert(ctx);
}

static SSL *new_ssl(SSL_CTX *ctx, bool server)
{
	SSL *ssl = SSL_new(ctx);

	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	if (server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

static void with_libssl(bool we_serve, bool ids)
{
	SSL_CTX *ctx = SSL_CTX_new(we_serve ? TLS_client_method() : TLS_server_method());
	const struct identity *id = test_server(CERT_P256);
	uint8_t session[SEALSOCK_SESSION_MAX];
	struct sealsock_config *cfg;
	SSL_SESSION *kept = NULL;
	ssize_t n = 0;
	int i;

	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_cert_verify_callback(ctx, at_test_now, NULL);
	if (ids)
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	if (!we_serve) {
		SSL_CTX_use_certificate(ctx, id->x509);
		SSL_CTX_use_PrivateKey(ctx, id->pkey);
		SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"a", 1);
	}
	cfg = we_serve ? server_config(CERT_P256) : client_config();
	if (we_serve)
		sealsock_config_session_store(cfg, NULL);
	for (i = 0; i < 2; i++) {
		struct sealsock_conn *conn = we_serve ? sealsock_conn_new(cfg) : client_conn(cfg);
		SSL *ssl = new_ssl(ctx, !we_serve);

		if (kept)
			SSL_set_session(ssl, kept);
		if (i && n > 0)
			sealsock_conn_set_session(conn, session, (size_t)n);
		while (carry_ssl(conn, ssl))
			;
		sealsock_conn_info(conn, &info);
		ok(SSL_is_init_finished(ssl) && sealsock_conn_state(conn) == SEALSOCK_STATE_DONE &&
		   info.resumed == (i == 1) && SSL_session_reused(ssl) == i,
		   "our %s, libssl, by %s: %s", we_serve ? "server" : "client",
		   ids ? "session id" : "ticket", i ? "resumed" : "full");
		if (sealsock_conn_error(conn)->code)
			printf("# %s\n", sealsock_conn_error(conn)->text);
		if (!i && we_serve)
			kept = SSL_get1_session(ssl);
		if (!i && !we_serve)
			n = sealsock_conn_session(conn, session, sizeof(session));
		SSL_shutdown(ssl);
		SSL_free(ssl);
		sealsock_conn_free(conn);
	}
	SSL_SESSION_free(kept);
	ERR_clear_error();
	SSL_CTX_free(ctx);
	sealsock_config_unref(cfg);
}

int main(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		with_ourselves(i, "TLSv1.2", false);
		with_ourselves(i, "TLSv1.2,TLSv1.3", false);
		with_ourselves(i, "TLSv1.2", true);
		with_libssl(false, i);
		with_libssl(true, i);
	}
	from_store();
	refused();
	free_test_identities();
	return done();
}
