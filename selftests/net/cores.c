// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * SEALSOCK_TX_CPUS: the records of one large call are sealed by several processors. What comes onto
 * the wire, and what calls return, is what one processor would have done.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include <uapi/sealsock.h>
#include "wired.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>

#define SYSCTL	"/proc/sys/net/sealsock/tx_cpus"

#define LONG	(2 * MIB)	/* more records than there are ever under way */

static uint8_t data[4 * MIB];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

static int set_cpus(int fd, uint16_t value)
{
	return setsockopt(fd, SOL_TLS, SEALSOCK_TX_CPUS, &value, sizeof(value));
}

static int get_cpus(int fd)
{
	uint16_t value = 0xffff;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_TLS, SEALSOCK_TX_CPUS, &value, &len) ? -1 : value;
}

/* A connection with the ULP and, if keys is not NULL, the transmit key. */
static int connect_keyed(int fd[2], const struct keys *keys)
{
	if (tcp_pair(AF_INET, fd))
		return -1;
	return ulp_attach(fd[0]) || (keys && keys_set(fd[0], TLS_TX, keys)) ? -1 : 0;
}

#define EXPECT_REFUSED(call, why) do {							\
	EXPECT_EQ(call, -1);								\
	EXPECT_EQ(errno, why);								\
} while (0)

TEST_F(wired, option)
{
	uint16_t value = 2;
	uint32_t wide = 2;
	socklen_t len = 1;
	int fd[2];

	EXPECT_EQ(get_cpus(self->fd), 0);
	EXPECT_EQ(set_cpus(self->fd, 2), 0);
	EXPECT_EQ(get_cpus(self->fd), 2);
	EXPECT_EQ(set_cpus(self->fd, SEALSOCK_CPUS_MAX), 0);
	EXPECT_REFUSED(set_cpus(self->fd, SEALSOCK_CPUS_MAX + 1), EINVAL);
	EXPECT_REFUSED(setsockopt(self->fd, SOL_TLS, SEALSOCK_TX_CPUS, &wide, sizeof(wide)),
		       EINVAL);
	EXPECT_REFUSED(setsockopt(self->fd, SOL_TLS, SEALSOCK_TX_CPUS, &value, 1), EINVAL);
	EXPECT_REFUSED(setsockopt(self->fd, SOL_TLS, SEALSOCK_TX_CPUS, (void *)8, 2), EFAULT);
	EXPECT_REFUSED(getsockopt(self->fd, SOL_TLS, SEALSOCK_TX_CPUS, &value, &len), EINVAL);
	EXPECT_EQ(get_cpus(self->fd), SEALSOCK_CPUS_MAX);

	/* It belongs to the transmit key. */
	ASSERT_EQ(connect_keyed(fd, NULL), 0);
	EXPECT_REFUSED(set_cpus(fd[0], 2), EINVAL);
	EXPECT_REFUSED(get_cpus(fd[0]), EINVAL);
	close(fd[0]);
	close(fd[1]);
}

static int write_sysctl(const char *text)
{
	int fd = open(SYSCTL, O_WRONLY);
	int ret = fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ? -1 : 0;
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return ret;
}

static int default_cpus(const struct suite *suite)
{
	struct keys keys;
	int fd[2], cpus;

	keys_init(&keys, suite, 0);
	if (connect_keyed(fd, &keys))
		return -2;
	cpus = get_cpus(fd[0]);
	close(fd[0]);
	close(fd[1]);
	return cpus;
}

/* The namespace's value is that of keys installed from then on; other namespaces have their own. */
TEST_F(wired, default_of_the_namespace)
{
	int home, here;

	ASSERT_EQ(default_cpus(&variant->suite), 0);
	ASSERT_EQ(write_sysctl("3"), 0);
	EXPECT_EQ(default_cpus(&variant->suite), 3);
	EXPECT_EQ(get_cpus(self->fd), 0);
	EXPECT_REFUSED(write_sysctl("9"), EINVAL);
	EXPECT_REFUSED(write_sysctl("-1"), EINVAL);
	EXPECT_EQ(default_cpus(&variant->suite), 3);

	home = open("/proc/self/ns/net", O_RDONLY);
	ASSERT_EQ(unshare(CLONE_NEWNET), 0);
	/* /proc/sys/net is of the namespace of who opens it. */
	here = open(SYSCTL, O_RDONLY);
	EXPECT_GE(here, 0);
	if (here >= 0) {
		char text[4] = "";

		EXPECT_EQ(read(here, text, sizeof(text)), 2);
		EXPECT_STREQ(text, "0\n");
		close(here);
	}
	ASSERT_EQ(setns(home, CLONE_NEWNET), 0);
	close(home);
	EXPECT_EQ(default_cpus(&variant->suite), 3);
	ASSERT_EQ(write_sysctl("0"), 0);
	EXPECT_EQ(default_cpus(&variant->suite), 0);
}

