// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The trace on a terminal. */
#include <string.h>

#include "cli.h"
#include "trace/trace.h"

enum { WIDTH = 96, NAME_WIDTH = 28, HEX_MAX = 32 };

struct style {
	const char *bold, *clear, *sealed, *keys, *end;
};

static const struct style plain = { "", "", "", "", "" };
static const struct style colored = { "\033[1m", "\033[33m", "\033[32m", "\033[36m", "\033[0m" };

static void say(FILE *out, const char *text)
{
	cli_text(out, text, strlen(text));
}

/* Several parts of one kind, without parts of their own, go on one line: how many? */
static size_t run_of(const struct trace_event *ev, size_t i)
{
	const struct trace_field *f = ev->fields;
	size_t n = 1;

	while (i + n < ev->nfields && f[i + n].depth == f[i].depth &&
	       !strcmp(f[i + n].name, f[i].name) && !trace_field_opaque(&f[i]))
		n++;
	if (i + n < ev->nfields && f[i + n].depth > f[i].depth)
		n--;
	return n ? n : 1;
}

static void print_run(FILE *out, const struct trace_field *f, size_t n, int indent)
{
	int at = indent;

	for (size_t i = 0; i < n; i++) {
		int len = (int)strlen(f[i].value) + (i + 1 < n);

		if (i && at + 1 + len > WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
		} else if (i) {
			fputc(' ', out);
			at++;
		}
		say(out, f[i].value);
		fputs(i + 1 < n ? "," : "", out);
		at += len;
	}
}

static void print_fields(FILE *out, const struct trace_event *ev)
{
	for (size_t i = 0; i < ev->nfields;) {
		const struct trace_field *f = &ev->fields[i];
		int indent = 7 + 2 * (int)f->depth, column = 7 + NAME_WIDTH;
		size_t n = run_of(ev, i);

		fprintf(out, "%*s%-*s ", indent, "", column - indent, f->name);
		print_run(out, f, n, column + 1);
		if (n == 1 && trace_field_opaque(f)) {
			fputs("  ", out);
			trace_hex(out, ev->e.bytes + f->at, f->len, HEX_MAX);
		}
		fputc('\n', out);
		i += n;
	}
}

static void print_message(FILE *out, const struct trace_log *log, size_t i, const struct style *s)
{
	const struct trace_event *ev = &log->events[i];
	const char *from = trace_from(log, ev), *meaning = trace_meaning(log, ev);
	char size[24];

	fprintf(out, "\n%3zu  %s %s %s  %s%s%s%s  %s%s%s, %s  [%lld ms]\n", i + 1,
		"client", *from == 'c' ? "──▶" : "◀──", "server", s->bold,
		ev->e.kind == SEALSOCK_TRACE_ALERT ? "alert " : "", ev->e.name, s->end,
		ev->e.encrypted ? s->sealed : s->clear,
		ev->e.encrypted ? "encrypted" : "in the clear", s->end, trace_size(ev, size),
		(long long)ev->ms);
	if (*meaning)
		fprintf(out, "     %s\n", meaning);
	print_fields(out, ev);
}

static void print_key(FILE *out, const struct trace_log *log, size_t i, const struct style *s)
{
	const struct trace_event *ev = &log->events[i];

	if (!i || log->events[i - 1].e.kind != SEALSOCK_TRACE_KEYS)
		fprintf(out, "\n     %sKeys, which both sides compute:%s\n", s->keys, s->end);
	fprintf(out, "%3zu  %s%s%s, %zu bytes\n       = %s\n", i + 1, s->keys, ev->e.name, s->end,
		ev->e.len, ev->e.made_of ? ev->e.made_of : "");
	if (ev->e.bytes) {
		fputs("       = ", out);
		trace_hex(out, ev->e.bytes, ev->e.len, ev->e.len);
		fputc('\n', out);
	}
}

static void print_path(FILE *out, const struct trace_log *log, size_t i, const struct style *s)
{
	const struct trace_event *ev = &log->events[i];

	fprintf(out, "\n%3zu  %s%s%s: %s\n", i + 1, s->bold, ev->e.name, s->end,
		ev->e.made_of ? ev->e.made_of : "");
	print_fields(out, ev);
}

static void print_item(FILE *out, const char *line)
{
	fputs("  - ", out);
	say(out, line);
	fputc('\n', out);
}

static void print_lists(FILE *out, const struct trace_log *log, const struct style *s)
{
	char line[700];

	fprintf(out, "\n%sSomebody on the network could read%s\n", s->clear, s->end);
	for (unsigned int i = 0; trace_readable(log, i, line, sizeof(line)); i++)
		print_item(out, line);
	if (trace_hidden(log, 0, line, sizeof(line)))
		fprintf(out, "%sand could not read%s\n", s->sealed, s->end);
	for (unsigned int i = 0; trace_hidden(log, i, line, sizeof(line)); i++)
		print_item(out, line);
}

static void print_outcome(FILE *f, const struct trace_log *log, const struct style *s)
{
	const char *const agreed[] = {
		log->version, log->cipher, log->group, log->scheme, log->alpn,
		log->resumed ? "resumed" : "", log->ech ? log->ech : "",
	};

	fprintf(f, "\n%s%s%s ", s->bold, log->failure[0] ? "Failed:" : "Agreed on", s->end);
	if (log->failure[0])
		say(f, log->failure);
	for (size_t i = 0; !log->failure[0] && i < sizeof(agreed) / sizeof(agreed[0]); i++) {
		fputs(i && *agreed[i] ? ", " : "", f);
		say(f, agreed[i]);
	}
	fputc('\n', f);
}

void trace_print_text(FILE *f, const struct trace_log *log, bool color)
{
	const struct style *s = color ? &colored : &plain;
	bool keys = false;

	fputs(s->bold, f);
	say(f, log->title);
	fprintf(f, "%s\n", s->end);
	for (size_t i = 0; i < log->n; i++) {
		if (log->events[i].e.kind == SEALSOCK_TRACE_KEYS)
			print_key(f, log, i, s);
		else if (log->events[i].e.kind == SEALSOCK_TRACE_PATH)
			print_path(f, log, i, s);
		else
			print_message(f, log, i, s);
		keys |= log->events[i].e.kind == SEALSOCK_TRACE_KEYS;
	}
	if (keys && !log->secrets)
		fputs("\n     (The values of the keys are hidden: --secrets shows them.)\n", f);
	print_lists(f, log, s);
	print_outcome(f, log, s);
	if (log->incomplete)
		fputs("Events are missing: there was not enough memory.\n", f);
}
