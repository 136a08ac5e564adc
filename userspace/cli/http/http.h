/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room http/: the part of HTTP/1.1 (RFC 9110, RFC 9112) that a file server and a download need.
 *
 * Everything here is pure: bytes in, numbers out, no system call and no allocation. The parsers
 * never look behind the length they are given, and refuse what they do not understand.
 */
#ifndef SEALSOCK_CLI_HTTP_H
#define SEALSOCK_CLI_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
	HTTP_HEAD_MAX = 8192,		/* bytes of a head, blank line included */
	HTTP_FIELDS_MAX = 100,		/* header fields in one head */
	HTTP_TARGET_MAX = 2048,		/* bytes of a request target */
	HTTP_DATE_LEN = 30,		/* "Sun, 06 Nov 1994 08:49:37 GMT" and its NUL */
	HTTP_ETAG_MAX = 48,
};

/* A piece of the head: points into the caller's buffer, is not NUL-terminated. */
struct http_span {
	const char *p;
	size_t n;
};

struct http_field {
	struct http_span name;
	struct http_span value;		/* without the white space around it */
};

/* ASCII case does not matter. */
bool http_span_is(struct http_span s, const char *text);
/* @list is comma-separated (RFC 9110 5.6.1). */
bool http_list_has(struct http_span list, const char *token);
/* Decimal digits only, no overflow. */
bool http_span_number(struct http_span s, int64_t *out);
/* The value of a hex digit, or -1. */
int http_hex(char c);

/* Walks the head. Lines end in CRLF or, as RFC 9112 2.2 allows, in LF alone. */
struct http_head {
	const char *p;
	const char *end;
};

/* Length of the head, blank line included; 0: not complete yet. */
size_t http_head_length(const char *buf, size_t len);
/* The next line without its end; false at the end or where a CR or NUL stands inside the line. */
bool http_head_line(struct http_head *h, struct http_span *line);
/* 1: a field; 0: the blank line was reached; -1: malformed (folded, no colon, bad name). */
int http_head_field(struct http_head *h, struct http_field *out);

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OTHER_METHOD };

struct http_request {
	enum http_method method;
	struct http_span method_name;
	struct http_span target;	/* path and query: absolute form is cut down to this */
	int minor;			/* HTTP/1.minor */
	bool keep_alive;
	struct http_span range;		/* .p is NULL when the field is absent */
	struct http_span if_range;
	struct http_span if_match;
	struct http_span if_unmodified_since;
	struct http_span if_none_match;
	struct http_span if_modified_since;
};

/*
 * Parses one request head of exactly @len bytes (see http_head_length()). Returns 0, or the status
 * to answer with before closing: 400, 405, 413 (a request with a body), 414, 431, 501, 505. The
 * method and version are filled in as far as they were understood.
 */
int http_request_parse(struct http_request *req, const char *buf, size_t len);

/*
 * Decodes the path of @target into @out as a path relative to the served directory: no leading
 * slash, "." for the root, no empty, "." or ".." segments, no NUL and no encoded slash. Sets
 * *@dir_slash when the path ended in a slash. Returns 0 or the status to answer with.
 */
int http_target_path(struct http_span target, char *out, size_t size, bool *dir_slash);

enum http_range_result { HTTP_RANGE_NONE, HTTP_RANGE_PART, HTTP_RANGE_UNSATISFIABLE };

/* One byte range of RFC 9110 14.1.2. Other units, many ranges, bad syntax: NONE, the whole file. */
enum http_range_result http_range_parse(struct http_span value, int64_t size, int64_t *start,
					int64_t *len);

/*
 * Is the Content-Range field @value (RFC 9110 14.4) what was asked for as @asked, "FIRST-LAST",
 * "FIRST-" or "-N"? As far as the file goes: its end may come earlier. *@len: bytes of the part.
 */
bool http_range_answers(struct http_span value, const char *asked, int64_t *len);

void http_date_format(time_t t, char out[HTTP_DATE_LEN]);
/* Any of the three forms of RFC 9110 5.6.7; only the first is ever written. */
bool http_date_parse(struct http_span s, time_t *out);
/* Is @etag on the list? @weak: by the weak comparison (RFC 9110 8.8.3.2), for If-None-Match. */
bool http_etag_match(struct http_span list, const char *etag, bool weak);
/* What the conditions say of a file of @etag and @mtime (RFC 9110 13.2.2): 0, 304 or 412. */
int http_condition(const struct http_request *req, const char *etag, time_t mtime);

const char *http_reason(int status);
const char *http_content_type(const char *path);

enum http_body { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED, HTTP_BODY_UNTIL_CLOSE };

struct http_response {
	int status;
	struct http_span reason;
	enum http_body body;
	int64_t length;			/* of the body, with HTTP_BODY_LENGTH */
	struct http_span location;
	struct http_span content_range;
};

/* Parses one response head of exactly @len bytes. 0, or -1 with *@why set to what is wrong. */
int http_response_parse(struct http_response *rsp, const char *buf, size_t len, bool head_request,
			const char **why);

/* Chunked coding (RFC 9112 7.1), a byte stream decoder. Start from all zeroes. */
struct http_chunked {
	enum {
		CHUNK_SIZE, CHUNK_EXT, CHUNK_SIZE_LF, CHUNK_DATA, CHUNK_DATA_CR, CHUNK_DATA_LF,
		CHUNK_TRAILER, CHUNK_TRAILER_LINE, CHUNK_TRAILER_LF, CHUNK_END_LF, CHUNK_DONE,
		CHUNK_BAD,
	} state;
	uint64_t left;			/* of this chunk */
	unsigned int digits;
	unsigned int line;		/* bytes of this extension, or of the trailer; bounded */
};

/*
 * Consumes from @in until a run of body bytes, the end of @in, or the end of the body. Returns the
 * number of bytes consumed before *@data; *@n is the length of the run, which the next call must
 * start behind. State is CHUNK_DONE or CHUNK_BAD at the end.
 */
size_t http_chunked_next(struct http_chunked *c, const char *in, size_t len, size_t *n);
bool http_chunked_ended(const struct http_chunked *c);	/* for good or for bad */

#endif
