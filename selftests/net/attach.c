// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* When the ULP may be attached, and what a socket with it but without keys does. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "guard.h"
#include "peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

/* Under our own name that asks for TLS (hold_*.c), and keys are refused. */
#define EXPECT_ASKS(fd) do {								\
	struct suite ask_suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 };		\
	struct keys ask_keys;								\
											\
	keys_init(&ask_keys, &ask_suite, 0);						\
	if (!ulp_is_ours() || !strcmp(ulp_name(), "tls")) {				\
		EXPECT_EQ(ulp_attach(fd), -1);						\
		EXPECT_EQ(errno, ENOTCONN);						\
	} else {									\
		EXPECT_EQ(ulp_attach(fd), 0);						\
		EXPECT_EQ(keys_set(fd, TLS_TX, &ask_keys), -1);				\
		EXPECT_EQ(errno, ENOTCONN);						\
	}										\
} while (0)

TEST(state_close)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_GE(fd, 0);
	EXPECT_ASKS(fd);
	close(fd);
}

TEST(state_syn_sent)
{
	/* A listener whose queue is full drops the SYN: the connection stays in SYN_SENT. */
	struct sockaddr_storage addr;
	struct tcp_info info = {};
	socklen_t len, info_len;
	int listener, fd[16], i, tested = 0;

	listener = tcp_listen(AF_INET, &addr, &len);
	ASSERT_GE(listener, 0);
	ASSERT_EQ(listen(listener, 0), 0);
	for (i = 0; i < 16; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		ASSERT_GE(fd[i], 0);
		connect(fd[i], (struct sockaddr *)&addr, len);
		info_len = sizeof(info);
		ASSERT_EQ(getsockopt(fd[i], IPPROTO_TCP, TCP_INFO, &info, &info_len), 0);
		if (info.tcpi_state != TCP_SYN_SENT)
			continue;
		tested++;
		EXPECT_EQ(ulp_attach(fd[i]), -1);
		EXPECT_EQ(errno, ENOTCONN);
	}
	EXPECT_GT(tested, 0);
	for (i = 0; i < 16; i++)
		close(fd[i]);
	close(listener);
}

TEST(state_listen)
{
	struct sockaddr_storage addr;
	socklen_t len;
	int fd = tcp_listen(AF_INET, &addr, &len);

	ASSERT_GE(fd, 0);
	EXPECT_ASKS(fd);
	/* The listener still works, but nobody says what it is to do. */
	EXPECT_EQ(listen(fd, 1), strcmp(ulp_name(), "tls") ? -1 : 0);
	close(fd);
}

/* The peer may send its last flight and FIN at once: only the name "tls" refuses that. */
TEST(state_close_wait)
{
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(shutdown(fd[1], SHUT_WR), 0);
	ASSERT_GT(poll_for(fd[0], POLLRDHUP, PATIENCE), 0);
	if (!strcmp(ulp_name(), "tls")) {
		EXPECT_EQ(ulp_attach(fd[0]), -1);
		EXPECT_EQ(errno, ENOTCONN);
	} else {
		EXPECT_EQ(ulp_attach(fd[0]), 0);
	}
	close(fd[0]);
	close(fd[1]);
}

TEST(state_fin_wait)
{
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(shutdown(fd[0], SHUT_WR), 0);
	EXPECT_EQ(ulp_attach(fd[0]), -1);
	EXPECT_EQ(errno, ENOTCONN);
	close(fd[0]);
	close(fd[1]);
}

