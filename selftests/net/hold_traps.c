// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Ways by which TCP makes, moves and names connections, each of which could go past the hold. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "hold.h"

#include <arpa/inet.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

/* One connection to a listener, from end to end. */
#define EXPECT_SERVED(how) do {								\
	struct holder holder;								\
	int peer, fd;									\
											\
	ASSERT_EQ(holder_start(&holder, self->device, 1), 0);				\
	peer = how;									\
	ASSERT_GE(peer, 0);								\
	set_timeout(peer, PATIENCE);							\
	ASSERT_EQ(peer_shake(peer, false), 0);						\
	fd = accept(self->listener, NULL, NULL);					\
	ASSERT_GE(fd, 0);								\
	EXPECT_EQ(holder_end(&holder), 0);						\
	EXPECT_TLS(fd, peer, false);							\
	close(fd);									\
	close(peer);									\
} while (0)

TEST_F(hold, syn_cookies)
{
	if (sysctl_set("tcp_syncookies", "2"))
		SKIP(return, "this kernel has no SYN cookies");
	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	EXPECT_SERVED(peer_connect(&self->addr, self->len));
	ASSERT_EQ(sysctl_set("tcp_syncookies", "1"), 0);
}

static int connect_v4(const struct sockaddr_storage *addr)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = ((struct sockaddr_in *)addr)->sin_port,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return peer_connect((struct sockaddr_storage *)&to, sizeof(to));
}

/* IPv4 over an IPv6 listener: the helper is told of IPv4. */
TEST_F(hold, mapped)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	struct sealsock_due due = {};
	int peer, channel;

	if (variant->family != AF_INET6)
		return;
	close(self->listener);
	self->listener = socket(AF_INET6, SOCK_STREAM, 0);
	ASSERT_EQ(bind(self->listener, (struct sockaddr *)&any, sizeof(any)), 0);
	ASSERT_EQ(listen(self->listener, 5), 0);
	ASSERT_EQ(getsockname(self->listener, (struct sockaddr *)&self->addr, &self->len), 0);
	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	peer = connect_v4(&self->addr);
	ASSERT_GE(peer, 0);
	channel = hold_next(self->device, &due);
	ASSERT_GE(channel, 0);
	EXPECT_EQ(due.remote.family, AF_INET);
	EXPECT_EQ(memcmp(due.remote.bytes, "\x7f\0\0\1", 4), 0);
	EXPECT_EQ(due.local.family, AF_INET);
	close(channel);
	close(peer);
	EXPECT_SERVED(connect_v4(&self->addr));
}

/* Data in the SYN: the client's first word is there before the connection is complete. */
TEST_F(hold, fast_open_server)
{
	char hello[] = HELLO, answer[32];
	int peer, fd, i;

	ASSERT_EQ(sysctl_set("tcp_fastopen", "519"), 0);	/* both sides, no cookie needed */
	ASSERT_EQ(set_int(self->listener, IPPROTO_TCP, TCP_FASTOPEN, 5), 0);
	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	for (i = 0; i < 3; i++) {
		struct holder holder;

		ASSERT_EQ(holder_start(&holder, self->device, 1), 0);
		peer = socket(variant->family, SOCK_STREAM, 0);
		set_timeout(peer, PATIENCE);
		ASSERT_EQ(sendto(peer, hello, sizeof(hello), MSG_FASTOPEN,
				 (struct sockaddr *)&self->addr, self->len), sizeof(hello));
		ASSERT_EQ(recv_full(peer, answer, sizeof(ANSWER)), sizeof(ANSWER));
		fd = accept(self->listener, NULL, NULL);
		ASSERT_GE(fd, 0);
		EXPECT_EQ(holder_end(&holder), 0);
		EXPECT_TLS(fd, peer, false);
		close(fd);
		close(peer);
	}
	sysctl_set("tcp_fastopen", "1");
}

TEST_F(hold, defer_accept)
{
	ASSERT_EQ(set_int(self->listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5), 0);
	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	EXPECT_SERVED(peer_connect(&self->addr, self->len));
}

/*
 * A connection that a plain listener of the same port got when ours was closed (reuseport with
 * tcp_migrate_req): its program must not speak in the clear, whatever it calls first.
 */
TEST_F(hold, migrated)
{
	enum { SEND, RECV, POLL, CALLS };
	int plain, peer, fd, channel, call;
	char buf[8];

	if (sysctl_set("tcp_migrate_req", "1"))
		SKIP(return, "this kernel does not migrate requests");
	for (call = SEND; call < CALLS; call++) {
		plain = hold_migrate(&self->addr, self->len, &peer);
		ASSERT_GE(plain, 0);
		fd = accept4(plain, NULL, NULL, SOCK_NONBLOCK);
		ASSERT_GE(fd, 0);
		EXPECT_EQ(hold_mode(fd), SEALSOCK_MODE_HELD);
		switch (call) {
		case SEND:
			EXPECT_EQ(send(fd, "x", 1, MSG_NOSIGNAL), -1);
			EXPECT_EQ(errno, EAGAIN);
			break;
		case RECV:
			EXPECT_EQ(recv(fd, buf, 1, 0), -1);
			EXPECT_EQ(errno, EAGAIN);
			break;
		default:
			EXPECT_EQ(poll_for(fd, POLLIN | POLLOUT, 0), 0);
		}
		channel = hold_next(self->device, NULL);
		ASSERT_GE(channel, 0);
		EXPECT_EQ(recv(peer, buf, 1, MSG_DONTWAIT), -1);
		EXPECT_EQ(errno, EAGAIN);
		ASSERT_EQ(hold_release(channel, true, NULL, 0), 0);
		EXPECT_EQ(poll_for(fd, POLLOUT, PATIENCE), POLLOUT);
		ASSERT_EQ(fcntl(fd, F_SETFL, 0), 0);
		EXPECT_TLS(fd, peer, false);
		close(fd);
		close(peer);
		close(plain);
		close(channel);
	}
	sysctl_set("tcp_migrate_req", "0");
}

