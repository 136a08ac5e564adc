// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A response's head, how its body is framed (RFC 9112 6.3), and the chunked coding. */
#include <string.h>

#include "http/http.h"

static int parse_status_line(struct http_response *rsp, struct http_span line)
{
	if (line.n < 12 || memcmp(line.p, "HTTP/1.", 7) || line.p[7] < '0' || line.p[7] > '9' ||
	    line.p[8] != ' ')
		return -1;
	for (int i = 9; i < 12; i++)
		if (line.p[i] < '0' || line.p[i] > '9')
			return -1;
	if (line.p[9] < '1' || (line.n > 12 && line.p[12] != ' '))
		return -1;
	rsp->status = (line.p[9] - '0') * 100 + (line.p[10] - '0') * 10 + line.p[11] - '0';
	rsp->reason = (struct http_span){ line.p + 12, line.n - 12 };
	if (rsp->reason.n) {
		rsp->reason.p++;
		rsp->reason.n--;
	}
	return 0;
}

struct framing {
	bool has_length;
	bool has_coding, chunked;
};

static const char *take_field(struct http_response *rsp, struct framing *f,
			      const struct http_field *h)
{
	int64_t length;

	if (http_span_is(h->name, "Content-Length")) {
		if (!http_span_number(h->value, &length))
			return "Content-Length is not a number";
		if (f->has_length && length != rsp->length)
			return "two different Content-Length fields";
		f->has_length = true;
		rsp->length = length;
	} else if (http_span_is(h->name, "Transfer-Encoding")) {
		if (f->has_coding)
			return "several Transfer-Encoding fields";
		f->has_coding = true;
		f->chunked = http_span_is(h->value, "chunked");
	} else if (http_span_is(h->name, "Location")) {
		rsp->location = h->value;
	} else if (http_span_is(h->name, "Content-Range")) {
		rsp->content_range = h->value;
	}
	return NULL;
}

int http_response_parse(struct http_response *rsp, const char *buf, size_t len, bool head_request,
			const char **why)
{
	struct http_head h = { buf, buf + len };
	struct framing f = { 0 };
	struct http_field field;
	struct http_span line;
	unsigned int fields = 0;
	int r;

	memset(rsp, 0, sizeof(*rsp));
	*why = "the status line is malformed";
	if (!http_head_line(&h, &line) || parse_status_line(rsp, line))
		return -1;
	while ((r = http_head_field(&h, &field)) > 0) {
		*why = "too many header fields";
		if (++fields > HTTP_FIELDS_MAX)
			return -1;
		*why = take_field(rsp, &f, &field);
		if (*why)
			return -1;
	}
	*why = "a header field is malformed";
	if (r < 0)
		return -1;
	*why = "both Content-Length and Transfer-Encoding";
	if (f.has_coding && f.has_length)
		return -1;
	*why = "a transfer coding other than chunked, which was not asked for";
	if (f.has_coding && !f.chunked)
		return -1;
	*why = NULL;
	if (head_request || rsp->status < 200 || rsp->status == 204 || rsp->status == 304)
		rsp->body = HTTP_BODY_NONE;
	else if (f.chunked)
		rsp->body = HTTP_BODY_CHUNKED;
	else if (f.has_length)
		rsp->body = HTTP_BODY_LENGTH;
	else
		rsp->body = HTTP_BODY_UNTIL_CLOSE;
	return 0;
}

static int size_byte(struct http_chunked *c, char ch)
{
	int digit = http_hex(ch);

	if (digit >= 0) {
		if (++c->digits > 15)
			return CHUNK_BAD;
		c->left = c->left << 4 | (unsigned int)digit;
		return CHUNK_SIZE;
	}
	if (!c->digits)
		return CHUNK_BAD;
	if (ch == '\r')
		return CHUNK_SIZE_LF;
	return ch == ';' || ch == ' ' || ch == '\t' ? CHUNK_EXT : CHUNK_BAD;
}

static int frame_byte(struct http_chunked *c, char ch)
{
	switch (c->state) {
	case CHUNK_SIZE:
		return size_byte(c, ch);
	case CHUNK_EXT:
		if (ch == '\n' || ++c->line > HTTP_HEAD_MAX)
			return CHUNK_BAD;
		return ch == '\r' ? CHUNK_SIZE_LF : CHUNK_EXT;
	case CHUNK_SIZE_LF:
		if (ch != '\n')
			return CHUNK_BAD;
		c->digits = 0;
		c->line = 0;
		return c->left ? CHUNK_DATA : CHUNK_TRAILER;
	case CHUNK_DATA_CR:
		return ch == '\r' ? CHUNK_DATA_LF : CHUNK_BAD;
	case CHUNK_DATA_LF:
		return ch == '\n' ? CHUNK_SIZE : CHUNK_BAD;
	case CHUNK_TRAILER:
		if (ch == '\n')
			return CHUNK_BAD;
		return ch == '\r' ? CHUNK_END_LF : CHUNK_TRAILER_LINE;
	case CHUNK_TRAILER_LINE:
		if (ch == '\n' || ++c->line > HTTP_HEAD_MAX)
			return CHUNK_BAD;
		return ch == '\r' ? CHUNK_TRAILER_LF : CHUNK_TRAILER_LINE;
	case CHUNK_TRAILER_LF:
		return ch == '\n' ? CHUNK_TRAILER : CHUNK_BAD;
	case CHUNK_END_LF:
		return ch == '\n' ? CHUNK_DONE : CHUNK_BAD;
	default:
		return CHUNK_BAD;
	}
}

bool http_chunked_ended(const struct http_chunked *c)
{
	return c->state == CHUNK_DONE || c->state == CHUNK_BAD;
}

size_t http_chunked_next(struct http_chunked *c, const char *in, size_t len, size_t *n)
{
	size_t used = 0;

	*n = 0;
	while (used < len && !http_chunked_ended(c)) {
		if (c->state == CHUNK_DATA) {
			*n = len - used < c->left ? len - used : (size_t)c->left;
			c->left -= *n;
			if (!c->left)
				c->state = CHUNK_DATA_CR;
			return used;
		}
		c->state = frame_byte(c, in[used++]);
	}
	return used;
}
