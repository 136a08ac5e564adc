// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Measures one row over its columns. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

#ifndef TCP_ULP
#define TCP_ULP			31
#endif

static const char *const names[BENCH_COLUMNS] = {
	[BENCH_PLAIN] = "plain",
	[BENCH_TLS] = "tls",
	[BENCH_SEALSOCK] = "sealsock",
	[BENCH_MANAGED] = "managed",
	[BENCH_OPENSSL] = "openssl",
	[BENCH_OPENSSL_MAP] = "openssl-map",
};

const char *bench_column_name(enum bench_column column)
{
	return names[column];
}

/* True where sealsock answers to the name "tls" as well. */
static bool aliased(void)
{
	FILE *f = fopen("/sys/module/sealsock/parameters/alias_tls", "re");
	int c = f ? fgetc(f) : 'N';

	if (f)
		fclose(f);
	return c == 'Y' || c == '1';
}

static bool ulp_there(enum bench_column column, const char **why)
{
	static const struct bench_row row = { .name = "" };
	struct bench_lane lane = { .row = &row, .column = column, .a = -1, .b = -1 };
	const char *ulp = bench_ulp(column);
	bool there;

	if (column == BENCH_TLS && aliased()) {
		*why = "sealsock has the name \"tls\" (alias_tls=1)";
		return false;
	}
	if (bench_pair(&lane)) {
		*why = "there is no connection over 127.0.0.1";
		there = false;
	} else {
		there = !setsockopt(lane.a, IPPROTO_TCP, TCP_ULP, ulp, strlen(ulp) + 1);
		*why = column == BENCH_TLS ?
			"the kernel's module tls is not loaded (modprobe tls)" :
			"the module sealsock is not loaded (modprobe sealsock)";
	}
	close(lane.a);
	close(lane.b);
	return there;
}

bool bench_column_there(enum bench_column column, const char **why)
{
	*why = "";
	if (bench_in_kernel(column))
		return ulp_there(column, why);
	return column == BENCH_PLAIN || bench_ssl_there(why);
}

void bench_close_lane(struct bench_lane *lane)
{
	bench_ssl_close(lane->ssl);
	if (lane->map)
		munmap((void *)lane->map, lane->file_len);
	free(lane->buf);
	for (int i = 0; i < 2; i++)
		if (lane->pipe[i] >= 0)
			close(lane->pipe[i]);
	if (lane->file >= 0)
		close(lane->file);
	if (lane->a >= 0)
		close(lane->a);
	if (lane->b >= 0)
		close(lane->b);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct bench_sum bench_summary(double *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), compare);
	return (struct bench_sum){
		.min = v[0],
		.median = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2,
		.max = v[n - 1],
	};
}

static int steps(struct bench_lane *lane, uint64_t amount)
{
	uint64_t end = lane->bytes + amount;

	while (lane->bytes < end)
		if (lane->row->kind->step(lane))
			return -1;
	return 0;
}

static uint64_t units(const struct bench_lane *lane)
{
	return lane->row->kind->per_call ? lane->calls : lane->bytes;
}

enum { CPUS_MAX = 8 };

/* The processors there are, as far as SEALSOCK_TX_CPUS goes. */
static unsigned int processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > CPUS_MAX ? CPUS_MAX : n;
}

/* One repetition by one processor, before each by several. */
static int measure_alone(struct bench_lane *lane, double *wall)
{
	uint64_t before = units(lane);
	struct bench_meter m;

	if (bench_cpus(lane, 1))
		return -1;
	bench_meter_start(&m);
	if (steps(lane, lane->amount))
		return -1;
	bench_meter_stop(&m);
	*wall = m.wall / (units(lane) - before);
	return bench_cpus(lane, processors());
}

