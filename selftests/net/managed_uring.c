// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* io_uring and epoll on a managed socket: what is no data completes no read, what ends it does. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "managed.h"
#include "ring.h"

#include <poll.h>
#include <sys/epoll.h>

ADD_SUITE(managed, 13_aes_gcm_128, 3, AES_GCM_128);
ADD_SUITE(managed, 13_chacha20_poly1305, 3, CHACHA20_POLY1305);

static const uint8_t ticket[] = { 4, 0, 0, 14, 0, 1, 1, 1, 2, 2, 2, 2, 0, 0, 1, 9, 0, 0 };

static struct ring ring;
static char buf[64];

#define NEED_RING() ASSERT_EQ(ring_init(&ring), 0)
#define NOT_YET() EXPECT_EQ(ring_next(&ring, NULL, 100), NOTHING)
#define EXPECT_DONE(result) EXPECT_EQ(ring_next(&ring, NULL, PATIENCE), result)

/* A ticket, and a KeyUpdate that wants an answer. */
#define PEER_CONTROLS() do {							\
	PEER(TYPE_HANDSHAKE, ticket, sizeof(ticket));				\
	PEER(TYPE_HANDSHAKE, "\30\0\0\1\1", 5);					\
	secret_update(&self->c.rx_secret, &self->c.rx);				\
} while (0)

#define EXPECT_ANSWER() do {							\
	EXPECT_WIRE(TYPE_HANDSHAKE, "\30\0\0\1\0", 5);				\
	secret_update(&self->c.tx_secret, &self->c.tx);				\
} while (0)

/* How a connection may end, and what a read is then told. */
static const struct {
	uint8_t type, content[2];
	int result;
} ends[] = {
	{ TYPE_ALERT, { 1, 0 }, 0 },
	{ TYPE_ALERT, { 2, 40 }, -EPROTO },
	{ TYPE_CCS, { 1, 1 }, -EPROTO },
	{ 0, {}, -ENOLINK },
};

#define PEER_ENDS(i) do {							\
	if (!ends[i].type)							\
		shutdown(self->c.peer, SHUT_WR);				\
	if (ends[i].type)							\
		PEER(ends[i].type, ends[i].content, 2);				\
} while (0)

#define EACH_END(i)								\
	for (i = 0; i < (int)ARRAY_SIZE(ends) && _metadata->exit_code == 0; i++) \
		if (close(self->c.fd), close(self->c.peer),			\
		    !managed_open(&self->c, &variant->suite, 0))

TEST_F(managed, recv_waits_for_data)
{
	int way;

	NEED_RING();
	for (way = 0; way < 2; way++) {
		RING_SQE(&ring, RECV, self->c.fd, buf, sizeof(buf), .flags = way ? IOSQE_ASYNC : 0);
		ring_submit(&ring);
		NOT_YET();
		PEER_CONTROLS();
		NOT_YET();
		EXPECT_ANSWER();
		PEER(TYPE_DATA, "data", 4);
		EXPECT_DONE(4);
		EXPECT_EQ(memcmp(buf, "data", 4), 0);
	}
}

TEST_F(managed, recv_ends)
{
	int i;

	NEED_RING();
	EACH_END(i) {
		RING_SQE(&ring, RECV, self->c.fd, buf, sizeof(buf));
		ring_submit(&ring);
		NOT_YET();
		PEER_ENDS(i);
		EXPECT_DONE(ends[i].result) {
			TH_LOG("end %d", i);
		}
		/* And again, without waiting. */
		RING_SQE(&ring, RECV, self->c.fd, buf, sizeof(buf), .msg_flags = MSG_DONTWAIT);
		ring_submit(&ring);
		EXPECT_DONE(ends[i].result);
	}
}

/* The end wakes a poll. */
TEST_F(managed, poll_ends)
{
	int i, got;

	NEED_RING();
	EACH_END(i) {
		RING_SQE(&ring, POLL_ADD, self->c.fd, NULL, 0, .poll32_events = POLLIN);
		ring_submit(&ring);
		NOT_YET();
		PEER_ENDS(i);
		got = ring_next(&ring, NULL, PATIENCE);
		EXPECT_EQ(got & POLLIN, POLLIN);
		got = recv(self->c.fd, buf, sizeof(buf), MSG_DONTWAIT);
		EXPECT_EQ(got < 0 ? -errno : got, ends[i].result);
	}
}

/* A poll of io_uring completes where read would not wait: not for what is no data. */
TEST_F(managed, poll_waits_for_data)
{
	int way, i;

	NEED_RING();
	for (way = 0; way < 2; way++) {
		RING_SQE(&ring, POLL_ADD, self->c.fd, NULL, way ? IORING_POLL_ADD_MULTI : 0,
			 .poll32_events = POLLIN);
		ring_submit(&ring);
		NOT_YET();
		for (i = 0; i < (way ? 3 : 1); i++) {
			PEER_CONTROLS();
			NOT_YET();
			/* Nobody but the poll has looked. */
			EXPECT_ANSWER();
			PEER_CONTROLS();
			PEER(TYPE_DATA, "data", 4);
			EXPECT_DONE(POLLIN);
			EXPECT_READ("data");
			EXPECT_ANSWER();
		}
		NOT_YET();
	}
}

