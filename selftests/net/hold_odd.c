// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What somebody who means harm does to a held socket, at either end or as its program. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "hold.h"

/*
 * TCP's urgent data, from a peer that nobody knows yet: its bytes are bytes like others, and
 * a helper that was woken for them finds them.
 */
TEST_F(hold, urgent)
{
	int peer, channel, i, fd;
	char buf[64];

	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	for (i = 0; i < 2; i++) {
		peer = peer_connect(&self->addr, self->len);
		ASSERT_GE(peer, 0);
		channel = hold_next(self->device, NULL);
		ASSERT_GE(channel, 0);
		ASSERT_EQ(send(peer, HELLO, 5, i ? MSG_OOB : 0), 5);
		ASSERT_EQ(send(peer, HELLO + 5, 1, MSG_OOB), 1);
		ASSERT_EQ(send(peer, HELLO + 6, sizeof(HELLO) - 6, 0), sizeof(HELLO) - 6);
		/* Nothing that blocks: whoever does not find them would look for ever. */
		ASSERT_EQ(fcntl(channel, F_SETFL, O_NONBLOCK), 0);
		for (fd = 0; fd < (int)sizeof(HELLO);) {
			ssize_t ret;

			ASSERT_GT(poll_for(channel, POLLIN, 5000), 0);
			ret = read(channel, buf + fd, sizeof(buf) - fd);
			ASSERT_GT(ret, 0) {
				TH_LOG("after %d bytes: %s", fd, strerror(errno));
			}
			fd += ret;
		}
		EXPECT_STREQ(buf, HELLO);
		ASSERT_EQ(fcntl(channel, F_SETFL, 0), 0);
		ASSERT_EQ(write(channel, ANSWER, sizeof(ANSWER)), sizeof(ANSWER));
		ASSERT_EQ(recv_full(peer, buf, sizeof(ANSWER)), sizeof(ANSWER));
		ASSERT_EQ(hold_release(channel, true, NULL, 0), 0);
		fd = accept(self->listener, NULL, NULL);
		ASSERT_GE(fd, 0);
		EXPECT_TLS(fd, peer, false);
		close(fd);
		close(peer);
		close(channel);
	}
}

TEST_HARNESS_MAIN
