// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* poll and epoll report a whole record, not a part of one, and never miss one. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <poll.h>
#include <sys/epoll.h>

static uint8_t got[MIB];

/* A sealed record of len bytes of the pattern in *rec; its length. */
static size_t seal(struct wire *wire, size_t len, size_t pad, uint8_t *rec)
{
	uint8_t *data = pattern_alloc(len);
	size_t n = wire_seal(wire, TYPE_DATA, data, len, pad, rec);

	free(data);
	return n;
}

/* 1 when the edge or level reports within ms, 0 when not. */
static int epoll_for(int ep, int ms)
{
	struct epoll_event ev;

	return epoll_wait(ep, &ev, 1, ms < 1000 ? ms : PATIENCE);
}

static int epoll_on(int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events };
	int ep = epoll_create1(0);

	return ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) ? -1 : ep;
}

TEST_F(wired, whole_records_only)
{
	uint8_t rec[WIRE_MAX];
	size_t n = seal(&self->rx, 100, 0, rec);

	EXPECT_EQ(poll_for(self->fd, POLLIN, 0), 0);
	ASSERT_EQ(send_full(self->peer, rec, 3, 0), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 100), 0);
	ASSERT_EQ(send_full(self->peer, rec + 3, 50, 0), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 100), 0);
	ASSERT_EQ(send_full(self->peer, rec + 53, n - 54, 0), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 100), 0);
	ASSERT_EQ(send_full(self->peer, rec + n - 1, 1, 0), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 100);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 0), 0);
}

TEST_F(wired, whole_and_a_part)
{
	uint8_t rec[2 * WIRE_MAX];
	size_t a = seal(&self->rx, 100, 0, rec), b = seal(&self->rx, 200, 0, rec + a);

	ASSERT_EQ(send_full(self->peer, rec, a + b - 1, 0), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 100);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 100), 0);
	ASSERT_EQ(send_full(self->peer, rec + a + b - 1, 1, 0), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 200);
}

TEST_F(wired, until_the_record_is_read)
{
	uint8_t rec[WIRE_MAX];
	size_t n = seal(&self->rx, 1000, 0, rec);
	int i;

	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
		EXPECT_EQ(recv(self->fd, got, 100, 0), 100);
	}
	EXPECT_EQ(poll_for(self->fd, POLLIN, 0), 0);
	n = seal(&self->rx, 1000, 0, rec);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, 10, MSG_PEEK), 10);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 0), POLLIN);
	EXPECT_EQ(recv(self->fd, got, 1000, MSG_PEEK), 1000);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 0), POLLIN);
	EXPECT_EQ(recv(self->fd, got, 1000, 0), 1000);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 0), 0);
}

/* A sleeping poll is woken by the last byte. */
TEST_F(wired, wakes)
{
	uint8_t rec[WIRE_MAX];
	size_t n = seal(&self->rx, 5000, 0, rec);
	int status;
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid) {
		usleep(100000);
		send_full(self->peer, rec, n / 2, 0);
		usleep(200000);
		send_full(self->peer, rec + n / 2, n - n / 2, 0);
		_exit(0);
	}
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_DONTWAIT), 5000);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
}

TEST_F(wired, epoll_level)
{
	uint8_t rec[WIRE_MAX];
	size_t n = seal(&self->rx, 100, 0, rec);
	int ep = epoll_on(self->fd, EPOLLIN);

	ASSERT_GE(ep, 0);
	ASSERT_EQ(send_full(self->peer, rec, n - 1, 0), 0);
	EXPECT_EQ(epoll_for(ep, 100), 0);
	ASSERT_EQ(send_full(self->peer, rec + n - 1, 1, 0), 0);
	EXPECT_EQ(epoll_for(ep, PATIENCE), 1);
	EXPECT_EQ(epoll_for(ep, 0), 1);
	EXPECT_EQ(recv(self->fd, got, 50, 0), 50);
	EXPECT_EQ(epoll_for(ep, 0), 1);
	EXPECT_EQ(recv(self->fd, got, 50, 0), 50);
	EXPECT_EQ(epoll_for(ep, 0), 0);
	close(ep);
}

