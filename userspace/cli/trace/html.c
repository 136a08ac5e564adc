// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The trace as one page that needs nothing but itself. */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "trace/trace.h"

static const char style[] =
#include "trace/css.h"
;

void trace_html_text(FILE *f, const char *s)
{
	size_t left = strlen(s), n;

	for (; left; s += n, left -= n) {
		n = cli_shown(s, left);
		if (!n) {
			fputs("&#xfffd;", f);
			n = 1;
			continue;
		}
		switch (*s) {
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '&':
			fputs("&amp;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		default:
			fwrite(s, 1, n, f);
		}
	}
}

static void chip(FILE *f, const char *class, const char *text)
{
	if (!*text)
		return;
	fprintf(f, "<span%s>", class);
	trace_html_text(f, text);
	fputs("</span>\n", f);
}

static void print_head(FILE *f, const struct trace_log *log)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\"\n"
	      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>", f);
	trace_html_text(f, log->title);
	fprintf(f, "</title>\n<style>\n%s</style></head>\n<body><main>\n<h1>", style);
	trace_html_text(f, log->title);
	fputs("</h1>\n<div class=\"chips\">\n", f);
	chip(f, "", log->version);
	chip(f, "", log->cipher);
	chip(f, "", log->group);
	chip(f, "", log->scheme);
	chip(f, "", log->alpn);
	chip(f, " class=\"good\"", log->resumed ? "resumed" : "");
	if (log->failure[0])
		chip(f, " class=\"bad\"", log->failure);
	else if (log->role == SEALSOCK_CLIENT)
		chip(f, log->verified ? " class=\"good\"" : " class=\"bad\"",
		     log->verified ? "server verified" : "server not verified");
	fputs("</div>\n", f);
}

static void print_list(FILE *f, const struct trace_log *log, const char *title,
		       bool (*line)(const struct trace_log *, unsigned int, char *, size_t))
{
	char text[700];

	fprintf(f, "<div class=\"card\"><h3>%s</h3><ul>\n", title);
	for (unsigned int i = 0; line(log, i, text, sizeof(text)); i++) {
		fputs("<li>", f);
		trace_html_text(f, text);
		fputs("</li>\n", f);
	}
	fputs("</ul></div>\n", f);
}

static void print_hex(FILE *f, const uint8_t *p, size_t n, size_t max)
{
	fputs("<span class=\"hex\">", f);
	trace_hex(f, p, n, max);
	fputs("</span>", f);
}

static void print_fields(FILE *f, const struct trace_event *ev)
{
	fputs("<table>\n", f);
	for (size_t i = 0; i < ev->nfields; i++) {
		const struct trace_field *t = &ev->fields[i];

		fprintf(f, "<tr><td style=\"padding-left:%upx\"><code>", 22 * t->depth);
		trace_html_text(f, t->name);
		fputs("</code></td><td>", f);
		trace_html_text(f, t->value);
		if (trace_field_opaque(t))
			print_hex(f, ev->e.bytes + t->at, t->len, 96);
		fputs("</td></tr>\n", f);
	}
	fputs("</table>\n", f);
}

static void print_message(FILE *f, const struct trace_log *log, size_t i)
{
	const struct trace_event *ev = &log->events[i];
	const char *from = trace_from(log, ev);
	char size[24];

	fprintf(f, "<details class=\"%s\"><summary><span class=\"n\">%zu</span><b>%s",
		trace_fatal(ev) ? "fatal" :
		ev->e.kind == SEALSOCK_TRACE_CCS ? "mark" : ev->e.encrypted ? "sealed" : "open",
		i + 1, ev->e.kind == SEALSOCK_TRACE_ALERT ? "alert: " : "");
	trace_html_text(f, ev->e.name);
	fprintf(f, "</b><span>%s</span><span class=\"tag\">%s</span>\n",
		*from == 'c' ? "client → server" : "server → client",
		ev->e.encrypted ? "encrypted" : "in the clear");
	fprintf(f, "<span class=\"tag\">%s, after %lld ms</span></summary>\n",
		trace_size(ev, size), (long long)ev->ms);
	fprintf(f, "<div class=\"body\" id=\"e%zu\"><p>", i + 1);
	trace_html_text(f, trace_meaning(log, ev));
	fputs("</p>\n", f);
	print_fields(f, ev);
	fputs("<details class=\"raw\"><summary>the bytes</summary>", f);
	if (ev->e.bytes)
		print_hex(f, ev->e.bytes, ev->e.len, ev->e.len);
	fputs("</details></div></details>\n", f);
}

