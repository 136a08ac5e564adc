/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room trace/: what happened, in words. It sees record/ and below, and changes nothing.
 *
 * It makes the events of sealsock_config_trace() of what the records' watch sees. Here: how the
 * decoders of messages, extensions and certificates report what they find.
 */
#ifndef SEALSOCK_TRACE_DECODE_H
#define SEALSOCK_TRACE_DECODE_H

#include "sealsock.h"
#include "trace/names.h"

struct trace_out {
	sealsock_field_fn fn;
	void *arg;
	unsigned int depth;
	uint16_t version;	/* of the connection */
	uint16_t suite;
	uint8_t message;	/* the type of the message, … */
	bool retry;		/* … which is a HelloRetryRequest */
};

/* One field; @fmt gives its value in words. */
void trace_field(struct trace_out *o, const char *name, struct bytes raw, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* A number by its name, as far as it has one. */
void trace_number(struct trace_out *o, const char *name, enum trace_registry r, unsigned int value,
		  struct bytes raw);

/* A run of opaque bytes: nothing to say but how long it is. */
void trace_opaque(struct trace_out *o, const char *name, struct bytes raw);

/* A list of numbers of @width bytes (1 or 2): a field with one part each. False: odd length. */
bool trace_list(struct trace_out *o, const char *name, const char *part, enum trace_registry r,
		unsigned int width, struct bytes list);

/* Text from the peer: printable UTF-8 stays, all else becomes \xNN; cut at @size. */
const char *trace_text(struct bytes raw, char *out, size_t size);

/*
 * Each reads all of its argument, or returns false with a field for each part up to where it
 * stopped making sense.
 */
bool trace_extensions(struct trace_out *o, struct bytes block);
bool trace_certificate(struct trace_out *o, struct bytes der);
/* A field with the subject, and its serial number, issuer and dates as parts. */
bool trace_path_step(struct trace_out *o, const char *place, struct bytes der);
bool trace_name_der(struct bytes der, char *out, size_t size);	/* "CN=…, O=…" */

#endif
