// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Attacks on signatures, made with the real key, so that nothing but the rule under test can refuse
 * them: what an RSA signature may look like inside, which scheme goes with which key and version,
 * whose signature over what.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "certs.h"
#include "flight.h"
#include "hello.h"
#include "hs/hs.h"
#include "mutual.h"
#include "tap.h"

enum { MODULUS = 256 };

enum scheme {
	PKCS1_SHA256 = 0x0401, P256_SHA256 = 0x0403, P384_SHA384 = 0x0503, P521_SHA512 = 0x0603,
	RSAE_SHA256 = 0x0804, RSAE_SHA384 = 0x0805, PSS_SHA256 = 0x0809, PSS_SHA384 = 0x080a,
};

static const char text[] = "what is signed";

static struct cert *cert_of(EVP_PKEY *key)
{
	X509 *x = X509_new();
	unsigned char *der = NULL;
	struct cert *c = NULL;
	int n;

	NEED(x && X509_set_version(x, X509_VERSION_3) && X509_set_pubkey(x, key) &&
	     ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
	     X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
	     X509_gmtime_adj(X509_getm_notAfter(x), 1000) && X509_sign(x, key, NULL));
	n = i2d_X509(x, &der);
	NEED(n > 0 && !cert_parse(&test_env_full, bytes_of(der, (size_t)n), &c, NULL));
	OPENSSL_free(der);
	X509_free(x);
	return c;
}

