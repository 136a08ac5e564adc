// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* SEALSOCK_MANAGED: both directions at once or none, whatever is wrong with what is asked. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "managed.h"

#include <poll.h>

/* Every cipher but SM4 of TLS 1.3, which wants SM3: see the last test. */
ADD_SUITES(managed);
ADD_SUITE(managed, 12_aes_ccm_128, 2, AES_CCM_128);
ADD_SUITE(managed, 12_sm4_gcm, 2, SM4_GCM);
ADD_SUITE(managed, 12_sm4_ccm, 2, SM4_CCM);
ADD_SUITE(managed, 12_aria_gcm_128, 2, ARIA_GCM_128);
ADD_SUITE(managed, 12_aria_gcm_256, 2, ARIA_GCM_256);
ADD_SUITE(managed, 13_aes_ccm_128, 3, AES_CCM_128);

static uint8_t data[70000], got[70000];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

/* Plain read and write, either way, every cipher. */
TEST_F(managed, both_ways)
{
	size_t sizes[] = { 1, 100, 5000, RECORD_MAX, 3 * RECORD_MAX + 7 }, i;
	struct drain drain = {};
	struct feed feed;
	uint8_t *sealed;
	size_t n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		drain_start(&drain, self->c.peer, &self->c.tx, sizes[i]);
		ASSERT_EQ(write(self->c.fd, data, sizes[i]), sizes[i]);
		EXPECT_TRUE(drain_end(&drain, &self->c.tx)) {
			TH_LOG("%s", drain.why);
		}
		n = seal_pattern(&self->c.rx, sizes[i], RECORD_MAX, 0, &sealed);
		feed_start(&feed, self->c.peer, sealed, n, 9999);
		ASSERT_EQ(recv_full(self->c.fd, got, sizes[i]), sizes[i]);
		EXPECT_EQ(pattern_check(got, 0, sizes[i]), -1);
		EXPECT_TRUE(feed_end(&feed));
		free(sealed);
	}
}

/* To recvmsg() too the socket is a plain one: no control message, no flags. */
TEST_F(managed, recvmsg_plain)
{
	char buf[64], control[64];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};

	PEER(TYPE_DATA, "hello", 5);
	ASSERT_EQ(recvmsg(self->c.fd, &msg, 0), 5);
	EXPECT_EQ(msg.msg_controllen, 0);
	EXPECT_EQ(msg.msg_flags, 0);
	PEER(TYPE_DATA, "hello", 5);
	msg.msg_controllen = 0;
	ASSERT_EQ(recvmsg(self->c.fd, &msg, 0), 5);
	EXPECT_EQ(msg.msg_flags, 0);
}

TEST_F(managed, keys_stay)
{
	static const int options[] = { TLS_TX, TLS_RX, SEALSOCK_TX, SEALSOCK_RX };
	struct sealsock_managed req = {};
	uint8_t buf[256];
	uint32_t flags = 7;
	struct keys keys;
	socklen_t len;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		for (len = 0; len <= sizeof(buf); len++) {
			socklen_t n = len;

			ASSERT_EQ(getsockopt(self->c.fd, SOL_TLS, options[i], buf, &n), -1);
			ASSERT_EQ(errno, EPERM);
		}
	}
	keys_init(&keys, &variant->suite, 5);
	EXPECT_EQ(keys_set(self->c.fd, TLS_TX, &keys), -1);
	EXPECT_EQ(errno, EBUSY);
	EXPECT_EQ(keys_set(self->c.fd, TLS_RX, &keys), -1);
	EXPECT_EQ(errno, EBUSY);
	EXPECT_EQ(managed_set(self->c.fd, &req), -1);
	EXPECT_EQ(errno, EBUSY);
	len = sizeof(flags);
	EXPECT_EQ(getsockopt(self->c.fd, SOL_TLS, SEALSOCK_MANAGED, &flags, &len), 0);
	EXPECT_EQ(flags, 0);
	EXPECT_EQ(write(self->c.fd, "still", 5), 5);
	EXPECT_WIRE(TYPE_DATA, "still", 5);
}

FIXTURE(install)
{
	int fd, peer;
	struct sealsock_managed req;
	struct secret tx_secret, rx_secret;
	struct wire tx, rx;
};

FIXTURE_VARIANT(install)
{
	struct suite suite;
};

ADD_SUITES(install);

FIXTURE_SETUP(install)
{
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	self->fd = fd[0];
	self->peer = fd[1];
	ASSERT_EQ(ulp_attach(self->fd), 0);
	managed_init(&self->req, &variant->suite, 0);
	managed_keys(&self->req.tx, &variant->suite, 1, &self->tx_secret, &self->tx);
	managed_keys(&self->req.rx, &variant->suite, 2, &self->rx_secret, &self->rx);
}

