// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Public keys of certificates, and the signatures made with them. */
#include <openssl/x509.h>

#include "crypto/openssl.h"

struct pubkey {
	const struct sealsock_env *env;
	EVP_PKEY *pkey;
};

int pubkey_new(const struct sealsock_env *env, struct bytes spki, struct pubkey **out)
{
	const unsigned char *at = spki.p;
	struct pubkey *k = mem_zalloc(env, sizeof(*k));

	if (!k)
		return SEALSOCK_ERR_NOMEM;
	k->env = env;
	ERR_set_mark();
	k->pkey = d2i_PUBKEY(NULL, &at, (long)spki.n);
	ERR_pop_to_mark();
	if (!k->pkey) {
		pubkey_free(k);
		return SEALSOCK_ERR_CERT_BAD;
	}
	*out = k;
	return 0;
}

void pubkey_free(struct pubkey *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	mem_free(k->env, k, sizeof(*k));
}

int pubkey_verify(const struct pubkey *k, const struct sigscheme *s, struct bytes msg,
		  struct bytes sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int err;

	if (!ctx)
		return SEALSOCK_ERR_NOMEM;
	ERR_set_mark();
	err = pkey_setup(ctx, k->pkey, s, false);
	if (err)	/* an RSA-PSS key bound to another hash, say */
		err = SEALSOCK_ERR_ILLEGAL;
	else if (EVP_DigestVerify(ctx, sig.p, sig.n, msg.p, msg.n) != 1)
		err = SEALSOCK_ERR_BAD_SIGNATURE;
	ERR_pop_to_mark();
	EVP_MD_CTX_free(ctx);
	return err;
}
