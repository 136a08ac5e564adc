// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "mint.h"

static void set_name(X509_NAME *name, const char *text)
{
	static const struct {
		const char *prefix, *type;
	} types[] = { { "/O=", "O" }, { "/OU=", "OU" }, { "/email=", "emailAddress" } };
	char part[128];
	size_t n = strcspn(text, "/"), i;

	if (n)
		NEED(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const void *)text,
						(int)n, -1, 0) == 1);
	for (text += n; *text; text += n) {
		n = 1 + strcspn(text + 1, "/");
		for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
			size_t p = strlen(types[i].prefix);

			if (strncmp(text, types[i].prefix, p))
				continue;
			snprintf(part, sizeof(part), "%.*s", (int)(n - p), text + p);
			NEED(X509_NAME_add_entry_by_txt(name, types[i].type, MBSTRING_UTF8,
							(const void *)part, -1, -1, 0) == 1);
		}
	}
}

static void set_serial(X509 *x, enum mint_flaw flaw)
{
	static long next = 5000;
	ASN1_INTEGER *serial = X509_get_serialNumber(x);
	unsigned char raw[22];
	BIGNUM *big;

	memset(raw, 0x7f, sizeof(raw));
	if (flaw == SERIAL_20 || flaw == SERIAL_22) {
		big = BN_bin2bn(raw, flaw == SERIAL_20 ? 20 : 22, NULL);
		NEED(big && BN_to_ASN1_INTEGER(big, serial));
		BN_free(big);
		return;
	}
	ASN1_INTEGER_set(serial, flaw == SERIAL_ZERO ? 0 : flaw == SERIAL_NEGATIVE ? -5 : next++);
}

static X509_EXTENSION *make_ext(X509V3_CTX *ctx, const char *text)
{
	char name[64];
	size_t n = strcspn(text, "=");
	CONF *conf = NCONF_new(NULL);
	BIO *empty = BIO_new_mem_buf("\n", 1);
	X509_EXTENSION *e;
	long line;

	NEED(conf && empty && NCONF_load_bio(conf, empty, &line) == 1);
	BIO_free(empty);
	snprintf(name, sizeof(name), "%.*s", (int)n, text);
	/* Some kinds insist on a configuration, if only on an empty one. */
	X509V3_set_nconf(ctx, conf);
	e = X509V3_EXT_nconf(conf, ctx, name, text + n + 1);
	NCONF_free(conf);
	/* An issuer without a key identifier has none to be named. */
	if (!e && !strcmp(name, "authorityKeyIdentifier"))
		return NULL;
	if (!e)
		printf("# %s\n", text);
	NEED(e);
	return e;
}

static void add_exts(X509 *x, X509 *issuer, const struct mint *m)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;
	size_t i;

	if (m->flaw == VERSION_1)
		return;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	for (i = 0; i < MINT_EXTS && m->exts[i]; i++) {
		e = make_ext(&ctx, m->exts[i]);
		if (!e)
			continue;
		NEED(X509_add_ext(x, e, -1) == 1);
		if (m->flaw == TWICE && (i + 1 == MINT_EXTS || !m->exts[i + 1]))
			NEED(X509_add_ext(x, e, -1) == 1);
		X509_EXTENSION_free(e);
	}
}

static char *pem(BIO *bio)
{
	char *p, *copy;
	long n = BIO_get_mem_data(bio, &p);

	copy = strndup(p, (size_t)n);
	NEED(copy);
	BIO_free(bio);
	return copy;
}

static const EVP_MD *digest_of(EVP_PKEY *key, bool sha1)
{
	if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448"))
		return NULL;
	return sha1 ? EVP_sha1() : EVP_sha256();
}

/* Changes that only the finished DER can have. */
static X509 *spoil(X509 *x, enum mint_flaw flaw)
{
	static const unsigned char sha256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 };
	unsigned char *der = NULL, *at = NULL;
	const unsigned char *p;
	int n = i2d_X509(x, &der), i;

	NEED(n > 20);
	if (flaw == SIGNATURE_CHANGED)
		der[n - 3] ^= 1;
	if (flaw == ALGORITHMS_DIFFER) {	/* the outer one becomes ecdsa-with-SHA384 */
		for (i = 0; i + 8 < n; i++)
			if (!memcmp(der + i, sha256, sizeof(sha256)))
				at = der + i;
		NEED(at);
		at[7] = 3;
	}
	X509_free(x);
	p = der;
	x = d2i_X509(NULL, &p, n);
	NEED(x);
	OPENSSL_free(der);
	return x;
}

struct identity mint(const struct mint *m, const struct identity *issuer)
{
	struct cert_spec spec = { .cn = "key", .from = -1, .until = 1 };
	struct identity id = { 0 }, made;
	EVP_PKEY *signer;
	X509 *x = X509_new(), *above;
	BIO *bio;

