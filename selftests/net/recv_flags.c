// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a read asks for: no bytes, bytes that are not copied, a look at what another reader takes
 * meanwhile; and SO_RCVLOWAT.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>

static uint8_t data[MIB], got[MIB];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

#define PEER(type, text, len)								\
	ASSERT_EQ(wire_send(&self->rx, self->peer, type, text, len, 0), 0)

/* A recvmsg() with room for one type, in a thread of its own. */
struct reader {
	pthread_t thread;
	int fd, flags;
	size_t len;
	uint8_t type, buf[4096];
	ssize_t ret;
	int err;
};

static void *reader_run(void *arg)
{
	struct reader *r = arg;

	r->ret = recv_type(r->fd, &r->type, r->buf, r->len, r->flags);
	r->err = errno;
	return NULL;
}

/* Starts it, and waits until it has fallen asleep. */
static void reader_start(struct reader *r, int fd, size_t len, int flags)
{
	memset(r, 0, sizeof(*r));
	r->fd = fd;
	r->len = len;
	r->flags = flags;
	if (pthread_create(&r->thread, NULL, reader_run, r))
		abort();
	threads_fall_asleep();
}

/* True while the reader has not returned. */
static bool reader_sleeps(struct reader *r)
{
	return pthread_tryjoin_np(r->thread, NULL) == EBUSY;
}

/* True if it returns before long: it is gone then. */
static bool reader_wakes(struct reader *r)
{
	int i;

	for (i = 0; i < 100; i++) {
		if (!pthread_tryjoin_np(r->thread, NULL))
			return true;
		usleep(50000);
	}
	return false;
}

static ssize_t reader_end(struct reader *r)
{
	pthread_join(r->thread, NULL);
	errno = r->err;
	return r->ret;
}

/* Who asks for no bytes waits for some all the same, as with TCP. read() never does. */
TEST_F(wired, nothing_wanted)
{
	struct reader reader;
	uint8_t type;

	if (!ulp_is_ours())
		SKIP(return, "in-tree does not wait");
	EXPECT_EQ(recv(self->fd, got, 0, MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(read(self->fd, got, 0), 0);

	reader_start(&reader, self->fd, 0, 0);
	ASSERT_TRUE(reader_sleeps(&reader));
	/* No data, and no end of file. */
	PEER(TYPE_DATA, "", 0);
	usleep(100000);
	ASSERT_TRUE(reader_sleeps(&reader));
	PEER(TYPE_DATA, data, 10);
	EXPECT_EQ(reader_end(&reader), 0);
	EXPECT_EQ(reader.type, TYPE_DATA);

	EXPECT_EQ(recv(self->fd, got, 0, MSG_DONTWAIT), 0);
	EXPECT_EQ(recv(self->fd, got, 0, MSG_PEEK | MSG_WAITALL), 0);
	EXPECT_EQ(recv(self->fd, got, 20, 0), 10);
	EXPECT_EQ(pattern_check(got, 0, 10), -1);

	/* Of a control record the type is told, the content stays. */
	PEER(TYPE_ALERT, "al", 2);
	ASSERT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, 0, 0), -1);
	EXPECT_EQ(errno, EIO);
	EXPECT_EQ(recv_type(self->fd, &type, got, 0, 0), 0);
	EXPECT_EQ(type, TYPE_ALERT);
	EXPECT_EQ(recv_type(self->fd, &type, got, 10, 0), 2);
	EXPECT_EQ(type, TYPE_ALERT);

	ASSERT_EQ(set_timeout(self->fd, 100), 0);
	EXPECT_EQ(recv(self->fd, got, 0, 0), -1);
	EXPECT_EQ(errno, EAGAIN);
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	ASSERT_EQ(set_timeout(self->fd, PATIENCE), 0);
	EXPECT_EQ(recv(self->fd, got, 0, 0), 0);
}

