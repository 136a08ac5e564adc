// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Handshakes a second by one processor and by two at once, by the clock: what two threads that
 * share a configuration cost each other, its locks and its caches, is in it. Both sides run in each
 * thread; a side's figure is of the time inside its own calls.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handshake.h"

enum { THREADS = 2, BATCH = 100, ROUNDS_MAX = 200 };

static const struct library *const libraries[] = { &library_sealsock, &library_libssl };

enum { LIBRARIES = sizeof(libraries) / sizeof(libraries[0]) };

struct worker {
	pthread_t thread;
	const struct library *lib;
	void *setup;
	pthread_barrier_t *start;
	int cpu;
	double spent[2];
	char why[WHY_MAX];
};

/* Of one library in one test: handshakes a second, by number of processors and by side. */
struct rates {
	double of[ROUNDS_MAX][THREADS][2];
	void *setup;
};

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		hs_die("processor %d cannot be had", cpu);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	bool resumed;

	pin(w->cpu);
	pthread_barrier_wait(w->start);
	for (int i = 0; i < BATCH; i++)
		if (!hs_shake_whole(w->lib, w->setup, w->spent, &resumed, w->why))
			hs_die("%s: %s", w->lib->name, w->why);
	return NULL;
}

/* @n threads at once, a processor each; what they do in a second goes to @rate, by side. */
static void together(const struct library *lib, void *setup, const int *cpu, int n, double *rate)
{
	struct worker w[THREADS];
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, (unsigned int)n);
	for (int i = 0; i < n; i++) {
		w[i] = (struct worker){
			.lib = lib, .setup = setup, .start = &start, .cpu = cpu[i],
		};
		if (pthread_create(&w[i].thread, NULL, work, &w[i]))
			hs_die("no thread");
	}
	rate[0] = 0;
	rate[1] = 0;
	for (int i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		for (int s = 0; s < 2; s++)
			rate[s] += BATCH * 1e6 / w[i].spent[s];
	}
	pthread_barrier_destroy(&start);
}

/* The middle of the better half: whatever else the machine does takes from the other. */
static double better(const struct rates *r, int rounds, int n, int side)
{
	double v[ROUNDS_MAX];

	for (int i = 0; i < rounds; i++)
		v[i] = r->of[i][n][side];
	hs_sort(v, (size_t)rounds);
	return v[rounds * 3 / 4];
}

static void print(bool json, const struct test *t, const char *library, const struct rates *r,
		  int rounds)
{
	static const char *const kinds[] = { [KIND_FULL] = "full", [KIND_MUTUAL] = "mutual" };
	static const char *const sides[] = { "client", "server" };
	static bool any;

	for (int s = 0; s < 2; s++) {
		double one = better(r, rounds, 0, s), two = better(r, rounds, 1, s);

		if (!json) {
			printf("%s %-7s %-15s %-7s %-9s %8.0f %8.0f %6.2f\n", t->version,
			       kinds[t->kind], t->group, sides[s], library, one, two, two / one);
			continue;
		}
		printf("%s\n  {\"version\": \"%s\", \"kind\": \"%s\", \"group\": \"%s\", ",
		       any ? "," : "", t->version, kinds[t->kind], t->group);
		printf("\"side\": \"%s\", \"library\": \"%s\", \"one\": %.1f, \"two\": %.1f}",
		       sides[s], library, one, two);
		any = true;
	}
}

static void measure(bool json, const struct test *t, const int *cpu, int rounds)
{
	static struct rates rates[LIBRARIES];
	double before[2];

	for (int l = 0; l < LIBRARIES; l++) {
		rates[l].setup = libraries[l]->setup(t);
		together(libraries[l], rates[l].setup, cpu, 1, before);
	}
	/* In turns, so that what else the machine does meets all of them. */
	for (int i = 0; i < rounds; i++)
		for (int l = 0; l < LIBRARIES; l++)
			for (int n = 0; n < THREADS; n++)
				together(libraries[l], rates[l].setup, cpu, n + 1,
					 rates[l].of[i][n]);
	for (int l = 0; l < LIBRARIES; l++) {
		print(json, t, libraries[l]->name, &rates[l], rounds);
		libraries[l]->forget(rates[l].setup);
	}
}

/* The first two processors that this program may use. */
static bool two_processors(int *cpu)
{
	cpu_set_t set;
	int n = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		return false;
	for (int i = 0; i < CPU_SETSIZE && n < THREADS; i++)
		if (CPU_ISSET(i, &set))
			cpu[n++] = i;
	return n == THREADS;
}

int cores_report(bool json, int rounds)
{
	static const struct test tests[] = {
		{ "TLSv1.3", "x25519", KIND_FULL }, { "TLSv1.3", "x25519", KIND_MUTUAL },
		{ "TLSv1.3", "X25519MLKEM768", KIND_FULL }, { "TLSv1.2", "x25519", KIND_FULL },
		{ "TLSv1.2", "x25519", KIND_MUTUAL },
	};
	int cpu[THREADS];

	if (!two_processors(cpu)) {
		fputs("handshake: there are no two processors\n", stderr);
		return 1;
	}
	hs_clock = CLOCK_MONOTONIC;
	/* Before there are threads: what reading the clock costs. */
	hs_since_us(hs_now_us());
	if (json)
		fputs("{\"cores\": [", stdout);
	else
		printf("%-7s %-7s %-15s %-7s %-9s %8s %8s %6s\n", "version", "kind", "group",
		       "side", "library", "one", "two", "ratio");
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (hs_group_there(tests[i].group))
			measure(json, &tests[i], cpu, rounds);
	if (json)
		puts("\n]}");
	return 0;
}
