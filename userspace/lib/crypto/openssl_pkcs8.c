// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Private keys of HPKE as files have them: PKCS #8 (RFC 5958, RFC 8410, RFC 5915) in PEM. */
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/hpke.h"
#include "crypto/openssl.h"

static bool raw_of(const EVP_PKEY *pkey, uint16_t *group, uint8_t *out)
{
	size_t n = HPKE_PRIVATE;
	BIGNUM *bn = NULL;
	bool good;

	if (EVP_PKEY_is_a(pkey, "X25519")) {
		*group = GROUP_X25519;
		return EVP_PKEY_get_raw_private_key(pkey, out, &n) == 1 && n == HPKE_PRIVATE;
	}
	*group = GROUP_SECP256R1;
	good = pkey_kind(pkey) == KEY_EC_P256 &&
	       EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &bn) == 1 &&
	       BN_bn2binpad(bn, out, HPKE_PRIVATE) == HPKE_PRIVATE;
	BN_clear_free(bn);
	return good;
}

int hpke_private_read(struct bytes der, uint16_t *group, uint8_t out[HPKE_PRIVATE])
{
	const unsigned char *p = der.p;
	PKCS8_PRIV_KEY_INFO *info;
	EVP_PKEY *pkey = NULL;
	int err;

	if (der.n > INT32_MAX)
		return SEALSOCK_ERR_KEY;
	ERR_set_mark();
	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.n);
	if (info)
		pkey = EVP_PKCS82PKEY(info);
	err = pkey && raw_of(pkey, group, out) ? 0 : openssl_why(SEALSOCK_ERR_KEY);
	EVP_PKEY_free(pkey);
	PKCS8_PRIV_KEY_INFO_free(info);
	ERR_pop_to_mark();
	return err;
}

/* Appends what was written. */
static void take_text(BIO *bio, struct builder *w)
{
	char *text;
	long n = BIO_get_mem_data(bio, &text);

	wr_bytes(w, text, (size_t)n);
}

int hpke_private_make(uint16_t group, struct builder *pem, struct buf *share)
{
	BIO *bio = BIO_new(BIO_s_mem());	/* wiped when it is freed */
	unsigned char *public = NULL;
	EVP_PKEY *pkey;
	size_t n = 0;
	int err;

	ERR_set_mark();
	pkey = group == GROUP_X25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "X25519") :
				       EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	if (bio && pkey && PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1)
		n = EVP_PKEY_get1_encoded_public_key(pkey, &public);
	if (n) {
		take_text(bio, pem);
		err = buf_append(share, public, n) ? 0 : SEALSOCK_ERR_NOMEM;
	} else {
		err = openssl_why(SEALSOCK_ERR_CRYPTO);
	}
	OPENSSL_free(public);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	ERR_pop_to_mark();
	return err;
}

void pem_write(const char *name, struct bytes der, struct builder *w)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio && PEM_write_bio(bio, name, "", der.p, (long)der.n))
		take_text(bio, w);
	else
		w->bad = true;
	BIO_free(bio);
}
