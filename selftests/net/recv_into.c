// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What whole records are opened into: the reader's memory, which is pinned for several of them at a
 * time, begins and ends anywhere, comes in pieces, or is not all there.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <sys/mman.h>
#include <sys/uio.h>

enum {
	PAGE = 4096,
	MANY = 24 * RECORD_MAX,		/* more than is pinned, and than arrives, at once */
};

/* One call, while records arrive; at places in a page that matter to who finds pages. */
TEST_F(wired, many_records)
{
	static const size_t places[] = { 0, 1, 16, 255, 256, 257, 2048, PAGE - 1 };
	uint8_t *area = malloc(MANY + 3 * PAGE), *buf, *sealed;
	struct feed feed;
	size_t i, n;

	ASSERT_NE(area, NULL);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		buf = area + PAGE - (uintptr_t)area % PAGE + places[i];
		memset(area, 0xee, MANY + 3 * PAGE);
		n = seal_pattern(&self->rx, MANY, RECORD_MAX, 0, &sealed);
		feed_start(&feed, self->peer, sealed, n, i % 2 ? 30000 : 0);
		ASSERT_EQ(recv(self->fd, buf, MANY, MSG_WAITALL), MANY);
		EXPECT_EQ(pattern_check(buf, 0, MANY), -1) {
			TH_LOG("%zu bytes into a page", places[i]);
		}
		EXPECT_EQ(buf[-1], 0xee);
		EXPECT_EQ(buf[MANY], 0xee);
		EXPECT_TRUE(feed_end(&feed));
		free(sealed);
	}
	free(area);
}

/* Pieces that end in the middle of records, and far from one another. */
TEST_F(wired, pieces)
{
	static const size_t lens[] = { 100, 3 * RECORD_MAX, 20000, 0, RECORD_MAX, 5000 };
	struct iovec iov[ARRAY_SIZE(lens)];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = ARRAY_SIZE(lens) };
	size_t i, len = 0, at = 0, n;
	struct feed feed;
	uint8_t *sealed;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		iov[i].iov_base = malloc(lens[i] + 1);
		iov[i].iov_len = lens[i];
		ASSERT_NE(iov[i].iov_base, NULL);
		memset(iov[i].iov_base, 0xee, lens[i] + 1);
		len += lens[i];
	}
	n = seal_pattern(&self->rx, len, RECORD_MAX, 0, &sealed);
	feed_start(&feed, self->peer, sealed, n, 0);
	ASSERT_EQ(recvmsg(self->fd, &msg, MSG_WAITALL), len);
	EXPECT_TRUE(feed_end(&feed));
	for (i = 0; i < ARRAY_SIZE(lens); at += lens[i++]) {
		EXPECT_EQ(pattern_check(iov[i].iov_base, at, lens[i]), -1) {
			TH_LOG("piece %zu", i);
		}
		EXPECT_EQ(((uint8_t *)iov[i].iov_base)[lens[i]], 0xee);
		free(iov[i].iov_base);
	}
	free(sealed);
}

/* Memory ends, or may not be written to, behind the second record: those before it are read. */
TEST_F(wired, memory_that_ends)
{
	const size_t len = 4 * RECORD_MAX, there = 2 * RECORD_MAX + PAGE;
	uint8_t *area, *rest, *sealed;
	struct feed feed;
	size_t n;
	int way, err;

	rest = malloc(len);
	ASSERT_NE(rest, NULL);
	for (way = 0; way < 2; way++) {
		area = mmap(NULL, len + PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_NE(area, MAP_FAILED);
		err = way ? mprotect(area + there, len + PAGE - there, PROT_READ) :
			    munmap(area + there, len + PAGE - there);
		ASSERT_EQ(err, 0);
		n = seal_pattern(&self->rx, len, RECORD_MAX, 0, &sealed);
		feed_start(&feed, self->peer, sealed, n, 0);
		ASSERT_EQ(recv(self->fd, area + 16, len, MSG_WAITALL), 2 * RECORD_MAX);
		EXPECT_EQ(pattern_check(area + 16, 0, 2 * RECORD_MAX), -1);
		ASSERT_EQ(recv(self->fd, rest, 2 * RECORD_MAX, MSG_WAITALL), 2 * RECORD_MAX);
		EXPECT_EQ(pattern_check(rest, 2 * RECORD_MAX, 2 * RECORD_MAX), -1);
		EXPECT_TRUE(feed_end(&feed));
		free(sealed);
		munmap(area, len + PAGE);
	}
	free(rest);
}

/* A file's pages: what was received into a mapping is in the file. */
TEST_F(wired, mapping)
{
	const size_t len = 5 * RECORD_MAX;
	int file = memfd_create("mapping", MFD_CLOEXEC);
	uint8_t *map, *sealed, *copy = malloc(len);
	struct feed feed;
	size_t n;

	ASSERT_GE(file, 0);
	ASSERT_EQ(ftruncate(file, len), 0);
	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(map, MAP_FAILED);
	n = seal_pattern(&self->rx, len, RECORD_MAX, 0, &sealed);
	feed_start(&feed, self->peer, sealed, n, 0);
	ASSERT_EQ(recv(self->fd, map, len, MSG_WAITALL), len);
	EXPECT_TRUE(feed_end(&feed));
	munmap(map, len);
	ASSERT_EQ(pread(file, copy, len, 0), len);
	EXPECT_EQ(pattern_check(copy, 0, len), -1);
	close(file);
	free(sealed);
	free(copy);
}

TEST_HARNESS_MAIN