/* Others do help where there are others; and nobody is asked where the option is off. */
TEST_F(wired, others_help)
{
	long before = counter("TlsTxCores"), tries;
	bool alone = sysconf(_SC_NPROCESSORS_ONLN) == 1;
	struct drain drain = {};

	ASSERT_GE(before, 0);
	drain_start(&drain, self->peer, &self->tx, MIB);
	ASSERT_EQ(send_full(self->fd, data, MIB, 0), 0);
	ASSERT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(counter("TlsTxCores"), before);

	ASSERT_EQ(set_cpus(self->fd, 2), 0);
	for (tries = 0; tries < 200 && counter("TlsTxCores") == before; tries++) {
		drain_start(&drain, self->peer, &self->tx, MIB);
		ASSERT_EQ(send_full(self->fd, data, MIB, 0), 0);
		ASSERT_TRUE(drain_end(&drain, &self->tx));
		ASSERT_EQ(drain.records, MIB / RECORD_MAX);
	}
	EXPECT_EQ(counter("TlsTxCores") == before, alone);
}

TEST_F(wired, sizes)
{
	static const int around[] = { -1, 0, 1, 777 };
	struct drain drain = {};
	size_t n, len;
	int i;

	ASSERT_EQ(set_cpus(self->fd, SEALSOCK_CPUS_MAX), 0);
	for (n = 1; n <= 24; n += n < 6 ? 1 : 6) {
		for (i = 0; i < ARRAY_SIZE(around); i++) {
			len = n * RECORD_MAX + around[i];
			drain_start(&drain, self->peer, &self->tx, len);
			ASSERT_EQ(send(self->fd, data, len, 0), len);
			ASSERT_TRUE(drain_end(&drain, &self->tx));
			EXPECT_EQ(drain.bytes, len);
			EXPECT_EQ(drain.records, (len + RECORD_MAX - 1) / RECORD_MAX);
		}
	}
	drain_start(&drain, self->peer, &self->tx, LONG);
	ASSERT_EQ(send(self->fd, data, LONG, 0), LONG);
	ASSERT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.records, LONG / RECORD_MAX);
}

/* Memory of the caller in odd pieces. */
TEST_F(wired, writev)
{
	struct drain drain = {};
	struct iovec iov[512];
	size_t at = 0;
	int i;

	ASSERT_EQ(set_cpus(self->fd, 4), 0);
	for (i = 0; i < ARRAY_SIZE(iov); i++) {
		iov[i].iov_base = data + at;
		iov[i].iov_len = i * 37 % 4099;
		at += iov[i].iov_len;
	}
	ASSERT_GT(at, 20 * RECORD_MAX);
	drain_start(&drain, self->peer, &self->tx, at);
	ASSERT_EQ(writev(self->fd, iov, ARRAY_SIZE(iov)), at);
	ASSERT_TRUE(drain_end(&drain, &self->tx));
}

TEST_F(wired, sendfile)
{
	static const off_t starts[] = { 0, 4096, 5, 70001 };
	int file = pattern_file(MIB), i;
	struct drain drain = {};

	ASSERT_GE(file, 0);
	ASSERT_EQ(set_cpus(self->fd, 2), 0);
	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		size_t len = MIB - starts[i];
		off_t at = 0;

		/* Before the file's part, so that the stream is the pattern, a record left open. */
		drain_start(&drain, self->peer, &self->tx, MIB);
		if (starts[i])
			ASSERT_EQ(send(self->fd, data, starts[i], MSG_MORE), starts[i]);
		at = starts[i];
		while (at < MIB)
			ASSERT_GT(sendfile(self->fd, file, &at, MIB - at), 0);
		ASSERT_TRUE(drain_end(&drain, &self->tx));
		EXPECT_EQ(drain.bytes - starts[i], len);
	}
	close(file);
}

