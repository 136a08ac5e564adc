// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * control_test [ULP]: what sealsock_read makes of control records. Both ends have their records in
 * the kernel, so that the peer can be made to send any record by control message.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tls.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

enum { ALERT = 21, HANDSHAKE = 22, DATA = 23 };

static unsigned int install_flags = SEALSOCK_INSTALL_COMPATIBLE;

struct pair {
	struct sealsock_conn *client, *server;
	int cfd, sfd;
};

struct side {
	struct sealsock_conn *conn;
	int fd, err;
};

static void *shake(void *arg)
{
	struct side *s = arg;

	sealsock_conn_set_timeout(s->conn, 20000);
	s->err = sealsock_handshake_fd(s->conn, s->fd);
	if (!s->err)
		s->err = sealsock_install(s->conn, s->fd, install_flags);
	return NULL;
}

static bool pair_open(struct pair *p)
{
	struct side s = { 0 }, c = { 0 };
	pthread_t thread;

	p->client = test_conn(SEALSOCK_CLIENT);
	p->server = test_conn(SEALSOCK_SERVER);
	tcp_pair(&p->cfd, &p->sfd);
	s.conn = p->server;
	s.fd = p->sfd;
	c.conn = p->client;
	c.fd = p->cfd;
	pthread_create(&thread, NULL, shake, &s);
	shake(&c);
	pthread_join(thread, NULL);
	if (c.err || s.err)
		note("%s / %s", sealsock_conn_error(c.conn)->text,
		     sealsock_conn_error(s.conn)->text);
	return !c.err && !s.err;
}

static void pair_close(struct pair *p)
{
	sealsock_conn_free(p->client);
	sealsock_conn_free(p->server);
	close(p->cfd);
	close(p->sfd);
}

static void send_record(int fd, uint8_t type, const void *p, size_t n)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(1)];
	} c = { 0 };
	struct iovec iov = { .iov_base = (void *)p, .iov_len = n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = &c, .msg_controllen = sizeof(c) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(1);
	*CMSG_DATA(cmsg) = type;
	if (sendmsg(fd, &msg, MSG_NOSIGNAL) != (ssize_t)n)
		note("sending a record of type %u: %s", type, strerror(errno));
}

/* A NewSessionTicket (RFC 8446 4.6.1): lifetime, age_add, nonce, ticket, no extensions. */
#define TICKET "\x04\0\0\x16\0\0\x0e\x10\x11\x22\x33\x44\1\0\0\x08tickets!\0\0"

/* The same, with bytes in it that look like the type of a KeyUpdate. */
#define TICKET_18 "\x04\0\0\x16\0\0\x0e\x10\x11\x22\x33\x44\1\0\0\x08\030ick\030ts!\0\0"

/* Records towards the client, each a type and its content; type 0 ends them. */
struct record {
	uint8_t type;
	const char *p;
	size_t n;
};

#define REC(type, text) { type, text, sizeof(text) - 1 }