/* MSG_TRUNC: bytes are taken, or with MSG_PEEK counted, and not copied anywhere. */
TEST_F(wired, not_copied)
{
	uint8_t *sealed, type;
	size_t n = seal_pattern(&self->rx, 50000, 16000, 0, &sealed);

	if (!ulp_is_ours())
		SKIP(return, "in-tree copies");
	ASSERT_EQ(send_full(self->peer, sealed, n, 0), 0);
	free(sealed);
	EXPECT_EQ(recv(self->fd, NULL, 20000, MSG_TRUNC | MSG_PEEK | MSG_WAITALL), 20000);
	EXPECT_EQ(recv(self->fd, NULL, 20000, MSG_TRUNC | MSG_WAITALL), 20000);
	memset(got, 0xee, 2000);
	EXPECT_EQ(recv(self->fd, got, 1000, MSG_TRUNC), 1000);
	EXPECT_EQ(got[0], 0xee);
	EXPECT_EQ(got[999], 0xee);
	EXPECT_EQ(recv(self->fd, got, 29000, MSG_WAITALL), 29000);
	EXPECT_EQ(pattern_check(got, 21000, 29000), -1);

	PEER(TYPE_ALERT, "alert", 5);
	ASSERT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, NULL, 10, MSG_TRUNC), -1);
	EXPECT_EQ(errno, EIO);
	memset(got, 0xee, 10);
	EXPECT_EQ(recv_type(self->fd, &type, got, 10, MSG_TRUNC), 5);
	EXPECT_EQ(type, TYPE_ALERT);
	EXPECT_EQ(got[0], 0xee);
	EXPECT_EQ(recv(self->fd, NULL, 10, MSG_TRUNC | MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);
}

/* Data without content is no end of file: whoever sees types is told of it, as in-tree. */
TEST_F(wired, empty_before_control)
{
	uint8_t type;

	PEER(TYPE_DATA, "", 0);
	PEER(TYPE_ALERT, "al", 2);
	PEER(TYPE_DATA, "", 0);
	PEER(TYPE_HANDSHAKE, "ticket", 6);
	usleep(100000);
	if (!ulp_is_ours())
		SKIP(return, "in-tree answers 0 to who sees no types");
	EXPECT_EQ(recv_type(self->fd, &type, got, 10, 0), 0);
	EXPECT_EQ(type, TYPE_DATA);
	EXPECT_EQ(recv_type(self->fd, &type, got, 10, MSG_PEEK), 2);
	EXPECT_EQ(type, TYPE_ALERT);
	EXPECT_EQ(recv_type(self->fd, &type, got, 10, 0), 2);
	EXPECT_EQ(type, TYPE_ALERT);
	EXPECT_EQ(recv(self->fd, got, 10, 0), -1);
	EXPECT_EQ(errno, EIO);
	EXPECT_EQ(recv_type(self->fd, &type, got, 10, MSG_WAITALL), 6);
	EXPECT_EQ(type, TYPE_HANDSHAKE);
}

/* What a sleeping peek has seen another reader takes: it answers with what comes then. */
TEST_F(wired, peek_beside_a_reader)
{
	static const uint8_t types[] = { TYPE_ALERT, TYPE_HANDSHAKE, TYPE_DATA };
	struct reader reader;
	int i, len;

	if (!ulp_is_ours())
		SKIP(return, "in-tree answers 0");
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		PEER(TYPE_DATA, data, 100);
		reader_start(&reader, self->fd, 150, MSG_PEEK | MSG_WAITALL);
		ASSERT_TRUE(reader_sleeps(&reader));
		EXPECT_EQ(recv(self->fd, got, 100, 0), 100);
		len = types[i] == TYPE_DATA ? 150 : 5;
		PEER(types[i], data + 7, len);
		EXPECT_EQ(reader_end(&reader), len) {
			TH_LOG("a record of type %d: %s", types[i], strerror(errno));
		}
		EXPECT_EQ(reader.type, types[i]);
		EXPECT_EQ(pattern_check(reader.buf, 7, len), -1);
		EXPECT_EQ(recv_type(self->fd, &reader.type, got, 200, 0), len);
		EXPECT_EQ(reader.type, types[i]);
	}
}

