// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine's bytes on a socket: waiting in both directions, deadlines, what a failed write
 * leaves, and bytes that were told as not written.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "pair.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static int fds[2];

static void block(int fd, bool on)
{
	fcntl(fd, F_SETFL, on ? 0 : O_NONBLOCK);
}

static void open_both(bool shaken)
{
	cc = client_config();
	sc = server_config(CERT_P256);
	sealsock_config_ticket_count(sc, 0);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	if (shaken)
		NEED(shake_hands(c, s, 0));
}

static void close_both(void)
{
	close(fds[0]);
	close(fds[1]);
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void *shake(void *arg)
{
	int *err = arg;

	*err = sealsock_handshake_fd(s, fds[1]);
	return NULL;
}

static bool shake_over_sockets(void)
{
	pthread_t thread;
	int err = -1, ours;

	if (pthread_create(&thread, NULL, shake, &err))
		return false;
	/* Where SO_RCVTIMEO is short and the machine slow, it takes some calls. */
	do {
		ours = sealsock_handshake_fd(c, fds[0]);
	} while (ours == SEALSOCK_WANT_READ);
	if (ours)
		shutdown(fds[0], SHUT_RDWR);
	pthread_join(thread, NULL);
	return !ours && !err;
}

static void deadlines(void)
{
	const struct timeval tv = { .tv_usec = 50000 };
	short events;
	char byte;
	long start;
	int ms;

	open_both(false);
	setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	start = now_ms();
	ok_int(sealsock_handshake_fd(c, fds[0]), SEALSOCK_WANT_READ,
	       "SO_RCVTIMEO ends a call of the handshake");
	ok(now_ms() - start >= 45, "when it is over");
	ok(!sealsock_conn_error(c)->code && shake_over_sockets(), "the next one goes on");
	ok_int(sealsock_read(c, fds[0], &byte, 1), SEALSOCK_WANT_READ, "reading heeds it too");
	close_both();

	open_both(false);
	sealsock_conn_set_timeout(c, 60000);
	ok(!sealsock_conn_poll(c, &events, &ms) && ms > 0, "a handshake with a deadline");
	ok(shake_over_sockets(), "is done in time");
	ok(!sealsock_conn_poll(c, &events, &ms) && ms == -1, "then the deadline is over");
	sealsock_conn_set_timeout(c, 30);
	ok_int(sealsock_read(c, fds[0], &byte, 1), SEALSOCK_ERR_TIMEOUT, "one set later is not");
	close_both();
}

/* Both have more to say than goes through: each must read meanwhile. */
static void events(void)
{
	static char junk[65536];
	short ev;
	int ms;

	open_both(true);
	block(fds[0], false);
	ok(!sealsock_conn_poll(c, &ev, &ms) && ev == POLLIN, "nothing to be sent: POLLIN");
	while (send(fds[0], junk, sizeof(junk), MSG_DONTWAIT) > 0)
		;
	ok_int(sealsock_rekey(c, fds[0], false), 0, "a key update that finds no room");
	ok(!sealsock_conn_poll(c, &ev, &ms) && ev == (POLLIN | POLLOUT), "both are waited for");
	close_both();

	open_both(false);
	block(fds[0], false);
	while (send(fds[0], junk, sizeof(junk), MSG_DONTWAIT) > 0)
		;
	ok_int(sealsock_handshake_fd(c, fds[0]), SEALSOCK_WANT_WRITE, "a ClientHello without room");
	ok(!sealsock_conn_poll(c, &ev, &ms) && ev == (POLLIN | POLLOUT), "both are waited for");
	send(fds[1], "\x15\3\3\0\2\2\x28", 7, 0);
	ok_int(sealsock_handshake_fd(c, fds[0]), SEALSOCK_ERR_ALERT, "what comes meanwhile counts");
	close_both();
}

static void failed_write(void)
{
	char buf[16];
	size_t n;
	const void *p;

	open_both(true);
	sealsock_conn_write(s, "last words", 10);
	sealsock_conn_output(s, &p, &n);
	NEED(send(fds[1], p, n, 0) == (ssize_t)n);
	close(fds[1]);
	ok_int(sealsock_write(c, fds[0], "x", 1), SEALSOCK_ERR_SYSTEM, "the peer has gone");
	ok(sealsock_conn_error(c)->sys_errno == EPIPE && sealsock_conn_error(c)->text[0],
	   "which is on record");
	ok_int(sealsock_read(c, fds[0], buf, sizeof(buf)), 10, "what it said can be read");
	ok_int(sealsock_write(c, fds[0], "x", 1), SEALSOCK_ERR_SYSTEM, "writing stays impossible");
	ok_int(sealsock_read(c, fds[0], buf, sizeof(buf)), SEALSOCK_ERR_TRUNCATED, "then its end");
	fds[1] = dup(fds[0]);
	close_both();

	open_both(false);
	send(fds[1], "\x15\3\3\0\2\2\x28", 7, 0);
	close(fds[1]);
	ok_int(sealsock_handshake_fd(c, fds[0]), SEALSOCK_ERR_ALERT,
	       "in the handshake the alert tells why");
	fds[1] = dup(fds[0]);
	close_both();
}

static size_t take(char *buf, size_t room)
{
	size_t got = 0;
	ssize_t r;

	block(fds[1], false);
	while ((r = sealsock_read(s, fds[1], buf + got, room - got)) > 0)
		got += (size_t)r;
	return got;
}

static void other_bytes(void)
{
	enum { N = 60000 };
	char *a = malloc(N), *b = malloc(N), *got = malloc(40 * N);
	size_t sent = 0, have;
	ssize_t r;

	NEED(a && b && got);
	memset(a, 'A', N);
	memset(b, 'B', N);
	open_both(true);
	block(fds[0], false);
	while ((r = sealsock_write(c, fds[0], a, N)) > 0)
		sent += (size_t)r;
	ok_int(r, SEALSOCK_WANT_WRITE, "no room");
	ok_int(sealsock_write(c, fds[0], b, N), SEALSOCK_ERR_INVALID, "other bytes are refused");
	ok_int(sealsock_write(c, fds[0], a, 10), SEALSOCK_ERR_INVALID, "and fewer");
	ok(!sealsock_conn_error(c)->code, "nothing has failed for it");
	have = take(got, 40 * N);
	r = sealsock_write(c, fds[0], a, N);
	ok(r > 0, "the same bytes go on");
	sent += r > 0 ? (size_t)r : 0;
	have += take(got + have, 40 * N - have);
	ok_int(sealsock_write(c, fds[0], b, 100), 100, "then others");
	ok(have == sent && !memchr(got, 'B', have), "what was told as written has arrived: %zu",
	   have);
	ok(take(got, 40 * N) == 100 && got[0] == 'B', "and what came after it");
	close_both();
	free(a);
	free(b);
	free(got);
}

/* Only the client sends data; what comes back are answers to its own requests. */
static void upload(void)
{
	bool good = true;
	char buf[64];
	int i;

	open_both(true);
	block(fds[0], false);
	for (i = 0; i < 300 && good; i++) {
		good = !sealsock_rekey(c, fds[0], true) &&
		       sealsock_write(c, fds[0], "data", 4) == 4 && take(buf, sizeof(buf)) == 4 &&
		       sealsock_read(c, fds[0], buf, sizeof(buf)) == SEALSOCK_WANT_READ;
	}
	ok(good, "300 requests for key updates and their answers: %s",
	   sealsock_conn_error(c)->text);
	close_both();

	open_both(true);
	block(fds[0], false);
	for (i = 0, good = true; i < 100 && good; i++)
		good = !sealsock_rekey(c, fds[0], true) && sealsock_write(c, fds[0], "x", 1) == 1;
	ok(good && take(buf, 32) == 32, "requests that are not waited for");
	while (take(buf, sizeof(buf)) > 0)
		;
	ok_int(sealsock_read(c, fds[0], buf, sizeof(buf)), SEALSOCK_WANT_READ,
	       "are one, and so is the answer");
	close_both();
}

/* A client's sessions are kept by port too: of the peer's address, if nobody says which. */
static void port_of_peer(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), i;

	NEED(!bind(listener, (struct sockaddr *)&at, n) && !listen(listener, 1) &&
	     !getsockname(listener, (struct sockaddr *)&at, &n) &&
	     !connect(fd, (struct sockaddr *)&at, n));
	block(fd, false);
	cc = client_config();
	for (i = 0; i < 2; i++) {
		c = client_conn(cc);
		if (i)
			sealsock_conn_set_port(c, 443);
		ok_int(sealsock_handshake_fd(c, fd), SEALSOCK_WANT_READ, "a client begins");
		ok_int(c->result->port, i ? 443 : ntohs(at.sin_port), "and its port is %s",
		       i ? "what it was told" : "the peer's");
		sealsock_conn_free(c);
	}
	sealsock_config_unref(cc);
	close(fd);
	close(listener);
}

int main(void)
{
	alarm(60);
	deadlines();
	events();
	failed_write();
	other_bytes();
	upload();
	port_of_peer();
	free_test_identities();
	return done();
}
