// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Sockets that are to speak TLS when they connect: what the program sees until then. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "hold.h"

#include <sys/epoll.h>
#include <sys/sendfile.h>

/* A socket of the program's whose TCP is connected, its peer, its channel. */
#define HELD(fd, peer, channel) do {							\
	(fd) = socket(variant->family, SOCK_STREAM | SOCK_NONBLOCK, 0);			\
	ASSERT_EQ(hold_ask(fd, SEALSOCK_ROLE_CONNECT), 0);				\
	ASSERT_EQ(connect(fd, (struct sockaddr *)&self->addr, self->len), -1);		\
	ASSERT_EQ(errno, EINPROGRESS);							\
	(peer) = accept(self->listener, NULL, NULL);					\
	ASSERT_GE(peer, 0);								\
	set_timeout(peer, PATIENCE);							\
	(channel) = hold_next(self->device, NULL);					\
	ASSERT_GE(channel, 0);								\
} while (0)

#define BLOCKING(fd) ASSERT_EQ(fcntl(fd, F_SETFL, 0), 0)

TEST_F(hold, non_blocking)
{
	int fd, peer, channel;

	HELD(fd, peer, channel);
	EXPECT_EQ(hold_mode(fd), SEALSOCK_MODE_HELD);
	EXPECT_EQ(connect(fd, (struct sockaddr *)&self->addr, self->len), -1);
	EXPECT_EQ(errno, EALREADY);
	EXPECT_EQ(poll_for(fd, POLLIN | POLLOUT, 100), 0);
	ASSERT_EQ(hold_release(channel, false, NULL, 0), 0);
	EXPECT_EQ(poll_for(fd, POLLIN | POLLOUT, PATIENCE), POLLOUT);
	EXPECT_EQ(sock_error(fd), 0);
	EXPECT_EQ(connect(fd, (struct sockaddr *)&self->addr, self->len), 0);
	EXPECT_EQ(connect(fd, (struct sockaddr *)&self->addr, self->len), -1);
	EXPECT_EQ(errno, EISCONN);
	BLOCKING(fd);
	EXPECT_TLS(fd, peer, true);
	close(fd);
	close(peer);
	close(channel);
}

