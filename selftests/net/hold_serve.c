// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Listeners whose children speak TLS: accept() brings those whose handshake is done. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "hold.h"

#include <linux/bpf.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

/* A peer that has said hello, and has its channel; nothing is released. */
#define PENDING(peer, channel) do {							\
	(peer) = peer_connect(&self->addr, self->len);					\
	ASSERT_GE(peer, 0);								\
	(channel) = hold_next(self->device, NULL);					\
	ASSERT_GE(channel, 0);								\
} while (0)

#define SERVE() ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0)

TEST_F(hold, nothing_before_release)
{
	int peer, channel, fd;

	SERVE();
	PENDING(peer, channel);
	EXPECT_EQ(poll_for(self->listener, POLLIN, 100), 0);
	ASSERT_EQ(fcntl(self->listener, F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(accept(self->listener, NULL, NULL), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(hold_counts(self->device).taken, 1);
	ASSERT_EQ(hold_release(channel, true, NULL, 0), 0);
	EXPECT_EQ(hold_counts(self->device).ready, 1);
	EXPECT_EQ(poll_for(self->listener, POLLIN, PATIENCE), POLLIN);
	fd = accept(self->listener, NULL, NULL);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(hold_counts(self->device).ready, 0);
	EXPECT_TLS(fd, peer, false);
	close(fd);
	close(peer);
	close(channel);
}

TEST_F(hold, what_is_due)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	struct sealsock_due due = {};
	int peer, channel;

	SERVE();
	ASSERT_EQ(hold_deadline(self->listener, 20000), 0);
	peer = peer_connect(&self->addr, self->len);
	channel = hold_next(self->device, &due);
	ASSERT_GE(channel, 0);
	ASSERT_EQ(getsockname(peer, (struct sockaddr *)&from, &len), 0);
	EXPECT_EQ(due.role.role, SEALSOCK_ROLE_SERVE);
	EXPECT_STREQ(due.role.credential, "web");
	EXPECT_EQ(due.remote.family, variant->family);
	EXPECT_EQ(due.remote.port, ntohs(((struct sockaddr_in *)&from)->sin_port));
	EXPECT_EQ(due.local.port, ntohs(((struct sockaddr_in *)&self->addr)->sin_port));
	EXPECT_EQ(due.pid, getpid());
	EXPECT_EQ(due.uid, getuid());
	EXPECT_LE(due.left, 20000);
	EXPECT_GT(due.left, 1000);
	EXPECT_NE(due.id, 0);
	EXPECT_EQ(fcntl(channel, F_GETFD), FD_CLOEXEC);
	close(peer);
	close(channel);
}

/* Role before listen(), and only then a queue. */
TEST_F(hold, before_listen)
{
	struct sockaddr_storage addr = self->addr;
	struct holder holder;
	int peer, fd, s = socket(variant->family, SOCK_STREAM, 0);

	((struct sockaddr_in *)&addr)->sin_port = 0;
	ASSERT_EQ(bind(s, (struct sockaddr *)&addr, self->len), 0);
	ASSERT_EQ(ulp_attach(s), 0);
	EXPECT_EQ(listen(s, 5), -1);
	EXPECT_EQ(errno, EINVAL);
	ASSERT_EQ(hold_role(s, SEALSOCK_ROLE_SERVE), 0);
	EXPECT_EQ(connect(s, (struct sockaddr *)&self->addr, self->len), -1);
	EXPECT_EQ(errno, EINVAL);
	ASSERT_EQ(listen(s, 5), 0);
	ASSERT_EQ(getsockname(s, (struct sockaddr *)&addr, &self->len), 0);
	ASSERT_EQ(holder_start(&holder, self->device, 1), 0);
	peer = peer_connect(&addr, self->len);
	ASSERT_EQ(peer_shake(peer, false), 0);
	fd = accept(s, NULL, NULL);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(holder_end(&holder), 0);
	EXPECT_TLS(fd, peer, false);
	close(fd);
	close(peer);
	close(s);
}

/* Those that waited in TCP's queue when TLS was asked for are held like the others. */
TEST_F(hold, queued_before)
{
	struct holder holder;
	int peer[2], fd, i;

	for (i = 0; i < 2; i++) {
		peer[i] = peer_connect(&self->addr, self->len);
		ASSERT_GE(peer[i], 0);
	}
	SERVE();
	ASSERT_EQ(fcntl(self->listener, F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(accept(self->listener, NULL, NULL), -1);
	EXPECT_EQ(errno, EAGAIN);
	ASSERT_EQ(fcntl(self->listener, F_SETFL, 0), 0);
	ASSERT_EQ(holder_start(&holder, self->device, 2), 0);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(peer_shake(peer[i], false), 0);
		fd = accept(self->listener, NULL, NULL);
		ASSERT_GE(fd, 0);
		EXPECT_TLS(fd, peer[i], false);
		close(fd);
		close(peer[i]);
	}
	EXPECT_EQ(holder_end(&holder), 0);
}

static void *accept_one(void *arg)
{
	return (void *)(long)accept(*(int *)arg, NULL, NULL);
}

/* Whoever sleeps in TCP's own accept() would sleep on: refused. */
TEST_F(hold, sleeper)
{
	pthread_t thread;
	void *fd = NULL;
	int peer;

	ASSERT_EQ(pthread_create(&thread, NULL, accept_one, &self->listener), 0);
	ASSERT_TRUE(threads_fall_asleep());
	EXPECT_EQ(ulp_attach(self->listener), -1);
	EXPECT_EQ(errno, EBUSY);
	peer = peer_connect(&self->addr, self->len);
	pthread_join(thread, &fd);
	EXPECT_GE((long)fd, 0);
	close((long)fd);
	close(peer);
	SERVE();
}

/* A thread in our accept() wakes when a handshake is done. */
TEST_F(hold, blocking_accept)
{
	struct holder holder;
	pthread_t thread;
	void *fd = NULL;
	int peer;

	SERVE();
	ASSERT_EQ(pthread_create(&thread, NULL, accept_one, &self->listener), 0);
	ASSERT_TRUE(threads_fall_asleep());
	ASSERT_EQ(holder_start(&holder, self->device, 1), 0);
	peer = peer_connect(&self->addr, self->len);
	ASSERT_EQ(peer_shake(peer, false), 0);
	pthread_join(thread, &fd);
	ASSERT_GE((long)fd, 0);
	EXPECT_TLS((long)fd, peer, false);
	EXPECT_EQ(holder_end(&holder), 0);
	close((long)fd);
	close(peer);
}

TEST_F(hold, epoll_edge)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET }, got;
	int peer, channel, fd, ep = epoll_create1(0);

	SERVE();
	ASSERT_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, self->listener, &event), 0);
	PENDING(peer, channel);
	EXPECT_EQ(epoll_wait(ep, &got, 1, 100), 0);
	ASSERT_EQ(hold_release(channel, true, NULL, 0), 0);
	EXPECT_EQ(epoll_wait(ep, &got, 1, PATIENCE), 1);
	EXPECT_EQ(epoll_wait(ep, &got, 1, 100), 0);
	fd = accept(self->listener, NULL, NULL);
	ASSERT_GE(fd, 0);
	EXPECT_TLS(fd, peer, false);
	close(fd);
	close(peer);
	close(channel);
	close(ep);
}

