// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The connections of the benchmark: sockets, ULP and keys. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../uapi/sealsock.h"
#include "bench/bench.h"

#ifndef SOL_TLS
#define SOL_TLS			282
#endif
#ifndef TCP_ULP
#define TCP_ULP			31
#endif
#ifndef TLS_RX_EXPECT_NO_PAD
#define TLS_RX_EXPECT_NO_PAD	4
#endif

enum { BUFFERS = 4 << 20 };

#define SUITE(v, version, cipher, type, iv, key, salt, tag) \
	{ v " " cipher, cipher, version, type, iv, key, salt, tag, \
	  5 + (tag) + ((version) == TLS_1_3_VERSION ? 1 : (salt) ? 8 : 0) }

/* The first is that of every row that does not say otherwise. */
const struct bench_suite bench_suites[] = {
	SUITE("1.3", TLS_1_3_VERSION, "AES-128-GCM", 51, 8, 16, 4, 16),
	SUITE("1.3", TLS_1_3_VERSION, "AES-256-GCM", 52, 8, 32, 4, 16),
	SUITE("1.3", TLS_1_3_VERSION, "CHACHA20-POLY1305", 54, 12, 32, 0, 16),
	SUITE("1.3", TLS_1_3_VERSION, "AES-128-CCM", 53, 8, 16, 4, 16),
	SUITE("1.3", TLS_1_3_VERSION, "SM4-GCM", 55, 8, 16, 4, 16),
	SUITE("1.3", TLS_1_3_VERSION, "SM4-CCM", 56, 8, 16, 4, 16),
	SUITE("1.2", TLS_1_2_VERSION, "AES-128-GCM", 51, 8, 16, 4, 16),
	SUITE("1.2", TLS_1_2_VERSION, "AES-256-GCM", 52, 8, 32, 4, 16),
	SUITE("1.2", TLS_1_2_VERSION, "CHACHA20-POLY1305", 54, 12, 32, 0, 16),
	SUITE("1.2", TLS_1_2_VERSION, "AES-128-CCM", 53, 8, 16, 4, 16),
	SUITE("1.2", TLS_1_2_VERSION, "ARIA-128-GCM", 57, 8, 16, 4, 16),
	SUITE("1.2", TLS_1_2_VERSION, "ARIA-256-GCM", 58, 8, 32, 4, 16),
};

const unsigned int bench_suite_count = sizeof(bench_suites) / sizeof(bench_suites[0]);

int bench_fail(struct bench_lane *lane, const char *what)
{
	if (errno)
		snprintf(lane->why, sizeof(lane->why), "%s: %s", what, strerror(errno));
	else
		snprintf(lane->why, sizeof(lane->why), "%s", what);
	return -1;
}

const char *bench_ulp(enum bench_column column)
{
	switch (column) {
	case BENCH_TLS:
		return "tls";
	case BENCH_SEALSOCK:
	case BENCH_MANAGED:
		return "sealsock";
	default:
		return NULL;
	}
}

bool bench_in_kernel(enum bench_column column)
{
	return bench_ulp(column);
}

/* Large buffers, so that a burst is rarely cut; the privileged way where it is allowed. */
static void set_buffers(int fd)
{
	int n = BUFFERS;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &n, sizeof(n)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &n, sizeof(n));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &n, sizeof(n)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &n, sizeof(n));
}

static int prepare(int fd, bool nodelay)
{
	int one = 1;

	if (nodelay && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		return -1;
	return fcntl(fd, F_SETFL, O_NONBLOCK);
}

int bench_pair(struct bench_lane *lane)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	bool nodelay = lane->row->flags & BENCH_NODELAY;
	socklen_t len = sizeof(addr);
	int listener;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0)
		return bench_fail(lane, "socket");
	set_buffers(listener);
	if (bind(listener, (struct sockaddr *)&addr, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&addr, &len))
		goto fail;
	lane->b = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (lane->b < 0)
		goto fail;
	set_buffers(lane->b);
	if (connect(lane->b, (struct sockaddr *)&addr, len))
		goto fail;
	lane->a = accept(listener, NULL, NULL);
	if (lane->a < 0 || prepare(lane->a, nodelay) || prepare(lane->b, nodelay))
		goto fail;
	close(listener);
	return 0;
