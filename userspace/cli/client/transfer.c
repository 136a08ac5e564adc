// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The response: its head, its body into a file, progress. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "client/get.h"

/* Bytes into d->buf behind what is there; 0 at the end of the stream; or a negative error. */
static ssize_t fill(struct download *d, const struct get_options *o)
{
	ssize_t n;

	do {
		session_arm(&d->s, &o->session);
		n = stream_read(&d->s, d->buf + d->len, sizeof(d->buf) - d->len);
	} while (n == SEALSOCK_WANT_READ && d->s.tls);
	if (n > 0)
		d->len += (size_t)n;
	return n;
}

static void print_head(const struct download *d, FILE *f)
{
	struct http_head h = { d->buf, d->buf + d->head_len };
	struct http_span line;

	while (http_head_line(&h, &line) && line.n) {
		cli_text(f, line.p, line.n);
		fputc('\n', f);
	}
}

static void report_status(const struct download *d, const struct get_options *o)
{
	const struct http_response *r = &d->rsp;

	if (r->status / 100 == 2)
		return;
	if (r->status / 100 == 3 && r->location.p)
		cli_error("%s: the server answered %d %.*s; not followed: its redirect to %.*s",
			  o->url, r->status, (int)r->reason.n, r->reason.p, (int)r->location.n,
			  r->location.p);
	else
		cli_error("%s: the server answered %d %.*s", o->url, r->status, (int)r->reason.n,
			  r->reason.p);
}

/* One head, interim or final, to the front of d->buf. */
static int read_head(struct download *d, const struct get_options *o)
{
	const char *why;

	while (!(d->head_len = http_head_length(d->buf, d->len))) {
		ssize_t n;

		if (d->len >= HTTP_HEAD_MAX) {
			cli_error("%s: the answer's head is over %d bytes", o->url, HTTP_HEAD_MAX);
			return CLI_ANSWER;
		}
		n = fill(d, o);
		if (n < 0)
			return session_failed(&d->s, (int)n, "waiting for the answer");
		if (!n) {
			cli_error("%s: the server ended the connection without an answer", o->url);
			return CLI_CUT;
		}
	}
	if (http_response_parse(&d->rsp, d->buf, d->head_len, o->head, &why)) {
		cli_error("%s: this is not an HTTP/1.1 answer: %s", o->url, why);
		return CLI_ANSWER;
	}
	return CLI_OK;
}

int download_head(struct download *d, const struct get_options *o)
{
	int status;

	for (int interim = 0; interim < 8; interim++) {
		status = read_head(d, o);
		if (status)
			return status;
		if (d->rsp.status < 200) {	/* 1xx: the real one follows */
			memmove(d->buf, d->buf + d->head_len, d->len - d->head_len);
			d->len -= d->head_len;
			continue;
		}
		if (o->session.verbose)
			print_head(d, stderr);
		if (o->head)
			print_head(d, stdout);
		report_status(d, o);
		d->length = d->rsp.body == HTTP_BODY_LENGTH ? d->rsp.length : -1;
		if (d->rsp.body == HTTP_BODY_NONE)
			d->length = 0;
		return CLI_OK;
	}
	cli_error("%s: one interim answer after another", o->url);
	return CLI_ANSWER;
}

int download_range(struct download *d, const struct get_options *o)
{
	const struct http_span came = d->rsp.content_range;
	int64_t len;

	if (d->rsp.status != 206) {
		if (o->range)
			cli_error("%s: the server did not send the range but the whole file",
				  o->url);
		return CLI_OK;
	}
	if (!o->range) {
		cli_error("%s: the server sent a part of the file that nobody asked for", o->url);
		return CLI_ANSWER;
	}
	if (!http_range_answers(came, o->range, &len)) {
		cli_error("%s: the server sent another range than %s: %.*s", o->url, o->range,
			  came.p ? (int)came.n : 21, came.p ? came.p : "it does not say which");
		return CLI_ANSWER;
	}
	if (d->length >= 0 && d->length != len) {
		cli_error("%s: the server announced %" PRId64 " bytes for the range %.*s", o->url,
			  d->length, (int)came.n, came.p);
		return CLI_ANSWER;
	}
	d->length = len;
	return CLI_OK;
}

