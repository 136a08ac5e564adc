// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <string.h>

#include "crypto/pkcs1.h"

/* Below it no padding fits: public, as it is the key's length. */
enum { BLOCK_MIN = 2 + 8 + 1 + PRE_MASTER_RSA };

/* 0xff where @v is 0, else 0; the compiler cannot see that the result has only these values. */
static uint8_t is_zero(uint8_t v)
{
	volatile uint32_t x = v;

	return (uint8_t)((x - 1) >> 8);
}

/* @out: @a where @mask is 0xff, @b where it is 0. */
static void choose(uint8_t mask, const uint8_t *a, const uint8_t *b, uint8_t out[PRE_MASTER_RSA])
{
	size_t i;

	for (i = 0; i < PRE_MASTER_RSA; i++)
		out[i] = (uint8_t)((a[i] & mask) | (b[i] & ~mask));
}

static uint8_t wrong_version(const uint8_t *secret, uint16_t version)
{
	return (uint8_t)((secret[0] ^ version >> 8) | (secret[1] ^ (version & 0xff)));
}

void pkcs1_pre_master(const uint8_t *block, size_t n, uint16_t version,
		      const uint8_t fallback[PRE_MASTER_RSA], uint8_t out[PRE_MASTER_RSA])
{
	const uint8_t *secret = block + n - PRE_MASTER_RSA;
	volatile uint8_t bad;
	size_t i;

	if (n < BLOCK_MIN) {
		memcpy(out, fallback, PRE_MASTER_RSA);
		return;
	}
	bad = block[0];
	bad |= block[1] ^ 2;
	for (i = 2; i < n - PRE_MASTER_RSA - 1; i++)
		bad |= is_zero(block[i]);
	bad |= block[n - PRE_MASTER_RSA - 1];
	bad |= wrong_version(secret, version);
	choose(is_zero(bad), secret, fallback, out);
}

void pkcs1_check_version(const uint8_t secret[PRE_MASTER_RSA], uint16_t version,
			 const uint8_t fallback[PRE_MASTER_RSA], uint8_t out[PRE_MASTER_RSA])
{
	choose(is_zero(wrong_version(secret, version)), secret, fallback, out);
}
