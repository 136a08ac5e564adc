// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Handshakes of the file server, made to be seen: each is shown when its connection ends. */
#include <stdlib.h>
#include <unistd.h>

#include "serve/serve.h"

struct trace_log *serve_trace_new(const struct server *srv, const struct client *c)
{
	struct trace_log *log = malloc(sizeof(*log));

	if (!log)
		return NULL;
	trace_log_init(log, SEALSOCK_SERVER, srv->o->secrets);
	snprintf(log->title, sizeof(log->title), "TLS handshake of %s", c->peer);
	snprintf(log->peer, sizeof(log->peer), "%s", c->peer);
	return log;
}

void serve_trace_event(void *arg, const struct sealsock_trace_event *e)
{
	struct server *srv = arg;
	struct client *c = srv->list;

	while (c && c->s.tls != e->conn)
		c = c->next;
	if (c && c->trace)
		trace_log_event(c->trace, e);
}

void serve_trace_show(const struct server *srv, struct client *c)
{
	if (!c->trace)
		return;
	if (!c->trace->done && c->s.tls)
		trace_conclude(c->trace, c->s.tls);
	if (c->trace->n) {
		if (srv->o->trace)
			trace_print_text(stdout, c->trace, isatty(STDOUT_FILENO));
		if (srv->o->trace_json)
			trace_print_json(stdout, c->trace);
		if (srv->o->trace_html)
			trace_write_html(srv->o->trace_html, c->trace);
		fflush(stdout);
	}
	trace_log_free(c->trace);
	free(c->trace);
	c->trace = NULL;
}
