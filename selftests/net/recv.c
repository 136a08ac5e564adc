// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Receiving: the peer seals with libcrypto and decides how the records arrive. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

static uint8_t got[2 * MIB];

/* Sends one data record of the pattern from offset. */
#define PEER_SENDS(offset, length, padding) do {					\
	uint8_t *peer_data = pattern_alloc((offset) + (length));			\
											\
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, peer_data + (offset),	\
			    length, padding), 0);					\
	free(peer_data);								\
} while (0)

TEST_F(wired, sizes)
{
	static const size_t sizes[] = { 1, 2, 15, 16, 17, 255, 4095, 4096, 4097, 16383, 16384 };
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		PEER_SENDS(0, sizes[i], 0);
		ASSERT_EQ(recv(self->fd, got, sizes[i], MSG_WAITALL), sizes[i]);
		ASSERT_EQ(pattern_check(got, 0, sizes[i]), -1);
	}
}

/* Any size of the caller's buffer against any size of record. */
TEST_F(wired, buffer_sizes)
{
	static const size_t records[] = { 1, 100, 4096, 16384 };
	static const size_t buffers[] = { 1, 7, 99, 100, 101, 4095, 5000, 16383, 16384, 65536 };
	size_t total = 0, at, len = 40000;
	struct feed feed;
	uint8_t *sealed;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(records); i++) {
		for (j = 0; j < ARRAY_SIZE(buffers); j++) {
			size_t want = records[i] < 100 || buffers[j] < 99 ? 1500 : len;
			size_t n = seal_pattern(&self->rx, want, records[i], 0, &sealed);

			feed_start(&feed, self->peer, sealed, n, 0);
			for (at = 0; at < want;) {
				size_t size = buffers[j] < want - at ? buffers[j] : want - at;
				ssize_t r = recv(self->fd, got + at, size, 0);

				ASSERT_GT(r, 0) {
					TH_LOG("records %zu buffer %zu at %zu: %s", records[i],
					       buffers[j], at, strerror(errno));
				}
				at += r;
			}
			ASSERT_EQ(pattern_check(got, 0, want), -1);
			ASSERT_TRUE(feed_end(&feed));
			free(sealed);
			total += want;
		}
	}
	EXPECT_GT(total, 0);
	EXPECT_EQ(recv(self->fd, got, 1, MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);
}

/* Three records, cut into two TCP segments at every byte. */
TEST_F(wired, cut_everywhere)
{
	uint8_t *sealed;
	size_t n, cut, len = 90;

	ASSERT_EQ(set_int(self->peer, IPPROTO_TCP, TCP_NODELAY, 1), 0);
	n = seal_pattern(&self->rx, len, 30, 0, &sealed);
	for (cut = 1; cut < n; cut++) {
		ASSERT_EQ(send_full(self->peer, sealed, cut, 0), 0);
		if (cut % 16 == 0)
			usleep(1000);
		ASSERT_EQ(send_full(self->peer, sealed + cut, n - cut, 0), 0);
		ASSERT_EQ(recv_full(self->fd, got, len), len) {
			TH_LOG("cut at %zu: %s", cut, strerror(errno));
		}
		ASSERT_EQ(pattern_check(got, 0, len), -1);
		free(sealed);
		n = seal_pattern(&self->rx, len, 30, 0, &sealed);
	}
	free(sealed);
}

TEST_F(wired, byte_by_byte)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 300, 100, 0, &sealed);
	struct feed feed;

	ASSERT_EQ(set_int(self->peer, IPPROTO_TCP, TCP_NODELAY, 1), 0);
	feed_start(&feed, self->peer, sealed, n, 1);
	EXPECT_EQ(recv_full(self->fd, got, 300), 300);
	EXPECT_EQ(pattern_check(got, 0, 300), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
}

