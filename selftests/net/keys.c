// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* TLS_TX, TLS_RX and the other options of SOL_TLS: what they take, refuse and give back. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "guard.h"
#include "suites.h"

#include <poll.h>

FIXTURE(bare)
{
	int fd, peer;
	struct keys keys;
	bool v13;
};

FIXTURE_VARIANT(bare)
{
	struct suite suite;
};

ADD_SUITES(bare);

FIXTURE_SETUP(bare)
{
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	self->fd = fd[0];
	self->peer = fd[1];
	self->v13 = variant->suite.version == TLS_1_3_VERSION;
	ASSERT_EQ(ulp_attach(self->fd), 0);
	ASSERT_EQ(ulp_attach(self->peer), 0);
	keys_init(&self->keys, &variant->suite, 0);
}

FIXTURE_TEARDOWN(bare)
{
	close(self->fd);
	close(self->peer);
}

/* The socket works, in the direction fd → peer, with the fixture's keys. */
#define EXPECT_WORKS() do {						\
	char got[8] = "";						\
									\
	EXPECT_EQ(send(self->fd, "works", 6, 0), 6);			\
	EXPECT_EQ(recv(self->peer, got, sizeof(got), 0), 6);		\
	EXPECT_STREQ(got, "works");					\
} while (0)

#define EXPECT_REFUSED(call, error) do {				\
	errno = 0;							\
	EXPECT_EQ(call, -1);						\
	EXPECT_EQ(errno, error);					\
} while (0)

static const int both[] = { TLS_TX, TLS_RX };

TEST_F(bare, sizes)
{
	char buf[256] = {};
	socklen_t len;
	int i;

	memcpy(buf, &self->keys, self->keys.len);
	for (i = 0; i < 2; i++) {
		for (len = 0; len < sizeof(buf); len++) {
			if (len == self->keys.len)
				continue;
			EXPECT_REFUSED(setsockopt(self->fd, SOL_TLS, both[i], buf, len), EINVAL);
		}
	}
	/* Nothing of it stuck. */
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->peer, TLS_RX, &self->keys), 0);
	EXPECT_WORKS();
}

TEST_F(bare, bad_version)
{
	static const uint16_t versions[] = { 0, 200, 0x0300, 0x0301, 0x0302, 0x0305, 0xffff };
	struct keys keys = self->keys;
	int i, j;

	for (i = 0; i < 2; i++) {
		for (j = 0; j < ARRAY_SIZE(versions); j++) {
			keys.info.version = versions[j];
			EXPECT_REFUSED(keys_set(self->fd, both[i], &keys), EINVAL);
		}
	}
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->peer, TLS_RX, &self->keys), 0);
	EXPECT_WORKS();
}

TEST_F(bare, bad_cipher)
{
	static const uint16_t ciphers[] = { 0, 10, 50, 59, 70, 0xffff };
	struct keys keys = self->keys;
	int i, j;

	for (i = 0; i < 2; i++) {
		for (j = 0; j < ARRAY_SIZE(ciphers); j++) {
			keys.info.cipher_type = ciphers[j];
			EXPECT_REFUSED(keys_set(self->fd, both[i], &keys), EINVAL);
		}
	}
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->peer, TLS_RX, &self->keys), 0);
	EXPECT_WORKS();
}

TEST_F(bare, bad_pointer)
{
	void *bad = (void *)16;
	int i;

	for (i = 0; i < 2; i++) {
		EXPECT_REFUSED(setsockopt(self->fd, SOL_TLS, both[i], NULL, self->keys.len),
			       EINVAL);
		EXPECT_REFUSED(setsockopt(self->fd, SOL_TLS, both[i], bad, self->keys.len),
			       EFAULT);
	}
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->peer, TLS_RX, &self->keys), 0);
	EXPECT_WORKS();
}

/* Key material on a page that ends where only the header can be read. */
TEST_F(bare, pointer_cut_short)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = page + 4096 - sizeof(struct tls_crypto_info) - 2;
	int i;

	ASSERT_NE(page, MAP_FAILED);
	memcpy(at, &self->keys, self->keys.len);
	ASSERT_EQ(munmap(page + 4096, 4096), 0);
	for (i = 0; i < 2; i++)
		EXPECT_REFUSED(setsockopt(self->fd, SOL_TLS, both[i], at, self->keys.len), EFAULT);
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->peer, TLS_RX, &self->keys), 0);
	EXPECT_WORKS();
}