TEST(state_reset)
{
	struct linger linger = { .l_onoff = 1 };
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(setsockopt(fd[1], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(fd[1]);
	ASSERT_GT(poll_for(fd[0], POLLIN, PATIENCE), 0);
	EXPECT_EQ(ulp_attach(fd[0]), -1);
	EXPECT_EQ(errno, ENOTCONN);
	close(fd[0]);
}

TEST(not_tcp)
{
	int fd[2];

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	EXPECT_EQ(ulp_attach(fd[0]), -1);
	EXPECT_EQ(errno, EOPNOTSUPP);
	close(fd[0]);
	close(fd[1]);
}

/* IPv4 over an IPv6 socket, and a socket that was turned from the one into the other. */
TEST(mapped_and_turned)
{
	struct suite suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	uint8_t out[RECORD_MAX + 256], type;
	struct sockaddr_storage addr;
	struct wire wire;
	struct keys keys;
	socklen_t len;
	int turn, fd, peer, listener = tcp_listen(AF_INET, &addr, &len);

	ASSERT_GE(listener, 0);
	to.sin6_port = ((struct sockaddr_in *)&addr)->sin_port;
	ASSERT_EQ(inet_pton(AF_INET6, "::ffff:127.0.0.1", &to.sin6_addr), 1);
	keys_init(&keys, &suite, 0);
	for (turn = 0; turn < 3; turn++) {
		wire_init(&wire, &keys);
		fd = socket(AF_INET6, SOCK_STREAM, 0);
		ASSERT_EQ(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
		peer = accept(listener, NULL, NULL);
		if (turn == 1)
			ASSERT_EQ(set_int(fd, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET), 0);
		ASSERT_EQ(ulp_attach(fd), 0);
		ASSERT_EQ(keys_set(fd, TLS_TX, &keys), 0);
		/* With the ULP it cannot be turned any more. */
		if (turn == 2)
			EXPECT_EQ(set_int(fd, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET), -1);
		EXPECT_EQ(send(fd, "sealed", 6, 0), 6);
		EXPECT_EQ(wire_recv(&wire, peer, &type, out), 6);
		close(fd);
		close(peer);
	}
	close(listener);
}

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* A sockmap and the record layer cannot both have the socket's bytes. */
TEST(sockmap)
{
	union bpf_attr create = {
		.map_type = BPF_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 4, .max_entries = 2,
	};
	struct suite suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 };
	uint32_t key = 0, value;
	union bpf_attr update = { .key = (uintptr_t)&key, .value = (uintptr_t)&value };
	struct keys keys;
	int map = bpf(BPF_MAP_CREATE, &create), fd[2];

	if (map < 0)
		SKIP(return, "this kernel has no sockmap");
	keys_init(&keys, &suite, 0);
	update.map_fd = map;

	/* First the ULP, then the map: refused. */
	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	value = fd[0];
	EXPECT_EQ(bpf(BPF_MAP_UPDATE_ELEM, &update), -1);
	EXPECT_EQ(keys_set(fd[0], TLS_TX, &keys), 0);
	close(fd[0]);
	close(fd[1]);

	/* First the map, then the ULP or at the latest its keys: refused. In-tree may take them. */
	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	value = fd[0];
	ASSERT_EQ(bpf(BPF_MAP_UPDATE_ELEM, &update), 0);
	if (ulp_is_ours() && !ulp_attach(fd[0])) {
		EXPECT_EQ(keys_set(fd[0], TLS_TX, &keys), -1);
		EXPECT_EQ(errno, EINVAL);
		EXPECT_EQ(keys_set(fd[0], TLS_RX, &keys), -1);
		EXPECT_EQ(errno, EINVAL);
		EXPECT_EQ(send(fd[0], "plain", 5, 0), 5);
	}
	close(fd[0]);
	close(fd[1]);
	close(map);
}

FIXTURE(attached)
{
	int fd, peer;
};

FIXTURE_VARIANT(attached)
{
	int family;
};

FIXTURE_VARIANT_ADD(attached, ipv4)
{
	.family = AF_INET,
};

FIXTURE_VARIANT_ADD(attached, ipv6)
{
	.family = AF_INET6,
};

FIXTURE_SETUP(attached)
{
	int fd[2];

	ASSERT_EQ(tcp_pair(variant->family, fd), 0);
	self->fd = fd[0];
	self->peer = fd[1];
	ASSERT_EQ(ulp_attach(self->fd), 0);
}

FIXTURE_TEARDOWN(attached)
{
	close(self->fd);
	close(self->peer);
}

TEST_F(attached, name)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	EXPECT_EQ(getsockopt(self->fd, IPPROTO_TCP, TCP_ULP, name, &len), 0);
	EXPECT_STREQ(name, ulp_name());
}

TEST_F(attached, twice)
{
	EXPECT_EQ(ulp_attach(self->fd), -1);
	EXPECT_EQ(errno, EEXIST);
	EXPECT_EQ(send(self->fd, "x", 1, 0), 1);
}

TEST_F(attached, listen_refused)
{
	struct sockaddr_storage unspec = { .ss_family = AF_UNSPEC };

	EXPECT_EQ(listen(self->fd, 1), -1);
	EXPECT_EQ(errno, EINVAL);
	/* Nor by way of a disconnect: the ULP would be inherited by what is accepted. */
	EXPECT_EQ(connect(self->fd, (struct sockaddr *)&unspec, sizeof(unspec)), -1);
	EXPECT_EQ(errno, EOPNOTSUPP);
	EXPECT_EQ(send(self->fd, "x", 1, 0), 1);
}

TEST_F(attached, unprivileged)
{
	struct suite suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 };
	struct keys keys;
	int fd[2];

	ASSERT_EQ(setresgid(65534, 65534, 65534), 0);
	ASSERT_EQ(setresuid(65534, 65534, 65534), 0);
	ASSERT_EQ(tcp_pair(variant->family, fd), 0);
	EXPECT_EQ(ulp_attach(fd[0]), 0);
	keys_init(&keys, &suite, 0);
	EXPECT_EQ(keys_set(fd[0], TLS_TX, &keys), 0);
	EXPECT_EQ(keys_set(fd[0], TLS_RX, &keys), 0);
	EXPECT_EQ(send(fd[0], "x", 1, 0), 1);
	close(fd[0]);
	close(fd[1]);
}