/* Segments that have nothing to do with records, in bulk. */
TEST_F(wired, odd_segments)
{
	static const size_t chunks[] = { 1447, 4099, 16400, 65537 };
	struct feed feed;
	uint8_t *sealed;
	int i;

	for (i = 0; i < ARRAY_SIZE(chunks); i++) {
		size_t n = seal_pattern(&self->rx, MIB, RECORD_MAX - 7 * i, 0, &sealed);

		feed_start(&feed, self->peer, sealed, n, chunks[i]);
		ASSERT_EQ(recv_full(self->fd, got, MIB), MIB);
		ASSERT_EQ(pattern_check(got, 0, MIB), -1);
		ASSERT_TRUE(feed_end(&feed));
		free(sealed);
	}
}

TEST_F(wired, many_records_per_call)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 10000, 100, 0, &sealed);

	ASSERT_EQ(send_full(self->peer, sealed, n, 0), 0);
	EXPECT_EQ(recv(self->fd, got, 10000, MSG_WAITALL), 10000);
	EXPECT_EQ(pattern_check(got, 0, 10000), -1);
	free(sealed);
	n = seal_pattern(&self->rx, 5000, 100, 0, &sealed);
	ASSERT_EQ(send_full(self->peer, sealed, n, 0), 0);
	usleep(200000);
	/* All that is there comes at once, and without waiting for more. */
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 5000);
	EXPECT_EQ(pattern_check(got, 0, 5000), -1);
	free(sealed);
}

TEST_F(wired, peek)
{
	PEER_SENDS(0, 1000, 0);
	EXPECT_EQ(recv(self->fd, got, 10, MSG_PEEK), 10);
	EXPECT_EQ(pattern_check(got, 0, 10), -1);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_PEEK), 1000);
	EXPECT_EQ(pattern_check(got, 0, 1000), -1);
	EXPECT_EQ(recv(self->fd, got, 400, 0), 400);
	EXPECT_EQ(pattern_check(got, 0, 400), -1);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_PEEK), 600);
	EXPECT_EQ(pattern_check(got, 400, 600), -1);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 600);
	EXPECT_EQ(pattern_check(got, 400, 600), -1);
	EXPECT_EQ(recv(self->fd, got, 1, MSG_PEEK | MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);
}

TEST_F(wired, peek_across_records)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 3000, 1000, 0, &sealed);

	ASSERT_EQ(send_full(self->peer, sealed, n, 0), 0);
	EXPECT_EQ(recv(self->fd, got, 3000, MSG_PEEK | MSG_WAITALL), 3000);
	EXPECT_EQ(pattern_check(got, 0, 3000), -1);
	EXPECT_EQ(recv(self->fd, got, 1500, MSG_WAITALL), 1500);
	EXPECT_EQ(pattern_check(got, 0, 1500), -1);
	EXPECT_EQ(recv(self->fd, got, 1500, MSG_PEEK | MSG_WAITALL), 1500);
	EXPECT_EQ(pattern_check(got, 1500, 1500), -1);
	EXPECT_EQ(recv(self->fd, got, 1500, MSG_WAITALL), 1500);
	EXPECT_EQ(pattern_check(got, 1500, 1500), -1);
	free(sealed);
}

TEST_F(wired, waitall)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 50000, 5000, 0, &sealed);
	struct feed feed;

	feed_start(&feed, self->peer, sealed, n, 1000);
	EXPECT_EQ(recv(self->fd, got, 50000, MSG_WAITALL), 50000);
	EXPECT_EQ(pattern_check(got, 0, 50000), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);

	/* End of file ends the wait. */
	PEER_SENDS(0, 100, 0);
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	EXPECT_EQ(recv(self->fd, got, 1000, MSG_WAITALL), 100);
	EXPECT_EQ(recv(self->fd, got, 1000, MSG_WAITALL), 0);
}

