/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room trace/: a handshake kept for show, its events with their fields, and the ways to show
 * them. It sees the hall; client/ and serve/ make the handshakes.
 */
#ifndef SEALSOCK_CLI_TRACE_H
#define SEALSOCK_CLI_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sealsock.h"

/* A field; its parts are the deeper ones that follow. @at, @len: its bytes in the event's. */
struct trace_field {
	unsigned int depth;
	char *name;
	char *value;
	size_t at, len;
};

struct trace_event {
	struct sealsock_trace_event e;	/* its strings and bytes are ours */
	int64_t ms;			/* since the first */
	bool malformed;
	struct trace_field *fields;
	size_t nfields;
};

struct trace_log {
	enum sealsock_side role;	/* ours */
	bool secrets;
	char title[340];		/* whose handshake */
	char peer[300];
	int64_t start;
	struct trace_event *events;
	size_t n, room;
	bool incomplete;		/* no memory for all of it */
	/* What came of it: trace_conclude(). */
	char version[16], cipher[64], group[32], scheme[40], alpn[256];
	bool done, verified, retried, resumed;
	char failure[256];
	const char *ech;		/* what came of Encrypted Client Hello, static; "" */
};

void trace_log_init(struct trace_log *log, enum sealsock_side role, bool secrets);
void trace_log_free(struct trace_log *log);	/* wipes */

/* For sealsock_config_trace(): @arg is the log. */
void trace_log_event(void *arg, const struct sealsock_trace_event *e);

/* Keeps what @conn knows of itself, or why it failed. */
void trace_conclude(struct trace_log *log, const struct sealsock_conn *conn);

/* "client" or "server": who sent it; for keys, who computed. */
const char *trace_from(const struct trace_log *log, const struct trace_event *ev);

/* Does it end the connection as a failure? */
bool trace_fatal(const struct trace_event *ev);

/* "12 bytes" */
const char *trace_size(const struct trace_event *ev, char out[24]);

/* What a message is for, in a sentence; "" for one that has none. */
const char *trace_meaning(const struct trace_log *log, const struct trace_event *ev);

/* Is the field a run of bytes that is worth showing as such? */
bool trace_field_opaque(const struct trace_field *f);

/*
 * What somebody on the network could read, or could not: line @i, written to @out; false at the end
 * of the list.
 */
bool trace_readable(const struct trace_log *log, unsigned int i, char *out, size_t size);
bool trace_hidden(const struct trace_log *log, unsigned int i, char *out, size_t size);

/* At most @max bytes of @p in hexadecimal, and "…" if that is not all. */
void trace_hex(FILE *f, const uint8_t *p, size_t n, size_t max);

/* The whole log in three forms; the second is one JSON object and a line feed. */
void trace_print_text(FILE *f, const struct trace_log *log, bool color);
void trace_print_json(FILE *f, const struct trace_log *log);
void trace_print_html(FILE *f, const struct trace_log *log);

/* The page into @path; false after a message. */
bool trace_write_html(const char *path, const struct trace_log *log);

/* Text for HTML, and the drawing on the page (svg.c). */
void trace_html_text(FILE *f, const char *s);
void trace_print_svg(FILE *f, const struct trace_log *log);

#endif