static void progress(struct download *d, bool last)
{
	int64_t now = cli_now_ms(), ms = now - d->started;
	double mib = (double)d->got / (1 << 20), rate = ms > 0 ? mib * 1000 / (double)ms : 0;

	if (!d->progress || (!last && now - d->shown < 200))
		return;
	d->shown = now;
	if (d->length > 0)
		fprintf(stderr, "\r%3d%%  %.1f of %.1f MiB  %.1f MiB/s ",
			(int)(d->got * 100 / d->length), mib, (double)d->length / (1 << 20), rate);
	else
		fprintf(stderr, "\r%.1f MiB  %.1f MiB/s ", mib, rate);
	if (last)
		fputc('\n', stderr);
}

void download_progress_end(struct download *d)
{
	progress(d, true);
	d->progress = false;
}

static int store(struct download *d, const char *p, size_t n)
{
	d->got += (int64_t)n;
	while (n) {
		ssize_t w = write(d->out, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0) {
			cli_error("cannot write '%s': %s", d->name, strerror(errno));
			return CLI_USAGE;
		}
		p += w;
		n -= (size_t)w;
	}
	progress(d, false);
	return CLI_OK;
}

static int store_chunks(struct download *d, const struct get_options *o)
{
	size_t at = 0;

	while (at < d->len && !http_chunked_ended(&d->chunked)) {
		size_t n;
		int status;

		at += http_chunked_next(&d->chunked, d->buf + at, d->len - at, &n);
		status = store(d, d->buf + at, n);
		if (status)
			return status;
		at += n;
	}
	d->len = 0;
	if (d->chunked.state == CHUNK_BAD) {
		cli_error("%s: the chunked body is malformed after %" PRId64 " bytes", o->url,
			  d->got);
		return CLI_CUT;
	}
	return CLI_OK;
}

static int store_buffer(struct download *d, const struct get_options *o)
{
	size_t n = d->len;

	if (d->rsp.body == HTTP_BODY_CHUNKED)
		return store_chunks(d, o);
	d->len = 0;
	if (d->length >= 0 && (int64_t)n > d->length - d->got)
		n = (size_t)(d->length - d->got);	/* the rest is no part of the answer */
	return store(d, d->buf, n);
}

static bool complete(const struct download *d)
{
	if (d->rsp.body == HTTP_BODY_CHUNKED)
		return d->chunked.state == CHUNK_DONE;
	return d->length >= 0 && d->got == d->length;
}

/* The length of a range is known even where its body marks its own end. */
static int check_length(const struct download *d, const struct get_options *o)
{
	if (d->length < 0 || d->got == d->length)
		return CLI_OK;
	cli_error("%s: the body has another length than its Content-Range", o->url);
	return CLI_CUT;
}

int download_body(struct download *d, const struct get_options *o)
{
	int status;

	d->len -= d->head_len;
	memmove(d->buf, d->buf + d->head_len, d->len);
	d->started = cli_now_ms();
	d->progress = !o->quiet && !o->head && isatty(STDERR_FILENO);
	if (d->rsp.body == HTTP_BODY_NONE)
		return CLI_OK;
	for (;;) {
		ssize_t n;

		status = store_buffer(d, o);
		if (status || complete(d))
			return status ? status : check_length(d, o);
		n = fill(d, o);
		if (n > 0)
			continue;
		download_progress_end(d);	/* messages come below it */
		if (n < 0)
			return session_failed(&d->s, (int)n, o->url);
		/* A proper end, but right only where nothing else marks the body's end. */
		if (d->rsp.body == HTTP_BODY_UNTIL_CLOSE)
			return check_length(d, o);
		cli_error("%s: the server ended the connection before the end of the file", o->url);
		return CLI_CUT;
	}
}
