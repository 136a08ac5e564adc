// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "nonce.h"

unsigned int seal_aad(const struct seal_shape *shape, u64 seq, u8 type,
		      unsigned int len, u8 aad[SEAL_MAX_AAD])
{
	if (shape->version == SEAL_TLS13) {
		seal_frame_build(shape, type, len, aad);
		return SEAL_AAD13;
	}

	seal_put_be64(aad, seq);
	aad[8] = type;
	seal_put_be16(aad + 9, SEAL_TLS12);
	seal_put_be16(aad + 11, (u16)(shape->block ? shape->nonce_len + len : len));
	return SEAL_AAD12;
}
