// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Fails each allocation of a call in turn (/proc/self/fail-nth of a debug kernel): the call gives a
 * clean errno or succeeds, and the same call without faults then works, with every byte in place.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>

#define LEN		40000	/* three records, the last one short */
#define NTH_MAX		400	/* more allocations than any of these calls makes */

static uint8_t data[LEN], got[LEN];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The defaults spare GFP_KERNEL and single pages, which is what nearly all of ours are. */
static bool faults_ready(void)
{
	static const struct {
		const char *path, *value;
	} knobs[] = {
		{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/failslab/verbose", "0" },
		{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/min-order", "0" },
		{ "/sys/kernel/debug/fail_page_alloc/verbose", "0" },
	};
	size_t i;

	if (access("/proc/self/fail-nth", W_OK))
		return false;
	for (i = 0; i < ARRAY_SIZE(knobs); i++)
		if (!write_file(knobs[i].path, knobs[i].value))
			return false;
	return true;
}

/* The nth allocation from here on fails. */
static int arm(int nth)
{
	char text[16];
	int fd = open("/proc/thread-self/fail-nth", O_RDWR);

	snprintf(text, sizeof(text), "%d", nth);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	return fd;
}

/* True if the call did reach the nth allocation. errno stays. */
static bool disarm(int fd)
{
	int err = errno;
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0 || pwrite(fd, "0", 1, 0) != 1)
		abort();
	close(fd);
	errno = err;
	return atoi(text) == 0;
}

/*
 * For n = 1, 2, … until the call gets through without a fault: prepare, fail the nth allocation
 * in the call, check.
 */
#define EACH_FAULT(result, call, check) do {					\
	bool fault_hit = true;							\
	int fault_nth, fault_fd;						\
										\
	for (fault_nth = 1; fault_hit && fault_nth < NTH_MAX; fault_nth++) {	\
		fault_fd = arm(fault_nth);					\
		errno = 0;							\
		result = call;							\
		fault_hit = disarm(fault_fd);					\
		check;								\
	}									\
	EXPECT_GT(fault_nth, 2) {						\
		TH_LOG("no allocation was reached: %s", #call);			\
	}									\
	EXPECT_FALSE(fault_hit);						\
} while (0)

#define NEED_FAULTS() do {							\
	if (!faults_ready())							\
		SKIP(return, "this kernel has no fault injection");		\
} while (0)

#define EXPECT_NO_MEMORY(result) do {						\
	if ((result) < 0) {							\
		EXPECT_TRUE(errno == ENOMEM || errno == ENOBUFS ||		\
			    errno == EAGAIN) {					\
			TH_LOG("errno %d", errno);				\
		}								\
	}									\
} while (0)

TEST_F(wired, attach)
{
	int fd[2] = { -1, -1 }, r;

	NEED_FAULTS();
	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	EACH_FAULT(r, ulp_attach(fd[0]), {
		EXPECT_NO_MEMORY(r);
		if (!r && fault_hit) {
			close(fd[0]);
			close(fd[1]);
			ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
		}
	});
	EXPECT_EQ(r, 0);
	close(fd[0]);
	close(fd[1]);
}

/* A failed installation is not half of one: the next attempt on the same socket succeeds. */
TEST_F(wired, key_install)
{
	static const int both[] = { TLS_TX, TLS_RX };
	struct keys keys;
	int fd[2], r, i;

	NEED_FAULTS();
	keys_init(&keys, &variant->suite, 0);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
		ASSERT_EQ(ulp_attach(fd[0]), 0);
		EACH_FAULT(r, keys_set(fd[0], both[i], &keys), {
			EXPECT_NO_MEMORY(r);
			if (!r && fault_hit) {
				close(fd[0]);
				close(fd[1]);
				ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
				ASSERT_EQ(ulp_attach(fd[0]), 0);
			}
		});
		EXPECT_EQ(r, 0);
		close(fd[0]);
		close(fd[1]);
	}
}

/* Sends what is left of the pattern until all is gone, then the peer opens all of it. */
#define FINISH(sent) do {							\
	struct drain finish = {};						\
	size_t finish_at = (sent) > 0 ? (sent) : 0;				\
										\
	drain_start(&finish, self->peer, &self->tx, LEN);			\
	EXPECT_EQ(send_full(self->fd, data + finish_at, LEN - finish_at, 0), 0);\
	EXPECT_TRUE(drain_end(&finish, &self->tx));				\
	EXPECT_EQ(finish.bytes, LEN);						\
} while (0)