static const struct script {
	const char *name;
	struct record r[6];
	const char *data;	/* what sealsock_read gives altogether */
	int last;		/* and then */
} scripts[] = {
	{ "a ticket before data", { REC(HANDSHAKE, TICKET), REC(DATA, "data"), REC(ALERT, "\1\0") },
	  "data", 0 },
	{ "two tickets in one record",
	  { REC(HANDSHAKE, TICKET TICKET), REC(DATA, "data"), REC(ALERT, "\1\0") }, "data", 0 },
	{ "a ticket in two records",
	  { { HANDSHAKE, TICKET, 7 }, { HANDSHAKE, &TICKET[7], sizeof(TICKET) - 8 },
	    REC(DATA, "data"), REC(ALERT, "\1\0") }, "data", 0 },
	{ "a ticket in two records, the second of which begins as a KeyUpdate does",
	  { { HANDSHAKE, TICKET_18, 16 }, { HANDSHAKE, &TICKET_18[16], sizeof(TICKET_18) - 17 },
	    REC(DATA, "data"), REC(ALERT, "\1\0") }, "data", 0 },
	{ "a ticket in three records, each of which ends before a byte 0x18",
	  { { HANDSHAKE, TICKET_18, 16 }, { HANDSHAKE, &TICKET_18[16], 4 },
	    { HANDSHAKE, &TICKET_18[20], sizeof(TICKET_18) - 21 },
	    REC(DATA, "data"), REC(ALERT, "\1\0") }, "data", 0 },
	{ "a KeyUpdate in two records, and data under the key before it",
	  { { HANDSHAKE, "\x18\0", 2 }, { HANDSHAKE, "\0\1\0", 3 }, REC(DATA, "data") }, "",
	  SEALSOCK_ERR_BAD_RECORD },
	{ "a KeyUpdate behind a ticket, likewise",
	  { REC(HANDSHAKE, TICKET "\x18\0\0\1\0"), REC(DATA, "data") }, "",
	  SEALSOCK_ERR_BAD_RECORD },
	{ "a ticket and a half, and the other half",
	  { { HANDSHAKE, TICKET TICKET, sizeof(TICKET) + 9 },
	    { HANDSHAKE, &TICKET[10], sizeof(TICKET) - 11 }, REC(DATA, "data"),
	    REC(ALERT, "\1\0") }, "data", 0 },
	{ "data around tickets",
	  { REC(DATA, "one"), REC(HANDSHAKE, TICKET), REC(DATA, "two"), REC(HANDSHAKE, TICKET),
	    REC(DATA, "three"), REC(ALERT, "\1\0") }, "onetwothree", 0 },
	{ "close_notify at once", { REC(ALERT, "\1\0") }, "", 0 },
	{ "data behind close_notify does not count",
	  { REC(DATA, "data"), REC(ALERT, "\1\0"), REC(DATA, "late") }, "data", 0 },
	{ "user_canceled is let pass",
	  { REC(ALERT, "\1\x5a"), REC(DATA, "data"), REC(ALERT, "\1\0") }, "data", 0 },
	{ "the end without close_notify", { REC(DATA, "data") }, "data", SEALSOCK_ERR_TRUNCATED },
	{ "a fatal alert", { REC(DATA, "data"), REC(ALERT, "\2\x28") }, "data",
	  SEALSOCK_ERR_ALERT },
	{ "an alert of three bytes", { REC(ALERT, "\2\x28\0") }, "", SEALSOCK_ERR_DECODE },
	{ "an alert of one byte", { REC(ALERT, "\2") }, "", SEALSOCK_ERR_DECODE },
	{ "data inside a ticket",
	  { { HANDSHAKE, TICKET, 7 }, REC(DATA, "data") }, "", SEALSOCK_ERR_UNEXPECTED },
	{ "an unknown handshake message", { REC(HANDSHAKE, "\x63\0\0\0") }, "",
	  SEALSOCK_ERR_UNEXPECTED },
	{ "a ClientHello after the handshake", { REC(HANDSHAKE, "\1\0\0\4abcd") }, "",
	  SEALSOCK_ERR_UNEXPECTED },
	{ "a malformed ticket", { REC(HANDSHAKE, "\4\0\0\4abcd") }, "", SEALSOCK_ERR_DECODE },
	{ "a message that announces 16 MB", { REC(HANDSHAKE, "\4\xff\xff\xff") }, "",
	  SEALSOCK_ERR_MESSAGE_SIZE },
	{ "a KeyUpdate that does not end its record", { REC(HANDSHAKE, "\x18\0\0\1\0" TICKET) }, "",
	  SEALSOCK_ERR_UNEXPECTED },
	{ "a KeyUpdate that asks for 2", { REC(HANDSHAKE, "\x18\0\0\1\2") }, "",
	  SEALSOCK_ERR_ILLEGAL },
	{ "a record of type 99", { REC(99, "data") }, "", SEALSOCK_ERR_UNEXPECTED },
};

