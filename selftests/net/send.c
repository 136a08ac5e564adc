// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* send, write, writev, sendmsg: every record on the wire is opened by libcrypto. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

/* Where TCP's own timers set the pace, as with a receive buffer of 16 KiB. */
#define QUARTER			(MIB / 4)

static uint8_t data[4 * MIB];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

TEST_F(wired, sizes)
{
	static const size_t sizes[] = { 1, 2, 15, 16, 17, 255, 256, 4095, 4096, 4097, 16367, 16368,
					16383, 16384 };
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(send(self->fd, data, sizes[i], 0), sizes[i]);
		EXPECT_RECORD(0, sizes[i]);
	}
}

TEST_F(wired, cut_into_full_records)
{
	static const size_t sizes[] = { 16385, 32768, 65536, 100000, MIB };
	struct drain drain = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		drain_start(&drain, self->peer, &self->tx, sizes[i]);
		ASSERT_EQ(send(self->fd, data, sizes[i], 0), sizes[i]);
		ASSERT_TRUE(drain_end(&drain, &self->tx));
		EXPECT_EQ(drain.bytes, sizes[i]);
		EXPECT_EQ(drain.largest, RECORD_MAX);
		EXPECT_EQ(drain.records, (sizes[i] + RECORD_MAX - 1) / RECORD_MAX);
	}
}

/* Nothing to send is no record, with or without an open one. */
TEST_F(wired, nothing)
{
	EXPECT_EQ(send(self->fd, data, 0, 0), 0);
	EXPECT_EQ(write(self->fd, data, 0), 0);
	EXPECT_EQ(poll_for(self->peer, POLLIN, 50), 0);
	EXPECT_EQ(send(self->fd, data, 7, 0), 7);
	EXPECT_RECORD(0, 7);
}

TEST_F(wired, every_call)
{
	struct iovec iov[5] = {
		{ data, 100 }, { data + 100, 0 }, { data + 100, 1 }, { data + 101, 5000 },
		{ data + 5101, 899 },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 5 };

	EXPECT_EQ(write(self->fd, data, 10), 10);
	EXPECT_RECORD(0, 10);
	EXPECT_EQ(writev(self->fd, iov, 5), 6000);
	EXPECT_RECORD(0, 6000);
	EXPECT_EQ(sendmsg(self->fd, &msg, 0), 6000);
	EXPECT_RECORD(0, 6000);
	EXPECT_EQ(sendto(self->fd, data, 20, 0, NULL, 0), 20);
	EXPECT_RECORD(0, 20);
	EXPECT_EQ(send(self->fd, data, 30, MSG_NOSIGNAL), 30);
	EXPECT_RECORD(0, 30);
	EXPECT_EQ(send(self->fd, data, 40, MSG_DONTWAIT), 40);
	EXPECT_RECORD(0, 40);
}

TEST_F(wired, many_iovecs)
{
	struct iovec iov[1024];
	size_t at = 0;
	int i;

	for (i = 0; i < 1024; i++) {
		iov[i].iov_base = data + at;
		iov[i].iov_len = i % 17;
		at += iov[i].iov_len;
	}
	ASSERT_LE(at, RECORD_MAX);
	EXPECT_EQ(writev(self->fd, iov, 1024), at);
	EXPECT_RECORD(0, at);
}

/* Alignments of the caller's memory against pages. */
TEST_F(wired, alignments)
{
	int i;

	for (i = 0; i < 40; i++) {
		size_t offset = 4096 - 20 + i;

		ASSERT_EQ(send(self->fd, data + offset, 4096 + i, 0), 4096 + i);
		EXPECT_RECORD(offset, 4096 + i);
	}
}

TEST_F(wired, small_records_coalesce_nothing)
{
	size_t at = 0;
	int i;

	for (i = 1; i < 200; i++) {
		ASSERT_EQ(send(self->fd, data + at, i, 0), i);
		at += i;
	}
	for (i = 1, at = 0; i < 200; i++) {
		EXPECT_RECORD(at, i);
		at += i;
	}
}

