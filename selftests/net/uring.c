// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The calls of io_uring, by system call: in line, polled for, by a worker, linked, cancelled. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "ring.h"
#include "wired.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static struct ring ring;

static uint8_t data[MIB], got[MIB];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

static void submit(void)
{
	ring_submit(&ring);
}

static int next(uint64_t *user_data, int ms)
{
	return ring_next(&ring, user_data, ms);
}

#define SQE(...) RING_SQE(&ring, __VA_ARGS__)

#define NEED_RING() do {							\
	int need_ring = ring_init(&ring);						\
										\
	ASSERT_EQ(need_ring, 0) {						\
		TH_LOG("io_uring_setup: %s", strerror(need_ring));		\
	}									\
} while (0)

#define EXPECT_DONE(result) EXPECT_EQ(next(NULL, 30000), result)

TEST_F(wired, send)
{
	static const size_t sizes[] = { 1, 100, 4096, 16384 };
	struct drain drain = {};
	size_t at;
	int i, n;

	NEED_RING();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		SQE(SEND, self->fd, data, sizes[i]);
		submit();
		EXPECT_DONE(sizes[i]);
		EXPECT_RECORD(0, sizes[i]);
	}
	/* More than the socket takes at once, with and without a worker. */
	for (i = 0; i < 2; i++) {
		drain_start(&drain, self->peer, &self->tx, MIB);
		for (at = 0; at < MIB; at += n) {
			SQE(SEND, self->fd, data + at, MIB - at, .flags = i ? IOSQE_ASYNC : 0);
			submit();
			n = next(NULL, 10000);
			ASSERT_GT(n, 0);
		}
		EXPECT_TRUE(drain_end(&drain, &self->tx));
		EXPECT_EQ(drain.bytes, MIB);
	}
}

/* With MSG_WAITALL, which plain TCP has no need of, one request sends it all. */
TEST_F(wired, send_all)
{
	struct drain drain = {};

	NEED_RING();
	drain_start(&drain, self->peer, &self->tx, MIB);
	SQE(SEND, self->fd, data, MIB, .msg_flags = MSG_WAITALL);
	submit();
	EXPECT_DONE(MIB);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, MIB);
}

/* Requests in a chain keep their order. */
TEST_F(wired, send_linked)
{
	struct drain drain = {};
	size_t at = 0;
	int i;

	NEED_RING();
	drain_start(&drain, self->peer, &self->tx, 16 * 7000);
	for (i = 0; i < 16; i++, at += 7000)
		SQE(SEND, self->fd, data + at, 7000,
		    .msg_flags = MSG_WAITALL | (i < 15 ? MSG_MORE : 0),
		    .flags = i < 15 ? IOSQE_IO_LINK : 0);
	submit();
	for (i = 0; i < 16; i++)
		EXPECT_DONE(7000);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.records, (16 * 7000 + RECORD_MAX - 1) / RECORD_MAX);
}

/* By several workers at once, each record of one byte over and over: none is torn. */
TEST_F(wired, send_by_many_workers)
{
	static uint8_t out[RECORD_MAX + 256];
	uint64_t seen = 0, which;
	uint8_t type;
	int i, j;

	NEED_RING();
	for (i = 0; i < 16; i++) {
		memset(data + i * 1000, i, 1000);
		SQE(SEND, self->fd, data + i * 1000, 1000, .flags = IOSQE_ASYNC, .user_data = i);
	}
	submit();
	for (i = 0; i < 16; i++) {
		EXPECT_EQ(next(&which, 10000), 1000);
		seen |= 1ull << which;
	}
	EXPECT_EQ(seen, 0xffff);
	for (i = 0; i < 16; i++) {
		ASSERT_EQ(wire_recv(&self->tx, self->peer, &type, out), 1000);
		for (j = 1; j < 1000; j++)
			ASSERT_EQ(out[j], out[0]);
		seen &= ~(1ull << out[0]);
	}
	EXPECT_EQ(seen, 0);
}