static void print_key(FILE *f, const struct trace_log *log, size_t i)
{
	const struct trace_event *ev = &log->events[i];

	fprintf(f, "<details class=\"keys\"><summary><span class=\"n\">%zu</span><b>", i + 1);
	trace_html_text(f, ev->e.name);
	fprintf(f, "</b><span class=\"tag\">key, %zu bytes</span></summary>\n"
		"<div class=\"body\" id=\"e%zu\"><p>= ", ev->e.len, i + 1);
	trace_html_text(f, ev->e.made_of ? ev->e.made_of : "");
	fputs("</p>\n", f);
	if (ev->e.bytes)
		print_hex(f, ev->e.bytes, ev->e.len, ev->e.len);
	else
		fputs("<p>The value is hidden; --secrets shows it.</p>", f);
	fputs("</div></details>\n", f);
}

static void print_path(FILE *f, const struct trace_log *log, size_t i)
{
	const struct trace_event *ev = &log->events[i];

	fprintf(f, "<details class=\"mark\"><summary><span class=\"n\">%zu</span><b>", i + 1);
	trace_html_text(f, ev->e.name);
	fprintf(f, "</b><span class=\"tag\">nothing is sent</span></summary>\n"
		"<div class=\"body\" id=\"e%zu\"><p>", i + 1);
	trace_html_text(f, trace_meaning(log, ev));
	fputs(" ", f);
	trace_html_text(f, ev->e.made_of ? ev->e.made_of : "");
	fputs("</p>\n", f);
	print_fields(f, ev);
	fputs("</div></details>\n", f);
}

void trace_print_html(FILE *f, const struct trace_log *log)
{
	print_head(f, log);
	fputs("<div class=\"two\">\n", f);
	print_list(f, log, "Somebody on the network could read", trace_readable);
	print_list(f, log, "and could not read", trace_hidden);
	fputs("</div>\n<h2>The handshake</h2>\n<div class=\"legend\">\n"
	      "<span><i class=\"open\"></i>in the clear: readable on the way</span>\n"
	      "<span><i class=\"sealed\"></i>encrypted</span>\n"
	      "<span><i class=\"mark\"></i>a signal without content</span>\n"
	      "<span><i class=\"keys\"></i>keys: nothing is sent</span></div>\n"
	      "<div class=\"card\">\n", f);
	trace_print_svg(f, log);
	fputs("</div>\n<h2>Step by step</h2>\n", f);
	for (size_t i = 0; i < log->n; i++) {
		if (log->events[i].e.kind == SEALSOCK_TRACE_KEYS)
			print_key(f, log, i);
		else if (log->events[i].e.kind == SEALSOCK_TRACE_PATH)
			print_path(f, log, i);
		else
			print_message(f, log, i);
	}
	if (log->incomplete)
		fputs("<p>Events are missing: there was not enough memory.</p>\n", f);
	fputs("</main></body></html>\n", f);
}

bool trace_write_html(const char *path, const struct trace_log *log)
{
	FILE *f = fopen(path, "we");
	bool bad = !f;

	if (f) {
		trace_print_html(f, log);
		bad = ferror(f);
		bad |= fclose(f) != 0;
	}
	if (bad)
		cli_error("cannot write '%s': %s", path, strerror(errno));
	return !bad;
}
