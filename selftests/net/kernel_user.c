// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Users inside the kernel, such as NVMe and SUNRPC: memory that is not a process's, and readers
 * that replace sk_data_ready and call read_sock(). The calls are made by a module, kuser/.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"
#include "kuser/sealsock_kuser.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/random.h>

static uint8_t data[KUSER_MAX], got[KUSER_MAX];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

FIXTURE(kuser)
{
	int device, fd, peer;
	struct wire tx, rx;
	bool v13;
};

FIXTURE_VARIANT(kuser)
{
	struct suite suite;
};

ADD_SUITES(kuser);

FIXTURE_SETUP(kuser)
{
	static const int both[] = { TLS_TX, TLS_RX };
	struct wire *wires[] = { &self->tx, &self->rx };
	struct keys keys;
	int fd[2], i;

	self->device = open("/dev/sealsock_kuser", O_RDWR);
	if (self->device < 0)
		SKIP(return, "the module sealsock_kuser is not loaded");
	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	self->fd = fd[0];
	self->peer = fd[1];
	self->v13 = variant->suite.version == TLS_1_3_VERSION;
	ASSERT_EQ(ulp_attach(self->fd), 0);
	for (i = 0; i < 2; i++) {
		keys_init(&keys, &variant->suite, i);
		wire_init(wires[i], &keys);
		ASSERT_EQ(keys_set(self->fd, both[i], &keys), 0);
	}
}

FIXTURE_TEARDOWN(kuser)
{
	close(self->fd);
	close(self->peer);
	close(self->device);
}

#define CALL(operation, memory, length, ...)					\
	ioctl(self->device, KUSER_CALL, &(struct kuser_call){			\
		.fd = self->fd, .op = operation, .buf = (uintptr_t)(memory),	\
		.len = length, __VA_ARGS__ })

static const size_t sizes[] = { 1, 2, 16, 255, 4095, 4096, 4097, 16384, 50000, 200000 };
static const int recv_ops[] = { KUSER_RECV, KUSER_RECV_PAGES };

TEST_F(kuser, recv)
{
	struct feed feed;
	uint8_t *sealed;
	size_t n;
	int i, j;

	for (j = 0; j < 2; j++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			n = seal_pattern(&self->rx, sizes[i], RECORD_MAX, 0, &sealed);
			feed_start(&feed, self->peer, sealed, n, 10000);
			ASSERT_EQ(CALL(recv_ops[j], got, sizes[i], .flags = MSG_WAITALL), sizes[i]);
			ASSERT_EQ(pattern_check(got, 0, sizes[i]), -1);
			ASSERT_TRUE(feed_end(&feed));
			free(sealed);
		}
		EXPECT_EQ(CALL(recv_ops[j], got, 100, .flags = MSG_DONTWAIT), -1);
		EXPECT_EQ(errno, EAGAIN);
	}
}

/* A record in parts, looked at before it is taken; padding where there is any. */
TEST_F(kuser, recv_parts)
{
	int j;

	for (j = 0; j < 2; j++) {
		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 9000,
				    self->v13 ? 333 : 0), 0);
		ASSERT_EQ(CALL(recv_ops[j], got, 5000, .flags = MSG_PEEK), 5000);
		EXPECT_EQ(pattern_check(got, 0, 5000), -1);
		ASSERT_EQ(CALL(recv_ops[j], got, 100), 100);
		ASSERT_EQ(CALL(recv_ops[1 - j], got + 100, 20000), 8900);
		EXPECT_EQ(pattern_check(got, 0, 9000), -1);
	}
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	EXPECT_EQ(CALL(KUSER_RECV, got, 100), 0);
	EXPECT_EQ(CALL(KUSER_RECV_PAGES, got, 100), 0);
}

/* The content type in the kernel's own memory, as tls_get_record_type() reads it. */
TEST_F(kuser, recv_control)
{
	int j;

	for (j = 0; j < 2; j++) {
		struct kuser_call call = {
			.fd = self->fd, .op = recv_ops[j], .buf = (uintptr_t)got, .len = 100,
		};

		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 10, 0), 0);
		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_ALERT, "\1\0", 2, 0), 0);
		ASSERT_EQ(ioctl(self->device, KUSER_CALL, &call), 10);
		EXPECT_EQ(call.type, TYPE_DATA);
		call.no_control = 1;
		EXPECT_EQ(ioctl(self->device, KUSER_CALL, &call), -1);
		EXPECT_EQ(errno, EIO);
		call.no_control = 0;
		ASSERT_EQ(ioctl(self->device, KUSER_CALL, &call), 2);
		EXPECT_EQ(call.type, TYPE_ALERT);
		EXPECT_EQ(memcmp(got, "\1\0", 2), 0);
	}
}

