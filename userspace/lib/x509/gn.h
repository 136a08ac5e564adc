/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* GeneralName (RFC 5280 §4.2.1.6). */
#ifndef SEALSOCK_X509_GN_H
#define SEALSOCK_X509_GN_H

#include "base/wire.h"

/* The numbers of the choice. */
enum gn_kind {
	GN_OTHER,
	GN_EMAIL,
	GN_DNS,
	GN_X400,
	GN_DIRECTORY,
	GN_EDI,
	GN_URI,
	GN_IP,
	GN_ID,
	GN_KINDS,
};

/* @value: the text, the address, the OID; of a directory name the Name with tag and length. */
struct gn {
	enum gn_kind kind;
	struct bytes value;
};

/* The next of a list; false: malformed, or at the end. @constraint: addresses come with masks. */
bool gn_next(struct bytes *list, bool constraint, struct gn *out);

/* A list of one or more, all in DER? */
bool gn_is_list(struct bytes list);

/* The same kind and value, compared as that kind is. */
bool gn_equal(const struct gn *a, const struct gn *b);

#endif
