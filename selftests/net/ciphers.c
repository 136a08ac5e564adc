// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Every cipher of <linux/tls.h>, in every version that has it: what goes onto the wire, what comes
 * off it, what is refused. Other programs go deeper, with the most used ones.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "aead.h"
#include "guard.h"
#include "peer.h"
#include "suites.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

#define LEN	40000	/* three records, the last one short */

static uint8_t data[LEN], got[2 * RECORD_MAX];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

/*
 * Cipher modes that the reference makes itself: the vectors of RFC 8998 appendix A. All others are
 * libcrypto's.
 */
TEST(reference)
{
	static const uint8_t key[] = {
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
		0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
	};
	static const uint8_t nonce[AEAD_NONCE] = {
		0x00, 0x00, 0x12, 0x34, 0x56, 0x78, 0x00, 0x00, 0x00, 0x00, 0xab, 0xcd,
	};
	static const uint8_t aad[] = {
		0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed, 0xfa, 0xce,
		0xde, 0xad, 0xbe, 0xef, 0xab, 0xad, 0xda, 0xd2,
	};
	static const struct {
		uint16_t cipher;
		uint8_t start[8], tag[AEAD_TAG];
	} vectors[] = {
		{ TLS_CIPHER_SM4_GCM, { 0x17, 0xf3, 0x99, 0xf0, 0x8c, 0x67, 0xd5, 0xee },
		  { 0x83, 0xde, 0x35, 0x41, 0xe4, 0xc2, 0xb5, 0x81,
		    0x77, 0xe0, 0x65, 0xa9, 0xbf, 0x7b, 0x62, 0xec } },
		{ TLS_CIPHER_SM4_CCM, { 0x48, 0xaf, 0x93, 0x50, 0x1f, 0xa6, 0x2a, 0xdb },
		  { 0x16, 0x84, 0x2d, 0x4f, 0xa1, 0x86, 0xf5, 0x6a,
		    0xb3, 0x32, 0x56, 0x97, 0x1f, 0xa1, 0x10, 0xf4 } },
	};
	static const uint8_t runs[] = { 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0xee, 0xaa };
	uint8_t text[64], sealed[64], back[64], tag[AEAD_TAG];
	int i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = runs[i / 8];
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct aead_message m = {
			.cipher = vectors[i].cipher, .key = key, .nonce = nonce, .aad = aad,
			.aad_len = sizeof(aad), .in = text, .len = sizeof(text), .out = sealed,
		};

		aead_seal(&m, tag);
		EXPECT_EQ(memcmp(sealed, vectors[i].start, 8), 0);
		EXPECT_EQ(memcmp(tag, vectors[i].tag, AEAD_TAG), 0);
		m.in = sealed;
		m.out = back;
		EXPECT_TRUE(aead_open(&m, tag));
		EXPECT_EQ(memcmp(back, text, sizeof(text)), 0);
		tag[3] ^= 4;
		EXPECT_FALSE(aead_open(&m, tag));
	}
}

/* What installing a key of this suite gives: 0 or errno; -1 if it does not come to that. */
static int install_error(const struct suite *suite)
{
	struct keys keys;
	int fd[2], err = 0;

	if (tcp_pair(AF_INET, fd))
		return -1;
	keys_init(&keys, suite, 0);
	if (ulp_attach(fd[0]))
		err = -1;
	else if (keys_set(fd[0], TLS_TX, &keys))
		err = errno;
	close(fd[0]);
	close(fd[1]);
	return err;
}

FIXTURE(cipher)
{
	struct keys keys[3];
	struct wire tx, rx;
	int fd, peer;
	bool v13;
};

FIXTURE_VARIANT(cipher)
{
	struct suite suite;
};

ADD_ALL_SUITES(cipher);

/* Both directions have keys; peer is the plain end, where the test seals and opens. */
FIXTURE_SETUP(cipher)
{
	int fd[2], i;

	if (install_error(&variant->suite) == ENOENT)
		SKIP(return, "this kernel has no such cipher");
	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	self->fd = fd[0];
	self->peer = fd[1];
	self->v13 = variant->suite.version == TLS_1_3_VERSION;
	for (i = 0; i < 3; i++)
		keys_init(&self->keys[i], &variant->suite, i);
	wire_init(&self->tx, &self->keys[0]);
	wire_init(&self->rx, &self->keys[1]);
	ASSERT_EQ(ulp_attach(self->fd), 0);
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys[0]), 0);
	ASSERT_EQ(keys_set(self->fd, TLS_RX, &self->keys[1]), 0);
}

