// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What Encrypted Client Hello adds to a full handshake of TLS 1.3, on either side, beyond the
 * X25519 of its HPKE: the client makes a key and derives once more, the server derives once more.
 * All that hashes and seals counts as the library's own. GREASE stands in the client's hello by
 * default.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handshake.h"

enum { BATCH = 40, ROUNDS_MAX = 200 };
enum way { WITHOUT, GREASE, ECH, WAYS };

static const enum kind kinds[WAYS] = {
	[WITHOUT] = KIND_FULL, [GREASE] = KIND_GREASE, [ECH] = KIND_ECH,
};

/* Microseconds a handshake, by side. */
struct spent {
	double of[2][ROUNDS_MAX];
};

static double median(const struct spent *s, int side, int rounds)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, s->of[side], sizeof(sorted));
	hs_sort(sorted, (size_t)rounds);
	return sorted[rounds / 2];
}

/* The handshakes of a round, and after each its share of the primitives. */
static void round_of(void *const setup[WAYS], struct costs *costs, int round, struct spent *ways,
		     struct spent *alone)
{
	double made = 0, derived = 0;
	char why[WHY_MAX];
	bool resumed;

	for (int w = 0; w < WAYS; w++) {
		double spent[2] = { 0, 0 };

		for (int i = 0; i < BATCH; i++) {
			if (!hs_shake_whole(&library_sealsock, setup[w], spent, &resumed, why))
				hs_die("%s", why);
			if (w == ECH)
				costs_x25519(costs, &made, &derived);
		}
		for (int s = 0; s < 2; s++)
			ways[w].of[s][round] = spent[s] / BATCH;
	}
	alone->of[SIDE_CLIENT][round] = (made + derived) / BATCH;
	alone->of[SIDE_SERVER][round] = derived / BATCH;
}

static void print_side(bool json, int side, const struct spent *ways, double x25519, int rounds)
{
	static const char *const sides[] = { "client", "server" };
	double us[WAYS];

	for (int w = 0; w < WAYS; w++)
		us[w] = median(&ways[w], side, rounds);
	if (!json) {
		printf("%s %8.1f %7.1f %7.1f %7.1f %7.1f\n", sides[side], us[WITHOUT], us[GREASE],
		       us[ECH], x25519, us[ECH] - us[WITHOUT] - x25519);
		return;
	}
	printf("%s{\"side\": \"%s\", \"without_us\": %.2f, \"grease_us\": %.2f, ",
	       side ? ", " : "", sides[side], us[WITHOUT], us[GREASE]);
	printf("\"ech_us\": %.2f, \"x25519_us\": %.2f, \"beyond_us\": %.2f}", us[ECH], x25519,
	       us[ECH] - us[WITHOUT] - x25519);
}

int ech_report(bool json, int rounds)
{
	static struct spent ways[WAYS], alone;
	struct costs *costs = costs_new(&(struct test){ "TLSv1.3", "x25519", KIND_RESUMED });
	void *setup[WAYS];

	for (int w = 0; w < WAYS; w++)
		setup[w] = library_sealsock.setup(&(struct test){ "TLSv1.3", "x25519", kinds[w] });
	for (int r = -1; r < rounds; r++)	/* the first fills the caches */
		round_of(setup, costs, r < 0 ? 0 : r, ways, &alone);
	for (int w = 0; w < WAYS; w++)
		library_sealsock.forget(setup[w]);
	costs_free(costs);
	printf(json ? "{\"ech\": [" : "side    without  GREASE     ECH  X25519  beyond it, us\n");
	for (int s = 0; s < 2; s++)
		print_side(json, s, ways, median(&alone, s, rounds), rounds);
	if (json)
		puts("]}");
	return 0;
}
