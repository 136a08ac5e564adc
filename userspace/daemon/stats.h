/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What a worker counts: a page of its own that it shares with the parent, which reads it. What is
 * wrong in it can only be wrong in what "sealsock status" says.
 */
#ifndef SEALSOCKD_STATS_H
#define SEALSOCKD_STATS_H

#include <stdint.h>

enum stat_kind {
	STAT_TAKEN,
	STAT_SERVED,
	STAT_CONNECTED,
	STAT_RESUMED,
	STAT_REFUSED_ACCESS,
	STAT_REFUSED_NAME,
	STAT_REFUSED_BUSY,
	STAT_FAILED_CERTIFICATE,
	STAT_FAILED_PROTOCOL,
	STAT_FAILED_TIMEOUT,
	STAT_FAILED_GONE,
	STAT_FAILED_LOCAL,
	STAT_SESSIONS,
	STATS,
};

struct stat_name {
	const char *name, *text;
};

extern const struct stat_name stat_names[STATS];

struct stats {
	uint64_t v[STATS];
	uint64_t now;			/* handshakes under way */
};

#endif