TEST_F(kuser, recv_bad)
{
	uint8_t rec[WIRE_MAX];
	size_t n = wire_seal(&self->rx, TYPE_DATA, data, 5000, 0, rec);
	int j;

	rec[n - 1] ^= 1;
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	for (j = 0; j < 2; j++) {
		EXPECT_EQ(CALL(recv_ops[j], got, 10000), -1);
		EXPECT_EQ(errno, EBADMSG);
	}
}

TEST_F(kuser, send)
{
	static const int ops[] = { KUSER_SEND, KUSER_SEND_PAGES, KUSER_SEND_SPLICE };
	struct drain drain = {};
	uint8_t type;
	int i, j;

	for (j = 0; j < 3; j++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			drain_start(&drain, self->peer, &self->tx, sizes[i]);
			ASSERT_EQ(CALL(ops[j], data, sizes[i]), sizes[i]) {
				TH_LOG("op %d, %zu bytes: %s", ops[j], sizes[i], strerror(errno));
			}
			ASSERT_TRUE(drain_end(&drain, &self->tx));
			EXPECT_EQ(drain.bytes, sizes[i]);
		}
	}
	ASSERT_EQ(CALL(KUSER_SEND, "\1\0", 2, .type = TYPE_ALERT), 2);
	EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, got), 2);
	EXPECT_EQ(type, TYPE_ALERT);
}

/* All that comes, in whatever pieces, to a reader that takes all or little at once. */
TEST_F(kuser, read_sock)
{
	static const uint32_t chunks[] = { 0, 1000, 16384 };
	const size_t len = 300000;
	struct feed feed;
	uint8_t *sealed;
	size_t n;
	int i;

	for (i = 0; i < ARRAY_SIZE(chunks); i++) {
		n = seal_pattern(&self->rx, len, 5000 + i, 0, &sealed);
		ASSERT_EQ(CALL(KUSER_LISTEN, NULL, 0, .chunk = chunks[i]), 0);
		feed_start(&feed, self->peer, sealed, n, 7777);
		ASSERT_EQ(CALL(KUSER_READ, got, len), len);
		EXPECT_EQ(pattern_check(got, 0, len), -1);
		EXPECT_TRUE(feed_end(&feed));
		ASSERT_EQ(CALL(KUSER_UNLISTEN, NULL, 0), 0);
		free(sealed);
	}
	/* And an ordinary reader again. */
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 100, 0), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, 1000, 0), 100);
}

/* What was queued before, partly read even, is the first that the reader gets. */
TEST_F(kuser, read_sock_queued)
{
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 9000, 0), 0);
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data + 9000, 1000, 0), 0);
	ASSERT_EQ(recv(self->fd, got, 100, 0), 100);
	ASSERT_EQ(CALL(KUSER_LISTEN, NULL, 0), 0);
	ASSERT_EQ(CALL(KUSER_READ, got + 100, 9900), 9900);
	EXPECT_EQ(pattern_check(got, 0, 10000), -1);
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	EXPECT_EQ(CALL(KUSER_READ, got, 1), 0);
}

/* A record that exceeds what TCP's window lets in comes all the same: nobody polls here. */
TEST_F(kuser, read_sock_small_window)
{
	const size_t len = 2 * RECORD_MAX + 100;
	struct feed feed;
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, len, RECORD_MAX, 0, &sealed);

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVBUF, 2048), 0);
	ASSERT_EQ(CALL(KUSER_LISTEN, NULL, 0), 0);
	feed_start(&feed, self->peer, sealed, n, 0);
	ASSERT_EQ(CALL(KUSER_READ, got, len), len);
	EXPECT_EQ(pattern_check(got, 0, len), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
}

/* What no process had before: a page may come with what its last user left there. */
static bool never_seen(size_t len)
{
	return getrandom(data, len, 0) == (ssize_t)len;
}

