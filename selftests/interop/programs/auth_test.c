// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * auth_test [ULP]: client certificates asked for after the handshake, and record size limits, where
 * the kernel has the records.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

static const char suites[] = "TLS_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
static uint8_t four[4];
static unsigned int install_flags;

struct side {
	struct sealsock_conn *conn;
	int fd, err;
	bool install;
};

static struct side c, s;

static struct sealsock_config *config(enum sealsock_side role, bool cert)
{
	struct sealsock_config *cfg = sealsock_config_new(role);
	const struct test_cert *t = test_cert();

	if (!cfg || sealsock_config_ca_mem(cfg, t->cert, t->cert_len) ||
	    (cert && sealsock_config_cert_mem(cfg, t->cert, t->cert_len, t->key, t->key_len)) ||
	    sealsock_config_post_handshake_auth(cfg, true)) {
		printf("Bail out! no configuration\n");
		exit(2);
	}
	return cfg;
}

static void *shake(void *arg)
{
	struct side *e = arg;

	sealsock_conn_set_timeout(e->conn, 20000);
	e->err = sealsock_handshake_fd(e->conn, e->fd);
	if (!e->err && e->install)
		e->err = sealsock_install(e->conn, e->fd, install_flags);
	return NULL;
}

/* Takes the configurations. */
static bool open_pair(struct sealsock_config *cc, struct sealsock_config *sc, bool install_client)
{
	pthread_t thread;

	c.conn = sealsock_conn_new(cc);
	s.conn = sealsock_conn_new(sc);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
	sealsock_conn_set_host(c.conn, "localhost");
	tcp_pair(&c.fd, &s.fd);
	c.install = install_client;
	s.install = true;
	pthread_create(&thread, NULL, shake, &s);
	shake(&c);
	pthread_join(thread, NULL);
	if (c.err || s.err)
		note("%s / %s", sealsock_conn_error(c.conn)->text,
		     sealsock_conn_error(s.conn)->text);
	return !c.err && !s.err;
}

static void close_pair(void)
{
	sealsock_conn_free(c.conn);
	sealsock_conn_free(s.conn);
	close(c.fd);
	close(s.fd);
}

static ssize_t wait_read(struct side *e, void *buf, size_t n)
{
	struct pollfd p = { .fd = e->fd, .events = POLLIN };
	ssize_t r;

	while ((r = sealsock_read(e->conn, e->fd, buf, n)) == SEALSOCK_WANT_READ)
		if (poll(&p, 1, 20000) != 1)
			break;
	return r;
}

static bool says(struct side *from, struct side *to, const char *text)
{
	size_t len = strlen(text), n = 0;
	char got[64];
	ssize_t r = 0;

	if (sealsock_write(from->conn, from->fd, text, len) != (ssize_t)len) {
		note("write: %s", sealsock_conn_error(from->conn)->text);
		return false;
	}
	while (n < len && (r = wait_read(to, got + n, sizeof(got) - n)) > 0)
		n += (size_t)r;
	if (n < len)
		note("read: %zd, %s", r, sealsock_conn_error(to->conn)->text);
	return n == len && !memcmp(got, text, len);
}

static bool authenticated(void)
{
	struct sealsock_info info;

	sealsock_conn_info(s.conn, &info);
	if (info.cert_pending)
		note("no answer yet");
	return info.client_authenticated && !info.cert_pending;
}

static void test_asked(bool rekey, unsigned int limit)
{
	struct sealsock_config *sc = config(SEALSOCK_SERVER, true);
	bool good = true;
	int i;

	if (limit)
		sealsock_config_record_size_limit(sc, limit);
	if (!ok(open_pair(config(SEALSOCK_CLIENT, true), sc, true),
		"asked after the handshake%s, in records of %u", rekey ? ", with key updates" : "",
		limit ? limit : 16384))
		return;
	ok(says(&c, &s, "hello") && says(&s, &c, "hello") && !authenticated(), "  not asked yet");
	for (i = 0; good && i < 5; i++) {
		good = !sealsock_ask_cert(s.conn, s.fd, true) &&
		       sealsock_ask_cert(s.conn, s.fd, true) == SEALSOCK_ERR_STATE;
		if (good && rekey)
			good = !sealsock_rekey(s.conn, s.fd, i & 1) &&
			       !sealsock_rekey(c.conn, c.fd, i & 2);
		good = good && says(&s, &c, "to the client") && says(&c, &s, "to the server") &&
		       authenticated();
	}
	ok(good, "  asked and answered five times");
	ok(!sealsock_release(c.conn) && says(&c, &s, "more"), "  released, data goes on");
	ok(!sealsock_ask_cert(s.conn, s.fd, true) &&
	   !sealsock_write(s.conn, s.fd, "x", 0) &&
	   wait_read(&c, four, sizeof(four)) == SEALSOCK_ERR_UNEXPECTED,
	   "  but no request is taken any more");
	close_pair();
}

