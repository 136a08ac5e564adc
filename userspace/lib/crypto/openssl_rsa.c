// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * RSA as it transports a pre-master secret. Only libcrypto from 3.2 on hides by itself whether the
 * padding was right, and differently from what TLS wants: it is asked for the bare RSA operation
 * here, whose result pkcs1.c looks at.
 */
#include <openssl/rsa.h>

#include "crypto/openssl.h"

bool privkey_can_decrypt(const struct privkey *k)
{
	return EVP_PKEY_is_a(privkey_pkey(k), "RSA");
}

int privkey_decrypt(const struct privkey *k, struct bytes msg, uint8_t out[RSA_BLOCK_MAX],
		    size_t *n)
{
	EVP_PKEY *pkey = privkey_pkey(k);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	int size = EVP_PKEY_get_size(pkey), err = 0;

	memset(out, 0, RSA_BLOCK_MAX);
	*n = RSA_BLOCK_MAX;
	ERR_set_mark();
	if (!ctx || size <= 0 || size > RSA_BLOCK_MAX || EVP_PKEY_decrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1)
		err = SEALSOCK_ERR_CRYPTO;
	/* What is no ciphertext of this key gives zeros, which are no padding. */
	if (!err && (msg.n != (size_t)size || EVP_PKEY_decrypt(ctx, out, n, msg.p, msg.n) != 1)) {
		memset(out, 0, RSA_BLOCK_MAX);
		/* Without padding there is one thing that the peer can get wrong. */
		if (msg.n == (size_t)size && ERR_GET_REASON(ERR_peek_last_error()) !=
					     RSA_R_DATA_TOO_LARGE_FOR_MODULUS)
			err = openssl_why(SEALSOCK_ERR_CRYPTO);
	}
	*n = (size_t)size;
	EVP_PKEY_CTX_free(ctx);
	ERR_pop_to_mark();
	return err;
}