TEST_F(wired, dontwait)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 200, 200, 0, &sealed);

	EXPECT_EQ(recv(self->fd, got, 1, MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);
	/* Part of a record is nothing. */
	ASSERT_EQ(send_full(self->peer, sealed, n - 1, 0), 0);
	usleep(100000);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);
	ASSERT_EQ(send_full(self->peer, sealed + n - 1, 1, 0), 0);
	usleep(100000);
	EXPECT_EQ(recv(self->fd, got, 50, MSG_DONTWAIT), 50);
	EXPECT_EQ(recv(self->fd, got + 50, sizeof(got), MSG_DONTWAIT), 150);
	EXPECT_EQ(pattern_check(got, 0, 200), -1);
	EXPECT_EQ(recv(self->fd, got, 1, MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);
	free(sealed);
}

TEST_F(wired, low_water_mark)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 300, 100, 0, &sealed);
	struct feed feed;

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVLOWAT, 250), 0);
	feed_start(&feed, self->peer, sealed, n, 50);
	EXPECT_EQ(recv(self->fd, got, 300, 0), 300);
	EXPECT_EQ(pattern_check(got, 0, 300), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVLOWAT, 1), 0);
	PEER_SENDS(0, 10, 0);
	EXPECT_EQ(recv(self->fd, got, 300, 0), 10);
}

TEST_F(wired, timeout)
{
	struct timespec t0, t1;
	long ms;

	ASSERT_EQ(set_timeout(self->fd, 200), 0);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	EXPECT_EQ(recv(self->fd, got, 10, 0), -1);
	EXPECT_EQ(errno, EAGAIN);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	ms = (t1.tv_sec - t0.tv_sec) * 1000 + (t1.tv_nsec - t0.tv_nsec) / 1000000;
	EXPECT_GE(ms, 150);
	EXPECT_LE(ms, PATIENCE);
	/* What there is comes back at the time-out, even with MSG_WAITALL. */
	PEER_SENDS(0, 10, 0);
	EXPECT_EQ(recv(self->fd, got, 100, MSG_WAITALL), 10);
	EXPECT_EQ(pattern_check(got, 0, 10), -1);
}

TEST_F(wired, iovecs)
{
	struct iovec iov[200];
	size_t at = 0, len = 0;
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 200 };
	int i;

	for (i = 0; i < 200; i++) {
		iov[i].iov_base = got + at + i;	/* with gaps */
		iov[i].iov_len = i * 37 % 101;
		at += iov[i].iov_len;
		len += iov[i].iov_len;
	}
	memset(got, 0xee, sizeof(got));
	PEER_SENDS(0, len, 0);
	EXPECT_EQ(readv(self->fd, iov, 200), len);
	for (i = 0, at = 0; i < 200; i++) {
		EXPECT_EQ(pattern_check(iov[i].iov_base, at, iov[i].iov_len), -1);
		at += iov[i].iov_len;
		EXPECT_EQ(got[at + i], 0xee);
	}
	PEER_SENDS(0, len, 0);
	EXPECT_EQ(recvmsg(self->fd, &msg, MSG_WAITALL), len);
	for (i = 0, at = 0; i < 200; i++) {
		EXPECT_EQ(pattern_check(iov[i].iov_base, at, iov[i].iov_len), -1);
		at += iov[i].iov_len;
	}
}

/* Not a byte beyond what was returned is touched. */
TEST_F(wired, nothing_past_the_end)
{
	size_t i, len;

	for (len = 1; len < 40; len++) {
		PEER_SENDS(0, len, self->v13 ? len : 0);
		memset(got, 0xee, 4096);
		ASSERT_EQ(recv(self->fd, got, 4096, 0), len);
		EXPECT_EQ(pattern_check(got, 0, len), -1);
		for (i = len; i < 4096 && got[i] == 0xee; i++)
			continue;
		EXPECT_EQ(i, 4096) {
			TH_LOG("record of %zu wrote at %zu", len, i);
		}
	}
}

