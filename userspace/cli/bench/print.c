// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The benchmark's table and its JSON. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "bench/bench.h"

/* "%.2f" of small figures, whole numbers of large ones. */
static void figure(FILE *f, double v)
{
	if (v >= 1000)
		fprintf(f, " %9.0f", v);
	else
		fprintf(f, " %9.*f", v < 10 ? 3 : v < 100 ? 2 : 1, v);
}

static void figure_or_none(FILE *f, double v)
{
	if (v > 0)
		figure(f, v);
	else
		fprintf(f, " %9s", "-");
}

/* What sealsock takes beyond the floor, for each record. */
static double beyond(const struct bench_cell *c, double floor)
{
	return c->done && floor > 0 && c->records > 0 ? (c->wall.median - floor) / c->records : 0;
}

static double ratio(const struct bench_cell *c, double to)
{
	return c->done && to > 0 ? c->wall.median / to : 0;
}

void bench_print_head(FILE *f, const struct bench_options *opt)
{
	fprintf(f, "%s per byte (talk-*, update-*: per exchange), median of %u\n",
		opt->instructions ? "instructions" : "nanoseconds", opt->reps);
	fprintf(f, "%-28s", "row");
	for (int c = 0; c < BENCH_COLUMNS; c++)
		fprintf(f, " %9.9s", bench_column_name((enum bench_column)c));
	fprintf(f, " %9s %9s %9s %9s\n", "F", "ours/F", "ours/tls", "beyond F");
}

void bench_print_row(FILE *f, const struct bench_row *row,
		     const struct bench_cell cell[BENCH_COLUMNS])
{
	const struct bench_cell *ours = &cell[BENCH_SEALSOCK], *tls = &cell[BENCH_TLS];
	double floor = bench_floor(row, cell);

	fprintf(f, "%-28s", row->name);
	for (int c = 0; c < BENCH_COLUMNS; c++)
		figure_or_none(f, cell[c].done ? cell[c].wall.median : 0);
	figure_or_none(f, floor);
	figure_or_none(f, ratio(ours, floor));
	figure_or_none(f, tls->done ? ratio(ours, tls->wall.median) : 0);
	fprintf(f, " %9.0f\n", beyond(ours, floor));
	for (int c = 0; c < BENCH_COLUMNS; c++)
		if (!cell[c].done && *cell[c].why)
			fprintf(f, "  %s %s: %s\n", row->name,
				bench_column_name((enum bench_column)c), cell[c].why);
}

void bench_print_wall_head(FILE *f)
{
	fprintf(f, "%-28s %-12s %23s %11s %11s %9s\n", "row", "records by",
		"MB/s (lowest, highest)", "CPU ns/B", "cycles/B", "of plain");
}

static void cycles_or_none(FILE *f, const struct bench_cell *c)
{
	if (c->cycles.median > 0)
		fprintf(f, " %11.3g", c->cycles.median);
	else
		fprintf(f, " %11s", "-");
}

void bench_print_wall(FILE *f, const struct bench_row *row,
		      const struct bench_cell cell[BENCH_COLUMNS])
{
	const struct bench_cell *plain = &cell[BENCH_PLAIN];
	/* Nanoseconds of a unit to MB, or to exchanges, a second. */
	double top = row->kind->per_call ? 1e9 : 1e3;

	for (int c = 0; c < BENCH_COLUMNS; c++) {
		const struct bench_cell *x = &cell[c];
		const char *name = bench_column_name((enum bench_column)c);

		if (!x->done && *x->why)
			fprintf(f, "%-28s %-12s %s\n", row->name,
				row->flags & BENCH_SMALL_MTU && x->absent ? "-" : name, x->why);
		if (!x->done)
			continue;
		fprintf(f, "%-28s %-12s %8.0f (%.0f, %.0f)%s %11.3g", row->name, name,
			top / x->wall.median, top / x->wall.max, top / x->wall.min,
			row->kind->per_call ? " exchanges/s" : "", x->cpu.median);
		cycles_or_none(f, x);
		if (plain->done)
			fprintf(f, " %8.0f%%", 100 * plain->wall.median / x->wall.median);
		if (x->alone.median > 0)
			fprintf(f, "  %.2f times one processor (%.2f best of each)",
				x->alone.median / x->wall.median, x->alone.min / x->wall.min);
		fputc('\n', f);
	}
}

