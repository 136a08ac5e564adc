/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Hellos taken apart, changed, and put together again, right or wrong. */
#ifndef UNIT_HELLO_H
#define UNIT_HELLO_H

#include "msg/msg.h"

enum { EDIT_EXT_MAX = 24, EDIT_DATA_MAX = 2048 };

struct hello_ext {
	uint16_t type;
	uint16_t n;
	uint8_t data[EDIT_DATA_MAX];
};

/* A ClientHello, ServerHello or HelloRetryRequest. */
struct hello {
	uint8_t type;
	uint16_t version;
	uint8_t random[32];
	uint8_t session_id[255];
	size_t session_id_len;
	uint8_t suites[256];	/* ServerHello: the one chosen */
	size_t suites_len;
	uint8_t compression[255];
	size_t compression_len;
	struct hello_ext ext[EDIT_EXT_MAX];
	size_t ext_count;
	/* Ways to be malformed. */
	bool no_ext_block;
	int block_length_off;	/* added to the length of the block of extensions */
	size_t cut;		/* bytes missing at the end of the body */
	size_t extra;		/* zero bytes behind it */
};

/* From a whole message, header included; it must be well-formed. */
void hello_read(struct hello *h, struct bytes message);

/* The message, or a plaintext record of it. */
size_t hello_write(const struct hello *h, uint8_t *out);
size_t hello_record(const struct hello *h, uint8_t *out);

/* Values that tables of cases need: 31 and 32 bytes of zeros, points good and bad. */
#define HEX_ZERO31 "00000000000000000000000000000000000000000000000000000000000000"
#define HEX_ZERO32 "00" HEX_ZERO31
#define HEX_SMALL_ORDER "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"
#define HEX_P256_X "a6da7392ec591e17abfd535964b99894d13befb221b3def2ebe3830eac8f0151"
#define HEX_P256_BAD_Y "812677c4d6d2237e85cf01d6910cfb83954e76ba7352830534159897e8065781"
#define HEX_PSK "00070001610000000000212000" HEX_ZERO31

/* The extension of a type, or NULL. */
struct hello_ext *hello_find(struct hello *h, uint16_t type);

/* @hex replaces its content, or adds it at the end. */
void hello_set(struct hello *h, uint16_t type, const char *hex);
void hello_add(struct hello *h, uint16_t type, const char *hex);
void hello_drop(struct hello *h, uint16_t type);

/* Hex digits to bytes: how many. */
size_t unhex(const char *hex, uint8_t *out, size_t max);

#endif
