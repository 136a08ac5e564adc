// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* How many records a key may seal (RFC 8446 §5.5), and what happens then. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include <uapi/sealsock.h>
#include "guard.h"
#include "peer.h"
#include "suites.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/sendfile.h>

#define SYSCTL		"/proc/sys/net/sealsock/"
#define TRACING		"/sys/kernel/tracing/"
#define LIMIT		20		/* records, as the tests lower it */
#define KEPT		64		/* records of other types that may follow */
#define FULL_LIMIT	(23726566 - KEPT)	/* 2^24.5 full records, RFC 8446 §5.5 */

static uint8_t data[2 * LIMIT * RECORD_MAX];
static uint8_t got[RECORD_MAX + 256];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

FIXTURE(limit)
{
	int fd, peer;
	struct wire tx;
	bool v13, chacha;
};

FIXTURE_VARIANT(limit)
{
	struct suite suite;
};

ADD_SUITES(limit);

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int ret = fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ? -1 : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

/* A new connection whose transmit key begins with this number. */
static int begin(int *fd, int *peer, struct wire *tx, const struct suite *suite, uint64_t seq)
{
	struct keys keys;
	int pair[2], i;

	close(*fd);
	close(*peer);
	*fd = -1;
	*peer = -1;
	if (tcp_pair(AF_INET, pair))
		return -1;
	*fd = pair[0];
	*peer = pair[1];
	keys_init(&keys, suite, 0);
	for (i = 7; i >= 0; i--, seq >>= 8)
		keys_parts(&keys).seq[i] = seq;
	wire_init(tx, &keys);
	return ulp_attach(*fd) || keys_set(*fd, TLS_TX, &keys) ? -1 : 0;
}

FIXTURE_SETUP(limit)
{
	if (!ulp_is_ours())
		SKIP(return, "the kernel's own module has none of this");
	self->fd = -1;
	self->peer = -1;
	self->v13 = variant->suite.version == TLS_1_3_VERSION;
	self->chacha = variant->suite.cipher == TLS_CIPHER_CHACHA20_POLY1305;
	ASSERT_EQ(put(SYSCTL "tx_limit", "20"), 0);
}

FIXTURE_TEARDOWN(limit)
{
	put(SYSCTL "tx_limit", "0");
	put(SYSCTL "tx_past_limit", "0");
	close(self->fd);
	close(self->peer);
}

#define BEGIN(seq) \
	ASSERT_EQ(begin(&self->fd, &self->peer, &self->tx, &variant->suite, seq), 0)
#define EXPECT_REFUSED(call) do {							\
	EXPECT_EQ(call, -1);								\
	EXPECT_EQ(errno, EKEYEXPIRED);							\
} while (0)
#define EXPECT_OPENS(len, want) do {							\
	uint8_t eo_type = 0;								\
											\
	EXPECT_EQ(wire_recv(&self->tx, self->peer, &eo_type, got), (ssize_t)(len)) {	\
		TH_LOG("%s", self->tx.why);						\
	}										\
	EXPECT_EQ(eo_type, want);							\
} while (0)

static uint64_t left(int fd)
{
	struct sealsock_sock_info info = {};
	socklen_t len = sizeof(info);

	return getsockopt(fd, SOL_TLS, SEALSOCK_INFO, &info, &len) || len != sizeof(info) ?
	       UINT64_MAX - 1 : info.tx_left;
}

/* One byte a record; all that was sealed opens, and nothing else comes. */
TEST_F(limit, stops)
{
	int i;

	BEGIN(0);
	for (i = 0; i < LIMIT; i++) {
		EXPECT_EQ(left(self->fd), LIMIT - i);
		EXPECT_EQ(send(self->fd, data, 1, 0), 1);
	}
	EXPECT_EQ(left(self->fd), 0);
	EXPECT_REFUSED(send(self->fd, data, 1, 0));
	EXPECT_REFUSED(send(self->fd, data, 1, MSG_DONTWAIT));
	EXPECT_REFUSED(send(self->fd, data, 1, MSG_MORE));
	EXPECT_REFUSED(send_type(self->fd, TYPE_DATA, data, 1, 0));
	EXPECT_EQ(send(self->fd, data, 0, 0), 0);
	ASSERT_EQ(shutdown(self->fd, SHUT_WR), 0);
	for (i = 0; i < LIMIT; i++)
		EXPECT_OPENS(1, TYPE_DATA);
	EXPECT_OPENS(WIRE_EOF, 0);
}