/* Strings here are the program's own and the kernel's: of JSON's escapes they need these. */
static void string(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', f);
		if ((unsigned char)*s >= ' ')
			fputc(*s, f);
	}
	fputc('"', f);
}

static void cpu_line(FILE *f, const char *key, const char *name)
{
	FILE *in = fopen("/proc/cpuinfo", "re");
	static char line[8192];

	fprintf(f, ", \"%s\": ", name);
	while (in && fgets(line, sizeof(line), in)) {
		char *colon = strchr(line, ':');

		if (!colon || strncmp(line, key, strlen(key)))
			continue;
		string(f, colon[1] ? colon + 2 : colon + 1);
		fclose(in);
		return;
	}
	if (in)
		fclose(in);
	fputs("\"\"", f);
}

void bench_json_head(FILE *f, const struct bench_options *opt)
{
	const char *why;
	struct utsname u;
	char date[32];
	time_t t = time(NULL);

	uname(&u);
	strftime(date, sizeof(date), "%Y-%m-%d", gmtime(&t));
	fputs("{\"kernel\": ", f);
	string(f, u.release);
	fprintf(f, ", \"date\": \"%s\", \"unit\": \"%s\", \"repetitions\": %u, \"scale\": %g",
		date, opt->instructions ? "instructions" : "nanoseconds", opt->reps, opt->scale);
	cpu_line(f, "model name", "cpu");
	cpu_line(f, "flags", "flags");
	fputs(",\n \"missing\": {", f);
	for (int c = 0, n = 0; c < BENCH_COLUMNS; c++) {
		if (bench_column_there((enum bench_column)c, &why))
			continue;
		fprintf(f, "%s\"%s\": ", n++ ? ", " : "", bench_column_name((enum bench_column)c));
		string(f, why);
	}
	fputs("},\n \"rows\": [", f);
}

static void sum(FILE *f, const char *name, const struct bench_sum *s)
{
	fprintf(f, ", \"%s\": [%.6g, %.6g, %.6g]", name, s->min, s->median, s->max);
}

static void json_cell(FILE *f, const struct bench_cell *c)
{
	if (!c->done) {
		fputs("{\"why\": ", f);
		string(f, c->why);
		fputc('}', f);
		return;
	}
	fprintf(f, "{\"bytes\": %.0f, \"records\": %.6g", c->bytes, c->records);
	sum(f, "cost", &c->wall);
	if (c->alone.median > 0)
		sum(f, "alone", &c->alone);
	sum(f, "cpu", &c->cpu);
	if (c->cycles.max > 0)
		sum(f, "cycles", &c->cycles);
	fputc('}', f);
}

void bench_json_row(FILE *f, const struct bench_row *row, bool first,
		    const struct bench_cell cell[BENCH_COLUMNS])
{
	double floor = bench_floor(row, cell);
	int n = 0;

	fprintf(f, "%s\n  {\"row\": \"%s\", \"about\": \"%s\", \"per\": \"%s\"",
		first ? "" : ",", row->name, row->about, row->kind->per_call ? "exchange" : "byte");
	fprintf(f, ", \"size\": %zu, \"suite\": \"%s\", \"bar\": %s", row->size,
		bench_suites[row->suite].name, row->flags & BENCH_BAR ? "true" : "false");
	if (floor > 0)
		fprintf(f, ", \"floor\": %.6g, \"beyond\": %.6g", floor,
			beyond(&cell[BENCH_SEALSOCK], floor));
	fputs(", \"columns\": {", f);
	for (int c = 0; c < BENCH_COLUMNS; c++) {
		if (!cell[c].done && !*cell[c].why)
			continue;
		fprintf(f, "%s\n   \"%s\": ", n++ ? "," : "",
			bench_column_name((enum bench_column)c));
		json_cell(f, &cell[c]);
	}
	fputs("}}", f);
}