/* No byte reaches TCP, whatever call it is, and none waits where it must not. */
TEST_F(hold, nothing_passes)
{
	int fd, peer, channel, p[2], file = pattern_file(5000), value;
	struct keys keys;
	char buf[64];

	keys_init(&keys, &hold_suite, 0);
	HELD(fd, peer, channel);
	ASSERT_EQ(pipe(p), 0);
	ASSERT_EQ(write(p[1], "piped", 5), 5);
#define EXPECT_AGAIN(call) do { EXPECT_EQ(call, -1); EXPECT_EQ(errno, EAGAIN); } while (0)
	EXPECT_AGAIN(send(fd, "x", 1, 0));
	EXPECT_AGAIN(write(fd, "x", 1));
	EXPECT_AGAIN(send(fd, "x", 1, MSG_OOB));
	EXPECT_AGAIN(send(fd, "x", 1, MSG_ZEROCOPY));
	EXPECT_AGAIN(sendfile(fd, file, NULL, 100));
	EXPECT_AGAIN(splice(p[0], NULL, fd, NULL, 5, SPLICE_F_NONBLOCK));
	EXPECT_EQ(sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&self->addr, self->len), -1);
	EXPECT_EQ(errno, EOPNOTSUPP);
	ASSERT_EQ(send(peer, "raw", 3, 0), 3);
	ASSERT_GT(poll_for(channel, POLLIN, PATIENCE), 0);
	EXPECT_EQ(poll_for(fd, POLLIN | POLLOUT | POLLPRI, 0), 0);
	EXPECT_AGAIN(recv(fd, buf, 8, 0));
	EXPECT_AGAIN(recv(fd, buf, 8, MSG_PEEK));
	EXPECT_AGAIN(read(fd, buf, 8));
	EXPECT_AGAIN(splice(fd, NULL, p[1], NULL, 5, SPLICE_F_NONBLOCK));
	EXPECT_EQ(ioctl(fd, FIONREAD, &value), 0);
	EXPECT_EQ(value, 0);
	/* Keys, another ULP, and ways past it. */
	EXPECT_EQ(keys_set(fd, TLS_TX, &keys), -1);
	EXPECT_EQ(errno, EBUSY);
	EXPECT_EQ(managed_set(fd, &(struct sealsock_managed){}), -1);
	EXPECT_EQ(errno, EBUSY);
	EXPECT_EQ(set_int(fd, IPPROTO_TCP, TCP_REPAIR, 1), -1);
	EXPECT_EQ(errno, EOPNOTSUPP);
	EXPECT_EQ(set_int(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1), -1);
	EXPECT_EQ(errno, EOPNOTSUPP);
	EXPECT_EQ(ulp_attach(fd), -1);
	EXPECT_EQ(errno, EEXIST);
	EXPECT_EQ(listen(fd, 1), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(hold_role(fd, SEALSOCK_ROLE_CONNECT), -1);
	EXPECT_EQ(errno, EISCONN);
	if (variant->family == AF_INET6)
		EXPECT_EQ(set_int(fd, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET), -1);
	EXPECT_EQ(recv(peer, buf, 1, MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(channel_read(channel, buf, 3), 0);
	EXPECT_EQ(memcmp(buf, "raw", 3), 0);
	close(fd);
	close(peer);
	close(channel);
	close(file);
}

struct call {
	pthread_t thread;
	int fd, error;
	ssize_t ret;
	char buf[32];
};

static void *call_recv(void *arg)
{
	struct call *c = arg;

	c->ret = recv(c->fd, c->buf, 12, 0);
	c->error = errno;
	return NULL;
}

static void *call_send(void *arg)
{
	struct call *c = arg;

	c->ret = send(c->fd, "sent early", 10, MSG_NOSIGNAL);
	c->error = errno;
	return NULL;
}

/* Threads that read and write before TLS is up go on when it is. */
TEST_F(hold, waiters)
{
	static uint8_t out[RECORD_MAX + 256];
	int fd, peer, channel, i;
	struct call call[4] = {};
	struct wire tx, rx;
	uint8_t type;

	HELD(fd, peer, channel);
	BLOCKING(fd);
	for (i = 0; i < 4; i++) {
		call[i].fd = fd;
		pthread_create(&call[i].thread, NULL, i % 2 ? call_send : call_recv, &call[i]);
	}
	ASSERT_TRUE(threads_fall_asleep());
	EXPECT_EQ(recv(peer, out, 1, MSG_DONTWAIT), -1);
	ASSERT_EQ(hold_release(channel, false, NULL, 0), 0);
	hold_wires(true, &tx, &rx);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(wire_recv(&rx, peer, &type, out), 10);
		EXPECT_EQ(memcmp(out, "sent early", 10), 0);
		EXPECT_EQ(wire_send(&tx, peer, TYPE_DATA, "for a reader", 12, 0), 0);
	}
	for (i = 0; i < 4; i++) {
		pthread_join(call[i].thread, NULL);
		EXPECT_EQ(call[i].ret, i % 2 ? 10 : 12);
	}
	close(fd);
	close(peer);
	close(channel);
}

static void nothing(int sig)
{
}

/* A signal ends the wait as it ends TCP's: restarted where that was asked for. */
TEST_F(hold, signals)
{
	struct sigaction action = { .sa_handler = nothing };
	int fd, peer, channel;
	struct call call = {};

	sigaction(SIGUSR1, &action, NULL);
	HELD(fd, peer, channel);
	BLOCKING(fd);
	set_timeout(fd, PATIENCE);
	call.fd = fd;
	pthread_create(&call.thread, NULL, call_recv, &call);
	ASSERT_TRUE(threads_fall_asleep());
	pthread_kill(call.thread, SIGUSR1);
	pthread_join(call.thread, NULL);
	EXPECT_EQ(call.ret, -1);
	EXPECT_EQ(call.error, EINTR);
	close(fd);
	close(peer);
	close(channel);
}

struct connecting {
	pthread_t thread;
	int fd, error, ret;
	struct sockaddr *addr;
	socklen_t len;
};

static void *connecting_run(void *arg)
{
	struct connecting *c = arg;

	c->ret = connect(c->fd, c->addr, c->len);
	c->error = errno;
	return NULL;
}

#define CONNECTING(c) do {								\
	(c) = (struct connecting) {							\
		.fd = socket(variant->family, SOCK_STREAM, 0),				\
		.addr = (struct sockaddr *)&self->addr, .len = self->len,		\
	};										\
	ASSERT_EQ(hold_ask((c).fd, SEALSOCK_ROLE_CONNECT), 0);				\
} while (0)