TEST_F(wired, padding)
{
	static const size_t lengths[] = { 0, 1, 15, 16, 100, 4096, 16383 };
	static const size_t pads[] = { 1, 15, 16, 255, 4096, 16383 };
	int i, j;

	if (!self->v13)
		return;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (j = 0; j < ARRAY_SIZE(pads); j++) {
			size_t len = lengths[i], pad = pads[j];

			if (len + pad > RECORD_MAX)
				pad = RECORD_MAX - len;
			PEER_SENDS(0, len, pad);
			PEER_SENDS(len, 3, 0);
			ASSERT_EQ(recv(self->fd, got, len + 3, MSG_WAITALL), len + 3) {
				TH_LOG("%zu bytes, padding %zu: %s", len, pad, strerror(errno));
			}
			ASSERT_EQ(pattern_check(got, 0, len + 3), -1);
		}
	}
}

/* The same with the option that bets on no padding. */
TEST_F(wired, padding_not_expected)
{
	size_t pad;

	if (!self->v13)
		return;
	ASSERT_EQ(set_int(self->fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, 1), 0);
	for (pad = 0; pad < 3000; pad += 97) {
		memset(got, 0xee, 8192);
		PEER_SENDS(0, 1000, pad);
		ASSERT_EQ(recv(self->fd, got, 8192, 0), 1000);
		EXPECT_EQ(pattern_check(got, 0, 1000), -1);
		EXPECT_EQ(got[4200], 0xee);
		EXPECT_EQ(got[1000 + pad + 17], 0xee);
	}
}

/* Zeros at the end of the data are data. */
TEST_F(wired, data_that_looks_like_padding)
{
	uint8_t zeros[600] = {};

	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, zeros, 600, self->v13 ? 50 : 0), 0);
	memset(got, 0xee, 1000);
	EXPECT_EQ(recv(self->fd, got, 1000, 0), 600);
	EXPECT_EQ(memcmp(got, zeros, 600), 0);
}

