// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The trace as JSON. */
#include "cli.h"
#include "trace/trace.h"

static void json_hex(FILE *f, const uint8_t *p, size_t n)
{
	fputc('"', f);
	trace_hex(f, p, n, n);
	fputc('"', f);
}

/* The fields from @i on that are @depth deep or deeper, as an array; returns where it ended. */
static size_t json_fields(FILE *f, const struct trace_event *ev, size_t i, unsigned int depth)
{
	size_t first = i;

	fputc('[', f);
	while (i < ev->nfields && ev->fields[i].depth >= depth) {
		const struct trace_field *t = &ev->fields[i];

		fputs(i == first ? "{\"name\": " : ", {\"name\": ", f);
		cli_json_string(f, t->name);
		fputs(", \"value\": ", f);
		cli_json_string(f, t->value);
		fprintf(f, ", \"offset\": %zu, \"length\": %zu", t->at, t->len);
		i++;
		if (i < ev->nfields && ev->fields[i].depth > depth) {
			fputs(", \"fields\": ", f);
			i = json_fields(f, ev, i, depth + 1);
		}
		fputc('}', f);
	}
	fputc(']', f);
	return i;
}

static void json_event(FILE *f, const struct trace_log *log, size_t i)
{
	static const char *const kinds[] = {
		[SEALSOCK_TRACE_MESSAGE] = "message",
		[SEALSOCK_TRACE_CCS] = "change_cipher_spec",
		[SEALSOCK_TRACE_ALERT] = "alert",
		[SEALSOCK_TRACE_KEYS] = "keys",
		[SEALSOCK_TRACE_PATH] = "path",
		[SEALSOCK_TRACE_INNER] = "inner",
	};
	const struct trace_event *ev = &log->events[i];

	fprintf(f, "%s{\"n\": %zu, \"ms\": %lld, \"kind\": \"%s\", \"name\": ", i ? ", " : "",
		i + 1, (long long)ev->ms, kinds[ev->e.kind]);
	cli_json_string(f, ev->e.name);
	fputs(", \"step\": ", f);
	cli_json_string(f, ev->e.step);
	fprintf(f, ", \"length\": %zu", ev->e.len);
	if (ev->e.kind == SEALSOCK_TRACE_KEYS) {
		fputs(", \"made_of\": ", f);
		cli_json_string(f, ev->e.made_of ? ev->e.made_of : "");
		fputs(", \"value\": ", f);
	} else if (ev->e.kind == SEALSOCK_TRACE_PATH) {
		fprintf(f, ", \"malformed\": %s, \"fields\": ",
			ev->malformed ? "true" : "false");
		json_fields(f, ev, 0, 0);
		fputs(", \"bytes\": ", f);
	} else {
		fprintf(f, ", \"from\": \"%s\", \"encrypted\": %s, \"malformed\": %s, \"fields\": ",
			trace_from(log, ev), ev->e.encrypted ? "true" : "false",
			ev->malformed ? "true" : "false");
		json_fields(f, ev, 0, 0);
		fputs(", \"bytes\": ", f);
	}
	if (ev->e.bytes)
		json_hex(f, ev->e.bytes, ev->e.len);
	else
		fputs("null", f);
	fputc('}', f);
}

static void json_list(FILE *f, const struct trace_log *log, const char *name,
		      bool (*line)(const struct trace_log *, unsigned int, char *, size_t))
{
	char text[700];

	fprintf(f, ", \"%s\": [", name);
	for (unsigned int i = 0; line(log, i, text, sizeof(text)); i++) {
		if (i)
			fputs(", ", f);
		cli_json_string(f, text);
	}
	fputc(']', f);
}

void trace_print_json(FILE *f, const struct trace_log *log)
{
	const struct {
		const char *name, *value;
	} strings[] = {
		{ "version", log->version }, { "cipher", log->cipher }, { "group", log->group },
		{ "sigscheme", log->scheme }, { "alpn", log->alpn }, { "failure", log->failure },
		{ "ech", log->ech ? log->ech : "" },
	};

	fprintf(f, "{\"role\": \"%s\", \"done\": %s, \"verified\": %s, \"hello_retry\": %s",
		log->role == SEALSOCK_CLIENT ? "client" : "server", log->done ? "true" : "false",
		log->verified ? "true" : "false", log->retried ? "true" : "false");
	fprintf(f, ", \"resumed\": %s", log->resumed ? "true" : "false");
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		fprintf(f, ", \"%s\": ", strings[i].name);
		if (*strings[i].value)
			cli_json_string(f, strings[i].value);
		else
			fputs("null", f);
	}
	json_list(f, log, "readable", trace_readable);
	json_list(f, log, "hidden", trace_hidden);
	fputs(", \"events\": [", f);
	for (size_t i = 0; i < log->n; i++)
		json_event(f, log, i);
	fputs("]}\n", f);
}