/* A blocking connect() that a signal interrupts is restarted, and ends with 0 when TLS is up. */
TEST_F(hold, connect_restarted)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	struct connecting c;
	int peer, channel;

	sigaction(SIGUSR1, &action, NULL);
	CONNECTING(c);
	pthread_create(&c.thread, NULL, connecting_run, &c);
	peer = accept(self->listener, NULL, NULL);
	channel = hold_next(self->device, NULL);
	ASSERT_TRUE(threads_fall_asleep());
	pthread_kill(c.thread, SIGUSR1);
	usleep(100000);
	ASSERT_EQ(hold_release(channel, false, NULL, 0), 0);
	pthread_join(c.thread, NULL);
	EXPECT_EQ(c.ret, 0) {
		TH_LOG("connect: %s", strerror(c.error));
	}
	EXPECT_TLS(c.fd, peer, true);
	close(c.fd);
	close(peer);
	close(channel);
}

TEST_F(hold, refused)
{
	struct sealsock_cause cause;
	struct connecting c;
	int peer, channel;
	char buf[8];

	CONNECTING(c);
	pthread_create(&c.thread, NULL, connecting_run, &c);
	peer = accept(self->listener, NULL, NULL);
	channel = hold_next(self->device, NULL);
	ASSERT_GE(channel, 0);
	ASSERT_EQ(write(channel, "alert", 5), 5);
	ASSERT_EQ(hold_refuse(channel, EKEYREJECTED, "the certificate has expired"), 0);
	pthread_join(c.thread, NULL);
	EXPECT_EQ(c.ret, -1);
	EXPECT_EQ(c.error, EKEYREJECTED);
	EXPECT_EQ(recv_full(peer, buf, 8), 5);
	EXPECT_EQ(hold_mode(c.fd), SEALSOCK_MODE_REFUSED);
	ASSERT_EQ(hold_cause(c.fd, &cause), 0);
	EXPECT_EQ(cause.error, EKEYREJECTED);
	EXPECT_EQ(cause.alert, SEALSOCK_ALERT | 42);
	EXPECT_EQ(cause.whose, SEALSOCK_ALERT_OURS);
	EXPECT_STREQ(cause.text, "the certificate has expired");
	/* It stays so. */
	EXPECT_EQ(send(c.fd, "x", 1, MSG_NOSIGNAL), -1);
	EXPECT_EQ(errno, EKEYREJECTED);
	EXPECT_EQ(recv(c.fd, buf, 1, 0), -1);
	EXPECT_EQ(errno, EKEYREJECTED);
	close(peer);
	close(channel);
	/* And begins afresh with the next connect(). */
	pthread_create(&c.thread, NULL, connecting_run, &c);
	peer = accept(self->listener, NULL, NULL);
	channel = hold_next(self->device, NULL);
	ASSERT_GE(channel, 0);
	ASSERT_EQ(hold_release(channel, false, NULL, 0), 0);
	pthread_join(c.thread, NULL);
	EXPECT_EQ(c.ret, 0) {
		TH_LOG("connect: %s", strerror(c.error));
	}
	EXPECT_TLS(c.fd, peer, true);
	close(c.fd);
	close(peer);
	close(channel);
}