TEST_F(wired, more)
{
	EXPECT_EQ(send(self->fd, data, 100, MSG_MORE), 100);
	EXPECT_EQ(send(self->fd, data + 100, 200, MSG_MORE), 200);
	EXPECT_EQ(poll_for(self->peer, POLLIN, 50), 0);
	EXPECT_EQ(send(self->fd, data + 300, 1, 0), 1);
	EXPECT_RECORD(0, 301);
	EXPECT_EQ(send(self->fd, data, 5, 0), 5);
	EXPECT_RECORD(0, 5);
}

TEST_F(wired, more_fills_a_record)
{
	size_t at;

	for (at = 0; at < 3 * 7000; at += 7000)
		EXPECT_EQ(send(self->fd, data + at, 7000, MSG_MORE), 7000);
	EXPECT_RECORD(0, RECORD_MAX);
	EXPECT_EQ(poll_for(self->peer, POLLIN, 50), 0);
	EXPECT_EQ(send(self->fd, data + 21000, 1, 0), 1);
	EXPECT_RECORD(RECORD_MAX, 21001 - RECORD_MAX);
}

/* A full record is complete with or without MSG_MORE. */
TEST_F(wired, more_exactly_full)
{
	EXPECT_EQ(send(self->fd, data, RECORD_MAX, MSG_MORE), RECORD_MAX);
	EXPECT_RECORD(0, RECORD_MAX);
	EXPECT_EQ(send(self->fd, data, 9, 0), 9);
	EXPECT_RECORD(0, 9);
}

TEST_F(wired, more_large)
{
	const size_t len = 3 * RECORD_MAX + 500;

	EXPECT_EQ(send(self->fd, data, len, MSG_MORE), len);
	EXPECT_RECORD(0, RECORD_MAX);
	EXPECT_RECORD(RECORD_MAX, RECORD_MAX);
	EXPECT_RECORD(2 * RECORD_MAX, RECORD_MAX);
	EXPECT_EQ(poll_for(self->peer, POLLIN, 50), 0);
	EXPECT_EQ(send(self->fd, data + len, 24, 0), 24);
	EXPECT_RECORD(3 * RECORD_MAX, 524);
}

/* A send of nothing, without MSG_MORE, says that no more comes (close.c has shutdown and close). */
TEST_F(wired, more_then_nothing)
{
	EXPECT_EQ(send(self->fd, data, 77, MSG_MORE), 77);
	if (ulp_is_ours()) {
		EXPECT_EQ(send(self->fd, data, 0, MSG_MORE), 0);
		EXPECT_EQ(poll_for(self->peer, POLLIN, 50), 0);
		EXPECT_EQ(send(self->fd, data, 0, 0), 0);
		EXPECT_RECORD(0, 77);
		EXPECT_EQ(send(self->fd, data, 0, 0), 0);
		EXPECT_EQ(poll_for(self->peer, POLLIN, 50), 0);
	}
}

/* What pushes out TCP's own unfinished segment does so for an open record. */
TEST_F(wired, more_then_an_option)
{
	if (!ulp_is_ours())
		SKIP(return, "the kernel's own module keeps what is open");
	EXPECT_EQ(send(self->fd, data, 77, MSG_MORE), 77);
	ASSERT_EQ(set_int(self->fd, IPPROTO_TCP, TCP_NODELAY, 0), 0);
	ASSERT_EQ(set_int(self->fd, IPPROTO_TCP, TCP_CORK, 1), 0);
	EXPECT_EQ(poll_for(self->peer, POLLIN, 50), 0);
	ASSERT_EQ(set_int(self->fd, IPPROTO_TCP, TCP_CORK, 0), 0);
	EXPECT_RECORD(0, 77);
	EXPECT_EQ(send(self->fd, data, 5000, MSG_MORE), 5000);
	ASSERT_EQ(set_int(self->fd, IPPROTO_TCP, TCP_NODELAY, 1), 0);
	EXPECT_RECORD(0, 5000);
	/* Set already: it pushes again. */
	EXPECT_EQ(send(self->fd, data, 10, MSG_MORE), 10);
	EXPECT_EQ(poll_for(self->peer, POLLIN, 50), 0);
	ASSERT_EQ(set_int(self->fd, IPPROTO_TCP, TCP_NODELAY, 1), 0);
	EXPECT_RECORD(0, 10);
	EXPECT_EQ(send(self->fd, data, 10, 0), 10);
	EXPECT_RECORD(0, 10);
}

