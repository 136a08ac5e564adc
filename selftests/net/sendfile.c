// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sendfile, splice and vmsplice into the socket; the peer opens with libcrypto. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

/* Reads what it seals twice. */
ADD_SUITE(wired, 12_aes_ccm_128, 2, AES_CCM_128);
ADD_SUITE(wired, 13_aes_ccm_128, 3, AES_CCM_128);

static uint8_t data[2 * MIB];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

/* sendfile until len bytes are gone; how many went. */
static size_t send_whole(int fd, int file, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = sendfile(fd, file, NULL, len - done);

		if (n <= 0)
			break;
		done += n;
	}
	return done;
}

TEST_F(wired, whole_file)
{
	static const size_t sizes[] = { 1, 100, 4095, 4096, 4097, 16383, 16384, 16385, 65536,
					200001, 2 * MIB };
	struct drain drain = {};
	int i, file;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		file = pattern_file(sizes[i]);
		drain_start(&drain, self->peer, &self->tx, sizes[i]);
		EXPECT_EQ(send_whole(self->fd, file, sizes[i]), sizes[i]);
		ASSERT_TRUE(drain_end(&drain, &self->tx));
		EXPECT_EQ(drain.bytes, sizes[i]);
		close(file);
	}
}

/* A large file goes in full records: what the document promises, and what speed needs. */
TEST_F(wired, full_records)
{
	struct drain drain = {};
	int file = pattern_file(MIB);

	drain_start(&drain, self->peer, &self->tx, MIB);
	EXPECT_EQ(send_whole(self->fd, file, MIB), MIB);
	ASSERT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.records, MIB / RECORD_MAX);
	EXPECT_EQ(drain.largest, RECORD_MAX);
	close(file);
}

/* More is asked for than the file has: its end ends the record. */
TEST_F(wired, beyond_the_end)
{
	int file = pattern_file(1000);

	EXPECT_EQ(sendfile(self->fd, file, NULL, 100000), 1000);
	EXPECT_RECORD(0, 1000);
	EXPECT_EQ(sendfile(self->fd, file, NULL, 100000), 0);
	EXPECT_EQ(poll_for(self->peer, POLLIN, 50), 0);
	close(file);

	file = pattern_file(RECORD_MAX + 1000);
	EXPECT_EQ(sendfile(self->fd, file, NULL, MIB), RECORD_MAX + 1000);
	EXPECT_RECORD(0, RECORD_MAX);
	EXPECT_RECORD(RECORD_MAX, 1000);
	close(file);
}

TEST_F(wired, offsets)
{
	static const struct {
		off_t at;
		size_t len;
	} cases[] = {
		{ 0, 1 }, { 1, 1 }, { 1, 4096 }, { 4095, 2 }, { 4096, 4096 }, { 5000, 16384 },
		{ 12345, 777 }, { 40000, 16000 },
	};
	int file = pattern_file(65536), i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		off_t at = cases[i].at;

		ASSERT_EQ(sendfile(self->fd, file, &at, cases[i].len), cases[i].len);
		EXPECT_EQ(at, cases[i].at + cases[i].len);
		EXPECT_RECORD(cases[i].at, cases[i].len);
	}
	close(file);
}

TEST_F(wired, mixed_with_send)
{
	struct drain drain = {};
	int file = pattern_file(200000);
	off_t at = 0;
	size_t n;
	int i;

	drain_start(&drain, self->peer, &self->tx, 150000);
	for (i = 0; at < 150000; i++) {
		n = (i * 7919 + 1) % 20000;
		if (at + n > 150000)
			n = 150000 - at;
		if (i % 2) {
			ASSERT_EQ(sendfile(self->fd, file, &at, n), n);
		} else {
			ASSERT_EQ(send(self->fd, data + at, n,
				       i % 4 && at + n < 150000 ? MSG_MORE : 0), n);
			at += n;
		}
	}
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, 150000);
	close(file);
}

/* A header with MSG_MORE and the file after it share a record: what an HTTP server does. */
TEST_F(wired, header_then_file)
{
	int file = pattern_file(5000);
	off_t at = 300;

	EXPECT_EQ(send(self->fd, data, 300, MSG_MORE), 300);
	EXPECT_EQ(sendfile(self->fd, file, &at, 4700), 4700);
	EXPECT_RECORD(0, 5000);
	close(file);
}

TEST_F(wired, file_truncated)
{
	struct drain drain = {};
	int file = pattern_file(100000);
	off_t at = 0;

	ASSERT_EQ(sendfile(self->fd, file, &at, 30000), 30000);
	ASSERT_EQ(ftruncate(file, 50000), 0);
	EXPECT_EQ(sendfile(self->fd, file, &at, 70000), 20000);
	EXPECT_EQ(sendfile(self->fd, file, &at, 70000), 0);
	drain_start(&drain, self->peer, &self->tx, 50000);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, 50000);
	close(file);
}

