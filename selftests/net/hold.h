/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Both ends of a held socket for its tests: a helper that plays its part by the device and
 * channels, with fixed secrets in place of a handshake, and the peer that goes with it.
 */
#ifndef SELFTESTS_NET_HOLD_H
#define SELFTESTS_NET_HOLD_H

#include "managed.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>

#include <uapi/hold.h>

static const struct suite hold_suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 };

/* What stands for a handshake: the client's word and the server's. */
#define HELLO	"hello of the client"
#define ANSWER	"answer of the server"

/* The secrets of both directions: 1 is what servers send, 2 what clients send. */
static inline void hold_keys(struct sealsock_managed *req, bool server)
{
	struct secret secret;
	struct wire wire;

	managed_init(req, &hold_suite, server ? SEALSOCK_MANAGED_SERVER : 0);
	managed_keys(&req->tx, &hold_suite, server ? 1 : 2, &secret, &wire);
	managed_keys(&req->rx, &hold_suite, server ? 2 : 1, &secret, &wire);
}

/* The peer's halves: what it seals, what it opens. */
static inline void hold_wires(bool peer_is_server, struct wire *tx, struct wire *rx)
{
	struct sealsock_managed_keys keys;
	struct secret secret;

	managed_keys(&keys, &hold_suite, peer_is_server ? 1 : 2, &secret, tx);
	managed_keys(&keys, &hold_suite, peer_is_server ? 2 : 1, &secret, rx);
}

static inline int hold_role(int fd, uint32_t role)
{
	struct sealsock_role req = { .role = role };

	strcpy(req.credential, "web");
	if (role == SEALSOCK_ROLE_CONNECT)
		strcpy(req.host, "example.org");
	return setsockopt(fd, SOL_TLS, SEALSOCK_ROLE, &req, sizeof(req));
}

static inline int hold_ask(int fd, uint32_t role)
{
	return ulp_attach(fd) ? -1 : hold_role(fd, role);
}

static inline int hold_deadline(int fd, uint32_t ms)
{
	return setsockopt(fd, SOL_TLS, SEALSOCK_DEADLINE, &ms, sizeof(ms));
}

static inline int hold_cause(int fd, struct sealsock_cause *cause)
{
	socklen_t len = sizeof(*cause);

	return getsockopt(fd, SOL_TLS, SEALSOCK_CAUSE, cause, &len);
}

static inline int hold_mode(int fd)
{
	struct sealsock_sock_info info = { .mode = ~0u };
	socklen_t len = sizeof(info);

	return getsockopt(fd, SOL_TLS, SEALSOCK_INFO, &info, &len) ? -1 : (int)info.mode;
}

