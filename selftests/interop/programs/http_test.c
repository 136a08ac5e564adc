// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The HTTP parsers of the command line: tables of good and bad input. TAP. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http.h"
#include "net.h"

static unsigned int tests, failures;

static void check(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void check(bool ok, const char *fmt, ...)
{
	char name[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	for (char *p = name; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == '#')
			*p = '~';
	failures += !ok;
	printf("%sok %u %s\n", ok ? "" : "not ", ++tests, name);
}

/* A copy of exactly the given bytes, so that a read behind them is caught by ASan. */
static char *exact(const char *text, size_t n)
{
	char *p = malloc(n ? n : 1);

	if (!p)
		exit(2);
	memcpy(p, text, n);
	return p;
}

static int parse_request(const char *text, size_t n, struct http_request *req)
{
	char *p = exact(text, n);
	int status = http_request_parse(req, p, n);

	free(p);
	return status;
}

#define H "Host: x\r\n"

static void test_requests(void)
{
	static const struct {
		const char *text;
		int status;
	} t[] = {
		{ "GET / HTTP/1.1\r\n" H "\r\n", 0 },
		{ "HEAD /a HTTP/1.1\r\n" H "\r\n", 0 },
		{ "GET / HTTP/1.0\r\n\r\n", 0 },
		{ "GET / HTTP/1.1\nHost: x\n\n", 0 },
		{ "GET http://x/a HTTP/1.1\r\n" H "\r\n", 0 },
		{ "GET https://x HTTP/1.1\r\n" H "\r\n", 0 },
		{ "GET / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 0 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H H "\r\n", 400 },
		{ "GET /\r\n\r\n", 400 },
		{ "GET  / HTTP/1.1\r\n" H "\r\n", 400 },
		{ "GET / HTTP/1.1 \r\n" H "\r\n", 400 },
		{ " GET / HTTP/1.1\r\n" H "\r\n", 400 },
		{ "get / HTTP/1.1\r\n" H "\r\n", 400 },
		{ "GET * HTTP/1.1\r\n" H "\r\n", 400 },
		{ "GET a HTTP/1.1\r\n" H "\r\n", 400 },
		{ "GET / HTTP/11\r\n" H "\r\n", 400 },
		{ "GET / http/1.1\r\n" H "\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "A : b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H ": b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "Ab\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "A: b\rc\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "A: b\x01\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
		  400 },
		{ "GET / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\n", 413 },
		{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 413 },
		{ "POST / HTTP/1.1\r\n" H "\r\n", 405 },
		{ "OPTIONS * HTTP/1.1\r\n" H "\r\n", 405 },
		{ "BREW / HTTP/1.1\r\n" H "\r\n", 501 },
		{ "GET / HTTP/2.0\r\n" H "\r\n", 505 },
		{ "PRI * HTTP/2.0\r\n\r\n", 505 },
		{ "\x16\x03\x01\x02\r\n\r\n", 400 },
	};
	struct http_request req;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		int got = parse_request(t[i].text, strlen(t[i].text), &req);

		check(got == t[i].status, "request %s: %d (%d)", t[i].text, t[i].status, got);
	}
}

static void test_limits(void)
{
	struct http_request req;
	char big[HTTP_HEAD_MAX];
	size_t n;

	n = (size_t)snprintf(big, sizeof(big), "GET /%0*d HTTP/1.1\r\n" H "\r\n",
			     HTTP_TARGET_MAX, 0);
	check(parse_request(big, n, &req) == 414, "a target over the limit: 414");
	n = (size_t)snprintf(big, sizeof(big), "GET / HTTP/1.1\r\n" H);
	for (int i = 0; i < HTTP_FIELDS_MAX; i++)
		n += (size_t)snprintf(big + n, sizeof(big) - n, "A: b\r\n");
	n += (size_t)snprintf(big + n, sizeof(big) - n, "\r\n");
	check(parse_request(big, n, &req) == 431, "one field over the limit: 431");
	check(parse_request("GET / HTTP/1.1\r\nHost: x\0\r\n\r\n", 28, &req) == 400, "NUL: 400");
}

static void test_every_cut(void)
{
	static const char text[] = "GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=1-2\r\n\r\n";
	struct http_request req;
	bool ok = true;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		char *p = exact(text, n);

		ok &= !http_head_length(p, n);
		http_request_parse(&req, p, n);		/* must not read behind its end */
		free(p);
	}
	check(ok, "a head cut anywhere is not complete");
	check(http_head_length(text, sizeof(text) - 1) == sizeof(text) - 1, "a whole head is");
}

static void test_keep_alive(void)
{
	static const struct {
		const char *text;
		bool keep;
	} t[] = {
		{ "GET / HTTP/1.1\r\n" H "\r\n", true },
		{ "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\n" H "Connection: TE, Close\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
		{ "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false },
	};
	struct http_request req;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		check(!parse_request(t[i].text, strlen(t[i].text), &req) &&
		      req.keep_alive == t[i].keep, "keep-alive %d: %s", t[i].keep, t[i].text);
}

static void test_paths(void)
{
	static const struct {
		const char *target;
		int status;
		const char *path;
		bool slash;
	} t[] = {
		{ "/", 0, ".", true },
		{ "//", 0, ".", true },
		{ "/a", 0, "a", false },
		{ "/a/", 0, "a", true },
		{ "/a//b", 0, "a/b", false },
		{ "/a?x=/../y", 0, "a", false },
		{ "/%61%20b", 0, "a b", false },
		{ "/...", 0, "...", false },
		{ "/a..b", 0, "a..b", false },
		{ "/\xc3\xa4", 0, "\xc3\xa4", false },
		{ "/..", 403, NULL, false },
		{ "/../etc/passwd", 403, NULL, false },
		{ "/a/../../etc/passwd", 403, NULL, false },
		{ "/%2e%2e/etc/passwd", 403, NULL, false },
		{ "/a/%2E%2e/b", 403, NULL, false },
		{ "/./a", 403, NULL, false },
		{ "/a/.", 403, NULL, false },
		{ "/a%2fb", 400, NULL, false },
		{ "/%00", 400, NULL, false },
		{ "/%", 400, NULL, false },
		{ "/%1", 400, NULL, false },
		{ "/%zz", 400, NULL, false },
		{ "/a\tb", 400, NULL, false },
		{ "/a\x7f", 400, NULL, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		size_t n = strlen(t[i].target);
		char *p = exact(t[i].target, n), out[64];
		bool slash;
		int got = http_target_path((struct http_span){ p, n }, out, sizeof(out), &slash);

		free(p);
		check(got == t[i].status &&
		      (got || (!strcmp(out, t[i].path) && slash == t[i].slash)),
		      "path %s: %d %s (%d %s)", t[i].target, t[i].status,
		      t[i].path ? t[i].path : "", got, got ? "" : out);
	}
	check(http_target_path((struct http_span){ "/abcdef", 7 }, (char[4]){ 0 }, 4,
			       &(bool){ false }) == 414, "a path longer than its buffer: 414");
}

static void test_ranges(void)
{
	static const struct {
		const char *value;
		enum http_range_result want;
		int64_t start, len;
	} t[] = {
		{ "bytes=0-0", HTTP_RANGE_PART, 0, 1 },
		{ "bytes=0-", HTTP_RANGE_PART, 0, 100 },
		{ "bytes=10-19", HTTP_RANGE_PART, 10, 10 },
		{ "bytes=99-200", HTTP_RANGE_PART, 99, 1 },
		{ "bytes=-1", HTTP_RANGE_PART, 99, 1 },
		{ "bytes=-1000", HTTP_RANGE_PART, 0, 100 },
		{ "Bytes=5-9", HTTP_RANGE_PART, 5, 5 },
		{ "bytes=0-9223372036854775807", HTTP_RANGE_PART, 0, 100 },
		{ "bytes=100-", HTTP_RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=-0", HTTP_RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=9-5", HTTP_RANGE_NONE, 0, 0 },
		{ "bytes=", HTTP_RANGE_NONE, 0, 0 },
		{ "bytes=-", HTTP_RANGE_NONE, 0, 0 },
		{ "bytes=a-b", HTTP_RANGE_NONE, 0, 0 },
		{ "bytes=0-1,3-4", HTTP_RANGE_NONE, 0, 0 },
		{ "bytes=99999999999999999999-", HTTP_RANGE_NONE, 0, 0 },
		{ "lines=0-1", HTTP_RANGE_NONE, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct http_span v = { t[i].value, strlen(t[i].value) };
		int64_t start = 0, len = 0;
		enum http_range_result got = http_range_parse(v, 100, &start, &len);

		if (got == HTTP_RANGE_PART && (start != t[i].start || len != t[i].len))
			got = HTTP_RANGE_NONE;
		check(got == t[i].want, "range %s of 100", t[i].value);
	}
	check(http_range_parse((struct http_span){ "bytes=-5", 8 }, 0, &(int64_t){ 0 },
			       &(int64_t){ 0 }) == HTTP_RANGE_UNSATISFIABLE,
	      "the last bytes of an empty file");
}

static void test_content_ranges(void)
{
	static const struct {
		const char *value, *asked;
		int64_t len;		/* 0: it is not what was asked for */
	} t[] = {
		{ "bytes 0-9/100", "0-9", 10 }, { "bytes 0-9/*", "0-9", 10 },
		{ "Bytes 90-99/100", "90-200", 10 }, { "bytes 90-99/100", "90-", 10 },
		{ "bytes 90-99/100", "-10", 10 }, { "bytes 0-99/100", "-1000", 100 },
		{ "bytes 90-99/*", "90-", 10 }, { "bytes 90-99/*", "-10", 10 },
		{ "bytes 0-9/100", "0-8", 0 }, { "bytes 0-7/100", "0-8", 0 },
		{ "bytes 1-9/100", "0-9", 0 }, { "bytes 10-19/100", "0-9", 0 },
		{ "bytes 0-9/100", "0-", 0 }, { "bytes 89-99/100", "-10", 0 },
		{ "bytes 0-10/*", "-10", 0 }, { "bytes 1-5/*", "0-", 0 },
		{ "bytes 0-9/5", "0-9", 0 }, { "bytes 9-0/100", "0-9", 0 },
		{ "bytes */100", "0-9", 0 }, { "lines 0-9/100", "0-9", 0 },
		{ "bytes 0-9", "0-9", 0 }, { "bytes 0-9/", "0-9", 0 }, { "bytes", "0-9", 0 },
		{ "bytes 0-9/x", "0-9", 0 }, { "bytes -9/100", "-9", 0 }, { "", "0-9", 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		size_t n = strlen(t[i].value);
		char *p = exact(t[i].value, n);
		int64_t len = 0;
		bool got = http_range_answers((struct http_span){ p, n }, t[i].asked, &len);

		check(got == !!t[i].len && (!got || len == t[i].len), "Content-Range %s for %s",
		      t[i].value, t[i].asked);
		free(p);
	}
}

/* Two digits of a year: the year that is at most 50 years ahead. */
static void test_century(void)
{
	static const char *const days[] = { "Sun", "Mon", "Tues", "Wednes", "Thurs", "Fri",
					    "Satur" };
	const time_t now = time(NULL);
	char out[HTTP_DATE_LEN], text[64];
	struct tm tm;
	time_t t;

	for (int ahead = -49; ahead <= 50; ahead++) {
		gmtime_r(&now, &tm);
		tm = (struct tm){ .tm_year = tm.tm_year + ahead, .tm_mday = 1, .tm_hour = 12 };
		t = timegm(&tm);
		http_date_format(t, out);
		snprintf(text, sizeof(text), "%sday, 01-Jan-%.2s 12:00:00 GMT", days[tm.tm_wday],
			 out + 14);
		check(http_date_parse((struct http_span){ text, strlen(text) }, &t) &&
		      t == timegm(&tm), "%d years ahead: %s", ahead, text);
	}
}

static void test_dates(void)
{
	static const char *const bad[] = {
		"Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:61:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
		"Sun, 6  Nov 1994 08:49:37 GMT", "", "Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sunday, 06-Nov-94 08:49:37", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday",
		"Monday, 06-Nov-94 08:49:37 GMT", "Sunsday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 94", "Sun Nov   08:49:37 1994",
		"Mon Nov  6 08:49:37 1994", "Sun Nov  6 24:49:37 1994",
		"Sun Nov  6 08:49:37 1994 GMT",
	};
	static const struct {
		const char *text;
		time_t t;
	} old[] = {
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Saturday, 01-Jan-00 00:00:00 GMT", 946684800 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "Tue Nov 29 20:00:00 2011", 1322596800 },
	};
	char out[HTTP_DATE_LEN];
	time_t t;

	http_date_format(784111777, out);
	check(!strcmp(out, "Sun, 06 Nov 1994 08:49:37 GMT"), "date written: %s", out);
	check(http_date_parse((struct http_span){ out, strlen(out) }, &t) && t == 784111777,
	      "and read back");
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		char *p = exact(old[i].text, strlen(old[i].text));

		check(http_date_parse((struct http_span){ p, strlen(old[i].text) }, &t) &&
		      t == old[i].t, "date of old: %s", old[i].text);
		free(p);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *p = exact(bad[i], strlen(bad[i]));

		check(!http_date_parse((struct http_span){ p, strlen(bad[i]) }, &t),
		      "no date: '%s'", bad[i]);
		free(p);
	}
	test_century();
}

static void test_etags(void)
{
	static const struct {
		const char *list;
		bool match;
	} t[] = {
		{ "\"a-b\"", true }, { "*", true }, { "W/\"a-b\"", true },
		{ "\"x\", \"a-b\"", true }, { " , \"a-b\" ,", true },
		{ "\"x\"", false }, { "a-b", false }, { "", false }, { "\"a-b", false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		check(http_etag_match((struct http_span){ t[i].list, strlen(t[i].list) },
				      "\"a-b\"", true) == t[i].match, "etag %s", t[i].list);
}

static void test_conditions(void)
{
	static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT";	/* 784111777 */
	static const struct {
		const char *fields;
		int later;		/* seconds by which the file is younger than that */
		int status;
	} t[] = {
		{ "", 0, 0 },
		{ "If-Match: \"a\"\r\n", 0, 0 }, { "If-Match: \"b\"\r\n", 0, 412 },
		{ "If-Match: \"b\", \"a\"\r\n", 0, 0 }, { "If-Match: *\r\n", 0, 0 },
		{ "If-Match: W/\"a\"\r\n", 0, 412 },
		{ "If-None-Match: W/\"a\"\r\n", 0, 304 },
		{ "If-Match: \r\n", 0, 412 },
		{ "If-Unmodified-Since: %s\r\n", 0, 0 },
		{ "If-Unmodified-Since: %s\r\n", 1, 412 },
		{ "If-Unmodified-Since: never\r\n", 1, 0 },
		{ "If-Match: \"a\"\r\nIf-Unmodified-Since: %s\r\n", 1, 0 },
		{ "If-Match: \"b\"\r\nIf-None-Match: \"a\"\r\n", 0, 412 },
		{ "If-Match: \"a\"\r\nIf-None-Match: \"a\"\r\n", 0, 304 },
		{ "If-Modified-Since: %s\r\n", 0, 304 }, { "If-Modified-Since: %s\r\n", 1, 0 },
		{ "If-None-Match: \"b\"\r\nIf-Modified-Since: %s\r\n", 0, 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct http_request req;
		char text[256];
		size_t n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" H);
		int status;

		for (const char *p = t[i].fields; *p; p += *p == '%' ? 2 : 1)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s",
					      *p == '%' ? 99 : 1, *p == '%' ? date : p);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\r\n");
		status = http_request_parse(&req, text, n);
		if (!status)
			status = http_condition(&req, "\"a\"", 784111777 + t[i].later);
		check(status == t[i].status, "condition %s, %d s: %d", t[i].fields, t[i].later,
		      status);
	}
}

static void test_responses(void)
{
	static const struct {
		const char *text;
		bool head;
		int ret, status;
		enum http_body body;
	} t[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, 0, 200, HTTP_BODY_LENGTH },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, 0, 200, HTTP_BODY_NONE },
		{ "HTTP/1.1 200\r\n\r\n", false, 0, 200, HTTP_BODY_UNTIL_CLOSE },
		{ "HTTP/1.1 204 No\r\n\r\n", false, 0, 204, HTTP_BODY_NONE },
		{ "HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", false, 0, 304, HTTP_BODY_NONE },
		{ "HTTP/1.1 100 Go\r\n\r\n", false, 0, 100, HTTP_BODY_NONE },
		{ "HTTP/1.0 404 x\r\nTransfer-Encoding: Chunked\r\n\r\n", false, 0, 404,
		  HTTP_BODY_CHUNKED },
		{ "HTTP/1.1 200 x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", false, -1, 0, 0 },
		{ "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
		  false, -1, 0, 0 },
		{ "HTTP/1.1 200 x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", false,
		  -1, 0, 0 },
		{ "HTTP/1.1 200 x\r\nContent-Length: 0x1\r\n\r\n", false, -1, 0, 0 },
		{ "HTTP/1.1 099 x\r\n\r\n", false, -1, 0, 0 },
		{ "HTTP/2 200 x\r\n\r\n", false, -1, 0, 0 },
		{ "HTTP/1.1 2000 x\r\n\r\n", false, -1, 0, 0 },
		{ "SSH-2.0-x\r\n\r\n", false, -1, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		size_t n = strlen(t[i].text);
		struct http_response r;
		char *p = exact(t[i].text, n);
		const char *why;
		int got = http_response_parse(&r, p, n, t[i].head, &why);

		check(got == t[i].ret && !got == !why &&
		      (got || (r.status == t[i].status && r.body == t[i].body)),
		      "response %s", t[i].text);
		free(p);
	}
}

/* Feeds @text in pieces of @step bytes; the decoded body, or NULL where it is refused. */
static const char *dechunk(const char *text, size_t step, bool *done)
{
	static char out[256];
	struct http_chunked c = { 0 };
	size_t len = strlen(text), at = 0, o = 0;

	while (at < len && !http_chunked_ended(&c)) {
		size_t piece = len - at < step ? len - at : step, used = 0;

		while (used < piece && !http_chunked_ended(&c)) {
			size_t n;

			used += http_chunked_next(&c, text + at + used, piece - used, &n);
			memcpy(out + o, text + at + used, n);
			o += n;
			used += n;
		}
		at += used;
	}
	out[o] = '\0';
	*done = c.state == CHUNK_DONE;
	return c.state == CHUNK_BAD ? NULL : out;
}

static void test_chunked(void)
{
	static const struct {
		const char *text;
		const char *body;
		bool done;
	} t[] = {
		{ "5\r\nhello\r\n0\r\n\r\n", "hello", true },
		{ "1\r\na\r\n00A\r\n0123456789\r\n0\r\n\r\n", "a0123456789", true },
		{ "5;x=y\r\nhello\r\n0;z\r\nTrailer: x\r\n\r\n", "hello", true },
		{ "0\r\n\r\nleft over", "", true },
		{ "5\r\nhel", "hel", false },
		{ "5\r\nhello\r\n0\r\n", "hello", false },
		{ "5\nhello\r\n0\r\n\r\n", NULL, false },
		{ "5\r\nhelloX\r\n", NULL, false },
		{ "g\r\n", NULL, false },
		{ "\r\n", NULL, false },
		{ "-1\r\n", NULL, false },
		{ "ffffffffffffffffff\r\n", NULL, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bool ok = true;

		for (size_t step = 1; step < 12; step++) {
			bool done;
			const char *got = dechunk(t[i].text, step, &done);

			ok &= done == t[i].done && !got == !t[i].body &&
			      (!got || !strcmp(got, t[i].body));
		}
		check(ok, "chunked %s, in pieces of 1 to 11", t[i].text);
	}
}

/* @chunks of a byte, with extensions of @ext bytes, then a trailer of @trailer; is it taken? */
static bool long_lines(unsigned int chunks, int ext, int trailer)
{
	struct http_chunked c = { 0 };
	char line[2 * HTTP_HEAD_MAX + 16];
	size_t n, data;

	for (unsigned int i = 0; i <= chunks; i++) {
		n = (size_t)snprintf(line, sizeof(line), "%u;%0*d\r\n", i < chunks, ext, 0);
		if (i < chunks)
			n += (size_t)snprintf(line + n, sizeof(line) - n, "x\r\n");
		for (size_t at = 0; at < n && !http_chunked_ended(&c); at += data)
			at += http_chunked_next(&c, line + at, n - at, &data);
	}
	for (int i = 0; i < trailer; i += 10)
		http_chunked_next(&c, "A: 45678\r\n", 10, &data);
	http_chunked_next(&c, "\r\n", 2, &data);
	return c.state == CHUNK_DONE;
}

static void test_chunk_limits(void)
{
	check(long_lines(1000, 100, 0), "1000 chunks with extensions of 100 bytes");
	check(long_lines(3, HTTP_HEAD_MAX - 10, HTTP_HEAD_MAX - 2000),
	      "extensions near the limit, and a trailer");
	check(!long_lines(1, HTTP_HEAD_MAX, 0), "an extension over the limit");
	check(!long_lines(1, 1, 2 * HTTP_HEAD_MAX), "a trailer over the limit");
}

static void test_urls(void)
{
	static const struct {
		const char *url;
		const char *host, *port, *path;	/* host NULL: refused */
	} t[] = {
		{ "https://a.example", "a.example", "443", "/" },
		{ "http://a.example", "a.example", "80", "/" },
		{ "HTTPS://a.example", "a.example", "443", "/" },
		{ "HttP://a.example/X", "a.example", "80", "/X" },
		{ "https://a:8443/b?c#d", "a", "8443", "/b?c" },
		{ "https://a?c", "a", "443", "/?c" },
		{ "https://[::1]:99/x", "::1", "99", "/x" },
		{ "https://[::1]", "::1", "443", "/" },
		{ "https://", NULL, NULL, NULL }, { "ftp://a/", NULL, NULL, NULL },
		{ "https://a:0/", NULL, NULL, NULL }, { "https://a:65536/", NULL, NULL, NULL },
		{ "https://a:x/", NULL, NULL, NULL }, { "https://u@a/", NULL, NULL, NULL },
		{ "https://a/b c", NULL, NULL, NULL }, { "https://a/\r\nX: y", NULL, NULL, NULL },
		{ "https://::1/", NULL, NULL, NULL }, { "https://[::1/", NULL, NULL, NULL },
		{ "https://:443/", NULL, NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		static struct url u;
		const char *why = url_parse(t[i].url, &u);

		check(t[i].host ? !why && !strcmp(u.peer.host, t[i].host) &&
		      !strcmp(u.peer.port, t[i].port) && !strcmp(u.path, t[i].path) : !!why,
		      "url %s: %s", t[i].url, why ? why : u.peer.host);
	}
}

int main(void)
{
	test_requests();
	test_limits();
	test_every_cut();
	test_keep_alive();
	test_paths();
	test_ranges();
	test_content_ranges();
	test_dates();
	test_etags();
	test_conditions();
	test_responses();
	test_chunked();
	test_chunk_limits();
	test_urls();
	printf("1..%u\n", tests);
	return failures != 0;
}
