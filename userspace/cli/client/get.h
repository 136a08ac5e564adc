/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* One download: what the verb and the transfer share. */
#ifndef SEALSOCK_CLI_GET_H
#define SEALSOCK_CLI_GET_H

#include "client/session.h"
#include "http/http.h"

struct get_options {
	struct session_options session;
	const char *url;
	const char *output;
	const char *connect;
	const char *range;
	bool head;
	bool quiet;
};

struct download {
	struct url url;
	struct stream s;
	struct http_response rsp;
	struct http_chunked chunked;
	int out;
	const char *name;		/* of the output, for messages */
	int64_t length;			/* of the body, -1: not known */
	int64_t got;
	int64_t started, shown;		/* monotonic milliseconds */
	bool progress;
	size_t len;			/* bytes in buf: the head, and what came with it */
	size_t head_len;
	char buf[65536];
};

/* These return an exit status, after a message where it is not 0. */
int download_head(struct download *d, const struct get_options *o);
int download_range(struct download *d, const struct get_options *o);	/* is it what was asked? */
int download_body(struct download *d, const struct get_options *o);

void download_progress_end(struct download *d);

#endif
