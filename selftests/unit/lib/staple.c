// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <openssl/ocsp.h>

#include "staple.h"

static ASN1_TIME *at(long seconds)
{
	ASN1_TIME *t = ASN1_GENERALIZEDTIME_set(NULL, TEST_NOW + seconds);

	NEED(t);
	return t;
}

static const EVP_MD *digest_for(EVP_PKEY *pkey)
{
	return EVP_PKEY_is_a(pkey, "ED25519") || EVP_PKEY_is_a(pkey, "ED448") ? NULL : EVP_sha256();
}

struct bytes make_staple(const struct staple_spec *spec, const struct identity *of,
			 const struct identity *issuer)
{
	const struct identity *signer = spec->signer ? spec->signer : issuer;
	unsigned long flags = (spec->alone || !spec->signer ? OCSP_NOCERTS : 0) |
			      (spec->by_key ? OCSP_RESPID_KEY : 0);
	ASN1_TIME *from = at(spec->from), *until = spec->until ? at(spec->until) : NULL;
	OCSP_CERTID *id = OCSP_cert_to_id(spec->sha256 ? EVP_sha256() : EVP_sha1(), of->x509,
					  issuer->x509);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_RESPONSE *response;
	unsigned char *der = NULL, *copy;
	int n;

	NEED(id && basic);
	NEED(OCSP_basic_add1_status(basic, id, spec->status, 0,
				    spec->status == V_OCSP_CERTSTATUS_REVOKED ? from : NULL, from,
				    until));
	if (spec->before)
		NEED(OCSP_basic_add1_cert(basic, spec->before->x509) == 1);
	NEED(OCSP_basic_sign(basic, signer->x509, signer->pkey, digest_for(signer->pkey), NULL,
			     flags) == 1);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	NEED(response);
	n = i2d_OCSP_RESPONSE(response, &der);
	copy = n > 0 ? malloc((size_t)n) : NULL;
	NEED(copy);
	memcpy(copy, der, (size_t)n);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return bytes_of(copy, (size_t)n);
}

struct bytes good_staple(enum cert_type type)
{
	static const struct staple_spec spec = { .from = -60, .until = 3600 };

	return make_staple(&spec, test_server(type), test_ca());
}