FIXTURE_TEARDOWN(cipher)
{
	close(self->fd);
	close(self->peer);
}

static const size_t sizes[] = { 1, 15, 16, 17, 255, 4096, 8191, 8192, RECORD_MAX - 1, RECORD_MAX };

TEST_F(cipher, send)
{
	struct drain drain = {};
	uint8_t type;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(send(self->fd, data, sizes[i], 0), sizes[i]);
		ASSERT_EQ(wire_recv(&self->tx, self->peer, &type, got), sizes[i]) {
			TH_LOG("%zu bytes: %s", sizes[i], self->tx.why);
		}
		EXPECT_EQ(type, TYPE_DATA);
		EXPECT_EQ(pattern_check(got, 0, sizes[i]), -1);
	}
	ASSERT_EQ(send_type(self->fd, TYPE_ALERT, "\1\0", 2, 0), 2);
	ASSERT_EQ(wire_recv(&self->tx, self->peer, &type, got), 2);
	EXPECT_EQ(type, TYPE_ALERT);

	drain_start(&drain, self->peer, &self->tx, LEN);
	EXPECT_EQ(send(self->fd, data, LEN, 0), LEN);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.records, 3);
}

/* Straight from the page cache. */
TEST_F(cipher, sendfile)
{
	struct drain drain = {};
	int file = pattern_file(LEN);

	drain_start(&drain, self->peer, &self->tx, LEN);
	EXPECT_EQ(sendfile(self->fd, file, NULL, LEN), LEN);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, LEN);
	close(file);
}

TEST_F(cipher, recv)
{
	uint8_t type;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		/* Straight into a large buffer, and by way of a copy into small ones. */
		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, sizes[i], 0), 0);
		ASSERT_EQ(recv(self->fd, got, sizes[i], MSG_WAITALL), sizes[i]);
		ASSERT_EQ(pattern_check(got, 0, sizes[i]), -1);
		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, sizes[i], 0), 0);
		ASSERT_EQ(recv(self->fd, got, 1, 0), 1);
		ASSERT_EQ(recv_full(self->fd, got + 1, sizes[i] - 1), sizes[i] - 1);
		ASSERT_EQ(pattern_check(got, 0, sizes[i]), -1);
	}
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_ALERT, "\1\0", 2, 0), 0);
	EXPECT_EQ(recv_type(self->fd, &type, got, 10, 0), 2);
	EXPECT_EQ(type, TYPE_ALERT);
	if (self->v13) {
		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 5000, 999), 0);
		EXPECT_EQ(recv(self->fd, got, 8192, 0), 5000);
		EXPECT_EQ(pattern_check(got, 0, 5000), -1);
	}
}

/* Records in pieces that do not match them, and several in one call. */
TEST_F(cipher, stream)
{
	struct feed feed;
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, LEN, 3000, 0, &sealed);

	feed_start(&feed, self->peer, sealed, n, 1447);
	EXPECT_EQ(recv(self->fd, got, 30000, MSG_WAITALL), 30000);
	EXPECT_EQ(pattern_check(got, 0, 30000), -1);
	EXPECT_EQ(recv_full(self->fd, got, LEN - 30000), LEN - 30000);
	EXPECT_EQ(pattern_check(got, 30000, LEN - 30000), -1);
	EXPECT_TRUE(feed_end(&feed));
	free(sealed);
}

#define EXPECT_BAD(sock, error) do {						\
	int bad_i;								\
										\
	errno = 0;								\
	EXPECT_EQ(recv(sock, got, sizeof(got), 0), -1);				\
	EXPECT_EQ(errno, error);						\
	for (bad_i = 0; bad_i < 3; bad_i++)					\
		EXPECT_LE(recv(sock, got, sizeof(got), MSG_DONTWAIT), 0);	\
} while (0)

/* A fresh receiver of the fixture's kind, its peer, and the reference. */
static int receiver(const struct suite *suite, int fd[2], struct wire *rx)
{
	struct keys keys;

	keys_init(&keys, suite, 1);
	wire_init(rx, &keys);
	if (tcp_pair(AF_INET, fd))
		return -1;
	return ulp_attach(fd[0]) ? -1 : keys_set(fd[0], TLS_RX, &keys);
}

