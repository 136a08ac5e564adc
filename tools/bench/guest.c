// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The benchmark's program for guests whose clock counts instructions: the rows of
 * userspace/cli/bench.
 *
 *	guest [--rows PATTERN,...] [--columns NAME,...]
 *	      [--reps N] [--scale X] [--json FILE] [--wall]
 *	guest --guard FILE
 *	guest --crowd ROUNDS
 *
 * Prints the table as it comes; the JSON goes to FILE, or for "-" after the table. Fails if a
 * column of a row that is there could not be measured.
 *
 * --wall: the guest has a clock of its own and, perhaps, several processors.
 *
 * --crowd: instead of rows, some busy connections among many idle ones, asked so many times; by a
 * clock of its own.
 *
 * --guard: measures sealsock in the rows that FILE has figures of for this kernel, and fails,
 * naming the row, where one has become dearer (tools/bench/report writes FILE). TAP.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

#define GUARD_LIMIT	0.03

static unsigned int columns_of(const char *list)
{
	unsigned int bits = 0;

	for (int c = 0; c < BENCH_COLUMNS; c++)
		if (bench_listed(bench_column_name((enum bench_column)c), list))
			bits |= 1 << c;
	return bits;
}

/* Ciphers that this kernel does not have are no failure; anything else is. */
static int trouble(const struct bench_row *row, const struct bench_cell *cell)
{
	int n = 0;

	for (int c = 0; c < BENCH_COLUMNS; c++) {
		if (cell[c].done || !*cell[c].why)
			continue;
		n += !(cell[c].absent && row->flags & BENCH_CIPHERS);
	}
	return n;
}

static bool json_on_stdout;

static FILE *open_json(const char *name)
{
	FILE *f;

	json_on_stdout = !strcmp(name, "-");
	f = json_on_stdout ? tmpfile() : fopen(name, "w+e");
	if (!f) {
		perror(name);
		exit(2);
	}
	return f;
}

/* Copies the JSON behind the table. */
static void show(FILE *json)
{
	int c;

	if (!json_on_stdout)
		return;
	rewind(json);
	while ((c = getc(json)) != EOF)
		putchar(c);
}

/* Rows "hold-N"; only the kernel's columns have them. */
static int run_held(const char *rows, const struct bench_options *opt, FILE *json, int *done)
{
	struct bench_held held[BENCH_COLUMNS];
	int failed = 0, shown = 0;
	char name[32];

	for (int i = 0; i < BENCH_HOLD_COUNTS; i++) {
		unsigned int n = bench_hold_counts[i];

		snprintf(name, sizeof(name), "hold-%u", n);
		if (!bench_listed(name, rows))
			continue;
		memset(held, 0, sizeof(held));
		for (int c = 0; c <= BENCH_MANAGED; c++) {
			if (!(opt->columns & 1 << c))
				continue;
			bench_hold((enum bench_column)c, n, &held[c]);
			failed += !held[c].done;
		}
		bench_print_held(stdout, n, held);
		if (json)
			bench_json_held(json, n, !shown, held);
		shown++;
	}
	*done += shown;
	return failed;
}

static int run(const char *rows, const struct bench_options *opt, FILE *json)
{
	struct bench_cell cell[BENCH_COLUMNS];
	int failed = 0, done = 0;

	setlinebuf(stdout);
	/* First of all: this has the ciphers' modules loaded. */
	if (!bench_floor_there())
		fputs("guest: there is no floor: /proc/sealsock_floor cannot be read\n", stderr);
	if (opt->instructions)
		bench_print_head(stdout, opt);
	else
		bench_print_wall_head(stdout);
	if (json)
		bench_json_head(json, opt);
	for (unsigned int i = 0; i < bench_row_count; i++) {
		const struct bench_row *row = &bench_rows[i];

		if (!bench_wanted(row, rows))
			continue;
		/* A clock that counts instructions is that of one processor without caches. */
		if (row->flags & (BENCH_CORES | BENCH_CACHES) && opt->instructions)
			continue;
		bench_run(row, opt, cell);
		if (opt->instructions)
			bench_print_row(stdout, row, cell);
		else
			bench_print_wall(stdout, row, cell);
		if (json)
			bench_json_row(json, row, !done, cell);
		done++;
		failed += trouble(row, cell);
	}
	if (json)
		bench_json_middle(json);
	failed += run_held(rows, opt, json, &done);
	if (json) {
		bench_json_tail(json);
		show(json);
	}
	if (!done)
		fprintf(stderr, "guest: no row is called '%s'\n", rows);
	return failed || !done;
}

/*
 * A clock that counts instructions leaps while everything waits for the host's disk: the kernel
 * would take whoever waits for a task that hangs.
 */
static void forgive_waiting(void)
{
	FILE *f = fopen("/proc/sys/kernel/hung_task_timeout_secs", "we");

	if (!f)
		return;
	fputs("0\n", f);
	fclose(f);
}

