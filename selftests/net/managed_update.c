// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* KeyUpdate below the socket (RFC 8446 §4.6.3): the peer's, ours, and both at once. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "managed.h"

#include <fcntl.h>
#include <poll.h>

ADD_SUITE(managed, 13_aes_gcm_128, 3, AES_GCM_128);
ADD_SUITE(managed, 13_aes_gcm_256, 3, AES_GCM_256);
ADD_SUITE(managed, 13_chacha20_poly1305, 3, CHACHA20_POLY1305);

static const uint8_t update[] = { 24, 0, 0, 1, 0 };
static const uint8_t request[] = { 24, 0, 0, 1, 1 };

/* The peer replaces its key. */
#define PEER_UPDATES(message) do {						\
	PEER(TYPE_HANDSHAKE, message, 5);					\
	secret_update(&self->c.rx_secret, &self->c.rx);				\
} while (0)

/* fd replaces its key, and the peer sees it. */
#define EXPECT_UPDATE(message) do {						\
	EXPECT_WIRE(TYPE_HANDSHAKE, message, 5);				\
	secret_update(&self->c.tx_secret, &self->c.tx);				\
} while (0)

#define EXPECT_NOTHING() do {							\
	char nothing[8];							\
										\
	EXPECT_EQ(recv(self->c.peer, nothing, 8, MSG_DONTWAIT), -1);		\
	EXPECT_EQ(errno, EAGAIN);						\
} while (0)

TEST_F(managed, received)
{
	int i;

	for (i = 0; i < 10; i++) {
		PEER(TYPE_DATA, "before", 6);
		PEER_UPDATES(update);
		PEER(TYPE_DATA, "after", 5);
		EXPECT_READ("beforeafter");
		EXPECT_NOTHING();
	}
	EXPECT_EQ(write(self->c.fd, "same key", 8), 8);
	EXPECT_WIRE(TYPE_DATA, "same key", 8);
}

/* The program only reads: the answer is sent all the same, also where it sleeps in read(). */
TEST_F(managed, answered_by_reader)
{
	pthread_t thread;
	int i;

	for (i = 0; i < 5; i++) {
		PEER_UPDATES(request);
		PEER(TYPE_DATA, "data", 4);
		EXPECT_READ("data");
		EXPECT_UPDATE(update);
	}
	PEER_UPDATES(request);
	EXPECT_EQ(recv(self->c.fd, &thread, 8, MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_UPDATE(update);
}

static void *sleeper(void *arg)
{
	static char buf[16];
	ssize_t n = read(*(int *)arg, buf, sizeof(buf));

	return n == 3 && !memcmp(buf, "end", 3) ? buf : NULL;
}

TEST_F(managed, answered_while_asleep)
{
	pthread_t thread;
	void *ok;

	ASSERT_EQ(pthread_create(&thread, NULL, sleeper, &self->c.fd), 0);
	ASSERT_TRUE(threads_fall_asleep());
	PEER_UPDATES(request);
	EXPECT_UPDATE(update);
	PEER(TYPE_DATA, "end", 3);
	pthread_join(thread, &ok);
	EXPECT_NE(ok, NULL);
}

/* It only writes: before the next record of data. */
TEST_F(managed, answered_by_writer)
{
	int i;

	for (i = 0; i < 5; i++) {
		EXPECT_EQ(write(self->c.fd, "one", 3), 3);
		EXPECT_WIRE(TYPE_DATA, "one", 3);
		PEER_UPDATES(request);
		EXPECT_EQ(write(self->c.fd, "two", 3), 3);
		EXPECT_UPDATE(update);
		EXPECT_WIRE(TYPE_DATA, "two", 3);
	}
	EXPECT_EQ(managed_end(self->c.fd).reason, 0);
}

/* It only polls: not readable, and yet answered. */
TEST_F(managed, answered_by_poller)
{
	PEER_UPDATES(request);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, 200), 0);
	EXPECT_UPDATE(update);
	PEER(TYPE_DATA, "data", 4);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_READ("data");
}

