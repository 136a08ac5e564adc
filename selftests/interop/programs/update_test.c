// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * update_test: keys that change in compatible mode. The kernel stops at what looks like a KeyUpdate
 * by its first byte, and where a key has sealed all it may; the rest is the library's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handed.h"
#include "tap.h"

enum {
	LIMIT = 20,		/* records that a key seals, as the sysctl lowers it */
	MANY = 10 * LIMIT,
	LARGE = 1 << 20,
};

/* How the one that is tested reads. */
enum way { BLOCKING, NONBLOCKING, PLAIN, WAYS };

static const char *const way_names[WAYS] = {
	"sealsock_read, blocking", "sealsock_read, non-blocking",
	"plain read(2) and sealsock_control",
};

static bool wait_readable(void)
{
	struct pollfd p = { .fd = handed.fd, .events = POLLIN };

	return poll(&p, 1, WAIT_MS) == 1;
}

/* What a program does that reads by itself: EIO and EKEYEXPIRED mean sealsock_control(). */
static ssize_t plain_read(char *buf, size_t n)
{
	ssize_t r;
	int err = 0;

	do {
		r = read(handed.fd, buf, n);
		if (r >= 0)
			return r;
		if (errno == EIO || errno == EKEYEXPIRED)
			err = sealsock_control(handed.conn, handed.fd);
		else if (errno != EAGAIN || !wait_readable())
			return SEALSOCK_ERR_SYSTEM;
	} while (!err || err == SEALSOCK_WANT_READ);
	return err > 0 ? 0 : err;
}

static ssize_t read_by(enum way way, char *buf, size_t n)
{
	ssize_t r;

	if (way == PLAIN)
		return plain_read(buf, n);
	do {
		r = sealsock_read(handed.conn, handed.fd, buf, n);
	} while (r == SEALSOCK_WANT_READ && wait_readable());
	return r;
}

static bool reads(enum way way, const char *text)
{
	size_t len = strlen(text), n = 0;
	char got[256];
	ssize_t r = 0;

	while (n < len && (r = read_by(way, got + n, len - n)) > 0)
		n += (size_t)r;
	if (n < len)
		note("read: %zd, %s, %s", r, strerror(errno),
		     sealsock_conn_error(handed.conn)->text);
	return n == len && !memcmp(got, text, len);
}

/* Handshake messages in records of these lengths, 0 for no more; then, or not, the next key. */
static const struct pieces {
	const char *name;
	const char *p;
	size_t lens[6];
	bool update;
} pieces[] = {
	{ "a KeyUpdate in two records", "\x18\0\0\1\0", { 2, 3 }, true },
	{ "a KeyUpdate in two, its first byte alone", "\x18\0\0\1\0", { 1, 4 }, true },
	{ "a KeyUpdate in five", "\x18\0\0\1\0", { 1, 1, 1, 1, 1 }, true },
	{ "a KeyUpdate with a request in two", "\x18\0\0\1\1", { 4, 1 }, true },
	{ "a KeyUpdate behind a ticket", TICKET "\x18\0\0\1\0", { TICKET_LEN + 5 }, true },
	{ "half of a KeyUpdate behind a ticket, and the other", TICKET "\x18\0\0\1\0",
	  { TICKET_LEN + 2, 3 }, true },
	{ "a ticket whose second part begins like a KeyUpdate", TICKET, { 16, TICKET_LEN - 16 },
	  false },
	{ "a ticket with a part that looks like a whole one",
	  "\x04\0\0\x16\0\0\x0e\x10\x11\x22\x33\x44\1\0\0\x08\x18\0\0\1\0abc\0\0", { 16, 5, 5 },
	  false },
	{ "two such tickets, and a KeyUpdate", TICKET TICKET "\x18\0\0\1\0",
	  { 16, TICKET_LEN, TICKET_LEN - 16 + 5 }, true },
};

static void test_pieces(enum way way)
{
	bool good;
	size_t i;

	if (!ok(open_pair(SEALSOCK_CLIENT, "TLSv1.3", false), "%s", way_names[way]))
		return;
	if (way != BLOCKING)
		fcntl(handed.fd, F_SETFL, O_NONBLOCK);
	good = peer_says("at first") && reads(way, "at first");
	for (i = 0; good && i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		const struct pieces *t = &pieces[i];
		const char *p = t->p;

		good = peer_says("before ");
		for (const size_t *n = t->lens; *n; p += *n++)
			peer_record(SEAL_TYPE_HANDSHAKE, p, *n);
		if (t->update)
			peer_next_key();
		good = ok(good && peer_says("behind") && reads(way, "before behind"), "  %s",
			  t->name);
	}
	ok(good && sealsock_write(handed.conn, handed.fd, "back", 4) == 4 && peer_reads("back"),
	   "  and back, under a new key");
	close_pair();
}

/* Data between the parts: an alert, not silence (RFC 8446 section 5.1). */
static void test_data_inside(enum way way)
{
	char buf[8];
	ssize_t r;

	if (!ok(open_pair(SEALSOCK_CLIENT, "TLSv1.3", false), "%s", way_names[way]))
		return;
	if (way != BLOCKING)
		fcntl(handed.fd, F_SETFL, O_NONBLOCK);
	peer_says("at first");
	ok(reads(way, "at first"), "  data");
	peer_record(SEAL_TYPE_HANDSHAKE, "\x18\0", 2);
	peer_says("data");
	r = way == PLAIN ? sealsock_read(handed.conn, handed.fd, buf, sizeof(buf)) :
			   read_by(way, buf, sizeof(buf));
	ok(r == SEALSOCK_ERR_UNEXPECTED, "  data inside a KeyUpdate is refused");
	ok(sealsock_read(peer.conn, peer.fd, buf, sizeof(buf)) == SEALSOCK_ERR_ALERT &&
	   sealsock_conn_error(peer.conn)->alert == 10, "  by unexpected_message");
	close_pair();
}

