/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Failing the nth allocation, or copy from or to the user, of a call (a debug kernel). */
#ifndef SELFTESTS_NET_FAULT_H
#define SELFTESTS_NET_FAULT_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NTH_MAX		400	/* more than any of these calls has to fail */

static inline bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The defaults spare GFP_KERNEL and single pages, which is what nearly all of ours are. */
static inline bool faults_ready(void)
{
	/* Puts each fault's stack into the kernel's log. */
	const char *verbose = getenv("SEALSOCK_FAULTS_VERBOSE") ? "2" : "0";
	const char *const knobs[][2] = {
		{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/failslab/verbose", verbose },
		{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/min-order", "0" },
		{ "/sys/kernel/debug/fail_page_alloc/verbose", verbose },
		{ "/sys/kernel/debug/fail_usercopy/verbose", verbose },
	};
	size_t i;

	if (access("/proc/self/fail-nth", W_OK))
		return false;
	/* A transform that waits needs no memory. In-tree has no such thing. */
	write_file("/sys/module/sealsock/parameters/spare_ciphers", "0");
	for (i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++)
		if (!write_file(knobs[i][0], knobs[i][1]))
			return false;
	return true;
}

/* The nth allocation or copy of this thread from here on fails. */
static inline int arm(int nth)
{
	int fd = open("/proc/thread-self/fail-nth", O_RDWR);
	char text[16];

	snprintf(text, sizeof(text), "%d", nth);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	return fd;
}

/*
 * True if the call did reach the nth. errno stays. Asking copies from and to the user, which
 * counts: where a fault is due only here, the call did not reach it.
 */
static inline bool disarm(int fd)
{
	int err = errno;
	char text[16] = "1";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		text[0] = '1';
	while (pwrite(fd, "0", 1, 0) != 1)
		continue;
	close(fd);
	errno = err;
	return atoi(text) == 0;
}

/*
 * prepare, the call with its nth fault, check; until none is left to fail. In a TEST_F of the
 * harness.
 */
#define EACH(prepare, result, call, check) do {						\
	bool each_hit = true;								\
	int each_nth, each_fd;								\
											\
	if (!faults_ready())								\
		SKIP(return, "this kernel has no fault injection");			\
	for (each_nth = 1; each_hit && each_nth < NTH_MAX && _metadata->exit_code == 0;	\
	     each_nth++) {								\
		prepare;								\
		each_fd = arm(each_nth);						\
		errno = 0;								\
		result = call;								\
		each_hit = disarm(each_fd);						\
		if ((result) < 0) {							\
			EXPECT_TRUE(each_hit) {						\
				TH_LOG("at %d: %s", each_nth, strerror(errno));		\
			}								\
		}									\
		check;									\
	}										\
	EXPECT_GT(each_nth, 2);								\
	EXPECT_FALSE(each_hit);								\
} while (0)

#endif
