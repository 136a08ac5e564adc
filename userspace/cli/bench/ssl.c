// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * libssl for comparison, loaded at run time: the command line does not depend on it. The handshake
 * is done in memory; then the server's end writes to and reads from the socket.
 */
#include <dlfcn.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

struct bench_ssl {
	SSL *server, *client;
	BIO *out;		/* what the client wrote */
};

/* Functions of libssl, by their own types. */
static struct {
	__typeof__(TLS_server_method) *TLS_server_method;
	__typeof__(TLS_client_method) *TLS_client_method;
	__typeof__(SSL_CTX_new) *SSL_CTX_new;
	__typeof__(SSL_CTX_ctrl) *SSL_CTX_ctrl;
	__typeof__(SSL_CTX_use_certificate) *SSL_CTX_use_certificate;
	__typeof__(SSL_CTX_use_PrivateKey) *SSL_CTX_use_PrivateKey;
	__typeof__(SSL_CTX_set_ciphersuites) *SSL_CTX_set_ciphersuites;
	__typeof__(SSL_CTX_set_num_tickets) *SSL_CTX_set_num_tickets;
	__typeof__(SSL_new) *SSL_new;
	__typeof__(SSL_free) *SSL_free;
	__typeof__(SSL_set_accept_state) *SSL_set_accept_state;
	__typeof__(SSL_set_connect_state) *SSL_set_connect_state;
	__typeof__(SSL_set_bio) *SSL_set_bio;
	__typeof__(SSL_do_handshake) *SSL_do_handshake;
	__typeof__(SSL_get_error) *SSL_get_error;
	__typeof__(SSL_write) *SSL_write;
	__typeof__(SSL_read) *SSL_read;
	__typeof__(SSL_ctrl) *SSL_ctrl;
} p;

#define FUNCTION(name)	{ #name, (void **)&p.name }

static const struct {
	const char *name;
	void **where;
} functions[] = {
	FUNCTION(TLS_server_method),
	FUNCTION(TLS_client_method),
	FUNCTION(SSL_CTX_new),
	FUNCTION(SSL_CTX_ctrl),
	FUNCTION(SSL_CTX_use_certificate),
	FUNCTION(SSL_CTX_use_PrivateKey),
	FUNCTION(SSL_CTX_set_ciphersuites),
	FUNCTION(SSL_CTX_set_num_tickets),
	FUNCTION(SSL_new),
	FUNCTION(SSL_free),
	FUNCTION(SSL_set_accept_state),
	FUNCTION(SSL_set_connect_state),
	FUNCTION(SSL_set_bio),
	FUNCTION(SSL_do_handshake),
	FUNCTION(SSL_get_error),
	FUNCTION(SSL_write),
	FUNCTION(SSL_read),
	FUNCTION(SSL_ctrl),
};

static SSL_CTX *server_ctx, *client_ctx;

static bool load(const char **why)
{
	static const char *const names[] = { "libssl.so.3", "libssl.so.4", "libssl.so" };
	void *lib = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !lib; i++)
		lib = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!lib) {
		*why = "libssl is not installed";
		return false;
	}
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		*functions[i].where = dlsym(lib, functions[i].name);
		if (!*functions[i].where) {
			*why = "this libssl lacks functions of version 3";
			return false;
		}
	}
	return true;
}

static bool make_cert(EVP_PKEY **key, X509 **cert)
{
	X509_NAME *name;

	*key = EVP_EC_gen("P-256");
	*cert = X509_new();
	if (!*key || !*cert)
		return false;
	name = X509_get_subject_name(*cert);
	return X509_set_version(*cert, 2) &&
	       ASN1_INTEGER_set(X509_get_serialNumber(*cert), 1) &&
	       X509_gmtime_adj(X509_getm_notBefore(*cert), -3600) &&
	       X509_gmtime_adj(X509_getm_notAfter(*cert), 86400) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					  (const unsigned char *)"localhost", -1, -1, 0) &&
	       X509_set_issuer_name(*cert, name) && X509_set_pubkey(*cert, *key) &&
	       X509_sign(*cert, *key, EVP_sha256());
}

