// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Private keys and signatures. */
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdatomic.h>

#include "crypto/openssl.h"

/* Signing contexts of an EC key that nobody uses just now. An own object, as it changes. */
struct signers {
	_Atomic(EVP_PKEY_CTX *) ctx[SPARES];
};

/* @ready: a signing context per scheme of this key, copied for each signature: no fetch then. */
struct privkey {
	const struct sealsock_env *env;
	EVP_PKEY *pkey;
	enum key_kind kind;
	EVP_MD_CTX *ready[SIGSCHEME_COUNT];
	struct signers *signers;
};

enum key_kind pkey_kind(const EVP_PKEY *pkey)
{
	char curve[32];

	if (EVP_PKEY_is_a(pkey, "RSA"))
		return KEY_RSA;
	if (EVP_PKEY_is_a(pkey, "RSA-PSS"))
		return KEY_RSA_PSS;
	if (EVP_PKEY_is_a(pkey, "ED25519"))
		return KEY_ED25519;
	if (EVP_PKEY_is_a(pkey, "ED448"))
		return KEY_ED448;
	if (EVP_PKEY_is_a(pkey, "EC") &&
	    EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), NULL) == 1) {
		if (strcmp(curve, "prime256v1") == 0)
			return KEY_EC_P256;
		if (strcmp(curve, "secp384r1") == 0)
			return KEY_EC_P384;
		if (strcmp(curve, "secp521r1") == 0)
			return KEY_EC_P521;
	}
	return KEY_OTHER;
}

int pkey_setup(EVP_MD_CTX *ctx, EVP_PKEY *pkey, const struct sigscheme *s, bool sign)
{
	EVP_PKEY_CTX *pctx = NULL;
	int ok;

	ok = sign ? EVP_DigestSignInit_ex(ctx, &pctx, s->digest, NULL, NULL, pkey, NULL) :
		    EVP_DigestVerifyInit_ex(ctx, &pctx, s->digest, NULL, NULL, pkey, NULL);
	if (ok == 1 && s->pkcs1) {
		ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PADDING) == 1;
	} else if (ok == 1 && (s->kind == KEY_RSA || s->kind == KEY_RSA_PSS)) {
		/* RFC 8446 §4.2.3: MGF1 with the same hash, salt as long as the hash. */
		ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1;
	}
	return ok == 1 ? 0 : SEALSOCK_ERR_CRYPTO;
}

static EVP_PKEY *read_pem(struct bytes pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *pkey = NULL;

	if (bio) {
		/* The empty pass phrase: an encrypted key is refused instead of asked for. */
		pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, (void *)"", NULL, NULL);
		BIO_free(bio);
	}
	return pkey;
}

static int prepare(struct privkey *k)
{
	size_t i;
	int usable = 0;

	k->signers = mem_zalloc(k->env, sizeof(*k->signers));
	if (!k->signers)
		return SEALSOCK_ERR_NOMEM;
	for (i = 0; i < SIGSCHEME_COUNT; i++) {
		if (!sigscheme_fits(&sigschemes[i], k->kind, VERSION_TLS12))
			continue;
		k->ready[i] = EVP_MD_CTX_new();
		if (!k->ready[i])
			return SEALSOCK_ERR_NOMEM;
		if (pkey_setup(k->ready[i], k->pkey, &sigschemes[i], true) == 0) {
			usable++;
		} else {
			EVP_MD_CTX_free(k->ready[i]);
			k->ready[i] = NULL;
		}
	}
	return usable ? 0 : SEALSOCK_ERR_KEY;
}