/* A bit of the nonce or of the ciphertext's start, middle and end, and of each byte of the tag. */
TEST_F(cipher, tampered)
{
	static const size_t lengths[] = { 12, 5000 };
	uint8_t rec[WIRE_MAX];
	struct wire rx;
	int fd[2], i;
	size_t n;

	for (i = 0; i < 2 * (3 + WIRE_TAG); i++) {
		size_t len = lengths[i % 2], at = i / 2;

		ASSERT_EQ(receiver(&variant->suite, fd, &rx), 0);
		n = wire_seal(&rx, TYPE_DATA, data, len, 0, rec);
		if (at < 3)
			at = WIRE_HEADER + at * (n - WIRE_TAG - WIRE_HEADER - 1) / 2;
		else
			at = n - WIRE_TAG + at - 3;
		rec[at] ^= 1 << at % 8;
		ASSERT_EQ(send_full(fd[1], rec, n, 0), 0);
		EXPECT_BAD(fd[0], EBADMSG);
		close(fd[0]);
		close(fd[1]);
	}
}

/* Lengths in the header that no record of this cipher can have, and the extremes it can. */
TEST_F(cipher, record_sizes)
{
	size_t over = wire_overhead(&self->rx) - WIRE_HEADER;
	const struct {
		size_t len;
		int error;
	} cases[] = {
		{ 0, EBADMSG },
		{ over - self->v13 - 1, EBADMSG },
		{ RECORD_MAX + over + 1, EMSGSIZE },
		{ 0xffff, EMSGSIZE },
	};
	uint8_t rec[WIRE_MAX];
	struct wire rx;
	int fd[2], i;
	size_t n;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t head[13] = { TYPE_DATA, 3, 3, cases[i].len >> 8, cases[i].len };

		ASSERT_EQ(receiver(&variant->suite, fd, &rx), 0);
		ASSERT_EQ(send_full(fd[1], head, sizeof(head), 0), 0);
		EXPECT_BAD(fd[0], cases[i].error);
		close(fd[0]);
		close(fd[1]);
	}
	n = wire_seal(&self->rx, TYPE_DATA, "", 0, 0, rec);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	n = wire_seal(&self->rx, TYPE_DATA, data, RECORD_MAX, 0, rec);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_EQ(recv(self->fd, got, RECORD_MAX, MSG_WAITALL), RECORD_MAX);
	EXPECT_EQ(pattern_check(got, 0, RECORD_MAX), -1);
}

/* The option takes this cipher's structure and no other length. */
TEST_F(cipher, key_sizes)
{
	static const int both[] = { TLS_TX, TLS_RX };
	struct keys keys = self->keys[0];
	uint8_t buf[128] = {};
	socklen_t len;
	int fd[2], i;

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	memcpy(buf, &keys, keys.len);
	for (i = 0; i < 2; i++) {
		for (len = 0; len < sizeof(buf); len++) {
			if (len == keys.len)
				continue;
			errno = 0;
			EXPECT_EQ(setsockopt(fd[0], SOL_TLS, both[i], buf, len), -1);
			EXPECT_EQ(errno, EINVAL) {
				TH_LOG("length %u", len);
			}
		}
		ASSERT_EQ(setsockopt(fd[0], SOL_TLS, both[i], buf, keys.len), 0);
		memset(&keys, 0, sizeof(keys));
		len = self->keys[0].len;
		ASSERT_EQ(getsockopt(fd[0], SOL_TLS, both[i], &keys, &len), 0);
		EXPECT_EQ(memcmp(&keys, buf, len), 0);
		keys.len = len;
	}
	close(fd[0]);
	close(fd[1]);
}

/* TLS 1.3: the next key, in both directions, and nothing under the old one any more. */
TEST_F(cipher, key_update)
{
	static const uint8_t update[] = { 24, 0, 0, 1, 0 };
	uint8_t rec[WIRE_MAX], type;
	size_t n;

	if (!self->v13)
		return;
	ASSERT_EQ(send_type(self->fd, TYPE_HANDSHAKE, update, sizeof(update), 0), sizeof(update));
	ASSERT_EQ(wire_recv(&self->tx, self->peer, &type, got), sizeof(update));
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_HANDSHAKE, update, sizeof(update), 0), 0);
	ASSERT_EQ(recv_type(self->fd, &type, got, 100, 0), sizeof(update));
	n = wire_seal(&self->rx, TYPE_DATA, data, 10, 0, rec);
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &self->keys[2]), 0);
	ASSERT_EQ(keys_set(self->fd, TLS_RX, &self->keys[2]), 0);
	wire_init(&self->tx, &self->keys[2]);
	wire_init(&self->rx, &self->keys[2]);
	ASSERT_EQ(send(self->fd, data, 100, 0), 100);
	EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, got), 100);
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 100, 0), 0);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 100);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_BAD(self->fd, EBADMSG);
}

