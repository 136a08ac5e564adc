// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* libssl's side of the handshake benchmark, trimmed with the same care as ours. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handshake.h"

struct setup {
	struct ssl_ctx_st *ctx[2];
	SSL_SESSION *session;	/* for the client's next connection */
};

struct side {
	SSL *ssl;
	BIO *in, *out;
	bool done, server;
};

static void must(int good, const char *what)
{
	if (!good)
		hs_die("libssl: %s: %s", what, ERR_reason_error_string(ERR_peek_last_error()));
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct setup *s = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	SSL_SESSION_free(s->session);
	s->session = session;
	return 1;
}

static void use_certificate(SSL_CTX *ctx)
{
	const struct credentials *c = credentials();
	BIO *cert = BIO_new_mem_buf(c->cert, -1), *key = BIO_new_mem_buf(c->key, -1);
	X509 *x = PEM_read_bio_X509(cert, NULL, NULL, NULL);
	EVP_PKEY *k = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);

	must(x && k && SSL_CTX_use_certificate(ctx, x) && SSL_CTX_use_PrivateKey(ctx, k),
	     "certificate");
	X509_free(x);
	EVP_PKEY_free(k);
	BIO_free(cert);
	BIO_free(key);
}

static void trust(SSL_CTX *ctx)
{
	BIO *bio = BIO_new_mem_buf(credentials()->ca, -1);
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	must(x && X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), x), "CA");
	X509_free(x);
	BIO_free(bio);
}

static SSL_CTX *configure(const struct test *t, bool server, struct setup *s)
{
	int version = strcmp(t->version, "TLSv1.3") ? TLS1_2_VERSION : TLS1_3_VERSION;
	/* In TLS 1.2 the list of groups is also that of certificates' curves. */
	const char *groups = strstr(t->group, "MLKEM") ? t->group :
			     strcmp(t->group, "x25519") ? "P-256" :
			     version == TLS1_3_VERSION ? "X25519" : "X25519:P-256";
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	bool resume = t->kind == KIND_RESUMED, mutual = t->kind >= KIND_MUTUAL;

	must(ctx && SSL_CTX_set_min_proto_version(ctx, version) &&
	     SSL_CTX_set_max_proto_version(ctx, version), "version");
	must(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") &&
	     SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES128-GCM-SHA256"), "ciphers");
	must(SSL_CTX_set1_groups_list(ctx, groups) &&
	     SSL_CTX_set1_sigalgs_list(ctx, "ECDSA+SHA256"), "lists");
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS);
	/* No tricks with old peers, and no store beside the tickets. */
	SSL_CTX_set_session_cache_mode(ctx, server || !resume ? SSL_SESS_CACHE_OFF :
				       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	if (!resume)
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	must(SSL_CTX_set_num_tickets(ctx, resume), "tickets");
	if (server && resume)
		must(SSL_CTX_set_session_id_context(ctx, (const uint8_t *)"b", 1), "context");
	SSL_CTX_set_app_data(ctx, s);
	SSL_CTX_sess_set_new_cb(ctx, server ? NULL : keep_session);
	if (server || mutual)
		use_certificate(ctx);
	if (!server || mutual)
		trust(ctx);
	SSL_CTX_set_verify(ctx, server && !mutual ? SSL_VERIFY_NONE :
			   SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return ctx;
}

static void *setup(const struct test *t)
{
	struct setup *s = calloc(1, sizeof(*s));

	if (!s)
		hs_die("no memory");
	s->ctx[SIDE_CLIENT] = configure(t, false, s);
	s->ctx[SIDE_SERVER] = configure(t, true, s);
	return s;
}

static void forget(void *p)
{
	struct setup *s = p;

	SSL_SESSION_free(s->session);
	SSL_CTX_free(s->ctx[SIDE_CLIENT]);
	SSL_CTX_free(s->ctx[SIDE_SERVER]);
	free(s);
}

static void *begin(void *p, bool server)
{
	struct setup *s = p;
	struct side *side = calloc(1, sizeof(*side));

	must(side && (side->ssl = SSL_new(s->ctx[server])) && (side->in = BIO_new(BIO_s_mem())) &&
	     (side->out = BIO_new(BIO_s_mem())), "connection");
	side->server = server;
	SSL_set_bio(side->ssl, side->in, side->out);
	if (server) {
		SSL_set_accept_state(side->ssl);
		return side;
	}
	SSL_set_connect_state(side->ssl);
	must(SSL_set_tlsext_host_name(side->ssl, "localhost") &&
	     SSL_set1_host(side->ssl, "localhost"), "host");
	if (s->session)
		must(SSL_set_session(side->ssl, s->session), "session");
	return side;
}

static bool step(void *p, const uint8_t *in, size_t n, uint8_t *out, size_t *out_n, size_t out_max,
		 char *why)
{
	struct side *side = p;
	char one;
	int r, got;

	if (n)
		BIO_write(side->in, in, (int)n);
	if (!side->done) {
		r = SSL_do_handshake(side->ssl);
		side->done = r == 1;
		if (r != 1 && SSL_get_error(side->ssl, r) != SSL_ERROR_WANT_READ) {
			snprintf(why, WHY_MAX, "%s",
				 ERR_reason_error_string(ERR_peek_last_error()));
			return false;
		}
	}
	/* A client finds its tickets when it reads. */
	if (side->done && !side->server && BIO_pending(side->in))
		SSL_read(side->ssl, &one, 1);
	got = BIO_read(side->out, out + *out_n, (int)(out_max - *out_n));
	if (got > 0)
		*out_n += (size_t)got;
	return true;
}

static bool done(void *p, bool *resumed)
{
	struct side *side = p;

	*resumed = SSL_session_reused(side->ssl);
	return side->done;
}

static void end(void *p)
{
	struct side *side = p;

	/* As after a proper end: a session must not be thrown away with the connection. */
	SSL_set_shutdown(side->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(side->ssl);
	free(side);
}

const struct library library_libssl = {
	.name = "libssl", .setup = setup, .forget = forget, .begin = begin, .step = step,
	.done = done, .end = end,
};
