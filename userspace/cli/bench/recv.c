// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The rows that receive: from a replay, from an end of the same kind, and in turns with sending.
 */
#include <errno.h>
#include <linux/tls.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

enum { BURST_MAX = 1 << 20 };

static bool by_ssl(const struct bench_lane *lane)
{
	return !bench_in_kernel(lane->column) && lane->column != BENCH_PLAIN;
}

static int room(struct bench_lane *lane)
{
	lane->buf = malloc(lane->row->size);
	return lane->buf ? 0 : bench_fail(lane, "malloc");
}

/* Bytes a burst may have, so that it fits into the receive buffer: whole records. */
static size_t burst_of(struct bench_lane *lane)
{
	socklen_t len = sizeof(int);
	size_t n;
	int size = 0;

	getsockopt(lane->a, SOL_SOCKET, SO_RCVBUF, &size, &len);
	n = size / 8 / lane->feed_record;
	if (n > BURST_MAX / lane->feed_record)
		n = BURST_MAX / lane->feed_record;
	return (n ? n : 1) * lane->feed_record;
}

/*
 * Repetitions, and what warms up, read one recording from its begin to its end; each may go on for
 * part of a burst.
 */
static int open_recv(struct bench_lane *lane)
{
	size_t len = (lane->amount + BURST_MAX) * (lane->reps + 2);

	if (bench_pair(lane) || bench_keys(lane, lane->a, TLS_RX) || room(lane))
		return -1;
	if (by_ssl(lane) && bench_ssl_open(lane))
		return -1;
	if (bench_replay_file(lane, BENCH_RECORD, len - len % BENCH_RECORD))
		return -1;
	lane->burst = burst_of(lane);
	return 0;
}

/* As bytes come from a network: in pages that nobody else has; or in those of the recording. */
static ssize_t replay(struct bench_lane *lane, size_t n)
{
	ssize_t w;

	if (lane->row->flags & BENCH_SHARED)
		return sendfile(lane->b, lane->file, &lane->at, n);
	w = send(lane->b, lane->map + lane->at, n, MSG_NOSIGNAL);
	if (w > 0)
		lane->at += w;
	return w;
}

static int feed(struct bench_lane *lane)
{
	size_t n = lane->burst - lane->at % lane->feed_record;

	if (lane->at + (off_t)n > lane->file_len) {
		errno = 0;
		return bench_fail(lane, "the recording has come to its end");
	}
	while (n) {
		ssize_t w = replay(lane, n);

		if (w < 0 && errno == EAGAIN)
			return 0;
		if (w <= 0)
			return bench_fail(lane, "replaying");
		n -= w;
	}
	return 0;
}

static ssize_t get(struct bench_lane *lane)
{
	if (lane->ssl)
		return bench_ssl_read(lane, lane->buf, lane->row->size);
	return recv(lane->a, lane->buf, lane->row->size, 0);
}

/* Reads until there is no more. */
static int take(struct bench_lane *lane)
{
	for (;;) {
		ssize_t n = get(lane);

		if (n > 0) {
			lane->bytes += n;
			lane->calls++;
			continue;
		}
		if (n < 0 && errno == EAGAIN)
			return 0;
		errno = n ? errno : 0;
		return bench_fail(lane, "recv");
	}
}

/* Data from @offset on is the pattern's. */
static int compare(struct bench_lane *lane, uint64_t offset, size_t n)
{
	uint8_t want[256];

	for (size_t i = 0; i < n; i += sizeof(want)) {
		size_t m = n - i < sizeof(want) ? n - i : sizeof(want);

		bench_pattern(want, offset + i, m);
		if (memcmp(want, lane->buf + i, m)) {
			errno = 0;
			return bench_fail(lane, "what was received is not what was sent");
		}
	}
	return 0;
}

/* In lock step: all whole records that were fed are read before there are more. */
static int step_recv(struct bench_lane *lane)
{
	uint64_t want;

	if (feed(lane) || take(lane))
		return -1;
	want = lane->at / lane->feed_record * BENCH_RECORD;
	while (lane->bytes < want)
		if (bench_wait(lane, lane->a, POLLIN) || take(lane))
			return -1;
	return 0;
}

