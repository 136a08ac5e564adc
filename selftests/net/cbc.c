// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * AES-CBC with HMAC, encrypt-then-MAC (RFC 5246 section 6.2.3.2, RFC 7366), with keys installed by
 * SEALSOCK_TX and SEALSOCK_RX. The peer is libcrypto, from what the RFCs say alone.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include <uapi/sealsock.h>
#include "guard.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/sendfile.h>

#define HEADER		5
#define BLOCK		16
#define MAC_MAX		48
#define CBC_MAX		(HEADER + RECORD_MAX + 2048)

struct cbc_suite {
	uint16_t cipher;
	size_t key_len, mac_len;
	const char *aes, *hash;	/* libcrypto's names */
};

/* One direction of a connection. */
struct cbc {
	const struct cbc_suite *suite;
	struct sealsock_crypto_info_cbc_hmac info;
	uint64_t seq;
};

static void put_be(uint8_t *to, uint64_t v, int n)
{
	while (n--) {
		to[n] = v & 0xff;
		v >>= 8;
	}
}

static void cbc_init(struct cbc *c, const struct cbc_suite *suite, uint8_t fill)
{
	memset(c, 0, sizeof(*c));
	c->suite = suite;
	c->info.version = TLS_1_2_VERSION;
	c->info.cipher_type = suite->cipher;
	memset(c->info.enc_key, fill, suite->key_len);
	memset(c->info.mac_key, fill + 1, suite->mac_len);
	c->seq = 0xfe;
	put_be(c->info.rec_seq, c->seq, 8);
}

/* The MAC of RFC 7366 section 3, of IV and ciphertext at body. */
static void cbc_mac(const struct cbc *c, uint8_t type, const uint8_t *body, size_t len,
		    uint8_t *mac)
{
	static uint8_t text[13 + CBC_MAX];
	unsigned int n;

	put_be(text, c->seq, 8);
	text[8] = type;
	put_be(text + 9, 0x0303, 2);
	put_be(text + 11, len, 2);
	memcpy(text + 13, body, len);
	if (!HMAC(EVP_get_digestbyname(c->suite->hash), c->info.mac_key, c->suite->mac_len, text,
		  13 + len, mac, &n))
		abort();
}

static void cbc_crypt(const struct cbc *c, int seal, const uint8_t *iv, const uint8_t *in,
		      size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (!ctx || !EVP_CipherInit_ex(ctx, EVP_get_cipherbyname(c->suite->aes), NULL,
				       c->info.enc_key, iv, seal) ||
	    !EVP_CIPHER_CTX_set_padding(ctx, 0) || !EVP_CipherUpdate(ctx, out, &n, in, len) ||
	    n != (int)len)
		abort();
	EVP_CIPHER_CTX_free(ctx);
}

/* Plaintext with its padding, as it is, into a record. Returns the record's length. */
static size_t cbc_seal_padded(struct cbc *c, uint8_t type, const uint8_t *padded, size_t len,
			      uint8_t *rec)
{
	size_t body = BLOCK + len;

	rec[0] = type;
	put_be(rec + 1, 0x0303, 2);
	put_be(rec + 3, body + c->suite->mac_len, 2);
	memset(rec + HEADER, 0x5a ^ c->seq, BLOCK);
	cbc_crypt(c, 1, rec + HEADER, padded, len, rec + HEADER + BLOCK);
	cbc_mac(c, type, rec + HEADER, body, rec + HEADER + body);
	c->seq++;
	return HEADER + body + c->suite->mac_len;
}

/* blocks: of padding beyond what is needed. */
static size_t cbc_seal(struct cbc *c, uint8_t type, const uint8_t *data, size_t len,
		       unsigned int blocks, uint8_t *rec)
{
	static uint8_t padded[RECORD_MAX + 256 + BLOCK];
	size_t padding = BLOCK - len % BLOCK + blocks * BLOCK;

	memcpy(padded, data, len);
	memset(padded + len, padding - 1, padding);
	return cbc_seal_padded(c, type, padded, len + padding, rec);
}

