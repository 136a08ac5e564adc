// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What sockets may keep: SO_SNDBUF, SO_RCVBUF, tcp_mem and the control group's accounting hold for
 * sealed and opened records too; and a long call lets others run.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "guard.h"
#include "peer.h"

#include <fcntl.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO	55
#endif

#define RECORD	4000	/* bytes of data in each record that is received */

static const struct suite suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 };

/* The debug kernel takes its time. */
static bool slow(void)
{
	const char *kernel = getenv("SEALSOCK_KERNEL");

	return kernel && !strcmp(kernel, "debug");
}

struct conn {
	int fd, peer;
	size_t bytes;	/* that the test has put in, at either end */
};

/* Plain; size, if not 0, is asked for as buffer of either kind, at either end. */
static int conn_plain(struct conn *c, int size)
{
	int fd[2], i;

	if (tcp_pair(AF_INET, fd))
		return -1;
	*c = (struct conn){ .fd = fd[0], .peer = fd[1] };
	for (i = 0; i < 2 && size; i++)
		if (set_int(fd[i], SOL_SOCKET, SO_RCVBUF, size) ||
		    set_int(fd[i], SOL_SOCKET, SO_SNDBUF, size))
			return -1;
	return 0;
}

/* fd has both keys. */
static int conn_open(struct conn *c, int size, struct wire *tx)
{
	static const int both[] = { TLS_TX, TLS_RX };
	struct keys keys;
	int i;

	if (conn_plain(c, size) || ulp_attach(c->fd))
		return -1;
	keys_init(&keys, &suite, 0);
	if (tx)
		wire_init(tx, &keys);
	for (i = 0; i < 2; i++)
		if (keys_set(c->fd, both[i], &keys))
			return -1;
	return 0;
}

static void conn_close(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	if (c->peer >= 0)
		close(c->peer);
	c->fd = -1;
	c->peer = -1;
}

/* One of SK_MEMINFO_*. */
static unsigned int meminfo(int fd, int which)
{
	unsigned int info[SK_MEMINFO_VARS] = {};
	socklen_t len = sizeof(info);

	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) ? 0 : info[which];
}

/* The number behind a word of a file; -1 if it is not there. */
static long number_in(const char *path, const char *line, const char *word)
{
	FILE *f = fopen(path, "r");
	char text[400], *at;
	long value = -1;

	if (!f)
		return -1;
	while (value < 0 && fgets(text, sizeof(text), f)) {
		if (strncmp(text, line, strlen(line)))
			continue;
		at = strstr(text + strlen(line), word);
		if (at)
			value = atol(at + strlen(word));
	}
	fclose(f);
	return value;
}

/* Bytes that TCP has reserved; each processor may keep a MiB of it back from this number. */
#define INEXACT	(3L * MIB)

static long tcp_memory(void)
{
	return number_in("/proc/net/sockstat", "TCP:", " mem ") * sysconf(_SC_PAGESIZE);
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Bytes of the kernel's objects without a cache of their own, as ours are. */
static long slab_memory(void)
{
	FILE *f = fopen("/proc/slabinfo", "r");
	long objects, size, sum = 0;
	char line[400];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "kmalloc-%*s %ld %*d %ld", &objects, &size) == 2)
			sum += objects * size;
	if (f)
		fclose(f);
	return sum;
}

FIXTURE(many)
{
	struct conn *conn;
	int count;
	long before, available;
	uint8_t *sealed, *data;
	size_t sealed_len;
	char tcp_mem[100];
};

