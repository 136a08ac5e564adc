// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* TLS as a property of a socket, end to end: asked for, held, released. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "hold.h"

TEST_F(hold, serve)
{
	struct holder holder;
	int peer, fd;

	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	EXPECT_EQ(hold_mode(self->listener), SEALSOCK_MODE_SERVING);
	ASSERT_EQ(holder_start(&holder, self->device, 1), 0);
	peer = peer_connect(&self->addr, self->len);
	ASSERT_GE(peer, 0);
	ASSERT_EQ(peer_shake(peer, false), 0);
	fd = accept(self->listener, NULL, NULL);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(holder_end(&holder), 0);
	EXPECT_EQ(hold_mode(fd), SEALSOCK_MODE_MANAGED);
	EXPECT_TLS(fd, peer, false);
	close(fd);
	close(peer);
}

TEST_F(hold, connect)
{
	struct holder holder;
	int peer, fd = socket(variant->family, SOCK_STREAM, 0);
	pid_t pid;

	ASSERT_EQ(hold_ask(fd, SEALSOCK_ROLE_CONNECT), 0);
	EXPECT_EQ(hold_mode(fd), SEALSOCK_MODE_ASKED);
	ASSERT_EQ(holder_start(&holder, self->device, 1), 0);
	pid = fork();
	if (!pid) {
		peer = accept(self->listener, NULL, NULL);
		_exit(peer_shake(peer, true) || sleep(1) || 0);
	}
	ASSERT_EQ(connect(fd, (struct sockaddr *)&self->addr, self->len), 0);
	EXPECT_EQ(hold_mode(fd), SEALSOCK_MODE_MANAGED);
	EXPECT_EQ(holder_end(&holder), 0);
	EXPECT_EQ(waitpid(pid, NULL, 0), pid);
	close(fd);
}

TEST_HARNESS_MAIN
