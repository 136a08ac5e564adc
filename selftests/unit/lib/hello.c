// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdio.h>
#include <stdlib.h>

#include "hello.h"

static void must(bool good)
{
	if (!good) {
		printf("Bail out! a hello of the test is malformed\n");
		exit(1);
	}
}

size_t unhex(const char *hex, uint8_t *out, size_t max)
{
	unsigned int v;
	size_t n = 0;

	while (*hex) {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		must(n < max && sscanf(hex, "%2x", &v) == 1);
		out[n++] = (uint8_t)v;
		hex += 2;
	}
	return n;
}

static size_t take(struct bytes from, uint8_t *to, size_t max)
{
	must(from.n <= max);
	if (from.n)
		memcpy(to, from.p, from.n);
	return from.n;
}

void hello_read(struct hello *h, struct bytes m)
{
	struct bytes part, block;
	uint32_t len;
	uint8_t one;

	memset(h, 0, sizeof(*h));
	must(rd_u8(&m, &h->type) && rd_u24(&m, &len) && rd_u16(&m, &h->version));
	must(rd_bytes(&m, 32, &part));
	take(part, h->random, 32);
	must(rd_vec8(&m, 0, 255, &part));
	h->session_id_len = take(part, h->session_id, sizeof(h->session_id));
	if (h->type == MSG_CLIENT_HELLO) {
		must(rd_vec16(&m, 0, 0xffff, &part));
		h->suites_len = take(part, h->suites, sizeof(h->suites));
		must(rd_vec8(&m, 0, 255, &part));
		h->compression_len = take(part, h->compression, sizeof(h->compression));
	} else {
		must(rd_bytes(&m, 2, &part));
		h->suites_len = take(part, h->suites, sizeof(h->suites));
		must(rd_u8(&m, &one));
		h->compression[0] = one;
		h->compression_len = 1;
	}
	must(rd_vec16(&m, 0, 0xffff, &block));
	while (block.n) {
		struct hello_ext *e = &h->ext[h->ext_count++];

		must(h->ext_count <= EDIT_EXT_MAX && rd_u16(&block, &e->type) &&
		     rd_vec16(&block, 0, 0xffff, &part));
		e->n = (uint16_t)take(part, e->data, sizeof(e->data));
	}
}

static uint8_t *put16(uint8_t *p, size_t v)
{
	*p++ = (uint8_t)(v >> 8);
	*p++ = (uint8_t)v;
	return p;
}

static uint8_t *put(uint8_t *p, const void *from, size_t n)
{
	memcpy(p, from, n);
	return p + n;
}

size_t hello_write(const struct hello *h, uint8_t *out)
{
	uint8_t *p = out + 4, *block;
	size_t i, n;

	p = put16(p, h->version);
	p = put(p, h->random, 32);
	*p++ = (uint8_t)h->session_id_len;
	p = put(p, h->session_id, h->session_id_len);
	if (h->type == MSG_CLIENT_HELLO) {
		p = put16(p, h->suites_len);
		p = put(p, h->suites, h->suites_len);
		*p++ = (uint8_t)h->compression_len;
		p = put(p, h->compression, h->compression_len);
	} else {
		p = put(p, h->suites, 2);
		*p++ = h->compression[0];
	}
	block = p;
	if (!h->no_ext_block)
		p += 2;
	for (i = 0; i < h->ext_count && !h->no_ext_block; i++) {
		p = put16(p, h->ext[i].type);
		p = put16(p, h->ext[i].n);
		p = put(p, h->ext[i].data, h->ext[i].n);
	}
	if (!h->no_ext_block)
		put16(block, (size_t)(p - block - 2 + h->block_length_off));
	memset(p, 0, h->extra);
	n = (size_t)(p - out) - 4 + h->extra - h->cut;
	out[0] = h->type;
	out[1] = (uint8_t)(n >> 16);
	put16(out + 2, n);
	return n + 4;
}

size_t hello_record(const struct hello *h, uint8_t *out)
{
	size_t n = hello_write(h, out + 5);

	out[0] = 22;
	out[1] = 3;
	out[2] = 3;
	put16(out + 3, n);
	return n + 5;
}

struct hello_ext *hello_find(struct hello *h, uint16_t type)
{
	size_t i;

	for (i = 0; i < h->ext_count; i++)
		if (h->ext[i].type == type)
			return &h->ext[i];
	return NULL;
}

void hello_add(struct hello *h, uint16_t type, const char *hex)
{
	struct hello_ext *e = &h->ext[h->ext_count++];

	must(h->ext_count <= EDIT_EXT_MAX);
	e->type = type;
	e->n = (uint16_t)unhex(hex, e->data, sizeof(e->data));
}

void hello_set(struct hello *h, uint16_t type, const char *hex)
{
	struct hello_ext *e = hello_find(h, type);

	if (e)
		e->n = (uint16_t)unhex(hex, e->data, sizeof(e->data));
	else
		hello_add(h, type, hex);
}

void hello_drop(struct hello *h, uint16_t type)
{
	struct hello_ext *e = hello_find(h, type);

	if (!e)
		return;
	h->ext_count--;
	memmove(e, e + 1, (size_t)(&h->ext[h->ext_count] - e) * sizeof(*e));
}
