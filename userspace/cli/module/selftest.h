/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A self-test of the kernel's record path: known keys, known records, a loopback connection. */
#ifndef SEALSOCK_CLI_SELFTEST_H
#define SEALSOCK_CLI_SELFTEST_H

#include <stdbool.h>

enum { SELFTEST_CASES = 14 };

struct selftest_result {
	const char *version;	/* "TLS 1.3" */
	const char *cipher;	/* "AES-128-GCM" */
	bool ok;
	bool absent;		/* this kernel is without it, and may be */
	char why[160];		/* what failed, where it did */
};

/*
 * Can the ULP @name be attached to a connection? 0, or the errno: ENOENT means there is none.
 * Loads the ULP's module where the caller may.
 */
int selftest_ulp(const char *name);

/*
 * Every AEAD of TLS 1.2 and 1.3: one known record each way as it lies on the wire, then data of
 * several sizes through both ends. Works on connections of its own over 127.0.0.1.
 */
void selftest_run(const char *ulp, struct selftest_result result[SELFTEST_CASES]);

#endif