TEST_F(wired, eor)
{
	if (!ulp_is_ours() && send(self->fd, data, 0, MSG_EOR) && errno == EOPNOTSUPP)
		SKIP(return, "in-tree of this kernel does not have it");
	EXPECT_EQ(send(self->fd, data, 50, MSG_EOR), 50);
	EXPECT_RECORD(0, 50);
	EXPECT_EQ(send(self->fd, data, 10, MSG_MORE), 10);
	EXPECT_EQ(send(self->fd, data + 10, 50, MSG_EOR), 50);
	EXPECT_RECORD(0, 60);
	EXPECT_EQ(send(self->fd, data, 10, MSG_EOR | MSG_MORE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(send(self->fd, data, 5, 0), 5);
	EXPECT_RECORD(0, 5);
}

TEST_F(wired, unsupported_flags)
{
	static const int flags[] = { MSG_OOB, MSG_ZEROCOPY, MSG_FASTOPEN, MSG_DONTROUTE,
				     MSG_CONFIRM, MSG_PEEK };
	int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(send(self->fd, data, 10, flags[i]), -1);
		EXPECT_EQ(errno, EOPNOTSUPP) {
			TH_LOG("flag %#x", flags[i]);
		}
	}
	EXPECT_EQ(poll_for(self->peer, POLLIN, 50), 0);
	EXPECT_EQ(send(self->fd, data, 10, 0), 10);
	EXPECT_RECORD(0, 10);
}

TEST_F(wired, bad_pointer)
{
	EXPECT_EQ(send(self->fd, (void *)16, 10, 0), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(send(self->fd, (void *)16, 20000, 0), -1);
	EXPECT_EQ(errno, EFAULT);
	/* No sequence number was lost over it. */
	EXPECT_EQ(send(self->fd, data, 10, 0), 10);
	EXPECT_RECORD(0, 10);
}

/* The second of two pages is gone: the whole of the first may be sent, in whole records. */
TEST_F(wired, pointer_cut_short)
{
	const size_t len = 64 * 1024;
	uint8_t *map = mmap(NULL, 2 * len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	struct drain drain = {};
	ssize_t n;

	ASSERT_NE(map, MAP_FAILED);
	pattern(map, 0, len);
	ASSERT_EQ(munmap(map + len, len), 0);
	n = send(self->fd, map, 2 * len, MSG_DONTWAIT);
	ASSERT_GT(n, 0);
	EXPECT_LE(n, len);
	drain_start(&drain, self->peer, &self->tx, n);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, n);
	EXPECT_EQ(send(self->fd, data, 10, 0), 10);
	EXPECT_RECORD(0, 10);
}

/* Memory changed after the call must not show on the wire. */
TEST_F(wired, buffer_is_free_after_the_call)
{
	const size_t len = 3 * RECORD_MAX;
	uint8_t *buf = pattern_alloc(len);
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(send(self->fd, buf + i * RECORD_MAX, RECORD_MAX, 0), RECORD_MAX);
		memset(buf + i * RECORD_MAX, 0xaa, RECORD_MAX);
	}
	ASSERT_EQ(send(self->fd, data, 100, MSG_MORE), 100);
	for (i = 0; i < 3; i++)
		EXPECT_RECORD(i * RECORD_MAX, RECORD_MAX);
	ASSERT_EQ(send(self->fd, data + 100, 1, 0), 1);
	EXPECT_RECORD(0, 101);
	free(buf);
}

/* What TCP acknowledges late makes room once more: as long as it may put that off. */
#define SETTLE_US 250000

/* Sends with flags until nothing more goes in; returns how much did. */
static size_t fill_socket(int fd, size_t chunk, int flags)
{
	bool settled = false;
	size_t total = 0;

	for (;;) {
		ssize_t n = send(fd, data + total, chunk, flags);

		if (n < 0 && errno == EAGAIN && !settled) {
			settled = true;
			usleep(SETTLE_US);
			continue;
		}
		if (n < 0)
			return errno == EAGAIN ? total : 0;
		settled = false;
		total += n;
		if (total + chunk > sizeof(data))
			return 0;
	}
}

TEST_F(wired, full_socket)
{
	static const size_t chunks[] = { 100, 1000, RECORD_MAX, 50000 };
	struct drain drain = {};
	size_t total;
	int i;

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, 64 * 1024), 0);
	ASSERT_EQ(set_int(self->peer, SOL_SOCKET, SO_RCVBUF, 64 * 1024), 0);
	for (i = 0; i < ARRAY_SIZE(chunks); i++) {
		total = fill_socket(self->fd, chunks[i], MSG_DONTWAIT);
		ASSERT_GT(total, 0);
		EXPECT_EQ(send(self->fd, data, 1, MSG_DONTWAIT), -1);
		EXPECT_EQ(errno, EAGAIN);
		EXPECT_EQ(poll_for(self->fd, POLLOUT, 0), 0);
		drain_start(&drain, self->peer, &self->tx, total);
		ASSERT_TRUE(drain_end(&drain, &self->tx));
		EXPECT_EQ(drain.bytes, total);
		EXPECT_EQ(poll_for(self->fd, POLLOUT, PATIENCE), POLLOUT);
	}
	EXPECT_EQ(send(self->fd, data, 10, 0), 10);
	EXPECT_RECORD(0, 10);
}