/* Cut and written while it is being sent: content is undefined, records must be good. */
TEST_F(wired, file_changes_under_it)
{
	static uint8_t out[RECORD_MAX + 256];
	int file = pattern_file(MIB), status, i;
	pid_t pid = fork();
	uint8_t type;
	ssize_t n;

	ASSERT_GE(pid, 0);
	if (!pid) {
		for (i = 0;; i++) {
			if (pwrite(file, data + i % 255, 65536, 0) < 0 ||
			    (i % 8 == 7 && ftruncate(file, MIB / 2 + i % 300 * 1000)))
				_exit(1);
		}
	}
	for (i = 0; i < 100; i++) {
		off_t at = 0;

		ASSERT_GT(sendfile(self->fd, file, &at, 65536), 0);
		do {
			n = wire_recv(&self->tx, self->peer, &type, out);
			ASSERT_GT(n, 0) {
				TH_LOG("%s", self->tx.why);
			}
			at -= n;
		} while (at > 0);
	}
	EXPECT_EQ(kill(pid, SIGKILL), 0);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFSIGNALED(status));
	close(file);
}

TEST_F(wired, larger_than_the_send_buffer)
{
	struct drain drain = { .delay_us = 200 };
	int file = pattern_file(MIB);

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, 8192), 0);
	drain_start(&drain, self->peer, &self->tx, MIB);
	EXPECT_EQ(send_whole(self->fd, file, MIB), MIB);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, MIB);
	close(file);
}

TEST_F(wired, nonblocking)
{
	struct drain drain = {};
	int file = pattern_file(2 * MIB);
	size_t done = 0;
	int again = 0;

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, 32768), 0);
	ASSERT_EQ(fcntl(self->fd, F_SETFL, O_NONBLOCK), 0);
	while (!again) {
		ssize_t n = sendfile(self->fd, file, NULL, 2 * MIB - done);

		if (n < 0) {
			ASSERT_EQ(errno, EAGAIN);
			again = 1;
			break;
		}
		done += n;
		ASSERT_LT(done, 2 * MIB);
	}
	EXPECT_EQ(lseek(file, 0, SEEK_CUR), done);
	drain_start(&drain, self->peer, &self->tx, 2 * MIB);
	while (done < 2 * MIB) {
		ssize_t n = sendfile(self->fd, file, NULL, 2 * MIB - done);

		if (n < 0) {
			ASSERT_EQ(errno, EAGAIN);
			ASSERT_GT(poll_for(self->fd, POLLOUT, PATIENCE), 0);
			continue;
		}
		ASSERT_GT(n, 0);
		done += n;
	}
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, 2 * MIB);
	close(file);
}

TEST_F(wired, splice_from_pipe)
{
	static const size_t sizes[] = { 1, 100, 4096, 5000, 16384, 30000 };
	struct drain drain = {};
	int i, p[2];

	ASSERT_EQ(pipe(p), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(write(p[1], data, sizes[i]), sizes[i]);
		drain_start(&drain, self->peer, &self->tx, sizes[i]);
		EXPECT_EQ(splice(p[0], NULL, self->fd, NULL, sizes[i], 0), sizes[i]);
		EXPECT_TRUE(drain_end(&drain, &self->tx));
		EXPECT_EQ(drain.bytes, sizes[i]);
	}
	close(p[0]);
	close(p[1]);
}

/* SPLICE_F_MORE holds the record open, a splice without it closes it. */
TEST_F(wired, splice_more)
{
	int p[2], i;

	ASSERT_EQ(pipe(p), 0);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(write(p[1], data + i * 1000, 1000), 1000);
		EXPECT_EQ(splice(p[0], NULL, self->fd, NULL, 1000, i < 2 ? SPLICE_F_MORE : 0),
			  1000);
	}
	EXPECT_RECORD(0, 3000);
	ASSERT_EQ(write(p[1], data, 10), 10);
	EXPECT_EQ(splice(p[0], NULL, self->fd, NULL, 10, SPLICE_F_MORE), 10);
	EXPECT_EQ(poll_for(self->peer, POLLIN, 50), 0);
	EXPECT_EQ(send(self->fd, data + 10, 5, 0), 5);
	EXPECT_RECORD(0, 15);
	close(p[0]);
	close(p[1]);
}

