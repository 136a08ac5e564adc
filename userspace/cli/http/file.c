// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What a file's answer is made of: ranges, dates, entity tags, content types. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http.h"

enum http_range_result http_range_parse(struct http_span value, int64_t size, int64_t *start,
					int64_t *len)
{
	struct http_span first, last;
	const char *dash;
	int64_t a, b;

	if (!value.p || value.n <= 6 || strncasecmp(value.p, "bytes=", 6))
		return HTTP_RANGE_NONE;
	value.p += 6;
	value.n -= 6;
	dash = memchr(value.p, '-', value.n);
	if (!dash)
		return HTTP_RANGE_NONE;
	first = (struct http_span){ value.p, (size_t)(dash - value.p) };
	last = (struct http_span){ dash + 1, value.n - first.n - 1 };

	if (!first.n) {				/* "-500": the last 500 bytes */
		if (!http_span_number(last, &b))
			return HTTP_RANGE_NONE;
		if (!b || !size)
			return HTTP_RANGE_UNSATISFIABLE;
		*len = b < size ? b : size;
		*start = size - *len;
		return HTTP_RANGE_PART;
	}
	if (!http_span_number(first, &a))
		return HTTP_RANGE_NONE;
	b = INT64_MAX;
	if (last.n && (!http_span_number(last, &b) || b < a))
		return HTTP_RANGE_NONE;
	if (a >= size)
		return HTTP_RANGE_UNSATISFIABLE;
	*start = a;
	*len = (b < size - 1 ? b : size - 1) - a + 1;
	return HTTP_RANGE_PART;
}

/* "bytes 0-9/100" or, where nobody knows the size, a star for it. */
static bool content_range(struct http_span s, int64_t *first, int64_t *last, int64_t *size)
{
	const char *end = s.p + s.n, *dash, *slash;

	if (!s.p || s.n < 6 || strncasecmp(s.p, "bytes ", 6))
		return false;
	s.p += 6;
	dash = memchr(s.p, '-', (size_t)(end - s.p));
	slash = dash ? memchr(dash, '/', (size_t)(end - dash)) : NULL;
	if (!slash || !http_span_number((struct http_span){ s.p, (size_t)(dash - s.p) }, first) ||
	    !http_span_number((struct http_span){ dash + 1, (size_t)(slash - dash - 1) }, last))
		return false;
	slash++;
	*size = INT64_MAX;
	if (end - slash != 1 || *slash != '*')
		if (!http_span_number((struct http_span){ slash, (size_t)(end - slash) }, size))
			return false;
	return *first <= *last && *last < *size;
}

bool http_range_answers(struct http_span value, const char *asked, int64_t *len)
{
	int64_t first, last, size, start, want;
	char range[64];
	int n;

	if (!content_range(value, &first, &last, &size))
		return false;
	*len = last - first + 1;
	/* Of a file whose size nobody tells the end can be anywhere. */
	if (size == INT64_MAX && asked[strlen(asked) - 1] == '-')
		return first == strtoll(asked, NULL, 10);
	if (size == INT64_MAX && asked[0] == '-')
		return *len <= strtoll(asked + 1, NULL, 10);
	n = snprintf(range, sizeof(range), "bytes=%s", asked);
	return n > 0 && (size_t)n < sizeof(range) &&
	       http_range_parse((struct http_span){ range, (size_t)n }, size, &start, &want) ==
	       HTTP_RANGE_PART && first == start && *len == want;
}

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void http_date_format(time_t t, char out[HTTP_DATE_LEN])
{
	struct tm tm;

	/* Not strftime: the names must not follow the locale. */
	if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
		gmtime_r(&(time_t){ 0 }, &tm);
	snprintf(out, HTTP_DATE_LEN, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
		 days + 3 * tm.tm_wday, (unsigned int)tm.tm_mday % 100, months + 3 * tm.tm_mon,
		 (unsigned int)(tm.tm_year + 1900) % 10000, (unsigned int)tm.tm_hour % 100,
		 (unsigned int)tm.tm_min % 100, (unsigned int)tm.tm_sec % 100);
}

/* These take what they name off the front; -1: it is not there. @blank: a space is a digit too. */
static int take_number(struct http_span *s, size_t n, bool blank)
{
	int value = 0;

	if (s->n < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] >= '0' && s->p[i] <= '9')
			value = value * 10 + s->p[i] - '0';
		else if (!blank || i || s->p[i] != ' ')
			return -1;
	}
	s->p += n;
	s->n -= n;
	return value;
}

/* Which of @names, of three letters each. */
static int take_name(struct http_span *s, const char *names)
{
	for (int i = 0; s->n >= 3 && names[3 * i]; i++) {
		if (memcmp(names + 3 * i, s->p, 3))
			continue;
		s->p += 3;
		s->n -= 3;
		return i;
	}
	return -1;
}

static int take_text(struct http_span *s, const char *text, size_t n)
{
	if (s->n < n || memcmp(s->p, text, n))
		return -1;
	s->p += n;
	s->n -= n;
	return 0;
}

/* A year of two digits is at most 50 years ahead (RFC 9110 5.6.7). From 1900, as tm_year. */
static int nearest_year(int two)
{
	time_t now = time(NULL);
	struct tm tm;
	int year;

	if (two < 0 || !gmtime_r(&now, &tm))
		return -1;
	year = tm.tm_year - tm.tm_year % 100 + two + 100;
	while (year > tm.tm_year + 50)
		year -= 100;
	return year;
}

