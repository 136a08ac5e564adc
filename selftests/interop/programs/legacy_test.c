// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * legacy_test [ULP]: TLS 1.2 with the suites of the profile "legacy" (DHE, RSA key transport, and
 * AES-CBC with encrypt_then_mac) against libssl, both roles, keys handed to ULP ("sealsock"; none,
 * the default: records by the library), data of many sizes both ways, resumption.
 */
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

static const char *const suites[] = {
	"TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
	"TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_DHE_RSA_WITH_AES_128_CCM",
	"TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384",
	"TLS_RSA_WITH_AES_128_CCM",
	"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
	"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
	"TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
	"TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
	"TLS_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA256",
	"TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA",
};

enum { SUITES = sizeof(suites) / sizeof(suites[0]), DATA = 70000 };

static const char *ulp = "none";
static uint8_t data[DATA];
static X509 *cert;
static EVP_PKEY *key;
static char *cert_pem, *key_pem;
static long cert_len, key_len;

/* A key that may sign and decrypt. */
static void make_cert(void)
{
	BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_mem());
	X509_EXTENSION *e[2];

	key = EVP_RSA_gen(2048);
	cert = X509_new();
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
				   (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	e[0] = X509V3_EXT_conf(NULL, NULL, "subjectAltName", "DNS:localhost");
	e[1] = X509V3_EXT_conf(NULL, NULL, "keyUsage", "digitalSignature,keyEncipherment");
	for (int i = 0; i < 2; i++) {
		X509_add_ext(cert, e[i], -1);
		X509_EXTENSION_free(e[i]);
	}
	X509_sign(cert, key, EVP_sha256());
	PEM_write_bio_X509(c, cert);
	PEM_write_bio_PrivateKey(k, key, NULL, NULL, 0, NULL, NULL);
	cert_len = BIO_get_mem_data(c, &cert_pem);
	key_len = BIO_get_mem_data(k, &key_pem);
}

static struct sealsock_config *make_config(enum sealsock_side role, const char *suite)
{
	struct sealsock_config *cfg = sealsock_config_new(role);
	int err = cfg ? sealsock_config_profile(cfg, "legacy") : SEALSOCK_ERR_NOMEM;

	if (!err)
		err = sealsock_config_versions(cfg, "TLSv1.2");
	if (!err)
		err = sealsock_config_ciphers(cfg, suite);
	if (!err)
		err = sealsock_config_session_store(cfg, NULL);
	if (!err)
		err = role == SEALSOCK_CLIENT ?
		      sealsock_config_verify(cfg, SEALSOCK_VERIFY_INSECURE) :
		      sealsock_config_cert_mem(cfg, cert_pem, (size_t)cert_len, key_pem,
					       (size_t)key_len);
	if (!err)
		return cfg;
	ok(false, "%s: %s", suite, cfg ? sealsock_config_error(cfg) : "no memory");
	exit(done());
}

/* libssl calls suites by names of its own. */
static void set_suite(SSL_CTX *ctx, const char *standard)
{
	STACK_OF(SSL_CIPHER) *all;

	SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=1");
	all = SSL_CTX_get_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(all, i);
		char name[128];

		if (strcmp(SSL_CIPHER_standard_name(c), standard))
			continue;
		snprintf(name, sizeof(name), "%s:@SECLEVEL=1", SSL_CIPHER_get_name(c));
		SSL_CTX_set_cipher_list(ctx, name);
		return;
	}
	ok(false, "libssl has %s", standard);
}

static SSL_CTX *make_ctx(const char *suite)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());

	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	set_suite(ctx, suite);
	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	SSL_CTX_set_dh_auto(ctx, 1);
	return ctx;
}

struct peer {
	SSL_CTX *ctx;
	SSL_SESSION *session;
	int fd;
	bool server;
	bool good, reused;
};