static bool set(const char *name, int value)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/sealsock/%s", name);
	f = fopen(path, "we");
	if (!f || fprintf(f, "%d\n", value) < 0 || fclose(f)) {
		printf("Bail out! %s: %s\n", path, strerror(errno));
		exit(2);
	}
	return true;
}

/* One byte a record: how many go, up to @n, and what the last call said. */
static int write_bytes(int n, bool plain, ssize_t *last)
{
	int i;

	for (i = 0; i < n; i++) {
		*last = plain ? write(handed.fd, "x", 1) :
				sealsock_write(handed.conn, handed.fd, "x", 1);
		if (*last != 1)
			break;
	}
	return i;
}

/* Takes @n bytes: how many came. */
static size_t peer_takes(size_t n)
{
	static char buf[65536];
	size_t got = 0;
	ssize_t r = 1;

	while (r > 0 && got < n) {
		r = sealsock_read(peer.conn, peer.fd, buf, n - got < sizeof(buf) ? n - got :
				  sizeof(buf));
		got += r > 0 ? (size_t)r : 0;
	}
	if (r <= 0)
		note("the peer's read: %zd, %s", r, sealsock_conn_error(peer.conn)->text);
	return got;
}

static bool peer_has_end(void)
{
	char c;

	return sealsock_read(peer.conn, peer.fd, &c, 1) == 0;
}

static void *take_large(void *arg)
{
	*(size_t *)arg = peer_takes(LARGE);
	return NULL;
}

static bool write_large(void)
{
	char *large = calloc(1, LARGE);
	size_t sent = 0, taken = 0;
	pthread_t thread;
	ssize_t r = 1;

	pthread_create(&thread, NULL, take_large, &taken);
	while (large && sent < LARGE && r > 0) {
		r = sealsock_write(handed.conn, handed.fd, large + sent, LARGE - sent);
		sent += r > 0 ? (size_t)r : 0;
	}
	pthread_join(thread, NULL);
	free(large);
	return sent == LARGE && taken == LARGE;
}

/* sealsock_write() takes the next key in time; who writes by himself is told. */
static void test_limit13(enum sealsock_side role)
{
	struct secret first;
	ssize_t r = 0;

	if (!ok(set("tx_limit", LIMIT) && open_pair(role, "TLSv1.3", false),
		"TLSv1.3, a key seals %d records, a %s", LIMIT,
		role == SEALSOCK_CLIENT ? "client" : "server"))
		return;
	secret_copy(&first, &peer.conn->ch.rx_secret);
	ok(write_bytes(MANY, false, &r) == MANY && peer_takes(MANY) == MANY,
	   "  sealsock_write seals %d", MANY);
	ok(!secret_equal(&first, &peer.conn->ch.rx_secret, sizeof(first)), "  under more keys");
	secret_wipe(&first);
	ok(write_large(), "  and a call of many records");
	ok(!sealsock_rekey(handed.conn, handed.fd, false) &&
	   write_bytes(MANY, true, &r) == LIMIT && errno == EKEYEXPIRED,
	   "  write(2) after a KeyUpdate seals %d, then says EKEYEXPIRED", LIMIT);
	ok(peer_takes(LIMIT) == LIMIT && !sealsock_rekey(handed.conn, handed.fd, false) &&
	   write_bytes(LIMIT, true, &r) == LIMIT && peer_takes(LIMIT) == LIMIT,
	   "  and goes on after one");
	ok(peer_says("hello") && reads(BLOCKING, "hello"), "  the other way knows nothing of it");
	ok(!sealsock_shutdown(handed.conn, handed.fd) && peer_has_end(),
	   "  close_notify goes under a spent key");
	close_pair();
	set("tx_limit", 0);
}

/* TLS 1.2 has no next key; this one has sealed Finished already. */
static void test_limit12(void)
{
	const int left = LIMIT - 1;
	ssize_t r = 0;

	if (!ok(set("tx_limit", LIMIT) && open_pair(SEALSOCK_CLIENT, "TLSv1.2", false),
		"TLSv1.2, a key seals %d records", LIMIT))
		return;
	ok(write_bytes(MANY, false, &r) == left && r == SEALSOCK_ERR_LIMIT,
	   "  sealsock_write seals them, and no more");
	ok(sealsock_conn_error(handed.conn)->code == SEALSOCK_ERR_LIMIT &&
	   sealsock_conn_error(handed.conn)->text[0], "  which is on record");
	ok(peer_takes(left) == (size_t)left && peer_says("hello") && reads(BLOCKING, "hello"),
	   "  they arrive, and the other way goes on");
	close_pair();
	if (!ok(set("tx_past_limit", 1) && open_pair(SEALSOCK_CLIENT, "TLSv1.2", false),
		"TLSv1.2, past the limit"))
		return;
	ok(write_bytes(MANY, false, &r) == MANY && peer_takes(MANY) == MANY, "  as is allowed");
	close_pair();
	set("tx_past_limit", 0);
	set("tx_limit", 0);
}

int main(void)
{
	alarm(280);
	handed_flags = SEALSOCK_INSTALL_COMPATIBLE;
	for (enum way way = 0; way < WAYS; way++) {
		test_pieces(way);
		test_data_inside(way);
	}
	test_limit13(SEALSOCK_CLIENT);
	test_limit13(SEALSOCK_SERVER);
	test_limit12();
	return done();
}