TEST_F(wired, empty_records)
{
	int i;

	for (i = 0; i < 20; i++)
		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, "", 0, 0), 0);
	PEER_SENDS(0, 100, 0);
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, "", 0, 0), 0);
	PEER_SENDS(100, 100, 0);
	/* Not an end of file, wherever they stand. */
	EXPECT_EQ(recv(self->fd, got, 200, MSG_WAITALL), 200);
	EXPECT_EQ(pattern_check(got, 0, 200), -1);
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, "", 0, 0), 0);
	usleep(50000);
	EXPECT_EQ(recv(self->fd, got, 1, MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	EXPECT_EQ(recv(self->fd, got, 10, 0), 0);
}

TEST_F(wired, end_of_file)
{
	PEER_SENDS(0, 1000, 0);
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	EXPECT_EQ(recv(self->fd, got, 999, 0), 999);
	EXPECT_EQ(recv(self->fd, got + 999, 10, 0), 1);
	EXPECT_EQ(pattern_check(got, 0, 1000), -1);
	EXPECT_EQ(recv(self->fd, got, 10, 0), 0);
	EXPECT_EQ(recv(self->fd, got, 10, MSG_PEEK), 0);
	EXPECT_EQ(recv(self->fd, got, 10, MSG_DONTWAIT), 0);
}

TEST_F(wired, bad_pointer)
{
	char c;

	PEER_SENDS(0, 100, 0);
	EXPECT_EQ(recv(self->fd, (void *)16, 50, 0), -1);
	EXPECT_EQ(errno, EFAULT);
	/* The record is still there. */
	EXPECT_EQ(recv(self->fd, &c, 1, 0), 1);
	EXPECT_EQ(recv(self->fd, (void *)16, 5000, 0), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(recv(self->fd, got, 99, 0), 99);
	EXPECT_EQ(pattern_check(got, 1, 99), -1);
}

/* A buffer into which a whole record would be opened directly, and cannot be written. */
TEST_F(wired, bad_pointer_whole_record)
{
	PEER_SENDS(0, 5000, 0);
	EXPECT_EQ(recv(self->fd, (void *)16, 20000, 0), -1);
	if (ulp_is_ours()) {
		EXPECT_EQ(errno, EFAULT);
		EXPECT_EQ(recv(self->fd, got, 5000, 0), 5000);
		EXPECT_EQ(pattern_check(got, 0, 5000), -1);
	}
}

TEST_F(wired, splice_out)
{
	const size_t len = 100000;
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, len, 3000, 0, &sealed), at = 0;
	struct feed feed;
	int p[2];

	ASSERT_EQ(pipe(p), 0);
	feed_start(&feed, self->peer, sealed, n, 5000);
	while (at < len) {
		ssize_t r = splice(self->fd, NULL, p[1], NULL, 2000 + at % 9000, 0);

		ASSERT_GT(r, 0) {
			TH_LOG("splice at %zu: %s", at, strerror(errno));
		}
		ASSERT_EQ(read(p[0], got + at, r), r);
		at += r;
	}
	EXPECT_EQ(at, len);
	EXPECT_EQ(pattern_check(got, 0, len), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
	close(p[0]);
	close(p[1]);
}

TEST_F(wired, splice_out_mixed_with_recv)
{
	int p[2];

	ASSERT_EQ(pipe(p), 0);
	PEER_SENDS(0, 8000, 0);
	PEER_SENDS(8000, 8000, 0);
	EXPECT_EQ(recv(self->fd, got, 100, 0), 100);
	EXPECT_EQ(recv(self->fd, got + 100, 100, MSG_PEEK), 100);
	EXPECT_EQ(splice(self->fd, NULL, p[1], NULL, 1000, 0), 1000);
	EXPECT_EQ(read(p[0], got + 100, 1000), 1000);
	EXPECT_EQ(recv(self->fd, got + 1100, 6900, MSG_WAITALL), 6900);
	EXPECT_EQ(splice(self->fd, NULL, p[1], NULL, 8000, 0), 8000);
	EXPECT_EQ(read(p[0], got + 8000, 8000), 8000);
	EXPECT_EQ(pattern_check(got, 0, 16000), -1);
	EXPECT_EQ(splice(self->fd, NULL, p[1], NULL, 10, SPLICE_F_NONBLOCK), -1);
	EXPECT_EQ(errno, EAGAIN);
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	EXPECT_EQ(splice(self->fd, NULL, p[1], NULL, 10, 0), 0);
	close(p[0]);
	close(p[1]);
}

/* What a pipe holds must not change when the socket goes on. */
TEST_F(wired, spliced_pages_stay)
{
	int p[2], i;

	ASSERT_EQ(pipe(p), 0);
	PEER_SENDS(0, 4000, 0);
	EXPECT_EQ(splice(self->fd, NULL, p[1], NULL, 4000, 0), 4000);
	for (i = 0; i < 20; i++) {
		PEER_SENDS(100, 4000, 0);
		EXPECT_EQ(recv(self->fd, got, 4000, MSG_WAITALL), 4000);
		EXPECT_EQ(pattern_check(got, 100, 4000), -1);
	}
	EXPECT_EQ(read(p[0], got, 4000), 4000);
	EXPECT_EQ(pattern_check(got, 0, 4000), -1);
	close(p[0]);
	close(p[1]);
}

/* A peek that wants more than will ever come ends with the stream. */
TEST_F(wired, peek_at_end_of_file)
{
	PEER_SENDS(0, 100, 0);
	PEER_SENDS(100, 100, 0);
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	ASSERT_EQ(poll_for(self->fd, POLLRDHUP, PATIENCE), POLLRDHUP);
	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVLOWAT, 5000), 0);

	ASSERT_EQ(recv(self->fd, got, 10000, MSG_PEEK | MSG_DONTWAIT), 200);
	ASSERT_EQ(recv(self->fd, got, 10000, MSG_PEEK | MSG_WAITALL), 200);
	ASSERT_EQ(pattern_check(got, 0, 200), -1);
	ASSERT_EQ(recv(self->fd, got, 10000, MSG_WAITALL), 200);
	ASSERT_EQ(recv(self->fd, got, 10000, MSG_PEEK), 0);
}