/* More sockets than anybody looks after, with small buffers. */
FIXTURE_SETUP(many)
{
	struct rlimit limit = { 4096, 4096 };
	struct keys keys;
	struct wire wire;
	int fd, i;

	self->count = slow() ? 200 : 1000;
	self->conn = calloc(self->count, sizeof(*self->conn));
	self->data = pattern_alloc(MIB);
	keys_init(&keys, &suite, 0);
	wire_init(&wire, &keys);
	self->sealed_len = seal_pattern(&wire, 64 * RECORD, RECORD, 0, &self->sealed);
	fd = open("/proc/sys/net/ipv4/tcp_mem", O_RDONLY);
	ASSERT_GT(read(fd, self->tcp_mem, sizeof(self->tcp_mem) - 1), 0);
	close(fd);
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	self->before = tcp_memory();
	self->available = number_in("/proc/meminfo", "MemAvailable:", " ");
	for (i = 0; i < self->count; i++)
		ASSERT_EQ(conn_open(&self->conn[i], 8192, NULL), 0) {
			TH_LOG("connection %d: %s", i, strerror(errno));
		}
}

FIXTURE_TEARDOWN(many)
{
	int i;

	EXPECT_TRUE(write_text("/proc/sys/net/ipv4/tcp_mem", self->tcp_mem));
	for (i = 0; i < self->count; i++)
		conn_close(&self->conn[i]);
	for (i = 0; i < 100 && tcp_memory() > self->before + INEXACT; i++)
		usleep(100000);
	EXPECT_LE(tcp_memory(), self->before + INEXACT);
}

/* What TCP has reserved for this test is at least and at most that much for each socket. */
#define EXPECT_RESERVED(least, most) do {						\
	long reserved = tcp_memory() - self->before;					\
											\
	EXPECT_GE(reserved, (long)self->count * (least) - INEXACT);			\
	EXPECT_LE(reserved, (long)self->count * (most) + INEXACT);			\
} while (0)

/* Nobody reads what the peers send; then each reader opens one record, and peeks for more. */
TEST_F(many, readers)
{
	static uint8_t got[MIB];
	ssize_t n;
	int i;

	for (i = 0; i < self->count; i++) {
		struct conn *c = &self->conn[i];

		while ((n = send(c->peer, self->sealed + c->bytes, self->sealed_len - c->bytes,
				 MSG_DONTWAIT)) > 0)
			c->bytes += n;
		ASSERT_LT(c->bytes, self->sealed_len);
	}
	EXPECT_RESERVED(8192, 100000);
	for (i = 0; i < self->count; i++) {
		struct conn *c = &self->conn[i];

		ASSERT_GT(poll_for(c->fd, POLLIN, PATIENCE), 0);
		ASSERT_EQ(recv(c->fd, got, 1, 0), 1);
		n = recv(c->fd, got, sizeof(got), MSG_PEEK | MSG_DONTWAIT);
		ASSERT_GT(n, 0);
		ASSERT_EQ(pattern_check(got, 1, n), -1);
		/* Opened records count as received ones: at most one is too many. */
		ASSERT_LE(meminfo(c->fd, SK_MEMINFO_RMEM_ALLOC),
			  2 * meminfo(c->fd, SK_MEMINFO_RCVBUF) + 2 * RECORD);
	}
	EXPECT_RESERVED(8192, 120000);
	EXPECT_LE(self->available - number_in("/proc/meminfo", "MemAvailable:", " "),
		  self->count * 200L);
	for (i = 0; i < self->count; i++) {
		n = recv(self->conn[i].fd, got, sizeof(got), MSG_DONTWAIT);
		ASSERT_GT(n, 0);
		ASSERT_EQ(pattern_check(got, 1, n), -1);
	}
}

/* Nobody reads what is sent; a record is left open besides. */
TEST_F(many, writers)
{
	ssize_t n;
	int i;

	for (i = 0; i < self->count; i++) {
		struct conn *c = &self->conn[i];

		ASSERT_EQ(send(c->fd, self->data, 100, MSG_MORE), 100);
		if (i % 2)
			continue;
		while ((n = send(c->fd, self->data, 3000, MSG_DONTWAIT)) > 0) {
			c->bytes += n;
			ASSERT_LT(c->bytes, 300000);
		}
		ASSERT_LE(meminfo(c->fd, SK_MEMINFO_WMEM_QUEUED),
			  meminfo(c->fd, SK_MEMINFO_SNDBUF) + 2 * 4096);
	}
	EXPECT_RESERVED(8192, 100000);
	EXPECT_LE(self->available - number_in("/proc/meminfo", "MemAvailable:", " "),
		  self->count * 200L);
}

