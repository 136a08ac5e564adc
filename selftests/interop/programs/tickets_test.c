// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * tickets_test [engine]: sealsock_send_ticket() on each record path, or on the engine's alone: with
 * and without room, to a client that takes short records only, and where there are none.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handed.h"
#include "tap.h"

enum way { ENGINE, COMPATIBLE, MANAGED };

static const char *const names[] = { "engine", "compatible", "managed" };

static bool open_as(enum way path)
{
	handed_stays = path == ENGINE;
	handed_flags = path == COMPATIBLE ? SEALSOCK_INSTALL_COMPATIBLE : 0;
	return open_pair(SEALSOCK_SERVER, "TLSv1.3", false);
}

/* How many the client has got since it was asked the last time. */
static unsigned int sessions(void)
{
	char session[SEALSOCK_SESSION_MAX];
	unsigned int n = 0;

	while (sealsock_conn_session(peer.conn, session, sizeof(session)) > 0)
		n++;
	return n;
}

static bool says(const char *text)
{
	return sealsock_write(handed.conn, handed.fd, text, strlen(text)) ==
	       (ssize_t)strlen(text) && peer_reads(text);
}

static void test_plain(enum way path)
{
	char buf[8];

	if (!ok(open_as(path), "%s", names[path]))
		return;
	ok(says("hello") && sessions() > 0, "  those of the handshake");
	ok(!sealsock_send_ticket(handed.conn, handed.fd) && says("data") && sessions() == 1,
	   "  one more, before data");
	ok(!sealsock_send_ticket(handed.conn, handed.fd) &&
	   !sealsock_rekey(handed.conn, handed.fd, true) &&
	   !sealsock_send_ticket(handed.conn, handed.fd) && says("more") && sessions() == 2,
	   "  two, of two keys");
	ok(peer_says("back") && sealsock_read(handed.conn, handed.fd, buf, 8) == 4,
	   "  the peer's answer to that is taken");
	ok(sealsock_send_ticket(peer.conn, peer.fd) == SEALSOCK_ERR_UNSUPPORTED,
	   "  a client has none");
	if (path != ENGINE) {
		ok(!sealsock_release(handed.conn) &&
		   sealsock_send_ticket(handed.conn, handed.fd) == SEALSOCK_ERR_STATE,
		   "  nor a server after release");
		ok(says("data goes on"), "  which does no harm");
	}
	ok(!sealsock_shutdown(handed.conn, handed.fd) &&
	   sealsock_send_ticket(handed.conn, handed.fd) == SEALSOCK_ERR_CLOSED &&
	   sealsock_read(peer.conn, peer.fd, buf, 1) == 0, "  nor after the end");
	close_pair();
}

/* Longer than a record that the client takes: in parts, or not at all. */
static void test_short_records(enum way path)
{
	int err;

	client_limit = 64;
	if (ok(open_as(path), "%s, to a client that takes 64 bytes", names[path])) {
		says("hello");
		sessions();
		err = sealsock_send_ticket(handed.conn, handed.fd);
		ok(err == (path == MANAGED ? SEALSOCK_ERR_UNSUPPORTED : 0), "  %s",
		   err ? "there is none" : "one in parts");
		ok(says("data") && sessions() == !err, "  and data goes on");
		close_pair();
	}
	client_limit = 0;
}

/* The peer reads until nothing more comes. */
static size_t drain(void)
{
	struct pollfd p = { .fd = peer.fd, .events = POLLIN };
	static char buf[65536];
	size_t total = 0;
	ssize_t n;

	while (poll(&p, 1, 300) == 1) {
		n = sealsock_read(peer.conn, peer.fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		total += (size_t)n;
	}
	return total;
}

static void test_no_room(enum way path)
{
	static char data[100000];
	size_t sent = 0, got;
	ssize_t n;
	short events;
	int err, ms;

	if (!ok(open_as(path), "%s, no room", names[path]))
		return;
	says("hello");
	sessions();
	fcntl(handed.fd, F_SETFL, O_NONBLOCK);
	while ((n = sealsock_write(handed.conn, handed.fd, data, sizeof(data))) > 0)
		sent += (size_t)n;
	ok(n == SEALSOCK_WANT_WRITE, "  the socket is full");
	err = sealsock_send_ticket(handed.conn, handed.fd);
	sealsock_conn_poll(handed.conn, &events, &ms);
	ok(path == MANAGED ? err == SEALSOCK_WANT_WRITE : !err && events & POLLOUT,
	   "  a ticket %s", err ? "finds no room" : "is made, and waits");
	got = drain();
	if (err)
		ok(!sessions() && !sealsock_send_ticket(handed.conn, handed.fd),
		   "  the next one does, and is the only one");
	fcntl(handed.fd, F_SETFL, 0);
	ok(sealsock_write(handed.conn, handed.fd, "end", 3) == 3, "  data behind it");
	got += drain();
	ok(got == sent + 3 && sessions() == 1, "  all of it comes");
	close_pair();
}

int main(int argc, char **argv)
{
	const enum way last = argc > 1 && !strcmp(argv[1], "engine") ? ENGINE : MANAGED;

	alarm(280);
	for (enum way path = ENGINE; path <= last; path++) {
		test_plain(path);
		test_short_records(path);
		/* On the engine's path the same bytes would have to come again. */
		if (path != ENGINE)
			test_no_room(path);
	}
	return done();
}
