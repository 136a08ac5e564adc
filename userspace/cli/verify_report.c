// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <string.h>

#include "cli.h"
#include "verify.h"

static void text(FILE *f, const char *s)
{
	cli_text(f, s, strlen(s));
}

static void member(FILE *f, const char *name, const char *value)
{
	fprintf(f, ", \"%s\": ", name);
	cli_json_string(f, value ? value : "");
}

void verify_report_begin(struct verify_report *r, FILE *f, bool json, bool explain)
{
	*r = (struct verify_report){ .f = f, .json = json, .explain = explain };
	if (json)
		fputs("{\"steps\": [", f);
}

static void step_json(struct verify_report *r, const struct sealsock_path_step *s)
{
	fprintf(r->f, "%s\n {\"depth\": %u, \"anchor\": %s, \"taken\": %s", r->steps ? "," : "",
		s->depth, s->anchor ? "true" : "false", s->taken ? "true" : "false");
	member(r->f, "subject", s->subject);
	member(r->f, "serial", s->serial);
	if (!s->taken) {
		member(r->f, "rule", s->rule);
		member(r->f, "section", s->section);
		member(r->f, "found", s->found);
		member(r->f, "wanted", s->wanted);
	}
	fputc('}', r->f);
}

/* Indented by depth: what stands below a line was tried as the issuer of what it names. */
static void step_text(const struct verify_report *r, const struct sealsock_path_step *s)
{
	fprintf(r->f, "%*s%s ", (int)(2 * s->depth), "", s->taken ? "+" : "-");
	text(r->f, s->subject);
	fprintf(r->f, " (%sserial number %s)", s->anchor ? "anchor, " : "", s->serial);
	if (!s->taken) {
		fprintf(r->f, ": %s: wanted %s", s->rule, s->wanted);
		if (*s->found) {
			fputs(", found ", r->f);
			text(r->f, s->found);
		}
		fprintf(r->f, " (%s)", s->section);
	}
	fputc('\n', r->f);
}

void verify_report_step(void *arg, const struct sealsock_path_step *step)
{
	struct verify_report *r = arg;

	if (r->json)
		step_json(r, step);
	else if (r->explain)
		step_text(r, step);
	r->steps++;
}

void verify_report_end(struct verify_report *r, const struct sealsock_verdict *v)
{
	if (!r->json && !v->code) {
		fprintf(r->f, "right: a path of %u certificate%s\n", v->path_len,
			v->path_len == 1 ? "" : "s");
		return;
	}
	if (!r->json) {
		text(r->f, v->text);
		fputc('\n', r->f);
		return;
	}
	fprintf(r->f, "%s], \"ok\": %s, \"code\": \"%s\", \"path_length\": %u, \"depth\": %u",
		r->steps ? "\n" : "", v->code ? "false" : "true", sealsock_error_name(v->code),
		v->path_len, v->depth);
	if (v->code)
		member(r->f, "text", v->text);
	if (v->rule) {
		member(r->f, "rule", v->rule);
		member(r->f, "section", v->section);
		member(r->f, "found", v->found);
		member(r->f, "wanted", v->wanted);
	}
	fputs("}\n", r->f);
}
