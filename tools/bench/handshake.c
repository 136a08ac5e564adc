// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * handshake [--json] [--reps N] [--batch N]: what a handshake costs, this library against libssl on
 * the same libcrypto, both in memory, in one thread and in one run, in turns.
 *
 * Measured is the processor time inside each side's own calls, from making the connection object
 * to freeing it; moving bytes between the sides is outside. Configuration, keys, certificates are
 * made before, as a server does. Both sides of both libraries are trimmed alike: one group, suite
 * and signature scheme, a chain of two certificates of which one is sent, no tickets in full
 * handshakes, one in resumed ones, which is then used for the next. No key share is used twice.
 *
 * Figures: microseconds a handshake; minimum, median and maximum over the batches. The primitives
 * alone (key generation, derivation, signature) stand beside them.
 */
#include <getopt.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "handshake.h"
#include "sealsock.h"

enum { REPS_MAX = 200, BUFFER = 32768 };

static const char *const kind_names[] = {
	[KIND_FULL] = "full", [KIND_RESUMED] = "resumed", [KIND_MUTUAL] = "mutual",
};

void hs_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("handshake: ", stderr);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/* Time on a processor: whatever else runs meanwhile is not in it. */
double hs_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* What reading the clock adds to each measured call. */
static double clock_cost;

static void measure_clock(void)
{
	double t, least = 1e6;

	for (int i = 0; i < 1000; i++) {
		t = hs_now_us();
		t = hs_now_us() - t;
		least = t < least ? t : least;
	}
	clock_cost = least;
}

/* The time since @t, without the clock's own. */
static double since(double t)
{
	return hs_now_us() - t - clock_cost;
}

/* One direction: what one side has written and the other not yet read. */
struct pipe {
	uint8_t b[BUFFER];
	size_t n;
};

/*
 * One handshake; adds what each side took. False: it failed, and @why says so. Both go on until
 * nothing is left to be moved, so that a ticket reaches the client.
 */
static bool one(const struct library *lib, void *setup, double spent[2], bool *resumed, char *why)
{
	static struct pipe pipes[2];
	void *side[2];
	bool moved = true, good = true;
	double t;

	for (int s = 0; s < 2; s++) {
		pipes[s].n = 0;
		t = hs_now_us();
		side[s] = lib->begin(setup, s == SIDE_SERVER);
		spent[s] += since(t);
	}
	while (moved && good) {
		moved = false;
		for (int s = 0; s < 2 && good; s++) {
			struct pipe *in = &pipes[!s], *out = &pipes[s];
			size_t before = out->n;

			t = hs_now_us();
			good = lib->step(side[s], in->b, in->n, out->b, &out->n, BUFFER, why);
			spent[s] += since(t);
			moved |= in->n || out->n != before;
			in->n = 0;
		}
	}
	if (good && !(lib->done(side[0], resumed) && lib->done(side[1], resumed))) {
		snprintf(why, WHY_MAX, "the handshake stopped half-way");
		good = false;
	}
	for (int s = 0; s < 2; s++) {
		t = hs_now_us();
		lib->end(side[s]);
		spent[s] += since(t);
	}
	return good;
}

struct figure {
	double of[REPS_MAX];
	unsigned int n;
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double at(struct figure *f, double part)
{
	qsort(f->of, f->n, sizeof(f->of[0]), compare);
	return f->of[(size_t)(part * (f->n - 1))];
}

struct options {
	bool json;
	long reps, batch;
};

static bool first_row = true;

static void row(const struct options *o, const struct test *t, const char *library, int side,
		struct figure *f, double primitives)
{
	const char *who = side == SIDE_SERVER ? "server" : "client";
	double low = at(f, 0), mid = at(f, 0.5), high = at(f, 1);