/* While it waits it sleeps. */
TEST_F(wired, peek_waits_asleep)
{
	struct timeval timeout = { .tv_usec = 500000 };
	struct timespec before, after;

	PEER_SENDS(0, 100, 0);
	ASSERT_EQ(setsockopt(self->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)), 0);
	ASSERT_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before), 0);
	ASSERT_EQ(recv(self->fd, got, 10000, MSG_PEEK | MSG_WAITALL), 100);
	ASSERT_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after), 0);
	ASSERT_LT(after.tv_sec - before.tv_sec + (after.tv_nsec - before.tv_nsec) / 1e9, 0.25);
}

/* Opened for a peek is still queued: the receive buffer bounds it, not the caller's wishes. */
TEST_F(wired, peek_is_bounded)
{
	const size_t len = 6 * MIB;
	uint8_t *sealed, *big = malloc(len);
	size_t n = seal_pattern(&self->rx, len, RECORD_MAX, 0, &sealed);
	struct feed feed;
	ssize_t r = 0;
	int i;

	if (!ulp_is_ours())
		SKIP(return, "in-tree does not bound it");
	ASSERT_NE(big, NULL);
	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVBUF, 65536), 0);
	feed_start(&feed, self->peer, sealed, n, 0);
	for (i = 0; i < 30; i++) {
		r = recv(self->fd, big, len, MSG_PEEK | MSG_DONTWAIT);
		if (r > 0)
			ASSERT_EQ(pattern_check(big, 0, r < 100 ? r : 100), -1);
		usleep(5000);
	}
	EXPECT_GT(r, 0);
	EXPECT_LT(r, 2 * MIB);
	EXPECT_EQ(recv_full(self->fd, big, len), len);
	EXPECT_EQ(pattern_check(big, 0, len), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
	free(big);
}

/* Times that a sender had to ask whether the window is still closed. */
static long window_probes(void)
{
	static const char blanks[] = { ' ', '\n', 0 };
	char names[4096], values[4096], *name, *value, *n, *v;
	FILE *f = fopen("/proc/net/netstat", "r");
	long probes = -1;

	while (f && probes < 0 && fgets(names, sizeof(names), f) &&
	       fgets(values, sizeof(values), f)) {
		name = strtok_r(names, blanks, &n);
		value = strtok_r(values, blanks, &v);
		while (name && value) {
			if (strcmp(name, "TCPWinProbe") == 0)
				probes = atol(value);
			name = strtok_r(NULL, blanks, &n);
			value = strtok_r(NULL, blanks, &v);
		}
	}
	if (f)
		fclose(f);
	return probes;
}

/* What is read bit by bit takes of the receive buffer until it is read: then the window opens. */
TEST_F(wired, small_reads_of_a_small_buffer)
{
	const size_t len = 40 * RECORD_MAX;
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, len, RECORD_MAX, 0, &sealed), at = 0;
	struct feed feed;
	long before;

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVBUF, 16384), 0);
	before = window_probes();
	ASSERT_GE(before, 0);
	feed_start(&feed, self->peer, sealed, n, 0);
	while (at < len) {
		ssize_t r = recv(self->fd, got, 1000, 0);

		ASSERT_GT(r, 0);
		ASSERT_EQ(pattern_check(got, at, r), -1);
		at += r;
	}
	EXPECT_LT(window_probes() - before, 10);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
}