TEST_F(wired, epoll_edge)
{
	uint8_t rec[WIRE_MAX];
	int ep = epoll_on(self->fd, EPOLLIN | EPOLLET);
	size_t n;
	int i;

	ASSERT_GE(ep, 0);
	for (i = 0; i < 20; i++) {
		n = seal(&self->rx, 100 + i, 0, rec);
		ASSERT_EQ(send_full(self->peer, rec, n / 2, 0), 0);
		EXPECT_EQ(epoll_for(ep, 20), 0);
		ASSERT_EQ(send_full(self->peer, rec + n / 2, n - n / 2, 0), 0);
		ASSERT_EQ(epoll_for(ep, PATIENCE), 1);
		EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_DONTWAIT), 100 + i);
		EXPECT_EQ(recv(self->fd, got, 1, MSG_DONTWAIT), -1);
	}
	close(ep);
}

/* Many senders' worth of records against an edge-triggered reader that reads to EAGAIN. */
TEST_F(wired, epoll_edge_loses_nothing)
{
	const size_t len = MIB / 2;
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, len, 700, 0, &sealed), at = 0;
	int ep = epoll_on(self->fd, EPOLLIN | EPOLLET);
	struct feed feed;

	ASSERT_GE(ep, 0);
	feed_start(&feed, self->peer, sealed, n, 333);
	while (at < len) {
		ASSERT_EQ(epoll_for(ep, PATIENCE), 1) {
			TH_LOG("no event at %zu", at);
		}
		for (;;) {
			ssize_t r = recv(self->fd, got + at, sizeof(got) - at, MSG_DONTWAIT);

			if (r < 0)
				break;
			at += r;
		}
		ASSERT_EQ(errno, EAGAIN);
	}
	EXPECT_EQ(pattern_check(got, 0, len), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
	close(ep);
}

TEST_F(wired, pollout)
{
	struct drain drain = {};
	uint8_t *data = pattern_alloc(sizeof(got));
	size_t total = 0;
	ssize_t n;

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, 65536), 0);
	ASSERT_EQ(set_int(self->peer, SOL_SOCKET, SO_RCVBUF, 65536), 0);
	EXPECT_EQ(poll_for(self->fd, POLLOUT, 0), POLLOUT);
	while ((n = send(self->fd, data + total, 10000, MSG_DONTWAIT)) > 0) {
		total += n;
		ASSERT_LE(total + 10000, sizeof(got));
	}
	EXPECT_EQ(poll_for(self->fd, POLLOUT, 0), 0);
	drain_start(&drain, self->peer, &self->tx, total);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(poll_for(self->fd, POLLOUT, PATIENCE), POLLOUT);
	free(data);
}

TEST_F(wired, hang_up)
{
	uint8_t rec[WIRE_MAX];
	size_t n = seal(&self->rx, 100, 0, rec);

	EXPECT_EQ(poll_for(self->fd, POLLIN | POLLRDHUP, 0), 0);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	EXPECT_GT(poll_for(self->fd, POLLRDHUP, PATIENCE), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN | POLLRDHUP, 0), POLLIN | POLLRDHUP);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 100);
	EXPECT_EQ(poll_for(self->fd, POLLIN | POLLRDHUP, 0), POLLIN | POLLRDHUP);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 0) & POLLHUP, 0);
	ASSERT_EQ(shutdown(self->fd, SHUT_WR), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE) & (POLLIN | POLLHUP), POLLIN | POLLHUP);
}

TEST_F(wired, reset)
{
	struct linger linger = { .l_onoff = 1 };

	ASSERT_EQ(setsockopt(self->peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(self->peer);
	self->peer = -1;
	EXPECT_EQ(poll_for(self->fd, POLLIN | POLLOUT, PATIENCE) & (POLLERR | POLLHUP | POLLIN),
		  POLLERR | POLLHUP | POLLIN);
	EXPECT_EQ(recv(self->fd, got, 10, 0), -1);
	EXPECT_EQ(errno, ECONNRESET);
}

FIXTURE(keyless)
{
	int fd, peer;
	struct wire rx;
	struct keys keys;
};

FIXTURE_VARIANT(keyless)
{
	struct suite suite;
};

ADD_SUITES(keyless);

FIXTURE_SETUP(keyless)
{
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	self->fd = fd[0];
	self->peer = fd[1];
	ASSERT_EQ(ulp_attach(self->fd), 0);
	keys_init(&self->keys, &variant->suite, 0);
	wire_init(&self->rx, &self->keys);
}

FIXTURE_TEARDOWN(keyless)
{
	close(self->fd);
	close(self->peer);
}

/* Data that is queued before the keys come is framed at the installation, and is reported. */
TEST_F(keyless, queued_before_install)
{
	uint8_t rec[WIRE_MAX];
	size_t n = seal(&self->rx, 100, 0, rec);

	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	ASSERT_GT(poll_for(self->fd, POLLIN, PATIENCE), 0);
	ASSERT_EQ(keys_set(self->fd, TLS_RX, &self->keys), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_DONTWAIT), 100);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 0), 0);
}

