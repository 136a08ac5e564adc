// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Records without content: they cost a peer next to nothing. A call that meets many of them can be
 * stopped, and ends where it may not wait; nobody who waits for what is behind them sleeps on.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/time.h>

enum { CONTENT = 100 };

/* Empty records, and one with the pattern behind them; to be freed. */
static size_t seal_flood(struct wire *wire, unsigned int count, uint8_t **out)
{
	uint8_t content[CONTENT];
	size_t n = 0;

	pattern(content, 0, CONTENT);
	*out = malloc((count + 8) * (CONTENT + wire_overhead(wire)) + 2 * WIRE_MAX);
	while (count--)
		n += wire_seal(wire, TYPE_DATA, "", 0, 0, *out + n);
	return n + wire_seal(wire, TYPE_DATA, content, CONTENT, 0, *out + n);
}

/* All of it is in the other end's queue. */
static void arrived(int fd)
{
	int left = 1;

	while (!ioctl(fd, SIOCOUTQ, &left) && left)
		usleep(1000);
}

/*
 * Reads with get() whenever an edge is told of: the end must come though nothing arrives any more.
 * How often get() left with more to do.
 */
static unsigned int read_by_edges(struct __test_metadata *_metadata, int fd,
				  ssize_t (*get)(int fd, void *arg), void *arg)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int e = epoll_create1(0);
	unsigned int left = 0;
	ssize_t n;

	EXPECT_GE(e, 0);
	EXPECT_EQ(epoll_ctl(e, EPOLL_CTL_ADD, fd, &event), 0);
	for (;; left++) {
		EXPECT_EQ(epoll_wait(e, &event, 1, PATIENCE), 1) {
			TH_LOG("no edge after %u calls", left);
			break;
		}
		n = get(fd, arg);
		if (n >= 0) {
			EXPECT_EQ(n, CONTENT);
			break;
		}
		EXPECT_EQ(errno, EAGAIN);
	}
	close(e);
	return left;
}

static ssize_t get_recv(int fd, void *buf)
{
	return recv(fd, buf, CONTENT, MSG_DONTWAIT);
}

static ssize_t get_splice(int fd, void *pipes)
{
	return splice(fd, NULL, ((int *)pipes)[1], NULL, CONTENT, SPLICE_F_NONBLOCK);
}

TEST_F(wired, recv_leaves)
{
	uint8_t *sealed, got[CONTENT];
	size_t n = seal_flood(&self->rx, 2000, &sealed);

	ASSERT_EQ(send_full(self->peer, sealed, n, 0), 0);
	arrived(self->peer);
	EXPECT_GE(read_by_edges(_metadata, self->fd, get_recv, got), 4);
	EXPECT_EQ(pattern_check(got, 0, CONTENT), -1);
	free(sealed);
}

TEST_F(wired, splice_leaves)
{
	uint8_t *sealed, got[CONTENT];
	size_t n = seal_flood(&self->rx, 2000, &sealed);
	int pipes[2];

	ASSERT_EQ(pipe(pipes), 0);
	ASSERT_EQ(send_full(self->peer, sealed, n, 0), 0);
	arrived(self->peer);
	EXPECT_GE(read_by_edges(_metadata, self->fd, get_splice, pipes), 4);
	ASSERT_EQ(read(pipes[0], got, CONTENT), CONTENT);
	EXPECT_EQ(pattern_check(got, 0, CONTENT), -1);
	close(pipes[0]);
	close(pipes[1]);
	free(sealed);
}

/* What a call has it returns, whatever comes behind. */
TEST_F(wired, data_before_a_flood)
{
	uint8_t *first, *sealed, got[2 * CONTENT];
	size_t len = seal_flood(&self->rx, 0, &first);
	size_t n = seal_flood(&self->rx, 2000, &sealed);

	ASSERT_EQ(send_full(self->peer, first, len, MSG_MORE), 0);
	ASSERT_EQ(send_full(self->peer, sealed, n, 0), 0);
	arrived(self->peer);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), CONTENT);
	EXPECT_EQ(recv(self->fd, got, CONTENT, 0), CONTENT);
	EXPECT_EQ(pattern_check(got, 0, CONTENT), -1);
	free(first);
	free(sealed);
}

static void on_alarm(int number)
{
}

/* A call that waits goes on for as long as they come, until a signal. */
TEST_F(wired, a_signal_ends_it)
{
	/* Again and again: the first one may come before the call. */
	const struct itimerval soon = { { .tv_usec = 2000 }, { .tv_usec = 2000 } }, never = {};
	const struct sigaction action = { .sa_handler = on_alarm };
	enum { COUNT = 20000 };
	uint8_t *sealed, got[CONTENT];
	size_t n = seal_flood(&self->rx, COUNT, &sealed);
	long before = counter("TlsRxRecords");
	struct feed feed;

	ASSERT_EQ(sigaction(SIGALRM, &action, NULL), 0);
	ASSERT_EQ(set_timeout(self->fd, 0), 0);
	feed_start(&feed, self->peer, sealed, n, 0);
	ASSERT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	ASSERT_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
	EXPECT_EQ(recv(self->fd, got, CONTENT, 0), -1);
	EXPECT_EQ(errno, EINTR);
	ASSERT_EQ(setitimer(ITIMER_REAL, &never, NULL), 0);
	if (ulp_is_ours())
		EXPECT_LT(counter("TlsRxRecords") - before, COUNT);
	EXPECT_EQ(recv(self->fd, got, CONTENT, MSG_WAITALL), CONTENT);
	EXPECT_EQ(pattern_check(got, 0, CONTENT), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
}

/* One that waits for some time ends when that is over. */
TEST_F(wired, its_time_is_up)
{
	enum { COUNT = 20000 };
	uint8_t *sealed, got[CONTENT];
	size_t n = seal_flood(&self->rx, COUNT, &sealed);
	long before = counter("TlsRxRecords");
	struct feed feed;

	ASSERT_EQ(set_timeout(self->fd, 2), 0);
	feed_start(&feed, self->peer, sealed, n, 0);
	ASSERT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, CONTENT, 0), -1);
	EXPECT_EQ(errno, EAGAIN);
	if (ulp_is_ours())
		EXPECT_LT(counter("TlsRxRecords") - before, COUNT);
	ASSERT_EQ(set_timeout(self->fd, 0), 0);
	EXPECT_EQ(recv(self->fd, got, CONTENT, MSG_WAITALL), CONTENT);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
}

TEST_HARNESS_MAIN
