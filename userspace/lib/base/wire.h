/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room base/: bytes, memory, errors, the registries' numbers. It knows no message of TLS.
 *
 * Bounded reader and builder of the TLS presentation language (RFC 8446 §3). Every byte from the
 * network is read through the first, every byte to it is written through the second.
 */
#ifndef SEALSOCK_WIRE_H
#define SEALSOCK_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

/* A run of bytes owned by someone else; also the reader: reading shortens it from the front. */
struct bytes {
	const uint8_t *p;
	size_t n;
};

static inline struct bytes bytes_of(const void *p, size_t n)
{
	return (struct bytes){ .p = p, .n = n };
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Each takes its value from the front, or returns false and leaves the reader as it was. */
bool rd_u8(struct bytes *r, uint8_t *v);
bool rd_u16(struct bytes *r, uint16_t *v);
bool rd_u24(struct bytes *r, uint32_t *v);
bool rd_u32(struct bytes *r, uint32_t *v);
bool rd_bytes(struct bytes *r, size_t n, struct bytes *out);

/* A vector with a length field of one, two or three bytes and @min to @max bytes of content. */
bool rd_vec8(struct bytes *r, size_t min, size_t max, struct bytes *out);
bool rd_vec16(struct bytes *r, size_t min, size_t max, struct bytes *out);
bool rd_vec24(struct bytes *r, size_t min, size_t max, struct bytes *out);

/* A list of 16-bit numbers as it stands on the wire: how many, and which. */
static inline size_t u16_count(struct bytes list)
{
	return list.n / 2;
}

static inline uint16_t u16_at(struct bytes list, size_t i)
{
	return (uint16_t)(list.p[2 * i] << 8 | list.p[2 * i + 1]);
}

bool u16_contains(struct bytes list, uint16_t v);

/*
 * Builder: appends to @buf. Failures (no memory, a vector too long for its length field) stick in
 * @bad, so that only the end has to be checked.
 */
struct builder {
	struct buf *buf;
	bool bad;
};

void wr_u8(struct builder *w, uint8_t v);
void wr_u16(struct builder *w, uint16_t v);
void wr_u24(struct builder *w, uint32_t v);
void wr_u32(struct builder *w, uint32_t v);
void wr_bytes(struct builder *w, const void *p, size_t n);
void wr_vec8(struct builder *w, struct bytes content);
void wr_vec16(struct builder *w, struct bytes content);

/* A vector whose content is written between open and close; open's result goes to close. */
size_t wr_open(struct builder *w, unsigned int len_bytes);
void wr_close(struct builder *w, size_t mark, unsigned int len_bytes);

#endif