/* Two sockets of the module against each other, each key's bytes mixed up once. */
TEST_F(cipher, wrong_key)
{
	struct key_parts part;
	struct keys keys;
	int fd[2], i;

	for (i = 0; i < 3; i++) {
		keys = self->keys[0];
		part = keys_parts(&keys);
		ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
		ASSERT_EQ(ulp_attach(fd[0]), 0);
		ASSERT_EQ(ulp_attach(fd[1]), 0);
		ASSERT_EQ(keys_set(fd[0], TLS_TX, &keys), 0);
		if (i == 0)
			part.key[part.key_len - 1] ^= 1;
		else if (i == 1)
			part.seq[0] ^= 1;
		ASSERT_EQ(keys_set(fd[1], TLS_RX, &keys), 0);
		ASSERT_EQ(send(fd[0], data, 100, 0), 100);
		if (i < 2)
			EXPECT_BAD(fd[1], EBADMSG);
		else
			EXPECT_EQ(recv(fd[1], got, sizeof(got), 0), 100);
		close(fd[0]);
		close(fd[1]);
	}
}

/* Ciphers that some kernels lack, and those that have them keep in modules of these names. */
static const char *const modules[] = { "sm4_cipher", "sm4_generic", "aria_generic" };

#define NOT_THESE "/run/modprobe.d/absent.conf"

FIXTURE(absent)
{
	int fd, peer;
};

FIXTURE_VARIANT(absent)
{
	struct suite suite;
};

ADD_SUITE(absent, sm4_gcm, 3, SM4_GCM);
ADD_SUITE(absent, sm4_ccm, 3, SM4_CCM);
ADD_SUITE(absent, aria_gcm_128, 2, ARIA_GCM_128);
ADD_SUITE(absent, aria_gcm_256, 2, ARIA_GCM_256);

/*
 * The modules go, when no transform of theirs waits for a key either, and modprobe is told not to
 * find them when the kernel asks.
 */
FIXTURE_SETUP(absent)
{
	FILE *f = fopen(NOT_THESE, "w");
	int fd[2], i, tries;

	spare_ciphers("0");
	for (i = 0; i < ARRAY_SIZE(modules); i++) {
		if (f)
			fprintf(f, "blacklist %s\n", modules[i]);
		/* The kernel destroys the last user's transform some time after its close. */
		for (tries = 0; tries < 50; tries++) {
			if (!syscall(SYS_delete_module, modules[i], O_NONBLOCK) || errno == ENOENT)
				break;
			usleep(100000);
		}
	}
	if (f)
		fclose(f);
	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	self->fd = fd[0];
	self->peer = fd[1];
	ASSERT_EQ(ulp_attach(self->fd), 0);
}

FIXTURE_TEARDOWN(absent)
{
	unlink(NOT_THESE);
	spare_ciphers("16");
	close(self->fd);
	close(self->peer);
}

/* A cipher whose module is not there: ENOENT, and the socket is as before. */
TEST_F(absent, refused)
{
	struct suite other = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 };
	struct keys keys;
	struct wire wire;
	uint8_t type;

	if (install_error(&variant->suite) != ENOENT)
		SKIP(return, "this kernel has the cipher");
	keys_init(&keys, &variant->suite, 0);
	EXPECT_EQ(keys_set(self->fd, TLS_TX, &keys), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(keys_set(self->fd, TLS_RX, &keys), -1);
	EXPECT_EQ(errno, ENOENT);
	/* Still in the clear, in both directions. */
	EXPECT_EQ(send(self->fd, "clear", 5, 0), 5);
	EXPECT_EQ(recv(self->peer, got, sizeof(got), 0), 5);
	EXPECT_EQ(memcmp(got, "clear", 5), 0);
	EXPECT_EQ(send(self->peer, "clear", 5, 0), 5);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 5);
	/* Another cipher, and even another version, may be had instead. */
	keys_init(&keys, &other, 0);
	wire_init(&wire, &keys);
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &keys), 0);
	EXPECT_EQ(send(self->fd, data, 100, 0), 100);
	EXPECT_EQ(wire_recv(&wire, self->peer, &type, got), 100);
}

/* The standard has ARIA for TLS 1.2 only (RFC 6209). */
TEST(no_aria_in_tls_1_3)
{
	static const uint16_t ciphers[] = { TLS_CIPHER_ARIA_GCM_128, TLS_CIPHER_ARIA_GCM_256 };
	int i;

	for (i = 0; i < 2; i++) {
		struct suite suite = { TLS_1_3_VERSION, ciphers[i] };

		EXPECT_EQ(install_error(&suite), EINVAL);
	}
}

TEST_HARNESS_MAIN