/* Gets the data, and sends it back in pieces of many sizes. */
static void *run_peer(void *arg)
{
	static uint8_t got[DATA];
	struct peer *p = arg;
	SSL *ssl = SSL_new(p->ctx);
	size_t n = 0, piece = 1;
	int r;

	SSL_set_fd(ssl, p->fd);
	if (p->session)
		SSL_set_session(ssl, p->session);
	r = p->server ? SSL_accept(ssl) : SSL_connect(ssl);
	while (r > 0 && n < DATA) {
		r = SSL_read(ssl, got + n, (int)(DATA - n));
		if (r > 0)
			n += (size_t)r;
	}
	p->good = n == DATA && !memcmp(got, data, DATA);
	for (n = 0; p->good && n < DATA; n += piece, piece = piece * 2 + 1) {
		if (piece > DATA - n)
			piece = DATA - n;
		p->good = SSL_write(ssl, data + n, (int)piece) > 0;
	}
	p->reused = SSL_session_reused(ssl);
	if (!p->server && !p->session)
		p->session = SSL_get1_session(ssl);
	SSL_shutdown(ssl);
	SSL_free(ssl);
	shutdown(p->fd, SHUT_WR);
	return NULL;
}

static bool talk(struct sealsock_conn *conn, int fd)
{
	static uint8_t got[DATA + 1];
	size_t n = 0, piece = 1;
	ssize_t r = 0;

	for (n = 0; n < DATA; n += (size_t)r, piece = piece * 3 + 1) {
		r = sealsock_write(conn, fd, data + n, piece < DATA - n ? piece : DATA - n);
		if (r <= 0)
			return false;
	}
	n = 0;
	while (n < sizeof(got) && (r = sealsock_read(conn, fd, got + n, sizeof(got) - n)) > 0)
		n += (size_t)r;
	if (r < 0)
		note("reading: %s", sealsock_conn_error(conn)->text);
	return r == 0 && n == DATA && !memcmp(got, data, DATA);
}

/* One connection; the second of a pair has to be resumed. */
static void connection(struct sealsock_config *cfg, enum sealsock_side role, struct peer *p,
		       const char *suite, bool again)
{
	struct sealsock_conn *conn = sealsock_conn_new(cfg);
	const char *what = role == SEALSOCK_CLIENT ? "client" : "server";
	struct sealsock_info info;
	pthread_t thread;
	int fd, err;

	tcp_pair(&fd, &p->fd);
	if (role == SEALSOCK_CLIENT) {
		sealsock_conn_set_host(conn, "localhost");
		/* The same server, as far as sessions go, though each listens at a port anew. */
		sealsock_conn_set_port(conn, 443);
	}
	sealsock_conn_set_timeout(conn, 60000);
	pthread_create(&thread, NULL, run_peer, p);
	err = sealsock_handshake_fd(conn, fd);
	note("%s", sealsock_conn_error(conn)->text);
	sealsock_conn_info(conn, &info);
	ok(!err && !strcmp(info.cipher_name, suite) && info.resumed == again, "%s: %s%s", what,
	   suite, again ? ", resumed" : "");
	if (!err && strcmp(ulp, "none")) {
		err = sealsock_install(conn, fd, 0);
		note("install: %s", sealsock_conn_error(conn)->text);
		ok(!err, "  its keys are in the kernel");
	}
	ok(!err && talk(conn, fd), "  data both ways, and the end");
	sealsock_shutdown(conn, fd);
	shutdown(fd, SHUT_RDWR);
	pthread_join(thread, NULL);
	ok(p->good && p->reused == again, "  the peer has it all%s", again ? ", and resumed" : "");
	sealsock_conn_free(conn);
	close(fd);
	close(p->fd);
}

static void suite_as(enum sealsock_side role, const char *suite)
{
	struct sealsock_config *cfg = make_config(role, suite);
	struct peer p = { .ctx = make_ctx(suite), .server = role == SEALSOCK_CLIENT };

	connection(cfg, role, &p, suite, false);
	connection(cfg, role, &p, suite, true);
	SSL_SESSION_free(p.session);
	SSL_CTX_free(p.ctx);
	sealsock_config_unref(cfg);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		ulp = argv[1];
	alarm(900);
	make_cert();
	for (size_t i = 0; i < DATA; i++)
		data[i] = (uint8_t)(i * 31 + (i >> 8));
	for (size_t i = 0; i < SUITES; i++) {
		suite_as(SEALSOCK_CLIENT, suites[i]);
		suite_as(SEALSOCK_SERVER, suites[i]);
	}
	return done();
}