static ssize_t wait_read(struct sealsock_conn *conn, int fd, void *buf, size_t n)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t r;

	while ((r = sealsock_read(conn, fd, buf, n)) == SEALSOCK_WANT_READ)
		if (poll(&p, 1, 20000) != 1)
			break;
	return r;
}

static void run_script(const struct script *s, size_t step, bool block)
{
	char got[256] = "";
	struct pair p;
	size_t n = 0;
	ssize_t r;

	if (!ok(pair_open(&p), "%s (%zu bytes a read, %sblocking)", s->name, step,
		block ? "" : "non-"))
		return;
	if (!block)
		fcntl(p.cfd, F_SETFL, O_NONBLOCK);
	for (const struct record *rec = s->r; rec < s->r + 6 && rec->type; rec++)
		send_record(p.sfd, rec->type, rec->p, rec->n);
	shutdown(p.sfd, SHUT_WR);
	while ((r = wait_read(p.client, p.cfd, got + n, step)) > 0)
		n += (size_t)r;
	note("data '%s', then %s (%s), wanted '%s', %s", got, sealsock_error_name((int)r),
	     sealsock_conn_error(p.client)->text, s->data, sealsock_error_name(s->last));
	ok(!strcmp(got, s->data) && r == s->last, "  data and end");
	ok(sealsock_read(p.client, p.cfd, got, 1) == s->last, "  and again");
	pair_close(&p);
}

/* The alert that the failing side must send. */
static void test_alert_sent(void)
{
	char buf[16];
	struct pair p;

	if (!ok(pair_open(&p), "an unexpected message is answered"))
		return;
	send_record(p.sfd, HANDSHAKE, "\x63\0\0\0", 4);
	wait_read(p.client, p.cfd, buf, sizeof(buf));
	ok(wait_read(p.server, p.sfd, buf, sizeof(buf)) == SEALSOCK_ERR_ALERT &&
	   sealsock_conn_error(p.server)->alert == 10, "  by the alert unexpected_message");
	pair_close(&p);
}

static bool says(struct sealsock_conn *from, int ffd, struct sealsock_conn *to, int tfd,
		 const char *text)
{
	size_t len = strlen(text), n = 0;
	char got[64];
	ssize_t r;

	if (sealsock_write(from, ffd, text, len) != (ssize_t)len) {
		note("write: %s", sealsock_conn_error(from)->text);
		return false;
	}
	while (n < len && (r = wait_read(to, tfd, got + n, sizeof(got) - n)) > 0)
		n += (size_t)r;
	if (n < len)
		note("read: %s", sealsock_conn_error(to)->text);
	return n == len && !memcmp(got, text, len);
}

static void test_rekey(bool request)
{
	bool good = true;
	struct pair p;
	char buf[4];

	if (!ok(pair_open(&p), "key updates, %s", request ? "of both" : "of one side"))
		return;
	for (int i = 0; good && i < 20; i++) {
		int err = i & 1 ? sealsock_rekey(p.client, p.cfd, request) :
				  sealsock_rekey(p.server, p.sfd, request);

		if (err)
			note("rekey: %s", sealsock_strerror(err));
		good = !err && says(p.server, p.sfd, p.client, p.cfd, "to the client") &&
		       says(p.client, p.cfd, p.server, p.sfd, "to the server");
	}
	ok(good, "  data both ways after each of twenty");
	ok(!sealsock_shutdown(p.server, p.sfd) &&
	   wait_read(p.client, p.cfd, buf, sizeof(buf)) == 0, "  and a proper end");
	pair_close(&p);
}

/* They come together, in one record or in several. */
static bool takes_tickets(struct pair *p)
{
	struct pollfd pfd = { .fd = p->cfd, .events = POLLIN };
	int taken = 0;

	if (poll(&pfd, 1, 30000) == 1)
		while (!sealsock_control(p->client, p->cfd))
			taken++;
	return taken > 0;
}