TEST_F(attached, plain_both_ways)
{
	const size_t len = 3 * MIB / 2;
	uint8_t *data = pattern_alloc(len), *got = malloc(len);
	struct feed feed;

	ASSERT_NE(got, NULL);
	feed_start(&feed, self->fd, data, len, 0);
	EXPECT_EQ(recv_full(self->peer, got, len), (ssize_t)len);
	EXPECT_TRUE(feed_end(&feed));
	EXPECT_EQ(memcmp(data, got, len), 0);
	feed_start(&feed, self->peer, data, len, 0);
	EXPECT_EQ(recv_full(self->fd, got, len), (ssize_t)len);
	EXPECT_TRUE(feed_end(&feed));
	EXPECT_EQ(memcmp(data, got, len), 0);
	free(data);
	free(got);
}

TEST_F(attached, plain_calls)
{
	char buf[64];
	int p[2], file;

	/* iovecs, out-of-band flags of recv, peeking, read and write */
	EXPECT_EQ(write(self->peer, "0123456789", 10), 10);
	EXPECT_EQ(recv(self->fd, buf, sizeof(buf), MSG_PEEK), 10);
	EXPECT_EQ(recv(self->fd, buf, 4, MSG_WAITALL), 4);
	EXPECT_EQ(read(self->fd, buf + 4, 6), 6);
	EXPECT_EQ(memcmp(buf, "0123456789", 10), 0);
	EXPECT_EQ(recv(self->fd, buf, 1, MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);

	/* sendfile and splice, both directions */
	file = pattern_file(5000);
	EXPECT_EQ(sendfile(self->fd, file, NULL, 50), 50);
	EXPECT_EQ(recv_full(self->peer, buf, 50), 50);
	EXPECT_EQ(pattern_check(buf, 0, 50), -1);
	ASSERT_EQ(pipe(p), 0);
	EXPECT_EQ(write(self->peer, "spliced", 7), 7);
	EXPECT_GT(poll_for(self->fd, POLLIN, PATIENCE), 0);
	EXPECT_EQ(splice(self->fd, NULL, p[1], NULL, 100, 0), 7);
	EXPECT_EQ(splice(p[0], NULL, self->fd, NULL, 7, 0), 7);
	EXPECT_EQ(recv_full(self->peer, buf, 7), 7);
	EXPECT_EQ(memcmp(buf, "spliced", 7), 0);
	close(p[0]);
	close(p[1]);
	close(file);
}

TEST_F(attached, plain_poll_and_shutdown)
{
	char c;

	EXPECT_EQ(poll_for(self->fd, POLLIN | POLLOUT, 0), POLLOUT);
	EXPECT_EQ(write(self->peer, "x", 1), 1);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, &c, 1, 0), 1);
	EXPECT_EQ(shutdown(self->fd, SHUT_WR), 0);
	EXPECT_EQ(recv(self->peer, &c, 1, 0), 0);
	EXPECT_EQ(send(self->fd, "x", 1, MSG_NOSIGNAL), -1);
	EXPECT_EQ(errno, EPIPE);
	EXPECT_EQ(write(self->peer, "y", 1), 1);
	EXPECT_EQ(recv(self->fd, &c, 1, 0), 1);
	EXPECT_EQ(c, 'y');
}

