// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Records whose bytes can still be written to on their way: over loopback a page of a file, or of
 * a process, lies in the receiver's queue as it is. What the receiver decides by must be read
 * once.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

enum { AREA = 2 * MIB };

/* How bytes get into the queue. */
enum way {
	BY_SEND,	/* copied: nobody can write to them */
	BY_SENDFILE,	/* the page cache */
	BY_VMSPLICE,	/* memory of a process */
	BY_BOTH,	/* the first piece copied, in one buffer with a file's pages behind it */
	WAYS
};

/* Memory that is sent from: a file, and where it is mapped. */
struct area {
	int file;
	uint8_t *at;
};

static int area_open(struct area *area, enum way way)
{
	bool anon = way == BY_VMSPLICE;

	area->file = anon ? -1 : memfd_create("area", 0);
	if (!anon && (area->file < 0 || ftruncate(area->file, AREA)))
		return -1;
	area->at = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
			anon ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, area->file, 0);
	return area->at == MAP_FAILED ? -1 : 0;
}

static void area_close(struct area *area)
{
	munmap(area->at, AREA);
	if (area->file >= 0)
		close(area->file);
}

static int send_file(int fd, int file, off_t off, size_t len)
{
	while (len) {
		ssize_t n = sendfile(fd, file, &off, len);

		if (n <= 0)
			return -1;
		len -= n;
	}
	return 0;
}

static int send_pages(int fd, uint8_t *at, size_t len)
{
	struct iovec iov = { at, len };
	int pipes[2], err = -1;

	if (pipe(pipes))
		return -1;
	while (iov.iov_len) {
		ssize_t n = vmsplice(pipes[1], &iov, 1, 0);

		if (n <= 0)
			goto out;
		iov.iov_base = (uint8_t *)iov.iov_base + n;
		iov.iov_len -= n;
		while (n) {
			ssize_t m = splice(pipes[0], NULL, fd, NULL, n, 0);

			if (m <= 0)
				goto out;
			n -= m;
		}
	}
	err = 0;
out:
	close(pipes[0]);
	close(pipes[1]);
	return err;
}

/* The first len bytes of the area. */
static int area_send(int fd, struct area *area, enum way way, size_t len)
{
	size_t copied = len < 2000 ? len / 2 : 1000;

	switch (way) {
	case BY_SENDFILE:
		return send_file(fd, area->file, 0, len);
	case BY_VMSPLICE:
		return send_pages(fd, area->at, len);
	case BY_BOTH:
		return send_full(fd, area->at, copied, MSG_MORE) ||
		       send_file(fd, area->file, copied, len - copied) ? -1 : 0;
	default:
		return send_full(fd, area->at, len, 0);
	}
}

/*
 * Sends it from a thread, the window may be smaller than the record: so much from the area, and on
 * a word the rest, copied.
 */
struct sender {
	pthread_t thread;
	int fd, err;
	struct area *area;
	enum way way;
	size_t len, rest_len;
	const uint8_t *rest;
	atomic_bool go;
};

static void *sender_run(void *arg)
{
	struct sender *s = arg;

	s->err = area_send(s->fd, s->area, s->way, s->len);
	while (!s->err && !atomic_load(&s->go))
		usleep(100);
	if (!s->err)
		s->err = send_full(s->fd, s->rest, s->rest_len, 0);
	return NULL;
}

static void sender_start(struct sender *s)
{
	pthread_create(&s->thread, NULL, sender_run, s);
}

static int sender_end(struct sender *s)
{
	atomic_store(&s->go, true);
	pthread_join(s->thread, NULL);
	return s->err;
}

/* A connection whose fd[0] opens what a test seals and sends to fd[1]. */
struct line {
	int fd[2];
	struct wire wire;
};

static int line_open(struct line *line, const struct suite *suite)
{
	struct keys keys;

	keys_init(&keys, suite, 1);
	wire_init(&line->wire, &keys);
	if (tcp_pair(AF_INET, line->fd))
		return -1;
	return ulp_attach(line->fd[0]) || keys_set(line->fd[0], TLS_RX, &keys);
}

static void line_close(struct line *line)
{
	close(line->fd[0]);
	close(line->fd[1]);
}

/* Waits until the header of the first record is in the queue. */
static void wait_for_header(int fd)
{
	/* What <netinet/tcp.h> leaves out. */
	struct {
		struct tcp_info info;
		uint64_t pacing, pacing_most, acked, received;
	} tcp = {};
	socklen_t len = sizeof(tcp);
	int i;

	for (i = 0; i < PATIENCE; i++) {
		getsockopt(fd, IPPROTO_TCP, TCP_INFO, &tcp, &len);
		if (tcp.received >= WIRE_HEADER)
			return;
		usleep(1000);
	}
}