/* With O_NONBLOCK, a large send is taken in part; the rest later, and every record is whole. */
TEST_F(wired, partial_sends)
{
	struct drain drain = { .delay_us = 200 };
	size_t done = 0;
	int partial = 0;

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, 16 * 1024), 0);
	ASSERT_EQ(set_int(self->peer, SOL_SOCKET, SO_RCVBUF, 16 * 1024), 0);
	ASSERT_EQ(fcntl(self->fd, F_SETFL, O_NONBLOCK), 0);
	drain_start(&drain, self->peer, &self->tx, QUARTER);
	while (done < QUARTER) {
		ssize_t n = send(self->fd, data + done, QUARTER - done, 0);

		if (n < 0) {
			ASSERT_EQ(errno, EAGAIN);
			ASSERT_GT(poll_for(self->fd, POLLOUT, PATIENCE), 0);
			continue;
		}
		ASSERT_GT(n, 0);
		partial += done + n < QUARTER;
		done += n;
	}
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, QUARTER);
	EXPECT_GT(partial, 0);
}

TEST_F(wired, blocking_through_a_small_buffer)
{
	struct drain drain = { .delay_us = 100 };

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, 4096), 0);
	drain_start(&drain, self->peer, &self->tx, MIB);
	EXPECT_EQ(send(self->fd, data, MIB, 0), MIB);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, MIB);
	EXPECT_EQ(drain.records, MIB / RECORD_MAX);
}

TEST_F(wired, more_on_a_full_socket)
{
	struct drain drain = {};
	size_t total;

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, 32 * 1024), 0);
	total = fill_socket(self->fd, 3000, MSG_DONTWAIT | MSG_MORE);
	ASSERT_GT(total, 0);
	drain_start(&drain, self->peer, &self->tx, total + 1);
	EXPECT_EQ(send(self->fd, data + total, 1, 0), 1);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, total + 1);
}

TEST_F(wired, send_timeout)
{
	struct timeval tv = { .tv_usec = 100000 };
	struct drain drain = {};
	size_t total = 0;
	ssize_t n;

	ASSERT_EQ(setsockopt(self->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)), 0);
	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, 32 * 1024), 0);
	while ((n = send(self->fd, data + total, 100000, 0)) > 0) {
		total += n;
		ASSERT_LT(total + 100000, sizeof(data));
	}
	EXPECT_EQ(n, -1);
	EXPECT_EQ(errno, EAGAIN);
	drain_start(&drain, self->peer, &self->tx, total);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, total);
}

TEST_F(wired, max_payload_len)
{
	uint16_t limit = 1000;
	struct drain drain = {};

	if (setsockopt(self->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &limit, 2)) {
		ASSERT_FALSE(ulp_is_ours());
		SKIP(return, "in-tree of this kernel does not have it");
	}
	drain_start(&drain, self->peer, &self->tx, 50500);
	EXPECT_EQ(send(self->fd, data, 50000, 0), 50000);
	EXPECT_EQ(send(self->fd, data + 50000, 300, MSG_MORE), 300);
	EXPECT_EQ(send(self->fd, data + 50300, 200, 0), 200);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, 50500);
	EXPECT_EQ(drain.largest, 1000);
	EXPECT_EQ(drain.records, 51);
}