/* One repetition: what it has cost is in @m. */
static int spend(struct bench_lane *lane, struct bench_meter *m)
{
	lane->meter = (struct bench_meter){ 0 };
	bench_meter_start(m);
	if (steps(lane, lane->amount))
		return -1;
	bench_meter_stop(m);
	if (lane->row->kind->metered)
		*m = lane->meter;
	return 0;
}

static int measure(struct bench_lane *lane, struct bench_cell *cell)
{
	bool cores = lane->row->flags & BENCH_CORES && lane->column == BENCH_SEALSOCK;
	double wall[BENCH_REPS_MAX], cpu[BENCH_REPS_MAX], cycles[BENCH_REPS_MAX];
	const struct bench_kind *kind = lane->row->kind;
	double alone[BENCH_REPS_MAX];

	/* What grows at the begin of a connection (windows, caches) has grown then. */
	if (kind->open(lane) || steps(lane, lane->amount / 2))
		return -1;
	for (unsigned int i = 0; i < lane->reps; i++) {
		uint64_t before, bytes;
		struct bench_meter m;
		double n;

		if (cores && measure_alone(lane, &alone[i]))
			return -1;
		before = units(lane);
		bytes = lane->bytes;
		if (spend(lane, &m))
			return -1;
		n = units(lane) - before;
		wall[i] = m.wall / n;
		cpu[i] = m.cpu / n;
		cycles[i] = m.cycles / n;
		cell->bytes = lane->bytes - bytes;
	}
	if (kind->check(lane))
		return -1;
	cell->wall = bench_summary(wall, lane->reps);
	if (cores)
		cell->alone = bench_summary(alone, lane->reps);
	cell->cpu = bench_summary(cpu, lane->reps);
	cell->cycles = bench_summary(cycles, lane->reps);
	cell->records = lane->records / units(lane);
	return 0;
}

static void run_cell(const struct bench_row *row, enum bench_column column,
		     const struct bench_options *opt, struct bench_cell *cell)
{
	struct bench_lane lane = {
		.row = row, .column = column, .reps = opt->reps,
		.amount = row->amount * opt->scale, .a = -1, .b = -1, .file = -1,
		.pipe = { -1, -1 },
	};
	const char *why;

	if (!bench_column_there(column, &why)) {
		snprintf(cell->why, sizeof(cell->why), "%s", why);
		cell->absent = true;
		return;
	}
	lane.amount -= lane.amount % (row->size < BENCH_RECORD ? row->size : BENCH_RECORD);
	cell->done = !measure(&lane, cell);
	if (!cell->done) {
		memcpy(cell->why, lane.why, sizeof(cell->why));
		/* The kernel, or its tls, has no such cipher. */
		cell->absent = row->flags & BENCH_CIPHERS && strstr(lane.why, "TLS_");
	}
	bench_close_lane(&lane);
}

void bench_run(const struct bench_row *row, const struct bench_options *opt,
	       struct bench_cell cell[BENCH_COLUMNS])
{
	unsigned int columns = row->kind->columns & opt->columns;
	const char *why = "";
	bool inside = false;

	if (row->flags & BENCH_CORES) {
		columns &= 1 << BENCH_PLAIN | 1 << BENCH_TLS | 1 << BENCH_SEALSOCK;
		if (processors() < 2)
			columns = 0;
	}

	if (row->flags & BENCH_CIPHERS || row->suite)
		columns &= ~(1 << BENCH_OPENSSL | 1 << BENCH_OPENSSL_MAP);
	memset(cell, 0, BENCH_COLUMNS * sizeof(*cell));
	if (row->flags & BENCH_SMALL_MTU) {
		inside = !bench_net_enter(&why);
		if (!inside) {
			snprintf(cell->why, sizeof(cell->why), "%s", why);
			cell->absent = true;
			return;
		}
	}
	for (int c = 0; c < BENCH_COLUMNS; c++)
		if (columns & 1 << c)
			run_cell(row, (enum bench_column)c, opt, &cell[c]);
	if (inside)
		bench_net_leave();
}
