// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Users inside the kernel of listeners that serve: whoever has the descriptor may hand it to one,
 * as nfsd takes those of portlist. The calls are made by a module, kuser/.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "hold.h"
#include "kuser/sealsock_kuser.h"

static int kuser = -1;

#define NEED_MODULE() do {							\
	kuser = open("/dev/sealsock_kuser", O_RDWR | O_CLOEXEC);		\
	if (kuser < 0)								\
		SKIP(return, "the module sealsock_kuser is not loaded");	\
} while (0)

#define CALL(socket, operation, ...)						\
	ioctl(kuser, KUSER_CALL, &(struct kuser_call){				\
		.fd = socket, .op = operation, __VA_ARGS__ })

/* So that the rest says something: of a plain listener it gets what anybody gets. */
TEST_F(hold, plain)
{
	long users = module_users();
	char buf[8] = "";
	int peer, fd;

	NEED_MODULE();
	EXPECT_EQ(CALL(self->listener, KUSER_ACCEPT, .flags = O_NONBLOCK), -1);
	EXPECT_EQ(errno, EAGAIN);
	peer = peer_connect(&self->addr, self->len);
	ASSERT_GE(peer, 0);
	fd = CALL(self->listener, KUSER_ACCEPT);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(send(fd, "plain", 5, 0), 5);
	EXPECT_EQ(recv(peer, buf, sizeof(buf), 0), 5);
	close(fd);
	close(peer);
	EXPECT_USERS(users);
}

/* It is refused, at once and before anything is taken: whoever accepts otherwise gets that. */
TEST_F(hold, accept)
{
	static const int flags[] = { 0, O_NONBLOCK };
	long users = module_users();
	struct holder holder;
	int peer, fd, i;

	NEED_MODULE();
	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(CALL(self->listener, KUSER_ACCEPT, .flags = flags[i]), -1);
		EXPECT_EQ(errno, EOPNOTSUPP);
	}
	ASSERT_EQ(holder_start(&holder, self->device, 1), 0);
	peer = peer_connect(&self->addr, self->len);
	ASSERT_GE(peer, 0);
	ASSERT_EQ(peer_shake(peer, false), 0);
	EXPECT_EQ(holder_end(&holder), 0);
	ASSERT_EQ(poll_for(self->listener, POLLIN, PATIENCE), POLLIN);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(CALL(self->listener, KUSER_ACCEPT, .flags = flags[i]), -1);
		EXPECT_EQ(errno, EOPNOTSUPP);
	}
	EXPECT_EQ(hold_counts(self->device).ready, 1);
	fd = accept(self->listener, NULL, NULL);
	ASSERT_GE(fd, 0);
	EXPECT_TLS(fd, peer, false);
	close(fd);
	close(peer);
	close(self->listener);
	self->listener = -1;
	EXPECT_USERS(users);
}

/*
 * A connection that came to a plain listener held: operations of ours cannot be given to what
 * kernel_accept() makes, so it comes to its end before anybody has it.
 */
TEST_F(hold, migrated)
{
	long users = module_users();
	char buf[sizeof(HELLO)] = "";
	int plain, peer, fd;

	NEED_MODULE();
	if (sysctl_set("tcp_migrate_req", "1"))
		SKIP(return, "this kernel does not migrate requests");
	plain = hold_migrate(&self->addr, self->len, &peer);
	ASSERT_GE(plain, 0);
	ASSERT_EQ(send_full(peer, HELLO, sizeof(HELLO), 0), 0);
	fd = CALL(plain, KUSER_ACCEPT);
	ASSERT_GE(fd, 0);
	/* A reader that does not lock the socket before. */
	ASSERT_EQ(CALL(fd, KUSER_LISTEN), 0);
	EXPECT_EQ(recv(peer, buf, sizeof(buf), 0), -1);
	EXPECT_EQ(errno, ECONNRESET);
	EXPECT_EQ(recv(fd, buf, sizeof(buf), 0), -1);
	EXPECT_EQ(errno, ECONNRESET);
	EXPECT_EQ(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	EXPECT_EQ(errno, EPIPE);
	EXPECT_EQ(CALL(fd, KUSER_READ, .buf = (uintptr_t)buf, .len = 1), 0);
	EXPECT_EQ(CALL(fd, KUSER_UNLISTEN), 0);
	close(fd);
	close(peer);
	close(plain);
	sysctl_set("tcp_migrate_req", "0");
	EXPECT_USERS(users);
}

/*
 * SUNRPC calls whoever had the listener's sk_data_ready before, and its connections inherit its
 * own: what they get must not come to the listener's.
 */
TEST_F(hold, callback_replaced)
{
	struct holder holder;
	int peer, fd, i;

	NEED_MODULE();
	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	ASSERT_EQ(CALL(self->listener, KUSER_LISTEN, .flags = 1), 0);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(holder_start(&holder, self->device, 1), 0);
		peer = peer_connect(&self->addr, self->len);
		ASSERT_GE(peer, 0);
		ASSERT_EQ(peer_shake(peer, false), 0);
		EXPECT_EQ(holder_end(&holder), 0);
		fd = accept(self->listener, NULL, NULL);
		ASSERT_GE(fd, 0);
		EXPECT_TLS(fd, peer, false);
		close(fd);
		close(peer);
	}
	EXPECT_EQ(CALL(self->listener, KUSER_UNLISTEN), 0);
}

TEST_HARNESS_MAIN