static EVP_PKEY *rsa_key(const char *type, const char *pss_md)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	NEED(ctx && EVP_PKEY_keygen_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 8 * MODULUS) == 1);
	if (pss_md)
		NEED(EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(ctx, pss_md, NULL) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(ctx, pss_md) == 1);
	NEED(EVP_PKEY_keygen(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static int verify(const struct cert *c, enum scheme id, uint16_t version, const uint8_t *sig,
		  size_t n)
{
	return cert_verify(c, sigscheme_find((uint16_t)id), version,
			   bytes_of(text, sizeof(text)), bytes_of(sig, n));
}

/* The private key's operation on a block of our own making. */
static size_t raw(EVP_PKEY *key, const uint8_t block[MODULUS], uint8_t sig[MODULUS])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t n = MODULUS;

	NEED(ctx && EVP_PKEY_sign_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
	     EVP_PKEY_sign(ctx, sig, &n, block, MODULUS) == 1);
	EVP_PKEY_CTX_free(ctx);
	return n;
}

static const uint8_t digest_info[] = { 0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3,
				       4, 2, 1, 5, 0, 4, 0x20 };
/* Without the NULL parameter, which RFC 8017 wants there. */
static const uint8_t no_null[] = { 0x30, 0x2f, 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4,
				   2, 1, 4, 0x20 };
/* With bytes hidden in the parameters: how signatures for e = 3 are forged. */
static const uint8_t hidden[] = { 0x30, 0x39, 0x30, 0x15, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2,
				  1, 4, 8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 0x20 };
static const uint8_t sha1_info[] = { 0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0xe, 3, 2, 0x1a, 5, 0, 4,
				     0x14 };

/* 00 @type FF … 00 DigestInfo hash, with @after bytes of garbage behind it. */
static void block_of(uint8_t out[MODULUS], uint8_t type, uint8_t fill, const uint8_t *info,
		     size_t info_len, size_t after)
{
	unsigned int hash_len;
	size_t at = MODULUS - after - 32 - info_len;

	memset(out, fill, MODULUS);
	out[0] = 0;
	out[1] = type;
	out[at - 1] = 0;
	memcpy(out + at, info, info_len);
	NEED(EVP_Digest(text, sizeof(text), out + at + info_len, &hash_len, EVP_sha256(), NULL));
	memset(out + MODULUS - after, 0x5a, after);
}

static void pkcs1_forgery(void)
{
	static const struct {
		const char *name;
		uint8_t type, fill;
		const uint8_t *info;
		size_t info_len, after;
		int code;
	} rows[] = {
		{ "as it should be", 1, 0xff, digest_info, sizeof(digest_info), 0, 0 },
		{ "garbage behind the hash", 1, 0xff, digest_info, sizeof(digest_info), 100,
		  SEALSOCK_ERR_BAD_SIGNATURE },
		{ "a byte behind the hash", 1, 0xff, digest_info, sizeof(digest_info), 1,
		  SEALSOCK_ERR_BAD_SIGNATURE },
		{ "padding for encryption", 2, 0x77, digest_info, sizeof(digest_info), 0,
		  SEALSOCK_ERR_BAD_SIGNATURE },
		{ "padding of other bytes", 1, 0xfe, digest_info, sizeof(digest_info), 0,
		  SEALSOCK_ERR_BAD_SIGNATURE },
		{ "block type 0", 0, 0, digest_info, sizeof(digest_info), 0,
		  SEALSOCK_ERR_BAD_SIGNATURE },
		{ "bytes hidden in the parameters", 1, 0xff, hidden, sizeof(hidden), 0,
		  SEALSOCK_ERR_BAD_SIGNATURE },
		{ "another hash's DigestInfo", 1, 0xff, sha1_info, sizeof(sha1_info), 0,
		  SEALSOCK_ERR_BAD_SIGNATURE },
		{ "no DigestInfo", 1, 0xff, digest_info, 0, 0, SEALSOCK_ERR_BAD_SIGNATURE },
	};
	EVP_PKEY *key = rsa_key("RSA", NULL);
	struct cert *c = cert_of(key);
	uint8_t block[MODULUS], sig[MODULUS + 1];
	size_t i, n;
	int err;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		block_of(block, rows[i].type, rows[i].fill, rows[i].info, rows[i].info_len,
			 rows[i].after);
		n = raw(key, block, sig);
		ok_int(verify(c, PKCS1_SHA256, VERSION_TLS12, sig, n), rows[i].code,
		       "attack: PKCS#1 v1.5 forgery: %s", rows[i].name);
	}
	/* RFC 8017 §8.2.2 note 2 leaves it open; either way the hash is all there is. */
	block_of(block, 1, 0xff, no_null, sizeof(no_null), 0);
	n = raw(key, block, sig);
	err = verify(c, PKCS1_SHA256, VERSION_TLS12, sig, n);
	ok(!err || err == SEALSOCK_ERR_BAD_SIGNATURE, "without NULL parameters: %s",
	   err ? "refused" : "taken");
	block_of(block, 1, 0xff, digest_info, sizeof(digest_info), 0);
	n = raw(key, block, sig);
	ok_int(verify(c, PKCS1_SHA256, VERSION_TLS12, sig, n - 1), SEALSOCK_ERR_BAD_SIGNATURE,
	       "attack: PKCS#1 v1.5 forgery: a byte short");
	sig[n] = 0;
	ok_int(verify(c, PKCS1_SHA256, VERSION_TLS12, sig, n + 1), SEALSOCK_ERR_BAD_SIGNATURE,
	       "attack: PKCS#1 v1.5 forgery: a byte long");
	memset(sig, 0, MODULUS);
	ok_int(verify(c, PKCS1_SHA256, VERSION_TLS12, sig, MODULUS), SEALSOCK_ERR_BAD_SIGNATURE,
	       "attack: PKCS#1 v1.5 forgery: zero");
	cert_free(c);
	EVP_PKEY_free(key);
}

/* A signature by @key; @pad: the padding of RSA, @salt as libcrypto has it. */
static size_t sign(EVP_PKEY *key, const char *md, int pad, int salt, const void *p, size_t len,
		   uint8_t *sig, size_t room)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	size_t n = room;

	NEED(ctx && EVP_DigestSignInit_ex(ctx, &pctx, md, NULL, NULL, key, NULL) == 1);
	if (pad)
		NEED(EVP_PKEY_CTX_set_rsa_padding(pctx, pad) == 1);
	if (pad == RSA_PKCS1_PSS_PADDING)
		NEED(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) == 1);
	NEED(EVP_DigestSign(ctx, sig, &n, p, len) == 1);
	EVP_MD_CTX_free(ctx);
	return n;
}

