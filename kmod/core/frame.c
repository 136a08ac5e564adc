// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "frame.h"

struct seal_shape seal_shape_of(const struct seal_suite *suite, u16 version)
{
	static const u8 nonce_len[] = {
		[SEAL_NONCE_XOR] = 0,
		[SEAL_NONCE_EXPLICIT] = SEAL_EXPLICIT_NONCE,
		[SEAL_NONCE_RANDOM] = SEAL_CBC_IV,
	};
	struct seal_shape shape = {
		.version = version,
		.nonce_len = nonce_len[seal_suite_nonce(suite, version)],
		.type_len = version == SEAL_TLS13,
		.tag_len = suite->tag_len,
		.block = suite->block,
	};

	return shape;
}

int seal_frame_parse(const struct seal_shape *shape, const u8 in[SEAL_HEADER],
		     struct seal_header *out)
{
	unsigned int extra = shape->nonce_len + shape->tag_len;
	unsigned int length = seal_get_be16(in + 3);
	unsigned int most = shape->block ? SEAL_MAX_BLOCKS : shape->type_len;

	/* A record of TLS, but in the clear: that it is out of turn comes before its length. */
	if (shape->version == SEAL_TLS13 && in[0] >= SEAL_TYPE_CCS && in[0] < SEAL_TYPE_DATA)
		return -EPROTO;
	if (length > SEAL_MAX_PLAINTEXT + extra + most)
		return -EMSGSIZE;
	if (length < extra + seal_tail(shape, 0))
		return -EBADMSG;
	if (shape->block && (length - extra) % shape->block)
		return -EBADMSG;
	/* TLS 1.3 writes 0x0303 here as well (RFC 8446 section 5.2). */
	if (seal_get_be16(in + 1) != SEAL_TLS12)
		return -EINVAL;
	if (shape->version == SEAL_TLS13 && in[0] != SEAL_TYPE_DATA)
		return -EPROTO;

	out->type = in[0];
	out->length = (u16)length;
	out->inner = (u16)(length - extra);
	return 0;
}