TEST_F(wired, splice)
{
	int file = pattern_file(MIB), p[2];
	struct drain drain = {};
	off_t at = 0;

	ASSERT_EQ(pipe(p), 0);
	ASSERT_EQ(set_cpus(self->fd, 2), 0);
	drain_start(&drain, self->peer, &self->tx, MIB);
	while (at < MIB) {
		ssize_t n = splice(file, &at, p[1], NULL, MIB - at, 0);

		ASSERT_GT(n, 0);
		while (n > 0) {
			ssize_t w = splice(p[0], NULL, self->fd, NULL, n, SPLICE_F_MORE);

			ASSERT_GT(w, 0);
			n -= w;
		}
	}
	/* What SPLICE_F_MORE promised. */
	ASSERT_EQ(shutdown(self->fd, SHUT_WR), 0);
	ASSERT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, MIB);
	close(p[0]);
	close(p[1]);
	close(file);
}

/* Calls of any size, with and without MSG_MORE, and records of other types between them. */
TEST_F(wired, mixture)
{
	struct drain drain = {};
	unsigned int seed = 1;
	size_t at, controls = 0;

	ASSERT_EQ(set_cpus(self->fd, 3), 0);
	drain_start(&drain, self->peer, &self->tx, LONG);
	for (at = 0; at < LONG;) {
		size_t n = rand_r(&seed) % (rand_r(&seed) % 3 ? 300000 : 20000) + 1;
		int flags = rand_r(&seed) % 3 ? 0 : MSG_MORE;

		if (n >= LONG - at) {
			n = LONG - at;
			flags = 0;
		}
		ASSERT_EQ(send(self->fd, data + at, n, flags), n);
		at += n;
		if (rand_r(&seed) % 4 == 0 && at < LONG) {
			ASSERT_EQ(send_type(self->fd, TYPE_ALERT, "al", 2, 0), 2);
			controls++;
		}
	}
	ASSERT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, LONG);
	EXPECT_EQ(drain.controls, controls);
	EXPECT_GT(controls, 0);
}

TEST_F(wired, key_update)
{
	static const uint8_t update[] = { 24, 0, 0, 1, 0 };
	uint8_t got[RECORD_MAX + 256], type;
	struct drain drain = {};
	struct keys keys;
	int i;

	if (!self->v13)
		return;
	ASSERT_EQ(set_cpus(self->fd, 2), 0);
	for (i = 2; i < 6; i++) {
		drain_start(&drain, self->peer, &self->tx, 500000);
		ASSERT_EQ(send(self->fd, data, 500000, 0), 500000);
		ASSERT_EQ(send_type(self->fd, TYPE_HANDSHAKE, update, 5, 0), 5);
		keys_init(&keys, &variant->suite, i);
		ASSERT_EQ(keys_set(self->fd, TLS_TX, &keys), 0);
		ASSERT_TRUE(drain_end(&drain, &self->tx));
		ASSERT_EQ(wire_recv(&self->tx, self->peer, &type, got), 5);
		ASSERT_EQ(type, TYPE_HANDSHAKE);
		wire_init(&self->tx, &keys);
	}
	EXPECT_EQ(get_cpus(self->fd), 2);
}

TEST_F(wired, padding)
{
	uint16_t padding = 4096;
	struct drain drain = {};

	if (!self->v13)
		return;
	ASSERT_EQ(set_cpus(self->fd, 2), 0);
	ASSERT_EQ(setsockopt(self->fd, SOL_TLS, SEALSOCK_TX_PADDING, &padding, 2), 0);
	drain_start(&drain, self->peer, &self->tx, 300001);
	ASSERT_EQ(send(self->fd, data, 300001, 0), 300001);
	ASSERT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.records, 300001 / RECORD_MAX + 1);
	EXPECT_EQ(drain.wire.pad, 4096 - 300001 % RECORD_MAX % 4096);
}

TEST_F(wired, smaller_records)
{
	static const uint16_t most[] = { 16383, 10000, 8192, 8191, 1000 };
	struct drain drain = {};
	int i;

	ASSERT_EQ(set_cpus(self->fd, 2), 0);
	for (i = 0; i < ARRAY_SIZE(most); i++) {
		ASSERT_EQ(setsockopt(self->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &most[i], 2), 0);
		drain_start(&drain, self->peer, &self->tx, 200000);
		ASSERT_EQ(send(self->fd, data, 200000, 0), 200000);
		ASSERT_TRUE(drain_end(&drain, &self->tx));
		EXPECT_EQ(drain.largest, most[i]);
		EXPECT_EQ(drain.records, (200000 + most[i] - 1) / most[i]);
	}
}