/* One byte a page, as many pages as the pipe has. */
TEST_F(wired, splice_many_small_pages)
{
	int p[2], i, n;

	ASSERT_EQ(pipe(p), 0);
	n = fcntl(p[0], F_GETPIPE_SZ) / 4096;
	for (i = 0; i < n; i++) {
		/* vmsplice does not merge into the page before. */
		struct iovec iov = { data + i, 1 };

		ASSERT_EQ(vmsplice(p[1], &iov, 1, 0), 1);
	}
	EXPECT_EQ(splice(p[0], NULL, self->fd, NULL, n, 0), n);
	EXPECT_RECORD(0, n);
	close(p[0]);
	close(p[1]);
}

TEST_F(wired, vmsplice)
{
	struct drain drain = {};
	uint8_t *mem = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	struct iovec iov = { mem, 50000 };
	size_t done = 0;
	int p[2];

	ASSERT_NE(mem, MAP_FAILED);
	pattern(mem, 0, 50000);
	ASSERT_EQ(pipe(p), 0);
	drain_start(&drain, self->peer, &self->tx, 50000);
	while (done < 50000) {
		ssize_t n = vmsplice(p[1], &iov, 1, 0);

		ASSERT_GT(n, 0);
		EXPECT_EQ(splice(p[0], NULL, self->fd, NULL, n,
				 done + n < 50000 ? SPLICE_F_MORE : 0), n);
		iov.iov_base += n;
		iov.iov_len -= n;
		done += n;
	}
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, 50000);
	close(p[0]);
	close(p[1]);
}

/* Which content goes out is not defined; that it is one that its tag covers, is. */
TEST_F(wired, page_changed_while_open)
{
	static uint8_t out[RECORD_MAX + 256];
	int file = pattern_file(8192), p[2];
	uint8_t type;

	ASSERT_EQ(pipe(p), 0);
	ASSERT_EQ(splice(file, NULL, p[1], NULL, 4096, 0), 4096);
	ASSERT_EQ(splice(p[0], NULL, self->fd, NULL, 4096, SPLICE_F_MORE), 4096);
	ASSERT_EQ(pwrite(file, data + 1, 4096, 0), 4096);
	EXPECT_EQ(send(self->fd, data, 4, 0), 4);
	EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, out), 4100) {
		TH_LOG("%s", self->tx.why);
	}
	close(p[0]);
	close(p[1]);
	close(file);
}

/* A sealed record must not follow its page: retransmission or a slow reader would show it. */
TEST_F(wired, page_changed_after)
{
	int file = pattern_file(16384);

	ASSERT_EQ(sendfile(self->fd, file, NULL, 16384), 16384);
	ASSERT_EQ(pwrite(file, data + 1, 16384, 0), 16384);
	EXPECT_RECORD(0, 16384);
	close(file);
}

TEST_F(wired, from_the_program_itself)
{
	static uint8_t out[RECORD_MAX + 256];
	int file = open("/proc/self/exe", O_RDONLY);
	uint8_t want[20000], type;
	size_t at = 0;
	ssize_t n;

	ASSERT_GE(file, 0);
	ASSERT_EQ(pread(file, want, sizeof(want), 0), sizeof(want));
	ASSERT_EQ(sendfile(self->fd, file, NULL, sizeof(want)), sizeof(want));
	while (at < sizeof(want)) {
		n = wire_recv(&self->tx, self->peer, &type, out);
		ASSERT_GT(n, 0) {
			TH_LOG("%s", self->tx.why);
		}
		EXPECT_EQ(memcmp(want + at, out, n), 0);
		at += n;
	}
	close(file);
}

/* What came in through one TLS socket goes out through another without leaving the kernel. */
TEST_F(wired, relay)
{
	struct drain drain = {};
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, MIB / 2, 9000, 0, &sealed), at = 0;
	struct feed feed;
	int p[2];

	ASSERT_EQ(pipe(p), 0);
	feed_start(&feed, self->peer, sealed, n, 0);
	drain_start(&drain, self->peer, &self->tx, MIB / 2);
	while (at < MIB / 2) {
		ssize_t r = splice(self->fd, NULL, p[1], NULL, 65536, 0);

		ASSERT_GT(r, 0);
		at += r;
		while (r > 0) {
			ssize_t w = splice(p[0], NULL, self->fd, NULL, r,
					   at < MIB / 2 ? SPLICE_F_MORE : 0);

			ASSERT_GT(w, 0);
			r -= w;
		}
	}
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, MIB / 2);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
	close(p[0]);
	close(p[1]);
}

TEST_F(wired, zerocopy_ro)
{
	struct drain drain = {};
	int file = pattern_file(100000);

	ASSERT_EQ(set_int(self->fd, SOL_TLS, TLS_TX_ZEROCOPY_RO, 1), 0);
	drain_start(&drain, self->peer, &self->tx, 100000);
	EXPECT_EQ(send_whole(self->fd, file, 100000), 100000);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, 100000);
	close(file);
}

TEST_HARNESS_MAIN
