// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The hold with each allocation, and each copy from or to the user, failed in turn. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "fault.h"
#include "hold.h"

TEST_F(hold, asked)
{
	uint32_t role;
	int fd, r;

	for (role = SEALSOCK_ROLE_SERVE; role <= SEALSOCK_ROLE_CONNECT; role++) {
		EACH({
			fd = socket(variant->family, SOCK_STREAM, 0);
		}, r, hold_ask(fd, role), {
			/* Not plain again: asking fails, or is done. */
			if (r)
				EXPECT_TRUE(errno == ENOMEM || errno == EFAULT || errno == ENOENT);
			close(fd);
		});
	}
}

TEST_F(hold, next_of_a_program)
{
	struct sealsock_due due;
	int fd, peer, r;

	EACH({
		fd = socket(variant->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		ASSERT_EQ(hold_ask(fd, SEALSOCK_ROLE_CONNECT), 0);
		connect(fd, (struct sockaddr *)&self->addr, self->len);
		peer = accept(self->listener, NULL, NULL);
		ASSERT_GT(poll_for(self->device, POLLIN, PATIENCE), 0);
	}, r, ioctl(self->device, SEALSOCK_NEXT, &due), {
		if (r < 0) {
			/* Due still, or failed by name if it was lost on the way out. */
			EXPECT_EQ(send(fd, "x", 1, MSG_NOSIGNAL), -1);
			if (errno == EAGAIN) {
				EXPECT_GT(poll_for(self->device, POLLIN, 0), 0);
				r = ioctl(self->device, SEALSOCK_NEXT, &due);
			} else {
				EXPECT_EQ(errno, ECONNABORTED);
			}
		}
		if (r >= 0) {
			ASSERT_EQ(hold_release(r, false, NULL, 0), 0);
			close(r);
		}
		close(fd);
		close(peer);
	});
}

TEST_F(hold, next_of_a_listener)
{
	struct sealsock_due due;
	int fd, peer, r;

	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	EACH({
		peer = peer_connect(&self->addr, self->len);
		ASSERT_GT(poll_for(self->device, POLLIN, PATIENCE), 0);
	}, r, ioctl(self->device, SEALSOCK_NEXT, &due), {
		if (r < 0 && poll_for(self->device, POLLIN, 0) > 0)
			r = ioctl(self->device, SEALSOCK_NEXT, &due);
		if (r >= 0) {
			ASSERT_EQ(hold_release(r, true, NULL, 0), 0);
			fd = accept(self->listener, NULL, NULL);
			ASSERT_GE(fd, 0);
			close(fd);
			close(r);
		}
		close(peer);
		EXPECT_EQ(hold_counts(self->device).taken, 0);
	});
}

/* All or nothing: held as before, and released by the next attempt. */
TEST_F(hold, released)
{
	static const char facts[100] = "facts";
	int fd, peer, channel, r;
	char c;

	EACH({
		fd = socket(variant->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		ASSERT_EQ(hold_ask(fd, SEALSOCK_ROLE_CONNECT), 0);
		connect(fd, (struct sockaddr *)&self->addr, self->len);
		peer = accept(self->listener, NULL, NULL);
		channel = hold_next(self->device, NULL);
		ASSERT_GE(channel, 0);
	}, r, hold_release(channel, false, facts, sizeof(facts)), {
		if (r) {
			EXPECT_TRUE(errno == ENOMEM || errno == EFAULT);
			EXPECT_EQ(send(fd, "x", 1, MSG_NOSIGNAL), -1);
			EXPECT_EQ(errno, EAGAIN);
			ASSERT_EQ(hold_release(channel, false, facts, sizeof(facts)), 0);
		}
		EXPECT_EQ(send(fd, "x", 1, MSG_NOSIGNAL), 1);
		EXPECT_EQ(recv(peer, &c, 1, 0), 1);
		EXPECT_EQ(c, TYPE_DATA);
		close(fd);
		close(peer);
		close(channel);
	});
}

TEST_F(hold, refused)
{
	int fd, peer, channel, r;

	EACH({
		fd = socket(variant->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		ASSERT_EQ(hold_ask(fd, SEALSOCK_ROLE_CONNECT), 0);
		connect(fd, (struct sockaddr *)&self->addr, self->len);
		peer = accept(self->listener, NULL, NULL);
		channel = hold_next(self->device, NULL);
		ASSERT_GE(channel, 0);
	}, r, hold_refuse(channel, EACCES, "no"), {
		if (r) {
			EXPECT_TRUE(errno == ENOMEM || errno == EFAULT);
			ASSERT_EQ(hold_refuse(channel, EACCES, "no"), 0);
		}
		EXPECT_EQ(sock_error(fd), EACCES);
		close(fd);
		close(peer);
		close(channel);
	});
}

TEST_HARNESS_MAIN