	NEED(x);
	if (m->key) {
		id.pkey = m->key->pkey;
		EVP_PKEY_up_ref(id.pkey);
		id.key_pem = strdup(m->key->key_pem);
	} else {
		made = make_identity(m->type, &spec, NULL);
		id.pkey = made.pkey;
		id.key_pem = made.key_pem;
		free(made.cert_pem);
		X509_free(made.x509);
	}
	above = issuer ? issuer->x509 : x;
	signer = issuer ? issuer->pkey : id.pkey;
	NEED(X509_set_version(x, m->flaw == VERSION_1 ? 0 : 2) == 1);
	set_serial(x, m->flaw);
	ASN1_TIME_set(X509_getm_notBefore(x), TEST_NOW + m->from);
	ASN1_TIME_set(X509_getm_notAfter(x), TEST_NOW + m->until);
	if (m->flaw != NO_SUBJECT)
		set_name(X509_get_subject_name(x), m->cn);
	if (m->flaw != NO_ISSUER)
		X509_set_issuer_name(x, X509_get_subject_name(above));
	X509_set_pubkey(x, id.pkey);
	add_exts(x, above, m);
	NEED(X509_sign(x, signer, digest_of(signer, m->flaw == SHA1_SIGNED)) > 0);
	x = spoil(x, m->flaw);
	bio = BIO_new(BIO_s_mem());
	NEED(PEM_write_bio_X509(bio, x) == 1);
	id.cert_pem = pem(bio);
	id.x509 = x;
	return id;
}

static X509_REVOKED *make_entry(const ASN1_INTEGER *serial)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, TEST_NOW - 1000);

	NEED(r && when);
	NEED(X509_REVOKED_set_serialNumber(r, (ASN1_INTEGER *)serial) == 1);
	NEED(X509_REVOKED_set_revocationDate(r, when) == 1);
	ASN1_TIME_free(when);
	return r;
}

/* certificateIssuer (RFC 5280 §5.3.3). */
static void add_entry_issuer(X509_REVOKED *r, const struct identity *issuer)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

	NEED(name && names && sk_GENERAL_NAME_push(names, name) > 0);
	GENERAL_NAME_set0_value(name, GEN_DIRNAME,
				X509_NAME_dup(X509_get_subject_name(issuer->x509)));
	NEED(X509_REVOKED_add1_ext_i2d(r, NID_certificate_issuer, names, 1, 0) == 1);
	sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
}

static void add_reason(X509_REVOKED *r, int reason)
{
	ASN1_ENUMERATED *code = ASN1_ENUMERATED_new();

	NEED(code && ASN1_ENUMERATED_set(code, reason) == 1);
	NEED(X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, code, 0, 0) == 1);
	ASN1_ENUMERATED_free(code);
}

static void revoke(X509_CRL *crl, const struct mint_crl *m)
{
	ASN1_INTEGER *other = ASN1_INTEGER_new();
	X509_REVOKED *r;

	NEED(other && ASN1_INTEGER_set(other, 3) == 1);
	if (m->before) {
		r = make_entry(other);
		add_entry_issuer(r, m->entry_issuer);
		NEED(X509_CRL_add0_revoked(crl, r) == 1);
	}
	r = make_entry(X509_get0_serialNumber(m->of->x509));
	if (m->entry_issuer && !m->before)
		add_entry_issuer(r, m->entry_issuer);
	if (m->reason)
		add_reason(r, m->reason);
	NEED(X509_CRL_add0_revoked(crl, r) == 1);
	ASN1_INTEGER_free(other);
}

char *mint_crl(const struct mint_crl *m, const struct identity *issuer)
{
	const struct identity *signer = m->signer ? m->signer : issuer;
	EVP_PKEY_CTX *pctx;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	ASN1_TIME *from = ASN1_TIME_set(NULL, TEST_NOW + m->from);
	ASN1_TIME *until = ASN1_TIME_set(NULL, TEST_NOW + m->until);
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_CRL *crl = X509_CRL_new();
	X509_EXTENSION *e;
	X509V3_CTX ctx;
	BIO *bio = BIO_new(BIO_s_mem());
	size_t i;

	NEED(crl && from && until && number && bio && md);
	NEED(X509_CRL_set_version(crl, 1) == 1);
	NEED(X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509)) == 1);
	NEED(X509_CRL_set1_lastUpdate(crl, from) == 1 && X509_CRL_set1_nextUpdate(crl, until) == 1);
	if (m->of)
		revoke(crl, m);
	if (m->of && m->twice)
		revoke(crl, m);
	ASN1_INTEGER_set(number, m->number ? m->number : 7);
	if (!m->no_number)
		NEED(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1);
	ASN1_INTEGER_set(number, m->base);
	if (m->base)
		NEED(X509_CRL_add1_ext_i2d(crl, NID_delta_crl, number, 1, 0) == 1);
	X509V3_set_ctx(&ctx, signer->x509, NULL, NULL, crl, 0);
	for (i = 0; i < 4 && m->exts[i]; i++) {
		e = make_ext(&ctx, m->exts[i]);
		NEED(X509_CRL_add_ext(crl, e, -1) == 1);
		X509_EXTENSION_free(e);
	}
	NEED(EVP_DigestSignInit(md, &pctx, digest_of(signer->pkey, false), NULL,
				signer->pkey) == 1);
	if (EVP_PKEY_is_a(signer->pkey, "RSA-PSS"))	/* as TLS has it, not as long as may be */
		NEED(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1);
	NEED(X509_CRL_sign_ctx(crl, md) > 0);
	EVP_MD_CTX_free(md);
	NEED(PEM_write_bio_X509_CRL(bio, crl) == 1);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	ASN1_INTEGER_free(number);
	return pem(bio);
}