/* Failed handshakes are counted, and the program never sees them. */
TEST_F(hold, refused)
{
	long refused = counter("TlsHeldRefused"), failed = counter("TlsHeldFailed");
	int peer, channel;
	char buf[64];

	SERVE();
	PENDING(peer, channel);
	ASSERT_EQ(send(peer, HELLO, sizeof(HELLO), 0), sizeof(HELLO));
	ASSERT_EQ(channel_read(channel, buf, 4), 0);
	ASSERT_EQ(write(channel, "alert", 5), 5);
	ASSERT_EQ(hold_refuse(channel, EPROTO, "no common cipher"), 0);
	/* The alert, with FIN behind it, although not all was read. */
	EXPECT_EQ(recv_full(peer, buf, 5), 5);
	EXPECT_EQ(recv(peer, buf, 5, 0), 0);
	EXPECT_EQ(counter("TlsHeldRefused"), refused + 1);
	EXPECT_EQ(counter("TlsHeldFailed"), failed + 1);
	EXPECT_EQ(poll_for(self->listener, POLLIN, 0), 0);
	EXPECT_EQ(read(channel, buf, 1), -1);
	EXPECT_EQ(errno, EPIPE);
	EXPECT_EQ(hold_counts(self->device).taken, 0);
	close(peer);
	close(channel);
}

