// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * managed_test: a socket that sealsock_install() has handed over as a whole, by plain read(2) and
 * write(2) and by the library's calls. The peer is our own engine, which can be made to send what
 * no library would.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn/conn.h"
#include "keys/schedule13.h"
#include "memory.h"
#include "tap.h"

enum { WAIT_MS = 20000 };

/* A NewSessionTicket (RFC 8446 4.6.1): lifetime, age_add, nonce, ticket, no extensions. */
#define TICKET "\x04\0\0\x16\0\0\x0e\x10\x11\x22\x33\x44\1\0\0\x08\x18ickets!\0\0"
#define TICKET_LEN (sizeof(TICKET) - 1)

struct side {
	struct sealsock_conn *conn;
	int fd, err;
	bool install;
};

static struct side c, s;	/* the one that is handed over, and its peer */
static struct hidden lines[16];
static unsigned int line_count;

static void keep_line(void *arg, const char *line)
{
	(void)arg;
	if (line_count < 16)
		hide_line(&lines[line_count++], line);
}

static struct sealsock_config *config(enum sealsock_side role, const char *versions)
{
	struct sealsock_config *cfg = sealsock_config_new(role);
	const struct test_cert *t = test_cert();

	if (!cfg || sealsock_config_versions(cfg, versions) ||
	    (role == SEALSOCK_SERVER ?
	     sealsock_config_cert_mem(cfg, t->cert, t->cert_len, t->key, t->key_len) :
	     sealsock_config_ca_mem(cfg, t->cert, t->cert_len)) ||
	    (role == SEALSOCK_CLIENT && sealsock_config_keylog(cfg, keep_line, NULL))) {
		printf("Bail out! no configuration\n");
		exit(2);
	}
	return cfg;
}

static void *shake(void *arg)
{
	struct side *e = arg;

	sealsock_conn_set_timeout(e->conn, WAIT_MS);
	e->err = sealsock_handshake_fd(e->conn, e->fd);
	if (!e->err && e->install)
		e->err = sealsock_install(e->conn, e->fd, 0);
	return NULL;
}

/* @role: of the side that is handed over. */
static bool open_pair(enum sealsock_side role, const char *versions, bool both)
{
	struct sealsock_config *mine = config(role, versions);
	struct sealsock_config *peers = config(role == SEALSOCK_CLIENT ? SEALSOCK_SERVER :
							SEALSOCK_CLIENT, versions);
	struct sealsock_info info;
	pthread_t thread;

	line_count = 0;
	c = (struct side){ .conn = sealsock_conn_new(mine), .install = true };
	s = (struct side){ .conn = sealsock_conn_new(peers), .install = both };
	sealsock_config_unref(mine);
	sealsock_config_unref(peers);
	sealsock_conn_set_host(role == SEALSOCK_CLIENT ? c.conn : s.conn, "localhost");
	tcp_pair(&c.fd, &s.fd);
	pthread_create(&thread, NULL, shake, &s);
	shake(&c);
	pthread_join(thread, NULL);
	sealsock_conn_set_timeout(c.conn, WAIT_MS);
	sealsock_conn_set_timeout(s.conn, WAIT_MS);
	setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = WAIT_MS / 1000 },
		   sizeof(struct timeval));
	sealsock_conn_info(c.conn, &info);
	if (c.err || s.err || !info.managed)
		note("%s / %s, %smanaged", sealsock_conn_error(c.conn)->text,
		     sealsock_conn_error(s.conn)->text, info.managed ? "" : "not ");
	return !c.err && !s.err && info.managed;
}

static void close_pair(void)
{
	sealsock_conn_free(c.conn);
	sealsock_conn_free(s.conn);
	close(c.fd);
	close(s.fd);
}

static void flush_peer(void)
{
	const void *p;
	size_t n;

	if (!sealsock_conn_output(s.conn, &p, &n) && send(s.fd, p, n, MSG_NOSIGNAL) == (ssize_t)n)
		sealsock_conn_sent(s.conn, n);
}

/* The peer sends a record of any type and content. */
static void peer_record(uint8_t type, const char *p, size_t n)
{
	if (channel_send(&s.conn->ch, type, bytes_of(p, n)))
		note("sealing a record of type %u failed", type);
	flush_peer();
}

