// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The key schedule of TLS 1.2: the PRF against the vectors that were published with the drafts of
 * RFC 5246, and each use of it against libcrypto's TLS1-PRF.
 */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "keys/schedule12.h"
#include "tap.h"
#include "vectors.h"

static struct crypto *crypto;
static struct kdf kdf;

static void published(void)
{
	static const char *const sections[] = { "SHA-256", "SHA-384" };
	uint8_t got[128];
	size_t i;

	vectors_load("prf12.txt");
	for (i = 0; i < 2; i++) {
		struct bytes key = vector(sections[i], "secret"), out = vector(sections[i], "out");
		struct bytes seeds[2] = { vector(sections[i], "seed"), { NULL, 0 } };

		kdf.hash = i ? HASH_SHA384 : HASH_SHA256;
		ok(prf12(&kdf, key, "test label", seeds, got, out.n) == 0, "PRF");
		ok_mem(got, out.n, out.p, out.n, "%s: the published output", sections[i]);
		/* Any cut of the seed is the same seed, any shorter output a prefix. */
		seeds[1] = bytes_of(seeds[0].p + 5, seeds[0].n - 5);
		seeds[0].n = 5;
		prf12(&kdf, key, "test label", seeds, got, 33);
		ok_mem(got, 33, out.p, 33, "a seed in two parts, an output of another length");
	}
	vectors_free();
}

/* libcrypto's PRF. */
static void reference(struct bytes secret, const char *label, struct bytes a, struct bytes b,
		      uint8_t *out, size_t n)
{
	char *digest = kdf.hash == HASH_SHA384 ? "SHA2-384" : "SHA2-256";
	OSSL_PARAM p[6], *at = p;
	EVP_KDF *prf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(prf);

	*at++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	*at++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, (void *)secret.p,
						  secret.n);
	*at++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)label,
						  strlen(label));
	*at++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)a.p, a.n);
	if (b.n)
		*at++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)b.p, b.n);
	*at = OSSL_PARAM_construct_end();
	memset(out, 0, n);
	ok(EVP_KDF_derive(ctx, out, n, p) == 1, "reference for \"%s\"", label);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(prf);
}

static void uses(enum hash_id hash, size_t pre_len)
{
	uint8_t pre[300], cr[32], sr[32], h[48], got[136], want[136];
	struct bytes both[2] = { { cr, 32 }, { sr, 32 } };
	struct bytes session[2] = { { h, hash_len(hash) }, { NULL, 0 } };
	struct bytes secret;
	struct secret master;
	size_t i;

	kdf.hash = hash;
	for (i = 0; i < sizeof(pre); i++)
		pre[i] = (uint8_t)(i * 3 + 1);
	for (i = 0; i < 48; i++)
		h[i] = (uint8_t)(200 - i);
	memset(cr, 0xc1, sizeof(cr));
	memset(sr, 0x5e, sizeof(sr));
	ok_int(schedule12_master(&kdf, bytes_of(pre, pre_len), true, session, &master), 0,
	       "extended master secret of %zu bytes", pre_len);
	reference(bytes_of(pre, pre_len), "extended master secret", session[0], session[1], want,
		  48);
	ok_mem(master.b, master.n, want, 48, "extended master secret");
	ok_int(schedule12_master(&kdf, bytes_of(pre, pre_len), false, both, &master), 0,
	       "master secret");
	reference(bytes_of(pre, pre_len), "master secret", both[0], both[1], want, 48);
	ok_mem(master.b, master.n, want, 48, "master secret");
	secret = bytes_of(master.b, master.n);
	ok_int(schedule12_key_block(&kdf, &master, cr, sr, got, sizeof(got)), 0, "key block");
	reference(secret, "key expansion", both[1], both[0], want, sizeof(want));
	ok_mem(got, sizeof(got), want, sizeof(want), "key block");
	for (i = 0; i < 2; i++) {
		ok_int(schedule12_finished(&kdf, &master, i == 0, h, got), 0, "Finished");
		reference(secret, i ? "server finished" : "client finished", session[0],
			  session[1], want, 12);
		ok_mem(got, 12, want, 12, "verify_data of the %s", i ? "server" : "client");
	}
}

int main(void)
{
	static const size_t lens[] = { 1, 32, 48, 64, 65, 128, 129, 256 };
	size_t i;

	crypto = crypto_get();
	kdf = (struct kdf){ crypto, hash_new(), HASH_SHA256 };
	published();
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		uses(HASH_SHA256, lens[i]);
		uses(HASH_SHA384, lens[i]);
	}
	hash_free(kdf.scratch);
	crypto_put(crypto);
	return done();
}
