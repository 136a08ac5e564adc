// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The rows about KeyUpdate below the socket: what the end that is told of one spends, both ends
 * being managed. Beside it a record of as many bytes of data, which is what else might have come.
 */
#include <errno.h>
#include <linux/tls.h>
#include <string.h>
#include <sys/socket.h>

#include "../uapi/sealsock.h"
#include "bench/bench.h"

#ifndef SOL_TLS
#define SOL_TLS		282
#endif

static const char data[] = { 1, 2, 3, 4, 5 };	/* as long as a KeyUpdate */

static int open_update(struct bench_lane *lane)
{
	return bench_pair(lane) || bench_keys(lane, lane->a, 0) || bench_keys(lane, lane->b, 0);
}

static int give(struct bench_lane *lane, int fd)
{
	return send(fd, data, sizeof(data), MSG_NOSIGNAL) == sizeof(data) ? 0 :
	       bench_fail(lane, "send");
}

static int take(struct bench_lane *lane, int fd)
{
	char buf[sizeof(data) + 1];

	errno = 0;
	return recv(fd, buf, sizeof(buf), 0) == sizeof(data) && !memcmp(buf, data, sizeof(data)) ?
	       0 : bench_fail(lane, "recv");
}

/* What has come is dealt with, and is no data. */
static int look(struct bench_lane *lane, int fd)
{
	char buf[sizeof(data)];

	if (recv(fd, buf, sizeof(buf), 0) < 0 && errno == EAGAIN)
		return 0;
	errno = 0;
	return bench_fail(lane, "a KeyUpdate has brought data");
}

static int update(struct bench_lane *lane, uint32_t flags)
{
	struct sealsock_key_update req = { .flags = flags };

	return setsockopt(lane->b, SOL_TLS, SEALSOCK_KEY_UPDATE, &req, sizeof(req)) ?
	       bench_fail(lane, "SEALSOCK_KEY_UPDATE") : 0;
}

/* Nobody takes it for a flood where data comes between. */
static int done(struct bench_lane *lane)
{
	lane->bytes++;
	lane->calls++;
	return give(lane, lane->b) || take(lane, lane->a) || give(lane, lane->a) ||
	       take(lane, lane->b);
}

static int step_received(struct bench_lane *lane)
{
	if (update(lane, SEALSOCK_UPDATE_NOW))
		return -1;
	bench_meter_resume(&lane->meter);
	if (look(lane, lane->a))
		return -1;
	bench_meter_pause(&lane->meter);
	return done(lane);
}

static int step_answered(struct bench_lane *lane)
{
	if (update(lane, SEALSOCK_UPDATE_REQUEST))
		return -1;
	bench_meter_resume(&lane->meter);
	if (look(lane, lane->a))
		return -1;
	bench_meter_pause(&lane->meter);
	return look(lane, lane->b) || done(lane);
}

static int step_data(struct bench_lane *lane)
{
	if (give(lane, lane->b))
		return -1;
	bench_meter_resume(&lane->meter);
	if (take(lane, lane->a) || give(lane, lane->a))
		return -1;
	bench_meter_pause(&lane->meter);
	return take(lane, lane->b) || done(lane);
}

/* Keys of a since the first ones. */
static int generations(struct bench_lane *lane, unsigned int received, unsigned int sent)
{
	struct sealsock_sock_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(lane->a, SOL_TLS, SEALSOCK_INFO, &info, &len))
		return bench_fail(lane, "SEALSOCK_INFO");
	lane->records = lane->calls * (1 + !!sent);
	errno = 0;
	return info.rx.generation == 1 + received && info.tx.generation == 1 + sent ? 0 :
	       bench_fail(lane, "keys were not replaced as often as asked for");
}

static int check_received(struct bench_lane *lane)
{
	return generations(lane, lane->calls, 0);
}

static int check_answered(struct bench_lane *lane)
{
	return generations(lane, lane->calls, lane->calls);
}

static int check_data(struct bench_lane *lane)
{
	return generations(lane, 0, 0);
}

const struct bench_kind bench_update_received = {
	.open = open_update, .step = step_received, .check = check_received,
	.per_call = true, .metered = true, .columns = 1 << BENCH_MANAGED,
};

const struct bench_kind bench_update_answered = {
	.open = open_update, .step = step_answered, .check = check_answered,
	.per_call = true, .metered = true, .columns = 1 << BENCH_MANAGED,
};

const struct bench_kind bench_update_data = {
	.open = open_update, .step = step_data, .check = check_data,
	.per_call = true, .metered = true, .columns = 1 << BENCH_MANAGED,
};