static uint8_t data[RECORD_MAX], sealed[2 * WIRE_MAX], got[AREA];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

FIXTURE(shared)
{
	struct area area[WAYS];
	size_t over;
};

FIXTURE_VARIANT(shared)
{
	struct suite suite;
};

ADD_SUITE(shared, 12_aes_gcm_128, 2, AES_GCM_128);
ADD_SUITE(shared, 13_aes_gcm_256, 3, AES_GCM_256);
ADD_SUITE(shared, 13_chacha20_poly1305, 3, CHACHA20_POLY1305);
ADD_SUITE(shared, 12_aes_ccm_128, 2, AES_CCM_128);

FIXTURE_SETUP(shared)
{
	struct keys keys;
	struct wire wire;
	int i;

	keys_init(&keys, &variant->suite, 1);
	wire_init(&wire, &keys);
	self->over = wire_overhead(&wire);
	for (i = 0; i < WAYS; i++)
		ASSERT_EQ(area_open(&self->area[i], i), 0);
}

FIXTURE_TEARDOWN(shared)
{
	int i;

	for (i = 0; i < WAYS; i++)
		area_close(&self->area[i]);
}

/* How a record's length is written over. */
struct rewrite {
	size_t content;
	uint16_t later;
	int window;
	enum way way;
};

/*
 * Behind the back of a receiver that has seen the header and lacks the end: the record is what it
 * was then, and where poll takes it off the queue because of the window, no byte of the next one
 * goes to its memory.
 */
static void rewrite_one(struct __test_metadata *_metadata, const struct suite *suite,
			struct area *areas, const struct rewrite *c)
{
	struct sender sender = { .area = &areas[c->way], .way = c->way, .rest = sealed };
	uint8_t *at = sender.area->at;
	struct line line;
	size_t len;
	int i;

	ASSERT_EQ(line_open(&line, suite), 0);
	len = wire_seal(&line.wire, TYPE_DATA, data, c->content, 0, at);
	sender.fd = line.fd[1];
	sender.len = len - 20;
	memcpy(sealed, at + sender.len, 20);
	sender.rest_len = 20 + wire_seal(&line.wire, TYPE_DATA, data, RECORD_MAX, 0, sealed + 20);
	if (c->window)
		ASSERT_EQ(set_int(line.fd[0], SOL_SOCKET, SO_RCVBUF, c->window), 0);
	sender_start(&sender);
	wait_for_header(line.fd[0]);
	at[3] = c->later >> 8;
	at[4] = c->later;
	for (i = 0; i < 3; i++)
		ASSERT_EQ(poll_for(line.fd[0], POLLIN, 1), 0);

	atomic_store(&sender.go, true);
	ASSERT_EQ(recv(line.fd[0], got, c->content + RECORD_MAX, MSG_WAITALL),
		  c->content + RECORD_MAX) {
		TH_LOG("%zu bytes, then %u, window %d, way %d: %s", len, c->later, c->window,
		       c->way, strerror(errno));
	}
	ASSERT_EQ(pattern_check(got, 0, c->content), -1);
	ASSERT_EQ(pattern_check(got + c->content, 0, RECORD_MAX), -1);
	ASSERT_EQ(sender_end(&sender), 0);
	line_close(&line);
}

/* A header that grows or shrinks. Below a page of them TCP's memory is not under pressure. */
TEST_F(shared, length_rewritten)
{
	static const size_t contents[] = { 100, 2304, 4000, 4091, 4097, 8192, 12289, RECORD_MAX };
	static const uint16_t later[] = { 0, 17, 4000, 16401, 65535 };
	static const int windows[] = { 2304, 9000, 0 };
	unsigned int n = 0, of = ARRAY_SIZE(later) * ARRAY_SIZE(windows);
	struct rewrite c;

	for (n = 0; n < ARRAY_SIZE(contents) * of; n++) {
		c.content = contents[n / of];
		c.later = later[n % ARRAY_SIZE(later)];
		c.window = windows[n / ARRAY_SIZE(later) % ARRAY_SIZE(windows)];
		c.way = n & 1 ? BY_VMSPLICE : BY_SENDFILE;
		rewrite_one(_metadata, &variant->suite, self->area, &c);
	}
}