TEST_F(attached, tcp_options_pass_through)
{
	int value = 0;
	socklen_t len = sizeof(value);

	EXPECT_EQ(set_int(self->fd, IPPROTO_TCP, TCP_NODELAY, 1), 0);
	EXPECT_EQ(getsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &value, &len), 0);
	EXPECT_EQ(value, 1);
	EXPECT_EQ(set_int(self->fd, IPPROTO_TCP, TCP_MAXSEG, 1000), 0);
	EXPECT_EQ(set_int(self->fd, SOL_TLS, 250, 1), -1);
	EXPECT_EQ(errno, ENOPROTOOPT);
	EXPECT_EQ(getsockopt(self->fd, SOL_TLS, 250, &value, &len), -1);
	EXPECT_EQ(errno, ENOPROTOOPT);
}

/* OpenSSL attaches before the handshake, which then runs in the clear, and installs one by one. */
TEST_F(attached, handshake_then_keys)
{
	struct suite suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 };
	uint8_t out[RECORD_MAX + 256], type;
	struct wire wire;
	struct keys keys;
	char buf[16];

	EXPECT_EQ(send(self->fd, "client hello", 12, 0), 12);
	EXPECT_EQ(recv_full(self->peer, buf, 12), 12);
	EXPECT_EQ(send(self->peer, "server hello", 12, 0), 12);
	EXPECT_EQ(recv_full(self->fd, buf, 12), 12);

	keys_init(&keys, &suite, 0);
	wire_init(&wire, &keys);
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &keys), 0);
	EXPECT_EQ(send(self->fd, "sealed", 6, 0), 6);
	EXPECT_EQ(wire_recv(&wire, self->peer, &type, out), 6);
	EXPECT_EQ(memcmp(out, "sealed", 6), 0);

	/* The other direction is still in the clear. */
	EXPECT_EQ(send(self->peer, "finished", 8, 0), 8);
	EXPECT_EQ(recv_full(self->fd, buf, 8), 8);
	keys_init(&keys, &suite, 1);
	wire_init(&wire, &keys);
	ASSERT_EQ(keys_set(self->fd, TLS_RX, &keys), 0);
	EXPECT_EQ(wire_send(&wire, self->peer, TYPE_DATA, "opened", 6, 0), 0);
	EXPECT_EQ(recv(self->fd, buf, sizeof(buf), 0), 6);
	EXPECT_EQ(memcmp(buf, "opened", 6), 0);
}

TEST_F(attached, passed_to_child)
{
	char c = 0;
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(send(self->fd, "c", 1, 0) != 1);
	close(self->fd);
	EXPECT_EQ(recv(self->peer, &c, 1, 0), 1);
	EXPECT_EQ(waitpid(pid, NULL, 0), pid);
	EXPECT_EQ(recv(self->peer, &c, 1, 0), 0);
}

TEST_HARNESS_MAIN
