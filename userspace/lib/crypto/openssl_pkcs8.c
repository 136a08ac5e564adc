// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Private keys of HPKE as files have them: PKCS #8 (RFC 5958, RFC 8410, RFC 5915) and PEM. */
#include <openssl/core_names.h>
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
	if (pkey_kind(pkey) != KEY_EC_P256 ||
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &bn) != 1)
		return false;
	good = BN_bn2binpad(bn, out, HPKE_PRIVATE) == HPKE_PRIVATE;
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

void hpke_private_write(uint16_t group, const uint8_t priv[HPKE_PRIVATE], struct bytes share,
			struct builder *w)
{
	static const uint8_t x25519[] = {
		0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22,
		0x04, 0x20,
	};
	static const uint8_t p256[] = {
		0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
		0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04,
		0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20,
	};
	static const uint8_t p256_public[] = { 0xa1, 0x44, 0x03, 0x42, 0x00 };
	bool raw = group == GROUP_X25519;

	wr_bytes(w, raw ? x25519 : p256, raw ? sizeof(x25519) : sizeof(p256));
	wr_bytes(w, priv, HPKE_PRIVATE);
	if (raw)
		return;
	wr_bytes(w, p256_public, sizeof(p256_public));
	wr_bytes(w, share.p, share.n);
}

void pem_write(const char *name, struct bytes der, struct builder *w)
{
	enum { LINE = 48 };		/* bytes, which are 64 characters */
	unsigned char text[LINE / 3 * 4 + 1];
	struct bytes part;
	char mark[64];

	wr_bytes(w, mark, (size_t)snprintf(mark, sizeof(mark), "-----BEGIN %s-----\n", name));
	while (der.n) {
		rd_bytes(&der, der.n < LINE ? der.n : LINE, &part);
		wr_bytes(w, text, (size_t)EVP_EncodeBlock(text, part.p, (int)part.n));
		wr_bytes(w, "\n", 1);
	}
	wr_bytes(w, mark, (size_t)snprintf(mark, sizeof(mark), "-----END %s-----\n", name));
	wipe(text, sizeof(text));
}