/* TCP's own refusal, and again: the socket must not stick in the middle of a disconnect. */
TEST_F(hold, tcp_refuses)
{
	struct sockaddr_storage addr = self->addr;
	struct connecting c;
	int peer, channel, i;

	CONNECTING(c);
	((struct sockaddr_in *)&addr)->sin_port = htons(1);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(connect(c.fd, (struct sockaddr *)&addr, self->len), -1);
		EXPECT_EQ(errno, ECONNREFUSED);
	}
	pthread_create(&c.thread, NULL, connecting_run, &c);
	peer = accept(self->listener, NULL, NULL);
	channel = hold_next(self->device, NULL);
	ASSERT_EQ(hold_release(channel, false, NULL, 0), 0);
	pthread_join(c.thread, NULL);
	EXPECT_EQ(c.ret, 0);
	EXPECT_TLS(c.fd, peer, true);
	close(c.fd);
	close(peer);
	close(channel);
}

TEST_F(hold, non_blocking_refused)
{
	int fd, peer, channel;

	HELD(fd, peer, channel);
	ASSERT_EQ(hold_refuse(channel, EACCES, ""), 0);
	EXPECT_EQ(poll_for(fd, POLLOUT, PATIENCE) & (POLLERR | POLLHUP), POLLERR | POLLHUP);
	EXPECT_EQ(sock_error(fd), EACCES);
	close(fd);
	close(peer);
	close(channel);
}

/* connect(AF_UNSPEC) of a held socket arms it again; the channel has nothing more to say. */
TEST_F(hold, disconnected)
{
	struct sockaddr_storage unspec = { .ss_family = AF_UNSPEC };
	int fd, peer, channel, again;

	HELD(fd, peer, channel);
	ASSERT_EQ(connect(fd, (struct sockaddr *)&unspec, sizeof(unspec)), 0);
	EXPECT_EQ(hold_mode(fd), SEALSOCK_MODE_ASKED);
	EXPECT_EQ(poll_for(channel, POLLIN, PATIENCE) & POLLHUP, POLLHUP);
	EXPECT_EQ(hold_release(channel, false, NULL, 0), -1);
	EXPECT_EQ(errno, EPIPE);
	EXPECT_EQ(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	close(peer);
	EXPECT_EQ(connect(fd, (struct sockaddr *)&self->addr, self->len), -1);
	EXPECT_EQ(errno, EINPROGRESS);
	peer = accept(self->listener, NULL, NULL);
	set_timeout(peer, PATIENCE);
	again = hold_next(self->device, NULL);
	ASSERT_GE(again, 0);
	/* The old channel says nothing to the new connection. */
	EXPECT_EQ(write(channel, "x", 1), -1);
	EXPECT_EQ(errno, EPIPE);
	close(channel);
	ASSERT_EQ(hold_release(again, false, NULL, 0), 0);
	BLOCKING(fd);
	EXPECT_TLS(fd, peer, true);
	close(fd);
	close(peer);
	close(again);
}

TEST_F(hold, epoll_edge)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET }, got;
	int fd, peer, channel, ep = epoll_create1(0);

	HELD(fd, peer, channel);
	ASSERT_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event), 0);
	EXPECT_EQ(epoll_wait(ep, &got, 1, 100), 0);
	ASSERT_EQ(hold_release(channel, false, NULL, 0), 0);
	ASSERT_EQ(epoll_wait(ep, &got, 1, PATIENCE), 1);
	EXPECT_EQ(got.events, EPOLLOUT);
	BLOCKING(fd);
	EXPECT_TLS(fd, peer, true);
	close(fd);
	close(peer);
	close(channel);
	close(ep);
}