/* One record from a plain socket; the content's length, or -1 and why. */
static ssize_t cbc_recv(struct cbc *c, int fd, uint8_t *type, uint8_t *out, const char **why)
{
	static uint8_t rec[CBC_MAX];
	uint8_t mac[MAC_MAX], last;
	size_t len, body, i;

	*why = "the stream ended";
	if (recv_full(fd, rec, HEADER) != HEADER)
		return -1;
	len = rec[3] << 8 | rec[4];
	*why = "header";
	if (rec[1] != 3 || rec[2] != 3 || len > CBC_MAX - HEADER ||
	    len < 2 * BLOCK + c->suite->mac_len || (len - c->suite->mac_len) % BLOCK)
		return -1;
	*why = "the record was cut";
	if (recv_full(fd, rec + HEADER, len) != (ssize_t)len)
		return -1;
	body = len - c->suite->mac_len;
	cbc_mac(c, rec[0], rec + HEADER, body, mac);
	*why = "MAC";
	if (CRYPTO_memcmp(mac, rec + HEADER + body, c->suite->mac_len))
		return -1;
	cbc_crypt(c, 0, rec + HEADER, rec + HEADER + BLOCK, body - BLOCK, out);
	c->seq++;
	last = out[body - BLOCK - 1];
	*why = "padding";
	if (last >= BLOCK)
		return -1;
	for (i = 0; i <= last; i++)
		if (out[body - BLOCK - 1 - i] != last)
			return -1;
	*type = rec[0];
	return body - BLOCK - last - 1;
}

FIXTURE(cbc)
{
	int fd, peer;
	struct cbc tx, rx;
};

FIXTURE_VARIANT(cbc)
{
	struct cbc_suite suite;
};

#define ADD(name, key, mac, aes, hash)							\
	FIXTURE_VARIANT_ADD(cbc, name) {						\
		.suite = { SEALSOCK_CIPHER_##name, key, mac, aes, hash },		\
	}

ADD(AES_128_CBC_SHA1, 16, 20, "AES-128-CBC", "SHA1");
ADD(AES_256_CBC_SHA1, 32, 20, "AES-256-CBC", "SHA1");
ADD(AES_128_CBC_SHA256, 16, 32, "AES-128-CBC", "SHA256");
ADD(AES_256_CBC_SHA256, 32, 32, "AES-256-CBC", "SHA256");
ADD(AES_256_CBC_SHA384, 32, 48, "AES-256-CBC", "SHA384");

static int cbc_set(int fd, int option, const struct cbc *c)
{
	return setsockopt(fd, SOL_TLS, option, &c->info, sizeof(c->info));
}

FIXTURE_SETUP(cbc)
{
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	self->fd = fd[0];
	self->peer = fd[1];
	ASSERT_EQ(ulp_attach(self->fd), 0);
	cbc_init(&self->tx, &variant->suite, 0x11);
	cbc_init(&self->rx, &variant->suite, 0x22);
	ASSERT_EQ(cbc_set(self->fd, SEALSOCK_TX, &self->tx), 0) {
		TH_LOG("SEALSOCK_TX: %s", strerror(errno));
	}
	ASSERT_EQ(cbc_set(self->fd, SEALSOCK_RX, &self->rx), 0);
}

FIXTURE_TEARDOWN(cbc)
{
	close(self->fd);
	close(self->peer);
}

static uint8_t got[RECORD_MAX + 512];

#define EXPECT_RECORD(wanted_type, offset, length) do {					\
	uint8_t rec_type = 0;								\
	const char *rec_why = "";							\
	ssize_t rec_len = cbc_recv(&self->tx, self->peer, &rec_type, got, &rec_why);	\
											\
	ASSERT_EQ(rec_len, (ssize_t)(length)) {						\
		TH_LOG("record: %s", rec_why);						\
	}										\
	ASSERT_EQ(rec_type, wanted_type);						\
	ASSERT_EQ(pattern_check(got, offset, rec_len), -1);				\
} while (0)

static const size_t sizes[] = { 1, 2, 15, 16, 17, 31, 32, 33, 255, 4095, 4096, 8191, 8192,
				16383, 16384 };

TEST_F(cbc, send_sizes)
{
	uint8_t *data = pattern_alloc(RECORD_MAX);
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(send(self->fd, data, sizes[i], 0), sizes[i]);
		EXPECT_RECORD(TYPE_DATA, 0, sizes[i]);
	}
	ASSERT_EQ(send_type(self->fd, TYPE_ALERT, data, 2, 0), 2);
	EXPECT_RECORD(TYPE_ALERT, 0, 2);
	free(data);
}

/* Each record has an IV of its own. */
TEST_F(cbc, iv_differs)
{
	uint8_t one[HEADER + 2 * BLOCK + MAC_MAX], two[sizeof(one)];
	size_t len = HEADER + 2 * BLOCK + variant->suite.mac_len;

	ASSERT_EQ(send(self->fd, "x", 1, 0), 1);
	ASSERT_EQ(send(self->fd, "x", 1, 0), 1);
	ASSERT_EQ(recv_full(self->peer, one, len), len);
	ASSERT_EQ(recv_full(self->peer, two, len), len);
	ASSERT_NE(memcmp(one + HEADER, two + HEADER, BLOCK), 0);
	ASSERT_NE(memcmp(one + HEADER + BLOCK, two + HEADER + BLOCK, BLOCK), 0);
}

