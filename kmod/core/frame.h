/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The five bytes before a record and the bounds on its length
 * (RFC 5246 section 6.2, RFC 8446 section 5).
 */
#ifndef SEAL_CORE_FRAME_H
#define SEAL_CORE_FRAME_H

#include "content.h"
#include "suite.h"

enum {
	SEAL_HEADER = 5,
	SEAL_MAX_PLAINTEXT = 1 << 14,	/* without content type and padding */
	SEAL_MAX_BLOCKS = 256,		/* CBC: padding and its length, whole blocks */
};

/*
 * The shape of a direction's records: what suite and version add around the
 * plaintext. Computed once, when a key is installed.
 */
struct seal_shape {
	u16 version;
	u8 nonce_len;	/* explicit nonce or IV after the header: 8, 16 or 0 */
	u8 type_len;	/* TLS 1.3's inner content type: 1 or 0 */
	u8 tag_len;
	u8 block;	/* CBC: the plaintext is padded to a multiple of this; else 0 */
};

/* What a header says, and what follows from it for the shape. */
struct seal_header {
	u8 type;	/* outer content type */
	u16 length;	/* of what follows the five bytes; never 0 */
	u16 inner;	/* bytes that were sealed: plaintext and what is behind it */
};

struct seal_shape seal_shape_of(const struct seal_suite *suite, u16 version);

/* Bytes on the wire around the plaintext, header included. */
static inline unsigned int seal_overhead(const struct seal_shape *shape)
{
	return SEAL_HEADER + shape->nonce_len + shape->type_len + shape->tag_len;
}

/*
 * Bytes that are sealed behind @len bytes of plaintext: TLS 1.3's content
 * type, or the padding of CBC with its length.
 */
static inline unsigned int seal_tail(const struct seal_shape *shape, unsigned int len)
{
	return shape->block ? shape->block - len % shape->block : shape->type_len;
}

/* Bytes behind @len bytes of plaintext, and the most that any length has. */
static inline unsigned int seal_trailer(const struct seal_shape *shape, unsigned int len)
{
	return seal_tail(shape, len) + shape->tag_len;
}

static inline unsigned int seal_trailer_max(const struct seal_shape *shape)
{
	return seal_trailer(shape, 0);
}

/* Where the ciphertext begins in a record. */
static inline unsigned int seal_prefix(const struct seal_shape *shape)
{
	return SEAL_HEADER + shape->nonce_len;
}

/* Bytes of plaintext at most in a record with this header, before padding is looked for. */
static inline unsigned int seal_content_most(const struct seal_shape *shape,
					     const struct seal_header *head)
{
	return head->inner - shape->type_len;
}

/*
 * Reads the header of a protected record from memory that nobody else writes to.
 * 0; -EINVAL: the version is not 0x0303; -EMSGSIZE: longer than a record may
 * be; -EBADMSG: too short to hold nonce and tag, or no whole number of blocks;
 * -EPROTO: TLS 1.3 without the outer type application_data (RFC 8446 section 5).
 */
int seal_frame_parse(const struct seal_shape *shape, const u8 in[SEAL_HEADER],
		     struct seal_header *out);

/*
 * Writes the header of a record of @len bytes of plaintext: the content type
 * is hidden in TLS 1.3. @len counts padding, not TLS 1.3's inner content type.
 */
static inline void seal_frame_build(const struct seal_shape *shape, u8 type, unsigned int len,
				    u8 out[SEAL_HEADER])
{
	out[0] = shape->version == SEAL_TLS13 ? SEAL_TYPE_DATA : type;
	seal_put_be16(out + 1, SEAL_TLS12);
	seal_put_be16(out + 3, (u16)(len + seal_overhead(shape) - SEAL_HEADER));
}

#endif /* SEAL_CORE_FRAME_H */