fail:
	bench_fail(lane, "no connection over 127.0.0.1");
	close(listener);
	return -1;
}

/* struct tls12_crypto_info_*: versions, then IV, key, salt and sequence number. */
static size_t make_info(const struct bench_suite *suite, uint8_t *info)
{
	struct tls_crypto_info head = { .version = suite->version, .cipher_type = suite->type };
	size_t n = suite->iv + suite->key + suite->salt;

	memcpy(info, &head, sizeof(head));
	for (size_t i = 0; i < n; i++)
		info[sizeof(head) + i] = 7 * i + suite->type;
	memset(info + sizeof(head) + n, 0, 8);
	return sizeof(head) + n + 8;
}

/* As make_info(): the same keys for either direction, or the same secrets. */
static void make_managed_keys(const struct bench_suite *suite, struct sealsock_managed_keys *keys)
{
	size_t secret = suite->version != TLS_1_3_VERSION ? 0 :
			suite->type == TLS_CIPHER_AES_GCM_256 ? 48 : 32;

	for (size_t i = 0; i < secret; i++)
		keys->secret[i] = 7 * i + suite->type;
	if (secret)
		return;
	for (size_t i = 0; i < suite->key; i++)
		keys->key[i] = 7 * i + suite->type;
	for (size_t i = 0; i < (suite->salt ? suite->salt : suite->iv); i++)
		keys->iv[i] = 7 * i + suite->type;
}

static int managed_keys(struct bench_lane *lane, int fd)
{
	const struct bench_suite *suite = &bench_suites[lane->row->suite];
	struct sealsock_managed m = { .version = suite->version, .cipher_type = suite->type };

	make_managed_keys(suite, &m.tx);
	make_managed_keys(suite, &m.rx);
	/* The name that says so where a cipher is missing: see run_cell(). */
	return setsockopt(fd, SOL_TLS, SEALSOCK_MANAGED, &m, sizeof(m)) ?
	       bench_fail(lane, "TLS_TX and TLS_RX, managed") : 0;
}

int bench_keys(struct bench_lane *lane, int fd, int direction)
{
	const struct bench_suite *suite = &bench_suites[lane->row->suite];
	const char *ulp = bench_ulp(lane->column);
	uint8_t info[64];
	size_t n = make_info(suite, info);
	int one = 1;

	if (!ulp)
		return 0;
	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, ulp, strlen(ulp) + 1))
		return bench_fail(lane, "TCP_ULP");
	if (lane->column == BENCH_MANAGED)
		return managed_keys(lane, fd);
	if (direction != TLS_RX && setsockopt(fd, SOL_TLS, TLS_TX, info, n))
		return bench_fail(lane, "TLS_TX");
	if (direction != TLS_TX && setsockopt(fd, SOL_TLS, TLS_RX, info, n))
		return bench_fail(lane, "TLS_RX");
	if (direction != TLS_TX && (lane->row->flags & BENCH_NO_PAD) &&
	    setsockopt(fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, &one, sizeof(one)))
		return bench_fail(lane, "TLS_RX_EXPECT_NO_PAD");
	return 0;
}

int bench_cpus(struct bench_lane *lane, unsigned int cpus)
{
	uint16_t value = cpus;

	if (setsockopt(lane->a, SOL_TLS, SEALSOCK_TX_CPUS, &value, sizeof(value)))
		return bench_fail(lane, "SEALSOCK_TX_CPUS");
	return 0;
}

int bench_drain(struct bench_lane *lane)
{
	ssize_t n;

	for (;;) {
		/* MSG_TRUNC: TCP forgets the bytes without copying them. */
		n = recv(lane->b, NULL, 1 << 30, MSG_TRUNC);
		if (n > 0) {
			lane->wire += n;
			continue;
		}
		if (n < 0 && errno == EAGAIN)
			return 0;
		errno = n ? errno : 0;
		return bench_fail(lane, "the other end of the connection");
	}
}

int bench_wait(struct bench_lane *lane, int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, 1000);

	if (n > 0)
		return 0;
	errno = 0;
	return bench_fail(lane, "the connection stands still");
}

int bench_settle(struct bench_lane *lane)
{
	struct pollfd p = { .fd = lane->b, .events = POLLIN };

	do {
		if (bench_drain(lane))
			return -1;
	} while (poll(&p, 1, 100) > 0);
	return 0;
}