static void test_declined(void)
{
	char buf[8];

	if (!ok(open_pair(config(SEALSOCK_CLIENT, false), config(SEALSOCK_SERVER, true), true),
		"a client without certificate"))
		return;
	ok(!sealsock_ask_cert(s.conn, s.fd, false) && says(&s, &c, "well?") &&
	   says(&c, &s, "no") && !authenticated(), "  declines");
	ok(!sealsock_ask_cert(s.conn, s.fd, true) && says(&s, &c, "well?") &&
	   wait_read(&s, buf, sizeof(buf)) == SEALSOCK_ERR_CERT_REQUIRED &&
	   wait_read(&c, buf, sizeof(buf)) == SEALSOCK_ERR_ALERT &&
	   sealsock_conn_error(c.conn)->alert == 116, "  which ends it where one is required");
	close_pair();
}

/* The answer finds no room: it goes before the data that comes later. */
static void test_no_room(void)
{
	static char chunk[8192];
	size_t sent = 0, got = 0;
	ssize_t r;

	if (!ok(open_pair(config(SEALSOCK_CLIENT, true), config(SEALSOCK_SERVER, true), true),
		"an answer that finds no room"))
		return;
	fcntl(c.fd, F_SETFL, O_NONBLOCK);
	fcntl(s.fd, F_SETFL, O_NONBLOCK);
	while ((r = sealsock_write(c.conn, c.fd, chunk, sizeof(chunk))) > 0)
		sent += (size_t)r;
	ok(r == SEALSOCK_WANT_WRITE, "  the client's buffers are full");
	ok(!sealsock_ask_cert(s.conn, s.fd, true) && says(&s, &c, "who are you?"),
	   "  the client is asked");
	while (got < sent && (r = wait_read(&s, chunk, sizeof(chunk))) > 0)
		got += (size_t)r;
	ok(got == sent, "  its data comes first");
	ok(says(&c, &s, "me") && authenticated(), "  then its answer, and the rest");
	close_pair();
}

/* The server's records as they are on the wire, taken by a client whose engine opens them. */
static bool records_fit(size_t total, size_t most, size_t *longest)
{
	static unsigned char wire[65536], data[4096];
	size_t have = 0, at, used, got = 0;
	ssize_t r;

	*longest = 0;
	while (got < total && have < sizeof(wire)) {
		r = recv(c.fd, wire + have, sizeof(wire) - have, 0);
		if (r <= 0)
			break;
		have += (size_t)r;
		for (at = 0; have - at >= 5; at += 5 + (size_t)(wire[at + 3] << 8 | wire[at + 4])) {
			size_t n = (size_t)(wire[at + 3] << 8 | wire[at + 4]);

			if (have - at < 5 + n)
				break;
			if (n > *longest)
				*longest = n;
			if (sealsock_conn_feed(c.conn, wire + at, 5 + n, &used) || used != 5 + n)
				return false;
			while ((r = sealsock_conn_read(c.conn, data, sizeof(data))) > 0)
				got += (size_t)r;
		}
		memmove(wire, wire + at, have - at);
		have -= at;
	}
	return got == total && *longest <= most;
}

static void test_limit(const char *versions, unsigned int limit, size_t overhead)
{
	static const char data[20000] = "data";
	struct sealsock_config *cc = config(SEALSOCK_CLIENT, false);
	size_t longest = 0;
	bool good;

	sealsock_config_record_size_limit(cc, limit);
	sealsock_config_versions(cc, versions);
	sealsock_config_ciphers(cc, suites);
	if (!ok(open_pair(cc, config(SEALSOCK_SERVER, true), false),
		"%s, a record size limit of %u", versions, limit))
		return;
	ok(write(s.fd, data, sizeof(data)) == sizeof(data), "  plain write(2)");
	good = records_fit(sizeof(data), limit + overhead, &longest);
	ok(good && longest == limit + overhead,
	   "  in records of that size and no longer: %zu on the wire", longest);
	close_pair();
}

int main(int argc, char **argv)
{
	bool tls = argc > 1 && !strcmp(argv[1], "tls");

	if (tls)
		install_flags = SEALSOCK_INSTALL_TLS_ULP;
	alarm(300);
	test_asked(false, 0);
	test_declined();
	test_no_room();
	if (!tls) {		/* the kernel's own tls: neither keys nor limits on old kernels */
		test_asked(true, 0);
		test_asked(true, 64);
		test_limit("TLSv1.3", 64, 1 + 16);
		test_limit("TLSv1.3", 1000, 1 + 16);
		test_limit("TLSv1.2", 64, 8 + 16);
		test_limit("TLSv1.2", 16000, 8 + 16);
	}
	return done();
}