/* What sealing and opening need is given back: it could be 4 KiB for each socket. */
TEST_F(many, idle)
{
	struct keys keys;
	struct wire wire;
	uint8_t *record;
	size_t len;
	long before;
	int i;

	keys_init(&keys, &suite, 0);
	wire_init(&wire, &keys);
	len = seal_pattern(&wire, 100, 100, 0, &record);
	before = slab_memory();
	ASSERT_GT(before, 0);
	for (i = 0; i < self->count; i++) {
		struct conn *c = &self->conn[i];
		uint8_t got[200];

		ASSERT_EQ(send(c->fd, self->data, 50, MSG_MORE), 50);
		ASSERT_EQ(send(c->fd, self->data, 50, 0), 50);
		ASSERT_EQ(recv_full(c->peer, got, len), len);
		ASSERT_EQ(send(c->peer, record, len, 0), len);
		ASSERT_EQ(recv_full(c->fd, got, 100), 100);
	}
	EXPECT_LE(slab_memory() - before, self->count * 400L);
	free(record);
}

/* Both ends of each connection send what they can. */
static long fill_all(struct conn *conn, int count, const uint8_t *sealed, size_t len,
		     const uint8_t *data)
{
	int i;

	for (i = 0; i < count; i++) {
		send(conn[i].peer, sealed, len, MSG_DONTWAIT);
		send(conn[i].fd, data, 20000, MSG_DONTWAIT);
	}
	return tcp_memory();
}

/*
 * With next to no memory for TCP a socket uses no more than plain TCP, but for one record, which is
 * never cut; and all still comes through.
 */
TEST_F(many, little_tcp_memory)
{
	struct conn *plain = calloc(self->count, sizeof(*plain));
	static uint8_t got[MIB];
	long used[2];
	ssize_t n;
	int i;

	ASSERT_TRUE(write_text("/proc/sys/net/ipv4/tcp_mem", "1500 2200 3000"));
	for (i = 0; i < self->count; i++)
		ASSERT_EQ(conn_plain(&plain[i], 8192), 0);
	used[0] = fill_all(plain, self->count, self->sealed, self->sealed_len, self->data);
	for (i = 0; i < self->count; i++)
		conn_close(&plain[i]);
	for (i = 0; i < 100 && tcp_memory() > self->before + INEXACT; i++)
		usleep(100000);
	used[1] = fill_all(self->conn, self->count, self->sealed, self->sealed_len, self->data);
	EXPECT_LE(used[1], used[0] + self->count * (RECORD_MAX + 4096L) + INEXACT) {
		TH_LOG("plain %ld, sealed %ld", used[0], used[1]);
	}

	for (i = 0; i < self->count / 10; i++) {
		n = recv(self->conn[i].fd, got, 2 * RECORD, MSG_WAITALL);
		ASSERT_GT(n, 0) {
			TH_LOG("connection %d: %s", i, strerror(errno));
		}
		ASSERT_EQ(pattern_check(got, 0, n), -1);
	}
	free(plain);
}

FIXTURE(one)
{
	struct conn c;
	struct wire tx, rx;
	uint8_t *data;
};

FIXTURE_SETUP(one)
{
	ASSERT_EQ(conn_open(&self->c, 0, &self->tx), 0);
	self->rx = self->tx;
	self->data = pattern_alloc(32 * MIB);
}

FIXTURE_TEARDOWN(one)
{
	conn_close(&self->c);
}

