// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Transforms of the crypto API that wait for the next key: as many as the module's parameter says,
 * and what one key did with them shows nowhere under the next.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "guard.h"
#include "peer.h"
#include "suites.h"

#include <stdio.h>

#define PAIRS		20

/* References on AES-GCM: all transforms of it that there are, and some that stay the same. */
static long references(void)
{
	FILE *f = fopen("/proc/crypto", "re");
	char line[256], name[64] = "";
	long sum = 0, n;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "name : %63s", name) == 1)
			continue;
		if (sscanf(line, "refcnt : %ld", &n) == 1 && !strcmp(name, "gcm(aes)"))
			sum += n;
	}
	if (f)
		fclose(f);
	return sum;
}

static const struct suite gcm = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 };

/* Both keys on one end of a connection: two transforms. */
static bool open_keyed(int fd[2], const struct suite *suite, unsigned int generation)
{
	struct keys tx, rx;

	keys_init(&tx, suite, generation);
	keys_init(&rx, suite, generation + 1);
	return !tcp_pair(AF_INET, fd) && !ulp_attach(fd[0]) && !keys_set(fd[0], TLS_TX, &tx) &&
	       !keys_set(fd[0], TLS_RX, &rx);
}

static void close_pair(int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

FIXTURE(spare)
{
	long before;
};

FIXTURE_SETUP(spare)
{
	if (!ulp_is_ours())
		SKIP(return, "not the module under test");
	/* None waits from before. */
	ASSERT_TRUE(spare_ciphers("0"));
	self->before = references();
	ASSERT_GT(self->before, 0);
	ASSERT_TRUE(spare_ciphers("16"));
}

FIXTURE_TEARDOWN(spare)
{
	spare_ciphers("16");
}

TEST_F(spare, bounded)
{
	int fd[PAIRS][2], i;

	for (i = 0; i < PAIRS; i++)
		ASSERT_TRUE(open_keyed(fd[i], &gcm, i));
	EXPECT_EQ(references(), self->before + 2 * PAIRS);
	for (i = 0; i < PAIRS; i++)
		close_pair(fd[i]);
	EXPECT_EQ(references(), self->before + 16);

	/* These are the ones that waited. */
	for (i = 0; i < 8; i++)
		ASSERT_TRUE(open_keyed(fd[i], &gcm, i));
	EXPECT_EQ(references(), self->before + 16);
	for (i = 0; i < 8; i++)
		close_pair(fd[i]);
	EXPECT_EQ(references(), self->before + 16);
}

TEST_F(spare, parameter)
{
	int fd[2][2];

	EXPECT_FALSE(spare_ciphers("17"));
	EXPECT_FALSE(spare_ciphers("-1"));
	ASSERT_TRUE(open_keyed(fd[0], &gcm, 0));
	ASSERT_TRUE(open_keyed(fd[1], &gcm, 1));
	close_pair(fd[0]);
	close_pair(fd[1]);
	EXPECT_EQ(references(), self->before + 4);
	EXPECT_TRUE(spare_ciphers("3"));
	EXPECT_EQ(references(), self->before + 3);
	EXPECT_TRUE(spare_ciphers("0"));
	EXPECT_EQ(references(), self->before);

	ASSERT_TRUE(open_keyed(fd[0], &gcm, 2));
	EXPECT_EQ(references(), self->before + 2);
	close_pair(fd[0]);
	EXPECT_EQ(references(), self->before);
}

/* A key of a direction after the first: the transform of the one before waits. */
TEST_F(spare, rekeyed)
{
	struct keys keys;
	int fd[2], i;

	ASSERT_TRUE(open_keyed(fd, &gcm, 0));
	for (i = 2; i < 5; i++) {
		keys_init(&keys, &gcm, i);
		ASSERT_EQ(keys_set(fd[0], TLS_RX, &keys), 0);
		EXPECT_EQ(references(), self->before + 3);
	}
	close_pair(fd);
	EXPECT_EQ(references(), self->before + 3);
}

FIXTURE(keys)
{
};

FIXTURE_VARIANT(keys)
{
	struct suite suite;
};

ADD_ALL_SUITES(keys);

FIXTURE_SETUP(keys)
{
	int fd[2];

	if (!ulp_is_ours())
		SKIP(return, "not the module under test");
	ASSERT_TRUE(spare_ciphers("16"));
	if (!open_keyed(fd, &variant->suite, 0) && errno == ENOENT)
		SKIP(return, "this kernel has no such cipher");
	close_pair(fd);
}

FIXTURE_TEARDOWN(keys)
{
}

/* Each connection has the transforms of the one before it, and keys of its own. */
TEST_F(keys, apart)
{
	static uint8_t out[RECORD_MAX + 256];
	struct wire tx, rx;
	struct keys keys;
	uint8_t type;
	char buf[8];
	int fd[2], i;

	for (i = 0; i < 6; i++) {
		ASSERT_TRUE(open_keyed(fd, &variant->suite, i));
		keys_init(&keys, &variant->suite, i);
		wire_init(&tx, &keys);
		keys_init(&keys, &variant->suite, i + 1);
		wire_init(&rx, &keys);
		EXPECT_EQ(send(fd[0], "sent", 4, 0), 4);
		EXPECT_EQ(wire_recv(&tx, fd[1], &type, out), 4) {
			TH_LOG("record: %s", tx.why);
		}
		EXPECT_EQ(memcmp(out, "sent", 4), 0);
		EXPECT_EQ(wire_send(&rx, fd[1], TYPE_DATA, "come", 4, 0), 0);
		EXPECT_EQ(recv(fd[0], buf, sizeof(buf), 0), 4);
		EXPECT_EQ(memcmp(buf, "come", 4), 0);
		close_pair(fd);
	}
}

TEST_HARNESS_MAIN