/* Whatever room there is in the send buffer, it is not overdrawn, and what did not go is told. */
TEST_F(wired, nonblocking)
{
	static const int sndbuf[] = { 4096, 65536, 300000, 2000000 };
	struct drain drain = { .delay_us = 500 };
	size_t at, least;
	int i, partial = 0;

	ASSERT_EQ(set_cpus(self->fd, 4), 0);
	for (i = 0; i < ARRAY_SIZE(sndbuf); i++) {
		ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, sndbuf[i]), 0);
		drain_start(&drain, self->peer, &self->tx, MIB);
		for (at = 0; at < MIB;) {
			ssize_t n = send(self->fd, data + at, MIB - at, MSG_DONTWAIT);

			if (n < 0) {
				ASSERT_EQ(errno, EAGAIN);
				ASSERT_EQ(poll_for(self->fd, POLLOUT, PATIENCE), POLLOUT);
				continue;
			}
			least = at + n < MIB ? RECORD_MAX : 1;
			ASSERT_GE(n, least);
			partial += at + n < MIB;
			at += n;
		}
		ASSERT_TRUE(drain_end(&drain, &self->tx));
	}
	EXPECT_GT(partial, 0);
}

/* The bytes that fit before a send buffer is full are, to a record, those that fit with one. */
TEST_F(wired, room)
{
	ssize_t sent[2];
	struct keys keys;
	int fd[2], i;

	keys_init(&keys, &variant->suite, 0);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(connect_keyed(fd, &keys), 0);
		ASSERT_EQ(set_cpus(fd[0], i ? 4 : 1), 0);
		ASSERT_EQ(set_int(fd[1], SOL_SOCKET, SO_RCVBUF, 100000), 0);
		ASSERT_EQ(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 150000), 0);
		sent[i] = send(fd[0], data, sizeof(data), MSG_DONTWAIT);
		close(fd[0]);
		close(fd[1]);
	}
	EXPECT_GT(sent[0], 0);
	EXPECT_EQ(sent[0] % RECORD_MAX, 0);
	EXPECT_LT(sent[0], sizeof(data));
	EXPECT_LE(sent[1], sent[0] + RECORD_MAX);
	EXPECT_GE(sent[1] + RECORD_MAX, sent[0]);
}

TEST_F(wired, notsent_lowat)
{
	struct drain drain = { .delay_us = 200 };

	ASSERT_EQ(set_cpus(self->fd, 2), 0);
	ASSERT_EQ(set_int(self->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1), 0);
	drain_start(&drain, self->peer, &self->tx, MIB);
	ASSERT_EQ(send_full(self->fd, data, MIB, 0), 0);
	ASSERT_TRUE(drain_end(&drain, &self->tx));
}

/* A hole in the caller's memory: what lies before its record goes out, and nothing else. */
TEST_F(wired, fault)
{
	size_t hole = 6 * RECORD_MAX + 8192, len = 16 * RECORD_MAX;
	struct drain drain = {};
	uint8_t *map;
	int cpus;

	for (cpus = 1; cpus <= 4; cpus += 3) {
		ASSERT_EQ(set_cpus(self->fd, cpus), 0);
		map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_NE(map, MAP_FAILED);
		pattern(map, 0, len);
		ASSERT_EQ(munmap(map + hole, 4096), 0);
		drain_start(&drain, self->peer, &self->tx, len);
		ASSERT_EQ(send(self->fd, map, len, 0), 6 * RECORD_MAX);
		EXPECT_REFUSED(send(self->fd, map + hole, 5 * RECORD_MAX, 0), EFAULT);
		ASSERT_EQ(send(self->fd, data + 6 * RECORD_MAX, len - 6 * RECORD_MAX, 0),
			  len - 6 * RECORD_MAX);
		ASSERT_TRUE(drain_end(&drain, &self->tx));
		munmap(map, hole);
		munmap(map + hole + 4096, len - hole - 4096);
	}
}