static void peer_next_key(void)
{
	struct channel *ch = &s.conn->ch;
	struct kdf kdf;

	if (kdf_open(ch, &kdf) || schedule13_update(&kdf, &ch->tx_secret) ||
	    channel_key(ch, &ch->tx, &kdf, &ch->tx_secret))
		note("no next key");
	kdf_close(&kdf);
}

/* All of @text comes by plain read(2). */
static bool reads(const char *text)
{
	size_t len = strlen(text), n = 0;
	char got[256];
	ssize_t r = 0;

	while (n < len && (r = read(c.fd, got + n, len - n)) > 0)
		n += (size_t)r;
	if (n < len)
		note("read: %zd, %s", r, strerror(errno));
	return n == len && !memcmp(got, text, len);
}

static bool peer_reads(const char *text)
{
	size_t len = strlen(text), n = 0;
	char got[256];
	ssize_t r = 0;

	while (n < len && (r = sealsock_read(s.conn, s.fd, got + n, len - n)) > 0)
		n += (size_t)r;
	if (n < len)
		note("the peer's read: %zd, %s", r, sealsock_conn_error(s.conn)->text);
	return n == len && !memcmp(got, text, len);
}

static bool peer_says(const char *text)
{
	return sealsock_write(s.conn, s.fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool says(const char *text)
{
	return write(c.fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static void test_data(enum sealsock_side role, const char *version)
{
	char buf[64], session[SEALSOCK_SESSION_MAX];

	if (!ok(open_pair(role, version, false), "%s, %s", version,
		role == SEALSOCK_CLIENT ? "a client" : "a server"))
		return;
	ok(peer_says("hello") && reads("hello") && says("and back") && peer_reads("and back"),
	   "  plain read(2) and write(2)");
	ok(peer_says("hello") && sealsock_read(c.conn, c.fd, buf, sizeof(buf)) == 5 &&
	   sealsock_write(c.conn, c.fd, "back", 4) == 4 && peer_reads("back"),
	   "  and the library's calls");
	if (role == SEALSOCK_CLIENT && !strcmp(version, "TLSv1.3"))
		ok(sealsock_conn_session(c.conn, session, sizeof(session)) > 0,
		   "  which fetch the tickets");
	ok(!sealsock_release(c.conn), "  release");
	ok(peer_says("last") && !sealsock_shutdown(s.conn, s.fd) && reads("last") &&
	   read(c.fd, buf, 1) == 0 && read(c.fd, buf, 1) == 0, "  close_notify is end of file");
	ok(sealsock_read(c.conn, c.fd, buf, 1) == 0, "  to sealsock_read too");
	ok(says("still here") && peer_reads("still here"), "  the other way stays open");
	ok(!sealsock_shutdown(c.conn, c.fd) && sealsock_read(s.conn, s.fd, buf, 1) == 0,
	   "  until it is closed, as TLS does");
	close_pair();
	if (!open_pair(role, version, false))
		return;
	says("bye");
	close(c.fd);
	ok(peer_reads("bye") && sealsock_read(s.conn, s.fd, buf, 1) == 0,
	   "  close(2) alone says close_notify");
	c.fd = dup(s.fd);
	close_pair();
}

static void test_updates(enum sealsock_side role)
{
	bool good = true;

	if (!ok(open_pair(role, "TLSv1.3", false), "key updates"))
		return;
	for (int i = 0; good && i < 20; i++)
		good = !sealsock_rekey(s.conn, s.fd, i & 1) && peer_says("to it") &&
		       reads("to it") && says("from it") && peer_reads("from it");
	ok(good, "  twenty of the peer's, half of them to be answered");
	for (int i = 0; good && i < 10; i++)
		good = !sealsock_rekey(c.conn, c.fd, i & 1) && says("from it") &&
		       peer_reads("from it") && peer_says("to it") && reads("to it");
	ok(good, "  and ten of ours");
	peer_record(SEAL_TYPE_HANDSHAKE, "\x18\0", 2);
	peer_record(SEAL_TYPE_HANDSHAKE, "\0\1\0", 3);
	peer_next_key();
	ok(peer_says("behind it") && reads("behind it"), "  one in two records");
	if (role == SEALSOCK_CLIENT) {
		peer_record(SEAL_TYPE_HANDSHAKE, TICKET "\x18\0\0\1\0", TICKET_LEN + 5);
		peer_next_key();
		ok(peer_says("behind both") && reads("behind both"), "  one behind a ticket");
		for (size_t i = 0; i < TICKET_LEN; i += 19)
			peer_record(SEAL_TYPE_HANDSHAKE, &TICKET[i],
				    TICKET_LEN - i < 19 ? TICKET_LEN - i : 19);
		ok(peer_says("data") && reads("data"),
		   "  a ticket whose second part begins as one does");
	}
	close_pair();
}

static const struct {
	const char *name;
	uint8_t type;
	const char *p;
	size_t n;
	int err, code, alert;
	enum sealsock_direction direction;
} ends[] = {
	{ "the end without close_notify", 0, "", 0, ENOLINK, SEALSOCK_ERR_TRUNCATED, -1,
	  SEALSOCK_DIR_NONE },
	{ "a fatal alert", 21, "\2\x28", 2, EPROTO, SEALSOCK_ERR_ALERT, 40,
	  SEALSOCK_DIR_RECEIVED },
	{ "an alert of three bytes", 21, "\2\x28\0", 3, EPROTO, SEALSOCK_ERR_DECODE, 50,
	  SEALSOCK_DIR_SENT },
	{ "an unknown message", 22, "\x63\0\0\0", 4, EPROTO, SEALSOCK_ERR_UNEXPECTED, 10,
	  SEALSOCK_DIR_SENT },
	{ "a KeyUpdate that asks for 2", 22, "\x18\0\0\1\2", 5, EPROTO, SEALSOCK_ERR_ILLEGAL, 47,
	  SEALSOCK_DIR_SENT },
	{ "a record of type 99", 99, "data", 4, EPROTO, SEALSOCK_ERR_UNEXPECTED, 10,
	  SEALSOCK_DIR_SENT },
};

static void test_ends(void)
{
	const struct sealsock_failure *f;
	char buf[8];
	int code;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (!ok(open_pair(SEALSOCK_CLIENT, "TLSv1.3", false), "%s", ends[i].name))
			continue;
		peer_says("data");
		if (ends[i].n)
			peer_record(ends[i].type, ends[i].p, ends[i].n);
		else
			shutdown(s.fd, SHUT_WR);
		ok(reads("data"), "  what came before it");
		errno = 0;
		ok(read(c.fd, buf, 1) < 0 && errno == ends[i].err, "  errno of read(2): %s",
		   strerror(errno));
		code = (int)sealsock_read(c.conn, c.fd, buf, 1);
		f = sealsock_conn_error(c.conn);
		note("%s, alert %d, direction %d: %s", sealsock_error_name(code), f->alert,
		     f->direction, f->text);
		ok(code == ends[i].code && f->alert == ends[i].alert &&
		   f->direction == ends[i].direction, "  and what sealsock_read says");
		if (ends[i].direction == SEALSOCK_DIR_SENT)
			ok(sealsock_read(s.conn, s.fd, buf, 1) == SEALSOCK_ERR_ALERT &&
			   sealsock_conn_error(s.conn)->alert == ends[i].alert,
			   "  the peer gets the alert");
		close_pair();
	}
}

static void test_memory(const char *version)
{
	unsigned int left = 0, i;

	if (!ok(open_pair(SEALSOCK_CLIENT, version, true), "%s, both sides handed over", version))
		return;
	for (i = 0; i < line_count; i++)
		if (strstr(lines[i].name, "TRAFFIC") || strstr(lines[i].name, "CLIENT_RANDOM")) {
			unsigned int n = memory_find(&lines[i]);

			if (n)
				note("%s: %u times", lines[i].name, n);
			left += n;
		}
	ok(line_count > 0 && !left, "  the process holds no secret of theirs");
	ok(says("hello") && peer_reads("hello"), "  and data goes on");
	close_pair();
}

int main(void)
{
	alarm(280);
	test_memory("TLSv1.3");
	test_memory("TLSv1.2");
	test_data(SEALSOCK_CLIENT, "TLSv1.3");
	test_data(SEALSOCK_SERVER, "TLSv1.3");
	test_data(SEALSOCK_CLIENT, "TLSv1.2");
	test_data(SEALSOCK_SERVER, "TLSv1.2");
	test_updates(SEALSOCK_CLIENT);
	test_updates(SEALSOCK_SERVER);
	test_ends();
	return done();
}
