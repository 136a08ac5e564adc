/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The pre-master secret out of an RSA-encrypted one (RFC 5246 §7.4.7.1). Who can tell whether the
 * padding was right can decrypt anything (Bleichenbacher, ROBOT): so these have no result, make no
 * branch and no memory access that depends on the bytes, and give @fallback for all that is wrong.
 */
#ifndef SEALSOCK_CRYPTO_PKCS1_H
#define SEALSOCK_CRYPTO_PKCS1_H

#include <stddef.h>
#include <stdint.h>

enum { PRE_MASTER_RSA = 48 };

/*
 * @block: what RSA gives, @n bytes, as long as the modulus: 0, 2, at least eight bytes that are not
 * 0, a 0, the secret. @version: with which the secret must begin.
 */
void pkcs1_pre_master(const uint8_t *block, size_t n, uint16_t version,
		      const uint8_t fallback[PRE_MASTER_RSA], uint8_t out[PRE_MASTER_RSA]);

/* The same of one whose padding somebody else has removed. */
void pkcs1_check_version(const uint8_t secret[PRE_MASTER_RSA], uint16_t version,
			 const uint8_t fallback[PRE_MASTER_RSA], uint8_t out[PRE_MASTER_RSA]);

#endif
