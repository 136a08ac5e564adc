// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A throw-away certificate, so that a first try needs no preparation. */
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "serve/serve.h"

enum { VALID_SECONDS = 7 * 24 * 3600, CLOCK_SLACK_SECONDS = 3600 };

/* "a.example,127.0.0.1" -> "DNS:a.example,IP:127.0.0.1" */
static bool make_san(const char *names, char *out, size_t size)
{
	size_t n = 0;

	while (*names) {
		size_t len = strcspn(names, ",");
		unsigned char raw[16];
		char one[256];
		bool ip;
		int r;

		if (!len || len >= sizeof(one))
			return false;
		memcpy(one, names, len);
		one[len] = '\0';
		/* In OpenSSL's syntax these would start another entry, or another kind. */
		ip = inet_pton(AF_INET, one, raw) == 1 || inet_pton(AF_INET6, one, raw) == 1;
		if (!ip && strpbrk(one, ":;/@ \\"))
			return false;
		r = snprintf(out + n, size - n, "%s%s:%s", n ? "," : "", ip ? "IP" : "DNS", one);
		if (r < 0 || (size_t)r >= size - n)
			return false;
		n += (size_t)r;
		names += len;
		names += *names == ',';
	}
	return n;
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext && X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	return ok;
}

static bool set_serial(X509 *cert)
{
	unsigned char raw[8];
	uint64_t serial;

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return false;
	memcpy(&serial, raw, sizeof(serial));
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1 | 1);
}

static X509 *make_cert(EVP_PKEY *key, const char *names)
{
	static const unsigned char cn[] = "sealsock throw-away";
	X509 *cert = X509_new();
	char san[1024];
	X509_NAME *name;

	if (!cert)
		return NULL;
	if (!make_san(names, san, sizeof(san))) {
		cli_error("'%s' is not a comma-separated list of host names and addresses", names);
		X509_free(cert);
		return NULL;
	}
	name = X509_get_subject_name(cert);
	if (X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
	    X509_gmtime_adj(X509_getm_notBefore(cert), -CLOCK_SLACK_SECONDS) &&
	    X509_gmtime_adj(X509_getm_notAfter(cert), VALID_SECONDS) &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, cn, -1, -1, 0) &&
	    X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key) &&
	    add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(cert, NID_ext_key_usage, "serverAuth") &&
	    add_extension(cert, NID_subject_key_identifier, "hash") &&
	    add_extension(cert, NID_subject_alt_name, san) && X509_sign(cert, key, EVP_sha256()))
		return cert;
	cli_error("cannot make a certificate: libcrypto failed");
	X509_free(cert);
	return NULL;
}

static char *take_bio(BIO *bio, size_t *len)
{
	char *data, *copy = NULL;
	long n = BIO_get_mem_data(bio, &data);

	if (n > 0)
		copy = malloc((size_t)n);
	if (copy) {
		memcpy(copy, data, (size_t)n);
		*len = (size_t)n;
	}
	return copy;
}

static bool to_pem(struct throwaway *t, X509 *cert, EVP_PKEY *key)
{
	/* Secure memory: freed wiped. */
	BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_secmem());
	unsigned char md[32];
	unsigned int n = 0;

	if (c && k && PEM_write_bio_X509(c, cert) &&
	    PEM_write_bio_PrivateKey(k, key, NULL, NULL, 0, NULL, NULL) &&
	    X509_digest(cert, EVP_sha256(), md, &n) && n == sizeof(md)) {
		t->cert = take_bio(c, &t->cert_len);
		t->key = take_bio(k, &t->key_len);
		for (unsigned int i = 0; i < n; i++)
			snprintf(t->fingerprint + 3 * i, 4, "%02X%s", md[i], i + 1 < n ? ":" : "");
	}
	BIO_free(c);
	BIO_free(k);
	return t->cert && t->key;
}

bool throwaway_make(struct throwaway *t, const char *names)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = NULL;
	bool ok = false;

	memset(t, 0, sizeof(*t));
	if (!key)
		cli_error("cannot make a key: libcrypto failed");
	else
		cert = make_cert(key, names);
	if (cert) {
		ok = to_pem(t, cert, key);
		if (!ok)
			cli_error("cannot write the certificate down: no memory");
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	if (!ok)
		throwaway_free(t);
	return ok;
}

void throwaway_free(struct throwaway *t)
{
	if (t->key)
		explicit_bzero(t->key, t->key_len);
	free(t->key);
	free(t->cert);
	memset(t, 0, sizeof(*t));
}