TEST_F(cbc, sendfile)
{
	size_t len = 100000, at;
	int file = pattern_file(len);

	ASSERT_EQ(sendfile(self->fd, file, NULL, len), len);
	ASSERT_EQ(shutdown(self->fd, SHUT_WR), 0);
	for (at = 0; at < len;) {
		const char *why = "";
		uint8_t type = 0;
		ssize_t n = cbc_recv(&self->tx, self->peer, &type, got, &why);

		ASSERT_GT(n, 0) {
			TH_LOG("at %zu: %s", at, why);
		}
		ASSERT_EQ(pattern_check(got, at, n), -1);
		at += n;
	}
	ASSERT_EQ(at, len);
	close(file);
}

TEST_F(cbc, receive_sizes)
{
	static uint8_t rec[CBC_MAX];
	uint8_t *data = pattern_alloc(RECORD_MAX), type;
	int i, blocks;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (blocks = 0; blocks < 16; blocks += 5) {
			size_t n = cbc_seal(&self->rx, TYPE_DATA, data, sizes[i], blocks, rec);

			ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
			memset(got, 0, sizeof(got));
			ASSERT_EQ(recv_full(self->fd, got, sizes[i]), sizes[i]);
			ASSERT_EQ(pattern_check(got, 0, sizes[i]), -1);
		}
	}
	/* The lot behind each other, one of another type last. */
	for (i = 0; i < 3; i++)
		ASSERT_EQ(send_full(self->peer, rec, cbc_seal(&self->rx, TYPE_DATA, data, 100, i,
							      rec), 0), 0);
	ASSERT_EQ(send_full(self->peer, rec, cbc_seal(&self->rx, TYPE_ALERT, data, 2, 0,
						      rec), 0), 0);
	ASSERT_EQ(recv(self->fd, got, 300, MSG_WAITALL), 300);
	ASSERT_EQ(recv_type(self->fd, &type, got, 100, 0), 2);
	ASSERT_EQ(type, TYPE_ALERT);
	free(data);
}

/* What fails, and how: the socket is finished afterwards. */
#define REFUSED(error) do {								\
	ASSERT_EQ(recv(self->fd, got, 100, 0), -1);					\
	ASSERT_EQ(errno, error);							\
	ASSERT_EQ(recv(self->fd, got, 100, 0), -1);					\
	ASSERT_EQ(errno, error);							\
} while (0)

/* A bit of the IV, of the ciphertext, of the MAC. */
#define FLIPPED(name, at)								\
	TEST_F(cbc, flipped_##name)							\
	{										\
		static uint8_t rec[CBC_MAX];						\
		size_t n = cbc_seal(&self->rx, TYPE_DATA, (uint8_t *)"hello", 5, 0, rec);\
											\
		rec[at] ^= 1;								\
		ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);				\
		REFUSED(EBADMSG);							\
	}

FLIPPED(iv, HEADER)
FLIPPED(ciphertext, HEADER + BLOCK)
FLIPPED(mac, n - 1)

TEST_F(cbc, no_whole_blocks)
{
	static uint8_t rec[CBC_MAX];
	size_t n = cbc_seal(&self->rx, TYPE_DATA, (uint8_t *)"hello", 5, 0, rec);

	put_be(rec + 3, n - HEADER + 1, 2);
	ASSERT_EQ(send_full(self->peer, rec, n + 1, 0), 0);
	REFUSED(EBADMSG);
}

TEST_F(cbc, too_short)
{
	static uint8_t rec[CBC_MAX];

	cbc_seal(&self->rx, TYPE_DATA, (uint8_t *)"hello", 5, 0, rec);
	put_be(rec + 3, BLOCK + variant->suite.mac_len, 2);
	ASSERT_EQ(send_full(self->peer, rec, HEADER + BLOCK + variant->suite.mac_len, 0), 0);
	REFUSED(EBADMSG);
}

TEST_F(cbc, too_long)
{
	uint8_t header[HEADER] = { TYPE_DATA, 3, 3, 0xff, 0xf0 };

	ASSERT_EQ(send_full(self->peer, header, sizeof(header), 0), 0);
	ASSERT_EQ(recv(self->fd, got, 100, 0), -1);
	ASSERT_EQ(errno, EMSGSIZE);
}

