// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Nonces and additional data. The TLS 1.3 values are those of RFC 8448
 * section 3: the server's application traffic, its write IV and records.
 */
#include "content.h"
#include "nonce.h"
#include "seq.h"
#include "tap.h"

static const u8 iv[SEAL_NONCE] = {
	0xcf, 0x78, 0x2b, 0x88, 0xdd, 0x83, 0x54, 0x9a, 0xad, 0xf1, 0xe9, 0x84,
};

static void xored(u64 seq, const u8 tail[8])
{
	u8 nonce[SEAL_NONCE], want[SEAL_NONCE];

	memcpy(want, iv, 4);
	memcpy(want + 4, tail, 8);
	seal_nonce_xor(iv, seq, nonce);
	ok_mem(nonce, sizeof(nonce), want, sizeof(want), "iv xor %llx", (unsigned long long)seq);
}

static void nonces(void)
{
	static const u8 explicit[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const u8 want[SEAL_NONCE] = { 0xcf, 0x78, 0x2b, 0x88, 1, 2, 3, 4, 5, 6, 7, 8 };
	u8 nonce[SEAL_NONCE];

	xored(0, (u8[]){ 0xdd, 0x83, 0x54, 0x9a, 0xad, 0xf1, 0xe9, 0x84 });
	xored(1, (u8[]){ 0xdd, 0x83, 0x54, 0x9a, 0xad, 0xf1, 0xe9, 0x85 });
	xored(0x100, (u8[]){ 0xdd, 0x83, 0x54, 0x9a, 0xad, 0xf1, 0xe8, 0x84 });
	xored(UINT64_MAX, (u8[]){ 0x22, 0x7c, 0xab, 0x65, 0x52, 0x0e, 0x16, 0x7b });
	seal_nonce_explicit(iv, explicit, nonce);
	ok_mem(nonce, sizeof(nonce), want, sizeof(want), "salt and explicit nonce");
}

static void aads(void)
{
	/* seq 0x0102, handshake, 0x0303, 300 bytes of plaintext (RFC 5246 section 6.2.3.3). */
	static const u8 want12[] = { 0, 0, 0, 0, 0, 0, 1, 2, 22, 3, 3, 1, 0x2c };
	/* RFC 8448 section 3: application data, 50 bytes: header 17 03 03 00 43. */
	static const u8 want13[] = { 0x17, 3, 3, 0, 0x43 };
	const struct seal_suite *gcm = seal_suite_find(SEAL_TLS12, 51);
	struct seal_shape s12 = seal_shape_of(gcm, SEAL_TLS12);
	struct seal_shape s13 = seal_shape_of(gcm, SEAL_TLS13);
	u8 aad[SEAL_MAX_AAD];
	unsigned int n;

	n = seal_aad(&s12, 0x0102, SEAL_TYPE_HANDSHAKE, 300, aad);
	ok_mem(aad, n, want12, sizeof(want12), "TLS 1.2");
	n = seal_aad(&s13, 7, SEAL_TYPE_DATA, 50, aad);
	ok_mem(aad, n, want13, sizeof(want13), "TLS 1.3, RFC 8448");
	n = seal_aad(&s13, 9, SEAL_TYPE_ALERT, 50, aad);
	ok_mem(aad, n, want13, sizeof(want13), "TLS 1.3 hides the type");
}

static void sequence(void)
{
	struct seal_seq seq;

	seal_seq_start(&seq, 5, UINT64_MAX);
	ok_int(seal_seq_check(&seq), 0, "a fresh key");
	seal_seq_advance(&seq);
	ok(seq.next == 6 && seq.used == 1, "one record further");
	ok(seq.explicit_next == 0, "the explicit nonce may wrap");

	seal_seq_start(&seq, UINT64_MAX - 1, 0);
	ok_int(seal_seq_check(&seq), 0, "the last record");
	seal_seq_advance(&seq);
	ok_int(seal_seq_check(&seq), -EBADMSG, "no record after the last");
	seal_seq_start(&seq, 0, 0);
	ok_int(seal_seq_check(&seq), 0, "a new key starts anew");
}

int main(void)
{
	nonces();
	aads();
	sequence();
	return done();
}