TEST_F(bare, twice)
{
	struct keys next;

	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->peer, TLS_RX, &self->keys), 0);
	EXPECT_WORKS();
	keys_init(&next, &variant->suite, 1);
	if (!self->v13) {
		EXPECT_REFUSED(keys_set(self->fd, TLS_TX, &next), EBUSY);
		EXPECT_REFUSED(keys_set(self->peer, TLS_RX, &next), EBUSY);
	} else if (ulp_is_ours()) {
		EXPECT_EQ(keys_set(self->fd, TLS_TX, &next), 0);
		EXPECT_EQ(keys_set(self->peer, TLS_RX, &next), 0);
	}
	EXPECT_WORKS();
}

/* Version and cipher are the connection's, not a direction's. */
TEST_F(bare, directions_must_agree)
{
	struct suite other = variant->suite;
	struct keys keys;
	int i;

	for (i = 0; i < 2; i++) {
		int fd[2];

		ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
		ASSERT_EQ(ulp_attach(fd[0]), 0);
		ASSERT_EQ(keys_set(fd[0], both[i], &self->keys), 0);
		other = variant->suite;
		other.version = self->v13 ? TLS_1_2_VERSION : TLS_1_3_VERSION;
		keys_init(&keys, &other, 0);
		EXPECT_REFUSED(keys_set(fd[0], both[!i], &keys), EINVAL);
		other = variant->suite;
		other.cipher = other.cipher == TLS_CIPHER_AES_GCM_128 ?
			       TLS_CIPHER_CHACHA20_POLY1305 : TLS_CIPHER_AES_GCM_128;
		keys_init(&keys, &other, 0);
		EXPECT_REFUSED(keys_set(fd[0], both[!i], &keys), EINVAL);
		EXPECT_EQ(keys_set(fd[0], both[!i], &self->keys), 0);
		close(fd[0]);
		close(fd[1]);
	}
}

TEST_F(bare, without_ulp)
{
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	EXPECT_REFUSED(keys_set(fd[0], TLS_TX, &self->keys), ENOPROTOOPT);
	close(fd[0]);
	close(fd[1]);
}

/* The peer may already have closed: its last data still has to be read, and answered. */
TEST_F(bare, close_wait)
{
	ASSERT_EQ(keys_set(self->peer, TLS_TX, &self->keys), 0);
	ASSERT_EQ(send(self->peer, "last", 4, 0), 4);
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	ASSERT_GT(poll_for(self->fd, POLLRDHUP, PATIENCE), 0);
	EXPECT_EQ(keys_set(self->fd, TLS_RX, &self->keys), 0);
	EXPECT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	if (keys_set(self->peer, TLS_RX, &self->keys) == 0) {
		char buf[8];

		EXPECT_EQ(recv(self->fd, buf, sizeof(buf), 0), 4);
		EXPECT_EQ(recv(self->fd, buf, sizeof(buf), 0), 0);
		EXPECT_WORKS();
	}
}

/* A connection that is over takes no keys. In-tree does not look. */
TEST_F(bare, not_established)
{
	struct linger linger = { .l_onoff = 1 };
	int i;

	if (!ulp_is_ours())
		SKIP(return, "in-tree takes keys in any state");
	ASSERT_EQ(setsockopt(self->peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(self->peer);
	self->peer = -1;
	ASSERT_GT(poll_for(self->fd, POLLIN, PATIENCE), 0);
	for (i = 0; i < 2; i++)
		EXPECT_REFUSED(keys_set(self->fd, both[i], &self->keys), ENOTCONN);
}

/* What getsockopt gives back is what was set, with the numbers of the next record. */
TEST_F(bare, get)
{
	struct keys got, want = self->keys;
	char buf[256];
	socklen_t len;
	int i;

	for (i = 0; i < 2; i++) {
		len = self->keys.len;
		EXPECT_REFUSED(getsockopt(self->fd, SOL_TLS, both[i], &got, &len), EBUSY);
	}
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->fd, TLS_RX, &self->keys), 0);
	for (i = 0; i < 2; i++) {
		memset(&got, 0x55, sizeof(got));
		len = sizeof(got.info);
		EXPECT_EQ(getsockopt(self->fd, SOL_TLS, both[i], &got, &len), 0);
		EXPECT_EQ(len, sizeof(got.info));
		EXPECT_EQ(memcmp(&got, &want, len), 0);
		len = want.len;
		EXPECT_EQ(getsockopt(self->fd, SOL_TLS, both[i], &got, &len), 0);
		EXPECT_EQ(len, want.len);
		EXPECT_EQ(memcmp(&got, &want, len), 0);
		for (len = 0; len < sizeof(buf); len++) {
			socklen_t l = len;

			if (len == sizeof(got.info) || len == want.len)
				continue;
			EXPECT_REFUSED(getsockopt(self->fd, SOL_TLS, both[i], buf, &l), EINVAL);
		}
		len = want.len;
		EXPECT_REFUSED(getsockopt(self->fd, SOL_TLS, both[i], (void *)16, &len), EFAULT);
	}
}

