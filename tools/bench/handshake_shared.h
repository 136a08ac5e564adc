/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the parts of the handshake benchmark share: a test, what a library has to offer for it. */
#ifndef BENCH_HANDSHAKE_SHARED_H
#define BENCH_HANDSHAKE_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { SIDE_NONE = -1, SIDE_CLIENT, SIDE_SERVER };

/*
 * MUTUAL: both know the other's chain from before; NEW: they do not. Of this library alone: GREASE,
 * ECH: full, with a ClientHello that looks encrypted, or is.
 */
enum kind { KIND_FULL, KIND_RESUMED, KIND_MUTUAL, KIND_NEW, KIND_GREASE, KIND_ECH };
enum { WHY_MAX = 300 };

struct test {
	const char *version;	/* "TLSv1.3" */
	const char *group;	/* "x25519", "secp256r1", "X25519MLKEM768" */
	enum kind kind;
};

struct library {
	const char *name;
	/* Configurations of both sides; not measured. */
	void *(*setup)(const struct test *t);
	void (*forget)(void *setup);
	/* Forgets the peers; not measured. NULL: they are never known. */
	void (*renew)(void *setup, const struct test *t);
	/* One side of one connection. */
	void *(*begin)(void *setup, bool server);
	/*
	 * Takes @n bytes from the peer and appends what is to be sent to @out. False: failed, @why
	 * says so.
	 */
	bool (*step)(void *side, const uint8_t *in, size_t n, uint8_t *out, size_t *out_n,
		     size_t out_max, char *why);
	bool (*done)(void *side, bool *resumed);
	void (*end)(void *side);
};

/*
 * One handshake; adds what each side took. Both go on until nothing is left to be moved, so that a
 * ticket reaches the client. False: it failed, and @why says so. Both sides are to be ended.
 */
bool hs_shake(const struct library *lib, void *setup, void *side[2], double spent[2], bool *resumed,
	      char *why);

/* The same from beginning to end. */
bool hs_shake_whole(const struct library *lib, void *setup, double spent[2], bool *resumed,
		    char *why);

/* False: this libcrypto has not what the group takes. */
bool hs_group_there(const char *group);

/* A CA, and a leaf for localhost of its making, P-256 both; PEM. Made once. */
struct credentials {
	char *ca, *cert, *key;
};

const struct credentials *credentials(void);

/* Time by @hs_clock, in microseconds: by default of this thread on a processor. */
extern clockid_t hs_clock;
double hs_now_us(void);

/* Told whose calls come next, SIDE_NONE: nobody's; NULL by default. */
extern void (*hs_turn)(int side);

/* The time since @t, an answer of hs_now_us(), without what reading the clock itself takes. */
double hs_since_us(double t);

/* The least first. */
void hs_sort(double *v, size_t n);

/* Ends the program. */
void hs_die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