static inline int sock_error(int fd)
{
	int error = -1;
	socklen_t len = sizeof(error);

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

static inline int hold_device(void)
{
	return open(SEALSOCK_DEVICE, O_RDWR | O_CLOEXEC);
}

static inline struct sealsock_counts hold_counts(int device)
{
	struct sealsock_counts counts = { .helpers = ~0u };

	ioctl(device, SEALSOCK_COUNTS, &counts);
	return counts;
}

/* Waits for the next one; a channel, or -1. */
static inline int hold_next(int device, struct sealsock_due *due)
{
	struct sealsock_due none;
	int fd, tries;

	for (tries = 0; tries < 100; tries++) {
		if (poll_for(device, POLLIN, PATIENCE) <= 0)
			return -1;
		fd = ioctl(device, SEALSOCK_NEXT, due ? due : &none);
		if (fd >= 0 || errno != EAGAIN)
			return fd;
	}
	return -1;
}

static inline int hold_release(int channel, bool server, const void *facts, uint32_t len)
{
	struct sealsock_managed keys;
	struct sealsock_release req = {
		.managed = (uintptr_t)&keys, .managed_len = sizeof(keys),
		.facts = (uintptr_t)facts, .facts_len = len,
	};

	int tries, ret = -1;

	hold_keys(&keys, server);
	/* With data in the SYN this is quicker than the last of TCP's own handshake. */
	for (tries = 0; tries < 100; tries++) {
		ret = ioctl(channel, SEALSOCK_RELEASE, &req);
		if (!ret || errno != ENOTCONN)
			break;
		usleep(20000);
	}
	return ret;
}

static inline int hold_refuse(int channel, uint32_t error, const char *text)
{
	struct sealsock_cause cause = {
		.error = error, .alert = SEALSOCK_ALERT | 42, .whose = SEALSOCK_ALERT_OURS,
	};

	strcpy(cause.text, text);
	return ioctl(channel, SEALSOCK_REFUSE, &cause);
}

/* Exactly len bytes through a channel: 0, or -1. */
static inline int channel_read(int channel, void *buf, size_t len)
{
	size_t have = 0;
	ssize_t ret;

	while (have < len) {
		ret = read(channel, (char *)buf + have, len - have);
		if (ret <= 0)
			return -1;
		have += ret;
	}
	return 0;
}

/* The helper's part of the handshake, as the server or as the client. */
static inline int hold_shake(int channel, bool server)
{
	char buf[64];

	if (!server && write(channel, HELLO, sizeof(HELLO)) != sizeof(HELLO))
		return -1;
	if (channel_read(channel, buf, server ? sizeof(HELLO) : sizeof(ANSWER)))
		return -1;
	if (strcmp(buf, server ? HELLO : ANSWER)) {
		errno = EPROTO;
		return -1;
	}
	if (server && write(channel, ANSWER, sizeof(ANSWER)) != sizeof(ANSWER))
		return -1;
	return 0;
}

/* The next handshake, from beginning to release; its channel, or -1. */
static inline int hold_serve_one(int device, struct sealsock_due *due)
{
	struct sealsock_due mine;
	int channel = hold_next(device, &mine);
	bool server = mine.role.role == SEALSOCK_ROLE_SERVE;

	if (channel < 0)
		return -1;
	if (due)
		*due = mine;
	if (hold_shake(channel, server) || hold_release(channel, server, NULL, 0)) {
		close(channel);
		return -1;
	}
	return channel;
}

/* A helper in a thread, which serves so many and keeps no channel. */
struct holder {
	pthread_t thread;
	int device;
	unsigned int count, done;
	int error;
};

static inline void *holder_run(void *arg)
{
	struct holder *h = arg;
	int channel;

	while (h->done < h->count) {
		channel = hold_serve_one(h->device, NULL);
		if (channel < 0) {
			h->error = errno;
			break;
		}
		close(channel);
		h->done++;
	}
	return NULL;
}

static inline int holder_start(struct holder *h, int device, unsigned int count)
{
	*h = (struct holder) { .device = device, .count = count };
	return pthread_create(&h->thread, NULL, holder_run, h);
}

static inline int holder_end(struct holder *h)
{
	pthread_join(h->thread, NULL);
	return h->done == h->count ? 0 : h->error ? h->error : -1;
}

/* The peer's part of the handshake, on a plain socket. */
static inline int peer_shake(int fd, bool server)
{
	char buf[64];

	if (!server && send_full(fd, HELLO, sizeof(HELLO), 0))
		return -1;
	if (recv_full(fd, buf, server ? sizeof(HELLO) : sizeof(ANSWER)) <= 0 ||
	    strcmp(buf, server ? HELLO : ANSWER))
		return -1;
	return server ? send_full(fd, ANSWER, sizeof(ANSWER), 0) : 0;
}

/* A plain connection to an address. */
static inline int peer_connect(const struct sockaddr_storage *addr, socklen_t len)
{
	int fd = socket(addr->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	set_timeout(fd, PATIENCE);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)addr, len)) {
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * A plain listener that has the connection of one that served and is gone (reuseport with
 * tcp_migrate_req, which is on already); -1: failed. The connection's other end to @peer.
 */
static inline int hold_migrate(const struct sockaddr_storage *like, socklen_t len, int *peer)
{
	int fd[2], i, err = 0;	/* the one that serves, the plain one */
	struct sockaddr_storage addr = *like;

	((struct sockaddr_in *)&addr)->sin_port = 0;
	for (i = 0; i < 2; i++) {
		fd[i] = socket(addr.ss_family, SOCK_STREAM, 0);
		err |= set_int(fd[i], SOL_SOCKET, SO_REUSEPORT, 1) ||
		       bind(fd[i], (struct sockaddr *)&addr, len) ||
		       getsockname(fd[i], (struct sockaddr *)&addr, &len);
	}
	err |= hold_ask(fd[0], SEALSOCK_ROLE_SERVE) || listen(fd[0], 5);
	*peer = peer_connect(&addr, len);
	err |= *peer < 0 || listen(fd[1], 5);
	close(fd[0]);
	if (!err && poll_for(fd[1], POLLIN, PATIENCE) == POLLIN)
		return fd[1];
	close(*peer);
	close(fd[1]);
	return -1;
}

static inline int loopback_up(void)
{
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), ret = ioctl(fd, SIOCSIFFLAGS, &req);

	close(fd);
	return ret;
}

FIXTURE(hold)
{
	int device, listener;
	struct sockaddr_storage addr;
	socklen_t len;
};

FIXTURE_VARIANT(hold)
{
	int family;
};

FIXTURE_VARIANT_ADD(hold, ipv4)
{
	.family = AF_INET,
};

FIXTURE_VARIANT_ADD(hold, ipv6)
{
	.family = AF_INET6,
};

FIXTURE_SETUP(hold)
{
	self->device = hold_device();
	ASSERT_GE(self->device, 0) {
		TH_LOG("device: %s", strerror(errno));
	}
	self->listener = tcp_listen(variant->family, &self->addr, &self->len);
	ASSERT_GE(self->listener, 0);
}

FIXTURE_TEARDOWN(hold)
{
	close(self->device);
	close(self->listener);
}

/* The module has as many references again as @users, or will within some seconds. */
#define EXPECT_USERS(users)								\
	EXPECT_TRUE(module_users_back(users)) {						\
		TH_LOG("references on the module: %ld, %ld before", module_users(), users); \
	}

/* Records pass both ways between a program and its peer, and the end does. */
#define EXPECT_TLS(program, peer, peer_is_server) do {					\
	static uint8_t tls_buf[RECORD_MAX + 256];					\
	struct wire tls_tx, tls_rx;							\
	char tls_text[32] = "";								\
	uint8_t tls_type = 0;								\
											\
	hold_wires(peer_is_server, &tls_tx, &tls_rx);					\
	EXPECT_EQ(send(program, "of the program", 14, 0), 14);				\
	EXPECT_EQ(wire_recv(&tls_rx, peer, &tls_type, tls_buf), 14) {			\
		TH_LOG("record: %s", tls_rx.why);					\
	}										\
	EXPECT_EQ(memcmp(tls_buf, "of the program", 14), 0);				\
	EXPECT_EQ(wire_send(&tls_tx, peer, TYPE_DATA, "of the peer", 11, 0), 0);	\
	EXPECT_EQ(recv(program, tls_text, sizeof(tls_text), 0), 11);			\
	EXPECT_STREQ(tls_text, "of the peer");						\
	EXPECT_EQ(shutdown(program, SHUT_WR), 0);					\
	EXPECT_EQ(wire_recv(&tls_rx, peer, &tls_type, tls_buf), 2);			\
	EXPECT_EQ(tls_type, TYPE_ALERT);						\
} while (0)

#endif
