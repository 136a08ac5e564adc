// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The handshake benchmark's certificates, and what the primitives alone cost. */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "handshake.h"

enum { ROUNDS = 60, EACH = 10 };

static void extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!e || !X509_add_ext(x, e, -1))
		hs_die("extension %s", value);
	X509_EXTENSION_free(e);
}

static X509 *certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *x = X509_new();
	X509_NAME *n = X509_get_subject_name(x);

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), issuer ? 2 : 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0);
	X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : n);
	X509_set_pubkey(x, key);
	if (issuer) {
		extend(x, issuer, NID_subject_alt_name, "DNS:localhost");
		extend(x, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
		extend(x, issuer, NID_key_usage, "critical,digitalSignature");
	} else {
		extend(x, x, NID_basic_constraints, "critical,CA:TRUE");
		extend(x, x, NID_key_usage, "critical,keyCertSign");
	}
	if (!X509_sign(x, issuer_key, EVP_sha256()))
		hs_die("certificate %s", name);
	return x;
}

static char *text(BIO *bio)
{
	char *p, *copy;
	long n = BIO_get_mem_data(bio, &p);

	copy = strndup(p, (size_t)n);
	BIO_free(bio);
	if (!copy)
		hs_die("no memory");
	return copy;
}

static char *cert_text(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(bio, x);
	return text(bio);
}

const struct credentials *credentials(void)
{
	static struct credentials c;
	EVP_PKEY *ca_key, *key;
	X509 *ca, *cert;
	BIO *bio;

	if (c.ca)
		return &c;
	ca_key = EVP_EC_gen("P-256");
	key = EVP_EC_gen("P-256");
	ca = certificate("bench CA", ca_key, NULL, ca_key);
	cert = certificate("localhost", key, ca, ca_key);
	c.ca = cert_text(ca);
	c.cert = cert_text(cert);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	c.key = text(bio);
	X509_free(ca);
	X509_free(cert);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
	return &c;
}

/*
 * P-256 goes by points here: through EVP_PKEY libcrypto 3.0 spends as much again on checks of a key
 * that it has just made.
 */
struct work {
	EC_GROUP *group;	/* NULL: X25519 */
	EC_POINT *point, *shared;
	BIGNUM *secret;
	BN_CTX *bn;
	uint8_t share[65];
	EVP_PKEY_CTX *keygen;
	EVP_PKEY *mine, *peer, *signer;
	EVP_MD *md;
	EVP_MD_CTX *ctx;
	uint8_t message[130], signature[128];
	size_t signature_len;
};

static void do_keygen(struct work *w)
{
	EVP_PKEY *k = NULL;

	if (w->group) {
		if (!BN_priv_rand_range_ex(w->secret, EC_GROUP_get0_order(w->group), 0, w->bn) ||
		    !EC_POINT_mul(w->group, w->point, w->secret, NULL, NULL, w->bn) ||
		    !EC_POINT_point2oct(w->group, w->point, POINT_CONVERSION_UNCOMPRESSED,
					w->share, sizeof(w->share), w->bn))
			hs_die("key generation");
		return;
	}
	if (EVP_PKEY_generate(w->keygen, &k) != 1)
		hs_die("key generation");
	EVP_PKEY_free(w->mine);
	w->mine = k;
}

static void do_derive(struct work *w)
{
	EVP_PKEY_CTX *ctx;
	uint8_t out[66];
	size_t n = sizeof(out);

	if (w->group) {
		if (!EC_POINT_oct2point(w->group, w->point, w->share, sizeof(w->share), w->bn) ||
		    !EC_POINT_mul(w->group, w->shared, NULL, w->point, w->secret, w->bn) ||
		    !EC_POINT_point2oct(w->group, w->shared, POINT_CONVERSION_UNCOMPRESSED, out,
					sizeof(out), w->bn))
			hs_die("derivation");
		return;
	}
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, w->mine, NULL);
	if (!ctx || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer(ctx, w->peer) != 1 ||
	    EVP_PKEY_derive(ctx, out, &n) != 1)
		hs_die("derivation");
	EVP_PKEY_CTX_free(ctx);
}

static void do_sign(struct work *w)
{
	w->signature_len = sizeof(w->signature);
	EVP_MD_CTX_reset(w->ctx);
	if (EVP_DigestSignInit(w->ctx, NULL, w->md, NULL, w->signer) != 1 ||
	    EVP_DigestSign(w->ctx, w->signature, &w->signature_len, w->message,
			   sizeof(w->message)) != 1)
		hs_die("signature");
}

static void do_verify(struct work *w)
{
	EVP_MD_CTX_reset(w->ctx);
	if (EVP_DigestVerifyInit(w->ctx, NULL, w->md, NULL, w->signer) != 1 ||
	    EVP_DigestVerify(w->ctx, w->signature, w->signature_len, w->message,
			     sizeof(w->message)) != 1)
		hs_die("verification");
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(struct work *w, void (*what)(struct work *w))
{
	double of[ROUNDS], t;

	what(w);
	for (int r = 0; r < ROUNDS; r++) {
		t = hs_now_us();
		for (int i = 0; i < EACH; i++)
			what(w);
		of[r] = (hs_now_us() - t) / EACH;
	}
	qsort(of, ROUNDS, sizeof(of[0]), compare);
	return of[ROUNDS / 2];
}

void costs_measure(const struct test *t, struct costs *c)
{
	bool x25519 = !strcmp(t->group, "x25519");
	struct work w = { .ctx = EVP_MD_CTX_new(), .signer = EVP_EC_gen("P-256") };

	w.md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	if (x25519) {
		w.peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
		w.keygen = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
		if (!w.keygen || EVP_PKEY_keygen_init(w.keygen) != 1)
			hs_die("key generation");
	} else {
		w.group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
		w.point = EC_POINT_new(w.group);
		w.shared = EC_POINT_new(w.group);
		w.secret = BN_new();
		w.bn = BN_CTX_new();
	}
	c->keygen = median(&w, do_keygen);
	c->derive = median(&w, do_derive);
	c->sign = median(&w, do_sign);
	c->verify = median(&w, do_verify);
	EVP_PKEY_free(w.mine);
	EVP_PKEY_free(w.peer);
	EVP_PKEY_free(w.signer);
	EVP_PKEY_CTX_free(w.keygen);
	EVP_MD_CTX_free(w.ctx);
	EVP_MD_free(w.md);
	EC_POINT_free(w.point);
	EC_POINT_free(w.shared);
	EC_GROUP_free(w.group);
	BN_free(w.secret);
	BN_CTX_free(w.bn);
}