/* Reads one more burst, byte by byte compared. */
static int check_recv(struct bench_lane *lane)
{
	uint64_t want;
	ssize_t n;

	lane->records = lane->bytes / BENCH_RECORD;
	if (feed(lane))
		return -1;
	want = lane->at / lane->feed_record * BENCH_RECORD;
	while (lane->bytes < want) {
		n = get(lane);
		if (n < 0 && errno == EAGAIN) {
			if (bench_wait(lane, lane->a, POLLIN))
				return -1;
			continue;
		}
		if (n <= 0)
			return bench_fail(lane, "recv");
		if (compare(lane, lane->bytes, n))
			return -1;
		lane->bytes += n;
	}
	return 0;
}

/* ---- both ends of the same kind ---- */

static int open_both(struct bench_lane *lane)
{
	if (bench_pair(lane) || bench_keys(lane, lane->a, TLS_RX) ||
	    bench_keys(lane, lane->b, TLS_TX) || room(lane))
		return -1;
	lane->burst = 1 << 20;
	return bench_plain_file(lane, lane->burst);
}

static int step_both(struct bench_lane *lane)
{
	size_t size = lane->row->size, at = 0;

	while (at < lane->burst) {
		ssize_t w = send(lane->b, lane->map + at, size, MSG_NOSIGNAL);

		if (w > 0) {
			at += w;
			lane->wire += w;
		} else if (w < 0 && errno == EAGAIN) {
			if (take(lane))
				return -1;
		} else {
			return bench_fail(lane, "send");
		}
	}
	return take(lane);
}

static int check_both(struct bench_lane *lane)
{
	while (lane->bytes < lane->wire) {
		if (bench_wait(lane, lane->a, POLLIN) || take(lane))
			return -1;
	}
	lane->records = lane->bytes / BENCH_RECORD;
	return 0;
}

/* ---- request and response ---- */

static int open_talk(struct bench_lane *lane)
{
	size_t size = lane->row->size;

	if (bench_pair(lane) || bench_keys(lane, lane->a, 0) || room(lane))
		return -1;
	if (by_ssl(lane) && bench_ssl_open(lane))
		return -1;
	return bench_replay_file(lane, size, lane->amount * (lane->reps + 1) + 2048 * size);
}

/* The other end asks with a record of the replay; we read it, and answer as much. */
static int step_talk(struct bench_lane *lane)
{
	size_t size = lane->row->size, got = 0;
	ssize_t n;

	errno = 0;
	if (lane->at + (off_t)lane->feed_record > lane->file_len)
		return bench_fail(lane, "the recording has come to its end");
	n = send(lane->b, lane->map + lane->at, lane->feed_record, MSG_NOSIGNAL);
	if (n != (ssize_t)lane->feed_record)
		return bench_fail(lane, "asking");
	lane->at += n;
	while (got < size) {
		n = get(lane);
		if (n < 0 && errno == EAGAIN && !bench_wait(lane, lane->a, POLLIN))
			continue;
		if (n <= 0)
			return bench_fail(lane, "recv");
		got += n;
	}
	n = lane->ssl ? bench_ssl_write(lane, lane->buf, size) :
		send(lane->a, lane->buf, size, MSG_NOSIGNAL);
	if (n != (ssize_t)size)
		return bench_fail(lane, "answering");
	lane->bytes += size;
	lane->calls++;
	return bench_drain(lane);
}

static int check_talk(struct bench_lane *lane)
{
	uint64_t want;

	if (bench_settle(lane) || compare(lane, lane->bytes - lane->row->size, lane->row->size))
		return -1;
	errno = 0;
	want = lane->calls * lane->feed_record;
	if (lane->wire != want)
		return bench_fail(lane, "the answers are not records of what was asked");
	lane->records = lane->calls * 2;
	return 0;
}

#define BITS_KERNEL \
	(1 << BENCH_PLAIN | 1 << BENCH_TLS | 1 << BENCH_SEALSOCK | 1 << BENCH_MANAGED)

const struct bench_kind bench_recv = {
	.open = open_recv, .step = step_recv, .check = check_recv, .opens = true,
	.columns = BITS_KERNEL | 1 << BENCH_OPENSSL,
};

const struct bench_kind bench_both = {
	.open = open_both, .step = step_both, .check = check_both, .seals = true, .opens = true,
	.columns = BITS_KERNEL,
};

const struct bench_kind bench_talk = {
	.open = open_talk, .step = step_talk, .check = check_talk, .seals = true, .opens = true,
	.per_call = true, .columns = BITS_KERNEL | 1 << BENCH_OPENSSL,
};
