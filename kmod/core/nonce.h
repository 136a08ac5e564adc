/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Nonces and additional data of the AEAD (RFC 5246 section 6.2.3.3, RFC 5288,
 * RFC 7905, RFC 8446 sections 5.2 and 5.3).
 */
#ifndef SEAL_CORE_NONCE_H
#define SEAL_CORE_NONCE_H

#include "frame.h"

enum {
	SEAL_AAD12 = 13,	/* sequence, type, version, length of the plaintext */
	SEAL_AAD13 = SEAL_HEADER,
	SEAL_MAX_AAD = SEAL_AAD12,
};

/*
 * The per-direction IV of 12 bytes: salt, then iv, as struct
 * tls12_crypto_info_* carries them.
 */

/* TLS 1.3 and RFC 7905: @iv xor the 64-bit sequence number, right-aligned. */
static inline void seal_nonce_xor(const u8 iv[SEAL_NONCE], u64 seq, u8 nonce[SEAL_NONCE])
{
	memcpy(nonce, iv, SEAL_NONCE - SEAL_SEQ);
	seal_put_be64(nonce + SEAL_NONCE - SEAL_SEQ,
		      seal_get_be64(iv + SEAL_NONCE - SEAL_SEQ) ^ seq);
}

/* RFC 5288: the salt (first four bytes of @iv), then the eight bytes of the record. */
static inline void seal_nonce_explicit(const u8 iv[SEAL_NONCE],
				       const u8 record[SEAL_EXPLICIT_NONCE], u8 nonce[SEAL_NONCE])
{
	memcpy(nonce, iv, SEAL_NONCE - SEAL_EXPLICIT_NONCE);
	memcpy(nonce + SEAL_NONCE - SEAL_EXPLICIT_NONCE, record, SEAL_EXPLICIT_NONCE);
}

/*
 * Additional data of a record with this header. Returns its length.
 * @len: bytes of plaintext (TLS 1.2's length field); TLS 1.3 takes the header.
 *	With CBC, padding counts, and the MAC covers the length with the IV and
 *	then the IV itself (RFC 7366 section 3), which the caller appends.
 */
unsigned int seal_aad(const struct seal_shape *shape, u64 seq, u8 type,
		      unsigned int len, u8 aad[SEAL_MAX_AAD]);

#endif /* SEAL_CORE_NONCE_H */