/* Several requests before anybody looks: one answer. */
TEST_F(managed, requests_collapse)
{
	int i;

	/* In one segment: those that come later may find the answer on its way. */
	ASSERT_EQ(set_int(self->c.peer, IPPROTO_TCP, TCP_CORK, 1), 0);
	for (i = 0; i < 7; i++)
		PEER_UPDATES(request);
	PEER(TYPE_DATA, "data", 4);
	ASSERT_EQ(set_int(self->c.peer, IPPROTO_TCP, TCP_CORK, 0), 0);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_READ("data");
	EXPECT_UPDATE(update);
	EXPECT_NOTHING();
}

/* The record that MSG_MORE left open was not sealed yet: it comes after the answer. */
TEST_F(managed, open_record)
{
	EXPECT_EQ(send(self->c.fd, "first ", 6, MSG_MORE), 6);
	PEER_UPDATES(request);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, 200), 0);
	EXPECT_UPDATE(update);
	EXPECT_EQ(send(self->c.fd, "second", 6, 0), 6);
	EXPECT_WIRE(TYPE_DATA, "first second", 12);

	EXPECT_EQ(send(self->c.fd, "third", 5, MSG_MORE), 5);
	PEER_UPDATES(request);
	EXPECT_EQ(shutdown(self->c.fd, SHUT_WR), 0);
	EXPECT_UPDATE(update);
	EXPECT_WIRE(TYPE_DATA, "third", 5);
	EXPECT_WIRE(TYPE_ALERT, CLOSE_NOTIFY, 2);
}

/* In the middle of what one call receives, with MSG_PEEK and MSG_WAITALL, and in two records. */
TEST_F(managed, among_data)
{
	char buf[32] = "";
	int i;

	for (i = 0; i < 3; i++) {
		PEER(TYPE_DATA, "abc", 3);
		PEER(TYPE_HANDSHAKE, update, 2);
		PEER(TYPE_HANDSHAKE, update + 2, 3);
		secret_update(&self->c.rx_secret, &self->c.rx);
		PEER(TYPE_DATA, "def", 3);
		PEER_UPDATES(update);
		PEER(TYPE_DATA, "ghi", 3);
		if (i == 1)
			EXPECT_EQ(recv(self->c.fd, buf, 9, MSG_PEEK | MSG_WAITALL), 9);
		EXPECT_EQ(recv(self->c.fd, buf, 9, MSG_WAITALL), 9);
		EXPECT_EQ(memcmp(buf, "abcdefghi", 9), 0);
	}
}

TEST_F(managed, on_request)
{
	struct sealsock_key_update state;
	socklen_t len = sizeof(state);

	EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_NOW, 0, 0), 0);
	EXPECT_UPDATE(update);
	EXPECT_EQ(write(self->c.fd, "next", 4), 4);
	EXPECT_WIRE(TYPE_DATA, "next", 4);

	EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_REQUEST, 0, 0), 0);
	EXPECT_UPDATE(request);
	EXPECT_EQ(getsockopt(self->c.fd, SOL_TLS, SEALSOCK_KEY_UPDATE, &state, &len), 0);
	EXPECT_EQ(state.flags, SEALSOCK_UPDATE_REQUEST);
	/* At most one that is not answered. */
	EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_REQUEST, 0, 0), -1);
	EXPECT_EQ(errno, EALREADY);
	PEER_UPDATES(update);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, 200), 0);
	EXPECT_EQ(getsockopt(self->c.fd, SOL_TLS, SEALSOCK_KEY_UPDATE, &state, &len), 0);
	EXPECT_EQ(state.flags, 0);
	EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_REQUEST, 0, 0), 0);
	EXPECT_UPDATE(request);
}

