// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A request's head (RFC 9112 3) and its target (RFC 9110 4). */
#include <string.h>
#include <strings.h>

#include "http/http.h"

static bool is_upper_token(struct http_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'A' && s.p[i] <= 'Z') || s.p[i] == '-'))
			return false;
	return s.n;
}

static int parse_method(struct http_request *req, struct http_span name)
{
	static const char *const known[] = {
		"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT",
	};

	req->method_name = name;
	if (name.n == 3 && !memcmp(name.p, "GET", 3)) {
		req->method = HTTP_GET;
		return 0;
	}
	if (name.n == 4 && !memcmp(name.p, "HEAD", 4)) {
		req->method = HTTP_HEAD;
		return 0;
	}
	if (!is_upper_token(name))
		return 400;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (name.n == strlen(known[i]) && !memcmp(name.p, known[i], name.n))
			return 405;
	return 501;
}

static int parse_version(struct http_request *req, struct http_span v)
{
	if (v.n != 8 || memcmp(v.p, "HTTP/", 5) || v.p[5] < '0' || v.p[5] > '9' || v.p[6] != '.' ||
	    v.p[7] < '0' || v.p[7] > '9')
		return 400;
	if (v.p[5] != '1')
		return 505;
	req->minor = v.p[7] - '0';
	return 0;
}

/* http://host/path and https://host/path mean /path (RFC 9112 3.2.2). */
static int parse_target(struct http_request *req, struct http_span t)
{
	static const char *const scheme[] = { "http://", "https://" };

	if (t.n > HTTP_TARGET_MAX)
		return 414;
	for (size_t i = 0; i < 2 && t.n && t.p[0] != '/'; i++) {
		size_t n = strlen(scheme[i]);
		const char *slash;

		if (t.n <= n || strncasecmp(t.p, scheme[i], n))
			continue;
		slash = memchr(t.p + n, '/', t.n - n);
		if (!slash) {
			req->target = (struct http_span){ "/", 1 };
			return 0;
		}
		t.n -= (size_t)(slash - t.p);
		t.p = slash;
	}
	if (!t.n || t.p[0] != '/')
		return 400;
	req->target = t;
	return 0;
}

static int parse_request_line(struct http_request *req, struct http_span line)
{
	struct http_span method, target, version;
	const char *sp1, *sp2;
	int status, bad_method;

	sp1 = memchr(line.p, ' ', line.n);
	if (!sp1)
		return 400;
	method = (struct http_span){ line.p, (size_t)(sp1 - line.p) };
	sp2 = memchr(sp1 + 1, ' ', line.n - method.n - 1);
	if (!sp2)
		return line.n > HTTP_TARGET_MAX ? 414 : 400;
	target = (struct http_span){ sp1 + 1, (size_t)(sp2 - sp1 - 1) };
	version = (struct http_span){ sp2 + 1, line.n - method.n - target.n - 2 };

	/* The method's own error comes last: it is said to a client that speaks HTTP/1.x at all. */
	bad_method = parse_method(req, method);
	if (bad_method == 400)
		return 400;
	status = parse_version(req, version);
	if (!status)
		status = bad_method;
	if (!status)
		status = parse_target(req, target);
	return status;
}

struct head_facts {
	unsigned int hosts;
	bool close, keep_alive;
	bool has_length, has_coding;
	int64_t length;
};

static int take_field(struct http_request *req, struct head_facts *f, const struct http_field *h)
{
	const struct {
		const char *name;
		struct http_span *to;
	} kept[] = {
		{ "Range", &req->range }, { "If-Range", &req->if_range },
		{ "If-Match", &req->if_match }, { "If-None-Match", &req->if_none_match },
		{ "If-Modified-Since", &req->if_modified_since },
		{ "If-Unmodified-Since", &req->if_unmodified_since },
	};
	int64_t length;

	if (http_span_is(h->name, "Host")) {
		f->hosts++;
	} else if (http_span_is(h->name, "Connection")) {
		f->close |= http_list_has(h->value, "close");
		f->keep_alive |= http_list_has(h->value, "keep-alive");
	} else if (http_span_is(h->name, "Content-Length")) {
		if (!http_span_number(h->value, &length) || (f->has_length && length != f->length))
			return 400;
		f->has_length = true;
		f->length = length;
	} else if (http_span_is(h->name, "Transfer-Encoding")) {
		f->has_coding = true;
	}
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (http_span_is(h->name, kept[i].name))
			*kept[i].to = h->value;
	return 0;
}

int http_request_parse(struct http_request *req, const char *buf, size_t len)
{
	struct http_head h = { buf, buf + len };
	struct head_facts f = { 0 };
	struct http_field field;
	struct http_span line;
	unsigned int fields = 0;
	int status, r;

	memset(req, 0, sizeof(*req));
	req->method = HTTP_OTHER_METHOD;
	if (!http_head_line(&h, &line))
		return 400;
	status = parse_request_line(req, line);
	if (status)
		return status;
	while ((r = http_head_field(&h, &field)) > 0) {
		if (++fields > HTTP_FIELDS_MAX)
			return 431;
		status = take_field(req, &f, &field);
		if (status)
			return status;
	}
	if (r < 0)
		return 400;
	if (f.hosts > 1 || (req->minor >= 1 && !f.hosts))
		return 400;
	if (f.has_length && f.has_coding)
		return 400;
	if (f.has_coding || f.length)
		return 413;
	req->keep_alive = !f.close && (req->minor >= 1 || f.keep_alive);
	return 0;
}

/* One path character, percent-encoded or not: -1 where it is malformed or must not be there. */
static int next_char(struct http_span *s)
{
	unsigned char c = (unsigned char)s->p[0];

	if (c == '%') {
		int hi, lo;

		if (s->n < 3)
			return -1;
		hi = http_hex(s->p[1]);
		lo = http_hex(s->p[2]);
		if (hi < 0 || lo < 0)
			return -1;
		c = (unsigned char)(hi << 4 | lo);
		s->p += 3;
		s->n -= 3;
		return c == '/' || !c ? -1 : c;
	}
	s->p++;
	s->n--;
	return c <= 0x20 || c == 0x7f ? -1 : c;
}

static bool is_dots(const char *segment, size_t n)
{
	return (n == 1 && segment[0] == '.') || (n == 2 && !memcmp(segment, "..", 2));
}

int http_target_path(struct http_span target, char *out, size_t size, bool *dir_slash)
{
	size_t n = 0, segment = 0;

	for (size_t i = 0; i < target.n; i++)
		if (target.p[i] == '?' || target.p[i] == '#')
			target.n = i;
	*dir_slash = target.n && target.p[target.n - 1] == '/';
	while (target.n) {
		bool slash = target.p[0] == '/';
		int c = next_char(&target);

		if (c < 0)
			return 400;
		if (slash) {
			if (is_dots(out + segment, n - segment))
				return 403;
			if (n == segment)
				continue;	/* the leading slash, or several in a row */
			segment = n + 1;
		}
		if (n + 2 > size)
			return 414;
		out[n++] = (char)c;
	}
	if (is_dots(out + segment, n - segment))
		return 403;
	while (n && out[n - 1] == '/')
		n--;
	if (!n)
		out[n++] = '.';
	out[n] = '\0';
	return 0;
}
