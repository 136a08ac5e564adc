// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Many sockets held at once, and what each costs the kernel; many broken off. SEALSOCK_MANY and
 * SEALSOCK_ROUNDS say how many, where the defaults are too few.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "hold.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#define MANY	2000	/* default; a tenth of it on a debug kernel */
#define MANY_MAX 20000
#define BAR	4096	/* bytes that a held connection may cost more than one that is accepted */

/* Bytes of kernel memory in slabs. */
static long slab(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long kb = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Slab: %ld", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb * 1024;
}

static int peers[MANY_MAX], ends[MANY_MAX];

/* Checks of every step make each slow, and its memory another's. */
static bool is_debug(void)
{
	const char *kernel = getenv("SEALSOCK_KERNEL");

	return kernel && !strcmp(kernel, "debug");
}

static int number_of(const char *name, int otherwise)
{
	const char *text = getenv(name);

	return text ? atoi(text) : otherwise;
}

static bool allow_backlog(void)
{
	FILE *f = fopen("/proc/sys/net/core/somaxconn", "w");

	return f && fprintf(f, "%d\n", MANY_MAX) > 0 && !fclose(f);
}

static void many_close(int many)
{
	int i;

	for (i = 0; i < many; i++) {
		close(peers[i]);
		close(ends[i]);
	}
}

TEST_F_TIMEOUT(hold, thousands, 600)
{
	int i, fd, many = number_of("SEALSOCK_MANY", is_debug() ? MANY / 10 : MANY);
	struct rlimit limit = { 3 * MANY_MAX, 3 * MANY_MAX };
	long before, plain, held, waiting, users = module_users();

	ASSERT_LE(many, MANY_MAX);
	ASSERT_TRUE(allow_backlog());
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ASSERT_EQ(listen(self->listener, many), 0);
	before = slab();
	for (i = 0; i < many; i++) {
		peers[i] = peer_connect(&self->addr, self->len);
		ends[i] = accept(self->listener, NULL, NULL);
		ASSERT_GE(ends[i], 0);
	}
	plain = (slab() - before) / many;
	many_close(many);
	sleep(1);

	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	ASSERT_EQ(hold_deadline(self->listener, SEALSOCK_DEADLINE_MAX), 0);
	before = slab();
	for (i = 0; i < many; i++) {
		peers[i] = peer_connect(&self->addr, self->len);
		ASSERT_GE(peers[i], 0);
	}
	waiting = (slab() - before) / many;
	for (i = 0; i < many; i++) {
		ends[i] = hold_next(self->device, NULL);
		ASSERT_GE(ends[i], 0);
	}
	held = (slab() - before) / many;
	TH_LOG("bytes of slab a connection and its peer: accepted %ld, not taken %ld, held %ld",
	       plain, waiting, held);
	if (!is_debug())
		EXPECT_LT(held - plain, BAR);
	EXPECT_EQ(hold_counts(self->device).taken, many);

	/* Each of them can be released still; the last first. */
	for (i = many - 1; i >= 0; i -= many / 10) {
		ASSERT_EQ(hold_release(ends[i], true, NULL, 0), 0);
		fd = accept(self->listener, NULL, NULL);
		ASSERT_GE(fd, 0);
		close(fd);
	}
	many_close(many);
	EXPECT_EQ(hold_counts(self->device).taken, 0);
	close(self->listener);
	self->listener = -1;
	EXPECT_USERS(users);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Its connections are closed one by one while the time of others runs out. */
#define FILLING	1500	/* milliseconds, in which as many as can be are taken */
#define SPREAD	300

TEST_F_TIMEOUT(hold, stopped_at_the_deadline, 600)
{
	struct rlimit limit = { 3 * MANY_MAX, 3 * MANY_MAX };
	long from = now_ms(), at, users = module_users();
	int n;

	ASSERT_TRUE(allow_backlog());
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ASSERT_EQ(listen(self->listener, MANY_MAX), 0);
	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	for (n = 0; n < MANY_MAX; n++) {
		at = now_ms() - from;
		if (at > FILLING)
			break;
		ASSERT_EQ(hold_deadline(self->listener, FILLING + SPREAD + n % SPREAD - at), 0);
		peers[n] = peer_connect(&self->addr, self->len);
		ASSERT_GE(peers[n], 0);
		ends[n] = hold_next(self->device, NULL);
		ASSERT_GE(ends[n], 0);
	}
	at = from + FILLING + SPREAD + SPREAD / 3 - now_ms();
	if (at > 0)
		usleep(at * 1000);
	TH_LOG("%d connections, %u left", n, hold_counts(self->device).taken);
	close(self->listener);
	self->listener = -1;
	EXPECT_EQ(hold_counts(self->device).taken, 0);
	many_close(n);
	EXPECT_USERS(users);
}

/*
 * Threads of every party, who break off when they like: nothing in the clear, nothing left, and
 * whoever does not break off loses nothing.
 */
#define ROUNDS	150
#define PORTS	10000	/* of either connecting side, below those that the kernel hands out */
#define TEXT	"plaintext"

static void *chaos_helper(void *arg)
{
	struct holder *h = arg;
	unsigned int seed = 1;
	int channel;
	bool server;

	while (!__atomic_load_n(&h->count, __ATOMIC_ACQUIRE)) {
		struct sealsock_due due;

		if (poll_for(h->device, POLLIN, 50) <= 0)
			continue;
		channel = ioctl(h->device, SEALSOCK_NEXT, &due);
		if (channel < 0)
			continue;
		switch (rand_r(&seed) % 4) {
		case 0:
			break;
		case 1:
			hold_refuse(channel, EPROTO, "as it happens");
			break;
		default:
			server = due.role.role == SEALSOCK_ROLE_SERVE;
			if (write(channel, "T", 1) == 1)
				hold_release(channel, server, NULL, 0);
		}
		close(channel);
	}
	return NULL;
}

struct chaos {
	pthread_t thread;
	struct sockaddr *addr;
	socklen_t len;
	int listener, rounds, clear, seen, whole, lost;
	unsigned int seed;
	uint16_t port;		/* whoever connects: the next one's */
	bool connects, done;
	struct chaos *other;
	/* Of the program: by the port of whoever connected, the connection was closed in order. */
	bool orderly[65536];
};

/* Whoever connects does so many times; whoever accepts goes on as long as the other does. */
static bool goes_on(struct chaos *c, int i)
{
	return c->connects ? i < c->rounds : !__atomic_load_n(&c->other->done, __ATOMIC_ACQUIRE);
}

/*
 * A socket that connects from a port which has not been used for long: what is known of the last
 * connection from it must not be taken for this one's.
 */
static int next_socket(struct chaos *c, int flags)
{
	int fd = socket(c->addr->sa_family, SOCK_STREAM | flags, 0);
	struct sockaddr_storage from;

	memcpy(&from, c->addr, c->len);
	((struct sockaddr_in6 *)&from)->sin6_port = htons(c->port);
	if (++c->port % PORTS == 0)
		c->port -= PORTS;
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!bind(fd, (struct sockaddr *)&from, c->len))
		return fd;
	close(fd);
	return -1;
}

