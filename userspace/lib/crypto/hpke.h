/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * HPKE (RFC 9180), base mode: messages sealed to a public key, by anybody. With DHKEM of X25519 and
 * P-256, HKDF of SHA-256 and SHA-384, AES-GCM and ChaCha20-Poly1305.
 */
#ifndef SEALSOCK_CRYPTO_HPKE_H
#define SEALSOCK_CRYPTO_HPKE_H

#include "base/secret.h"
#include "crypto/backend.h"

/* Numbers of the HPKE registries. */
enum {
	HPKE_KEM_P256 = 0x0010,
	HPKE_KEM_X25519 = 0x0020,
	HPKE_SHA256 = 1,
	HPKE_SHA384 = 2,
	HPKE_AES_128_GCM = 1,
	HPKE_AES_256_GCM = 2,
	HPKE_CHACHA20_POLY1305 = 3,
};

enum { HPKE_PRIVATE = 32, HPKE_PUBLIC_MAX = 65 };

struct hpke_suite {
	uint16_t kem, kdf, aead;
};

/* Are all three known here? And the group of a KEM's keys; 0: an unknown one. */
bool hpke_known(const struct hpke_suite *s);
uint16_t hpke_group(uint16_t kem);

/*
 * A private key in PKCS #8. KEY: it is of no group here, or malformed; NOMEM. Whoever calls wipes
 * @out.
 */
int hpke_private_read(struct bytes der, uint16_t *group, uint8_t out[HPKE_PRIVATE]);

/* A fresh one as PEM text of that form, and its public half. NOMEM, CRYPTO. */
int hpke_private_make(uint16_t group, struct builder *pem, struct buf *share);

/* One direction of a context (§5.2): each message takes the next nonce. */
struct hpke {
	struct aead *aead;
	uint8_t nonce[AEAD_NONCE];
	uint64_t seq;
};

/*
 * The KEM (§4.1). Encap where @seal: @own is a fresh key, whose kex_share() is what the receiver
 * needs (enc); @peer the receiver's public key. Decap else: @own is the receiver's key, @peer what
 * the sender sent along. ILLEGAL: @peer is no public key of the group; CRYPTO. The caller wipes
 * @shared, after a failure too. @scratch is overwritten.
 */
int hpke_kem(const struct crypto *c, struct hash *scratch, const struct kex *own,
	     struct bytes peer, bool seal, struct secret *shared);

/*
 * What of SetupBaseS or SetupBaseR (§5.1.1) comes after it; @info is in two parts. NOMEM, CRYPTO.
 * hpke_close() wipes, after a failure too.
 */
int hpke_setup(const struct crypto *c, struct hash *scratch, const struct hpke_suite *s,
	       const struct secret *shared, const struct bytes info[2], bool seal,
	       struct hpke *out);
void hpke_close(struct hpke *h);

/* @out: AEAD_TAG bytes more than @plain, at which it may be. */
int hpke_seal(struct hpke *h, struct bytes aad, struct bytes plain, uint8_t *out);

/* @out: AEAD_TAG bytes less than @sealed. BAD_RECORD: not sealed so; then no nonce was used up. */
int hpke_open(struct hpke *h, struct bytes aad, struct bytes sealed, uint8_t *out);

#endif