TEST_F(bare, get_counts)
{
	struct keys got;
	struct key_parts part, want = keys_parts(&self->keys);
	socklen_t len = self->keys.len;
	int i;

	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->peer, TLS_RX, &self->keys), 0);
	for (i = 0; i < 3; i++)
		EXPECT_WORKS();
	/* 0xfe + 3 carries. */
	ASSERT_EQ(getsockopt(self->fd, SOL_TLS, TLS_TX, &got, &len), 0);
	part = keys_parts(&got);
	EXPECT_EQ(part.seq[7], 0x01);
	EXPECT_EQ(part.seq[6], 0x01);
	ASSERT_EQ(getsockopt(self->peer, SOL_TLS, TLS_RX, &got, &len), 0);
	part = keys_parts(&got);
	EXPECT_EQ(part.seq[7], 0x01);
	EXPECT_EQ(part.seq[6], 0x01);
	EXPECT_EQ(memcmp(part.key, want.key, want.key_len), 0);
}

static int get_int(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_TLS, name, &value, &len) ? -errno : value;
}

TEST_F(bare, zerocopy_ro)
{
	char c = 0;

	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->peer, TLS_RX, &self->keys), 0);
	EXPECT_EQ(get_int(self->fd, TLS_TX_ZEROCOPY_RO), 0);
	EXPECT_EQ(set_int(self->fd, SOL_TLS, TLS_TX_ZEROCOPY_RO, 1), 0);
	EXPECT_EQ(get_int(self->fd, TLS_TX_ZEROCOPY_RO), 1);
	EXPECT_REFUSED(set_int(self->fd, SOL_TLS, TLS_TX_ZEROCOPY_RO, 2), EINVAL);
	EXPECT_REFUSED(setsockopt(self->fd, SOL_TLS, TLS_TX_ZEROCOPY_RO, &c, 1), EINVAL);
	EXPECT_REFUSED(setsockopt(self->fd, SOL_TLS, TLS_TX_ZEROCOPY_RO, NULL, 4), EINVAL);
	EXPECT_EQ(get_int(self->fd, TLS_TX_ZEROCOPY_RO), 1);
	EXPECT_EQ(set_int(self->fd, SOL_TLS, TLS_TX_ZEROCOPY_RO, 0), 0);
	EXPECT_WORKS();
}