/* Likewise where a record that TCP's window has no room for is no data. */
TEST_F(managed, poll_waits_behind_a_window)
{
	uint8_t rec[WIRE_MAX];
	size_t n, at;

	NEED_RING();
	set_int(self->c.fd, SOL_SOCKET, SO_RCVBUF, 4000);
	set_int(self->c.peer, SOL_SOCKET, SO_SNDBUF, 400000);
	RING_SQE(&ring, POLL_ADD, self->c.fd, NULL, 0, .poll32_events = POLLIN);
	ring_submit(&ring);
	n = wire_seal(&self->c.rx, TYPE_HANDSHAKE, ticket, sizeof(ticket), 15000, rec);
	for (at = 0; at < n; at += 1000)
		ASSERT_EQ(send_full(self->c.peer, rec + at, n - at < 1000 ? n - at : 1000, 0), 0);
	NOT_YET();
	PEER(TYPE_DATA, "data", 4);
	EXPECT_DONE(POLLIN);
	EXPECT_READ("data");
}

/* SO_RCVLOWAT counts sealed bytes, whatever is in them: what is fewer, only a read looks at. */
TEST_F(managed, low_water_mark)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0);
	static char more[2000];

	ASSERT_EQ(set_int(self->c.fd, SOL_SOCKET, SO_RCVLOWAT, 1000), 0);
	ASSERT_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, self->c.fd, &event), 0);
	PEER_CONTROLS();
	EXPECT_EQ(epoll_wait(ep, &event, 1, 100), 0);
	EXPECT_EQ(poll_for(self->c.peer, POLLIN, 0), 0);
	PEER(TYPE_DATA, "few", 3);
	EXPECT_EQ(epoll_wait(ep, &event, 1, 100), 0);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, 0), 0);
	EXPECT_EQ(poll_for(self->c.peer, POLLIN, 0), 0);
	EXPECT_EQ(recv(self->c.fd, buf, sizeof(buf), MSG_DONTWAIT), 3);
	EXPECT_ANSWER();
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, 0), 0);
	PEER(TYPE_DATA, more, sizeof(more));
	EXPECT_EQ(epoll_wait(ep, &event, 1, PATIENCE), 1);
	EXPECT_EQ(recv(self->c.fd, more, sizeof(more), MSG_DONTWAIT), (ssize_t)sizeof(more));
	close(ep);
}

/* Sending: the answer that is due goes first; after an alert there is no sending. */
TEST_F(managed, send)
{
	NEED_RING();
	PEER_CONTROLS();
	RING_SQE(&ring, SEND, self->c.fd, "data", 4);
	ring_submit(&ring);
	EXPECT_DONE(4);
	EXPECT_ANSWER();
	EXPECT_WIRE(TYPE_DATA, "data", 4);
	PEER(TYPE_ALERT, "\2\50", 2);
	RING_SQE(&ring, SEND, self->c.fd, "data", 4, .msg_flags = MSG_NOSIGNAL);
	ring_submit(&ring);
	EXPECT_DONE(-EPIPE);
}

TEST_F(managed, shutdown)
{
	NEED_RING();
	RING_SQE(&ring, SEND, self->c.fd, "last", 4, .msg_flags = MSG_MORE, .flags = IOSQE_IO_LINK);
	RING_SQE(&ring, SHUTDOWN, self->c.fd, NULL, SHUT_WR);
	ring_submit(&ring);
	EXPECT_DONE(4);
	EXPECT_DONE(0);
	EXPECT_WIRE(TYPE_DATA, "last", 4);
	EXPECT_WIRE(TYPE_ALERT, CLOSE_NOTIFY, 2);
}

/* Edge-triggered: never an event that no read can make use of, never one too few. */
TEST_F(managed, epoll_edges)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET };
	int ep = epoll_create1(0), i;

	ASSERT_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, self->c.fd, &event), 0);
	EXPECT_EQ(epoll_wait(ep, &event, 1, 100), 0);
	for (i = 0; i < 5; i++) {
		PEER_CONTROLS();
		EXPECT_EQ(epoll_wait(ep, &event, 1, 100), 0);
		EXPECT_ANSWER();
		PEER(TYPE_DATA, "data", 4);
		EXPECT_EQ(epoll_wait(ep, &event, 1, PATIENCE), 1);
		EXPECT_EQ(event.events, EPOLLIN);
		EXPECT_READ("data");
		EXPECT_EQ(recv(self->c.fd, buf, sizeof(buf), MSG_DONTWAIT), -1);
		EXPECT_EQ(errno, EAGAIN);
		EXPECT_EQ(epoll_wait(ep, &event, 1, 0), 0);
	}
	/* Control behind data that is not all read, then more data. */
	PEER(TYPE_DATA, "one", 3);
	EXPECT_EQ(epoll_wait(ep, &event, 1, PATIENCE), 1);
	EXPECT_EQ(read(self->c.fd, buf, 1), 1);
	PEER_CONTROLS();
	PEER(TYPE_DATA, "two", 3);
	EXPECT_EQ(epoll_wait(ep, &event, 1, PATIENCE), 1);
	EXPECT_READ("netwo");
	EXPECT_ANSWER();
	PEER(TYPE_ALERT, CLOSE_NOTIFY, 2);
	EXPECT_EQ(epoll_wait(ep, &event, 1, PATIENCE), 1);
	EXPECT_EQ(event.events, EPOLLIN | EPOLLRDHUP);
	EXPECT_READ("");
	close(ep);
}

TEST_HARNESS_MAIN
