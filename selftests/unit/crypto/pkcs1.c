// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The pre-master secret of RSA key transport: what libcrypto encrypts comes out, every malformed
 * block gives the fallback, and the bare RSA operation never fails on what a peer sends.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/pkcs1.h"
#include "pair.h"
#include "tap.h"

enum { SIZE = 256, VERSION = 0x0303 };

static uint8_t fallback[PRE_MASTER_RSA], secret[PRE_MASTER_RSA], out[PRE_MASTER_RSA];

static void make_block(uint8_t *block, size_t n)
{
	memset(block, 0x5a, n);
	block[0] = 0;
	block[1] = 2;
	block[n - PRE_MASTER_RSA - 1] = 0;
	memcpy(block + n - PRE_MASTER_RSA, secret, PRE_MASTER_RSA);
}

static bool is(const uint8_t *want)
{
	return memcmp(out, want, PRE_MASTER_RSA) == 0;
}

static void blocks(void)
{
	static const size_t lens[] = { 59, 60, 128, 256, 2048 };
	uint8_t block[2048];
	size_t i, at, good;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t n = lens[i], zero_at = n - PRE_MASTER_RSA - 1;

		make_block(block, n);
		pkcs1_pre_master(block, n, VERSION, fallback, out);
		ok(is(secret), "%zu bytes: the secret", n);
		good = 0;
		for (at = 0; at <= zero_at; at++) {
			make_block(block, n);
			block[at] = at > 1 && at < zero_at ? 0 : block[at] ^ 0x80;
			pkcs1_pre_master(block, n, VERSION, fallback, out);
			good += is(fallback);
		}
		ok_int(good, zero_at + 1, "%zu bytes: each byte of the padding wrong", n);
		make_block(block, n);
		pkcs1_pre_master(block, n, 0x0302, fallback, out);
		ok(is(fallback), "the version's second byte");
		pkcs1_pre_master(block, n, 0x0203, fallback, out);
		ok(is(fallback), "and its first");
		memset(block, 0, n);
		pkcs1_pre_master(block, n, VERSION, fallback, out);
		ok(is(fallback), "all zeros");
		make_block(block, n);
		block[1] = 1;
		pkcs1_pre_master(block, n, VERSION, fallback, out);
		ok(is(fallback), "block type 1");
	}
	make_block(block, 58);
	pkcs1_pre_master(block, 58, VERSION, fallback, out);
	ok(is(fallback), "a key too short for any padding");
	/* A secret one byte longer or shorter has its zero elsewhere. */
	make_block(block, SIZE);
	memmove(block + 2, block + 3, SIZE - 3);
	pkcs1_pre_master(block, SIZE, VERSION, fallback, out);
	ok(is(fallback), "a secret of 49 bytes");
	make_block(block, SIZE);
	memmove(block + 3, block + 2, SIZE - 3);
	pkcs1_pre_master(block, SIZE, VERSION, fallback, out);
	ok(is(fallback), "a secret of 47 bytes");
	pkcs1_check_version(secret, VERSION, fallback, out);
	ok(is(secret), "without padding: the secret");
	pkcs1_check_version(secret, 0x0301, fallback, out);
	ok(is(fallback), "of another version");
}

static void rsa(void)
{
	const struct identity *id = test_server(CERT_RSA);
	uint8_t msg[RSA_BLOCK_MAX], block[RSA_BLOCK_MAX], modulus[SIZE];
	struct privkey *key = NULL;
	unsigned char *der = NULL;
	struct cert *cert = NULL;
	BIGNUM *m = NULL;
	size_t n = 0, len = 0;
	int der_len = i2d_X509(id->x509, &der);

	ok(!cert_parse(&test_env_full, bytes_of(der, (size_t)der_len), &cert, NULL) &&
	   !privkey_from_pem(&test_env_full, bytes_of(id->key_pem, strlen(id->key_pem)), &key),
	   "an RSA key");
	OPENSSL_free(der);
	ok_int(cert_key_bits(cert), 2048, "of 2048 bits");
	ok(!cert_can_encrypt(cert), "its certificate is for signatures only");
	ok(privkey_can_decrypt(key), "the key can decrypt all the same");
	ok(!cert_encrypt(cert, bytes_of(secret, sizeof(secret)), msg, &n) && n == SIZE,
	   "encrypted");
	ok(!privkey_decrypt(key, bytes_of(msg, n), block, &len) && len == SIZE, "decrypted");
	pkcs1_pre_master(block, len, VERSION, fallback, out);
	ok(is(secret), "the same secret");
	ok(!privkey_decrypt(key, bytes_of(msg, n - 1), block, &len) && len == SIZE &&
	   secret_all_zero(block, SIZE), "a ciphertext that is too short");
	ok(!privkey_decrypt(key, bytes_of(msg, 0), block, &len) && len == SIZE &&
	   secret_all_zero(block, SIZE), "an empty one");
	EVP_PKEY_get_bn_param(id->pkey, OSSL_PKEY_PARAM_RSA_N, &m);
	BN_bn2binpad(m, modulus, SIZE);
	ok(!privkey_decrypt(key, bytes_of(modulus, SIZE), block, &len) && len == SIZE &&
	   secret_all_zero(block, SIZE), "one as large as the modulus");
	memset(msg, 0, SIZE);
	msg[SIZE - 1] = 1;
	ok(!privkey_decrypt(key, bytes_of(msg, SIZE), block, &len) && len == SIZE &&
	   block[SIZE - 1] == 1, "1 decrypts to 1, in full length");
	BN_free(m);
	privkey_free(key);
	cert_free(cert);
}

int main(void)
{
	size_t i;

	for (i = 0; i < PRE_MASTER_RSA; i++) {
		fallback[i] = (uint8_t)(0xf0 ^ i);
		secret[i] = (uint8_t)(7 * i + 1);
	}
	secret[0] = VERSION >> 8;
	secret[1] = VERSION & 0xff;
	blocks();
	rsa();
	free_test_identities();
	return done();
}
