/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The key schedule of TLS 1.2 (RFC 5246 §5, §6.3, §8.1; RFC 7627).
 *
 *	master secret   PRF(pre-master secret, "master secret", client random + server random)
 *	  extended      PRF(pre-master secret, "extended master secret", hash of the messages)
 *	key block       PRF(master secret, "key expansion", server random + client random)
 *	verify_data     PRF(master secret, "client finished" or "server finished", hash)
 */
#ifndef SEALSOCK_SCHEDULE12_H
#define SEALSOCK_SCHEDULE12_H

#include "crypto/hkdf.h"

enum {
	MASTER12_LEN = 48,
	VERIFY12_LEN = 12,
	RANDOM12_LEN = 32,
};

/*
 * The PRF (§5) with the hash of @k: fills @n bytes of @out. The seed is @seeds[0] + @seeds[1],
 * either of which may be empty. The secret may have any length.
 */
int prf12(const struct kdf *k, struct bytes secret, const char *label,
	  const struct bytes seeds[2], uint8_t *out, size_t n);

/* @seeds: both randoms, or the session hash alone if @extended. */
int schedule12_master(const struct kdf *k, struct bytes pre_master, bool extended,
		      const struct bytes seeds[2], struct secret *master);

/*
 * The key block (§6.3), all of it: MAC keys, encryption keys, IVs, the client's before the
 * server's each time.
 */
int schedule12_key_block(const struct kdf *k, const struct secret *master,
			 const uint8_t client_random[RANDOM12_LEN],
			 const uint8_t server_random[RANDOM12_LEN], uint8_t *out, size_t n);

/* verify_data of Finished (§7.4.9), given the hash of all messages before it. */
int schedule12_finished(const struct kdf *k, const struct secret *master, bool of_client,
			const uint8_t *transcript_hash, uint8_t out[VERIFY12_LEN]);

#endif