/* The send buffer's size is looked at before each record, whoever brings the data. */
TEST_F(one, send_buffer)
{
	int file = pattern_file(MIB), i;
	struct drain drain = {};
	size_t total = 0;
	ssize_t n;

	ASSERT_EQ(set_int(self->c.fd, SOL_SOCKET, SO_SNDBUF, 50000), 0);
	ASSERT_EQ(set_int(self->c.peer, SOL_SOCKET, SO_RCVBUF, 8192), 0);
	ASSERT_EQ(fcntl(self->c.fd, F_SETFL, O_NONBLOCK), 0);
	for (i = 0; i < 3; i++) {
		off_t at = total;

		for (;;) {
			if (i == 0)
				n = send(self->c.fd, self->data + total, MIB - total, 0);
			else if (i == 1)
				n = sendfile(self->c.fd, file, &at, MIB - total);
			else
				n = send(self->c.fd, self->data + total, 1, 0);
			if (n <= 0)
				break;
			total += n;
		}
		EXPECT_EQ(errno, EAGAIN);
		EXPECT_LT(total, 400000);
		EXPECT_LE(meminfo(self->c.fd, SK_MEMINFO_WMEM_QUEUED),
			  meminfo(self->c.fd, SK_MEMINFO_SNDBUF) + 3 * RECORD_MAX);
	}
	ASSERT_EQ(fcntl(self->c.fd, F_SETFL, 0), 0);
	drain_start(&drain, self->c.peer, &self->tx, MIB);
	EXPECT_EQ(send_full(self->c.fd, self->data + total, MIB - total, 0), 0);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	close(file);
}

#define GROUP "/sys/fs/cgroup/sealsock-test"

static long group_sock(void)
{
	return number_in(GROUP "/memory.stat", "sock ", "");
}

/* Waits until the group's socket memory is in the range; statistics come late. */
static bool group_sock_is(long least, long most)
{
	long now = -1;
	int i;

	for (i = 0; i < 100; i++) {
		now = group_sock();
		if (now >= least && now <= most)
			return true;
		usleep(100000);
	}
	printf("# socket memory of the group: %ld\n", now);
	return false;
}

/* What is sent and not read, and what is opened and not read, is on the group's bill. */
TEST_F(one, control_group)
{
	static uint8_t got[MIB];
	uint8_t *sealed;
	size_t n = seal_pattern(&self->rx, 300000, RECORD_MAX, 0, &sealed);
	struct conn c;
	char pid[20];

	write_text("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	ASSERT_TRUE(!mkdir(GROUP, 0755) || errno == EEXIST);
	snprintf(pid, sizeof(pid), "%d", getpid());
	ASSERT_TRUE(write_text(GROUP "/cgroup.procs", pid)) {
		TH_LOG("no control group: %s", strerror(errno));
	}
	ASSERT_GE(group_sock(), 0);
	ASSERT_EQ(conn_open(&c, 1 << 19, NULL), 0);
	ASSERT_GT(send(c.fd, self->data, 300000, MSG_DONTWAIT), 250000);
	EXPECT_TRUE(group_sock_is(250000, 2 * MIB));
	ASSERT_EQ(send_full(c.peer, sealed, n, 0), 0);
	EXPECT_TRUE(group_sock_is(500000, 4 * MIB));
	ASSERT_GT(poll_for(c.fd, POLLIN, PATIENCE), 0);
	EXPECT_GT(recv(c.fd, got, 200000, MSG_PEEK | MSG_WAITALL), 0);
	EXPECT_TRUE(group_sock_is(500000, 4 * MIB));
	conn_close(&c);
	EXPECT_TRUE(group_sock_is(0, 100000));
	EXPECT_TRUE(write_text("/sys/fs/cgroup/cgroup.procs", pid));
	free(sealed);
}

struct watch {
	pthread_t thread;
	int fd, want;
	bool stop;
	long looked, wrong;
};

static void *watch_main(void *arg)
{
	struct watch *w = arg;

	while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
		int value = -1;
		socklen_t len = sizeof(value);

		getsockopt(w->fd, SOL_SOCKET, SO_SNDBUF, &value, &len);
		w->looked++;
		w->wrong += value != w->want;
	}
	return NULL;
}

