/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The ciphers of <linux/tls.h>, by libcrypto, as RFC 5116 has an AEAD. */
#ifndef SELFTESTS_NET_AEAD_H
#define SELFTESTS_NET_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AEAD_NONCE	12
#define AEAD_TAG	16

/* One message; cipher is a TLS_CIPHER_* and key has its length. */
struct aead_message {
	uint16_t cipher;
	const uint8_t *key, *nonce, *aad, *in;
	size_t aad_len, len;
	uint8_t *out;		/* len bytes, not where in is */
};

/* Writes the tag. */
void aead_seal(const struct aead_message *m, uint8_t tag[AEAD_TAG]);

/* False if the tag is not that of the message; out is then of no use. */
bool aead_open(const struct aead_message *m, const uint8_t tag[AEAD_TAG]);

#endif
