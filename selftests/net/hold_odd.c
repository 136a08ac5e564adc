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

			ASSERT_GT(poll_for(channel, POLLIN, PATIENCE), 0);
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

/*
 * A listener that has the ULP and was never told its role is closed, and another of the same port
 * gets what it had: TLS was asked for, and will never be.
 */
TEST_F(hold, migrated_without_role)
{
	int fd[2], i, peer, got;
	struct sockaddr_storage addr = self->addr;
	socklen_t len = self->len;
	char c;

	if (sysctl_set("tcp_migrate_req", "1"))
		SKIP(return, "this kernel does not migrate requests");
	((struct sockaddr_in *)&addr)->sin_port = 0;
	for (i = 0; i < 2; i++) {
		fd[i] = socket(variant->family, SOCK_STREAM, 0);
		ASSERT_EQ(set_int(fd[i], SOL_SOCKET, SO_REUSEPORT, 1), 0);
		ASSERT_EQ(bind(fd[i], (struct sockaddr *)&addr, len), 0);
		ASSERT_EQ(getsockname(fd[i], (struct sockaddr *)&addr, &len), 0);
	}
	ASSERT_EQ(listen(fd[0], 5), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	peer = peer_connect(&addr, len);
	ASSERT_GE(peer, 0);
	ASSERT_EQ(listen(fd[1], 5), 0);
	close(fd[0]);
	ASSERT_EQ(poll_for(fd[1], POLLIN, PATIENCE), POLLIN);
	got = accept(fd[1], NULL, NULL);
	ASSERT_GE(got, 0);
	EXPECT_EQ(poll_for(got, POLLIN | POLLOUT, 0) & POLLERR, POLLERR);
	EXPECT_EQ(send(got, "clear", 5, MSG_NOSIGNAL), -1);
	EXPECT_EQ(errno, ENODATA);
	EXPECT_EQ(recv(got, &c, 1, 0), -1);
	EXPECT_EQ(errno, ENODATA);
	close(got);
	EXPECT_LE(recv(peer, &c, 1, 0), 0);
	close(peer);
	close(fd[1]);
	sysctl_set("tcp_migrate_req", "0");
}

/* What would go past the hold, set before there is one. */
TEST_F(hold, set_before)
{
	static const int options[] = { TCP_REPAIR, TCP_FASTOPEN_CONNECT };
	int i, fd;

	for (i = 0; i < 2; i++) {
		fd = socket(variant->family, SOCK_STREAM, 0);
		ASSERT_EQ(set_int(fd, IPPROTO_TCP, options[i], 1), 0);
		EXPECT_EQ(ulp_attach(fd), -1);
		EXPECT_EQ(errno, EOPNOTSUPP);
		ASSERT_EQ(set_int(fd, IPPROTO_TCP, options[i], 0), 0);
		EXPECT_EQ(hold_ask(fd, SEALSOCK_ROLE_SERVE), 0);
		close(fd);
	}
}

/* It listened, without TLS or a role, and connects now. */
TEST_F(hold, listened_before)
{
	struct sockaddr_storage unspec = { .ss_family = AF_UNSPEC };
	struct holder holder;
	int fd = socket(variant->family, SOCK_STREAM, 0), peer;

	ASSERT_EQ(listen(fd, 1), 0);
	ASSERT_EQ(ulp_attach(fd), 0);
	EXPECT_EQ(hold_role(fd, SEALSOCK_ROLE_CONNECT), -1);
	EXPECT_EQ(errno, EISCONN);
	ASSERT_EQ(connect(fd, (struct sockaddr *)&unspec, sizeof(unspec)), 0);
	ASSERT_EQ(hold_role(fd, SEALSOCK_ROLE_CONNECT), 0);
	ASSERT_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(connect(fd, (struct sockaddr *)&self->addr, self->len), -1);
	EXPECT_EQ(errno, EINPROGRESS);
	ASSERT_EQ(holder_start(&holder, self->device, 1), 0);
	peer = accept(self->listener, NULL, NULL);
	ASSERT_GE(peer, 0);
	ASSERT_EQ(peer_shake(peer, true), 0);
	EXPECT_EQ(holder_end(&holder), 0);
	EXPECT_EQ(poll_for(fd, POLLOUT, PATIENCE), POLLOUT);
	ASSERT_EQ(fcntl(fd, F_SETFL, 0), 0);
	EXPECT_TLS(fd, peer, true);
	close(fd);
	close(peer);
}

/* Threads that listen and shut down at once: afterwards nothing is left, and it serves. */
struct race {
	int fd;
	bool stop;
};

static void *listen_on(void *arg)
{
	struct race *r = arg;

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE))
		listen(r->fd, 8);
	return NULL;
}

static void *stop_it(void *arg)
{
	struct sockaddr_storage unspec = { .ss_family = AF_UNSPEC };
	struct race *r = arg;

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
		shutdown(r->fd, SHUT_RD);
		connect(r->fd, (struct sockaddr *)&unspec, sizeof(unspec));
	}
	return NULL;
}

TEST_F(hold, listen_and_shutdown)
{
	struct race race = { .fd = self->listener };
	struct sockaddr_storage unspec = { .ss_family = AF_UNSPEC };
	int i, peer, fd, channel, users = module_users();
	pthread_t threads[2];
	struct holder holder;

	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	ASSERT_EQ(fcntl(self->listener, F_SETFL, O_NONBLOCK), 0);
	ASSERT_EQ(pthread_create(&threads[0], NULL, listen_on, &race), 0);
	ASSERT_EQ(pthread_create(&threads[1], NULL, stop_it, &race), 0);
	for (i = 0; i < 300; i++) {
		peer = peer_connect(&self->addr, self->len);
		channel = ioctl(self->device, SEALSOCK_NEXT, &(struct sealsock_due){});
		if (channel >= 0 && i % 2)
			hold_release(channel, true, NULL, 0);
		fd = accept(self->listener, NULL, NULL);
		close(fd);
		close(channel);
		close(peer);
	}
	__atomic_store_n(&race.stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);

	/* Unlike shutdown(), which a socket that does not listen remembers for a connection. */
	ASSERT_EQ(connect(self->listener, (struct sockaddr *)&unspec, sizeof(unspec)), 0);
	ASSERT_EQ(fcntl(self->listener, F_SETFL, 0), 0);
	ASSERT_EQ(listen(self->listener, 5), 0);
	ASSERT_EQ(getsockname(self->listener, (struct sockaddr *)&self->addr, &self->len), 0);
	ASSERT_EQ(holder_start(&holder, self->device, 1), 0);
	peer = peer_connect(&self->addr, self->len);
	ASSERT_EQ(peer_shake(peer, false), 0);
	fd = accept(self->listener, NULL, NULL);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(holder_end(&holder), 0);
	EXPECT_TLS(fd, peer, false);
	close(fd);
	close(peer);
	close(self->listener);
	self->listener = -1;
	EXPECT_USERS(users);
}

TEST_HARNESS_MAIN