static size_t sign_text(EVP_PKEY *key, const char *md, int pad, int salt, uint8_t *sig, size_t room)
{
	return sign(key, md, pad, salt, text, sizeof(text), sig, room);
}

static void pss(void)
{
	EVP_PKEY *rsa = rsa_key("RSA", NULL), *pss_key = rsa_key("RSA-PSS", NULL);
	EVP_PKEY *bound = rsa_key("RSA-PSS", "SHA384");
	struct cert *c = cert_of(rsa), *p = cert_of(pss_key), *b = cert_of(bound);
	const int padding = RSA_PKCS1_PSS_PADDING, ill = SEALSOCK_ERR_ILLEGAL;
	const int bad = SEALSOCK_ERR_BAD_SIGNATURE;
	uint8_t sig[MODULUS];
	size_t n;

	n = sign_text(rsa, "SHA256", padding, 32, sig, sizeof(sig));
	ok_int(verify(c, RSAE_SHA256, VERSION_TLS13, sig, n), 0, "a good rsae signature");
	ok_int(verify(c, PSS_SHA256, VERSION_TLS13, sig, n), ill,
	       "attack: rsae and pss crossed: an RSA key under rsa_pss_pss");
	ok_int(verify(c, RSAE_SHA384, VERSION_TLS13, sig, n), bad,
	       "attack: another hash than the scheme's");
	n = sign_text(rsa, "SHA256", padding, 20, sig, sizeof(sig));
	ok_int(verify(c, RSAE_SHA256, VERSION_TLS13, sig, n), bad,
	       "attack: a salt that is not as long as the hash");
	n = sign_text(pss_key, "SHA256", padding, 32, sig, sizeof(sig));
	ok_int(verify(p, PSS_SHA256, VERSION_TLS13, sig, n), 0, "a good pss signature");
	ok_int(verify(p, RSAE_SHA256, VERSION_TLS13, sig, n), ill,
	       "attack: rsae and pss crossed: a PSS key under rsa_pss_rsae");
	ok_int(verify(p, PKCS1_SHA256, VERSION_TLS12, sig, n), ill,
	       "attack: a PSS key under PKCS#1 v1.5");
	n = sign_text(bound, "SHA384", padding, 48, sig, sizeof(sig));
	ok_int(verify(b, PSS_SHA384, VERSION_TLS13, sig, n), 0, "a key bound to SHA-384");
	ok(verify(b, PSS_SHA256, VERSION_TLS13, sig, n) < 0,
	   "attack: PSS parameters in the certificate: another hash than they say");
	n = sign_text(rsa, "SHA256", RSA_PKCS1_PADDING, 0, sig, sizeof(sig));
	ok_int(verify(c, PKCS1_SHA256, VERSION_TLS12, sig, n), 0, "PKCS#1 v1.5 in TLS 1.2");
	ok_int(verify(c, PKCS1_SHA256, VERSION_TLS13, sig, n), ill,
	       "attack: PKCS#1 v1.5 in TLS 1.3's CertificateVerify");
	ok_int(verify(c, RSAE_SHA256, VERSION_TLS13, sig, n), bad,
	       "attack: PKCS#1 v1.5 under a PSS scheme");
	cert_free(c);
	cert_free(p);
	cert_free(b);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(pss_key);
	EVP_PKEY_free(bound);
}