/* An urgent byte is a byte like others: records have no place beside the stream. */
TEST_F(wired, urgent_byte)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 3000, 1000, 0, &sealed);

	ASSERT_EQ(send_full(self->peer, sealed, 1500, 0), 0);
	ASSERT_EQ(send(self->peer, sealed + 1500, 1, MSG_OOB), 1);
	ASSERT_EQ(send_full(self->peer, sealed + 1501, n - 1501, 0), 0);
	EXPECT_EQ(recv_full(self->fd, got, 3000), 3000);
	EXPECT_EQ(pattern_check(got, 0, 3000), -1);
	free(sealed);
}

TEST_F(wired, urgent_byte_last)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 1000, 1000, 0, &sealed);

	ASSERT_EQ(send_full(self->peer, sealed, n - 1, 0), 0);
	ASSERT_EQ(send(self->peer, sealed + n - 1, 1, MSG_OOB), 1);
	EXPECT_EQ(recv_full(self->fd, got, 1000), 1000);
	EXPECT_EQ(pattern_check(got, 0, 1000), -1);
	free(sealed);
}

TEST_F(wired, error_queue)
{
	EXPECT_EQ(recv(self->fd, got, 10, MSG_ERRQUEUE), -1);
	EXPECT_EQ(errno, EAGAIN);
	PEER_SENDS(0, 10, 0);
	EXPECT_EQ(recv(self->fd, got, 10, 0), 10);
}

TEST_F(wired, recvmmsg)
{
	struct iovec iov[3] = { { got, 100 }, { got + 100, 100 }, { got + 200, 100 } };
	struct mmsghdr msg[3] = {};
	int i;

	for (i = 0; i < 3; i++) {
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
		PEER_SENDS(i * 100, 100, 0);
	}
	usleep(50000);
	EXPECT_EQ(recvmmsg(self->fd, msg, 3, MSG_WAITALL, NULL), 3);
	EXPECT_EQ(pattern_check(got, 0, 300), -1);
}

/* The receiving half of TCP's own zero copy would hand out ciphertext. */
TEST_F(wired, zerocopy_receive_refused)
{
	struct tcp_zerocopy_receive zc = { .address = 0, .length = 4096 };
	socklen_t len = sizeof(zc);
	void *map = mmap(NULL, 65536, PROT_READ, MAP_SHARED, self->fd, 0);

	if (!ulp_is_ours())
		SKIP(return, "in-tree hands out ciphertext");
	PEER_SENDS(0, 16000, 0);
	usleep(50000);
	if (map != MAP_FAILED)
		zc.address = (uintptr_t)map;
	zc.length = 65536;
	EXPECT_EQ(getsockopt(self->fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &zc, &len), -1);
	EXPECT_EQ(errno, EOPNOTSUPP);
	EXPECT_EQ(recv(self->fd, got, 16000, MSG_WAITALL), 16000);
	EXPECT_EQ(pattern_check(got, 0, 16000), -1);
}

/* Bytes to read are the plaintext's; 0 only where a read would block or return end of file. */
TEST_F(wired, inq)
{
	int n = -1;

	if (!ulp_is_ours())
		SKIP(return, "in-tree counts bytes of the TCP stream");
	ASSERT_EQ(ioctl(self->fd, FIONREAD, &n), 0);
	EXPECT_EQ(n, 0);
	PEER_SENDS(0, 1000, 0);
	ASSERT_GT(poll_for(self->fd, POLLIN, PATIENCE), 0);
	ASSERT_EQ(ioctl(self->fd, FIONREAD, &n), 0);
	EXPECT_GT(n, 0);
	EXPECT_EQ(recv(self->fd, got, 400, 0), 400);
	ASSERT_EQ(ioctl(self->fd, FIONREAD, &n), 0);
	EXPECT_GT(n, 0);
	EXPECT_EQ(recv(self->fd, got, 600, 0), 600);
	ASSERT_EQ(ioctl(self->fd, FIONREAD, &n), 0);
	EXPECT_EQ(n, 0);
}

TEST_HARNESS_MAIN