TEST_F(wired, both_directions_at_once)
{
	const size_t len = 2 * MIB;
	struct drain drain = {};
	struct feed feed;
	uint8_t *sealed, *got = malloc(len);
	size_t n = seal_pattern(&self->rx, len, RECORD_MAX, 0, &sealed);
	pid_t pid;
	int status;

	ASSERT_NE(got, NULL);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(send_full(self->fd, data, len, 0) != 0);
	drain_start(&drain, self->peer, &self->tx, len);
	feed_start(&feed, self->peer, sealed, n, 0);
	EXPECT_EQ(recv_full(self->fd, got, len), len);
	EXPECT_EQ(pattern_check(got, 0, len), -1);
	EXPECT_TRUE(feed_end(&feed));
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, len);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	free(sealed);
	free(got);
}

TEST_F(wired, sendmmsg)
{
	struct iovec iov[3] = { { data, 100 }, { data, 20000 }, { data, 5 } };
	struct mmsghdr msg[3] = {};
	int i;

	if (!ulp_is_ours())
		SKIP(return, "in-tree refuses the flag that sendmmsg sets");
	for (i = 0; i < 3; i++) {
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	EXPECT_EQ(sendmmsg(self->fd, msg, 3, 0), 3);
	EXPECT_EQ(msg[1].msg_len, 20000);
	EXPECT_RECORD(0, 100);
	EXPECT_RECORD(0, RECORD_MAX);
	EXPECT_RECORD(RECORD_MAX, 20000 - RECORD_MAX);
	EXPECT_RECORD(0, 5);
}

TEST_F(wired, cork)
{
	ASSERT_EQ(set_int(self->fd, IPPROTO_TCP, TCP_CORK, 1), 0);
	EXPECT_EQ(send(self->fd, data, 100, 0), 100);
	EXPECT_EQ(send(self->fd, data, 100, 0), 100);
	EXPECT_EQ(poll_for(self->peer, POLLIN, 50), 0);
	ASSERT_EQ(set_int(self->fd, IPPROTO_TCP, TCP_CORK, 0), 0);
	EXPECT_RECORD(0, 100);
	EXPECT_RECORD(0, 100);
}

/* A limit on unsent bytes below one record: records stay whole, and it all goes through. */
TEST_F(wired, notsent_lowat)
{
	struct drain drain = { .delay_us = 100 };
	size_t done = 0;

	ASSERT_EQ(set_int(self->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 5000), 0);
	ASSERT_EQ(set_int(self->peer, SOL_SOCKET, SO_RCVBUF, 16384), 0);
	drain_start(&drain, self->peer, &self->tx, QUARTER);
	while (done < QUARTER) {
		ssize_t n = send(self->fd, data + done, QUARTER - done, MSG_DONTWAIT);

		if (n < 0) {
			ASSERT_EQ(errno, EAGAIN);
			ASSERT_GT(poll_for(self->fd, POLLOUT, PATIENCE), 0);
			continue;
		}
		done += n;
	}
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, QUARTER);
	drain.delay_us = 0;
	drain_start(&drain, self->peer, &self->tx, QUARTER);
	EXPECT_EQ(send(self->fd, data, QUARTER, 0), QUARTER);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
}

/* The program above sees plaintext bytes; the stream below counts more. */
TEST_F(wired, outq)
{
	int queued = -1, i;

	ASSERT_EQ(send(self->fd, data, 5000, 0), 5000);
	EXPECT_RECORD(0, 5000);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(ioctl(self->fd, SIOCOUTQ, &queued), 0);
		if (!queued)
			break;
		usleep(10000);
	}
	EXPECT_EQ(queued, 0);
}

/* sendmsg() with a control message of level SOL_SOCKET. */
static ssize_t send_asking(int fd, int name, uint32_t value, size_t size, size_t len, int flags)
{
	char control[CMSG_SPACE(sizeof(value))] = {};
	struct iovec iov = { data, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = name;
	cmsg->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(cmsg), &value, size);
	return sendmsg(fd, &msg, flags);
}

