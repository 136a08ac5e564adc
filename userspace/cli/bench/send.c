// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The sending rows: send, sendfile, splice. The other end throws the bytes away. */
#include <errno.h>
#include <fcntl.h>
#include <linux/tls.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

enum {
	FILE_LEN = 4 << 20,
	BURST = 256 << 10,	/* bytes of one step of small calls, at most … */
	BURST_CALLS = 256,	/* … and calls */
	PIPE_LEN = 64 << 10,	/* of a pipe, by default */
};

static int open_any(struct bench_lane *lane)
{
	if (bench_pair(lane) || bench_keys(lane, lane->a, TLS_TX))
		return -1;
	if (!bench_in_kernel(lane->column) && lane->column != BENCH_PLAIN && bench_ssl_open(lane))
		return -1;
	return bench_plain_file(lane, lane->row->file ?: FILE_LEN);
}

static int open_send(struct bench_lane *lane)
{
	size_t size = lane->row->size;

	lane->burst = BURST / size < BURST_CALLS ? (BURST + size - 1) / size : BURST_CALLS;
	return open_any(lane);
}

static ssize_t put(struct bench_lane *lane, const uint8_t *p, size_t n)
{
	if (lane->ssl)
		return bench_ssl_write(lane, p, n);
	return send(lane->a, p, n, MSG_NOSIGNAL);
}

/* Bytes that a call took, by what it returned; 0 where there was no room: the other end made it. */
static ssize_t gone(struct bench_lane *lane, ssize_t w, const char *what)
{
	if (w > 0) {
		lane->bytes += w;
		return w;
	}
	if (w < 0 && errno == EAGAIN)
		return bench_drain(lane) || bench_wait(lane, lane->a, POLLOUT) ? -1 : 0;
	return bench_fail(lane, what);
}

static int put_all(struct bench_lane *lane, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t w = gone(lane, put(lane, p, n), "send");

		if (w < 0)
			return -1;
		p += w;
		n -= w;
	}
	return 0;
}

static int step_send(struct bench_lane *lane)
{
	size_t size = lane->row->size;

	for (size_t i = 0; i < lane->burst; i++) {
		if (lane->at + size > FILE_LEN)
			lane->at = 0;
		if (put_all(lane, lane->map + lane->at, size))
			return -1;
		lane->at += size;
		lane->calls++;
	}
	return bench_drain(lane);
}

/* sendfile(2), or what a program without it does: read() and SSL_write(), or a mapping. */
static int open_sendfile(struct bench_lane *lane)
{
	if (lane->column == BENCH_OPENSSL) {
		lane->buf = malloc(lane->row->size);
		if (!lane->buf)
			return bench_fail(lane, "malloc");
	}
	return open_any(lane);
}

static int file_by_ssl(struct bench_lane *lane, size_t n)
{
	const uint8_t *p = lane->map + lane->at;

	if (lane->column == BENCH_OPENSSL) {
		if (pread(lane->file, lane->buf, n, lane->at) != (ssize_t)n)
			return bench_fail(lane, "read");
		p = lane->buf;
	}
	lane->at += n;
	return put_all(lane, p, n);
}

static int file_by_kernel(struct bench_lane *lane, size_t n)
{
	while (n) {
		ssize_t w = gone(lane, sendfile(lane->a, lane->file, &lane->at, n), "sendfile");

		if (w < 0)
			return -1;
		n -= w;
	}
	return 0;
}

static int step_sendfile(struct bench_lane *lane)
{
	size_t size = lane->row->size;
	int err;

	if (lane->at + (off_t)size > lane->file_len)
		lane->at = 0;
	err = lane->ssl ? file_by_ssl(lane, size) : file_by_kernel(lane, size);
	if (err)
		return -1;
	lane->calls++;
	return bench_drain(lane);
}

static int open_splice(struct bench_lane *lane)
{
	if (pipe2(lane->pipe, O_CLOEXEC))
		return bench_fail(lane, "pipe");
	return open_any(lane);
}

static int step_splice(struct bench_lane *lane)
{
	ssize_t n, w;

	if (lane->at + lane->row->size > FILE_LEN)
		lane->at = 0;
	n = splice(lane->file, &lane->at, lane->pipe[1], NULL, lane->row->size, 0);
	if (n <= 0)
		return bench_fail(lane, "splice into the pipe");
	while (n) {
		w = splice(lane->pipe[0], NULL, lane->a, NULL, n, SPLICE_F_NONBLOCK);
		w = gone(lane, w, "splice into the socket");
		if (w < 0)
			return -1;
		n -= w;
		lane->calls += w > 0;
	}
	return bench_drain(lane);
}

/* The bytes on the wire tell how many records there were: each adds the same. */
static int check_sent(struct bench_lane *lane)
{
	unsigned int overhead = bench_suites[lane->row->suite].overhead;
	uint64_t extra;

	if (bench_settle(lane))
		return -1;
	errno = 0;
	extra = lane->wire - lane->bytes;
	if (lane->column == BENCH_PLAIN) {
		lane->records = 0;
		return extra ? bench_fail(lane, "not all that was sent arrived") : 0;
	}
	lane->records = (double)extra / overhead;
	if (lane->wire <= lane->bytes || extra % overhead ||
	    lane->records * BENCH_RECORD < lane->bytes)
		return bench_fail(lane, "what arrived are not the records of what was sent");
	return 0;
}

#define BITS_KERNEL \
	(1 << BENCH_PLAIN | 1 << BENCH_TLS | 1 << BENCH_SEALSOCK | 1 << BENCH_MANAGED)

const struct bench_kind bench_send = {
	.open = open_send, .step = step_send, .check = check_sent, .seals = true,
	.columns = BITS_KERNEL | 1 << BENCH_OPENSSL,
};

const struct bench_kind bench_sendfile = {
	.open = open_sendfile, .step = step_sendfile, .check = check_sent, .seals = true,
	.columns = BITS_KERNEL | 1 << BENCH_OPENSSL | 1 << BENCH_OPENSSL_MAP,
};

const struct bench_kind bench_splice = {
	.open = open_splice, .step = step_splice, .check = check_sent, .seals = true,
	.columns = BITS_KERNEL,
};