TEST_F(wired, send)
{
	ssize_t r;

	NEED_FAULTS();
	EACH_FAULT(r, send(self->fd, data, LEN, MSG_DONTWAIT), {
		EXPECT_NO_MEMORY(r);
		FINISH(r);
	});
}

TEST_F(wired, send_more)
{
	ssize_t r;

	NEED_FAULTS();
	EACH_FAULT(r, send(self->fd, data, 30000, MSG_DONTWAIT | MSG_MORE), {
		EXPECT_NO_MEMORY(r);
		FINISH(r);
	});
}

TEST_F(wired, send_control)
{
	uint8_t out[RECORD_MAX + 256], type;
	ssize_t r;

	NEED_FAULTS();
	EACH_FAULT(r, send_type(self->fd, TYPE_ALERT, "al", 2, MSG_DONTWAIT), {
		EXPECT_NO_MEMORY(r);
		if (r != 2)
			ASSERT_EQ(send_type(self->fd, TYPE_ALERT, "al", 2, 0), 2);
		ASSERT_EQ(wire_recv(&self->tx, self->peer, &type, out), 2);
		EXPECT_EQ(type, TYPE_ALERT);
	});
}

TEST_F(wired, sendfile)
{
	int file = pattern_file(LEN);
	off_t at;
	ssize_t r;

	NEED_FAULTS();
	EACH_FAULT(r, sendfile(self->fd, file, (at = 0, &at), LEN), {
		EXPECT_NO_MEMORY(r);
		EXPECT_EQ(at, r > 0 ? r : 0);
		FINISH(r);
	});
	close(file);
}

/* What could not be received for want of memory is received afterwards. */
TEST_F(wired, recv)
{
	static const size_t buffers[] = { LEN, 1000 };
	ssize_t r;
	int i;

	NEED_FAULTS();
	for (i = 0; i < ARRAY_SIZE(buffers); i++) {
		uint8_t *sealed;
		size_t n = seal_pattern(&self->rx, LEN, RECORD_MAX, 0, &sealed);

		ASSERT_EQ(send_full(self->peer, sealed, n, 0), 0);
		ASSERT_GT(poll_for(self->fd, POLLIN, 5000), 0);
		free(sealed);
		EACH_FAULT(r, recv(self->fd, got, buffers[i], MSG_DONTWAIT), {
			size_t at = r > 0 ? r : 0;

			EXPECT_NO_MEMORY(r);
			ASSERT_EQ(recv_full(self->fd, got + at, LEN - at), (ssize_t)(LEN - at));
			EXPECT_EQ(pattern_check(got, 0, LEN), -1);
			if (fault_hit) {
				n = seal_pattern(&self->rx, LEN, RECORD_MAX, 0, &sealed);
				ASSERT_EQ(send_full(self->peer, sealed, n, 0), 0);
				ASSERT_GT(poll_for(self->fd, POLLIN, 5000), 0);
				free(sealed);
			}
		});
	}
}

TEST_F(wired, splice_out)
{
	uint8_t *rec = malloc(WIRE_MAX);
	size_t n;
	int p[2];
	ssize_t r;

	NEED_FAULTS();
	ASSERT_NE(rec, NULL);
	ASSERT_EQ(pipe(p), 0);
	n = wire_seal(&self->rx, TYPE_DATA, data, 8000, 0, rec);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	ASSERT_GT(poll_for(self->fd, POLLIN, 5000), 0);
	EACH_FAULT(r, splice(self->fd, NULL, p[1], NULL, 8000, SPLICE_F_NONBLOCK), {
		size_t at = r > 0 ? r : 0;

		EXPECT_NO_MEMORY(r);
		if (at)
			ASSERT_EQ(read(p[0], got, at), (ssize_t)at);
		ASSERT_EQ(recv_full(self->fd, got + at, 8000 - at), (ssize_t)(8000 - at));
		EXPECT_EQ(pattern_check(got, 0, 8000), -1);
		if (fault_hit) {
			n = wire_seal(&self->rx, TYPE_DATA, data, 8000, 0, rec);
			ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
			ASSERT_GT(poll_for(self->fd, POLLIN, 5000), 0);
		}
	});
	free(rec);
	close(p[0]);
	close(p[1]);
}

TEST_HARNESS_MAIN