/* Is the data at that offset still in memory that will be used for something else? */
#define EXPECT_WIPED(offset)								\
	EXPECT_EQ(ioctl(self->device, KUSER_CALL, &(struct kuser_call){			\
		.fd = self->peer, .op = KUSER_SEARCH, .buf = (uintptr_t)(data + (offset)), \
		.len = 24 }), 0)

/* What has been read is wiped when the last of it has been, whatever the sizes. */
TEST_F(kuser, wiped)
{
	static const size_t sizes[] = { 24, 1000, 4096, RECORD_MAX };
	uint8_t rec[2 * WIRE_MAX];
	size_t n, at;
	int i;

	ASSERT_TRUE(never_seen(2 * RECORD_MAX));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, sizes[i], 0), 0);
		for (at = 0; at < sizes[i]; at += n) {
			n = recv(self->fd, got, 999, 0);
			ASSERT_LE(n, 999);
		}
		EXPECT_WIPED(0);
		EXPECT_WIPED(sizes[i] / 2 - 12);
		EXPECT_WIPED(sizes[i] - 24);
	}

	/* A short one takes the place of a long one. */
	n = wire_seal(&self->rx, TYPE_DATA, data, RECORD_MAX, 0, rec);
	n += wire_seal(&self->rx, TYPE_DATA, data + RECORD_MAX, 100, 0, rec + n);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	for (at = 0; at < RECORD_MAX + 100; at += n) {
		n = recv(self->fd, got, at < RECORD_MAX ? RECORD_MAX / 8 : 25, MSG_WAITALL);
		ASSERT_LE(n, RECORD_MAX);
	}
	EXPECT_WIPED(5000);
	EXPECT_WIPED(RECORD_MAX - 24);
	EXPECT_WIPED(RECORD_MAX + 20);

	/* Nor does what was not authentic stay. */
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 9000, 0), 0);
	ASSERT_EQ(recv(self->fd, got, 100, 0), 100);
	n = wire_seal(&self->rx, TYPE_DATA, data + 20000, 1000, 0, rec);
	rec[n - 1] ^= 1;
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_EQ(recv(self->fd, got, 10000, 0), 8900);
	EXPECT_EQ(recv(self->fd, got, 100, 0), -1);
	EXPECT_WIPED(8000);
	EXPECT_WIPED(20500);
}

/* What is unread when the socket goes. */
TEST_F(kuser, wiped_at_close)
{
	ASSERT_TRUE(never_seen(9000));
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 9000, 0), 0);
	ASSERT_EQ(recv(self->fd, got, 100, 0), 100);
	close(self->fd);
	self->fd = -1;
	EXPECT_WIPED(0);
	EXPECT_WIPED(8000);
}

/*
 * strparser, which KCM and sockmap are built on, reads in softirq where it can and by a worker
 * where it is told to come back. Its messages have nothing to do with records.
 */
TEST_F(kuser, strparser)
{
	static const struct {
		int window;
		size_t record;
	} cases[] = { { 0, 3001 }, { 2304, RECORD_MAX } };
	/* strparser takes none that is larger than the receive buffer. */
	const size_t len = 120000, message = 2500;
	size_t at, n, sealed;
	struct feed feed;
	uint8_t *rec;
	int i;

	rec = malloc(2 * len);
	ASSERT_NE(rec, NULL);
	for (at = 0; at < len; at += message)
		memcpy(data + at, &(uint32_t){ htonl(message) }, 4);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].window)
			ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVBUF, cases[i].window), 0);
		for (at = 0, sealed = 0; at < len; at += n) {
			n = cases[i].record;
			if (n > len - at)
				n = len - at;
			sealed += wire_seal(&self->rx, TYPE_DATA, data + at, n, 0, rec + sealed);
		}
		ASSERT_EQ(CALL(KUSER_PARSE, NULL, 0), 0);
		feed_start(&feed, self->peer, rec, sealed, 7777);
		ASSERT_EQ(CALL(KUSER_READ, got, len), len);
		EXPECT_EQ(memcmp(got, data, len), 0);
		EXPECT_TRUE(feed_end(&feed));
		ASSERT_EQ(CALL(KUSER_UNLISTEN, NULL, 0), 0);
	}
	free(rec);
}