/* In the middle of a call, by one processor and by several. */
TEST_F(limit, short_count)
{
	uint16_t cpus;

	for (cpus = 1; cpus <= 2; cpus++) {
		struct drain drain = {};

		BEGIN(0);
		ASSERT_EQ(setsockopt(self->fd, SOL_TLS, SEALSOCK_TX_CPUS, &cpus, sizeof(cpus)), 0);
		drain_start(&drain, self->peer, &self->tx, LIMIT * RECORD_MAX);
		EXPECT_EQ(send(self->fd, data, sizeof(data), 0), LIMIT * RECORD_MAX);
		EXPECT_REFUSED(send(self->fd, data, sizeof(data), 0));
		ASSERT_TRUE(drain_end(&drain, &self->tx));
		EXPECT_EQ(drain.records, LIMIT);
	}
}

TEST_F(limit, sendfile)
{
	int file = pattern_file(2 * LIMIT * RECORD_MAX);
	struct drain drain = {};
	ssize_t n, sum = 0;

	BEGIN(0);
	drain_start(&drain, self->peer, &self->tx, LIMIT * RECORD_MAX);
	while ((n = sendfile(self->fd, file, NULL, sizeof(data))) > 0)
		sum += n;
	EXPECT_EQ(n, -1);
	EXPECT_EQ(errno, EKEYEXPIRED);
	EXPECT_EQ(sum, LIMIT * RECORD_MAX);
	EXPECT_EQ(lseek(file, 0, SEEK_CUR), sum);
	ASSERT_TRUE(drain_end(&drain, &self->tx));
	close(file);
}

/* What is needed to go on, or to end, has numbers of its own; they have an end too. */
TEST_F(limit, other_records)
{
	int i;

	BEGIN(0);
	for (i = 0; i < LIMIT; i++)
		EXPECT_EQ(send(self->fd, data, 1, 0), 1);
	for (i = 0; i < KEPT; i++)
		EXPECT_EQ(send_type(self->fd, TYPE_ALERT, data, 2, 0), 2);
	EXPECT_REFUSED(send_type(self->fd, TYPE_ALERT, data, 2, 0));
	EXPECT_REFUSED(send(self->fd, data, 1, 0));
	for (i = 0; i < LIMIT; i++)
		EXPECT_OPENS(1, TYPE_DATA);
	for (i = 0; i < KEPT; i++)
		EXPECT_OPENS(2, TYPE_ALERT);
}

TEST_F(limit, next_key)
{
	static const uint8_t key_update[] = { 24, 0, 0, 1, 0 };
	struct keys keys;
	int round, i;

	keys_init(&keys, &variant->suite, 1);
	memset(keys_parts(&keys).seq, 0, 8);
	BEGIN(0);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < LIMIT; i++)
			EXPECT_EQ(send(self->fd, data, 1, 0), 1);
		EXPECT_REFUSED(send(self->fd, data, 1, 0));
		for (i = 0; i < LIMIT; i++)
			EXPECT_OPENS(1, TYPE_DATA);
		if (!self->v13)
			break;
		EXPECT_EQ(send_type(self->fd, TYPE_HANDSHAKE, key_update, 5, 0), 5);
		EXPECT_OPENS(5, TYPE_HANDSHAKE);
		ASSERT_EQ(keys_set(self->fd, TLS_TX, &keys), 0);
		wire_init(&self->tx, &keys);
		EXPECT_EQ(left(self->fd), LIMIT);
	}
	/* TLS 1.2 has no next key. */
	if (!self->v13) {
		EXPECT_EQ(keys_set(self->fd, TLS_TX, &keys), -1);
		EXPECT_EQ(errno, EBUSY);
	}
}

/* An open record has its number, and goes. */
TEST_F(limit, open_record)
{
	int i;

	BEGIN(0);
	for (i = 0; i < LIMIT - 1; i++) {
		EXPECT_EQ(send(self->fd, data, 1, 0), 1);
		EXPECT_OPENS(1, TYPE_DATA);
	}
	EXPECT_EQ(send(self->fd, data, 100, MSG_MORE), 100);
	EXPECT_EQ(send(self->fd, data, 2 * RECORD_MAX, MSG_MORE), RECORD_MAX - 100);
	EXPECT_OPENS(RECORD_MAX, TYPE_DATA);
	EXPECT_REFUSED(send(self->fd, data, 1, 0));

	BEGIN(LIMIT - 1);
	EXPECT_EQ(send(self->fd, data, 100, MSG_MORE), 100);
	EXPECT_EQ(send_type(self->fd, TYPE_ALERT, data, 2, 0), 2);
	EXPECT_OPENS(100, TYPE_DATA);
	EXPECT_OPENS(2, TYPE_ALERT);
	EXPECT_REFUSED(send(self->fd, data, 1, 0));
}

