// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* From a request to an answer: the file, the conditions, the range, the head. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "serve/serve.h"

/* The kernel itself keeps the walk beneath @dir_fd: no "..", no link can lead out of it. */
static int open_beneath(int dir_fd, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	do {
		fd = (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return fd;
}

static int status_of_errno(int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
		return 404;
	case EACCES:
	case EPERM:
	case EXDEV:		/* it would have left the directory */
	case ELOOP:
	case ENXIO:		/* a socket, or a FIFO nobody writes */
		return 403;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return 503;
	default:
		return 500;
	}
}

/* Status line and the fields that every answer has, to the front of a->head. */
static size_t common_fields(struct answer *a)
{
	char date[HTTP_DATE_LEN];

	http_date_format(time(NULL), date);
	return (size_t)snprintf(a->head, sizeof(a->head),
				"HTTP/1.1 %d %s\r\nServer: sealsock\r\nDate: %s\r\n%s",
				a->status, http_reason(a->status), date,
				a->close ? "Connection: close\r\n" :
				a->keep_alive ? "Connection: keep-alive\r\n" : "");
}

/* An answer whose body is its own reason. @fields: whole lines that belong to this status. */
static void make_text(struct answer *a, int status, bool head_only, const char *fields)
{
	char body[64];
	size_t n;
	int len;

	a->status = status;
	len = snprintf(body, sizeof(body), "%d %s\n", status, http_reason(status));
	n = common_fields(a);
	n += (size_t)snprintf(a->head + n, sizeof(a->head) - n,
			      "%sContent-Type: text/plain; charset=utf-8\r\n"
			      "Content-Length: %d\r\n\r\n%s", fields, len, head_only ? "" : body);
	a->head_len = n;
}

void answer_error(struct answer *a, int status)
{
	memset(a, 0, sizeof(*a));
	a->file = -1;
	a->close = true;
	make_text(a, status, false, status == 405 ? "Allow: GET, HEAD\r\n" : "");
}

void answer_close(struct answer *a)
{
	if (a->file >= 0)
		close(a->file);
	a->file = -1;
}

/* 301 to the same path with a slash: relative links in index.html need it. */
static void make_redirect(struct answer *a, struct http_span target, bool head_only)
{
	const char *query = memchr(target.p, '?', target.n);
	size_t n = query ? (size_t)(query - target.p) : target.n;
	char location[600];

	/* "//host" in a Location would be another server: one slash, whatever came. */
	while (n > 1 && target.p[1] == '/') {
		target.p++;
		n--;
	}
	if (n > 512) {
		make_text(a, 404, head_only, "");
		return;
	}
	snprintf(location, sizeof(location), "Location: %.*s/\r\n", (int)n, target.p);
	make_text(a, 301, head_only, location);
}

/* Opens what @req names into a->file. 0; a status; or -1: the answer is made already. */
static int open_target(struct answer *a, int dir_fd, const struct http_request *req,
		       char *path, size_t size, struct stat *st)
{
	bool dir_slash;
	int status, dir;

	status = http_target_path(req->target, path, size, &dir_slash);
	if (status)
		return status;
	a->file = open_beneath(dir_fd, path);
	if (a->file < 0)
		return status_of_errno(errno);
	if (fstat(a->file, st))
		return 500;
	if (S_ISDIR(st->st_mode)) {
		if (!dir_slash) {
			make_redirect(a, req->target, req->method == HTTP_HEAD);
			return -1;
		}
		dir = a->file;
		a->file = open_beneath(dir, "index.html");
		status = errno;
		close(dir);
		snprintf(path, size, "index.html");
		if (a->file < 0)
			return status == ENOENT ? 403 : status_of_errno(status);
		if (fstat(a->file, st))
			return 500;
	} else if (dir_slash) {
		return 404;
	}
	return S_ISREG(st->st_mode) ? 0 : 403;
}

/* If-Range: the range only if the file is still the one the client knows. */
static bool range_applies(const struct http_request *req, const char *etag, time_t mtime)
{
	time_t since;

	if (!req->range.p || req->method != HTTP_GET)
		return false;
	if (!req->if_range.p)
		return true;
	if (req->if_range.n == strlen(etag) && !memcmp(req->if_range.p, etag, req->if_range.n))
		return true;
	return http_date_parse(req->if_range, &since) && mtime == since;
}

static void make_file(struct answer *a, const struct http_request *req, const char *path,
		      const struct stat *st)
{
	char etag[HTTP_ETAG_MAX], modified[HTTP_DATE_LEN], fields[192], range[96] = "";
	int64_t start = 0, len = st->st_size;
	size_t n;

	snprintf(etag, sizeof(etag), "\"%" PRIx64 "-%" PRIx64 "-%lx\"", (uint64_t)st->st_size,
		 (uint64_t)st->st_mtim.tv_sec, (unsigned long)st->st_mtim.tv_nsec);
	http_date_format(st->st_mtim.tv_sec, modified);
	snprintf(fields, sizeof(fields),
		 "ETag: %s\r\nLast-Modified: %s\r\nAccept-Ranges: bytes\r\n", etag, modified);
	a->status = http_condition(req, etag, st->st_mtim.tv_sec);
	if (a->status == 412) {
		make_text(a, 412, req->method == HTTP_HEAD, "");
		return;
	}
	if (a->status) {
		n = common_fields(a);
		n += (size_t)snprintf(a->head + n, sizeof(a->head) - n, "%s\r\n", fields);
		a->head_len = n;
		return;
	}
	a->status = 200;
	if (range_applies(req, etag, st->st_mtim.tv_sec)) {
		switch (http_range_parse(req->range, st->st_size, &start, &len)) {
		case HTTP_RANGE_UNSATISFIABLE:
			snprintf(range, sizeof(range), "Content-Range: bytes */%" PRId64 "\r\n",
				 (int64_t)st->st_size);
			make_text(a, 416, false, range);
			return;
		case HTTP_RANGE_PART:
			a->status = 206;
			snprintf(range, sizeof(range), "Content-Range: bytes %" PRId64 "-%" PRId64
				 "/%" PRId64 "\r\n", start, start + len - 1, (int64_t)st->st_size);
			break;
		case HTTP_RANGE_NONE:
			break;
		}
	}
	n = common_fields(a);
	n += (size_t)snprintf(a->head + n, sizeof(a->head) - n,
			      "%s%sContent-Type: %s\r\nContent-Length: %" PRId64 "\r\n\r\n",
			      fields, range, http_content_type(path), len);
	a->head_len = n;
	a->offset = start;
	a->left = req->method == HTTP_HEAD ? 0 : len;
}

/* The line that the client sent; it will stand between quotes. */
void answer_describe(char *line, size_t size, const char *buf, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && buf[i] != '\r' && buf[i] != '\n' && n + 1 < size; i++)
		line[n++] = buf[i] && buf[i] != '"' ? buf[i] : '?';
	line[n] = '\0';
}

void answer_make(struct answer *a, int dir_fd, const char *buf, size_t len, bool last)
{
	char path[HTTP_TARGET_MAX + 16];
	struct http_request req;
	struct stat st;
	int status;

	status = http_request_parse(&req, buf, len);
	if (status) {
		answer_error(a, status);
		return;
	}
	memset(a, 0, sizeof(*a));
	a->file = -1;
	a->close = last || !req.keep_alive;
	a->keep_alive = !a->close && !req.minor;
	status = open_target(a, dir_fd, &req, path, sizeof(path), &st);
	if (!status)
		make_file(a, &req, path, &st);
	else if (status > 0)
		make_text(a, status, req.method == HTTP_HEAD, "");
	/* Only a file that is really sent stays open. */
	if (!a->left)
		answer_close(a);
}