FIXTURE_TEARDOWN(install)
{
	close(self->fd);
	close(self->peer);
}

#define REFUSED(error, change) do {						\
	struct sealsock_managed req = self->req;				\
	char refused_buf[8];							\
										\
	change;									\
	EXPECT_EQ(managed_set(self->fd, &req), -1);				\
	EXPECT_EQ(errno, error) {						\
		TH_LOG(#change);						\
	}									\
	/* Nothing has changed: the bytes are still in the clear. */		\
	EXPECT_EQ(send(self->fd, "clear", 5, 0), 5);				\
	EXPECT_EQ(recv(self->peer, refused_buf, 8, 0), 5);			\
	EXPECT_EQ(memcmp(refused_buf, "clear", 5), 0);				\
} while (0)

TEST_F(install, refused)
{
	bool v13 = variant->suite.version == TLS_1_3_VERSION;
	struct { struct sealsock_managed req; uint8_t more[8]; } big = { .req = self->req };

	REFUSED(EINVAL, req.flags = 0x4);
	REFUSED(EINVAL, req.flags = 0x80000000);
	REFUSED(EINVAL, req.version = 0x0302);
	REFUSED(EINVAL, req.version = 0x0305);
	REFUSED(EINVAL, req.cipher_type = 0);
	REFUSED(EINVAL, req.cipher_type = 99);
	REFUSED(EINVAL, req.reserved = 1);
	REFUSED(EINVAL, req.reserved2 = 1);
	REFUSED(EINVAL, req.max_payload = v13 ? 62 : 63);
	REFUSED(EINVAL, req.max_payload = 16385);
	REFUSED(EINVAL, req.prefix_len = SEALSOCK_PREFIX_MAX + 1);
	REFUSED(EFAULT, (req.prefix_len = 5, req.prefix = 16));
	REFUSED(EINVAL, req.tx.reserved[3] = 1);
	REFUSED(EINVAL, req.rx.reserved[0] = 1);
	REFUSED(EINVAL, req.rx.mac_key[0] = 1);
	/* What the version, or a shorter key, has no use for. */
	if (v13) {
		REFUSED(EINVAL, req.tx.key[0] = 1);
		REFUSED(EINVAL, req.rx.iv[11] = 1);
		if (variant->suite.cipher != TLS_CIPHER_AES_GCM_256)
			REFUSED(EINVAL, req.rx.secret[32] = 1);
	} else {
		REFUSED(EINVAL, req.tx.secret[0] = 1);
		if (variant->suite.cipher == TLS_CIPHER_AES_GCM_128)
			REFUSED(EINVAL, req.rx.key[16] = 1);
		if (variant->suite.cipher != TLS_CIPHER_CHACHA20_POLY1305)
			REFUSED(EINVAL, req.tx.iv[4] = 1);
	}
	EXPECT_EQ(setsockopt(self->fd, SOL_TLS, SEALSOCK_MANAGED, &self->req,
			     sizeof(self->req) - 1), -1);
	EXPECT_EQ(errno, EINVAL);
	big.more[7] = 1;
	EXPECT_EQ(setsockopt(self->fd, SOL_TLS, SEALSOCK_MANAGED, &big, sizeof(big)), -1);
	EXPECT_EQ(errno, E2BIG);
	EXPECT_EQ(setsockopt(self->fd, SOL_TLS, SEALSOCK_MANAGED, NULL, sizeof(big)), -1);
	EXPECT_TRUE(errno == EFAULT || errno == EINVAL);

	/* A newer caller that asks for nothing newer. */
	big.more[7] = 0;
	EXPECT_EQ(setsockopt(self->fd, SOL_TLS, SEALSOCK_MANAGED, &big, sizeof(big)), 0);
}

/* Options of managed mode on a socket that is not. */
TEST_F(install, not_managed)
{
	static const int get[] = { SEALSOCK_MANAGED, SEALSOCK_KEY_UPDATE, SEALSOCK_MESSAGE,
				   SEALSOCK_END, SEALSOCK_EVENTS };
	uint8_t buf[64] = {};
	socklen_t len;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(get); i++) {
		len = sizeof(buf);
		EXPECT_EQ(getsockopt(self->fd, SOL_TLS, get[i], buf, &len), -1);
		EXPECT_EQ(errno, ENODATA);
	}
	EXPECT_EQ(setsockopt(self->fd, SOL_TLS, SEALSOCK_KEY_UPDATE, buf, 24), -1);
	EXPECT_EQ(errno, ENODATA);
	EXPECT_EQ(setsockopt(self->fd, SOL_TLS, SEALSOCK_EVENTS, buf, 4), -1);
	EXPECT_EQ(errno, ENODATA);
}

