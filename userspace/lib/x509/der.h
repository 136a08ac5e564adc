/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Bounded reader of DER (X.690 §10), strict: one-byte tags, definite minimal lengths, minimal
 * integers. It borrows: what it gives points into what it reads. Like the readers of base/wire.h,
 * each takes its value from the front, or returns false and leaves the reader as it was.
 */
#ifndef SEALSOCK_X509_DER_H
#define SEALSOCK_X509_DER_H

#include "base/wire.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_NUMERIC_STRING = 0x12,
	DER_PRINTABLE_STRING = 0x13,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_VISIBLE_STRING = 0x1a,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT = 0x80,	/* [n] of a primitive: | n; of a constructed type: | 0x20 | n */
	DER_CONSTRUCTED = 0x20,
};

/* An element: @whole is tag, length and content. */
struct der {
	uint8_t tag;
	struct bytes content;
	struct bytes whole;
};

bool der_any(struct bytes *r, struct der *out);

/* One with this tag; @content may be @r, which then goes on inside of it. */
bool der_take(struct bytes *r, uint8_t tag, struct bytes *content);

/* The same, with its tag and length. */
bool der_take_whole(struct bytes *r, uint8_t tag, struct bytes *whole);

/* Is there one with this tag next? */
bool der_next(struct bytes r, uint8_t tag);

/* One that may be left out: *content has NULL for its bytes then. False: it is malformed. */
bool der_maybe(struct bytes *r, uint8_t tag, struct bytes *content);

/* What a content says; false: it is none of that. */
bool der_is_integer(struct bytes content);			/* minimal, of any size and sign */
bool der_u32(struct bytes content, uint32_t *v);		/* 0 to 2^32 - 1 */
bool der_bool(struct bytes content, bool *v);
bool der_is_oid(struct bytes content);
bool der_octets(struct bytes content, struct bytes *octets);	/* of a BIT STRING of whole bytes */

/* A BIT STRING with named bits (X.690 §11.2.2), the first 16 of them: bit 0 is 1u << 0. */
bool der_named_bits(struct bytes content, uint16_t *bits);

/* UTCTime or GeneralizedTime, in the form of RFC 5280 §4.1.2.5, as seconds since 1970. */
bool der_time(uint8_t tag, struct bytes content, int64_t *v);
bool der_take_time(struct bytes *r, uint8_t *tag, int64_t *v);

#endif