/* What is lent to a record that needs more than the buffer has left is nobody else's business. */
TEST_F(one, send_buffer_as_set)
{
	struct watch w = { .fd = self->c.fd };
	socklen_t len = sizeof(w.want);
	struct drain drain = {};

	ASSERT_EQ(set_int(self->c.fd, SOL_SOCKET, SO_SNDBUF, 20000), 0);
	ASSERT_EQ(getsockopt(self->c.fd, SOL_SOCKET, SO_SNDBUF, &w.want, &len), 0);
	drain_start(&drain, self->c.peer, &self->tx, 8 * MIB);
	ASSERT_EQ(pthread_create(&w.thread, NULL, watch_main, &w), 0);
	EXPECT_EQ(send_full(self->c.fd, self->data, 8 * MIB, 0), 0);
	__atomic_store_n(&w.stop, true, __ATOMIC_RELAXED);
	pthread_join(w.thread, NULL);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.records, 8 * MIB / RECORD_MAX);
	EXPECT_GT(w.looked, 100);
	EXPECT_EQ(w.wrong, 0);
}

/* Somebody who wants the processor that the caller is on. */
static pid_t spinner(void)
{
	cpu_set_t cpus;
	pid_t pid;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return -1;
	pid = fork();
	if (!pid)
		for (;;)
			continue;
	return pid;
}

static long switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nivcsw;
}

/* The call gives way to another process, though it never has to wait. */
#define EXPECT_GIVES_WAY(call, result) do {						\
	pid_t others = spinner();							\
	long given = switches();							\
											\
	ASSERT_GT(others, 0);								\
	EXPECT_EQ(call, result);							\
	EXPECT_GE(switches() - given, 3);						\
	kill(others, SIGKILL);								\
	waitpid(others, NULL, 0);							\
} while (0)

#define LONG	(16 * MIB)

TEST_F(one, long_send)
{
	ASSERT_EQ(set_int(self->c.fd, SOL_SOCKET, SO_SNDBUFFORCE, 4 * LONG), 0);
	EXPECT_GIVES_WAY(send(self->c.fd, self->data, LONG, 0), LONG);
}

/* Room for more records than anybody waits for, and a caller that is not wanted any more. */
TEST_F(one, killed_in_a_long_send)
{
	struct timespec from, to;
	uint16_t least = 64;
	int status;
	pid_t pid;

	ASSERT_EQ(set_int(self->c.fd, SOL_SOCKET, SO_SNDBUFFORCE, 16 * LONG), 0);
	ASSERT_EQ(setsockopt(self->c.fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &least, sizeof(least)),
		  0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		send(self->c.fd, self->data, 32 * MIB, 0);
		_exit(0);
	}
	usleep(200000);
	ASSERT_EQ(kill(pid, SIGKILL), 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	clock_gettime(CLOCK_MONOTONIC, &to);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_LT((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000,
		  slow() ? 5000 : 1000);
}

TEST_F(one, long_sendfile)
{
	int file = pattern_file(LONG);

	ASSERT_EQ(set_int(self->c.fd, SOL_SOCKET, SO_SNDBUFFORCE, 4 * LONG), 0);
	EXPECT_GIVES_WAY(sendfile(self->c.fd, file, NULL, LONG), LONG);
	close(file);
}

TEST_F(one, long_recv)
{
	uint8_t *sealed, *got = malloc(LONG);
	size_t n = seal_pattern(&self->rx, LONG / 2, RECORD_MAX, 0, &sealed);
	struct feed feed;
	int queued = 0, i;

	ASSERT_NE(got, NULL);
	ASSERT_EQ(set_int(self->c.fd, SOL_SOCKET, SO_RCVBUFFORCE, 4 * LONG), 0);
	feed_start(&feed, self->c.peer, sealed, n, 0);
	/* All of it is there before the call. */
	for (i = 0; i < 300 && queued < LONG / 2; i++) {
		usleep(100000);
		ASSERT_EQ(ioctl(self->c.fd, FIONREAD, &queued), 0);
	}
	EXPECT_TRUE(feed_end(&feed));
	memset(got, 1, LONG);
	EXPECT_GIVES_WAY(recv(self->c.fd, got, LONG / 2, MSG_WAITALL), LONG / 2);
	EXPECT_EQ(pattern_check(got, 0, LONG / 2), -1);
	free(sealed);
	free(got);
}

TEST_HARNESS_MAIN
