// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Events kept, and what they mean. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "trace/trace.h"

void trace_log_init(struct trace_log *log, enum sealsock_side role, bool secrets)
{
	*log = (struct trace_log){ .role = role, .secrets = secrets };
}

static void free_event(struct trace_event *ev)
{
	if (ev->e.bytes) {
		explicit_bzero((void *)ev->e.bytes, ev->e.len);
		free((void *)ev->e.bytes);
	}
	while (ev->nfields) {
		ev->nfields--;
		free(ev->fields[ev->nfields].name);
		free(ev->fields[ev->nfields].value);
	}
	free(ev->fields);
	free((char *)ev->e.name);
	free((char *)ev->e.step);
	free((char *)ev->e.made_of);
}

void trace_log_free(struct trace_log *log)
{
	while (log->n)
		free_event(&log->events[--log->n]);
	free(log->events);
	log->events = NULL;
	log->room = 0;
}

/* An array of @n elements gets room for one more; false: no memory. */
static bool grow(void **array, size_t n, size_t size)
{
	void *p;

	/* Full at every power of two. */
	if (n & (n - 1) && n)
		return true;
	p = reallocarray(*array, n ? 2 * n : 1, size);
	if (!p)
		return false;
	*array = p;
	return true;
}

static void add_field(void *arg, const struct sealsock_trace_field *f)
{
	struct trace_event *ev = arg;
	struct trace_field *to;

	if (!strcmp(f->name, "malformed"))
		ev->malformed = true;
	if (!grow((void **)&ev->fields, ev->nfields, sizeof(*ev->fields)))
		return;
	to = &ev->fields[ev->nfields];
	*to = (struct trace_field){
		.depth = f->depth, .name = strdup(f->name), .value = strdup(f->value),
		.at = f->bytes && f->len ? (size_t)(f->bytes - ev->e.bytes) : 0, .len = f->len,
	};
	if (to->name && to->value) {
		ev->nfields++;
	} else {
		free(to->name);
		free(to->value);
	}
}

void trace_log_event(void *arg, const struct sealsock_trace_event *e)
{
	struct trace_log *log = arg;
	struct trace_event *ev;
	uint8_t *bytes = NULL;

	if (!grow((void **)&log->events, log->n, sizeof(*log->events))) {
		log->incomplete = true;
		return;
	}
	if (!log->n)
		log->start = cli_now_ms();
	ev = &log->events[log->n];
	*ev = (struct trace_event){ .e = *e, .ms = cli_now_ms() - log->start };
	if (e->bytes)
		bytes = malloc(e->len + 1);
	if (bytes)
		memcpy(bytes, e->bytes, e->len);
	ev->e.bytes = bytes;
	ev->e.name = strdup(e->name);
	ev->e.step = strdup(e->step ? e->step : "");
	ev->e.made_of = e->made_of ? strdup(e->made_of) : NULL;
	if (!ev->e.name || !ev->e.step || (e->bytes && !bytes)) {
		free_event(ev);
		log->incomplete = true;
		return;
	}
	log->n++;
	sealsock_trace_decode(&ev->e, add_field, ev);
}

static void keep(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

/* RFC 9849 §7.2: how it shows that the inner ClientHello was taken. */
static const char *ech_outcome(const struct sealsock_info *info)
{
	switch (info->ech) {
	case SEALSOCK_ECH_GREASE:
		return "Encrypted Client Hello for show only (GREASE)";
	case SEALSOCK_ECH_ACCEPTED:
		return info->hello_retry ?
		       "Encrypted Client Hello, proved by hashes of the inner one in both answers" :
		       "Encrypted Client Hello, proved by the end of the server's random";
	case SEALSOCK_ECH_REJECTED:
		return "Encrypted Client Hello not taken: there was no proof";
	default:
		return "";
	}
}

void trace_conclude(struct trace_log *log, const struct sealsock_conn *conn)
{
	const struct sealsock_failure *f = sealsock_conn_error(conn);
	struct sealsock_info info;

	sealsock_conn_info(conn, &info);
	keep(log->version, sizeof(log->version), info.version_name);
	keep(log->cipher, sizeof(log->cipher), info.cipher_name);
	keep(log->group, sizeof(log->group), info.group_name);
	keep(log->scheme, sizeof(log->scheme), info.sigscheme_name);
	keep(log->alpn, sizeof(log->alpn), info.alpn);
	log->verified = info.verified;
	log->retried = info.hello_retry;
	log->resumed = info.resumed;
	log->ech = ech_outcome(&info);
	log->done = sealsock_conn_state(conn) == SEALSOCK_STATE_DONE;
	if (f->code)
		keep(log->failure, sizeof(log->failure), f->text);
}

const char *trace_from(const struct trace_log *log, const struct trace_event *ev)
{
	bool client = (log->role == SEALSOCK_CLIENT) != (ev->e.direction == SEALSOCK_DIR_RECEIVED);

	return client ? "client" : "server";
}

bool trace_fatal(const struct trace_event *ev)
{
	return ev->e.kind == SEALSOCK_TRACE_ALERT && ev->e.bytes && ev->e.bytes[0] == 2;
}

const char *trace_size(const struct trace_event *ev, char out[24])
{
	snprintf(out, 24, "%u byte%s", (unsigned int)ev->e.len, ev->e.len == 1 ? "" : "s");
	return out;
}

bool trace_field_opaque(const struct trace_field *f)
{
	size_t n = strlen(f->value);

	if (!f->len)
		return false;
	return !strcmp(f->name, "random") || !strcmp(f->name, "share") ||
	       !strcmp(f->name, "malformed") || !strcmp(f->name, "ticket_age_add") ||
	       (n > 6 && !strcmp(f->value + n - 6, " bytes") && f->value[0] != '0' &&
		strcmp(f->name, "certificate"));
}

void trace_hex(FILE *f, const uint8_t *p, size_t n, size_t max)
{
	for (size_t i = 0; i < n && i < max; i++)
		fprintf(f, "%02x", p[i]);
	if (n > max)
		fputs("…", f);
}