TEST_F(wired, recv)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 40000, 5000, 0, &sealed);
	struct feed feed;
	int i;

	NEED_RING();
	for (i = 0; i < 2; i++) {
		feed_start(&feed, self->peer, sealed, n, 1447);
		SQE(RECV, self->fd, got, 40000, .msg_flags = MSG_WAITALL,
		    .flags = i ? IOSQE_ASYNC : 0);
		submit();
		EXPECT_DONE(40000);
		EXPECT_EQ(pattern_check(got, 0, 40000), -1);
		EXPECT_TRUE(feed_end(&feed));
		free(sealed);
		n = seal_pattern(&self->rx, 40000, 5000, 0, &sealed);
	}
	free(sealed);
}

/* A request that waits is done when the record is whole, and not by a part of one. */
TEST_F(wired, recv_waits)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 9000, 9000, 0, &sealed);

	NEED_RING();
	SQE(RECV, self->fd, got, sizeof(got));
	submit();
	EXPECT_EQ(next(NULL, 50), NOTHING);
	ASSERT_EQ(send_full(self->peer, sealed, n - 1, 0), 0);
	EXPECT_EQ(next(NULL, 200), NOTHING);
	ASSERT_EQ(send_full(self->peer, sealed + n - 1, 1, 0), 0);
	EXPECT_DONE(9000);
	EXPECT_EQ(pattern_check(got, 0, 9000), -1);
	SQE(RECV, self->fd, got, sizeof(got));
	submit();
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	EXPECT_DONE(0);
	free(sealed);
}

/* A request that is cancelled, or whose time is over, takes nothing along. */
TEST_F(wired, recv_cancelled)
{
	struct __kernel_timespec soon = { .tv_nsec = 50000000 };
	int results[2], i;
	uint64_t which;

	NEED_RING();
	SQE(RECV, self->fd, got, sizeof(got), .user_data = 0);
	submit();
	EXPECT_EQ(next(NULL, 20), NOTHING);
	SQE(ASYNC_CANCEL, -1, 0, 0, .user_data = 1);
	submit();
	for (i = 0; i < 2; i++) {
		int result = next(&which, 10000);

		ASSERT_LT(which, 2);
		results[which] = result;
	}
	EXPECT_EQ(results[0], -ECANCELED);
	EXPECT_EQ(results[1], 0);

	SQE(RECV, self->fd, got, sizeof(got), .user_data = 0, .flags = IOSQE_IO_LINK);
	SQE(LINK_TIMEOUT, -1, &soon, 1, .user_data = 1);
	submit();
	for (i = 0; i < 2; i++) {
		int result = next(&which, 10000);

		ASSERT_LT(which, 2);
		results[which] = result;
	}
	EXPECT_EQ(results[0], -ECANCELED);
	EXPECT_EQ(results[1], -ETIME);

	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 1000, 0), 0);
	SQE(RECV, self->fd, got, sizeof(got));
	submit();
	EXPECT_DONE(1000);
	EXPECT_EQ(pattern_check(got, 0, 1000), -1);
}

/* Control records, by message; without room for their type the request says so. */
TEST_F(wired, control)
{
	union {
		char buf[CMSG_SPACE(1)];
		struct cmsghdr align;
	} control = {};
	struct iovec iov = { data, 2 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf, .msg_controllen = CMSG_LEN(1),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	uint8_t out[RECORD_MAX + 256], type;

	NEED_RING();
	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(1);
	*CMSG_DATA(cmsg) = TYPE_ALERT;
	SQE(SENDMSG, self->fd, &msg, 1);
	submit();
	EXPECT_DONE(2);
	EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, out), 2);
	EXPECT_EQ(type, TYPE_ALERT);

	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_ALERT, "al", 2, 0), 0);
	SQE(RECV, self->fd, got, 10);
	submit();
	EXPECT_DONE(-EIO);
	memset(&control, 0, sizeof(control));
	msg.msg_controllen = sizeof(control.buf);
	iov = (struct iovec){ got, 10 };
	SQE(RECVMSG, self->fd, &msg, 1);
	submit();
	EXPECT_DONE(2);
	EXPECT_EQ(memcmp(got, "al", 2), 0);
	cmsg = CMSG_FIRSTHDR(&msg);
	ASSERT_NE(cmsg, NULL);
	EXPECT_EQ(cmsg->cmsg_type, TLS_GET_RECORD_TYPE);
	EXPECT_EQ(*CMSG_DATA(cmsg), TYPE_ALERT);
}