TEST_F(install, wrong_state)
{
	struct keys keys;
	int fd[2];

	keys_init(&keys, &variant->suite, 0);
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &keys), 0);
	EXPECT_EQ(managed_set(self->fd, &self->req), -1);
	EXPECT_EQ(errno, EBUSY);

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	shutdown(fd[0], SHUT_WR);
	EXPECT_EQ(managed_set(fd[0], &self->req), -1);
	EXPECT_EQ(errno, ENOTCONN);
	close(fd[0]);
	close(fd[1]);
}

/* The peer's record size limit, and the sequence numbers. */
TEST_F(install, limit_and_sequence)
{
	struct drain drain = {};

	self->req.max_payload = 1000;
	self->req.tx.sequence = 77;
	self->req.rx.sequence = 0x100000000;
	self->tx.seq = 77;
	self->tx.nonce = 77;
	self->rx.seq = 0x100000000;
	self->rx.nonce = 0x100000000;
	ASSERT_EQ(managed_set(self->fd, &self->req), 0);
	drain_start(&drain, self->peer, &self->tx, 20000);
	ASSERT_EQ(send(self->fd, data, 20000, 0), 20000);
	EXPECT_TRUE(drain_end(&drain, &self->tx)) {
		TH_LOG("%s", drain.why);
	}
	EXPECT_EQ(drain.largest, 1000);
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 100, 0), 0);
	EXPECT_EQ(recv(self->fd, got, 200, 0), 100);
}

/* What came before the install is read, and a poller that waits already is woken. */
TEST_F(install, queued)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN };

	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, "early", 5, 0), 0);
	ASSERT_EQ(managed_set(self->fd, &self->req), 0);
	EXPECT_EQ(poll(&p, 1, PATIENCE), 1);
	EXPECT_EQ(recv(self->fd, got, 100, 0), 5);
	EXPECT_EQ(memcmp(got, "early", 5), 0);
}

/* Bytes that somebody read before, cut anywhere: the rest is in TCP's queue, or comes later. */
TEST_F(install, prefix)
{
	static const size_t cuts[] = { 1, 4, 5, 6, 21, 22, 27, 100, 1050, 1100, 5000, 60000,
				       65536 };
	size_t len = 66000, n, i;
	uint8_t *sealed;
	int fd[2], late;

	for (late = 0; late < 2; late++) {
		for (i = 0; i < ARRAY_SIZE(cuts); i++) {
			struct wire wire = self->rx;
			struct sealsock_managed req = self->req;
			size_t cut = cuts[i];

			ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
			ASSERT_EQ(ulp_attach(fd[0]), 0);
			n = seal_pattern(&wire, len, 1000, 0, &sealed);
			ASSERT_GT(n, 65536);
			req.prefix = (uintptr_t)sealed;
			req.prefix_len = cut;
			if (!late)
				ASSERT_EQ(send_full(fd[1], sealed + cut, n - cut, 0), 0);
			ASSERT_EQ(managed_set(fd[0], &req), 0);
			memset(sealed, 0, cut);
			if (late)
				ASSERT_EQ(send_full(fd[1], sealed + cut, n - cut, 0), 0);
			EXPECT_EQ(poll_for(fd[0], POLLIN, PATIENCE), POLLIN);
			ASSERT_EQ(recv_full(fd[0], got, len), len) {
				TH_LOG("cut at %zu: %s", cut, strerror(errno));
			}
			EXPECT_EQ(pattern_check(got, 0, len), -1);
			free(sealed);
			close(fd[0]);
			close(fd[1]);
		}
	}
}

/* Debian's kernels have no SM3, and say so; where there is one, it has to be right. */
TEST(sm4)
{
	static const uint16_t ciphers[] = { TLS_CIPHER_SM4_GCM, TLS_CIPHER_SM4_CCM };
	uint8_t type;
	int i, r;

	for (i = 0; i < 2; i++) {
		struct suite suite = { TLS_1_3_VERSION, ciphers[i] };
		struct managed c = { .fd = -1, .peer = -1 };

		r = managed_open(&c, &suite, 0);
		if (r) {
			EXPECT_EQ(errno, ENOENT);
		} else {
			EXPECT_EQ(write(c.fd, "sm4", 3), 3);
			EXPECT_EQ(wire_recv(&c.tx, c.peer, &type, got), 3);
		}
		close(c.fd);
		close(c.peer);
	}
}

TEST_HARNESS_MAIN
