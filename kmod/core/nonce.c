// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "nonce.h"

void seal_nonce_xor(const u8 iv[SEAL_NONCE], u64 seq, u8 nonce[SEAL_NONCE])
{
	memcpy(nonce, iv, SEAL_NONCE - SEAL_SEQ);
	seal_put_be64(nonce + SEAL_NONCE - SEAL_SEQ,
		      seal_get_be64(iv + SEAL_NONCE - SEAL_SEQ) ^ seq);
}

void seal_nonce_explicit(const u8 iv[SEAL_NONCE], const u8 record[SEAL_EXPLICIT_NONCE],
			 u8 nonce[SEAL_NONCE])
{
	memcpy(nonce, iv, SEAL_NONCE - SEAL_EXPLICIT_NONCE);
	memcpy(nonce + SEAL_NONCE - SEAL_EXPLICIT_NONCE, record, SEAL_EXPLICIT_NONCE);
}

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
