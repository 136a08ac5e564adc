/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Fixture "wired": fd has the ULP and both keys; peer is the plain TCP socket at the other end,
 * where the test itself opens (tx) what fd sends and seals (rx) what fd is to receive.
 */
#ifndef SELFTESTS_NET_WIRED_H
#define SELFTESTS_NET_WIRED_H

#include "guard.h"
#include "peer.h"
#include "suites.h"

FIXTURE(wired)
{
	int fd, peer;
	struct wire tx, rx;
	bool v13;
};

FIXTURE_VARIANT(wired)
{
	struct suite suite;
};

ADD_SUITES(wired);

FIXTURE_SETUP(wired)
{
	struct keys keys;
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	self->fd = fd[0];
	self->peer = fd[1];
	self->v13 = variant->suite.version == TLS_1_3_VERSION;
	ASSERT_EQ(ulp_attach(self->fd), 0);
	keys_init(&keys, &variant->suite, 0);
	wire_init(&self->tx, &keys);
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &keys), 0);
	keys_init(&keys, &variant->suite, 1);
	wire_init(&self->rx, &keys);
	ASSERT_EQ(keys_set(self->fd, TLS_RX, &keys), 0);
}

FIXTURE_TEARDOWN(wired)
{
	close(self->fd);
	close(self->peer);
}

/* Reads one data record from the peer and compares it with the pattern at offset. */
#define EXPECT_RECORD(offset, length) do {						\
	static uint8_t rec_buf[RECORD_MAX + 256];					\
	uint8_t rec_type = 0;								\
	ssize_t rec_len = wire_recv(&self->tx, self->peer, &rec_type, rec_buf);		\
											\
	EXPECT_EQ(rec_len, (ssize_t)(length)) {						\
		TH_LOG("record: %s", self->tx.why);					\
	}										\
	EXPECT_EQ(rec_type, TYPE_DATA);							\
	if (rec_len > 0) {								\
		EXPECT_EQ(pattern_check(rec_buf, offset, rec_len), -1);			\
	}										\
} while (0)

#endif
