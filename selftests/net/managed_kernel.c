// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Users inside the kernel of a managed socket: they get data only, and its end. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "managed.h"
#include "kuser/sealsock_kuser.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

ADD_SUITE(managed, 13_aes_gcm_128, 3, AES_GCM_128);
ADD_SUITE(managed, 13_chacha20_poly1305, 3, CHACHA20_POLY1305);

static const uint8_t ticket[] = { 4, 0, 0, 14, 0, 1, 1, 1, 2, 2, 2, 2, 0, 0, 1, 9, 0, 0 };
static uint8_t data[50000], got[50000];
static int device = -1;

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

#define NEED_MODULE() do {							\
	device = open("/dev/sealsock_kuser", O_RDWR);				\
	if (device < 0)								\
		SKIP(return, "the module sealsock_kuser is not loaded");	\
} while (0)

#define CALL(operation, memory, length, ...)					\
	ioctl(device, KUSER_CALL, &(struct kuser_call){				\
		.fd = self->c.fd, .op = operation, .buf = (uintptr_t)(memory),	\
		.len = length, __VA_ARGS__ })

/* The whole pattern in pieces, and between them what is no data. */
#define PEER_MIXES() do {							\
	size_t mix_at, mix_n;							\
	int mix_i = 0;								\
										\
	for (mix_at = 0; mix_at < sizeof(data); mix_at += mix_n, mix_i++) {	\
		mix_n = sizeof(data) - mix_at < 5000 ? sizeof(data) - mix_at : 5000; \
		PEER(TYPE_DATA, data + mix_at, mix_n);				\
		PEER(TYPE_HANDSHAKE, ticket, sizeof(ticket));			\
		PEER(TYPE_HANDSHAKE, mix_i % 2 ? "\30\0\0\1\0" : "\30\0\0\1\1", 5); \
		secret_update(&self->c.rx_secret, &self->c.rx);			\
	}									\
} while (0)

/* kvec and bvec: not a byte of anything else, and the keys are renewed on the way. */
TEST_F(managed, recv)
{
	static const int ops[] = { KUSER_RECV, KUSER_RECV_PAGES };
	int i;

	NEED_MODULE();
	for (i = 0; i < 2; i++) {
		struct kuser_call call = {
			.fd = self->c.fd, .op = ops[i], .buf = (uintptr_t)got, .len = sizeof(got),
			.flags = MSG_WAITALL,
		};

		PEER_MIXES();
		ASSERT_EQ(ioctl(device, KUSER_CALL, &call), sizeof(got));
		EXPECT_EQ(pattern_check(got, 0, sizeof(got)), -1);
		memset(got, 0, sizeof(got));
		EXPECT_EQ(CALL(ops[i], got, 100, .flags = MSG_DONTWAIT), -1);
		EXPECT_EQ(errno, EAGAIN);
	}
	EXPECT_WIRE(TYPE_HANDSHAKE, "\30\0\0\1\0", 5);
	secret_update(&self->c.tx_secret, &self->c.tx);
	close(device);
}

TEST_F(managed, read_sock)
{
	static const uint32_t chunks[] = { 0, 1000 };
	int i;

	NEED_MODULE();
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(CALL(KUSER_LISTEN, NULL, 0, .chunk = chunks[i]), 0);
		PEER_MIXES();
		ASSERT_EQ(CALL(KUSER_READ, got, sizeof(got)), sizeof(got));
		EXPECT_EQ(pattern_check(got, 0, sizeof(got)), -1);
		memset(got, 0, sizeof(got));
		ASSERT_EQ(CALL(KUSER_UNLISTEN, NULL, 0), 0);
	}
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, 100), 0);
	close(device);
}

/* How it ends: as a read is told. */
TEST_F(managed, read_sock_ends)
{
	static const struct {
		uint8_t type, content[2];
		int error;
	} ends[] = {
		{ TYPE_ALERT, { 1, 0 }, 0 },
		{ TYPE_ALERT, { 2, 40 }, EPROTO },
		{ TYPE_CCS, { 1, 1 }, EPROTO },
	};
	int i, r;

	NEED_MODULE();
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		close(self->c.fd);
		close(self->c.peer);
		ASSERT_EQ(managed_open(&self->c, &variant->suite, 0), 0);
		ASSERT_EQ(CALL(KUSER_LISTEN, NULL, 0), 0);
		PEER(TYPE_DATA, data, 1000);
		PEER(ends[i].type, ends[i].content, 2);
		/* So that nobody waits for what follows no close_notify. */
		shutdown(self->c.peer, SHUT_WR);
		EXPECT_EQ(CALL(KUSER_READ, got, 1000), 1000);
		EXPECT_EQ(pattern_check(got, 0, 1000), -1);
		r = CALL(KUSER_READ, got, 1000);
		EXPECT_EQ(r < 0 ? errno : r, ends[i].error) {
			TH_LOG("end %d", i);
		}
		ASSERT_EQ(CALL(KUSER_UNLISTEN, NULL, 0), 0);
	}
	close(device);
}

/* Sending by kvec, pages and splice: the answer that is due goes first. */
TEST_F(managed, send)
{
	static const int ops[] = { KUSER_SEND, KUSER_SEND_PAGES, KUSER_SEND_SPLICE };
	int i;

	NEED_MODULE();
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		PEER(TYPE_HANDSHAKE, "\30\0\0\1\1", 5);
		secret_update(&self->c.rx_secret, &self->c.rx);
		ASSERT_EQ(CALL(ops[i], data, 5000), 5000);
		EXPECT_WIRE(TYPE_HANDSHAKE, "\30\0\0\1\0", 5);
		secret_update(&self->c.tx_secret, &self->c.tx);
		EXPECT_WIRE(TYPE_DATA, data, 5000);
		/* What is no data is not theirs to send either. */
		EXPECT_EQ(CALL(KUSER_SEND, CLOSE_NOTIFY, 2, .type = TYPE_ALERT), -1);
		EXPECT_EQ(errno, EINVAL);
	}
	close(device);
}

TEST_HARNESS_MAIN
