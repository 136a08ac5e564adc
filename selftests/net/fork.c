// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A process that forks, and writes beside its buffer, while a thread receives: what arrives is in
 * the memory of the process that reads, never in the child's copy of it.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum {
	PAGE = 4096,
	RECORDS = 64,	/* sealed at a time */
	TOGETHER = 4,	/* read at a time, every other time */
	FORKS = 60,
};

/* A buffer that begins and ends within a page, and what the same pages hold beside it. */
struct beside {
	pthread_t thread;
	uint8_t *area, *buf;
	atomic_bool stop;
	atomic_uint forks;
	int error;
};

static void touch(struct beside *b)
{
	volatile uint8_t *first = b->area, *last = b->area + PAGE + TOGETHER * RECORD_MAX - 1;

	++*last;
	++*first;
}

/* Children live for as long as it takes that their parent has its own copies of pages. */
static void *fork_run(void *arg)
{
	struct beside *b = arg;

	while (!atomic_load(&b->stop)) {
		pid_t child = fork();

		if (!child) {
			pause();
			_exit(0);
		}
		if (child < 0) {
			b->error = errno;
			break;
		}
		touch(b);
		usleep(500);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		atomic_fetch_add(&b->forks, 1);
	}
	return NULL;
}

/* Reads records of the pattern, so many at a time to the same place. How often it was not there. */
static unsigned int read_all(struct __test_metadata *_metadata, int fd, struct beside *b,
			     int together)
{
	size_t len = (size_t)together * RECORD_MAX;
	unsigned int lost = 0;
	int i;

	for (i = 0; i < RECORDS; i += together) {
		memset(b->buf, 0xee, len);
		EXPECT_EQ(recv(fd, b->buf, len, MSG_WAITALL), len);
		lost += pattern_check(b->buf, (size_t)i * RECORD_MAX, len) != -1;
	}
	return lost;
}

TEST_F(wired, reader_forks)
{
	const size_t len = PAGE + TOGETHER * RECORD_MAX;
	unsigned int lost = 0, records = 0;
	struct beside b = {};
	struct feed feed;
	uint8_t *sealed;
	size_t n;

	b.area = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(b.area, MAP_FAILED);
	b.buf = b.area + PAGE / 2;
	ASSERT_EQ(pthread_create(&b.thread, NULL, fork_run, &b), 0);
	while (!lost && !b.error && atomic_load(&b.forks) < FORKS) {
		n = seal_pattern(&self->rx, RECORDS * RECORD_MAX, RECORD_MAX, 0, &sealed);
		feed_start(&feed, self->peer, sealed, n, 0);
		lost += read_all(_metadata, self->fd, &b, records / RECORDS % 2 ? TOGETHER : 1);
		records += RECORDS;
		EXPECT_TRUE(feed_end(&feed));
		free(sealed);
	}
	atomic_store(&b.stop, true);
	pthread_join(b.thread, NULL);
	EXPECT_EQ(b.error, 0);
	EXPECT_EQ(lost, 0) {
		TH_LOG("%u times, %u records, %u forks", lost, records, b.forks);
	}
	munmap(b.area, len);
}

TEST_HARNESS_MAIN
