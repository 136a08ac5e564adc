// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The administrator ends a socket by sock_diag(7), as "ss -K" does: in every state the helper is
 * told, the program has its errno, and nothing is left. What TCP thinks of its counts is in the
 * kernel's log, where a test's end looks.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "hold.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#define NO_DESTROY	"this kernel has no INET_DIAG_DESTROY"

static void put_address(const struct sockaddr_storage *from, __be32 *addr, __be16 *port)
{
	const struct sockaddr_in6 *sin6 = (const void *)from;
	const struct sockaddr_in *sin = (const void *)from;

	*port = sin->sin_port;
	if (from->ss_family == AF_INET)
		memcpy(addr, &sin->sin_addr, sizeof(sin->sin_addr));
	else
		memcpy(addr, &sin6->sin6_addr, sizeof(sin6->sin6_addr));
}

/* Ends the socket that has these addresses, @to NULL for a listener: 0, or an errno. */
static int destroy_named(const struct sockaddr_storage *from, const struct sockaddr_storage *to)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} req = {
		.head = {
			.nlmsg_len = sizeof(req), .nlmsg_type = SOCK_DESTROY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.body = {
			.sdiag_family = from->ss_family, .sdiag_protocol = IPPROTO_TCP,
			.idiag_states = ~0u,
			.id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
		},
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr body;
	} ack;
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), error;

	put_address(from, req.body.id.idiag_src, &req.body.id.idiag_sport);
	if (to)
		put_address(to, req.body.id.idiag_dst, &req.body.id.idiag_dport);
	if (send(fd, &req, sizeof(req), 0) != sizeof(req) ||
	    recv(fd, &ack, sizeof(ack), 0) < (ssize_t)sizeof(ack) ||
	    ack.head.nlmsg_type != NLMSG_ERROR)
		error = errno ? errno : EPROTO;
	else
		error = -ack.body.error;
	close(fd);
	return error;
}

/* The socket of @fd; the one at the other end of the connection that @fd has. */
static int destroy(int fd, bool listens)
{
	struct sockaddr_storage from, to;
	socklen_t len = sizeof(from);

	if (getsockname(fd, (struct sockaddr *)&from, &len))
		return errno;
	len = sizeof(to);
	if (!listens && getpeername(fd, (struct sockaddr *)&to, &len))
		return errno;
	return destroy_named(&from, listens ? NULL : &to);
}

static int destroy_other(int fd)
{
	struct sockaddr_storage from, to;
	socklen_t len = sizeof(from);

	if (getsockname(fd, (struct sockaddr *)&to, &len))
		return errno;
	len = sizeof(from);
	if (getpeername(fd, (struct sockaddr *)&from, &len))
		return errno;
	return destroy_named(&from, &to);
}

/* Whether this kernel does it at all: not to ours, so that a fault of ours is none of its. */
static bool can_destroy(void)
{
	struct sockaddr_storage addr;
	socklen_t len;
	int fd = tcp_listen(AF_INET, &addr, &len), error = destroy(fd, true);

	close(fd);
	return !error;
}

#define EXPECT_HANGUP(channel) do {							\
	EXPECT_EQ(poll_for(channel, POLLPRI, PATIENCE) & POLLHUP, POLLHUP);			\
	EXPECT_EQ(write(channel, "x", 1), -1);						\
	EXPECT_EQ(errno, EPIPE);							\
} while (0)

/* The connection is at its end, for whoever is at the other one. */
static bool ended(int peer)
{
	char buf[64];
	ssize_t ret;

	set_timeout(peer, PATIENCE);
	do
		ret = recv(peer, buf, sizeof(buf), 0);
	while (ret > 0);
	return !ret || errno == ECONNRESET;
}

/* Nobody has anything of the namespace's. */
static bool all_gone(int device)
{
	struct sealsock_counts counts;
	int tries;

	for (tries = 0; tries < 100; tries++) {
		counts = hold_counts(device);
		if (!counts.waiting && !counts.taken && !counts.ready)
			return true;
		usleep(20000);
	}
	return false;
}