enum { GUARDED_MAX = 32 };

struct guarded {
	char row[32];
	double committed;
};

/* Lines "KERNEL ROW INSTRUCTIONS" of the kernel we are in, as tools/vm/run calls it. */
static int read_guard(const char *name, struct guarded *all)
{
	const char *here = getenv("SEALSOCK_KERNEL");
	FILE *f = fopen(name, "re");
	char line[128], kernel[32];
	int n = 0;

	if (!f) {
		perror(name);
		exit(2);
	}
	while (fgets(line, sizeof(line), f) && n < GUARDED_MAX) {
		struct guarded *g = &all[n];

		if (*line != '#' && here &&
		    sscanf(line, "%31s %31s %lf", kernel, g->row, &g->committed) == 3 &&
		    !strcmp(kernel, here))
			n++;
	}
	fclose(f);
	return n;
}

static const struct bench_row *row_called(const char *name)
{
	for (unsigned int i = 0; i < bench_row_count; i++)
		if (!strcmp(bench_rows[i].name, name))
			return &bench_rows[i];
	return NULL;
}

static bool guard_row(int number, const struct guarded *g)
{
	const struct bench_row *row = row_called(g->row);
	struct bench_options opt = { .reps = 3, .scale = 0.5, .instructions = true };
	enum bench_column column = BENCH_SEALSOCK;
	struct bench_cell cell[BENCH_COLUMNS];
	const struct bench_cell *c;
	double change;

	if (!row) {
		printf("not ok %d %s # there is no such row\n", number, g->row);
		return false;
	}
	/* Some rows are about managed mode alone. */
	if (!(row->kind->columns & 1 << column))
		column = BENCH_MANAGED;
	c = &cell[column];
	opt.columns = 1 << column;
	bench_run(row, &opt, cell);
	if (!c->done) {
		printf("not ok %d %s # %s\n", number, g->row, c->why);
		return false;
	}
	change = c->wall.median / g->committed - 1;
	printf("# %s: %.5g instructions, committed %.5g: %+.1f %%\n", g->row, c->wall.median,
	       g->committed, change * 100);
	printf("%s %d %s\n", change > GUARD_LIMIT ? "not ok" : "ok", number, g->row);
	return change <= GUARD_LIMIT;
}

static int guard(const char *name)
{
	struct guarded all[GUARDED_MAX];
	int n = read_guard(name, all), failed = 0;

	setlinebuf(stdout);
	puts("TAP version 13");
	/* This has the ciphers' modules loaded. */
	bench_floor_there();
	if (!n) {
		puts("1..1\nok 1 figures # SKIP no figures of this kernel are committed");
		return 0;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++)
		failed += !guard_row(i + 1, &all[i]);
	return failed != 0;
}

static int crowd(unsigned int rounds)
{
	struct bench_crowd result[BENCH_COLUMNS];
	int failed = 0;

	setlinebuf(stdout);
	for (int i = 0; i < BENCH_CROWD_COUNTS; i++) {
		memset(result, 0, sizeof(result));
		for (int c = 0; c <= BENCH_MANAGED; c++) {
			bench_crowd((enum bench_column)c, bench_crowd_idle[i], rounds, &result[c]);
			failed += !result[c].done;
		}
		bench_print_crowd(stdout, bench_crowd_idle[i], result);
		bench_json_crowd(stdout, bench_crowd_idle[i], result);
	}
	return failed != 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rows", required_argument, NULL, 'r' },
		{ "columns", required_argument, NULL, 'c' },
		{ "reps", required_argument, NULL, 'n' },
		{ "scale", required_argument, NULL, 's' },
		{ "json", required_argument, NULL, 'j' },
		{ "wall", no_argument, NULL, 'w' },
		{ "guard", required_argument, NULL, 'g' },
		{ "crowd", required_argument, NULL, 'C' },
		{ 0 },
	};
	struct bench_options opt = {
		.reps = 5, .scale = 1, .columns = ~0u, .instructions = true,
	};
	const char *rows = "*";
	FILE *json = NULL;
	int o;

	forgive_waiting();
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'r')
			rows = optarg;
		else if (o == 'c')
			opt.columns = columns_of(optarg);
		else if (o == 'n')
			opt.reps = atoi(optarg);
		else if (o == 's')
			opt.scale = atof(optarg);
		else if (o == 'j')
			json = open_json(optarg);
		else if (o == 'w')
			opt.instructions = false;
		else if (o == 'g')
			return guard(optarg);
		else if (o == 'C')
			return crowd((unsigned int)strtoul(optarg, NULL, 10));
		else
			return 2;
	}
	if (!opt.reps || opt.reps > BENCH_REPS_MAX || opt.scale <= 0)
		return 2;
	return run(rows, &opt, json);
}
