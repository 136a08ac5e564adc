// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Many sockets held at once, and what each costs the kernel. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "hold.h"

#include <stdio.h>
#include <sys/resource.h>

#define MANY	2000
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

static int peers[MANY], ends[MANY];

/* Checks of every step make each slow, and its memory another's. */
static bool is_debug(void)
{
	const char *kernel = getenv("SEALSOCK_KERNEL");

	return kernel && !strcmp(kernel, "debug");
}

static void many_close(int many)
{
	int i;

	for (i = 0; i < many; i++) {
		close(peers[i]);
		close(ends[i]);
	}
}

TEST_F(hold, thousands)
{
	struct rlimit limit = { 3 * MANY, 3 * MANY };
	int i, fd, many = is_debug() ? MANY / 10 : MANY;
	long before, plain, held, waiting;

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
}

/* Threads of every party, who break off when they like: nothing in the clear, nothing left. */
#define ROUNDS	150

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
	int listener, clear, seen;
	unsigned int seed;
	bool connects, done;
	struct chaos *other;
};

/* Whoever connects does so ROUNDS times; whoever accepts goes on as long as the other does. */
static bool goes_on(struct chaos *c, int i)
{
	return c->connects ? i < ROUNDS : !__atomic_load_n(&c->other->done, __ATOMIC_ACQUIRE);
}

/* All that comes is the helper's mark, and records behind it. */
static void judge(struct chaos *c, int fd)
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

static void *chaos_peer(void *arg)
{
	struct linger linger = { .l_onoff = 1 };
	struct chaos *c = arg;
	int i, fd;

	for (i = 0; goes_on(c, i); i++) {
		fd = c->connects ? socket(c->addr->sa_family, SOCK_STREAM, 0) :
				   accept(c->listener, NULL, NULL);
		if (fd < 0)
			continue;
		set_timeout(fd, 200);
		if (!c->connects || !connect(fd, c->addr, c->len))
			judge(c, fd);
		if (rand_r(&c->seed) % 2)
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
	int i, fd;

	for (i = 0; goes_on(c, i); i++) {
		if (c->connects) {
			fd = socket(c->addr->sa_family,
				    SOCK_STREAM | (i % 2 ? SOCK_NONBLOCK : 0), 0);
			hold_ask(fd, SEALSOCK_ROLE_CONNECT);
			connect(fd, c->addr, c->len);
		} else {
			fd = accept(c->listener, NULL, NULL);
		}
		if (fd < 0)
			continue;
		send(fd, "plaintext", 9, MSG_NOSIGNAL);
		if (rand_r(&c->seed) % 2)
			usleep(rand_r(&c->seed) % 5000);
		send(fd, "plaintext", 9, MSG_NOSIGNAL);
		close(fd);
	}
	__atomic_store_n(&c->done, true, __ATOMIC_RELEASE);
	return NULL;
}

TEST_F(hold, chaos)
{
	long attached = counter("TlsCurrAttached"), released = counter("TlsReleased");
	struct chaos peer[2] = {}, program[2] = {};
	struct sockaddr_storage addr;
	struct holder helper = { .device = self->device };
	int i, served;
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
			.seed = 7 + i, .connects = i, .other = &program[i],
		};
		program[i] = (struct chaos) {
			.addr = (struct sockaddr *)&self->addr, .len = self->len,
			.listener = served, .seed = 17 + i, .connects = !i, .other = &peer[i],
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
		EXPECT_EQ(peer[i].clear, 0);
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
	EXPECT_EQ(hold_counts(self->device).taken + hold_counts(self->device).waiting +
		  hold_counts(self->device).ready, 0);
}

TEST_HARNESS_MAIN
