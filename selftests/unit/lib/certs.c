// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "certs.h"

const char *const cert_type_names[CERT_TYPES] = {
	[CERT_P256] = "P-256", [CERT_P384] = "P-384", [CERT_ED25519] = "Ed25519",
	[CERT_RSA] = "RSA", [CERT_RSA_PSS] = "RSA-PSS", [CERT_P521] = "P-521",
	[CERT_ED448] = "Ed448", [CERT_P224] = "P-224", [CERT_EXPLICIT] = "explicit",
};

static EVP_PKEY *make_explicit(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	NEED(ctx && EVP_PKEY_keygen_init(ctx) == 1);
	NEED(EVP_PKEY_CTX_set_group_name(ctx, "P-256") == 1);
	NEED(EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_EXPLICIT_CURVE) == 1);
	NEED(EVP_PKEY_keygen(ctx, &pkey) == 1);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *make_key(enum cert_type type, bool small)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *pkey = NULL;

	switch (type) {
	case CERT_P256:
		return EVP_EC_gen("P-256");
	case CERT_P384:
		return EVP_EC_gen("P-384");
	case CERT_P521:
		return EVP_EC_gen("P-521");
	case CERT_P224:
		return EVP_EC_gen("P-224");
	case CERT_EXPLICIT:
		return make_explicit();
	case CERT_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case CERT_ED448:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	default:
		ctx = EVP_PKEY_CTX_new_from_name(NULL, type == CERT_RSA ? "RSA" : "RSA-PSS", NULL);
		NEED(ctx && EVP_PKEY_keygen_init(ctx) == 1);
		NEED(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, small ? 1024 : 2048) == 1);
		NEED(EVP_PKEY_keygen(ctx, &pkey) == 1);
		EVP_PKEY_CTX_free(ctx);
		return pkey;
	}
}

static void add_ext(X509 *x, X509 *issuer, const char *name, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf(NULL, &ctx, name, value);
	NEED(e && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static char *pem_of(BIO *bio)
{
	char *p, *copy;
	long n = BIO_get_mem_data(bio, &p);

	copy = strndup(p, (size_t)n);
	BIO_free(bio);
	return copy;
}

static void fill(X509 *x, const struct cert_spec *spec, X509 *issuer)
{
	static long serial = 1000;
	X509_NAME *name = X509_get_subject_name(x);

	NEED(X509_set_version(x, 2) == 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	ASN1_TIME_set(X509_getm_notBefore(x), TEST_NOW + (time_t)spec->from * 86400);
	ASN1_TIME_set(X509_getm_notAfter(x), TEST_NOW + (time_t)spec->until * 86400);
	if (spec->cn)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const void *)spec->cn, -1,
					   -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(issuer));
	add_ext(x, issuer, "basicConstraints", spec->ca ? "critical,CA:TRUE" : "CA:FALSE");
	add_ext(x, issuer, "subjectKeyIdentifier", "hash");
	add_ext(x, issuer, "keyUsage", spec->ku);
	add_ext(x, issuer, "extendedKeyUsage", spec->eku);
	add_ext(x, issuer, "subjectAltName", spec->san);
	if (spec->extra) {
		char key[64];
		size_t n = strcspn(spec->extra, "=");

		snprintf(key, sizeof(key), "%.*s", (int)n, spec->extra);
		add_ext(x, issuer, key, spec->extra + n + 1);
	}
}

struct identity make_identity(enum cert_type type, const struct cert_spec *spec,
			      const struct identity *issuer)
{
	EVP_PKEY *pkey = make_key(type, spec->small_key), *signer;
	X509 *x = X509_new();
	struct identity id;
	BIO *bio;
	bool bare;

	NEED(pkey && x);
	signer = issuer ? issuer->pkey : pkey;
	X509_set_pubkey(x, pkey);
	fill(x, spec, issuer ? issuer->x509 : x);
	bare = EVP_PKEY_is_a(signer, "ED25519") || EVP_PKEY_is_a(signer, "ED448");
	NEED(X509_sign(x, signer, bare ? NULL : spec->weak_hash ? EVP_sha1() : EVP_sha256()) > 0);
	bio = BIO_new(BIO_s_mem());
	NEED(PEM_write_bio_X509(bio, x) == 1);
	id.cert_pem = pem_of(bio);
	bio = BIO_new(BIO_s_mem());
	NEED(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1);
	id.key_pem = pem_of(bio);
	id.x509 = x;
	id.pkey = pkey;
	return id;
}

void free_identity(struct identity *id)
{
	free(id->cert_pem);
	free(id->key_pem);
	X509_free(id->x509);
	EVP_PKEY_free(id->pkey);
	memset(id, 0, sizeof(*id));
}

static struct identity ca, servers[CERT_TYPES];

const struct identity *test_ca(void)
{
	static const struct cert_spec spec = {
		.cn = "Test CA", .ca = true, .ku = "keyCertSign", .from = -10, .until = 3650,
	};

	if (!ca.x509)
		ca = make_identity(CERT_P256, &spec, NULL);
	return &ca;
}

const struct identity *test_server(enum cert_type type)
{
	static const struct cert_spec spec = {
		.cn = "localhost", .san = "DNS:localhost,DNS:*.example.org,IP:127.0.0.1,IP:::1",
		.eku = "serverAuth", .ku = "digitalSignature", .from = -1, .until = 365,
	};

	if (!servers[type].x509)
		servers[type] = make_identity(type, &spec, test_ca());
	return &servers[type];
}

void free_test_identities(void)
{
	int i;

	for (i = 0; i < CERT_TYPES; i++)
		if (servers[i].x509)
			free_identity(&servers[i]);
	if (ca.x509)
		free_identity(&ca);
}