static int mark_of(int fd)
{
	socklen_t len = sizeof(int);
	int value = -1;

	return getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &value, &len) ? -1 : value;
}

/* SO_RCVLOWAT that is set while a reader sleeps stays, and does not keep that one asleep. */
TEST_F(wired, mark_beside_a_reader)
{
	static const int marks[] = { 1, 50, 200, 20 };
	struct reader reader;
	int i;

	/* Nothing has been taken: it is TCP's mark, for the sleeper as well. */
	reader_start(&reader, self->fd, 100, 0);
	ASSERT_TRUE(reader_sleeps(&reader));
	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVLOWAT, 50), 0);
	EXPECT_EQ(mark_of(self->fd), 50);
	PEER(TYPE_DATA, data, 60);
	EXPECT_EQ(reader_end(&reader), 60);
	EXPECT_EQ(mark_of(self->fd), 50);

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVLOWAT, 50), 0);
		PEER(TYPE_DATA, data, 10);
		/* It has 10 bytes, and lacks 40. */
		reader_start(&reader, self->fd, 100, 0);
		ASSERT_TRUE(reader_sleeps(&reader));
		ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVLOWAT, marks[i]), 0);
		PEER(TYPE_DATA, data + 10, 45);
		EXPECT_TRUE(reader_wakes(&reader)) {
			TH_LOG("mark %d", marks[i]);
			shutdown(self->peer, SHUT_WR);
			reader_end(&reader);
			return;
		}
		EXPECT_EQ(reader.ret, 55);
		EXPECT_EQ(pattern_check(reader.buf, 0, 55), -1);
		EXPECT_EQ(mark_of(self->fd), marks[i]);
	}
}

/* poll() goes by the mark in bytes of the stream, and by whole records. */
TEST_F(wired, mark_and_poll)
{
	struct reader reader;

	if (!ulp_is_ours())
		SKIP(return, "in-tree reports any record");
	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVLOWAT, 300), 0);
	PEER(TYPE_DATA, data, 100);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 200), 0);
	EXPECT_EQ(recv(self->fd, got, 1000, MSG_DONTWAIT), 100);
	PEER(TYPE_DATA, data, 100);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 200), 0);
	PEER(TYPE_DATA, data, 200);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, 1000, 0), 300);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 0), 0);
	/* What is opened already has been reported. */
	PEER(TYPE_DATA, data, 400);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, 390, 0), 390);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 0), POLLIN);
	EXPECT_EQ(recv(self->fd, got, 10, 0), 10);
	/* A read of less than the mark is content with that, and the end with nothing. */
	reader_start(&reader, self->fd, 20, 0);
	PEER(TYPE_DATA, data, 20);
	EXPECT_EQ(reader_end(&reader), 20);
	PEER(TYPE_DATA, data, 20);
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, 1000, 0), 20);
	EXPECT_EQ(mark_of(self->fd), 300);
}

/* A record that exceeds the window goes to our memory piece by piece: the mark keeps none of it. */
TEST_F(wired, mark_and_a_small_window)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, RECORD_MAX, RECORD_MAX, 0, &sealed);
	struct feed feed;

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVBUF, 2304), 0);
	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVLOWAT, 2000), 0);
	ASSERT_EQ(set_int(self->peer, IPPROTO_TCP, TCP_NODELAY, 1), 0);
	feed_start(&feed, self->peer, sealed, n, 499);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_TRUE(feed_end(&feed));
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_DONTWAIT), RECORD_MAX);
	EXPECT_EQ(pattern_check(got, 0, RECORD_MAX), -1);
	EXPECT_EQ(mark_of(self->fd), 2000);
	free(sealed);
}

TEST_HARNESS_MAIN
