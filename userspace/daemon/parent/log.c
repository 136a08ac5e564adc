// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "parent/log.h"

static unsigned int max_level = IPC_HANDSHAKE, per_second = 1000;
static unsigned int left_out, written;
static time_t second;

void log_setup(unsigned int level, unsigned int rate)
{
	max_level = level;
	per_second = rate;
}

/* syslog(3)'s numbers: err, notice, info. */
static const char *prefix(enum ipc_level level)
{
	static const char *const levels[] = { "<3>", "<5>", "<6>" };

	return getenv("JOURNAL_STREAM") ? levels[level] : "sealsockd: ";
}

/* What others say is always so many lines a second; our own errors are not left out. */
static void put(enum ipc_level level, const char *line, bool ours)
{
	struct timespec now;

	if (level > max_level)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != second) {
		if (left_out)
			dprintf(STDERR_FILENO, "%s%u more lines were left out (\"log-rate\")\n",
				prefix(IPC_FAILURE), left_out);
		second = now.tv_sec;
		left_out = 0;
		written = 0;
	}
	if (!(ours && level == IPC_ERROR) && written >= per_second) {
		left_out++;
		return;
	}
	written++;
	dprintf(STDERR_FILENO, "%s%s\n", prefix(level), line);
}

/*
 * Bytes of the character at @p: 0 where it is none of UTF-8's two bytes, which is as far as our own
 * words go ("§"), or is a command to terminals, or turns the text around it, as more of the longer
 * ones do.
 */
static size_t shown(const unsigned char *p, size_t n)
{
	if (*p < 0x80)
		return *p >= ' ' && *p != 127;
	if (n < 2 || *p < 0xc2 || *p > 0xdf || (p[1] & 0xc0) != 0x80)
		return 0;
	return (*p == 0xc2 && p[1] < 0xa0) || (*p == 0xd8 && p[1] == 0x9c) ? 0 : 2;
}

void log_text(enum ipc_level level, const void *text, size_t n)
{
	const unsigned char *p = text;
	char line[IPC_TEXT];
	size_t i = 0, len;

	for (; n && i + 2 < sizeof(line); p += len, n -= len) {
		len = shown(p, n);
		memcpy(line + i, len ? (const char *)p : "?", len ? len : 1);
		len += !len;
		i += len;
	}
	line[i] = '\0';
	put(level > IPC_HANDSHAKE ? IPC_HANDSHAKE : level, line, false);
}

void log_line(enum ipc_level level, const char *fmt, ...)
{
	char line[IPC_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	put(level, line, true);
}

void log_lines(enum ipc_level level, const char *lines)
{
	size_t n;

	for (; *lines; lines += n + (lines[n] == '\n')) {
		n = strcspn(lines, "\n");
		log_text(level, lines, n);
	}
}
