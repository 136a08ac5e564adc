// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Lines, fields and lists: what a request's head and a response's head have in common. */
#include <string.h>
#include <strings.h>

#include "http/http.h"

static bool is_tchar(unsigned char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
		return true;
	return c && strchr("!#$%&'*+-.^_`|~", c);
}

static struct http_span trim(struct http_span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool http_span_is(struct http_span s, const char *text)
{
	return s.p && s.n == strlen(text) && !strncasecmp(s.p, text, s.n);
}

bool http_list_has(struct http_span list, const char *token)
{
	const char *end = list.p + list.n;

	while (list.p && list.p < end) {
		const char *comma = memchr(list.p, ',', (size_t)(end - list.p));
		const char *stop = comma ? comma : end;
		struct http_span item = { list.p, (size_t)(stop - list.p) };

		if (http_span_is(trim(item), token))
			return true;
		list.p = comma ? comma + 1 : end;
	}
	return false;
}

bool http_span_number(struct http_span s, int64_t *out)
{
	int64_t v = 0;

	if (!s.p || !s.n)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int digit = s.p[i] - '0';

		if (digit < 0 || digit > 9 || v > (INT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

int http_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t http_head_length(const char *buf, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (buf[i] != '\n')
			continue;
		if (i + 1 < len && buf[i + 1] == '\n')
			return i + 2;
		if (i + 2 < len && buf[i + 1] == '\r' && buf[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

bool http_head_line(struct http_head *h, struct http_span *line)
{
	const char *lf;
	size_t n;

	if (h->p >= h->end)
		return false;
	lf = memchr(h->p, '\n', (size_t)(h->end - h->p));
	if (!lf)
		return false;
	n = (size_t)(lf - h->p);
	if (n && lf[-1] == '\r')
		n--;
	if (memchr(h->p, '\r', n) || memchr(h->p, '\0', n))
		return false;
	*line = (struct http_span){ h->p, n };
	h->p = lf + 1;
	return true;
}

int http_head_field(struct http_head *h, struct http_field *out)
{
	struct http_span line;
	const char *colon;

	if (!http_head_line(h, &line))
		return -1;
	if (!line.n)
		return 0;
	colon = memchr(line.p, ':', line.n);
	if (!colon || colon == line.p)
		return -1;
	out->name = (struct http_span){ line.p, (size_t)(colon - line.p) };
	for (size_t i = 0; i < out->name.n; i++)
		if (!is_tchar((unsigned char)out->name.p[i]))
			return -1;
	out->value = trim((struct http_span){ colon + 1, line.n - out->name.n - 1 });
	for (size_t i = 0; i < out->value.n; i++) {
		unsigned char c = (unsigned char)out->value.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return -1;
	}
	return 1;
}

static const struct {
	int status;
	const char *text;
} reasons[] = {
	{ 200, "OK" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 416, "Range Not Satisfiable" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

const char *http_reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Unknown";
}
