/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The table of record protections: one row per cipher of <linux/tls.h>, and
 * the CBC suites in encrypt-then-MAC form, which only we have.
 */
#ifndef SEAL_CORE_SUITE_H
#define SEAL_CORE_SUITE_H

#include "types.h"

#define SEAL_TLS12	0x0303
#define SEAL_TLS13	0x0304

/* Upper bounds over all rows. */
enum {
	SEAL_MAX_KEY = 32,
	SEAL_NONCE = 12,		/* every AEAD of TLS 1.2 and 1.3 */
	SEAL_MAX_TAG = 48,
	SEAL_MAX_MAC_KEY = 48,
	SEAL_EXPLICIT_NONCE = 8,	/* TLS 1.2 GCM and CCM */
	SEAL_CBC_IV = 16,
	SEAL_MAX_NONCE = SEAL_CBC_IV,	/* that a record carries */
	SEAL_SEQ = 8,
};

/* Where a version puts the nonce of a record. */
enum seal_nonce_kind {
	SEAL_NONCE_XOR,		/* IV xor sequence: TLS 1.3, RFC 7905 */
	SEAL_NONCE_EXPLICIT,	/* salt, then eight bytes sent in the record: RFC 5288 */
	SEAL_NONCE_RANDOM,	/* CBC: an IV of the record's own, RFC 5246 section 6.2.3.2 */
};

/*
 * @cipher_type: the number of <linux/tls.h> (TLS_CIPHER_*) or of uapi/sealsock.h
 * @salt_len, @iv_len: how struct tls12_crypto_info_* cuts the 12-byte IV
 * @mac_key_len: of the HMAC key of encrypt-then-MAC (RFC 7366), 0 for an AEAD
 * @block: the plaintext is padded to a multiple of this, 0: not at all
 * @tls12, @tls13: versions that have the suite
 * @ccm: counter mode with CBC-MAC, whose nonce the kernel's crypto API wants
 *	behind a byte of its own
 * @nonce12: how TLS 1.2 builds its nonce (TLS 1.3 always xors)
 * @limit: records one key may seal, RFC 8446 section 5.5; 0 where the
 *	sequence number is the limit
 * @aead: name in the kernel's crypto API
 */
struct seal_suite {
	u16 cipher_type;
	u8 key_len;
	u8 salt_len;
	u8 iv_len;
	u8 tag_len;
	u8 mac_key_len;
	u8 block;
	bool tls12;
	bool tls13;
	bool ccm;
	enum seal_nonce_kind nonce12;
	u64 limit;
	const char *aead;
	const char *name;
};

extern const struct seal_suite seal_suites[];
extern const unsigned int seal_suite_count;

/* The row of @cipher_type if @version has it, else NULL. */
const struct seal_suite *seal_suite_find(u16 version, u16 cipher_type);

/*
 * Bytes of struct tls12_crypto_info_* of this row (info, iv, key, salt,
 * rec_seq), or of struct sealsock_crypto_info_cbc_hmac.
 */
size_t seal_suite_info_len(const struct seal_suite *suite);

static inline enum seal_nonce_kind seal_suite_nonce(const struct seal_suite *suite, u16 version)
{
	return version == SEAL_TLS13 ? SEAL_NONCE_XOR : suite->nonce12;
}

#endif /* SEAL_CORE_SUITE_H */