/* That of the end that connected. */
static uint16_t port_of(struct chaos *c, int fd)
{
	struct sockaddr_in6 addr = {};
	socklen_t len = sizeof(addr);

	if (c->connects)
		getsockname(fd, (struct sockaddr *)&addr, &len);
	else
		getpeername(fd, (struct sockaddr *)&addr, &len);
	return ntohs(addr.sin6_port);	/* where IPv4 has it, too */
}

/* All that comes is the helper's mark, and records behind it. */
static void glance(struct chaos *c, int fd)
{
	static const char mark[] = { 'T', TYPE_DATA, 3, 3 };
	char buf[4];
	int flags = MSG_WAITALL | (rand_r(&c->seed) % 3 ? 0 : MSG_DONTWAIT);
	ssize_t n = recv(fd, buf, sizeof(buf), flags);

	if (n > 0) {
		c->seen++;
		c->clear += memcmp(buf, mark, n) != 0;
	}
}

/* Reads to the end: two texts, if the program says so, and the end that goes with them. */
static void judge(struct chaos *c, int fd)
{
	static const char want[] = TEXT TEXT;
	uint8_t buf[RECORD_MAX + 256], type = 0;
	bool good = recv(fd, buf, 1, 0) == 1;
	size_t have = 0;
	struct wire tx, rx;
	ssize_t n = 0;

	c->clear += good && *buf != 'T';
	c->seen += good;
	hold_wires(!c->connects, &tx, &rx);
	while (good && (n = wire_recv(&rx, fd, &type, buf)) > 0 && type == TYPE_DATA) {
		good = have + n < sizeof(want) && !memcmp(want + have, buf, n);
		c->clear += !good;
		have += n;
	}
	if (have == sizeof(want) - 1 && n == 2 && type == TYPE_ALERT)
		c->whole++;
	else if (__atomic_load_n(&c->other->orderly[port_of(c, fd)], __ATOMIC_ACQUIRE))
		c->lost++;
}

