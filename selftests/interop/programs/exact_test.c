// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * exact_test [ULP]: handshake_fd takes the handshake's records and not a byte more, from a
 * peer (libssl) that sends data in the same segment: a server its 0.5-RTT data behind Finished,
 * a client its request behind Finished; later two tickets and data at once. Blocking and not,
 * whole and byte by byte. ULP: sealsock, tls, or none (default): the engine's own record path.
 */
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

static const char half[] = "data behind the server's Finished";
static const char tail[] = "data behind two tickets";
static const char request[] = "request behind the client's Finished";

enum { OVERHEAD = 5 + 1 + 16 };		/* header, inner type, tag */

struct peer {
	SSL *ssl;
	BIO *in, *out;
	int fd;
	bool dribble;
	sem_t go;
	char got[256];
	size_t n;
};

static void flush_out(struct peer *p)
{
	char *data;
	long n = BIO_get_mem_data(p->out, &data);

	for (long at = 0; at < n;) {
		ssize_t w = send(p->fd, data + at, p->dribble ? 1 : (size_t)(n - at), MSG_NOSIGNAL);

		if (w <= 0)
			break;
		at += w;
	}
	(void)BIO_reset(p->out);
}

static bool fill_in(struct peer *p)
{
	char buf[4096];
	ssize_t n = recv(p->fd, buf, sizeof(buf), 0);

	if (n > 0)
		BIO_write(p->in, buf, (int)n);
	return n > 0;
}

/* Until @call is through; what it has to say goes out each time. */
static bool drive(struct peer *p, int (*call)(SSL *ssl))
{
	int r;

	while ((r = call(p->ssl)) <= 0) {
		if (SSL_get_error(p->ssl, r) != SSL_ERROR_WANT_READ)
			return false;
		flush_out(p);
		if (!fill_in(p))
			return false;
	}
	return true;
}

static int no_early_data(SSL *ssl)
{
	size_t n;
	char c;

	return SSL_read_early_data(ssl, &c, 1, &n) == SSL_READ_EARLY_DATA_FINISH ? 1 : -1;
}

static void *server_peer(void *arg)
{
	struct peer *p = arg;
	size_t n;

	SSL_set_accept_state(p->ssl);
	if (!drive(p, no_early_data) ||
	    SSL_write_early_data(p->ssl, half, sizeof(half) - 1, &n) != 1)
		return NULL;
	flush_out(p);			/* ServerHello ... Finished, data: one send(2) */
	sem_wait(&p->go);
	if (!drive(p, SSL_do_handshake))
		return NULL;
	SSL_write(p->ssl, tail, sizeof(tail) - 1);
	flush_out(p);			/* two tickets, data */
	SSL_shutdown(p->ssl);
	flush_out(p);
	return NULL;
}

static void *client_peer(void *arg)
{
	struct peer *p = arg;
	int r;

	SSL_set_connect_state(p->ssl);
	if (!drive(p, SSL_do_handshake))
		return NULL;
	SSL_write(p->ssl, request, sizeof(request) - 1);
	flush_out(p);			/* Finished and request */
	do {
		r = SSL_read(p->ssl, p->got + p->n, (int)(sizeof(p->got) - p->n));
		if (r > 0)
			p->n += (size_t)r;
	} while (r > 0 || (SSL_get_error(p->ssl, r) == SSL_ERROR_WANT_READ && fill_in(p)));
	return NULL;
}

