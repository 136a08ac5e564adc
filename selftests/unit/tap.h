/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* TAP for the unit tests: ok(condition, name...) per point, done() at the end of main. */
#ifndef SEALSOCK_TAP_H
#define SEALSOCK_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Shared by the files of a program. */
__attribute__((weak)) int tap_run, tap_failed;

__attribute__((format(printf, 2, 3), unused))
static bool ok(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_run);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	if (!good)
		tap_failed++;
	return good;
}

/* Compares and, where they differ, says both. */
#define ok_int(got, want, ...) do {						\
	long got_ = (long)(got), want_ = (long)(want);				\
	if (!ok(got_ == want_, __VA_ARGS__))					\
		printf("# got %ld, want %ld\n", got_, want_);			\
} while (0)

__attribute__((unused))
static void tap_hex(const char *what, const void *p, size_t n)
{
	const unsigned char *b = p;
	size_t i;

	printf("# %s (%zu):", what, n);
	for (i = 0; i < n; i++)
		printf("%s%02x", i % 32 ? "" : "\n#  ", b[i]);
	printf("\n");
}

#define ok_mem(got, got_n, want, want_n, ...) do {				\
	size_t gn_ = (got_n), wn_ = (want_n);					\
	if (!ok(gn_ == wn_ && (gn_ == 0 || !memcmp((got), (want), gn_)),	\
		__VA_ARGS__)) {							\
		tap_hex("got", (got), gn_);					\
		tap_hex("want", (want), wn_);					\
	}									\
} while (0)

/* A number out of the environment: how often, how long, from which seed. */
__attribute__((unused))
static unsigned long tap_number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

__attribute__((format(printf, 1, 2), unused))
static void skip(const char *fmt, ...)
{
	va_list ap;

	printf("ok %d # SKIP ", ++tap_run);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

__attribute__((unused))
static int done(void)
{
	printf("1..%d\n", tap_run);
	return tap_failed ? 1 : 0;
}

#endif
