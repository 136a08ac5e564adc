// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "base/wire.h"

static bool rd_uint(struct bytes *r, unsigned int width, uint32_t *v)
{
	uint32_t x = 0;
	unsigned int i;

	if (r->n < width)
		return false;
	for (i = 0; i < width; i++)
		x = x << 8 | r->p[i];
	r->p += width;
	r->n -= width;
	*v = x;
	return true;
}

bool rd_u8(struct bytes *r, uint8_t *v)
{
	uint32_t x;

	if (!rd_uint(r, 1, &x))
		return false;
	*v = (uint8_t)x;
	return true;
}

bool rd_u16(struct bytes *r, uint16_t *v)
{
	uint32_t x;

	if (!rd_uint(r, 2, &x))
		return false;
	*v = (uint16_t)x;
	return true;
}

bool rd_u24(struct bytes *r, uint32_t *v)
{
	return rd_uint(r, 3, v);
}

bool rd_u32(struct bytes *r, uint32_t *v)
{
	return rd_uint(r, 4, v);
}

bool rd_bytes(struct bytes *r, size_t n, struct bytes *out)
{
	if (r->n < n)
		return false;
	*out = bytes_of(r->p, n);
	r->p += n;
	r->n -= n;
	return true;
}

static bool rd_vec(struct bytes *r, unsigned int width, size_t min, size_t max, struct bytes *out)
{
	struct bytes at = *r;
	uint32_t n;

	if (!rd_uint(&at, width, &n) || n < min || n > max || !rd_bytes(&at, n, out))
		return false;
	*r = at;
	return true;
}

bool rd_vec8(struct bytes *r, size_t min, size_t max, struct bytes *out)
{
	return rd_vec(r, 1, min, max, out);
}

bool rd_vec16(struct bytes *r, size_t min, size_t max, struct bytes *out)
{
	return rd_vec(r, 2, min, max, out);
}

bool rd_vec24(struct bytes *r, size_t min, size_t max, struct bytes *out)
{
	return rd_vec(r, 3, min, max, out);
}

bool u16_contains(struct bytes list, uint16_t v)
{
	size_t i;

	for (i = 0; i < u16_count(list); i++)
		if (u16_at(list, i) == v)
			return true;
	return false;
}

static void wr_uint(struct builder *w, uint32_t v, unsigned int width)
{
	uint8_t b[4];
	unsigned int i;

	for (i = 0; i < width; i++)
		b[i] = (uint8_t)(v >> 8 * (width - 1 - i));
	wr_bytes(w, b, width);
}

void wr_u8(struct builder *w, uint8_t v)
{
	wr_uint(w, v, 1);
}

void wr_u16(struct builder *w, uint16_t v)
{
	wr_uint(w, v, 2);
}

void wr_u24(struct builder *w, uint32_t v)
{
	wr_uint(w, v, 3);
}

void wr_u32(struct builder *w, uint32_t v)
{
	wr_uint(w, v, 4);
}

void wr_bytes(struct builder *w, const void *p, size_t n)
{
	if (!w->bad && !buf_append(w->buf, p, n))
		w->bad = true;
}

void wr_vec8(struct builder *w, struct bytes content)
{
	size_t mark = wr_open(w, 1);

	wr_bytes(w, content.p, content.n);
	wr_close(w, mark, 1);
}

void wr_vec16(struct builder *w, struct bytes content)
{
	size_t mark = wr_open(w, 2);

	wr_bytes(w, content.p, content.n);
	wr_close(w, mark, 2);
}

size_t wr_open(struct builder *w, unsigned int len_bytes)
{
	wr_uint(w, 0, len_bytes);
	return w->buf->n;
}

void wr_close(struct builder *w, size_t mark, unsigned int len_bytes)
{
	size_t n;
	unsigned int i;

	if (w->bad)
		return;
	n = w->buf->n - mark;
	if (n >> 8 * len_bytes) {
		w->bad = true;
		return;
	}
	for (i = 0; i < len_bytes; i++)
		w->buf->p[mark - 1 - i] = (uint8_t)(n >> 8 * i);
}