/*
 * @form: a week day, A the rest of its long name, b month, d e day, Y y year, H M S, Z, or itself.
 */
static int take_field(struct http_span *s, const char *form, struct tm *tm)
{
	static const char *const rest[] = { "day", "day", "sday", "nesday", "rsday", "day",
					    "urday" };

	switch (*form) {
	case 'a':
		return tm->tm_wday = take_name(s, days);
	case 'A':
		return take_text(s, rest[tm->tm_wday], strlen(rest[tm->tm_wday]));
	case 'b':
		return tm->tm_mon = take_name(s, months);
	case 'd':
	case 'e':
		return tm->tm_mday = take_number(s, 2, *form == 'e');
	case 'Y':
		tm->tm_year = take_number(s, 4, false) - 1900;
		return tm->tm_year + 1900;
	case 'y':
		return tm->tm_year = nearest_year(take_number(s, 2, false));
	case 'H':
		return tm->tm_hour = take_number(s, 2, false);
	case 'M':
		return tm->tm_min = take_number(s, 2, false);
	case 'S':
		return tm->tm_sec = take_number(s, 2, false);
	case 'Z':
		return take_text(s, "GMT", 3);
	default:
		return take_text(s, form, 1);
	}
}

static bool take_date(struct http_span s, const char *form, struct tm *tm)
{
	memset(tm, 0, sizeof(*tm));
	for (; *form; form++)
		if (take_field(&s, form, tm) < 0)
			return false;
	return !s.n;
}

bool http_date_parse(struct http_span s, time_t *out)
{
	static const char *const forms[] = {
		"a, d b Y H:M:S Z", "aA, d-b-y H:M:S Z", "a b e H:M:S Y",
	};
	struct tm tm, was;

	for (size_t i = 0; s.p && i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!take_date(s, forms[i], &tm))
			continue;
		was = tm;
		*out = timegm(&tm);
		/* What comes back another was no date: week day, 31 February, 61 minutes. */
		return tm.tm_wday == was.tm_wday && tm.tm_mday == was.tm_mday &&
		       tm.tm_mon == was.tm_mon && tm.tm_hour == was.tm_hour &&
		       tm.tm_min == was.tm_min && tm.tm_sec == was.tm_sec;
	}
	return false;
}

static struct http_span next_item(struct http_span *list)
{
	struct http_span item;
	size_t i = 0;

	while (list->n && (list->p[0] == ' ' || list->p[0] == '\t' || list->p[0] == ',')) {
		list->p++;
		list->n--;
	}
	while (i < list->n && list->p[i] != ',')
		i++;
	item = (struct http_span){ list->p, i };
	list->p += i;
	list->n -= i;
	while (item.n && (item.p[item.n - 1] == ' ' || item.p[item.n - 1] == '\t'))
		item.n--;
	return item;
}

bool http_etag_match(struct http_span list, const char *etag, bool weak)
{
	/* Our own tags hold no comma, so a quoted comma in a foreign one cannot make a match. */
	while (list.p && list.n) {
		struct http_span item = next_item(&list);

		if (item.n == 1 && item.p[0] == '*')
			return true;
		if (weak && item.n > 2 && !memcmp(item.p, "W/", 2)) {
			item.p += 2;
			item.n -= 2;
		}
		if (item.n == strlen(etag) && !memcmp(item.p, etag, item.n))
			return true;
	}
	return false;
}

int http_condition(const struct http_request *req, const char *etag, time_t mtime)
{
	time_t since;

	/* A date does not count where there is a tag (RFC 9110 13.1.3, 13.1.4). */
	if (req->if_match.p) {
		if (!http_etag_match(req->if_match, etag, false))
			return 412;
	} else if (http_date_parse(req->if_unmodified_since, &since) && mtime > since) {
		return 412;
	}
	if (req->if_none_match.p)
		return http_etag_match(req->if_none_match, etag, true) ? 304 : 0;
	return http_date_parse(req->if_modified_since, &since) && mtime <= since ? 304 : 0;
}

static const struct {
	const char *suffix;
	const char *type;
} types[] = {
	{ "html", "text/html; charset=utf-8" },
	{ "htm", "text/html; charset=utf-8" },
	{ "txt", "text/plain; charset=utf-8" },
	{ "md", "text/markdown; charset=utf-8" },
	{ "css", "text/css; charset=utf-8" },
	{ "js", "text/javascript; charset=utf-8" },
	{ "json", "application/json" },
	{ "xml", "application/xml" },
	{ "pdf", "application/pdf" },
	{ "wasm", "application/wasm" },
	{ "gz", "application/gzip" },
	{ "xz", "application/x-xz" },
	{ "zip", "application/zip" },
	{ "tar", "application/x-tar" },
	{ "png", "image/png" },
	{ "jpg", "image/jpeg" },
	{ "jpeg", "image/jpeg" },
	{ "gif", "image/gif" },
	{ "svg", "image/svg+xml" },
	{ "webp", "image/webp" },
	{ "ico", "image/x-icon" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "webm", "video/webm" },
};

const char *http_content_type(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strrchr(slash ? slash : path, '.');

	for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcasecmp(dot + 1, types[i].suffix))
			return types[i].type;
	return "application/octet-stream";
}