TEST_F(hold, mptcp_refused)
{
	int fd = socket(variant->family, SOCK_STREAM, IPPROTO_MPTCP);

	if (fd < 0)
		SKIP(return, "this kernel has no MPTCP");
	EXPECT_EQ(ulp_attach(fd), -1);
	EXPECT_TRUE(errno == EOPNOTSUPP || errno == ENOPROTOOPT);
	close(fd);
}

/* Each clone has a reference on the module, and gives it back. */
TEST_F(hold, references)
{
	long before = module_users();
	int peer[8], i;

	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	for (i = 0; i < 8; i++) {
		peer[i] = peer_connect(&self->addr, self->len);
		ASSERT_GE(peer[i], 0);
	}
	EXPECT_GE(module_users(), before + 8);
	close(self->listener);
	self->listener = -1;
	for (i = 0; i < 8; i++)
		close(peer[i]);
	EXPECT_USERS(before);
}

/* One request by io_uring, polled for; its result. */
static int uring_one(const struct io_uring_sqe *sqe, int *ring_fd, bool wait, bool submit)
{
	static struct io_uring_params p;
	static struct io_uring_sqe *sqes;
	static char *rings;
	unsigned int *head, *tail;
	struct io_uring_cqe *cqe;

	if (*ring_fd < 0) {
		memset(&p, 0, sizeof(p));
		*ring_fd = syscall(SYS_io_uring_setup, 8, &p);
		if (*ring_fd < 0)
			return -errno;
		rings = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, *ring_fd,
			     IORING_OFF_SQ_RING);
		sqes = mmap(NULL, 8 * sizeof(*sqes), PROT_READ | PROT_WRITE, MAP_SHARED, *ring_fd,
			    IORING_OFF_SQES);
	}
	if (submit) {
		tail = (unsigned int *)(rings + p.sq_off.tail);
		sqes[*tail & 7] = *sqe;
		((unsigned int *)(rings + p.sq_off.array))[*tail & 7] = *tail & 7;
		__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
		if (syscall(SYS_io_uring_enter, *ring_fd, 1, 0, 0, NULL, 0) != 1)
			return -errno;
	}
	head = (unsigned int *)(rings + p.cq_off.head);
	tail = (unsigned int *)(rings + p.cq_off.tail);
	if (wait && syscall(SYS_io_uring_enter, *ring_fd, 0, 1, IORING_ENTER_GETEVENTS, NULL,
			    0) < 0)
		return -errno;
	if (__atomic_load_n(tail, __ATOMIC_ACQUIRE) == *head)
		return -EINPROGRESS;
	cqe = (struct io_uring_cqe *)(rings + p.cq_off.cqes) + (*head & (p.cq_entries - 1));
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return cqe->res;
}

TEST_F(hold, io_uring)
{
	static uint8_t out[RECORD_MAX + 256];
	struct io_uring_sqe sqe = { .opcode = IORING_OP_CONNECT };
	int fd = socket(variant->family, SOCK_STREAM, 0), ring = -1, peer, channel, i;
	struct wire tx, rx;
	uint8_t type;
	char buf[16];

	ASSERT_EQ(hold_ask(fd, SEALSOCK_ROLE_CONNECT), 0);
	sqe.fd = fd;
	sqe.addr = (uintptr_t)&self->addr;
	sqe.off = self->len;
	i = uring_one(&sqe, &ring, false, true);
	if (i == -ENOSYS || i == -EPERM)
		SKIP(return, "no io_uring");
	EXPECT_EQ(i, -EINPROGRESS);
	peer = accept(self->listener, NULL, NULL);
	set_timeout(peer, PATIENCE);
	channel = hold_next(self->device, NULL);
	ASSERT_GE(channel, 0);
	sqe = (struct io_uring_sqe) {
		.opcode = IORING_OP_SEND, .fd = fd, .addr = (uintptr_t)"by a ring", .len = 9,
	};
	EXPECT_EQ(uring_one(&sqe, &ring, false, true), -EINPROGRESS);
	EXPECT_EQ(recv(peer, buf, 1, MSG_DONTWAIT), -1);
	ASSERT_EQ(hold_release(channel, false, NULL, 0), 0);
	hold_wires(true, &tx, &rx);
	EXPECT_EQ(wire_recv(&rx, peer, &type, out), 9);
	EXPECT_EQ(memcmp(out, "by a ring", 9), 0);
	for (i = 0; i < 2; i++)
		EXPECT_GE(uring_one(NULL, &ring, true, false), 0);
	sqe = (struct io_uring_sqe) {
		.opcode = IORING_OP_RECV, .fd = fd, .addr = (uintptr_t)buf, .len = sizeof(buf),
	};
	EXPECT_EQ(uring_one(&sqe, &ring, false, true), -EINPROGRESS);
	ASSERT_EQ(wire_send(&tx, peer, TYPE_DATA, "answer", 6, 0), 0);
	EXPECT_EQ(uring_one(NULL, &ring, true, false), 6);
	close(ring);
	close(fd);
	close(peer);
	close(channel);
}

TEST_HARNESS_MAIN