/* Only what others can write to costs a copy. */
TEST_F(shared, copied_where_shared)
{
	size_t len = RECORD_MAX + self->over;
	struct line line;
	long before;
	int way;

	if (!ulp_is_ours())
		return;
	for (way = 0; way < WAYS; way++) {
		struct area *area = &self->area[way];

		before = counter("TlsRxShared");
		ASSERT_GE(before, 0);
		ASSERT_EQ(line_open(&line, &variant->suite), 0);
		ASSERT_EQ(wire_seal(&line.wire, TYPE_DATA, data, RECORD_MAX, 0, area->at), len);
		ASSERT_EQ(area_send(line.fd[1], area, way, len), 0);
		ASSERT_EQ(recv(line.fd[0], got, sizeof(got), 0), RECORD_MAX);
		EXPECT_EQ(pattern_check(got, 0, RECORD_MAX), -1);
		EXPECT_EQ(counter("TlsRxShared") - before, way != BY_SEND) {
			TH_LOG("way %d", way);
		}
		line_close(&line);
	}
}

/* Writes to a place again and again: what was there, and what was not. */
struct forger {
	pthread_t thread;
	atomic_uintptr_t at;
	atomic_bool stop;
};

static void *forger_run(void *arg)
{
	struct forger *forger = arg;
	unsigned int seed = 1;

	while (!atomic_load(&forger->stop)) {
		volatile uint8_t *at = (uint8_t *)atomic_load(&forger->at);
		unsigned int i;

		if (!at)
			continue;
		*at ^= 0x55;
		for (i = rand_r(&seed) % 2000; i; i--)
			__asm__ volatile("" ::: "memory");
		*at ^= 0x55;
		for (i = rand_r(&seed) % 2000; i; i--)
			__asm__ volatile("" ::: "memory");
	}
	return NULL;
}

static void forger_start(struct forger *forger)
{
	atomic_init(&forger->at, 0);
	atomic_init(&forger->stop, false);
	pthread_create(&forger->thread, NULL, forger_run, forger);
}

static void forger_end(struct forger *forger)
{
	atomic_store(&forger->stop, true);
	pthread_join(forger->thread, NULL);
}

/*
 * Records that somebody alters all the while: each is what was sealed, or refused. In three of
 * four tries the plaintext has room in the reader's memory.
 */
static void forge(struct __test_metadata *_metadata, const struct suite *suite, struct area *area,
		  enum way way, unsigned int tries)
{
	unsigned int good = 0, refused = 0, i;
	struct forger forger;

	forger_start(&forger);
	for (i = 0; i < tries; i++) {
		size_t content = i & 4 ? 4096 : RECORD_MAX;
		struct sender sender;
		struct line line;
		ssize_t n;
		size_t len;

		atomic_store(&forger.at, 0);
		ASSERT_EQ(line_open(&line, suite), 0);
		/* Not sealed where the forger may be in the midst of a step. */
		len = wire_seal(&line.wire, TYPE_DATA, data, content, 0, sealed);
		memcpy(area->at, sealed, len);
		sender = (struct sender){ .fd = line.fd[1], .area = area, .way = way, .len = len };
		sender_start(&sender);
		ASSERT_EQ(poll_for(line.fd[0], POLLIN, PATIENCE), POLLIN);
		atomic_store(&forger.at,
			     (uintptr_t)area->at + len - 20 - i * 97 % (content / 2));
		sched_yield();
		if (i & 3)
			n = recv(line.fd[0], got, content, 0);
		else
			n = recv(line.fd[0], got, content - 1, 0);
		if (n < 0) {
			ASSERT_EQ(errno, EBADMSG);
			refused++;
		} else {
			ASSERT_EQ(n, content - !(i & 3));
			ASSERT_EQ(pattern_check(got, 0, n), -1) {
				TH_LOG("try %u, way %d: altered at %zd and taken for authentic", i,
				       way, pattern_check(got, 0, n));
			}
			good++;
		}
		ASSERT_EQ(sender_end(&sender), 0);
		line_close(&line);
	}
	forger_end(&forger);
	TH_LOG("way %d: %u as sealed, %u refused", way, good, refused);
}

TEST_F(shared, altered_file)
{
	forge(_metadata, &variant->suite, &self->area[BY_SENDFILE], BY_SENDFILE, 200);
}

TEST_F(shared, altered_memory)
{
	forge(_metadata, &variant->suite, &self->area[BY_VMSPLICE], BY_VMSPLICE, 100);
}

TEST_F(shared, altered_behind_a_copy)
{
	forge(_metadata, &variant->suite, &self->area[BY_BOTH], BY_BOTH, 100);
}

TEST_HARNESS_MAIN
