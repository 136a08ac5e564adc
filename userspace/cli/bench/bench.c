// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock bench: what TLS in the kernel costs on this machine, beside the alternatives. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "cli.h"

static void list_rows(void)
{
	for (unsigned int i = 0; i < bench_row_count; i++)
		printf("%-28s %s\n", bench_rows[i].name, bench_rows[i].about);
}

/* What this machine cannot show, and why; sets the bits of the columns it can. */
static void find_columns(struct bench_options *opt, FILE *out)
{
	const char *why;

	for (int c = 0; c < BENCH_COLUMNS; c++) {
		if (bench_column_there((enum bench_column)c, &why))
			opt->columns |= 1 << c;
		else if (out)
			fprintf(out, "not measured: %s: %s\n",
				bench_column_name((enum bench_column)c), why);
	}
	if (!bench_cycles_there(&why) && out)
		fprintf(out, "not measured: cycles: %s\n", why);
}

/* A line on the terminal that goes away again. */
static void progress(const char *row)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (row)
		fprintf(stderr, "\r\033[Kmeasuring %s ...", row);
	else
		fputs("\r\033[K", stderr);
}

/* Columns that failed, without those that this machine cannot have. */
static int failures(const struct bench_cell *cell, unsigned int columns)
{
	int n = 0;

	for (int c = 0; c < BENCH_COLUMNS; c++)
		if (columns & 1 << c && !cell[c].done && !cell[c].absent && *cell[c].why)
			n++;
	return n;
}

static int measure(const struct bench_options *opt, const char *rows, bool json)
{
	struct bench_cell cell[BENCH_COLUMNS];
	int done = 0, failed = 0;

	if (json)
		bench_json_head(stdout, opt);
	else
		bench_print_wall_head(stdout);
	for (unsigned int i = 0; i < bench_row_count; i++) {
		const struct bench_row *row = &bench_rows[i];

		if (!bench_wanted(row, rows))
			continue;
		progress(row->name);
		bench_run(row, opt, cell);
		progress(NULL);
		if (json)
			bench_json_row(stdout, row, !done, cell);
		else
			bench_print_wall(stdout, row, cell);
		done++;
		failed += failures(cell, opt->columns);
	}
	if (json) {
		bench_json_middle(stdout);
		bench_json_tail(stdout);
	}
	if (!done)
		return cli_usage("no row is called '%s' (--list shows them)", rows);
	if (fflush(stdout))
		return CLI_USAGE;
	return failed ? CLI_KERNEL : CLI_OK;
}

static int run(int argc, char **argv)
{
	static const struct option long_opts[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "list", no_argument, NULL, 'l' },
		{ "quick", no_argument, NULL, 'q' },
		{ "rows", required_argument, NULL, 'r' },
		{ "repetitions", required_argument, NULL, 'n' },
		{ 0 },
	};
	struct bench_options opt = { .reps = 7, .scale = 4 };
	const char *rows = "*";
	bool json = false;
	long reps;
	int o;

	while ((o = cli_option(&verb_bench, argc, argv, ":h", long_opts)) != -1) {
		switch (o) {
		case 'l':
			list_rows();
			return fflush(stdout) ? CLI_USAGE : CLI_OK;
		case 'j':
			json = true;
			break;
		case 'q':
			opt.scale = 0.5;
			break;
		case 'r':
			rows = optarg;
			break;
		case 'n':
			if (!cli_number(optarg, "--repetitions", 1, BENCH_REPS_MAX, &reps))
				return CLI_USAGE;
			opt.reps = reps;
			break;
		default:
			return CLI_USAGE;
		}
	}
	if (optind < argc)
		return cli_usage("unexpected argument '%s'", argv[optind]);
	find_columns(&opt, json ? NULL : stdout);
	return measure(&opt, rows, json);
}

const struct cli_verb verb_bench = {
	.name = "bench",
	.summary = "how fast is it on this machine, beside the alternatives?",
	.run = run,
	.help =
	"Usage: sealsock bench [--rows LIST] [--quick] [--json]\n"
	"Measures sending and receiving over loopback connections of its own: plain TCP, the\n"
	"kernel's own tls, sealsock, and OpenSSL, of which it takes what this machine has.\n\n"
	"      --rows LIST       these rows: names or patterns, between commas; 'bars' are the main\n"
	"                        ones; default: all\n"
	"      --list            tell the rows and what they do\n"
	"      --quick           fewer bytes, less exact\n"
	"      --repetitions N   of each row, 1 to 31 (default 7)\n"
	"      --json            one JSON object\n"
	"  -h, --help            this text\n\n"
	"Example:\n"
	"  sealsock bench --rows 'sendfile,recv-64K'\n\n"
	"Exit status: 0 measured; 2 usage; 5 something that is there does not work.\n",
};
