/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Names of the registries' numbers, also of what this library does not speak: for the trace. */
#ifndef SEALSOCK_TRACE_NAMES_H
#define SEALSOCK_TRACE_NAMES_H

#include "base/wire.h"

enum { TRACE_HEADER = 4 };	/* of a handshake message */

/* The kinds of numbers that trace_name() knows. */
enum trace_registry {
	NAMES_SUITE,
	NAMES_GROUP,
	NAMES_SCHEME,
	NAMES_EXTENSION,
	NAMES_VERSION,
	NAMES_MESSAGE,
	NAMES_POINT_FORMAT,
	NAMES_PSK_MODE,
	NAMES_CLIENT_CERT,
	NAMES_CURVE_TYPE,
	NAMES_STATUS_TYPE,
	NAMES_REGISTRIES,
};

/* NULL: not known. GREASE values (RFC 8701) are called so where 16 bits are expected. */
const char *trace_name(enum trace_registry registry, unsigned int value);

/* The name of the message with its header at @whole; HelloRetryRequest is told from ServerHello. */
const char *trace_message_name(struct bytes whole);

#endif
