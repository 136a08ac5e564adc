// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A few busy connections among many idle ones, as a server has them: one epoll(7) watches all of
 * them, each of the busy ones is asked something at once, and is answered in the order in which
 * epoll says.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

enum {
	ASKED = 1024,		/* bytes of a request */
	ANSWERED = 16384,	/* of an answer */
	EVENTS = 64,
};

/* Without Nagle, as servers have it: with it, the kernel's own tls waits in every other answer. */
static const struct bench_row row = { .name = "crowd", .size = ASKED, .flags = BENCH_NODELAY };

const unsigned int bench_crowd_idle[BENCH_CROWD_COUNTS] = { 0, 10000 };

struct crowd {
	struct bench_lane *lane;	/* busy ones first */
	unsigned int n, rounds;
	struct bench_lane recording;	/* what each is asked in turn, a record each */
	int poll;
	double spent[BENCH_CROWD_BUSY];	/* ns that each took, of all rounds */
	uint8_t buf[ANSWERED];
};

static int stop(struct bench_crowd *result, const struct bench_lane *lane)
{
	memcpy(result->why, lane->why, sizeof(result->why));
	return -1;
}

static int ask(struct crowd *c, struct bench_lane *lane, unsigned int round)
{
	size_t n = c->recording.feed_record;

	lane->wire = 0;
	if (send(lane->b, c->recording.map + round * n, n, MSG_NOSIGNAL) != (ssize_t)n)
		return bench_fail(lane, "asking");
	return 0;
}

/* Reads the request; the answer has come to the other end when this is done. */
static int answer(struct crowd *c, struct bench_lane *lane)
{
	size_t got = 0, sent = 0;

	while (got < ASKED) {
		ssize_t r = recv(lane->a, c->buf, ASKED - got, 0);

		if (r <= 0)
			return bench_fail(lane, "recv");
		got += r;
	}
	while (sent < ANSWERED) {
		ssize_t w = send(lane->a, c->buf + sent, ANSWERED - sent, MSG_NOSIGNAL);

		if (w < 0 && errno == EAGAIN && !bench_drain(lane))
			continue;
		if (w <= 0)
			return bench_fail(lane, "answering");
		sent += w;
	}
	while (lane->wire < ANSWERED)
		if (bench_wait(lane, lane->b, POLLIN) || bench_drain(lane))
			return -1;
	return 0;
}

static int serve_round(struct crowd *c, struct bench_crowd *result)
{
	struct epoll_event ev[EVENTS];
	unsigned int left = BENCH_CROWD_BUSY;

	while (left) {
		int n = epoll_wait(c->poll, ev, EVENTS, 1000);

		if (n <= 0) {
			errno = n ? errno : ETIMEDOUT;
			bench_fail(&c->recording, "epoll_wait");
			return stop(result, &c->recording);
		}
		for (int i = 0; i < n; i++) {
			struct bench_lane *lane = ev[i].data.ptr;
			struct bench_meter m;

			bench_meter_start(&m);
			if (answer(c, lane))
				return stop(result, lane);
			bench_meter_stop(&m);
			c->spent[lane - c->lane] += m.wall;
			left--;
		}
	}
	return 0;
}

static int serve_all(struct crowd *c, struct bench_crowd *result)
{
	double *cost = calloc(c->rounds, sizeof(*cost));
	int err = cost ? 0 : -1;

	for (unsigned int r = 0; r < c->rounds && !err; r++) {
		struct bench_meter m;

		bench_meter_start(&m);
		for (unsigned int i = 0; i < BENCH_CROWD_BUSY && !err; i++) {
			/* Another one first each time. */
			struct bench_lane *lane = &c->lane[(i + r) % BENCH_CROWD_BUSY];

			err = ask(c, lane, r);
			if (err)
				stop(result, lane);
		}
		err = err || serve_round(c, result);
		bench_meter_stop(&m);
		cost[r] = m.wall / BENCH_CROWD_BUSY / (ASKED + ANSWERED);
	}
	if (!err) {
		result->cost = bench_summary(cost, c->rounds);
		result->each = bench_summary(c->spent, BENCH_CROWD_BUSY);
	}
	free(cost);
	return err ? -1 : 0;
}

static int connect_all(struct crowd *c, struct bench_crowd *result)
{
	for (unsigned int i = 0; i < c->n; i++) {
		struct bench_lane *lane = &c->lane[i];
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = lane };

		if (bench_pair(lane) || bench_keys(lane, lane->a, 0))
			return stop(result, lane);
		if (epoll_ctl(c->poll, EPOLL_CTL_ADD, lane->a, &ev)) {
			bench_fail(lane, "epoll_ctl");
			return stop(result, lane);
		}
	}
	return 0;
}

void bench_crowd(enum bench_column column, unsigned int idle, unsigned int rounds,
		 struct bench_crowd *result)
{
	struct crowd *c = calloc(1, sizeof(*c));
	const char *why;

	memset(result, 0, sizeof(*result));
	if (!c)
		return;
	c->n = BENCH_CROWD_BUSY + idle;
	c->rounds = rounds;
	c->lane = calloc(c->n, sizeof(*c->lane));
	c->poll = epoll_create1(EPOLL_CLOEXEC);
	bench_start_lane(&c->recording, &row, column);
	if (!bench_column_there(column, &why)) {
		snprintf(result->why, sizeof(result->why), "%s", why);
	} else if (!c->lane || c->poll < 0 || !bench_raise_limit(c->n)) {
		snprintf(result->why, sizeof(result->why), "%u descriptors cannot be had",
			 2 * c->n);
	} else if (bench_replay_file(&c->recording, ASKED, (size_t)ASKED * rounds)) {
		stop(result, &c->recording);
	} else {
		for (unsigned int i = 0; i < c->n; i++)
			bench_start_lane(&c->lane[i], &row, column);
		result->done = !connect_all(c, result) && !serve_all(c, result);
		for (unsigned int i = 0; i < c->n; i++)
			bench_hang_up(&c->lane[i]);
	}
	bench_close_lane(&c->recording);
	if (c->poll >= 0)
		close(c->poll);
	free(c->lane);
	free(c);
}