void bench_print_held(FILE *f, unsigned int n, const struct bench_held held[BENCH_COLUMNS])
{
	double tfm = 2 * bench_floor_memory(&bench_suites[0]);

	for (int c = 0; c < BENCH_COLUMNS; c++) {
		const struct bench_held *h = &held[c];
		const char *name = bench_column_name((enum bench_column)c);

		if (!h->done) {
			if (*h->why)
				fprintf(f, "  hold-%u %s: %s\n", n, name, h->why);
			continue;
		}
		fprintf(f, "hold-%-6u %-12s first answer %.0f, slowest / median %.2f", n, name,
			h->first.median, h->served.max / h->served.median);
		if (h->memory > 0)
			fprintf(f, ", %.0f bytes each, %.0f of them two transforms", h->memory,
				tfm);
		fputc('\n', f);
	}
}

void bench_json_held(FILE *f, unsigned int n, bool first,
		     const struct bench_held held[BENCH_COLUMNS])
{
	int shown = 0;

	fprintf(f, "%s\n  {\"connections\": %u, \"transforms\": %.0f, \"columns\": {",
		first ? "" : ",", n, 2 * bench_floor_memory(&bench_suites[0]));
	for (int c = 0; c < BENCH_COLUMNS; c++) {
		const struct bench_held *h = &held[c];

		if (!h->done && !*h->why)
			continue;
		fprintf(f, "%s\n   \"%s\": ", shown++ ? "," : "",
			bench_column_name((enum bench_column)c));
		if (!h->done) {
			fputs("{\"why\": ", f);
			string(f, h->why);
			fputc('}', f);
			continue;
		}
		fprintf(f, "{\"memory\": %.0f", h->memory);
		sum(f, "first", &h->first);
		sum(f, "served", &h->served);
		fputc('}', f);
	}
	fputs("}}", f);
}

void bench_print_crowd(FILE *f, unsigned int idle, const struct bench_crowd crowd[BENCH_COLUMNS])
{
	for (int c = 0; c < BENCH_COLUMNS; c++) {
		const struct bench_crowd *x = &crowd[c];
		const char *name = bench_column_name((enum bench_column)c);

		if (x->done)
			fprintf(f, "crowd-%-5u %-12s %.3f a byte (%.3f at least), slowest %.2f\n",
				idle, name, x->cost.median, x->cost.min,
				x->each.max / x->each.median);
		else if (*x->why)
			fprintf(f, "  crowd-%u %s: %s\n", idle, name, x->why);
	}
}

/* One line, which may come before or behind the rest of the JSON. */
void bench_json_crowd(FILE *f, unsigned int idle, const struct bench_crowd crowd[BENCH_COLUMNS])
{
	int shown = 0;

	fprintf(f, "{\"idle\": %u, \"busy\": %u, \"columns\": {", idle, BENCH_CROWD_BUSY);
	for (int c = 0; c < BENCH_COLUMNS; c++) {
		if (!crowd[c].done)
			continue;
		fprintf(f, "%s\"%s\": {\"unit\": \"nanoseconds\"", shown++ ? ", " : "",
			bench_column_name((enum bench_column)c));
		sum(f, "cost", &crowd[c].cost);
		sum(f, "each", &crowd[c].each);
		fputc('}', f);
	}
	fputs("}}\n", f);
}

void bench_json_middle(FILE *f)
{
	fputs("\n ],\n \"held\": [", f);
}

void bench_json_tail(FILE *f)
{
	fputs("\n ]}\n", f);
	fflush(f);
}
