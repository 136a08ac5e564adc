/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A TCP socket, with or without TLS on it: the rest of the program need not care. */
#ifndef SEALSOCK_CLI_STREAM_H
#define SEALSOCK_CLI_STREAM_H

#include <stddef.h>
#include <sys/types.h>

#include "sealsock.h"

struct stream {
	int fd;
	struct sealsock_conn *tls;	/* NULL: plain TCP */
	enum sealsock_path path;	/* with TLS: who seals and opens */
};

/*
 * Results as libsealsock has them: bytes, 0 at the end, SEALSOCK_WANT_READ, SEALSOCK_WANT_WRITE, or
 * another negative error; with SEALSOCK_ERR_SYSTEM errno is set. No SIGPIPE.
 */
ssize_t stream_read(struct stream *s, void *buf, size_t n);
ssize_t stream_write(struct stream *s, const void *buf, size_t n);

/* Up to @n bytes of @file at *@off, which moves on; by sendfile(2) wherever the kernel seals. */
ssize_t stream_sendfile(struct stream *s, int file, off_t *off, size_t n);

/* Says that no more will be written: close_notify, if there is TLS, and FIN. */
int stream_shutdown(struct stream *s);

/* Wipes, closes. */
void stream_close(struct stream *s);

/* What went wrong, in words; valid until the next call on @s. @err is the negative result. */
const char *stream_error(const struct stream *s, int err);

enum { STREAM_ALERT_MAX = 64 };

/* " [alert NAME sent]" or "received", where that belongs to @err; else "". */
const char *stream_alert(const struct stream *s, int err, char out[STREAM_ALERT_MAX]);

#endif