/* A control record stops the reader, which fetches it by message and goes on. */
TEST_F(kuser, read_sock_control)
{
	struct kuser_call call = {
		.fd = self->fd, .op = KUSER_RECV, .buf = (uintptr_t)got, .len = 100,
	};

	ASSERT_EQ(CALL(KUSER_LISTEN, NULL, 0), 0);
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 1000, 0), 0);
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_ALERT, "\1\0", 2, 0), 0);
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data + 1000, 1000, 0), 0);
	ASSERT_EQ(CALL(KUSER_READ, got, 1000), 1000);
	EXPECT_EQ(pattern_check(got, 0, 1000), -1);
	EXPECT_EQ(CALL(KUSER_READ, got, 1000), -1);
	EXPECT_EQ(errno, EINVAL);
	ASSERT_EQ(ioctl(self->device, KUSER_CALL, &call), 2);
	EXPECT_EQ(call.type, TYPE_ALERT);
	/* The error of before may have come twice. */
	if (CALL(KUSER_READ, got, 1000) < 0)
		EXPECT_EQ(CALL(KUSER_READ, got, 1000), 1000);
	EXPECT_EQ(pattern_check(got, 1000, 1000), -1);
}

TEST_F(kuser, read_sock_bad)
{
	uint8_t rec[2 * WIRE_MAX];
	size_t n = wire_seal(&self->rx, TYPE_DATA, data, 1000, 0, rec);

	n += wire_seal(&self->rx, TYPE_DATA, data, 1000, 0, rec + n);
	rec[n - 1] ^= 1;
	ASSERT_EQ(CALL(KUSER_LISTEN, NULL, 0), 0);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_EQ(CALL(KUSER_READ, got, 1000), 1000);
	EXPECT_EQ(CALL(KUSER_READ, got, 1000), -1);
	EXPECT_EQ(errno, EBADMSG);
}

/* Closed with the callback replaced: it stays the reader's. */
TEST_F(kuser, close_while_replaced)
{
	int leave;

	for (leave = 0; leave < 2; leave++) {
		ASSERT_EQ(CALL(KUSER_LISTEN, NULL, 0), 0);
		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 1000, 0), 0);
		ASSERT_EQ(CALL(KUSER_READ, got, 1000), 1000);
		if (!leave) {
			ASSERT_EQ(CALL(KUSER_UNLISTEN, NULL, 0), 0);
			continue;
		}
		ASSERT_EQ(CALL(KUSER_UNLISTEN, NULL, 0, .flags = 1), 0);
		close(self->fd);
		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 1000, 0), 0);
		usleep(50000);
		self->fd = -1;
	}
}

/* Records without content, more than one call opens, and nothing that arrives behind them. */
TEST_F(kuser, read_sock_flood)
{
	enum { COUNT = 2000 };
	uint8_t *sealed = malloc(COUNT * 64 + 2 * WIRE_MAX);
	size_t n = 0;
	int i;

	for (i = 0; i < COUNT; i++)
		n += wire_seal(&self->rx, TYPE_DATA, "", 0, 0, sealed + n);
	n += wire_seal(&self->rx, TYPE_DATA, data, 1000, 0, sealed + n);
	ASSERT_EQ(send_full(self->peer, sealed, n, 0), 0);
	usleep(100000);
	ASSERT_EQ(CALL(KUSER_LISTEN, NULL, 0), 0);
	ASSERT_EQ(CALL(KUSER_READ, got, 1000), 1000);
	EXPECT_EQ(pattern_check(got, 0, 1000), -1);
	free(sealed);
}

/* Both at once: the kernel's reader, and a sender of the process. */
TEST_F(kuser, read_sock_and_send)
{
	const size_t len = 500000;
	struct drain drain = {};
	struct feed feed;
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, len, 9999, 0, &sealed);

	ASSERT_EQ(CALL(KUSER_LISTEN, NULL, 0), 0);
	drain_start(&drain, self->peer, &self->tx, len);
	feed_start(&feed, self->peer, sealed, n, 0);
	EXPECT_EQ(send_full(self->fd, data, len, 0), 0);
	ASSERT_EQ(CALL(KUSER_READ, got, len), len);
	EXPECT_EQ(pattern_check(got, 0, len), -1);
	EXPECT_TRUE(feed_end(&feed));
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	free(sealed);
}

TEST_HARNESS_MAIN