static void *chaos_peer(void *arg)
{
	struct linger linger = { .l_onoff = 1 };
	struct chaos *c = arg;
	int i, fd;

	for (i = 0; goes_on(c, i); i++) {
		bool breaks = rand_r(&c->seed) % 2;

		fd = c->connects ? next_socket(c, 0) : accept(c->listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (c->connects)
			__atomic_store_n(&c->other->orderly[port_of(c, fd)], false,
					 __ATOMIC_RELEASE);
		set_timeout(fd, breaks ? 200 : PATIENCE);
		if (!c->connects || !connect(fd, c->addr, c->len)) {
			if (breaks)
				glance(c, fd);
			else
				judge(c, fd);
		}
		if (breaks)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		close(fd);
	}
	__atomic_store_n(&c->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* The program: writes as soon as it can, and does not always wait for that. */
static void *chaos_program(void *arg)
{
	struct chaos *c = arg;
	bool *orderly;
	ssize_t sent;
	int i, fd;

	for (i = 0; goes_on(c, i); i++) {
		fd = c->connects ? next_socket(c, i % 2 ? SOCK_NONBLOCK : 0) :
				   accept(c->listener, NULL, NULL);
		if (fd < 0)
			continue;
		orderly = &c->orderly[port_of(c, fd)];
		if (c->connects) {
			__atomic_store_n(orderly, false, __ATOMIC_RELEASE);
			hold_ask(fd, SEALSOCK_ROLE_CONNECT);
			connect(fd, c->addr, c->len);
		}
		sent = send(fd, TEXT, sizeof(TEXT) - 1, MSG_NOSIGNAL);
		if (rand_r(&c->seed) % 2)
			usleep(rand_r(&c->seed) % 5000);
		sent += send(fd, TEXT, sizeof(TEXT) - 1, MSG_NOSIGNAL);
		__atomic_store_n(orderly, sent == 2 * (sizeof(TEXT) - 1), __ATOMIC_RELEASE);
		close(fd);
	}
	__atomic_store_n(&c->done, true, __ATOMIC_RELEASE);
	return NULL;
}

TEST_F_TIMEOUT(hold, chaos, 7200)
{
	int i, served, rounds = number_of("SEALSOCK_ROUNDS", ROUNDS);
	long attached = counter("TlsCurrAttached"), released = counter("TlsReleased");
	long users = module_users();
	static struct chaos peer[2], program[2];
	struct sockaddr_storage addr;
	struct holder helper = { .device = self->device };
	socklen_t len;

	served = tcp_listen(variant->family, &addr, &len);
	ASSERT_GE(served, 0);
	ASSERT_EQ(hold_ask(served, SEALSOCK_ROLE_SERVE), 0);
	set_timeout(served, 200);
	set_timeout(self->listener, 200);
	for (i = 0; i < 2; i++) {
		/* 0: the program connects to a plain peer; 1: it serves one. */
		peer[i] = (struct chaos) {
			.addr = (struct sockaddr *)&addr, .len = len, .listener = self->listener,
			.rounds = rounds, .seed = 7 + i, .connects = i, .other = &program[i],
			.port = PORTS,
		};
		program[i] = (struct chaos) {
			.addr = (struct sockaddr *)&self->addr, .len = self->len,
			.listener = served, .rounds = rounds, .seed = 17 + i, .connects = !i,
			.other = &peer[i], .port = 2 * PORTS,
		};
	}
	pthread_create(&helper.thread, NULL, chaos_helper, &helper);
	for (i = 0; i < 2; i++) {
		pthread_create(&peer[i].thread, NULL, chaos_peer, &peer[i]);
		pthread_create(&program[i].thread, NULL, chaos_program, &program[i]);
	}
	for (i = 0; i < 2; i++) {
		pthread_join(program[i].thread, NULL);
		pthread_join(peer[i].thread, NULL);
		TH_LOG("%s: of %d connections %d were released, %d whole, %d lost bytes, %d clear",
		       i ? "served" : "connected", rounds, peer[i].seen, peer[i].whole,
		       peer[i].lost, peer[i].clear);
		EXPECT_EQ(peer[i].clear, 0);
		EXPECT_EQ(peer[i].lost, 0);
		EXPECT_GT(peer[i].whole, 3);
	}
	__atomic_store_n(&helper.count, 1, __ATOMIC_RELEASE);
	pthread_join(helper.thread, NULL);
	EXPECT_GT(peer[0].seen + peer[1].seen, 10);
	EXPECT_GT(counter("TlsReleased"), released + 10);
	close(served);
	close(self->listener);
	self->listener = -1;
	for (i = 0; i < 100 && counter("TlsCurrAttached") != attached; i++)
		usleep(100000);
	EXPECT_EQ(counter("TlsCurrAttached"), attached);
	EXPECT_USERS(users);
	EXPECT_EQ(hold_counts(self->device).taken + hold_counts(self->device).waiting +
		  hold_counts(self->device).ready, 0);
}

TEST_HARNESS_MAIN