static bool make_contexts(void)
{
	EVP_PKEY *key;
	X509 *cert;
	bool ok;

	server_ctx = p.SSL_CTX_new(p.TLS_server_method());
	client_ctx = p.SSL_CTX_new(p.TLS_client_method());
	ok = make_cert(&key, &cert) && server_ctx && client_ctx &&
	     p.SSL_CTX_use_certificate(server_ctx, cert) == 1 &&
	     p.SSL_CTX_use_PrivateKey(server_ctx, key) == 1 &&
	     p.SSL_CTX_set_num_tickets(server_ctx, 0) == 1 &&
	     p.SSL_CTX_ctrl(server_ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_3_VERSION, NULL) &&
	     p.SSL_CTX_set_ciphersuites(server_ctx, "TLS_AES_128_GCM_SHA256") == 1;
	X509_free(cert);
	EVP_PKEY_free(key);
	return ok;
}

bool bench_ssl_there(const char **why)
{
	static bool tried, there;
	static const char *reason = "";

	if (!tried) {
		tried = true;
		there = load(&reason);
		if (there && !make_contexts()) {
			there = false;
			reason = "libssl cannot be set up";
		}
	}
	*why = reason;
	return there;
}

static bool shake(struct bench_ssl *ssl)
{
	for (int i = 0; i < 10; i++) {
		int c = p.SSL_do_handshake(ssl->client);
		int s = p.SSL_do_handshake(ssl->server);

		if (c == 1 && s == 1)
			return true;
	}
	return false;
}

int bench_ssl_open(struct bench_lane *lane)
{
	struct bench_ssl *ssl = calloc(1, sizeof(*ssl));
	BIO *in = BIO_new(BIO_s_mem()), *sock = BIO_new_socket(lane->a, BIO_NOCLOSE);

	errno = 0;
	if (!ssl)
		return bench_fail(lane, "libssl");
	lane->ssl = ssl;
	ssl->out = BIO_new(BIO_s_mem());
	ssl->server = p.SSL_new(server_ctx);
	ssl->client = p.SSL_new(client_ctx);
	if (!ssl->server || !ssl->client || !in || !ssl->out || !sock)
		return bench_fail(lane, "libssl");
	BIO_up_ref(in);
	BIO_up_ref(ssl->out);
	p.SSL_set_bio(ssl->server, ssl->out, in);
	p.SSL_set_bio(ssl->client, in, ssl->out);
	p.SSL_set_accept_state(ssl->server);
	p.SSL_set_connect_state(ssl->client);
	if (!shake(ssl))
		return bench_fail(lane, "libssl's handshake");
	BIO_up_ref(ssl->out);		/* the server held one */
	p.SSL_set_bio(ssl->server, sock, sock);
	p.SSL_ctrl(ssl->server, SSL_CTRL_MODE,
		   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, NULL);
	return 0;
}

void bench_ssl_close(struct bench_ssl *ssl)
{
	if (!ssl)
		return;
	if (ssl->server)
		p.SSL_free(ssl->server);
	if (ssl->client)
		p.SSL_free(ssl->client);
	BIO_free(ssl->out);
	free(ssl);
}

static ssize_t result(SSL *s, int n)
{
	int err;

	if (n > 0)
		return n;
	err = p.SSL_get_error(s, n);
	if (err == SSL_ERROR_ZERO_RETURN)
		return 0;
	errno = err == SSL_ERROR_WANT_READ || err == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
	return -1;
}

ssize_t bench_ssl_write(struct bench_lane *lane, const void *buf, size_t len)
{
	return result(lane->ssl->server, p.SSL_write(lane->ssl->server, buf, len));
}

ssize_t bench_ssl_read(struct bench_lane *lane, void *buf, size_t len)
{
	return result(lane->ssl->server, p.SSL_read(lane->ssl->server, buf, len));
}

ssize_t bench_ssl_seal(struct bench_lane *lane, const void *buf, size_t len, void *out,
		       size_t size)
{
	int n;

	errno = 0;
	if (p.SSL_write(lane->ssl->client, buf, len) != (int)len)
		return bench_fail(lane, "libssl seals no record");
	n = BIO_read(lane->ssl->out, out, size);
	return n > 0 ? n : bench_fail(lane, "libssl seals no record");
}