/* Half closed by the program before TLS is up: done when it is, with close_notify. */
TEST_F(hold, shut_early)
{
	static uint8_t out[RECORD_MAX + 256];
	int fd, peer, channel;
	struct wire tx, rx;
	uint8_t type = 0;

	HELD(fd, peer, channel);
	BLOCKING(fd);
	ASSERT_EQ(shutdown(fd, SHUT_WR), 0);
	EXPECT_EQ(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	EXPECT_EQ(errno, EPIPE);
	EXPECT_EQ(recv(peer, out, 1, MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);
	ASSERT_EQ(hold_release(channel, false, NULL, 0), 0);
	hold_wires(true, &tx, &rx);
	EXPECT_EQ(wire_recv(&rx, peer, &type, out), 2);
	EXPECT_EQ(type, TYPE_ALERT);
	EXPECT_EQ(recv(peer, out, 1, 0), 0);
	close(fd);
	close(peer);
	close(channel);
}

/* Options given meanwhile hold after release, not before. */
TEST_F(hold, settings_kept)
{
	int fd, peer, channel, value = 0;
	socklen_t len = sizeof(value);
	char buf[8];

	HELD(fd, peer, channel);
	ASSERT_EQ(set_int(fd, IPPROTO_TCP, TCP_CORK, 1), 0);
	ASSERT_EQ(set_int(fd, SOL_SOCKET, SO_RCVLOWAT, 500), 0);
	ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, &len), 0);
	EXPECT_EQ(value, 1);
	ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len), 0);
	EXPECT_EQ(value, 0);
	ASSERT_EQ(write(channel, "2", 1), 1);
	EXPECT_GT(poll_for(peer, POLLIN, 150), 0);
	ASSERT_EQ(send(peer, "1", 1, 0), 1);
	EXPECT_GT(poll_for(channel, POLLIN, PATIENCE) & POLLIN, 0);
	EXPECT_EQ(read(channel, buf, 8), 1);
	ASSERT_EQ(hold_release(channel, false, NULL, 0), 0);
	ASSERT_EQ(getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &value, &len), 0);
	EXPECT_EQ(value, 500);
	ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, &len), 0);
	EXPECT_EQ(value, 1);
	close(fd);
	close(peer);
	close(channel);
}

TEST_F(hold, facts)
{
	struct { struct sealsock_fact head; char text[4]; } fact = {
		{ .type = SEALSOCK_FACT_ALPN, .len = 2 }, "h2",
	};
	char got[64];
	socklen_t len = sizeof(got);
	int fd, peer, channel;

	HELD(fd, peer, channel);
	EXPECT_EQ(getsockopt(fd, SOL_TLS, SEALSOCK_FACTS, got, &len), -1);
	EXPECT_EQ(errno, EAGAIN);
	ASSERT_EQ(hold_release(channel, false, &fact, sizeof(fact)), 0);
	len = 1;
	EXPECT_EQ(getsockopt(fd, SOL_TLS, SEALSOCK_FACTS, got, &len), -1);
	EXPECT_EQ(errno, ERANGE);
	EXPECT_EQ(len, sizeof(fact));
	EXPECT_EQ(getsockopt(fd, SOL_TLS, SEALSOCK_FACTS, got, &len), 0);
	EXPECT_EQ(memcmp(got, &fact, sizeof(fact)), 0);
	close(fd);
	close(peer);
	close(channel);
}

