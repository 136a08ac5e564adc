// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What can be seen of a socket: SEALSOCK_INFO, what ss(8) reads, tracepoints, counters. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "guard.h"
#include "suites.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>

/* kmod/uapi/sealsock.h, said again: what programs were compiled with must go on to work. */
#define SEALSOCK_INFO	0x5301

struct dir_info {
	uint16_t version, cipher_type, state, generation;
	uint64_t sequence, records, bytes;
};

struct sock_info {
	struct dir_info tx, rx;
};

#define TRACING		"/sys/kernel/tracing"

FIXTURE(seen)
{
	int fd[2];
	struct keys keys;
};

FIXTURE_VARIANT(seen)
{
	struct suite suite;
};

ADD_SUITES(seen);

FIXTURE_SETUP(seen)
{
	int i;

	if (!ulp_is_ours())
		SKIP(return, "the kernel's own module has none of this");
	keys_init(&self->keys, &variant->suite, 0);
	ASSERT_EQ(tcp_pair(AF_INET, self->fd), 0);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(ulp_attach(self->fd[i]), 0);
	ASSERT_EQ(keys_set(self->fd[0], TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(self->fd[1], TLS_RX, &self->keys), 0);
}

FIXTURE_TEARDOWN(seen)
{
	close(self->fd[0]);
	close(self->fd[1]);
}

static int info(int fd, struct sock_info *out)
{
	socklen_t len = sizeof(*out);

	memset(out, 0xff, sizeof(*out));
	return getsockopt(fd, SOL_TLS, SEALSOCK_INFO, out, &len) ? -1 : (int)len;
}

TEST_F(seen, info_counts_records)
{
	static uint8_t data[40000], got[40000];
	struct key_parts parts = keys_parts(&self->keys);
	struct sock_info tx, rx;
	uint64_t first = 0;
	size_t i;

	for (i = 0; i < parts.seq_len; i++)
		first = first << 8 | parts.seq[i];
	ASSERT_EQ(send_full(self->fd[0], data, sizeof(data), 0), 0);
	ASSERT_EQ(recv_full(self->fd[1], got, sizeof(got)), (ssize_t)sizeof(got));

	ASSERT_EQ(info(self->fd[0], &tx), (int)sizeof(tx));
	ASSERT_EQ(info(self->fd[1], &rx), (int)sizeof(rx));
	EXPECT_EQ(tx.tx.version, variant->suite.version);
	EXPECT_EQ(tx.tx.cipher_type, variant->suite.cipher);
	EXPECT_EQ(tx.tx.state, 1);
	EXPECT_EQ(tx.tx.generation, 1);
	EXPECT_EQ(tx.tx.records, 3);
	EXPECT_EQ(tx.tx.bytes, sizeof(data));
	EXPECT_EQ(tx.tx.sequence, first + 3);
	EXPECT_EQ(rx.rx.records, 3);
	EXPECT_EQ(rx.rx.bytes, sizeof(data));
	EXPECT_EQ(rx.rx.sequence, first + 3);
	/* The direction without a key: nothing at all. */
	EXPECT_EQ(tx.rx.version, 0);
	EXPECT_EQ(tx.rx.state, 0);
	EXPECT_EQ(rx.tx.generation, 0);
}

TEST_F(seen, info_is_cut_to_the_room)
{
	struct sock_info out;
	socklen_t len = sizeof(out.tx.version);

	memset(&out, 0xff, sizeof(out));
	ASSERT_EQ(getsockopt(self->fd[0], SOL_TLS, SEALSOCK_INFO, &out, &len), 0);
	EXPECT_EQ(len, sizeof(out.tx.version));
	EXPECT_EQ(out.tx.version, variant->suite.version);
	EXPECT_EQ(out.tx.cipher_type, 0xffff);
	len = 0;
	EXPECT_EQ(getsockopt(self->fd[0], SOL_TLS, SEALSOCK_INFO, &out, &len), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(setsockopt(self->fd[0], SOL_TLS, SEALSOCK_INFO, &out, sizeof(out)), -1);
	EXPECT_EQ(errno, ENOPROTOOPT);
}

TEST_F(seen, ss_shows_the_ulp)
{
	const char *version = variant->suite.version == TLS_1_3_VERSION ? "1.3" : "1.2";
	char command[64], line[2048], want[64], ulp[64];
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	bool seen = false;
	FILE *ss;

	ASSERT_EQ(getsockname(self->fd[0], (struct sockaddr *)&sin, &len), 0);
	snprintf(command, sizeof(command), "ss -tinH sport = :%u", ntohs(sin.sin_port));
	snprintf(want, sizeof(want), "version: %s", version);
	snprintf(ulp, sizeof(ulp), "tcp-ulp-%s ", ulp_name());
	ss = popen(command, "r");
	ASSERT_NE(ss, NULL);
	while (fgets(line, sizeof(line), ss))
		seen |= strstr(line, ulp) && strstr(line, want) &&
			strstr(line, "txconf: sw") && strstr(line, "rxconf: none");
	EXPECT_EQ(pclose(ss), 0);
	EXPECT_TRUE(seen);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Lines of the trace that are of this event and name this port. */
static int traced(const char *event, unsigned int port)
{
	char line[512], want[32];
	FILE *f = fopen(TRACING "/trace", "r");
	int n = 0;

	if (!f)
		return -1;
	snprintf(want, sizeof(want), "sport=%u ", port);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, event) && strstr(line, want);
	fclose(f);
	return n;
}

TEST_F(seen, tracepoints)
{
	uint8_t wrong[64] = { 23, 3, 3, 0, 59 };
	unsigned int port[2];
	struct sockaddr_in sin;
	socklen_t len;
	char buf[16];
	int fd[2], i;

	if (access(TRACING "/events", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (access(TRACING "/events/net", F_OK))
		SKIP(return, "this kernel has no tracepoints");
	ASSERT_EQ(write_file(TRACING "/events/sealsock/enable", "1"), 0);

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	for (i = 0; i < 2; i++) {
		len = sizeof(sin);
		ASSERT_EQ(getsockname(fd[i], (struct sockaddr *)&sin, &len), 0);
		port[i] = ntohs(sin.sin_port);
		ASSERT_EQ(ulp_attach(fd[i]), 0);
	}
	ASSERT_EQ(keys_set(fd[0], TLS_TX, &self->keys), 0);
	ASSERT_EQ(keys_set(fd[1], TLS_RX, &self->keys), 0);
	ASSERT_EQ(send(fd[0], "seen", 4, 0), 4);
	ASSERT_EQ(recv(fd[1], buf, sizeof(buf), 0), 4);
	/* The other direction has a key at its end only: garbage for a record. */
	ASSERT_EQ(keys_set(fd[0], TLS_RX, &self->keys), 0);
	ASSERT_EQ(send(fd[1], wrong, sizeof(wrong), 0), (ssize_t)sizeof(wrong));
	EXPECT_EQ(recv(fd[0], buf, sizeof(buf), 0), -1);
	EXPECT_EQ(errno, EBADMSG);
	close(fd[0]);
	close(fd[1]);
	EXPECT_EQ(write_file(TRACING "/events/sealsock/enable", "0"), 0);

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(traced("sealsock_attach:", port[i]), 1);
		EXPECT_EQ(traced("sealsock_close:", port[i]), 1);
	}
	EXPECT_EQ(traced("sealsock_key_install:", port[0]), 2);
	EXPECT_EQ(traced("sealsock_key_install:", port[1]), 1);
	EXPECT_EQ(traced("sealsock_seal:", port[0]), 1);
	EXPECT_EQ(traced("sealsock_open:", port[1]), 1);
	EXPECT_EQ(traced("sealsock_fail:", port[0]), 1);
	EXPECT_EQ(traced("sealsock_fail:", port[1]), 0);
}

TEST_F(seen, counters_return)
{
	long attached = counter("TlsCurrAttached"), tx = counter("TlsCurrTxSw");
	long rx = counter("TlsCurrRxSw");
	int fd[2], i;

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(ulp_attach(fd[i]), 0);
		ASSERT_EQ(keys_set(fd[i], TLS_TX, &self->keys), 0);
		ASSERT_EQ(keys_set(fd[i], TLS_RX, &self->keys), 0);
	}
	EXPECT_EQ(counter("TlsCurrAttached"), attached + 2);
	EXPECT_EQ(counter("TlsCurrTxSw"), tx + 2);
	EXPECT_EQ(counter("TlsCurrRxSw"), rx + 2);
	close(fd[0]);
	close(fd[1]);
	EXPECT_EQ(counter("TlsCurrAttached"), attached);
	EXPECT_EQ(counter("TlsCurrTxSw"), tx);
	EXPECT_EQ(counter("TlsCurrRxSw"), rx);
}

TEST_HARNESS_MAIN
