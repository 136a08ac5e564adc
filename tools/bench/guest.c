// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The benchmark's program for guests whose clock counts instructions: the rows of userspace/cli.
 *
 *	guest [--rows PATTERN,...] [--columns NAME,...]
 *	      [--reps N] [--scale X] [--json FILE]
 *
 * Prints the table as it comes; the JSON goes to FILE, or for "-" after the table. Fails if a
 * column of a row that is there could not be measured.
 */
#include <fnmatch.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static bool listed(const char *name, const char *list)
{
	char pattern[64];

	while (*list) {
		size_t n = strcspn(list, ",");

		if (n < sizeof(pattern)) {
			memcpy(pattern, list, n);
			pattern[n] = 0;
			if (!fnmatch(pattern, name, 0))
				return true;
		}
		list += n + (list[n] == ',');
	}
	return false;
}

static unsigned int columns_of(const char *list)
{
	unsigned int bits = 0;

	for (int c = 0; c < BENCH_COLUMNS; c++)
		if (listed(bench_column_name((enum bench_column)c), list))
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
		if (row->flags & BENCH_CIPHERS && strstr(cell[c].why, "TLS_"))
			continue;
		n++;
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

static int run(const char *rows, const struct bench_options *opt, FILE *json)
{
	struct bench_cell cell[BENCH_COLUMNS];
	int failed = 0, done = 0;

	setlinebuf(stdout);
	/* First of all: this has the ciphers' modules loaded. */
	if (!bench_floor_there())
		fputs("guest: there is no floor: /proc/sealsock_floor cannot be read\n", stderr);
	bench_print_head(stdout, opt);
	if (json)
		bench_json_head(json, opt);
	for (unsigned int i = 0; i < bench_row_count; i++) {
		const struct bench_row *row = &bench_rows[i];

		if (!listed(row->name, rows) &&
		    !(row->flags & BENCH_BAR && listed("bars", rows)))
			continue;
		bench_run(row, opt, cell);
		bench_print_row(stdout, row, opt, cell);
		if (json)
			bench_json_row(json, row, !done, cell);
		done++;
		failed += trouble(row, cell);
	}
	if (json) {
		bench_json_tail(json);
		show(json);
	}
	if (!done)
		fprintf(stderr, "guest: no row is called '%s'\n", rows);
	return failed || !done;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rows", required_argument, NULL, 'r' },
		{ "columns", required_argument, NULL, 'c' },
		{ "reps", required_argument, NULL, 'n' },
		{ "scale", required_argument, NULL, 's' },
		{ "json", required_argument, NULL, 'j' },
		{ 0 },
	};
	struct bench_options opt = {
		.reps = 5, .scale = 1, .columns = ~0u, .instructions = true,
	};
	const char *rows = "*";
	FILE *json = NULL;
	int o;

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
		else
			return 2;
	}
	if (!opt.reps || opt.reps > BENCH_REPS_MAX || opt.scale <= 0)
		return 2;
	return run(rows, &opt, json);
}