TEST_F(bare, expect_no_pad)
{
	int longer[2] = { 1, 0 }, dirty[2] = { 1, 1 };

	EXPECT_REFUSED(set_int(self->peer, SOL_TLS, TLS_RX_EXPECT_NO_PAD, 1), EINVAL);
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->peer, TLS_RX, &self->keys), 0);
	if (!self->v13) {
		EXPECT_REFUSED(set_int(self->peer, SOL_TLS, TLS_RX_EXPECT_NO_PAD, 1), EINVAL);
		EXPECT_EQ(get_int(self->peer, TLS_RX_EXPECT_NO_PAD), -EINVAL);
		EXPECT_WORKS();
		return;
	}
	EXPECT_EQ(get_int(self->peer, TLS_RX_EXPECT_NO_PAD), 0);
	EXPECT_EQ(set_int(self->peer, SOL_TLS, TLS_RX_EXPECT_NO_PAD, 1), 0);
	EXPECT_EQ(get_int(self->peer, TLS_RX_EXPECT_NO_PAD), 1);
	EXPECT_REFUSED(set_int(self->peer, SOL_TLS, TLS_RX_EXPECT_NO_PAD, 2), EINVAL);
	EXPECT_REFUSED(setsockopt(self->peer, SOL_TLS, TLS_RX_EXPECT_NO_PAD, longer, 2), EINVAL);
	EXPECT_REFUSED(setsockopt(self->peer, SOL_TLS, TLS_RX_EXPECT_NO_PAD, NULL, 4), EINVAL);
	EXPECT_EQ(setsockopt(self->peer, SOL_TLS, TLS_RX_EXPECT_NO_PAD, longer, 8), 0);
	EXPECT_REFUSED(setsockopt(self->peer, SOL_TLS, TLS_RX_EXPECT_NO_PAD, dirty, 8), EINVAL);
	EXPECT_WORKS();
	EXPECT_EQ(set_int(self->peer, SOL_TLS, TLS_RX_EXPECT_NO_PAD, 0), 0);
	EXPECT_EQ(get_int(self->peer, TLS_RX_EXPECT_NO_PAD), 0);
	EXPECT_WORKS();
	/* Only receiving has it. */
	EXPECT_REFUSED(set_int(self->fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, 1), EINVAL);
}

TEST_F(bare, max_payload_len)
{
	uint16_t low = self->v13 ? 63 : 64, value, refused[] = { 0, 1, low - 1, 16385, 65535 };
	char buf[256], got[256];
	socklen_t len = sizeof(value);
	int i;

	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->peer, TLS_RX, &self->keys), 0);
	if (!ulp_is_ours() && getsockopt(self->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &value, &len))
		SKIP(return, "in-tree of this kernel does not have it");
	ASSERT_EQ(getsockopt(self->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &value, &len), 0);
	EXPECT_EQ(len, 2);
	EXPECT_EQ(value, 16384);
	for (i = 0; i < ARRAY_SIZE(refused); i++)
		EXPECT_REFUSED(setsockopt(self->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &refused[i],
					  2), EINVAL);
	EXPECT_REFUSED(set_int(self->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, 100), EINVAL);
	EXPECT_REFUSED(setsockopt(self->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &low, 1), EINVAL);
	EXPECT_EQ(setsockopt(self->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &low, 2), 0);
	len = sizeof(value);
	EXPECT_EQ(getsockopt(self->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &value, &len), 0);
	EXPECT_EQ(value, low);
	len = 1;
	EXPECT_REFUSED(getsockopt(self->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &value, &len),
		       EINVAL);

	/* Not while a record is open. */
	pattern(buf, 0, sizeof(buf));
	EXPECT_EQ(send(self->fd, buf, 10, MSG_MORE), 10);
	value = 100;
	EXPECT_REFUSED(setsockopt(self->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &value, 2), EBUSY);
	EXPECT_EQ(send(self->fd, buf + 10, 246, 0), 246);
	EXPECT_EQ(recv_full(self->peer, got, 256), 256);
	EXPECT_EQ(pattern_check(got, 0, 256), -1);
}

TEST_F(bare, unknown_options)
{
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->peer, TLS_RX, &self->keys), 0);
	EXPECT_REFUSED(set_int(self->fd, SOL_TLS, 0, 1), ENOPROTOOPT);
	EXPECT_REFUSED(set_int(self->fd, SOL_TLS, 250, 1), ENOPROTOOPT);
	EXPECT_EQ(get_int(self->fd, 0), -ENOPROTOOPT);
	EXPECT_EQ(get_int(self->fd, 250), -ENOPROTOOPT);
	EXPECT_WORKS();
}

/* Data that came before the keys belongs to the records. */
TEST_F(bare, data_before_keys)
{
	char buf[16];

	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys), 0);
	EXPECT_EQ(send(self->fd, "early", 5, 0), 5);
	ASSERT_GT(poll_for(self->peer, POLLIN, PATIENCE), 0);
	ASSERT_EQ(keys_set(self->peer, TLS_RX, &self->keys), 0);
	EXPECT_EQ(recv(self->peer, buf, sizeof(buf), 0), 5);
	EXPECT_EQ(memcmp(buf, "early", 5), 0);
}

TEST_HARNESS_MAIN