/* Waits for a timestamp: its kind, SCM_TSTAMP_*, and its number in *id; -1 without one. */
static int next_stamp(int fd, uint32_t *id, int patience)
{
	char control[256];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct sock_extended_err *err = NULL;
	struct cmsghdr *cmsg;
	bool stamp = false;

	if (poll_for(fd, POLLERR, patience) != POLLERR || recvmsg(fd, &msg, MSG_ERRQUEUE) < 0)
		return -1;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_TIMESTAMPING)
			stamp = true;
		else if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_RECVERR)
			err = (void *)CMSG_DATA(cmsg);
	}
	if (!stamp || !err || err->ee_origin != SO_EE_ORIGIN_TIMESTAMPING)
		return -1;
	*id = err->ee_data;
	return err->ee_info;
}

/* Bytes of the TCP stream that have come: of struct tcp_info, but libc leaves it out. */
static uint64_t stream_received(int fd)
{
	uint64_t info[17] = {};
	socklen_t len = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len);
	return info[16];
}

/* TCP has sent something again, since an answer was late: then stamps of it come again. */
static bool sent_again(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tcpi_total_retrans > 0;
}

/* Timestamps for one call: of the last byte of its last record, by number in the TCP stream. */
TEST_F(wired, timestamps)
{
	static const struct {
		size_t len;
		int flags;
	} calls[] = { { 100, 0 }, { 16384, 0 }, { MIB, 0 }, { 300, MSG_MORE } };
	const uint32_t kinds = SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE |
			       SOF_TIMESTAMPING_TX_ACK;
	uint32_t id;
	int i;

	if (!ulp_is_ours())
		SKIP(return, "in-tree knows no control message but its own");
	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_SOFTWARE |
			  SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY), 0);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		struct drain drain = {};
		unsigned int seen = 0;
		int kind;

		drain_start(&drain, self->peer, &self->tx, calls[i].len);
		EXPECT_EQ(send_asking(self->fd, SO_TIMESTAMPING, kinds, sizeof(kinds),
				      calls[i].len, calls[i].flags), calls[i].len);
		ASSERT_TRUE(drain_end(&drain, &self->tx));
		while (seen != 7 && (kind = next_stamp(self->fd, &id, PATIENCE)) >= 0) {
			uint32_t last = stream_received(self->peer) - 1;

			if ((id != last || seen & 1 << kind) && sent_again(self->fd))
				continue;
			EXPECT_EQ(id, last);
			EXPECT_FALSE(seen & 1 << kind);
			seen |= 1 << kind;
		}
		EXPECT_EQ(seen, 7) {
			TH_LOG("call %d", i);
		}
	}
	/* Nobody asked for others. */
	EXPECT_EQ(send(self->fd, data, 5, 0), 5);
	EXPECT_RECORD(0, 5);
	EXPECT_TRUE(next_stamp(self->fd, &id, 50) == -1 || sent_again(self->fd));
}

/* What TCP refuses, and what it takes and has no use for. */
TEST_F(wired, socket_control_messages)
{
	static const struct {
		int name;
		uint32_t value;
		size_t size;
		ssize_t ret;
	} cases[] = {
		{ SO_TIMESTAMPING, SOF_TIMESTAMPING_RX_SOFTWARE, 4, -1 },
		{ SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_ACK, 2, -1 },
		{ SCM_RIGHTS + 99, 0, 4, -1 },
		{ SO_TIMESTAMPING, 0, 4, 10 },
		{ SCM_RIGHTS, 0, 4, 10 },
	};
	int i;

	if (!ulp_is_ours())
		SKIP(return, "in-tree knows no control message but its own");
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ssize_t ret;

		errno = 0;
		ret = send_asking(self->fd, cases[i].name, cases[i].value, cases[i].size, 10, 0);
		EXPECT_EQ(ret, cases[i].ret) {
			TH_LOG("case %d", i);
		}
		EXPECT_EQ(errno, ret > 0 ? 0 : EINVAL);
		if (ret > 0)
			EXPECT_RECORD(0, 10);
	}
}

TEST_HARNESS_MAIN
