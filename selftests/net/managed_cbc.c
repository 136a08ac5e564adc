// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Managed mode with AES-CBC and encrypt-then-MAC. The other end has the same keys in compatible
 * mode, which cbc.c compares with libcrypto.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "managed.h"

#include <poll.h>

FIXTURE(cbc)
{
	int fd, peer;
};

FIXTURE_VARIANT(cbc)
{
	uint16_t cipher;
	uint8_t key_len, mac_len;
};

#define ADD(bits, hash, key, mac)						\
	FIXTURE_VARIANT_ADD(cbc, aes_##bits##_##hash)				\
	{									\
		.cipher = SEALSOCK_CIPHER_AES_##bits##_CBC_##hash,		\
		.key_len = key, .mac_len = mac,					\
	}
ADD(128, SHA1, 16, 20);
ADD(256, SHA1, 32, 20);
ADD(128, SHA256, 16, 32);
ADD(256, SHA256, 32, 32);
ADD(256, SHA384, 32, 48);

static void fill(uint8_t *out, size_t len, uint8_t seed)
{
	while (len--)
		out[len] = (uint8_t)(len * 13 + seed);
}

FIXTURE_SETUP(cbc)
{
	struct sealsock_managed_keys *keys[2];
	struct sealsock_managed req = {};
	int fd[2], i;

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	self->fd = fd[0];
	self->peer = fd[1];
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	ASSERT_EQ(ulp_attach(fd[1]), 0);
	req.version = TLS_1_2_VERSION;
	req.cipher_type = variant->cipher;
	keys[0] = &req.tx;
	keys[1] = &req.rx;
	for (i = 0; i < 2; i++) {
		struct sealsock_crypto_info_cbc_hmac info = {
			.version = TLS_1_2_VERSION, .cipher_type = variant->cipher,
			.rec_seq = { [7] = 1 },
		};

		fill(keys[i]->key, variant->key_len, i);
		fill(keys[i]->mac_key, variant->mac_len, 100 + i);
		keys[i]->sequence = 1;
		memcpy(info.enc_key, keys[i]->key, variant->key_len);
		memcpy(info.mac_key, keys[i]->mac_key, variant->mac_len);
		ASSERT_EQ(setsockopt(fd[1], SOL_TLS, i ? SEALSOCK_TX : SEALSOCK_RX, &info,
				     sizeof(info)), 0);
	}
	/* A key that is longer than the cipher's is somebody's mistake. */
	if (variant->key_len < sizeof(req.tx.key)) {
		req.tx.key[variant->key_len] = 1;
		ASSERT_EQ(managed_set(fd[0], &req), -1);
		ASSERT_EQ(errno, EINVAL);
		req.tx.key[variant->key_len] = 0;
	}
	req.rx.iv[0] = 1;
	ASSERT_EQ(managed_set(fd[0], &req), -1);
	ASSERT_EQ(errno, EINVAL);
	req.rx.iv[0] = 0;
	ASSERT_EQ(managed_set(fd[0], &req), 0) {
		TH_LOG("%s", strerror(errno));
	}
}

FIXTURE_TEARDOWN(cbc)
{
	close(self->fd);
	close(self->peer);
}

TEST_F(cbc, both_ways)
{
	static const size_t sizes[] = { 1, 15, 16, 17, 1000, RECORD_MAX, 3 * RECORD_MAX + 5 };
	uint8_t *data = pattern_alloc(MIB), *got = malloc(MIB);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(send_full(self->fd, data, sizes[i], 0), 0);
		ASSERT_EQ(recv_full(self->peer, got, sizes[i]), sizes[i]);
		EXPECT_EQ(memcmp(data, got, sizes[i]), 0);
		ASSERT_EQ(send_full(self->peer, data, sizes[i], 0), 0);
		ASSERT_EQ(recv_full(self->fd, got, sizes[i]), sizes[i]);
		EXPECT_EQ(memcmp(data, got, sizes[i]), 0);
	}
	free(data);
	free(got);
}

TEST_F(cbc, ends)
{
	uint8_t type, alert[8];

	ASSERT_EQ(send_type(self->peer, TYPE_ALERT, CLOSE_NOTIFY, 2, 0), 2);
	EXPECT_EQ(read(self->fd, alert, 8), 0);
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(recv_type(self->peer, &type, alert, 8, 0), 2);
	EXPECT_EQ(type, TYPE_ALERT);
	EXPECT_EQ(memcmp(alert, CLOSE_NOTIFY, 2), 0);
}

/* Renegotiation is refused, with a warning. */
TEST_F(cbc, hello_request)
{
	uint8_t type, alert[8];
	char buf[8];

	ASSERT_EQ(send_type(self->peer, TYPE_HANDSHAKE, "\0\0\0\0", 4, 0), 4);
	ASSERT_EQ(send(self->peer, "data", 4, 0), 4);
	EXPECT_EQ(read(self->fd, buf, 8), 4);
	ASSERT_EQ(recv_type(self->peer, &type, alert, 8, 0), 2);
	EXPECT_EQ(memcmp(alert, "\1\144", 2), 0);
}

TEST_HARNESS_MAIN
