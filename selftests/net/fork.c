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
	PIECE = 4 * RECORD_MAX,
	FORKS = 150,
};

/* A buffer that begins and ends within a page, and what the same pages hold beside it. */
struct beside {
	pthread_t thread;
	uint8_t *area, *buf;
	atomic_bool stop;
	unsigned int forks;
	int error;
};

static void touch(struct beside *b)
{
	volatile uint8_t *first = b->area, *last = b->area + PAGE + PIECE - 1;

	++*first;
	++*last;
}

/* Children live for as long as it takes that their parent has its own copies of pages. */
static void *fork_run(void *arg)
{
	struct beside *b = arg;
	int i;

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
		for (i = 0; i < 20; i++) {
			touch(b);
			usleep(50);
		}
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		b->forks++;
	}
	return NULL;
}

TEST_F(wired, reader_forks)
{
	struct beside b = {};
	unsigned int rounds = 0;
	struct feed feed;
	uint8_t *sealed;
	size_t n;

	b.area = mmap(NULL, PIECE + 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	ASSERT_NE(b.area, MAP_FAILED);
	b.buf = b.area + PAGE / 2;
	ASSERT_EQ(pthread_create(&b.thread, NULL, fork_run, &b), 0);
	while (b.forks < FORKS && !b.error) {
		n = seal_pattern(&self->rx, PIECE, RECORD_MAX, 0, &sealed);
		memset(b.buf, 0xee, PIECE);
		feed_start(&feed, self->peer, sealed, n, 0);
		ASSERT_EQ(recv(self->fd, b.buf, PIECE, MSG_WAITALL), PIECE);
		ASSERT_TRUE(feed_end(&feed));
		EXPECT_EQ(pattern_check(b.buf, 0, PIECE), -1) {
			TH_LOG("after %u forks, round %u: lost at %zd", b.forks, rounds,
			       pattern_check(b.buf, 0, PIECE));
			break;
		}
		free(sealed);
		rounds++;
	}
	atomic_store(&b.stop, true);
	pthread_join(b.thread, NULL);
	EXPECT_EQ(b.error, 0);
	TH_LOG("%u forks, %u rounds", b.forks, rounds);
	munmap(b.area, PIECE + 2 * PAGE);
}

TEST_HARNESS_MAIN