/* Authentic, but the padding is not as RFC 5246 has it. */
TEST_F(cbc, malformed_padding)
{
	static uint8_t rec[CBC_MAX];
	uint8_t padded[2 * BLOCK];

	memset(padded, 7, sizeof(padded));
	padded[sizeof(padded) - 3] = 6;
	ASSERT_EQ(send_full(self->peer, rec, cbc_seal_padded(&self->rx, TYPE_DATA, padded,
							     sizeof(padded), rec), 0), 0);
	REFUSED(EBADMSG);
}

TEST_F(cbc, padding_longer_than_the_record)
{
	static uint8_t rec[CBC_MAX];
	uint8_t padded[BLOCK];

	memset(padded, 16, sizeof(padded));
	ASSERT_EQ(send_full(self->peer, rec, cbc_seal_padded(&self->rx, TYPE_DATA, padded,
							     sizeof(padded), rec), 0), 0);
	REFUSED(EBADMSG);
}

/* A record of padding alone is no content, and no end of file. */
TEST_F(cbc, empty_record)
{
	static uint8_t rec[CBC_MAX];

	ASSERT_EQ(send_full(self->peer, rec, cbc_seal(&self->rx, TYPE_DATA, NULL, 0, 3,
						      rec), 0), 0);
	ASSERT_EQ(send_full(self->peer, rec, cbc_seal(&self->rx, TYPE_DATA, (uint8_t *)"x", 1, 0,
						      rec), 0), 0);
	ASSERT_EQ(recv(self->fd, got, 10, MSG_WAITALL | MSG_DONTWAIT), 1);
}

TEST_F(cbc, told_by_getsockopt)
{
	struct tls_crypto_info head;
	struct sealsock_crypto_info_cbc_hmac info;
	socklen_t len = sizeof(info);

	ASSERT_EQ(getsockopt(self->fd, SOL_TLS, SEALSOCK_TX, &info, &len), 0);
	ASSERT_EQ(memcmp(&info, &self->tx.info, sizeof(info)), 0);
	len = sizeof(head);
	ASSERT_EQ(getsockopt(self->fd, SOL_TLS, TLS_RX, &head, &len), 0);
	ASSERT_EQ(head.cipher_type, variant->suite.cipher);
	len = sizeof(info);
	ASSERT_EQ(getsockopt(self->fd, SOL_TLS, TLS_RX, &info, &len), -1);
	ASSERT_EQ(errno, EINVAL);
}

#define REFUSES(option, change, error) do {						\
	struct cbc c;									\
	size_t size = sizeof(c.info);							\
											\
	cbc_init(&c, &suite, 0x33);							\
	change;										\
	ASSERT_EQ(setsockopt(fd[0], SOL_TLS, option, &c.info, size), -1);		\
	ASSERT_EQ(errno, error) {							\
		TH_LOG(#change);							\
	}										\
} while (0)

TEST(refusals)
{
	static const struct cbc_suite suite = { SEALSOCK_CIPHER_AES_128_CBC_SHA1, 16, 20,
						"AES-128-CBC", "SHA1" };
	struct cbc good;
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	REFUSES(SEALSOCK_TX, c.info.version = TLS_1_3_VERSION, EINVAL);
	REFUSES(SEALSOCK_TX, c.info.cipher_type = TLS_CIPHER_AES_GCM_128, EINVAL);
	REFUSES(SEALSOCK_TX, c.info.cipher_type = 0x5306, EINVAL);
	REFUSES(SEALSOCK_TX, c.info.enc_key[16] = 1, EINVAL);
	REFUSES(SEALSOCK_TX, c.info.mac_key[20] = 1, EINVAL);
	REFUSES(SEALSOCK_TX, size--, EINVAL);
	REFUSES(SEALSOCK_RX, size = 3, EINVAL);
	REFUSES(TLS_TX, size = size, EINVAL);
	cbc_init(&good, &suite, 0x44);
	ASSERT_EQ(cbc_set(fd[0], SEALSOCK_TX, &good), 0);
	ASSERT_EQ(cbc_set(fd[0], SEALSOCK_TX, &good), -1);
	ASSERT_EQ(errno, EBUSY);
	REFUSES(SEALSOCK_RX, c.info.cipher_type = SEALSOCK_CIPHER_AES_256_CBC_SHA1, EINVAL);
	close(fd[0]);
	close(fd[1]);
}

TEST_HARNESS_MAIN