static void curves(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct cert *c = cert_of(key);
	uint8_t sig[200];
	size_t n;

	n = sign_text(key, "SHA256", 0, 0, sig, sizeof(sig));
	ok_int(verify(c, P256_SHA256, VERSION_TLS13, sig, n), 0, "P-256 with SHA-256");
	n = sign_text(key, "SHA384", 0, 0, sig, sizeof(sig));
	ok_int(verify(c, P384_SHA384, VERSION_TLS13, sig, n), SEALSOCK_ERR_ILLEGAL,
	       "attack: curve and hash mismatched: P-256 with SHA-384");
	ok_int(verify(c, P384_SHA384, VERSION_TLS12, sig, n), 0,
	       "in TLS 1.2 it is allowed (RFC 8446 §4.2.3)");
	n = sign_text(key, "SHA512", 0, 0, sig, sizeof(sig));
	ok_int(verify(c, P521_SHA512, VERSION_TLS13, sig, n), SEALSOCK_ERR_ILLEGAL,
	       "attack: curve and hash mismatched: P-256 with SHA-512");
	n = sign_text(key, "SHA256", 0, 0, sig, sizeof(sig));
	sig[n++] = 0;
	ok_int(verify(c, P256_SHA256, VERSION_TLS13, sig, n), SEALSOCK_ERR_BAD_SIGNATURE,
	       "attack: a byte behind an ECDSA signature");
	ok_int(verify(c, P256_SHA256, VERSION_TLS13,
		      (const uint8_t *)"\x30\6\2\1\0\2\1\0", 8), SEALSOCK_ERR_BAD_SIGNATURE,
	       "attack: r = s = 0");
	cert_free(c);
	EVP_PKEY_free(key);
}

/* The server's real key signs what it should not; the message takes CertificateVerify's place. */
static void in_the_handshake(enum cert_type type, uint16_t scheme, const char *md, int pad,
			     enum sealsock_side as, int code, const char *name)
{
	const struct identity *id = test_server(type);
	struct sealsock_config *cc = client_config();
	uint8_t content[SIGNED_CONTENT_MAX], sig[MODULUS], hash[HASH_MAX];
	struct certificate_verify cv = { .scheme = scheme };
	struct builder w;
	struct sealer s;
	struct buf made;
	struct flight f;
	size_t n;
	int err;

	flight_to_client(&f, cc, server_config(type));
	flight_give(&f, f.client, f.msg, 2);
	transcript_hash(&f.client->hs->transcript, hash);
	n = certificate_verify_content(as, bytes_of(hash, f.client->ch.suite->hash_len), content);
	n = sign(id->pkey, md, pad, RSA_PSS_SALTLEN_DIGEST, content, n, sig, sizeof(sig));
	cv.signature = bytes_of(sig, n);
	buf_init(&made, &test_env_full);
	w = (struct builder){ .buf = &made };
	certificate_verify_build(&cv, &w);
	/* The second record under these keys: the first had what goes before. */
	sealer_open(&s, f.client, &f.secret);
	seal_seq_start(&s.dir.seq, 1, 0);
	sealer_add(&s, SEAL_TYPE_HANDSHAKE, made.p, made.n);
	err = feed_all(f.client, s.out.p, s.out.n, 0);
	if (code)
		expect_failure(f.client, err, code, name);
	else
		ok_int(err, 0, "%s", name);
	sealer_close(&s);
	buf_free(&made);
	flight_close(&f);
}

int main(void)
{
	pkcs1_forgery();
	pss();
	curves();
	in_the_handshake(CERT_RSA, RSAE_SHA256, "SHA256", RSA_PKCS1_PSS_PADDING, SEALSOCK_SERVER, 0,
			 "a signature made by hand");
	in_the_handshake(CERT_RSA, PKCS1_SHA256, "SHA256", RSA_PKCS1_PADDING, SEALSOCK_SERVER,
			 SEALSOCK_ERR_ILLEGAL,
			 "attack: PKCS#1 v1.5 in a server's CertificateVerify");
	in_the_handshake(CERT_RSA, PSS_SHA256, "SHA256", RSA_PKCS1_PSS_PADDING, SEALSOCK_SERVER,
			 SEALSOCK_ERR_ILLEGAL, "attack: rsa_pss_pss with an RSA certificate");
	in_the_handshake(CERT_P256, P256_SHA256, "SHA256", 0, SEALSOCK_CLIENT,
			 SEALSOCK_ERR_BAD_SIGNATURE,
			 "attack: a signature that was made as a client's");
	in_the_handshake(CERT_P256, P384_SHA384, "SHA384", 0, SEALSOCK_SERVER, SEALSOCK_ERR_ILLEGAL,
			 "attack: SHA-384 with a certificate of P-256");
	free_test_identities();
	return done();
}
