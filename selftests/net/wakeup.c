// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Nobody sleeps for ever: two ends that wait in each of the ways there are send bytes to and fro,
 * and each wait has to end.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "guard.h"
#include "suites.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

#define ROUNDS		300
#define ROUNDS_SMALL	12
#define LARGEST		40000u	/* bytes of a round */

enum how { BY_POLL, BY_SELECT, BY_EPOLL_EDGE, BY_RECV };

/* An end: what it has received and has still to send. */
struct end {
	int fd, epfd;
	enum how how;
	unsigned int seed;
	double longest;		/* seconds of one wait */
	uint8_t buf[LARGEST];
};

static uint8_t data[LARGEST];

static int wait_select(int fd, int events)
{
	struct timeval limit = { .tv_sec = PATIENCE / 1000 };
	fd_set in, out;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fd, events & POLLIN ? &in : &out);
	if (events & POLLOUT)
		FD_SET(fd, &out);
	return select(fd + 1, &in, &out, NULL, &limit);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* 1 when one of the events is there, 0 if none comes. */
static int await_any(struct end *e, int events)
{
	struct pollfd p = { .fd = e->fd, .events = events };
	struct epoll_event event;

	switch (e->how) {
	case BY_SELECT:
		return wait_select(e->fd, events);
	case BY_EPOLL_EDGE:
		return epoll_wait(e->epfd, &event, 1, PATIENCE);
	default:
		return poll(&p, 1, PATIENCE);
	}
}

static int await(struct end *e, int events)
{
	double start = now(), took;
	int ret = await_any(e, events);

	took = now() - start;
	if (took > e->longest)
		e->longest = took;
	return ret;
}

static int end_init(struct end *e, int fd, enum how how, unsigned int seed)
{
	struct epoll_event edge = { .events = EPOLLIN | EPOLLOUT | EPOLLET };

	*e = (struct end){ .fd = fd, .epfd = -1, .how = how, .seed = seed };
	if (how == BY_RECV)
		return 0;
	if (how == BY_EPOLL_EDGE) {
		e->epfd = epoll_create1(0);
		if (epoll_ctl(e->epfd, EPOLL_CTL_ADD, fd, &edge))
			return -1;
	}
	return fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* Sends back whatever comes, until the end of the stream. */
static int echo(struct end *e)
{
	for (;;) {
		ssize_t n = recv(e->fd, e->buf, 1 + rand_r(&e->seed) % LARGEST, 0), sent = 0;

		if (!n)
			return 0;
		if (n < 0 && (errno != EAGAIN || e->how == BY_RECV || await(e, POLLIN) != 1))
			return 1;
		while (sent < n) {
			ssize_t w = send(e->fd, e->buf + sent, n - sent, MSG_NOSIGNAL);

			if (w > 0)
				sent += w;
			else if (errno != EAGAIN || await(e, POLLOUT) != 1)
				return 2;
		}
	}
}

/* One round: @len bytes there and back. Returns how many came. */
static size_t there_and_back(struct end *e, size_t len)
{
	size_t sent = 0, got = 0;

	while (got < len) {
		bool moved = false;
		ssize_t n;

		if (sent < len) {
			n = send(e->fd, data + sent, 1 + rand_r(&e->seed) % (len - sent), 0);
			if (n > 0)
				sent += n;
			moved = n > 0;
		}
		if (e->how != BY_RECV || sent == len) {
			n = recv(e->fd, e->buf + got, len - got, 0);
			if (n > 0)
				got += n;
			moved |= n > 0;
		}
		if (!moved && (e->how == BY_RECV ||
			       await(e, sent < len ? POLLIN | POLLOUT : POLLIN) != 1))
			break;
	}
	return got;
}

FIXTURE(wakeup)
{
	int fd[2];
};

FIXTURE_VARIANT(wakeup)
{
	struct suite suite;
	enum how how;
	int rcvbuf;
};

#define WAKEUP(name, way, bytes)						\
	FIXTURE_VARIANT_ADD(wakeup, name) {					\
		.suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 },		\
		.how = (way), .rcvbuf = (bytes),				\
	}

WAKEUP(poll, BY_POLL, 0);
WAKEUP(poll_small, BY_POLL, 4096);
WAKEUP(select, BY_SELECT, 0);
WAKEUP(select_small, BY_SELECT, 4096);
WAKEUP(epoll_edge, BY_EPOLL_EDGE, 0);
WAKEUP(epoll_edge_small, BY_EPOLL_EDGE, 4096);
WAKEUP(recv, BY_RECV, 0);
WAKEUP(recv_small, BY_RECV, 4096);

FIXTURE_SETUP(wakeup)
{
	struct keys keys;
	int i;

	pattern(data, 0, sizeof(data));
	ASSERT_EQ(tcp_pair(AF_INET, self->fd), 0);
	for (i = 0; i < 2; i++) {
		if (variant->rcvbuf)
			set_int(self->fd[i], SOL_SOCKET, SO_RCVBUF, variant->rcvbuf);
		if (getenv("SEALSOCK_TEST_PLAIN"))
			continue;
		ASSERT_EQ(ulp_attach(self->fd[i]), 0);
		keys_init(&keys, &variant->suite, 0);
		ASSERT_EQ(keys_set(self->fd[i], TLS_TX, &keys), 0);
		ASSERT_EQ(keys_set(self->fd[i], TLS_RX, &keys), 0);
	}
}

FIXTURE_TEARDOWN(wakeup)
{
	close(self->fd[0]);
	close(self->fd[1]);
}

TEST_F_TIMEOUT(wakeup, to_and_fro, 120)
{
	size_t most = variant->how == BY_RECV && variant->rcvbuf ? 1000 : LARGEST;
	struct end end;
	int i, status;
	pid_t pid;

	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		close(self->fd[0]);
		_exit(end_init(&end, self->fd[1], variant->how, 2) ? 3 : echo(&end));
	}
	close(self->fd[1]);
	ASSERT_EQ(end_init(&end, self->fd[0], variant->how, 1), 0);
	for (i = 0; i < (variant->rcvbuf ? ROUNDS_SMALL : ROUNDS); i++) {
		/* Small ones and large ones. */
		unsigned int r = rand_r(&end.seed);
		size_t len = 1 + r % (r & 0x4000 ? 100 : most);

		ASSERT_EQ(there_and_back(&end, len), len) TH_LOG("round %d", i);
		ASSERT_EQ(memcmp(end.buf, data, len), 0);
	}
	TH_LOG("the longest wait: %.3f s", end.longest);
	ASSERT_EQ(shutdown(self->fd[0], SHUT_WR), 0);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

TEST_HARNESS_MAIN
