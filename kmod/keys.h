/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys: made from struct tls12_crypto_info_* or sealsock_crypto_info_cbc_hmac,
 * owned by one direction, wiped when they go. No other file looks inside.
 */
#ifndef SEAL_KEYS_H
#define SEAL_KEYS_H

#include <crypto/aead.h>
#include <linux/crypto.h>

#include "core/nonce.h"
#include "core/seq.h"
#include "spare.h"

enum {
	/* The crypto API's CCM wants L - 1 before the nonce. */
	SEAL_CCM_LEAD = 2,
	SEAL_IV_ROOM = 16,
	SEAL_AAD_ROOM = SEAL_AAD12 + SEAL_CBC_IV,
	SEAL_MAX_CHUNK = 64,	/* what a cipher takes at a time: ChaCha20's block */
	SEAL_RUN = 4,		/* of these blocks, which vector registers take as quickly as one */
};

/**
 * struct seal_request - one record on its way through the AEAD
 * @nonce: of the record
 * @aad: its additional data
 * @wait: for the AEADs that insist on being asynchronous, by crypto_init_wait() once
 * @req: its context of crypto_aead_reqsize() lies behind it
 */
struct seal_request {
	u8 nonce[SEAL_IV_ROOM];
	u8 aad[SEAL_AAD_ROOM];
	struct crypto_wait wait;
	struct aead_request req;
};

/**
 * struct seal_key - one direction's key, ready for use
 * @spare: has the transform that holds the expanded key
 * @suite: its row of the table
 * @shape: what a record adds around its plaintext
 * @chunk: bytes in one piece that the cipher wants at least: a power of two
 * @run: bytes in one piece that it wants for speed: a multiple of @chunk
 * @seq: sequence number and explicit nonce of the next record
 * @wipe: bytes of a request's context in which it may leave secrets
 * @iv: salt and iv, 12 bytes
 * @secret: the key as it was installed, which getsockopt() returns; behind it
 *	the MAC key of a CBC suite
 */
struct seal_key {
	struct seal_spare spare;
	const struct seal_suite *suite;
	struct seal_shape shape;
	u8 chunk;
	u16 run;
	struct seal_seq seq;
	u32 wipe;
	u8 iv[SEAL_NONCE];
	u8 secret[];
};

/*
 * Does the cipher read what it seals more than once? CCM does, for its MAC and
 * then to encrypt; the others take their MAC from what they have encrypted.
 */
static inline bool seal_reads_twice(const struct seal_key *key)
{
	return key->suite->ccm;
}

/*
 * Is the cipher one that takes several chunks as quickly as one, so that each end of a
 * piece costs it much?
 */
static inline bool seal_key_runs(const struct seal_key *key)
{
	return key->run > key->chunk;
}

/*
 * Makes a key of @info, the bytes of the struct that goes with this @suite and
 * @version (their number is seal_suite_info_len()). The caller
 * wipes @info. May sleep. ERR_PTR: -ENOMEM; -ENOENT: the kernel has no such
 * AEAD; -EINVAL: bytes behind a shorter CBC or MAC key are not zero; what
 * setkey says.
 */
struct seal_key *seal_key_new(const struct seal_suite *suite, u16 version, const u8 *info);

/*
 * Puts another key and IV of the same suite in its place, numbers beginning at
 * 0, and forgets what seal_key_export() would give. Not while a record is under
 * way. May sleep. What setkey says: then it cannot be used before another call
 * succeeds.
 */
int seal_key_renew(struct seal_key *key, const u8 *secret, const u8 *iv);

/* Forgets what seal_key_export() would give. */
void seal_key_seclude(struct seal_key *key);

/* Wipes and frees, the transform perhaps for another key. May sleep. NULL is allowed. */
void seal_key_free(struct seal_key *key);

/*
 * The reverse of seal_key_new(), with the iv and sequence number of the next
 * record, into @info of seal_suite_info_len() bytes. The caller wipes it.
 */
void seal_key_export(const struct seal_key *key, u8 *info);

#endif /* SEAL_KEYS_H */