int privkey_from_pem(const struct sealsock_env *env, struct bytes pem, struct privkey **out)
{
	struct privkey *k;
	int err;

	if (pem.n > INT32_MAX)
		return SEALSOCK_ERR_PEM;
	k = mem_zalloc(env, sizeof(*k));
	if (!k)
		return SEALSOCK_ERR_NOMEM;
	k->env = env;
	ERR_set_mark();
	k->pkey = read_pem(pem);
	if (!k->pkey) {
		err = SEALSOCK_ERR_PEM;
	} else {
		k->kind = pkey_kind(k->pkey);
		err = prepare(k);
	}
	if (err)
		err = openssl_why(err);
	ERR_pop_to_mark();
	if (err) {
		privkey_free(k);
		return err;
	}
	*out = k;
	return 0;
}

void privkey_free(struct privkey *k)
{
	size_t i;

	if (!k)
		return;
	for (i = 0; i < SIGSCHEME_COUNT; i++)
		EVP_MD_CTX_free(k->ready[i]);
	for (i = 0; i < SPARES && k->signers; i++)
		EVP_PKEY_CTX_free(atomic_load(&k->signers->ctx[i]));
	mem_free(k->env, k->signers, sizeof(*k->signers));
	EVP_PKEY_free(k->pkey);
	mem_free(k->env, k, sizeof(*k));
}

EVP_PKEY *privkey_pkey(const struct privkey *k)
{
	return k->pkey;
}

bool privkey_can(const struct privkey *k, const struct sigscheme *s, uint16_t version)
{
	return k->ready[s - sigschemes] && sigscheme_fits(s, k->kind, version);
}

static EVP_PKEY_CTX *signer_take(const struct privkey *k)
{
	EVP_PKEY_CTX *ctx = NULL;
	int i;

	for (i = 0; i < SPARES && !ctx; i++)
		ctx = atomic_exchange(&k->signers->ctx[i], NULL);
	if (ctx)
		return ctx;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	if (ctx && EVP_PKEY_sign_init(ctx) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

/* Copying a context of DigestSign costs as much as a quarter of the signature. */
static bool sign_ec(const struct privkey *k, const struct sigscheme *s, struct bytes msg,
		    uint8_t *sig, size_t *sig_len)
{
	EVP_PKEY_CTX *ctx = signer_take(k);
	uint8_t hash[SIGNED_HASH_MAX];
	bool good;
	int i;

	good = ctx && EVP_PKEY_sign(ctx, sig, sig_len, hash, openssl_hash(s, msg, hash)) == 1;
	for (i = 0; i < SPARES && ctx && good; i++)
		ctx = atomic_exchange(&k->signers->ctx[i], ctx);
	EVP_PKEY_CTX_free(ctx);
	return good;
}

static bool sign_evp(const struct privkey *k, const struct sigscheme *s, struct bytes msg,
		     uint8_t *sig, size_t *sig_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = false;

	/* libcrypto 3.0 cannot copy a context without a digest (Ed25519): set it up anew. */
	if (ctx && (EVP_MD_CTX_copy_ex(ctx, k->ready[s - sigschemes]) == 1 ||
		    pkey_setup(ctx, k->pkey, s, true) == 0)) {
		/* It signs once: libcrypto need not keep a copy to go on with. */
		EVP_MD_CTX_set_flags(ctx, EVP_MD_CTX_FLAG_FINALISE);
		good = EVP_DigestSign(ctx, sig, sig_len, msg.p, msg.n) == 1;
	}
	EVP_MD_CTX_free(ctx);
	return good;
}

int privkey_sign(const struct privkey *k, const struct sigscheme *s, struct bytes msg,
		 uint8_t sig[SIGNATURE_MAX], size_t *sig_len)
{
	bool good;
	int err;

	*sig_len = SIGNATURE_MAX;
	ERR_set_mark();
	good = (is_nist(s->kind) ? sign_ec : sign_evp)(k, s, msg, sig, sig_len);
	/* Out of memory, ECDSA of libcrypto 3.0 reports success and a length of -1. */
	err = good && *sig_len <= SIGNATURE_MAX ? 0 : openssl_why(SEALSOCK_ERR_CRYPTO);
	ERR_pop_to_mark();
	return err;
}