/* All or nothing: what cannot be installed leaves the socket held as before. */
TEST_F(hold, release_fails)
{
	struct sealsock_managed keys;
	struct sealsock_release req = {
		.managed = (uintptr_t)&keys, .managed_len = sizeof(keys),
	};
	int fd, peer, channel;

	HELD(fd, peer, channel);
	hold_keys(&keys, false);
	keys.tx.key[0] = 1;
	EXPECT_EQ(ioctl(channel, SEALSOCK_RELEASE, &req), -1);
	EXPECT_EQ(errno, EINVAL);
	keys.tx.key[0] = 0;
	req.facts_len = SEALSOCK_FACTS_MAX + 1;
	EXPECT_EQ(ioctl(channel, SEALSOCK_RELEASE, &req), -1);
	EXPECT_EQ(errno, EINVAL);
	req.facts_len = 5;
	EXPECT_EQ(ioctl(channel, SEALSOCK_RELEASE, &req), -1);
	EXPECT_EQ(errno, EFAULT);
	req.facts_len = 0;
	req.managed = 1;
	EXPECT_EQ(ioctl(channel, SEALSOCK_RELEASE, &req), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(send(fd, "x", 1, 0), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(poll_for(fd, POLLOUT, 0), 0);
	ASSERT_EQ(hold_release(channel, false, NULL, 0), 0);
	EXPECT_EQ(hold_release(channel, false, NULL, 0), -1);
	EXPECT_EQ(errno, EPIPE);
	BLOCKING(fd);
	EXPECT_TLS(fd, peer, true);
	close(fd);
	close(peer);
	close(channel);
}

/* Tickets are the helper's: while the program has the socket, and when it has closed it. */
TEST_F(hold, tickets)
{
	static const uint8_t ticket[4 + 20] = { 4, 0, 0, 20, 1, 2, 3, 4 };
	uint8_t got[32];
	struct sealsock_take take = { .buf = (uintptr_t)got, .len = 3 };
	int fd, peer, channel;
	struct wire tx, rx;
	char buf[8];

	HELD(fd, peer, channel);
	EXPECT_EQ(ioctl(channel, SEALSOCK_TAKE_MESSAGE, &take), -1);
	EXPECT_EQ(errno, ENOTCONN);
	ASSERT_EQ(hold_release(channel, false, NULL, 0), 0);
	EXPECT_EQ(poll_for(channel, POLLIN, 0), 0);
	EXPECT_EQ(ioctl(channel, SEALSOCK_TAKE_MESSAGE, &take), -1);
	EXPECT_EQ(errno, EAGAIN);
	hold_wires(true, &tx, &rx);
	ASSERT_EQ(wire_send(&tx, peer, TYPE_HANDSHAKE, ticket, sizeof(ticket), 0), 0);
	ASSERT_EQ(wire_send(&tx, peer, TYPE_DATA, "data", 4, 0), 0);
	BLOCKING(fd);
	EXPECT_EQ(recv(fd, buf, 8, 0), 4);
	EXPECT_EQ(poll_for(channel, POLLIN, PATIENCE), POLLIN);
	take.len = 3;
	EXPECT_EQ(ioctl(channel, SEALSOCK_TAKE_MESSAGE, &take), -1);
	EXPECT_EQ(errno, EMSGSIZE);
	EXPECT_EQ(take.len, sizeof(ticket));
	take.len = sizeof(got);
	EXPECT_EQ(ioctl(channel, SEALSOCK_TAKE_MESSAGE, &take), sizeof(ticket));
	EXPECT_EQ(memcmp(got, ticket, sizeof(ticket)), 0);
	EXPECT_EQ(poll_for(channel, POLLIN, 0), 0);
	ASSERT_EQ(wire_send(&tx, peer, TYPE_HANDSHAKE, ticket, sizeof(ticket), 0), 0);
	ASSERT_EQ(wire_send(&tx, peer, TYPE_DATA, "data", 4, 0), 0);
	EXPECT_EQ(recv(fd, buf, 8, 0), 4);
	close(fd);
	EXPECT_EQ(poll_for(channel, POLLIN, PATIENCE), POLLIN | POLLHUP);
	take.len = sizeof(got);
	EXPECT_EQ(ioctl(channel, SEALSOCK_TAKE_MESSAGE, &take), sizeof(ticket));
	EXPECT_EQ(ioctl(channel, SEALSOCK_TAKE_MESSAGE, &take), -1);
	EXPECT_EQ(errno, EPIPE);
	close(peer);
	close(channel);
}

TEST_F(hold, no_helper)
{
	struct connecting c;

	close(self->device);
	self->device = -1;
	CONNECTING(c);
	connecting_run(&c);
	EXPECT_EQ(c.ret, -1);
	EXPECT_EQ(c.error, ESRCH);
	/* Not even TCP's part was begun. */
	EXPECT_EQ(poll_for(self->listener, POLLIN, 100), 0);
	close(c.fd);
}

TEST_HARNESS_MAIN