TEST_F(keyless, part_queued_before_install)
{
	uint8_t rec[WIRE_MAX];
	size_t n = seal(&self->rx, 100, 0, rec);

	ASSERT_EQ(send_full(self->peer, rec, n - 1, 0), 0);
	ASSERT_GT(poll_for(self->fd, POLLIN, PATIENCE), 0);
	ASSERT_EQ(keys_set(self->fd, TLS_RX, &self->keys), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 100), 0);
	ASSERT_EQ(send_full(self->peer, rec + n - 1, 1, 0), 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_DONTWAIT), 100);
}

/* An edge-triggered program that saw the edge before the keys gets one when they are there. */
TEST_F(keyless, install_wakes_edge_triggered)
{
	uint8_t rec[WIRE_MAX];
	size_t n = seal(&self->rx, 100, 0, rec);
	int ep = epoll_on(self->fd, EPOLLIN | EPOLLET);

	ASSERT_GE(ep, 0);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	ASSERT_EQ(epoll_for(ep, PATIENCE), 1);
	ASSERT_EQ(epoll_for(ep, 0), 0);
	ASSERT_EQ(keys_set(self->fd, TLS_RX, &self->keys), 0);
	EXPECT_EQ(epoll_for(ep, PATIENCE), 1);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_DONTWAIT), 100);
	close(ep);
}

TEST_F(keyless, install_wakes_a_reader)
{
	uint8_t rec[WIRE_MAX];
	size_t n = seal(&self->rx, 100, 0, rec);
	int status;
	pid_t pid;

	ASSERT_EQ(keys_set(self->fd, TLS_RX, &self->keys), 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(recv(self->fd, got, sizeof(got), 0) != 100);
	ASSERT_TRUE(falls_asleep(pid));
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

/*
 * A receive buffer smaller than a record: TCP can take no more and the record is not whole. The
 * reader must be woken and the record come all the same.
 */
TEST_F(wired, record_larger_than_the_buffer)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 4 * RECORD_MAX, RECORD_MAX, 0, &sealed), at = 0;
	struct feed feed;

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVBUF, 2048), 0);
	feed_start(&feed, self->peer, sealed, n, 0);
	while (at < 4 * RECORD_MAX) {
		ssize_t r;

		ASSERT_EQ(poll_for(self->fd, POLLIN, PATIENCE) & POLLIN, POLLIN) {
			TH_LOG("not readable at %zu", at);
		}
		r = recv(self->fd, got + at, sizeof(got) - at, MSG_DONTWAIT);
		if (r < 0 && errno == EAGAIN)
			continue;
		ASSERT_GT(r, 0);
		at += r;
	}
	EXPECT_EQ(pattern_check(got, 0, at), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
}

/* The same, in small segments of a peer that does not coalesce, with a blocking reader. */
TEST_F(wired, record_larger_than_the_buffer_blocking)
{
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 4 * RECORD_MAX, RECORD_MAX, 0, &sealed);
	struct feed feed;

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVBUF, 2048), 0);
	ASSERT_EQ(set_int(self->peer, IPPROTO_TCP, TCP_NODELAY, 1), 0);
	feed_start(&feed, self->peer, sealed, n, 100);
	EXPECT_EQ(recv_full(self->fd, got, 4 * RECORD_MAX), 4 * RECORD_MAX);
	EXPECT_EQ(pattern_check(got, 0, 4 * RECORD_MAX), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
}

TEST_HARNESS_MAIN
