/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * First test of every program: over plain TCP most others would pass as well, so a ULP that is
 * not there, or that does not seal, fails here and in every fixture; it never skips.
 */
#ifndef SELFTESTS_NET_GUARD_H
#define SELFTESTS_NET_GUARD_H

#include "sock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Emulated processors are slow, and share the host's. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 120

TEST(guard)
{
	/* In-tree counts keys installed; the module under test counts records as well. */
	const char *names[] = { ulp_is_ours() ? "TlsTxRecords" : "TlsTxSw",
				ulp_is_ours() ? "TlsRxRecords" : "TlsRxSw" };
	struct suite suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 };
	char buf[16] = "", name[16] = "";
	socklen_t len = sizeof(name);
	struct keys keys;
	long before[2];
	int fd[2], i;

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0) {
		TH_LOG("ULP %s: %s: is the module loaded?", ulp_name(), strerror(errno));
	}
	ASSERT_EQ(ulp_attach(fd[1]), 0);
	ASSERT_EQ(getsockopt(fd[0], IPPROTO_TCP, TCP_ULP, name, &len), 0);
	EXPECT_STREQ(name, ulp_name());
	for (i = 0; i < 2; i++) {
		before[i] = counter(names[i]);
		ASSERT_GE(before[i], 0) {
			TH_LOG("no counter %s", names[i]);
		}
	}
	keys_init(&keys, &suite, 0);
	ASSERT_EQ(keys_set(fd[0], TLS_TX, &keys), 0);
	ASSERT_EQ(keys_set(fd[1], TLS_RX, &keys), 0);
	ASSERT_EQ(send(fd[0], "guard", 5, 0), 5);
	ASSERT_EQ(recv(fd[1], buf, sizeof(buf), 0), 5);
	EXPECT_STREQ(buf, "guard");
	for (i = 0; i < 2; i++) {
		EXPECT_GT(counter(names[i]), before[i]) {
			TH_LOG("counter %s did not move", names[i]);
		}
	}
	close(fd[0]);
	close(fd[1]);
}

#endif
