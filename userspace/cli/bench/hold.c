// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Many connections held at once: what each costs in kernel memory, how long a new one takes to its
 * first byte while the others are there, and whether one of them is served worse than the rest.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

enum {
	ASKED = 1024,		/* bytes of a request and its answer */
	SERVED_MAX = 1000,	/* connections that are asked something */
	NEW = 33,		/* new connections, one after the other */
	SPARE = 64,		/* descriptors for anything else */
	MEMORY_LEAST = 1000,	/* connections below which the measure is too coarse */
};

static const struct bench_row row = { .name = "hold", .size = ASKED };

const unsigned int bench_hold_counts[BENCH_HOLD_COUNTS] = { 1, 100, 1000, 10000 };

/* All connections of one measurement; what each is asked is the recording's one record. */
struct held {
	struct bench_lane *lane;
	unsigned int n;
	struct bench_lane recording;
	uint8_t buf[ASKED];
};

bool bench_raise_limit(unsigned int n)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return false;
	if (r.rlim_cur >= 2 * n + SPARE)
		return true;
	r.rlim_cur = 2 * n + SPARE;
	if (r.rlim_max < r.rlim_cur)
		r.rlim_max = r.rlim_cur;
	return !setrlimit(RLIMIT_NOFILE, &r);
}

/*
 * Bytes of all objects of the kernel's allocator, as it rounds them up; 0 where only root may know.
 * What it counts in its own caches for each processor makes some pages of difference.
 */
static double kernel_memory(void)
{
	FILE *f = fopen("/proc/slabinfo", "re");
	unsigned long objects, size;
	char line[512], name[64];
	double sum = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %lu %*u %lu", name, &objects, &size) == 3)
			sum += (double)objects * size;
	if (f)
		fclose(f);
	return sum;
}

void bench_start_lane(struct bench_lane *lane, const struct bench_row *of,
		      enum bench_column column)
{
	*lane = (struct bench_lane){
		.row = of, .column = column, .a = -1, .b = -1, .file = -1, .pipe = { -1, -1 },
	};
}

void bench_hang_up(struct bench_lane *lane)
{
	struct linger now = { .l_onoff = 1 };

	if (lane->a >= 0) {
		setsockopt(lane->a, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(lane->a);
	}
	if (lane->b >= 0)
		close(lane->b);
	lane->a = -1;
	lane->b = -1;
}

/* One request and its answer. */
static int serve(struct held *h, struct bench_lane *lane)
{
	size_t n = h->recording.feed_record, got = 0;

	if (send(lane->b, h->recording.map, n, MSG_NOSIGNAL) != (ssize_t)n)
		return bench_fail(lane, "asking");
	while (got < ASKED) {
		ssize_t r = recv(lane->a, h->buf + got, ASKED - got, 0);

		if (r < 0 && errno == EAGAIN && !bench_wait(lane, lane->a, POLLIN))
			continue;
		if (r <= 0)
			return bench_fail(lane, "recv");
		got += r;
	}
	if (send(lane->a, h->buf, ASKED, MSG_NOSIGNAL) != ASKED)
		return bench_fail(lane, "answering");
	while (lane->wire < n) {
		if (bench_wait(lane, lane->b, POLLIN) || bench_drain(lane))
			return -1;
	}
	return 0;
}

static int serve_some(struct held *h, struct bench_held *result)
{
	unsigned int n = h->n < SERVED_MAX ? h->n : SERVED_MAX;
	double *cost = calloc(n, sizeof(*cost));
	int err = 0;

	for (unsigned int i = 0; i < n && cost && !err; i++) {
		struct bench_lane *lane = &h->lane[(size_t)i * h->n / n];
		struct bench_meter m;

		bench_meter_start(&m);
		err = serve(h, lane);
		bench_meter_stop(&m);
		cost[i] = m.wall;
		if (err)
			memcpy(result->why, lane->why, sizeof(result->why));
	}
	if (cost && !err)
		result->served = bench_summary(cost, n);
	free(cost);
	return err || !cost ? -1 : 0;
}

/* From the keys to the first byte of the answer, the request being there already. */
static int serve_new(struct held *h, enum bench_column column, struct bench_held *result)
{
	double cost[NEW];
	int err = 0;

	for (int i = 0; i < NEW && !err; i++) {
		struct bench_lane lane;
		struct bench_meter m;

		bench_start_lane(&lane, &row, column);
		err = bench_pair(&lane);
		bench_meter_start(&m);
		err = err || bench_keys(&lane, lane.a, 0) || serve(h, &lane);
		bench_meter_stop(&m);
		cost[i] = m.wall;
		if (err)
			memcpy(result->why, lane.why, sizeof(result->why));
		bench_hang_up(&lane);
	}
	if (!err)
		result->first = bench_summary(cost, NEW);
	return err ? -1 : 0;
}

static int connect_all(struct held *h, struct bench_held *result)
{
	for (unsigned int i = 0; i < h->n; i++) {
		if (bench_pair(&h->lane[i])) {
			memcpy(result->why, h->lane[i].why, sizeof(result->why));
			return -1;
		}
	}
	return 0;
}

static int key_all(struct held *h, struct bench_held *result)
{
	double before = kernel_memory();

	for (unsigned int i = 0; i < h->n; i++) {
		if (bench_keys(&h->lane[i], h->lane[i].a, 0)) {
			memcpy(result->why, h->lane[i].why, sizeof(result->why));
			return -1;
		}
	}
	if (h->n >= MEMORY_LEAST)
		result->memory = (kernel_memory() - before) / h->n;
	return 0;
}

void bench_hold(enum bench_column column, unsigned int n, struct bench_held *result)
{
	struct held h = { .lane = calloc(n, sizeof(*h.lane)), .n = n };
	const char *why;

	memset(result, 0, sizeof(*result));
	bench_start_lane(&h.recording, &row, column);
	if (!bench_column_there(column, &why)) {
		snprintf(result->why, sizeof(result->why), "%s", why);
	} else if (!h.lane || !bench_raise_limit(n)) {
		snprintf(result->why, sizeof(result->why), "%u descriptors are not allowed", 2 * n);
	} else if (bench_replay_file(&h.recording, ASKED, ASKED)) {
		memcpy(result->why, h.recording.why, sizeof(result->why));
	} else {
		for (unsigned int i = 0; i < n; i++)
			bench_start_lane(&h.lane[i], &row, column);
		/* The first new ones warm up what is made once. */
		result->done = !serve_new(&h, column, result) && !connect_all(&h, result) &&
			       !key_all(&h, result) && !serve_new(&h, column, result) &&
			       !serve_some(&h, result);
		for (unsigned int i = 0; i < h.n; i++)
			bench_hang_up(&h.lane[i]);
	}
	bench_close_lane(&h.recording);
	free(h.lane);
}