static SSL_CTX *make_ctx(void)
{
	const struct test_cert *t = test_cert();
	BIO *c = BIO_new_mem_buf(t->cert, (int)t->cert_len);
	BIO *k = BIO_new_mem_buf(t->key, (int)t->key_len);
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	X509 *cert = PEM_read_bio_X509(c, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(k, NULL, NULL, NULL);

	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(c);
	BIO_free(k);
	return ctx;
}

static void peer_start(struct peer *p, SSL_CTX *ctx, pthread_t *thread, void *(*run)(void *arg))
{
	p->ssl = SSL_new(ctx);
	p->in = BIO_new(BIO_s_mem());
	p->out = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(p->in, -1);
	SSL_set_bio(p->ssl, p->in, p->out);
	sem_init(&p->go, 0, 0);
	pthread_create(thread, NULL, run, p);
}

static void peer_wait(struct peer *p, pthread_t thread)
{
	pthread_join(thread, NULL);
	sem_destroy(&p->go);
}

static void peer_free(struct peer *p)
{
	SSL_free(p->ssl);
	close(p->fd);
}

static int handshake(struct sealsock_conn *conn, int fd)
{
	short events;
	int err, ms;

	sealsock_conn_set_timeout(conn, 20000);
	while ((err = sealsock_handshake_fd(conn, fd)) == SEALSOCK_WANT_READ ||
	       err == SEALSOCK_WANT_WRITE) {
		struct pollfd p = { .fd = fd };

		if (sealsock_conn_poll(conn, &events, &ms))
			return SEALSOCK_ERR_STATE;
		p.events = events;
		poll(&p, 1, ms);
	}
	if (err)
		note("handshake: %s", sealsock_conn_error(conn)->text);
	return err;
}

static size_t read_all(struct sealsock_conn *conn, int fd, char *buf, size_t size, size_t stop,
		       ssize_t *last)
{
	size_t n = 0;

	do {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		*last = sealsock_read(conn, fd, buf + n, size - n);
		if (*last == SEALSOCK_WANT_READ && poll(&p, 1, 20000) != 1)
			break;
		if (*last > 0)
			n += (size_t)*last;
	} while ((*last > 0 || *last == SEALSOCK_WANT_READ) && n < stop);
	if (*last < 0)
		note("read: %s", sealsock_conn_error(conn)->text);
	return n;
}

static const char *ulp = "none";

static int install(struct sealsock_conn *conn, int fd)
{
	int err;

	if (!strcmp(ulp, "none"))
		return 0;
	err = sealsock_install(conn, fd, strcmp(ulp, "tls") ? 0 : SEALSOCK_INSTALL_TLS_ULP);
	if (err)
		note("install: %s", sealsock_conn_error(conn)->text);
	return err;
}

static int unread(int fd)
{
	int n = -1;

	ioctl(fd, FIONREAD, &n);
	return n;
}

/* The side that is tested, and its peer. */
struct exact {
	struct sealsock_conn *conn;
	int fd;
	struct peer peer;
	pthread_t thread;
};

/*
 * The handshake and the keys, while behind the peer's last handshake message @first_len bytes of
 * data are there already.
 */
static void begin(struct exact *x, SSL_CTX *ctx, enum sealsock_side role, int shape,
		  size_t first_len)
{
	bool block = shape & 1, dribble = shape & 2;
	bool client = role == SEALSOCK_CLIENT;

	*x = (struct exact){ .conn = test_conn(role), .peer.dribble = dribble };
	tcp_pair(&x->fd, &x->peer.fd);
	if (!block)
		fcntl(x->fd, F_SETFL, O_NONBLOCK);
	peer_start(&x->peer, ctx, &x->thread, client ? server_peer : client_peer);
	ok(!handshake(x->conn, x->fd), "%s, %s, %s: handshake", client ? "client" : "server",
	   block ? "blocking" : "non-blocking", dribble ? "byte by byte" : "in one segment");
	if (!dribble) {
		note("%d bytes are left", unread(x->fd));
		ok(unread(x->fd) == OVERHEAD + (int)first_len, "  the data's record is untouched");
	}
	ok(!install(x->conn, x->fd), "  install");
}

static void shut(struct exact *x)
{
	sealsock_shutdown(x->conn, x->fd);
	sealsock_conn_free(x->conn);
}

static void as_client(SSL_CTX *ctx, int shape)
{
	struct exact x;
	char got[256] = "";
	ssize_t last;

	begin(&x, ctx, SEALSOCK_CLIENT, shape, sizeof(half) - 1);
	sem_post(&x.peer.go);
	read_all(x.conn, x.fd, got, sizeof(got) - 1, sizeof(got), &last);
	ok(!strncmp(got, half, sizeof(half) - 1) && !strcmp(got + sizeof(half) - 1, tail) && !last,
	   "  the data, then that behind the tickets, then the end");
	shut(&x);
	close(x.fd);
	peer_wait(&x.peer, x.thread);
	peer_free(&x.peer);
}

static void as_server(SSL_CTX *ctx, int shape)
{
	struct exact x;
	char got[256] = "";
	ssize_t last;

	begin(&x, ctx, SEALSOCK_SERVER, shape, sizeof(request) - 1);
	read_all(x.conn, x.fd, got, sizeof(got) - 1, sizeof(request) - 1, &last);
	ok(!strcmp(got, request), "  the request");
	ok(sealsock_write(x.conn, x.fd, tail, sizeof(tail) - 1) == sizeof(tail) - 1, "  an answer");
	shut(&x);
	peer_wait(&x.peer, x.thread);
	note("the peer got '%s'", x.peer.got);
	ok(!strcmp(x.peer.got, tail) && SSL_get_shutdown(x.peer.ssl) & SSL_RECEIVED_SHUTDOWN,
	   "  the peer has it, and close_notify");
	close(x.fd);
	peer_free(&x.peer);
}

int main(int argc, char **argv)
{
	SSL_CTX *ctx = make_ctx();

	if (argc > 1)
		ulp = argv[1];
	alarm(120);
	for (int i = 0; i < 4; i++)
		as_client(ctx, i);
	for (int i = 0; i < 4; i++)
		as_server(ctx, i);
	SSL_CTX_free(ctx);
	return done();
}