/* What accept() said, 0 or an errno. */
static void *accept_one(void *arg)
{
	int fd = accept(*(int *)arg, NULL, NULL);

	return (void *)(long)(fd < 0 ? errno : close(fd));
}

static void close_all(const int *fds, int n)
{
	while (n--)
		close(fds[n]);
}

/* A listener, with a connection in each state below it and a thread in its accept(). */
TEST_F(hold, listener)
{
	enum { READY, TAKEN, REFUSED, QUEUED, PEERS };
	int peer[PEERS], channel[QUEUED], i;
	long users = module_users();
	pthread_t thread;
	void *got = NULL;

	if (!can_destroy())
		SKIP(return, NO_DESTROY);
	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, accept_one, &self->listener), 0);
	ASSERT_TRUE(threads_fall_asleep());
	for (i = 0; i < QUEUED; i++) {
		peer[i] = peer_connect(&self->addr, self->len);
		ASSERT_GE(peer[i], 0);
		channel[i] = hold_next(self->device, NULL);
		ASSERT_GE(channel[i], 0);
	}
	peer[QUEUED] = peer_connect(&self->addr, self->len);
	ASSERT_GE(peer[QUEUED], 0);
	ASSERT_EQ(hold_refuse(channel[REFUSED], EPROTO, ""), 0);
	/* The thread has the first that is ready. */
	ASSERT_EQ(hold_release(channel[READY], true, NULL, 0), 0);
	pthread_join(thread, &got);
	EXPECT_EQ((long)got, 0);
	close(channel[READY]);
	close(peer[READY]);
	peer[READY] = peer[QUEUED];
	channel[READY] = hold_next(self->device, NULL);
	ASSERT_GE(channel[READY], 0);
	ASSERT_EQ(hold_release(channel[READY], true, NULL, 0), 0);
	ASSERT_EQ(hold_counts(self->device).ready, 1);
	peer[QUEUED] = peer_connect(&self->addr, self->len);
	ASSERT_GE(peer[QUEUED], 0);

	ASSERT_EQ(destroy(self->listener, true), 0);
	EXPECT_HANGUP(channel[TAKEN]);
	EXPECT_HANGUP(channel[READY]);
	for (i = 0; i < PEERS; i++)
		EXPECT_TRUE(ended(peer[i]));
	EXPECT_TRUE(all_gone(self->device));
	EXPECT_EQ(poll_for(self->listener, POLLIN, 0) & (POLLERR | POLLHUP), POLLERR | POLLHUP);
	EXPECT_EQ(accept(self->listener, NULL, NULL), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(sock_error(self->listener), ECONNABORTED);
	EXPECT_EQ(ioctl(self->device, SEALSOCK_NEXT, &(struct sealsock_due){}), -1);
	EXPECT_EQ(errno, EAGAIN);
	close_all(peer, PEERS);
	close_all(channel, QUEUED);
	close(self->listener);
	self->listener = -1;
	EXPECT_USERS(users);
}

/* A thread that sleeps in accept() wakes. */
TEST_F(hold, listener_sleeper)
{
	pthread_t thread;
	void *got = NULL;

	if (!can_destroy())
		SKIP(return, NO_DESTROY);
	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, accept_one, &self->listener), 0);
	ASSERT_TRUE(threads_fall_asleep());
	ASSERT_EQ(destroy(self->listener, true), 0);
	pthread_join(thread, &got);
	EXPECT_EQ((long)got, EINVAL);
}