/* Records sealed before the key came to the socket count; numbers beyond all limits say nothing. */
TEST_F(limit, first_number)
{
	BEGIN(LIMIT - 3);
	EXPECT_EQ(left(self->fd), 3);
	EXPECT_EQ(send(self->fd, data, 4 * RECORD_MAX, 0), 3 * RECORD_MAX);
	BEGIN(1000);
	EXPECT_EQ(left(self->fd), LIMIT);
	BEGIN(UINT64_MAX - 2);
	EXPECT_EQ(send(self->fd, data, 1, 0), 1);
	EXPECT_EQ(send(self->fd, data, 1, 0), 1);
	EXPECT_EQ(send(self->fd, data, 1, 0), -1);
	EXPECT_EQ(errno, EBADMSG);
}

/* Without the sysctl: the cipher's own. */
TEST_F(limit, of_the_cipher)
{
	ASSERT_EQ(put(SYSCTL "tx_limit", "0"), 0);
	BEGIN(FULL_LIMIT - 2);
	EXPECT_EQ(left(self->fd), self->chacha ? UINT64_MAX : 2);
	EXPECT_EQ(send(self->fd, data, 1, 0), 1);
	EXPECT_EQ(send(self->fd, data, 1, 0), 1);
	errno = 0;
	EXPECT_EQ(send(self->fd, data, 1, 0), self->chacha ? 1 : -1);
	EXPECT_EQ(errno, self->chacha ? 0 : EKEYEXPIRED);
	/* Higher than the cipher allows it is no limit. */
	ASSERT_EQ(put(SYSCTL "tx_limit", "30000000"), 0);
	BEGIN(FULL_LIMIT - 2);
	EXPECT_EQ(left(self->fd), self->chacha ? 30000000 - FULL_LIMIT + 2 : 2);
}

/* Where the namespace lets sockets go on, each record beyond is counted. */
TEST_F(limit, goes_on)
{
	long past = counter("TlsTxPastLimit"), keys = counter("TlsTxLimit");
	uint16_t cpus;

	ASSERT_GE(past, 0);
	ASSERT_GE(keys, 0);
	for (cpus = 1; cpus <= 2; cpus++) {
		struct drain drain = {};

		ASSERT_EQ(put(SYSCTL "tx_past_limit", "0"), 0);
		BEGIN(0);
		ASSERT_EQ(setsockopt(self->fd, SOL_TLS, SEALSOCK_TX_CPUS, &cpus, sizeof(cpus)), 0);
		drain_start(&drain, self->peer, &self->tx, 2 * LIMIT * RECORD_MAX);
		EXPECT_EQ(send(self->fd, data, sizeof(data), 0), LIMIT * RECORD_MAX);
		EXPECT_EQ(counter("TlsTxPastLimit"), past);
		EXPECT_EQ(counter("TlsTxLimit"), ++keys);
		ASSERT_EQ(put(SYSCTL "tx_past_limit", "1"), 0);
		EXPECT_EQ(send(self->fd, data + LIMIT * RECORD_MAX, LIMIT * RECORD_MAX, 0),
			  LIMIT * RECORD_MAX);
		past += LIMIT;
		EXPECT_EQ(counter("TlsTxPastLimit"), past);
		EXPECT_EQ(counter("TlsTxLimit"), keys);
		ASSERT_TRUE(drain_end(&drain, &self->tx));
	}
	EXPECT_EQ(put(SYSCTL "tx_past_limit", "2"), -1);
}

TEST_F(limit, traced)
{
	char line[512], want[64];
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int i, seen = 0;
	FILE *f;

	if (access(TRACING "events", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (access(TRACING "events/net", F_OK))
		SKIP(return, "this kernel has no tracepoints");
	ASSERT_EQ(put(TRACING "events/sealsock/sealsock_limit/enable", "1"), 0);
	BEGIN(0);
	ASSERT_EQ(getsockname(self->fd, (struct sockaddr *)&sin, &len), 0);
	for (i = 0; i < LIMIT; i++)
		EXPECT_EQ(send(self->fd, data, 1, 0), 1);
	for (i = 0; i < 3; i++)
		EXPECT_REFUSED(send(self->fd, data, 1, 0));
	EXPECT_EQ(put(TRACING "events/sealsock/sealsock_limit/enable", "0"), 0);
	f = fopen(TRACING "trace", "r");
	ASSERT_NE(f, NULL);
	snprintf(want, sizeof(want), "sport=%u ", ntohs(sin.sin_port));
	while (fgets(line, sizeof(line), f))
		seen += strstr(line, "sealsock_limit:") && strstr(line, want) &&
			strstr(line, "seq=20 goes_on=0");
	fclose(f);
	EXPECT_EQ(seen, 1);
}

TEST_HARNESS_MAIN