TEST_F(managed, option_refused)
{
	struct sealsock_key_update req = { .flags = SEALSOCK_UPDATE_NOW, .reserved = 1 };

	EXPECT_EQ(managed_update(self->c.fd, 0, 0, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(managed_update(self->c.fd, 8, 0, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(setsockopt(self->c.fd, SOL_TLS, SEALSOCK_KEY_UPDATE, &req, sizeof(req)), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(setsockopt(self->c.fd, SOL_TLS, SEALSOCK_KEY_UPDATE, &req, 8), -1);
	EXPECT_EQ(errno, EINVAL);
	shutdown(self->c.fd, SHUT_WR);
	EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_NOW, 0, 0), -1);
	EXPECT_EQ(errno, EPIPE);
	EXPECT_WIRE(TYPE_ALERT, CLOSE_NOTIFY, 2);
}

/* After so many records; a record is counted under the key that seals it, KeyUpdate as well. */
TEST_F(managed, after_records)
{
	int i, j;

	EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_LIMITS, 5, 0), 0);
	for (i = 0; i < 4; i++) {
		for (j = 0; j < 5; j++) {
			EXPECT_EQ(write(self->c.fd, "data", 4), 4);
			EXPECT_WIRE(TYPE_DATA, "data", 4);
		}
		EXPECT_EQ(write(self->c.fd, "more", 4), 4);
		EXPECT_UPDATE(update);
		EXPECT_WIRE(TYPE_DATA, "more", 4);
		for (j = 0; j < 4; j++) {
			EXPECT_EQ(write(self->c.fd, "data", 4), 4);
			EXPECT_WIRE(TYPE_DATA, "data", 4);
		}
		EXPECT_EQ(write(self->c.fd, "more", 4), 4);
		EXPECT_UPDATE(update);
		EXPECT_WIRE(TYPE_DATA, "more", 4);
		EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_LIMITS | SEALSOCK_UPDATE_NOW,
					 5, 0), 0);
		EXPECT_UPDATE(update);
	}
	/* In one large call. */
	EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_LIMITS, 1, 0), 0);
	{
		static uint8_t big[4 * RECORD_MAX];

		memset(big, 'x', sizeof(big));
		EXPECT_EQ(send(self->c.fd, big, sizeof(big), 0), sizeof(big));
		for (i = 0; i < 4; i++) {
			EXPECT_WIRE(TYPE_DATA, big, RECORD_MAX);
			if (i < 3)
				EXPECT_UPDATE(update);
		}
	}
}

/* After so many bytes: not before, and not a record later. */
TEST_F(managed, after_bytes)
{
	static uint8_t buf[1000];
	int i, j;

	EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_LIMITS, 0, 10000), 0);
	for (i = 0; i < 4; i++) {
		for (j = 0; j < 10; j++) {
			EXPECT_EQ(write(self->c.fd, buf, 1000), 1000);
			EXPECT_WIRE(TYPE_DATA, buf, 1000);
		}
		EXPECT_EQ(write(self->c.fd, buf, 1000), 1000);
		EXPECT_UPDATE(update);
		EXPECT_WIRE(TYPE_DATA, buf, 1000);
		EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_NOW, 0, 0), 0);
		EXPECT_UPDATE(update);
	}
}

static void *pump(void *arg)
{
	struct managed *c = arg;
	static uint8_t buf[RECORD_MAX + 256];
	uint8_t type;
	size_t bytes = 0;
	ssize_t n;

	while ((n = wire_recv(&c->tx, c->peer, &type, buf)) >= 0) {
		if (type == TYPE_HANDSHAKE)
			secret_update(&c->tx_secret, &c->tx);
		else if (type == TYPE_DATA && pattern_check(buf, bytes, n) == -1)
			bytes += n;
		else
			break;
	}
	return (void *)bytes;
}