/* Those whose handshake is not done and those that are ready are no more than TCP would queue. */
TEST_F(hold, backlog)
{
	enum { BACKLOG = 4, TRIES = 12 };
	int peer[TRIES], channel[TRIES], fd, i, have = 0;
	struct sealsock_due due;

	SERVE();
	ASSERT_EQ(listen(self->listener, BACKLOG), 0);
	for (i = 0; i < TRIES; i++) {
		peer[i] = socket(variant->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(peer[i], (struct sockaddr *)&self->addr, self->len);
		poll_for(peer[i], POLLOUT, 200);
		channel[have] = ioctl(self->device, SEALSOCK_NEXT, &due);
		have += channel[have] >= 0;
	}
	ASSERT_EQ(have, BACKLOG + 1);
	EXPECT_EQ(hold_counts(self->device).taken, have);
	/* The next waits in TCP's queue; one that is ready makes no room, one less does. */
	ASSERT_EQ(hold_release(channel[0], true, NULL, 0), 0);
	EXPECT_EQ(poll_for(self->device, POLLIN, 100), 0);
	ASSERT_EQ(hold_refuse(channel[1], EBUSY, ""), 0);
	close(channel[1]);
	channel[1] = hold_next(self->device, &due);
	EXPECT_GE(channel[1], 0);
	EXPECT_EQ(poll_for(self->device, POLLIN, 100), 0);
	fd = accept(self->listener, NULL, NULL);
	EXPECT_GE(fd, 0);
	close(fd);
	close(channel[0]);
	channel[0] = hold_next(self->device, &due);
	EXPECT_GE(channel[0], 0);
	EXPECT_EQ(poll_for(self->device, POLLIN, 100), 0);
	/* So does a program that wants more. */
	ASSERT_EQ(listen(self->listener, BACKLOG + 1), 0);
	channel[have] = hold_next(self->device, &due);
	EXPECT_GE(channel[have], 0);
	EXPECT_EQ(hold_counts(self->device).taken, have + 1);
	for (i = 0; i <= have; i++)
		close(channel[i]);
	for (i = 0; i < TRIES; i++)
		close(peer[i]);
}

/* The listener goes with all states below it. */
TEST_F(hold, listener_closed)
{
	int peer[4], channel[3], i;
	char c;

	SERVE();
	for (i = 0; i < 3; i++)
		PENDING(peer[i], channel[i]);
	ASSERT_EQ(hold_release(channel[0], true, NULL, 0), 0);
	ASSERT_EQ(hold_refuse(channel[1], EPROTO, ""), 0);
	peer[3] = peer_connect(&self->addr, self->len);
	close(self->listener);
	self->listener = -1;
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(poll_for(channel[i], POLLIN, PATIENCE) & POLLHUP, POLLHUP);
		EXPECT_EQ(write(channel[i], "x", 1), -1);
		EXPECT_EQ(errno, EPIPE);
		close(channel[i]);
	}
	for (i = 0; i < 4; i++) {
		while (recv(peer[i], &c, 1, 0) > 0)
			;
		close(peer[i]);
	}
	EXPECT_EQ(ioctl(self->device, SEALSOCK_NEXT, &(struct sealsock_due){}), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(hold_counts(self->device).taken, 0);
	EXPECT_EQ(hold_counts(self->device).ready, 0);
}

/* shutdown() and connect(AF_UNSPEC) stop it; it may listen again. */
TEST_F(hold, stopped_and_again)
{
	struct sockaddr_storage unspec = { .ss_family = AF_UNSPEC };
	struct holder holder;
	int peer, channel, fd, i;

	SERVE();
	for (i = 0; i < 2; i++) {
		PENDING(peer, channel);
		if (i) {
			ASSERT_EQ(connect(self->listener, (struct sockaddr *)&unspec,
					  sizeof(unspec)), 0);
		} else {
			ASSERT_EQ(shutdown(self->listener, SHUT_RD), 0);
		}
		EXPECT_EQ(poll_for(channel, POLLIN, PATIENCE) & POLLHUP, POLLHUP);
		close(channel);
		close(peer);
		/* At another port, which nobody had asked for either. */
		ASSERT_EQ(listen(self->listener, 5), 0);
		self->len = sizeof(self->addr);
		ASSERT_EQ(getsockname(self->listener, (struct sockaddr *)&self->addr,
				      &self->len), 0);
	}
	ASSERT_EQ(holder_start(&holder, self->device, 1), 0);
	peer = peer_connect(&self->addr, self->len);
	ASSERT_EQ(peer_shake(peer, false), 0);
	fd = accept(self->listener, NULL, NULL);
	ASSERT_GE(fd, 0);
	EXPECT_TLS(fd, peer, false);
	EXPECT_EQ(holder_end(&holder), 0);
	close(fd);
	close(peer);
}

/* What the program set on the listener does not slow the handshake, and is there after it. */
TEST_F(hold, settings_inherited)
{
	int peer, channel, fd, value = 0;
	socklen_t len = sizeof(value);
	char buf[8];

	ASSERT_EQ(set_int(self->listener, SOL_SOCKET, SO_RCVLOWAT, 1000), 0);
	ASSERT_EQ(set_int(self->listener, IPPROTO_TCP, TCP_CORK, 1), 0);
	SERVE();
	PENDING(peer, channel);
	ASSERT_EQ(send(peer, "1", 1, 0), 1);
	EXPECT_GT(poll_for(channel, POLLIN, PATIENCE) & POLLIN, 0);
	EXPECT_EQ(read(channel, buf, 8), 1);
	ASSERT_EQ(write(channel, "2", 1), 1);
	EXPECT_GT(poll_for(peer, POLLIN, 150), 0);
	ASSERT_EQ(hold_release(channel, true, NULL, 0), 0);
	fd = accept(self->listener, NULL, NULL);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &value, &len), 0);
	EXPECT_EQ(value, 1000);
	ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, &len), 0);
	EXPECT_EQ(value, 1);
	close(fd);
	close(peer);
	close(channel);
}