	if (!o->json) {
		printf("%s %-8s %-10s %-7s %-9s %8.1f %8.1f %8.1f %9.0f", t->version,
		       kind_names[t->kind], t->group, who, library, low, mid, high, 1e6 / mid);
		if (side == SIDE_SERVER)
			printf(" %8.1f", primitives);
		putchar('\n');
		return;
	}
	printf("%s\n  {\"version\": \"%s\", \"kind\": \"%s\", \"group\": \"%s\", ",
	       first_row ? "" : ",", t->version, kind_names[t->kind], t->group);
	printf("\"side\": \"%s\", \"library\": \"%s\", \"min_us\": %.2f, ", who, library, low);
	printf("\"median_us\": %.2f, \"max_us\": %.2f, ", mid, high);
	if (side == SIDE_SERVER)
		printf("\"primitives_us\": %.2f, ", primitives);
	printf("\"per_second\": %.0f}", 1e6 / mid);
	first_row = false;
}

/* What the server cannot do without: its share, the shared secret, and a signature. */
static double primitives(const struct test *t, const struct costs *c)
{
	if (t->kind == KIND_RESUMED)
		return strcmp(t->version, "TLSv1.3") ? 0 : c->keygen + c->derive;
	return c->keygen + c->derive + c->sign + (t->kind == KIND_MUTUAL ? c->verify : 0);
}

static bool batch(const struct library *lib, void *setup, const struct options *o,
		  const struct test *t, struct figure f[2])
{
	double spent[2] = { 0, 0 };
	char why[WHY_MAX] = "";
	bool resumed = false, want = t->kind == KIND_RESUMED;

	for (long i = 0; i < o->batch; i++) {
		if (!one(lib, setup, spent, &resumed, why)) {
			fprintf(stderr, "handshake: %s, %s, %s %s: %s\n", lib->name, t->version,
				t->group, kind_names[t->kind], why);
			return false;
		}
		if (resumed != want) {
			fprintf(stderr, "handshake: %s, %s: a %s handshake where another was due\n",
				lib->name, t->version, resumed ? "resumed" : "full");
			return false;
		}
	}
	for (int s = 0; s < 2; s++)
		f[s].of[f[s].n++] = spent[s] / (double)o->batch;
	return true;
}

/* The libraries take turns, so that what else the machine does meets both. */
static bool run(const struct options *o, const struct test *t)
{
	static const struct library *const libs[] = { &library_sealsock, &library_libssl };
	static struct figure f[2][2];
	double spent[2] = { 0, 0 };
	bool alive[2] = { true, true };
	struct costs costs;
	void *setup[2];
	char why[WHY_MAX];
	bool resumed;

	memset(f, 0, sizeof(f));
	costs_measure(t, &costs);
	for (int l = 0; l < 2; l++) {
		setup[l] = libs[l]->setup(t);
		/* The first one also makes the session that the next resumes. */
		for (int i = 0; i < 5 && alive[l]; i++)
			alive[l] = one(libs[l], setup[l], spent, &resumed, why);
		if (!alive[l])
			fprintf(stderr, "handshake: %s, %s, %s %s: %s\n", libs[l]->name,
				t->version, t->group, kind_names[t->kind], why);
	}
	for (long r = 0; r < o->reps; r++)
		for (int l = 0; l < 2; l++)
			alive[l] = alive[l] && batch(libs[l], setup[l], o, t, f[l]);
	for (int s = 0; s < 2; s++)
		for (int l = 0; l < 2; l++)
			if (alive[l])
				row(o, t, libs[l]->name, s, &f[l][s], primitives(t, &costs));
	for (int l = 0; l < 2; l++)
		libs[l]->forget(setup[l]);
	return alive[0] && alive[1];
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
		{ "batch", required_argument, NULL, 'b' }, { 0 },
	};
	static const char *const versions[] = { "TLSv1.3", "TLSv1.2" };
	static const char *const groups[] = { "x25519", "secp256r1" };
	struct options o = { .reps = 25, .batch = 40 };
	bool good = true;
	int opt;

	measure_clock();
	while ((opt = getopt_long(argc, argv, "", long_opts, NULL)) != -1) {
		if (opt == 'j')
			o.json = true;
		else if (opt == 'r')
			o.reps = number(optarg, REPS_MAX);
		else if (opt == 'b')
			o.batch = number(optarg, 10000);
		else
			return 2;
	}
	if (o.json)
		printf("{\"libcrypto\": \"%s\", \"rows\": [", OpenSSL_version(OPENSSL_VERSION));
	else
		printf("%s\n%-7s %-8s %-10s %-7s %-9s %8s %8s %8s %9s %8s\n",
		       OpenSSL_version(OPENSSL_VERSION), "version", "kind", "group", "side",
		       "library", "min us", "median", "max", "per sec", "primit.");
	for (int v = 0; v < 2; v++)
		for (int k = KIND_FULL; k <= KIND_MUTUAL; k++)
			for (int g = 0; g < 2; g++)
				good &= run(&o, &(struct test){ versions[v], groups[g], k });
	if (o.json)
		puts("\n]}");
	return !good;
}