/* For programs that read(2) themselves. */
/* All that was sent is there. */
static bool arrives(int fd)
{
	int i, left = 1;

	for (i = 0; i < 6000 && !ioctl(fd, SIOCOUTQ, &left) && left; i++)
		usleep(10000);
	return !left;
}

static void test_control(void)
{
	struct pair p;
	char buf[16];

	if (!ok(pair_open(&p), "plain read(2), and sealsock_control"))
		return;
	fcntl(p.cfd, F_SETFL, O_NONBLOCK);
	ok(takes_tickets(&p), "  the tickets that servers send");
	ok(sealsock_control(p.client, p.cfd) == SEALSOCK_WANT_READ, "  nothing more there");
	send_record(p.sfd, HANDSHAKE, TICKET, sizeof(TICKET) - 1);
	send_record(p.sfd, DATA, "data", 4);
	send_record(p.sfd, ALERT, "\1\0", 2);
	ok(arrives(p.sfd), "  three records");
	ok(read(p.cfd, buf, sizeof(buf)) < 0 && errno == EIO, "  read(2) meets a ticket: EIO");
	ok(sealsock_control(p.client, p.cfd) == 0, "  which is handled");
	ok(sealsock_control(p.client, p.cfd) == SEALSOCK_WANT_READ, "  and does not take data");
	ok(read(p.cfd, buf, sizeof(buf)) == 4 && !memcmp(buf, "data", 4), "  read(2) gets it");
	ok(read(p.cfd, buf, sizeof(buf)) < 0 && errno == EIO, "  close_notify: EIO");
	ok(sealsock_control(p.client, p.cfd) == 1, "  the end");
	pair_close(&p);
}

static void test_misuse(void)
{
	struct sealsock_conn *conn = test_conn(SEALSOCK_CLIENT);
	struct pair p;
	char c;
	int a, b;

	tcp_pair(&a, &b);
	ok(sealsock_install(conn, a, 0) == SEALSOCK_ERR_STATE, "install too early: STATE");
	ok(sealsock_read(conn, a, &c, 1) == SEALSOCK_ERR_STATE, "read before it: STATE");
	ok(sealsock_write(conn, a, "x", 1) == SEALSOCK_ERR_STATE, "write before it: STATE");
	sealsock_conn_free(conn);
	close(a);
	close(b);
	if (!ok(pair_open(&p), "after install"))
		return;
	ok(sealsock_install(p.client, p.cfd, 0) == SEALSOCK_ERR_STATE, "  install again: STATE");
	ok(sealsock_install(p.client, p.cfd, ~0u) == SEALSOCK_ERR_INVALID, "  bad flags: INVALID");
	ok(!sealsock_release(p.client), "  release");
	ok(says(p.client, p.cfd, p.server, p.sfd, "hello"), "  data goes on");
	ok(!sealsock_shutdown(p.client, p.cfd) && !sealsock_shutdown(p.client, p.cfd),
	   "  shutdown twice");
	ok(sealsock_write(p.client, p.cfd, "x", 1) == SEALSOCK_ERR_CLOSED, "  then write: CLOSED");
	ok(says(p.server, p.sfd, p.client, p.cfd, "still here"), "  the other way stays open");
	pair_close(&p);
}

int main(int argc, char **argv)
{
	bool rekey = true;

	if (argc > 1 && !strcmp(argv[1], "tls")) {
		install_flags = SEALSOCK_INSTALL_TLS_ULP;
		rekey = false;		/* the kernel's own tls: before 6.14 it cannot */
	}
	alarm(300);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		run_script(&scripts[i], i & 1 ? 1 : 64, i & 2);
	test_alert_sent();
	if (rekey) {
		test_rekey(false);
		test_rekey(true);
	}
	test_control();
	test_misuse();
	return done();
}