/* Writes through a channel until TCP has no room; how much that was. */
static ssize_t fill(int channel)
{
	static char data[65536];
	ssize_t sent = 0, ret;

	fcntl(channel, F_SETFL, fcntl(channel, F_GETFL) | O_NONBLOCK);
	while ((ret = write(channel, data, sizeof(data))) > 0)
		sent += ret;
	return errno == EAGAIN ? sent : -1;
}

static int drain(int peer, ssize_t len)
{
	static char data[65536];
	ssize_t ret;

	while (len > 0) {
		ret = recv(peer, data, sizeof(data), 0);
		if (ret <= 0)
			return -1;
		len -= ret;
	}
	return 0;
}

static void *poll_room(void *arg)
{
	return (void *)(long)poll_for(*(int *)arg, POLLOUT, PATIENCE);
}

/* The helper writes until TCP has no room: a connection that nobody has must bear that. */
TEST_F(hold, send_buffer_full)
{
	int peer, channel;
	ssize_t sent;

	SERVE();
	PENDING(peer, channel);
	sent = fill(channel);
	EXPECT_GT(sent, 0);
	EXPECT_EQ(poll_for(channel, POLLOUT, 0), 0);
	EXPECT_EQ(drain(peer, sent), 0);
	EXPECT_EQ(poll_for(channel, POLLOUT, PATIENCE), POLLOUT);
	close(peer);
	close(channel);
}

/* Whoever waits for room is told of it, whatever becomes of the others that nobody has. */
TEST_F(hold, neighbours)
{
	int peer[2], channel[2], i;
	pthread_t thread;
	void *got = NULL;
	ssize_t sent[2];

	SERVE();
	for (i = 0; i < 2; i++) {
		PENDING(peer[i], channel[i]);
		sent[i] = fill(channel[i]);
		ASSERT_GT(sent[i], 0);
	}
	ASSERT_EQ(pthread_create(&thread, NULL, poll_room, &channel[0]), 0);
	ASSERT_TRUE(threads_fall_asleep());
	ASSERT_EQ(hold_release(channel[1], true, NULL, 0), 0);
	EXPECT_EQ(drain(peer[1], sent[1]), 0);
	usleep(200000);
	EXPECT_EQ(drain(peer[0], sent[0]), 0);
	pthread_join(thread, &got);
	EXPECT_EQ((long)got, POLLOUT);
	for (i = 0; i < 2; i++) {
		close(peer[i]);
		close(channel[i]);
	}
}

