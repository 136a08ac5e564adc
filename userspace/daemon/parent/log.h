/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The log: lines on standard error, so many a second, with a level in front for journald. */
#ifndef SEALSOCKD_LOG_H
#define SEALSOCKD_LOG_H

#include <stddef.h>

#include "ipc.h"

/* Lines above @level are left out; @rate: lines a second, after which they are counted only. */
void log_setup(unsigned int level, unsigned int rate);

/* Our own words. */
void log_line(enum ipc_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Somebody else's: what is no letter that can be read, or needs more than two bytes, is "?". */
void log_text(enum ipc_level level, const void *text, size_t n);

/* Each line of @lines. */
void log_lines(enum ipc_level level, const char *lines);

#endif
