// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Managed mode with each allocation, and each copy from or to the user, failed in turn
 * (/proc/thread-self/fail-nth of a debug kernel): install, KeyUpdate, close and alerts.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "managed.h"

#include <fcntl.h>
#include <poll.h>

#define NTH_MAX		200	/* more than any of these calls has to fail */

ADD_SUITE(managed, 13_aes_gcm_128, 3, AES_GCM_128);
ADD_SUITE(managed, 13_chacha20_poly1305, 3, CHACHA20_POLY1305);

static const uint8_t update[] = { 24, 0, 0, 1, 0 };
static const uint8_t request[] = { 24, 0, 0, 1, 1 };

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The defaults spare GFP_KERNEL and single pages, which is what nearly all of ours are. */
static bool faults_ready(void)
{
	static const char *const knobs[][2] = {
		{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/failslab/verbose", "0" },
		{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/min-order", "0" },
		{ "/sys/kernel/debug/fail_page_alloc/verbose", "0" },
		{ "/sys/kernel/debug/fail_usercopy/verbose", "0" },
	};
	size_t i;

	if (access("/proc/self/fail-nth", W_OK))
		return false;
	for (i = 0; i < ARRAY_SIZE(knobs); i++)
		if (!write_file(knobs[i][0], knobs[i][1]))
			return false;
	return true;
}

static int arm(int nth)
{
	int fd = open("/proc/thread-self/fail-nth", O_RDWR);
	char text[16];

	snprintf(text, sizeof(text), "%d", nth);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	return fd;
}

/* True if the call did reach the nth. errno stays. */
static bool disarm(int fd)
{
	int err = errno;
	char text[16] = "1";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		text[0] = '1';
	while (pwrite(fd, "0", 1, 0) != 1)
		continue;
	close(fd);
	errno = err;
	return atoi(text) == 0;
}

/* A fresh connection, prepare, the call with its nth fault, check; until none is left to fail. */
#define EACH_FAULT(prepare, result, call, check) do {					\
	bool each_hit = true;								\
	int each_nth, each_fd;								\
											\
	if (!faults_ready())								\
		SKIP(return, "this kernel has no fault injection");			\
	for (each_nth = 1; each_hit && each_nth < NTH_MAX && _metadata->exit_code == 0;	\
	     each_nth++) {								\
		close(self->c.fd);							\
		close(self->c.peer);							\
		ASSERT_EQ(managed_open(&self->c, &variant->suite, 0), 0);		\
		prepare;								\
		each_fd = arm(each_nth);						\
		errno = 0;								\
		result = call;								\
		each_hit = disarm(each_fd);						\
		if ((result) < 0) {							\
			EXPECT_TRUE(each_hit) {						\
				TH_LOG("at %d: %s", each_nth, strerror(errno));		\
			}								\
		}									\
		check;									\
	}										\
	EXPECT_GT(each_nth, 2);								\
	EXPECT_FALSE(each_hit);								\
} while (0)

TEST_F(managed, install)
{
	struct sealsock_managed req;
	struct secret secret[2];
	struct wire wire[2];
	uint8_t prefix[WIRE_MAX];
	char buf[16];
	int fd[2], r;

	fd[0] = -1;
	fd[1] = -1;
	EACH_FAULT({
		close(fd[0]);
		close(fd[1]);
		ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
		ASSERT_EQ(ulp_attach(fd[0]), 0);
		managed_init(&req, &variant->suite, 0);
		managed_keys(&req.tx, &variant->suite, 1, &secret[0], &wire[0]);
		managed_keys(&req.rx, &variant->suite, 2, &secret[1], &wire[1]);
		req.prefix = (uintptr_t)prefix;
		req.prefix_len = wire_seal(&wire[1], TYPE_DATA, "read", 4, 0, prefix);
	}, r, managed_set(fd[0], &req), {
		if (r) {
			EXPECT_TRUE(errno == ENOMEM || errno == EFAULT);
			/* Nothing has changed, and it can be had. */
			ASSERT_EQ(send(fd[0], "x", 1, 0), 1);
			ASSERT_EQ(recv(fd[1], buf, 2, 0), 1);
			ASSERT_EQ(managed_set(fd[0], &req), 0);
		}
		EXPECT_EQ(recv(fd[0], buf, 16, 0), 4);
		EXPECT_EQ(memcmp(buf, "read", 4), 0);
	});
	close(fd[0]);
	close(fd[1]);
}

/* A KeyUpdate that asks for one, between data: nothing is lost, the answer comes. */
TEST_F(managed, key_update)
{
	char buf[16];
	ssize_t r;

	EACH_FAULT({
		PEER(TYPE_DATA, "one", 3);
		PEER(TYPE_HANDSHAKE, request, 5);
		secret_update(&self->c.rx_secret, &self->c.rx);
		PEER(TYPE_DATA, "two", 3);
	}, r, recv(self->c.fd, buf, 6, MSG_DONTWAIT), {
		if (r < 0)
			EXPECT_TRUE(errno == ENOMEM || errno == EFAULT);
		r = r > 0 ? r : 0;
		EXPECT_EQ(recv_full(self->c.fd, buf + r, 6 - r), 6 - r);
		EXPECT_EQ(memcmp(buf, "onetwo", 6), 0);
		EXPECT_EQ(write(self->c.fd, "back", 4), 4);
		EXPECT_WIRE(TYPE_HANDSHAKE, update, 5);
		secret_update(&self->c.tx_secret, &self->c.tx);
		EXPECT_WIRE(TYPE_DATA, "back", 4);
	});
}

/* The same met by a writer, and by poll(). */
TEST_F(managed, key_update_by_writer)
{
	ssize_t r;

	EACH_FAULT({
		PEER(TYPE_HANDSHAKE, request, 5);
		secret_update(&self->c.rx_secret, &self->c.rx);
	}, r, write(self->c.fd, "back", 4), {
		if (r < 0)
			EXPECT_EQ(write(self->c.fd, "back", 4), 4);
		EXPECT_WIRE(TYPE_HANDSHAKE, update, 5);
		secret_update(&self->c.tx_secret, &self->c.tx);
		EXPECT_WIRE(TYPE_DATA, "back", 4);
	});
}

TEST_F(managed, poll)
{
	struct pollfd p = { .events = POLLIN };
	int r;

	EACH_FAULT({
		PEER(TYPE_HANDSHAKE, request, 5);
		secret_update(&self->c.rx_secret, &self->c.rx);
		PEER(TYPE_DATA, "data", 4);
		p.fd = self->c.fd;
	}, r, poll(&p, 1, 0), {
		if (r >= 0)
			EXPECT_EQ(p.revents & POLLIN, POLLIN);
		EXPECT_READ("data");
	});
}

/* What was written arrives, whatever becomes of close_notify. */
TEST_F(managed, shutdown)
{
	int r;

	EACH_FAULT({
		ASSERT_EQ(send(self->c.fd, "open", 4, MSG_MORE), 4);
	}, r, shutdown(self->c.fd, SHUT_WR), {
		EXPECT_EQ(r, 0);
		EXPECT_WIRE(TYPE_DATA, "open", 4);
	});
}

/* Not authentic: the error comes, once there is memory, and stays. */
TEST_F(managed, refusal)
{
	uint8_t rec[WIRE_MAX];
	char buf[16];
	int r;
	size_t n;

	EACH_FAULT({
		n = wire_seal(&self->c.rx, TYPE_DATA, "bad", 3, 0, rec);
		rec[n - 1] ^= 1;
		ASSERT_EQ(send(self->c.peer, rec, n, 0), n);
	}, r, recv(self->c.fd, buf, 6, MSG_DONTWAIT) == -1, {
		EXPECT_EQ(r, 1);
		EXPECT_EQ(recv(self->c.fd, buf, 6, MSG_DONTWAIT), -1);
		EXPECT_EQ(errno, EBADMSG);
	});
}

TEST_HARNESS_MAIN