TEST_F(hold, sockmap_refused)
{
	union bpf_attr create = {
		.map_type = BPF_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 4, .max_entries = 2,
	};
	uint32_t key = 0, value = self->listener;
	union bpf_attr update = { .key = (uintptr_t)&key, .value = (uintptr_t)&value };
	int map = syscall(SYS_bpf, BPF_MAP_CREATE, &create, sizeof(create));

	if (map < 0)
		SKIP(return, "this kernel has no sockmap");
	update.map_fd = map;
	SERVE();
	EXPECT_EQ(syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &update, sizeof(update)), -1);
	close(map);
}

TEST_F(hold, roles_checked)
{
	struct sealsock_role role = { .role = SEALSOCK_ROLE_SERVE }, got;
	char longer[sizeof(role) + 8] = "";
	socklen_t len = sizeof(got);
	int fd = socket(variant->family, SOCK_STREAM, 0);

#define SET(size) setsockopt(fd, SOL_TLS, SEALSOCK_ROLE, &role, size)
#define EXPECT_REFUSED(error) do {							\
	EXPECT_EQ(SET(sizeof(role)), -1);						\
	EXPECT_EQ(errno, error);							\
} while (0)
	ASSERT_EQ(ulp_attach(fd), 0);
	EXPECT_EQ(getsockopt(fd, SOL_TLS, SEALSOCK_ROLE, &got, &len), -1);
	EXPECT_EQ(errno, ENODATA);
	EXPECT_EQ(SET(sizeof(role) - 1), -1);
	EXPECT_EQ(errno, EINVAL);
	role.flags = 1;
	EXPECT_REFUSED(EINVAL);
	role.flags = 0;
	memset(role.trust, 'x', sizeof(role.trust));
	EXPECT_REFUSED(EINVAL);
	memset(role.trust, 0, sizeof(role.trust));
	role.trust[5] = 'x';
	EXPECT_REFUSED(EINVAL);
	role.trust[5] = 0;
	strcpy(role.host, "example.org");
	EXPECT_REFUSED(EINVAL);
	role.host[0] = 0;
	memset(role.host, 0, sizeof(role.host));
	role.alpn_len = 3;
	memcpy(role.alpn, "\3h2", 3);
	EXPECT_REFUSED(EINVAL);
	memcpy(role.alpn, "\2h2", 3);
	role.role = 3;
	EXPECT_REFUSED(EINVAL);
	role.role = SEALSOCK_ROLE_SERVE;
	role.client_certificate = 3;
	EXPECT_REFUSED(EINVAL);
	role.client_certificate = SEALSOCK_CERT_REQUIRED;
	memcpy(longer, &role, sizeof(role));
	EXPECT_EQ(setsockopt(fd, SOL_TLS, SEALSOCK_ROLE, longer, sizeof(longer)), 0);
	longer[sizeof(role)] = 1;
	EXPECT_EQ(setsockopt(fd, SOL_TLS, SEALSOCK_ROLE, longer, sizeof(longer)), -1);
	EXPECT_EQ(errno, E2BIG);
	len = sizeof(got);
	EXPECT_EQ(getsockopt(fd, SOL_TLS, SEALSOCK_ROLE, &got, &len), 0);
	EXPECT_EQ(len, sizeof(got));
	EXPECT_EQ(memcmp(&got, &role, sizeof(got)), 0);
	/* The other role, keys, and other ways of connecting. */
	EXPECT_EQ(hold_role(fd, SEALSOCK_ROLE_CONNECT), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(set_int(fd, IPPROTO_TCP, TCP_REPAIR, 1), -1);
	EXPECT_EQ(errno, EOPNOTSUPP);
	EXPECT_EQ(sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (struct sockaddr *)&self->addr,
			 self->len), -1);
	EXPECT_EQ(errno, EPIPE);
	close(fd);
}

TEST_F(hold, no_helper)
{
	int fd = socket(variant->family, SOCK_STREAM, 0);

	close(self->device);
	self->device = -1;
	ASSERT_EQ(hold_ask(fd, SEALSOCK_ROLE_SERVE), 0);
	EXPECT_EQ(listen(fd, 1), -1);
	EXPECT_EQ(errno, ESRCH);
	close(fd);
}

TEST_HARNESS_MAIN
