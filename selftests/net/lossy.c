// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A bad network: loss, reordering, duplicates and small segments, in a network namespace of its
 * own. Retransmission reads a sealed record again, long after the call that made it.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "guard.h"
#include "peer.h"
#include "suites.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/sendfile.h>

#define LEN	(3 * MIB)
#define NETEM	"delay 500us 500us loss 1% duplicate 1% reorder 10%"

FIXTURE(lossy)
{
	int fd, peer;
	struct wire tx, rx;
};

FIXTURE_VARIANT(lossy)
{
	struct suite suite;
};

ADD_SUITES(lossy);

/* False if there is no such queue discipline here. */
static bool spoil_network(void)
{
	return !unshare(CLONE_NEWNET) &&
	       (system("modprobe -q sch_netem"), !system("ip link set lo mtu 1500 up")) &&
	       !system("tc qdisc add dev lo root netem " NETEM);
}

FIXTURE_SETUP(lossy)
{
	struct keys keys;
	int fd[2];

	if (!spoil_network())
		SKIP(return, "no ip, tc or sch_netem");
	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	self->fd = fd[0];
	self->peer = fd[1];
	ASSERT_EQ(set_timeout(self->fd, 25000), 0);
	ASSERT_EQ(set_timeout(self->peer, 25000), 0);
	ASSERT_EQ(ulp_attach(self->fd), 0);
	keys_init(&keys, &variant->suite, 0);
	wire_init(&self->tx, &keys);
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &keys), 0);
	keys_init(&keys, &variant->suite, 1);
	wire_init(&self->rx, &keys);
	ASSERT_EQ(keys_set(self->fd, TLS_RX, &keys), 0);
}

FIXTURE_TEARDOWN(lossy)
{
	close(self->fd);
	close(self->peer);
}

TEST_F(lossy, send)
{
	uint8_t *data = pattern_alloc(LEN);
	struct drain drain = {};
	size_t done, n;

	drain_start(&drain, self->peer, &self->tx, LEN);
	for (done = 0; done < LEN; done += n) {
		/* All sizes, so that records lie in every way across segments and pages. */
		n = done * 31 % 40000 + 1;
		if (n > LEN - done)
			n = LEN - done;
		ASSERT_EQ(send(self->fd, data + done, n, 0), n);
	}
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, LEN);
	free(data);
}

TEST_F(lossy, sendfile)
{
	struct drain drain = {};
	int file = pattern_file(LEN);
	size_t done = 0;

	drain_start(&drain, self->peer, &self->tx, LEN);
	while (done < LEN) {
		ssize_t n = sendfile(self->fd, file, NULL, LEN - done);

		ASSERT_GT(n, 0);
		done += n;
	}
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, LEN);
	close(file);
}

TEST_F(lossy, recv)
{
	uint8_t *sealed, *got = malloc(LEN);
	size_t n = seal_pattern(&self->rx, LEN, 5000, 0, &sealed), at = 0;
	struct feed feed;

	ASSERT_NE(got, NULL);
	feed_start(&feed, self->peer, sealed, n, 0);
	while (at < LEN) {
		ssize_t r = recv(self->fd, got + at, at * 31 % 40000 + 1, 0);

		ASSERT_GT(r, 0);
		at += r;
		if (at + 40000 > LEN)
			break;
	}
	EXPECT_EQ(recv_full(self->fd, got + at, LEN - at), LEN - at);
	EXPECT_EQ(pattern_check(got, 0, LEN), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
	free(got);
}

TEST_F(lossy, close_with_unsent_data)
{
	uint8_t *data = pattern_alloc(LEN);
	struct drain drain = {};
	size_t len = 0;
	ssize_t n;

	while (len < LEN && (n = send(self->fd, data + len, LEN - len, MSG_DONTWAIT)) > 0)
		len += n;
	close(self->fd);
	self->fd = -1;
	drain_start(&drain, self->peer, &self->tx, 0);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, len);
	free(data);
}

TEST_HARNESS_MAIN
