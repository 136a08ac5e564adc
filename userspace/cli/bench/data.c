// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the benchmark sends, and what its plain end replays. */
#include <errno.h>
#include <linux/tls.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

enum { CHUNK = 1 << 20 };

/* 251 is prime to every size of a page or record: data that was moved does not match by chance. */
void bench_pattern(uint8_t *buf, size_t offset, size_t len)
{
	unsigned int v = offset % 251;

	for (size_t i = 0; i < len; i++) {
		buf[i] = v;
		v = v == 250 ? 0 : v + 1;
	}
}

static int new_file(struct bench_lane *lane)
{
	lane->file = memfd_create("sealsock-bench", MFD_CLOEXEC);
	return lane->file < 0 ? bench_fail(lane, "memfd_create") : 0;
}

static int append(struct bench_lane *lane, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t w = write(lane->file, p, n);

		if (w <= 0)
			return bench_fail(lane, "no memory for the test's data");
		p += w;
		n -= w;
		lane->file_len += w;
	}
	return 0;
}

static int map_file(struct bench_lane *lane)
{
	void *p = mmap(NULL, lane->file_len, PROT_READ, MAP_SHARED | MAP_POPULATE, lane->file, 0);

	if (p == MAP_FAILED)
		return bench_fail(lane, "mmap");
	lane->map = p;
	return 0;
}

int bench_plain_file(struct bench_lane *lane, size_t len)
{
	static uint8_t chunk[CHUNK];

	if (new_file(lane))
		return -1;
	for (size_t at = 0; at < len; at += CHUNK) {
		size_t n = len - at < CHUNK ? len - at : CHUNK;

		bench_pattern(chunk, at, n);
		if (append(lane, chunk, n))
			return -1;
	}
	return map_file(lane);
}

/* One record by the kernel: what arrives at the other end of a connection of its own. */
static ssize_t seal_in_kernel(struct bench_lane *from, const uint8_t *buf, size_t n, uint8_t *out,
			      size_t size)
{
	size_t got = 0;

	if (send(from->a, buf, n, 0) != (ssize_t)n)
		return bench_fail(from, "recording");
	while (got < size) {
		ssize_t r = recv(from->b, out + got, size - got, 0);

		if (r < 0 && errno == EAGAIN && !bench_wait(from, from->b, POLLIN))
			continue;
		if (r <= 0)
			return bench_fail(from, "recording");
		got += r;
	}
	return got;
}

/* All records of a replay; @from: the connection that makes them, for columns in the kernel. */
static int record_all(struct bench_lane *lane, struct bench_lane *from, size_t size, size_t len)
{
	static uint8_t plain[BENCH_RECORD], out[BENCH_RECORD + 512];

	for (size_t at = 0; at < len; at += size) {
		ssize_t n;

		bench_pattern(plain, at, size);
		if (bench_in_kernel(lane->column))
			n = seal_in_kernel(from, plain, size, out, lane->feed_record);
		else
			n = bench_ssl_seal(lane, plain, size, out, sizeof(out));
		if (n < 0) {
			if (*from->why)
				memcpy(lane->why, from->why, sizeof(lane->why));
			return -1;
		}
		lane->feed_record = n;
		if (append(lane, out, n))
			return -1;
	}
	return 0;
}

int bench_replay_file(struct bench_lane *lane, size_t size, size_t len)
{
	const struct bench_suite *suite = &bench_suites[lane->row->suite];
	struct bench_lane from = { .row = lane->row, .column = lane->column, .a = -1, .b = -1 };
	int err;

	if (lane->column == BENCH_PLAIN) {
		lane->feed_record = size;
		return bench_plain_file(lane, len);
	}
	if (new_file(lane))
		return -1;
	lane->feed_record = size + suite->overhead;
	err = 0;
	if (bench_in_kernel(lane->column))
		err = bench_pair(&from) || bench_keys(&from, from.a, TLS_TX);
	if (err)
		memcpy(lane->why, from.why, sizeof(lane->why));
	else
		err = record_all(lane, &from, size, len);
	if (from.a >= 0)
		close(from.a);
	if (from.b >= 0)
		close(from.b);
	return err ? -1 : map_file(lane);
}