/* Connections that no program has, one by one: the listener goes on. */
TEST_F(hold, children)
{
	enum { READY, TAKEN, QUEUED, PEERS };
	int peer[PEERS], channel[QUEUED], fd, i;
	long users = module_users();
	char c;

	if (!can_destroy())
		SKIP(return, NO_DESTROY);
	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	for (i = 0; i < PEERS; i++) {
		peer[i] = peer_connect(&self->addr, self->len);
		ASSERT_GE(peer[i], 0);
		if (i == QUEUED)
			break;
		channel[i] = hold_next(self->device, NULL);
		ASSERT_GE(channel[i], 0);
	}
	ASSERT_EQ(hold_release(channel[READY], true, NULL, 0), 0);
	for (i = 0; i < PEERS; i++) {
		EXPECT_EQ(destroy_other(peer[i]), 0);
		EXPECT_TRUE(ended(peer[i]));
	}
	EXPECT_HANGUP(channel[TAKEN]);
	EXPECT_EQ(hold_counts(self->device).taken, 0);
	/* As TCP does it: a connection that is at its end is accepted all the same. */
	fd = accept(self->listener, NULL, NULL);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(recv(fd, &c, 1, 0), -1);
	EXPECT_EQ(errno, ECONNABORTED);
	close(fd);
	/* The one in TCP's queue is taken, and failed at once. */
	fd = hold_next(self->device, NULL);
	if (fd >= 0) {
		EXPECT_HANGUP(fd);
		close(fd);
	}
	EXPECT_TRUE(all_gone(self->device));
	close_all(peer, PEERS);
	close_all(channel, QUEUED);
	close(self->listener);
	self->listener = -1;
	EXPECT_USERS(users);
}

/* A socket that connects: due, taken, released. */
TEST_F(hold, client)
{
	enum { DUE, TAKEN, RELEASED, STATES };
	int state, fd, peer, channel;
	long users = module_users();
	char c;

	if (!can_destroy())
		SKIP(return, NO_DESTROY);
	for (state = DUE; state < STATES; state++) {
		fd = socket(variant->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		channel = -1;
		ASSERT_EQ(hold_ask(fd, SEALSOCK_ROLE_CONNECT), 0);
		EXPECT_EQ(connect(fd, (struct sockaddr *)&self->addr, self->len), -1);
		EXPECT_EQ(errno, EINPROGRESS);
		peer = accept(self->listener, NULL, NULL);
		ASSERT_GE(peer, 0);
		ASSERT_GT(poll_for(self->device, POLLIN, PATIENCE), 0);
		if (state >= TAKEN) {
			channel = hold_next(self->device, NULL);
			ASSERT_GE(channel, 0);
		}
		if (state >= RELEASED) {
			ASSERT_EQ(hold_release(channel, false, NULL, 0), 0);
			EXPECT_EQ(poll_for(fd, POLLOUT, PATIENCE), POLLOUT);
		}
		ASSERT_EQ(destroy_other(peer), 0);
		EXPECT_TRUE(ended(peer));
		EXPECT_TRUE(poll_for(fd, POLLIN, PATIENCE) & POLLERR);
		EXPECT_EQ(sock_error(fd), ECONNABORTED) {
			TH_LOG("state %d", state);
		}
		EXPECT_EQ(send(fd, "x", 1, MSG_NOSIGNAL), -1);
		EXPECT_LE(recv(fd, &c, 1, 0), 0);
		EXPECT_TRUE(all_gone(self->device));
		if (state == TAKEN)
			EXPECT_HANGUP(channel);
		close(fd);
		close(peer);
		if (channel >= 0)
			close(channel);
	}
	EXPECT_USERS(users);
}

/* One that sleeps in connect() until TLS is up. */
TEST_F(hold, client_sleeper)
{
	int fd = socket(variant->family, SOCK_STREAM, 0), channel, peer, status;
	pid_t pid;

	if (!can_destroy())
		SKIP(return, NO_DESTROY);
	ASSERT_EQ(hold_ask(fd, SEALSOCK_ROLE_CONNECT), 0);
	pid = fork();
	if (!pid)
		_exit(connect(fd, (struct sockaddr *)&self->addr, self->len) ? errno : 0);
	peer = accept(self->listener, NULL, NULL);
	ASSERT_GE(peer, 0);
	channel = hold_next(self->device, NULL);
	ASSERT_GE(channel, 0);
	ASSERT_EQ(destroy_other(peer), 0);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(WEXITSTATUS(status), ECONNABORTED);
	EXPECT_HANGUP(channel);
	close(channel);
	close(peer);
	close(fd);
}

TEST_HARNESS_MAIN