/* The last sequence number is given up, however many records a call has. */
TEST_F(wired, end_of_the_numbers)
{
	struct drain drain = {};
	struct keys keys;
	struct wire wire;
	int fd[2], cpus;

	for (cpus = 1; cpus <= 2; cpus++) {
		keys_init(&keys, &variant->suite, 0);
		memset(keys_parts(&keys).seq, 0xff, 8);
		keys_parts(&keys).seq[7] = 0xff - 9;
		ASSERT_EQ(connect_keyed(fd, &keys), 0);
		wire_init(&wire, &keys);
		ASSERT_EQ(set_cpus(fd[0], cpus), 0);
		drain_start(&drain, fd[1], &wire, 0);
		EXPECT_EQ(send(fd[0], data, 20 * RECORD_MAX, 0), 9 * RECORD_MAX);
		EXPECT_REFUSED(send(fd[0], data, 1, 0), EBADMSG);
		ASSERT_EQ(shutdown(fd[0], SHUT_WR), 0);
		ASSERT_TRUE(drain_end(&drain, &wire));
		EXPECT_EQ(drain.bytes, 9 * RECORD_MAX);
		close(fd[0]);
		close(fd[1]);
	}
}

static void *reset_later(void *arg)
{
	struct linger linger = { .l_onoff = 1 };
	int fd = *(int *)arg;
	char buf[65536];
	int i;

	for (i = 0; i < 40; i++)
		if (recv(fd, buf, sizeof(buf), 0) <= 0)
			break;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
	return NULL;
}

TEST_F(wired, reset_by_the_peer)
{
	pthread_t thread;
	int i = 0;

	ASSERT_EQ(set_cpus(self->fd, 4), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, reset_later, &self->peer), 0);
	while (send(self->fd, data, sizeof(data), MSG_NOSIGNAL) > 0)
		ASSERT_LT(i++, 100);
	EXPECT_TRUE(errno == ECONNRESET || errno == EPIPE);
	pthread_join(thread, NULL);
	self->peer = -1;
}

static void on_alarm(int sig)
{
}

/* A signal ends the wait for room between two records. */
TEST_F(wired, signal)
{
	struct itimerval soon = { .it_value.tv_usec = 200000, .it_interval.tv_usec = 200000 };
	struct itimerval never = {};
	struct sigaction act = { .sa_handler = on_alarm };
	struct drain drain = {};
	ssize_t n;

	ASSERT_EQ(set_cpus(self->fd, 2), 0);
	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, 400000), 0);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	n = send(self->fd, data, sizeof(data), 0);
	if (n == sizeof(data))
		n = send(self->fd, data, sizeof(data), 0);
	setitimer(ITIMER_REAL, &never, NULL);
	ASSERT_GT(n, 0);
	ASSERT_LT(n, sizeof(data));
	EXPECT_EQ(n % RECORD_MAX, 0);
	drain_start(&drain, self->peer, &self->tx, sizeof(data));
	ASSERT_EQ(send_full(self->fd, data + n, sizeof(data) - n, 0), 0);
	ASSERT_TRUE(drain_end(&drain, &self->tx));
}

struct writer {
	pthread_t thread;
	int fd;
	uint8_t byte;
	bool ok;
};

enum { WRITER_CALLS = 4, WRITER_LEN = 20 * RECORD_MAX + 100 };

static void *write_bytes(void *arg)
{
	struct writer *w = arg;
	uint8_t *buf = malloc(WRITER_LEN);
	int i;

	memset(buf, w->byte, WRITER_LEN);
	w->ok = true;
	for (i = 0; i < WRITER_CALLS; i++)
		w->ok &= !send_full(w->fd, buf, WRITER_LEN, 0);
	free(buf);
	return NULL;
}

/* Two writers wait for room in turn: records of both come, none with bytes of both. */
TEST_F(wired, two_writers)
{
	struct writer w[2] = { { .fd = self->fd, .byte = 'a' }, { .fd = self->fd, .byte = 'b' } };
	uint8_t got[RECORD_MAX + 256], type;
	size_t bytes[2] = {};
	ssize_t n, i;

	ASSERT_EQ(set_cpus(self->fd, 2), 0);
	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, 200000), 0);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(pthread_create(&w[i].thread, NULL, write_bytes, &w[i]), 0);
	while (bytes[0] + bytes[1] < 2ul * WRITER_CALLS * WRITER_LEN) {
		n = wire_recv(&self->tx, self->peer, &type, got);
		ASSERT_GT(n, 0) {
			TH_LOG("%s", self->tx.why);
		}
		for (i = 1; i < n; i++)
			ASSERT_EQ(got[i], got[0]);
		bytes[got[0] == 'b'] += n;
	}
	for (i = 0; i < 2; i++) {
		pthread_join(w[i].thread, NULL);
		EXPECT_TRUE(w[i].ok);
		EXPECT_EQ(bytes[i], WRITER_CALLS * WRITER_LEN);
	}
}

TEST_HARNESS_MAIN