/* Both directions at once, new keys every few records either way. */
static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* One record of fd's, a KeyUpdate followed: bytes of data in it. */
static ssize_t next_record(struct managed *c, unsigned int *updates)
{
	static uint8_t buf[RECORD_MAX + 256];
	uint8_t type;
	ssize_t n = wire_recv(&c->tx, c->peer, &type, buf);

	if (n < 0 || type == TYPE_DATA)
		return n;
	if (type != TYPE_HANDSHAKE || n != 5 || memcmp(buf, update, 5))
		return -1;
	secret_update(&c->tx_secret, &c->tx);
	++*updates;
	return 0;
}

/* Nobody has set a limit: the cipher's is enough, here lowered for all. */
TEST_F(managed, at_the_limit_of_the_cipher)
{
	unsigned int updates = 0, of_key = 0, most = 0, i;
	ssize_t n;

	ASSERT_TRUE(put("/proc/sys/net/sealsock/tx_limit", "20"));
	close(self->c.fd);
	close(self->c.peer);
	ASSERT_EQ(managed_open(&self->c, &variant->suite, 0), 0);
	for (i = 0; i < 100; i++) {
		EXPECT_EQ(write(self->c.fd, "data", 4), 4);
		n = next_record(&self->c, &updates);
		if (!n) {
			of_key = 0;
			n = next_record(&self->c, &updates);
		}
		EXPECT_EQ(n, 4);
		most = ++of_key > most ? of_key : most;
	}
	EXPECT_TRUE(put("/proc/sys/net/sealsock/tx_limit", "0"));
	EXPECT_GE(updates, 4);
	EXPECT_LE(most, 20);
	EXPECT_GE(most, 10);
}

/* An answer that finds no room keeps no reader: it goes before the next data. */
TEST_F(managed, reader_waits_for_no_room)
{
	uint8_t *data = pattern_alloc(16384);
	unsigned int updates = 0;
	size_t sent = 0, got = 0;
	ssize_t n;

	ASSERT_EQ(set_int(self->c.fd, SOL_SOCKET, SO_SNDBUF, 30000), 0);
	while ((n = send(self->c.fd, data, 16384, MSG_DONTWAIT)) > 0)
		sent += n;
	EXPECT_EQ(errno, EAGAIN);
	PEER_UPDATES(request);
	PEER(TYPE_DATA, "data", 4);
	EXPECT_READ("data");
	while (got < sent) {
		n = next_record(&self->c, &updates);
		ASSERT_GE(n, 0);
		got += n;
	}
	EXPECT_EQ(write(self->c.fd, "next", 4), 4);
	while (!updates)
		ASSERT_EQ(next_record(&self->c, &updates), 0);
	EXPECT_WIRE(TYPE_DATA, "next", 4);
	EXPECT_EQ(updates, 1);
	free(data);
}

TEST_F(managed, both_at_once)
{
	const size_t total = 2000000, piece = 3000;
	uint8_t *data = pattern_alloc(total), *back = malloc(total);
	struct managed reader = self->c;
	size_t in = 0, out = 0, sent = 0;
	pthread_t thread;
	void *bytes;
	int n = 0;

	EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_LIMITS, 3, 0), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, pump, &reader), 0);
	while (in < total) {
		if (sent < total) {
			PEER(TYPE_DATA, data + sent, piece < total - sent ? piece : total - sent);
			sent += piece < total - sent ? piece : total - sent;
			if (++n % 5 == 0)
				PEER_UPDATES(n % 2 ? request : update);
		}
		if (out < total)
			ASSERT_EQ(send_full(self->c.fd, data + out, 5000, 0), 0);
		out += 5000;
		while (in < sent) {
			ssize_t r = read(self->c.fd, back + in, 10000);

			ASSERT_GT(r, 0) {
				TH_LOG("read at %zu: %s", in, strerror(errno));
			}
			in += r;
		}
	}
	EXPECT_EQ(memcmp(data, back, total), 0);
	shutdown(self->c.fd, SHUT_WR);
	pthread_join(thread, &bytes);
	EXPECT_EQ((size_t)bytes, total);
	free(data);
	free(back);
}

TEST_HARNESS_MAIN
