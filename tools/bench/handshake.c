// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * handshake [--json] [--reps N] [--batch N] [--rows TEXT] [--library NAME]
 * [--memory | --cores | --ech]:
 * what a handshake costs, this library against libssl on the same libcrypto, both in memory, in one
 * thread and in one run, in turns. --rows: only those with TEXT in "VERSION KIND GROUP", such as
 * "TLSv1.3 full"; --library: only one of the two, for a profile; --memory: instead, the memory that
 * a connection takes and keeps; --cores: instead, how many a second by one and by two processors;
 * --ech: instead, what Encrypted Client Hello adds.
 *
 * Measured is the processor time inside each side's own calls, from making the connection object
 * to freeing it; moving bytes between the sides is outside. Configuration, keys, certificates are
 * made before, as a server does. Both sides of both libraries are trimmed alike: one group, suite
 * and signature scheme, a chain of two certificates of which one is sent, no tickets in full
 * handshakes, one in resumed ones, which is then used for the next. No key share is used twice.
 *
 * Figures: microseconds a handshake; minimum, median and maximum over the batches. The primitives
 * that a server cannot do without (key generation, derivation, signature; verifications where there
 * is a client certificate) are measured alone, after each handshake.
 */
#include <getopt.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handshake.h"
#include "sealsock.h"

enum { REPS_MAX = 200 };

static const char *const kind_names[] = {
	[KIND_FULL] = "full", [KIND_RESUMED] = "resumed", [KIND_MUTUAL] = "mutual",
	[KIND_NEW] = "mutual, new",
};

struct figure {
	double of[REPS_MAX];
	unsigned int n;
};

static double at(struct figure *f, double part)
{
	hs_sort(f->of, f->n);
	return f->of[(size_t)(part * (f->n - 1))];
}

struct options {
	bool json, memory, cores, ech;
	long reps, batch;
	const char *rows, *library;
};

static bool first_row = true;

static void row(const struct options *o, const struct test *t, const char *library, int side,
		struct figure *f)
{
	const char *who = side == SIDE_SERVER ? "server" : "client";
	double low = at(f, 0), mid = at(f, 0.5), high = at(f, 1);

	if (!o->json) {
		printf("%s %-11s %-10s %-7s %-10s %8.1f %8.1f %8.1f %9.0f\n", t->version,
		       kind_names[t->kind], t->group, who, library, low, mid, high,
		       mid > 0 ? 1e6 / mid : 0);
		return;
	}
	printf("%s\n  {\"version\": \"%s\", \"kind\": \"%s\", \"group\": \"%s\", ",
	       first_row ? "" : ",", t->version, kind_names[t->kind], t->group);
	printf("\"side\": \"%s\", \"library\": \"%s\", \"min_us\": %.2f, ", who, library, low);
	printf("\"median_us\": %.2f, \"max_us\": %.2f}", mid, high);
	first_row = false;
}

/* One of the libraries in a row: what it has made ready, and its figures by side. */
struct entry {
	const struct library *lib;
	void *setup;	/* NULL: not wanted, or it failed */
	struct figure f[2];
};

static struct entry entries[] = { { .lib = &library_sealsock }, { .lib = &library_libssl } };

enum { ENTRIES = sizeof(entries) / sizeof(entries[0]) };

static void drop(struct entry *e)
{
	if (e->setup)
		e->lib->forget(e->setup);
	e->setup = NULL;
}

static void complain(const struct entry *e, const struct test *t, const char *why)
{
	fprintf(stderr, "handshake: %s, %s, %s %s: %s\n", e->lib->name, t->version, t->group,
		kind_names[t->kind], why);
}

static bool prepare(struct entry *e, const struct test *t)
{
	double spent[2] = { 0, 0 };
	char why[WHY_MAX];
	bool resumed;

	e->f[0].n = 0;
	e->f[1].n = 0;
	e->setup = e->lib->setup(t);
	/* The first one also makes the session that the next resumes. */
	for (int i = 0; i < 5; i++) {
		if (!hs_shake_whole(e->lib, e->setup, spent, &resumed, why)) {
			complain(e, t, why);
			drop(e);
			return false;
		}
	}
	return true;
}

static void again(struct entry *e, const struct test *t, double spent[2])
{
	char why[WHY_MAX] = "a full handshake instead of a resumed one, or the other way round";
	bool resumed = false, due = t->kind == KIND_RESUMED;

	if (t->kind == KIND_NEW && e->lib->renew)
		e->lib->renew(e->setup, t);
	if (hs_shake_whole(e->lib, e->setup, spent, &resumed, why) && resumed == due)
		return;
	complain(e, t, why);
	drop(e);
}

/*
 * A batch of handshakes of one library, as a program has one. The primitives run once after each,
 * so that they find the caches as a handshake does.
 */
