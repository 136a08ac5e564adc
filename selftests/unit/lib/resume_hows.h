/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef UNIT_RESUME_HOWS_H
#define UNIT_RESUME_HOWS_H

#include <stdbool.h>

/* Where a session is kept, and at whose end something is at stake. */
static const struct how {
	const char *name;
	const char *versions;
	bool server;		/* whose callback is asked, whose peer ends */
	bool ids;		/* TLS 1.2: session ids instead of tickets */
} hows[] = {
	{ "a client, TLS 1.3", "TLSv1.3", false, false },
	{ "a client, tickets of TLS 1.2", "TLSv1.2", false, false },
	{ "a client, session ids of TLS 1.2", "TLSv1.2", false, true },
	{ "a server, TLS 1.3", "TLSv1.3", true, false },
	{ "a server, tickets of TLS 1.2", "TLSv1.2", true, false },
	{ "a server, session ids of TLS 1.2", "TLSv1.2", true, true },
};

#endif
