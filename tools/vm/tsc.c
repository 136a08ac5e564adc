// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Prints the frequency of this machine's time stamp counter in kHz. An emulated processor has the
 * same counter, but measures it against emulated timers: on a busy machine it may take it for ten
 * times as slow, and its clock then runs ten times as fast.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

enum { TRIES = 100, APART = 20000000 };	/* ns */

struct moment {
	int64_t ns;
	uint64_t ticks;
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Both clocks at once: the try in which least time passed. */
static struct moment take(void)
{
	struct moment best = { 0 };
	int64_t least = INT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		int64_t before = now();
		uint64_t ticks = __rdtsc();
		int64_t after = now();

		if (after - before >= least)
			continue;
		least = after - before;
		best.ns = before + least / 2;
		best.ticks = ticks;
	}
	return best;
}

int main(void)
{
	const struct timespec apart = { .tv_nsec = APART };
	struct moment a, b;

	a = take();
	nanosleep(&apart, NULL);
	b = take();
	return printf("%.0f\n", (double)(b.ticks - a.ticks) * 1e6 / (double)(b.ns - a.ns)) < 0;
}