static void batch(struct entry *e, const struct test *t, struct costs *costs, double *own, long n)
{
	double spent[2] = { 0, 0 };

	*own = 0;
	for (long i = 0; i < n && e->setup; i++) {
		again(e, t, spent);
		*own += costs_measure(costs) / (double)n;
	}
	for (int s = 0; s < 2; s++)
		e->f[s].of[e->f[s].n++] = spent[s] / (double)n;
}

static bool run(const struct options *o, const struct test *t)
{
	static struct figure alone;
	struct costs *costs = costs_new(t);
	bool good = true, wanted[ENTRIES];

	alone.n = 0;
	for (int l = 0; l < ENTRIES; l++) {
		wanted[l] = !o->library || strcmp(o->library, entries[l].lib->name) == 0;
		good &= !wanted[l] || prepare(&entries[l], t);
	}
	/* The libraries take turns, so that what else the machine does meets both. */
	for (long r = 0; r < o->reps; r++) {
		double own[ENTRIES] = { 0 };

		for (int l = 0; l < ENTRIES; l++)
			if (entries[l].setup)
				batch(&entries[l], t, costs, &own[l], o->batch);
		/* The primitives among the handshakes they are compared with. */
		alone.of[alone.n++] = own[wanted[0] ? 0 : 1];
	}
	costs_free(costs);
	for (int l = 0; l < ENTRIES; l++)
		good &= !wanted[l] || entries[l].setup;
	for (int s = 0; s < 2; s++)
		for (int l = 0; l < ENTRIES; l++)
			if (entries[l].setup)
				row(o, t, entries[l].lib->name, s, &entries[l].f[s]);
	row(o, t, "primitives", SIDE_SERVER, &alone);
	for (int l = 0; l < ENTRIES; l++)
		drop(&entries[l]);
	return good;
}

static bool wanted(const struct options *o, const struct test *t)
{
	char name[80];

	snprintf(name, sizeof(name), "%s %s %s", t->version, kind_names[t->kind], t->group);
	return !o->rows || strstr(name, o->rows);
}

static long number(const char *text, long max)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (*end || v < 1 || v > max)
		hs_die("'%s' is not a number from 1 to %ld", text, max);
	return v;
}

int main(int argc, char **argv)
{
	static const struct option long_opts[] = {
		{ "json", no_argument, NULL, 'j' }, { "reps", required_argument, NULL, 'r' },
		{ "batch", required_argument, NULL, 'b' },
		{ "rows", required_argument, NULL, 'R' },
		{ "library", required_argument, NULL, 'l' },
		{ "memory", no_argument, NULL, 'm' }, { "cores", no_argument, NULL, 'c' },
		{ "ech", no_argument, NULL, 'e' }, { 0 },
	};
	static const char *const versions[] = { "TLSv1.3", "TLSv1.2" };
	static const char *const groups[] = { "x25519", "secp256r1", "X25519MLKEM768" };
	struct options o = { .reps = 25, .batch = 40 };
	bool good = true, any = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "", long_opts, NULL)) != -1) {
		if (opt == 'j')
			o.json = true;
		else if (opt == 'm')
			o.memory = true;
		else if (opt == 'c')
			o.cores = true;
		else if (opt == 'e')
			o.ech = true;
		else if (opt == 'r')
			o.reps = number(optarg, REPS_MAX);
		else if (opt == 'b')
			o.batch = number(optarg, 10000);
		else if (opt == 'R')
			o.rows = optarg;
		else if (opt == 'l')
			o.library = optarg;
		else
			return 2;
	}
	if (o.memory)
		return memory_report(o.json);
	if (o.cores)
		return cores_report(o.json, (int)o.reps);
	if (o.ech)
		return ech_report(o.json, (int)o.reps);
	if (o.json)
		printf("{\"libcrypto\": \"%s\", \"rows\": [", OpenSSL_version(OPENSSL_VERSION));
	else
		printf("%s\n%-7s %-11s %-10s %-7s %-10s %8s %8s %8s %9s\n",
		       OpenSSL_version(OPENSSL_VERSION), "version", "kind", "group", "side",
		       "library", "min us", "median", "max", "per sec");
	for (int v = 0; v < 2; v++)
		for (int k = KIND_FULL; k <= KIND_NEW; k++)
			for (int g = 0; g < 3; g++) {
				struct test t = { versions[v], groups[g], k };

				if (g == 2 && (v || !hs_group_there(groups[g])))
					continue;
				if (!wanted(&o, &t))
					continue;
				good &= run(&o, &t);
				any = true;
			}
	if (o.json)
		puts("\n]}");
	if (!any)
		hs_die("no row has '%s' in its name", o.rows);
	return !good;
}
