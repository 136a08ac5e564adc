// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The floor of a row: what plain TCP costs for the same calls, and one cipher call a record. The
 * cipher's cost is that of the kernel's crypto API over contiguous memory, as the measuring module
 * of tools/bench has it in its file.
 */
#include <linux/tls.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

#define FLOOR_FILE	"/proc/sealsock_floor"

enum { POINTS = 512 };

static struct point {
	char cipher[32], op[8];
	unsigned int len;
	double cost;
} points[POINTS];

static unsigned int count;
static bool tried;

static void load(void)
{
	FILE *f = fopen(FLOOR_FILE, "re");
	char line[128];

	tried = true;
	while (f && fgets(line, sizeof(line), f) && count < POINTS) {
		struct point *p = &points[count];

		if (sscanf(line, "memory %31s %lf", p->cipher, &p->cost) == 2) {
			strcpy(p->op, "memory");
			count++;
			continue;
		}
		if (sscanf(line, "call %31s %7s %u %lf", p->cipher, p->op, &p->len, &p->cost) == 4)
			count++;
	}
	if (f)
		fclose(f);
}

bool bench_floor_there(void)
{
	if (!tried)
		load();
	return count;
}

/* Between two measured lengths on a line; beyond the last one as steep as before it. */
double bench_floor_call(const struct bench_suite *suite, bool seal, double len)
{
	const struct point *low = NULL, *high = NULL;

	if (!bench_floor_there())
		return 0;
	for (unsigned int i = 0; i < count; i++) {
		const struct point *p = &points[i];

		if (strcmp(p->cipher, suite->cipher) || strcmp(p->op, seal ? "seal" : "open"))
			continue;
		if (high && high->len >= len)
			break;
		low = high;
		high = p;
	}
	if (!low)
		return high ? high->cost : 0;
	return low->cost + (len - low->len) * (high->cost - low->cost) / (high->len - low->len);
}

double bench_floor_memory(const struct bench_suite *suite)
{
	if (!bench_floor_there())
		return 0;
	for (unsigned int i = 0; i < count; i++)
		if (!strcmp(points[i].cipher, suite->cipher) && !strcmp(points[i].op, "memory"))
			return points[i].cost;
	return 0;
}

double bench_floor(const struct bench_row *row, const struct bench_cell cell[BENCH_COLUMNS])
{
	const struct bench_suite *suite = &bench_suites[row->suite];
	const struct bench_cell *plain = &cell[BENCH_PLAIN], *c = &cell[BENCH_SEALSOCK];
	double each, records, len;

	if (!c->done)
		c = &cell[BENCH_TLS];
	if (!plain->done || !c->done || !bench_floor_there())
		return 0;
	/* A unit is a byte or an exchange, which has a record of row->size each way. */
	records = row->kind->per_call ? 1 : c->records;
	len = row->kind->per_call ? row->size : 1 / records;
	if (suite->version == TLS_1_3_VERSION)
		len++;		/* the content type */
	each = 0;
	if (row->kind->seals)
		each += bench_floor_call(suite, true, len);
	if (row->kind->opens)
		each += bench_floor_call(suite, false, len);
	return each ? plain->wall.median + each * records : 0;
}