/* A bad record reaches the request, and the next ones. */
TEST_F(wired, bad_record)
{
	uint8_t rec[WIRE_MAX];
	size_t n = wire_seal(&self->rx, TYPE_DATA, data, 5000, 0, rec);
	int i;

	NEED_RING();
	rec[n - 1] ^= 1;
	SQE(RECV, self->fd, got, sizeof(got));
	submit();
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	for (i = 0; i < 3; i++) {
		EXPECT_DONE(-EBADMSG);
		SQE(RECV, self->fd, got, sizeof(got));
		submit();
	}
}

/* Memory registered beforehand: neither the caller's nor anybody's process has to be there. */
TEST_F(wired, registered_buffers)
{
	struct iovec iov[2] = { { data, sizeof(data) }, { got, sizeof(got) } };
	struct drain drain = {};
	struct feed feed;
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 60000, 16000, 0, &sealed), at;

	NEED_RING();
	ASSERT_EQ(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, iov, 2), 0);
	drain_start(&drain, self->peer, &self->tx, 60000);
	SQE(WRITE_FIXED, self->fd, data, 60000, .buf_index = 0);
	submit();
	EXPECT_DONE(60000);
	EXPECT_TRUE(drain_end(&drain, &self->tx));

	feed_start(&feed, self->peer, sealed, n, 3000);
	for (at = 0; at < 60000;) {
		int r;

		SQE(READ_FIXED, self->fd, got + at, 60000 - at, .buf_index = 1);
		submit();
		r = next(NULL, 10000);
		ASSERT_GT(r, 0);
		at += r;
	}
	EXPECT_EQ(pattern_check(got, 0, 60000), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
}

TEST_F(wired, splice)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 8000, 8000, 0, &sealed);
	int p[2];

	NEED_RING();
	ASSERT_EQ(pipe(p), 0);
	ASSERT_EQ(write(p[1], data, 5000), 5000);
	SQE(SPLICE, self->fd, -1, 5000, .splice_fd_in = p[0], .off = -1);
	submit();
	EXPECT_DONE(5000);
	EXPECT_RECORD(0, 5000);

	SQE(SPLICE, p[1], -1, 8000, .splice_fd_in = self->fd, .off = -1);
	submit();
	EXPECT_EQ(next(NULL, 50), NOTHING);
	ASSERT_EQ(send_full(self->peer, sealed, n, 0), 0);
	EXPECT_DONE(8000);
	EXPECT_EQ(read(p[0], got, 8000), 8000);
	EXPECT_EQ(pattern_check(got, 0, 8000), -1);
	free(sealed);
	close(p[0]);
	close(p[1]);
}

/* The kernel may not send the caller's pages themselves: they would go out in the clear. */
TEST_F(wired, send_zc_refused)
{
	uint64_t which = 0;
	int result;

	NEED_RING();
	SQE(SEND_ZC, self->fd, data, 5000, .user_data = 1);
	submit();
	EXPECT_DONE(-EOPNOTSUPP);
	SQE(SEND, self->fd, data, 100, .user_data = 2);
	submit();
	result = next(&which, 10000);
	/* A second completion may follow the first: the memory is free. */
	if (which == 1)
		result = next(&which, 10000);
	EXPECT_EQ(which, 2);
	EXPECT_EQ(result, 100);
	EXPECT_RECORD(0, 100);
}

TEST_HARNESS_MAIN
