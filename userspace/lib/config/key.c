// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A private key on its own, for who keeps it apart from connections. */
#include "config/config.h"
#include "crypto/pkcs1.h"
#include "keys/schedule12.h"

struct sealsock_key {
	struct crypto *crypto;
	struct privkey *key;
	/* What the secret of a ciphertext is made from that is not well made. */
	uint8_t rejection[PRE_MASTER_RSA];
};

static int first_cert(void *arg, struct bytes der)
{
	struct cert **leaf = arg;

	return *leaf ? 0 : cert_parse(&env_default, der, leaf, NULL);
}

int sealsock_key_mem(const void *pem, size_t n, const void *chain, size_t chain_len,
		     struct sealsock_key **key)
{
	struct sealsock_key *k = mem_zalloc(&env_default, sizeof(*k));
	struct cert *leaf = NULL;
	int err = k ? 0 : SEALSOCK_ERR_NOMEM;

	*key = NULL;
	if (!err) {
		k->crypto = crypto_get();
		err = k->crypto ? 0 : SEALSOCK_ERR_NOMEM;
	}
	if (!err && env_default.random(env_default.arg, k->rejection, sizeof(k->rejection)))
		err = SEALSOCK_ERR_RANDOM;
	if (!err)
		err = pem_each_cert(bytes_of(chain, chain_len), first_cert, &leaf);
	if (err == SEALSOCK_ERR_CERT_BAD)
		err = SEALSOCK_ERR_PEM;
	if (!err)
		err = privkey_from_pem(&env_default, bytes_of(pem, n), &k->key);
	if (!err && !cert_fits_key(leaf, k->key))
		err = SEALSOCK_ERR_KEY;
	cert_free(leaf);
	if (err)
		sealsock_key_free(k);
	else
		*key = k;
	return err;
}

void sealsock_key_free(struct sealsock_key *key)
{
	if (!key)
		return;
	privkey_free(key->key);
	if (key->crypto)
		crypto_put(key->crypto);
	wipe(key->rejection, sizeof(key->rejection));
	mem_free(&env_default, key, sizeof(*key));
}

struct dates {
	int64_t from, until;
};

static int add_dates(void *arg, struct bytes der)
{
	struct dates *d = arg;
	struct cert *cert;
	int err = cert_parse(&env_default, der, &cert, NULL);

	if (err)
		return err == SEALSOCK_ERR_CERT_BAD ? SEALSOCK_ERR_PEM : err;
	if (cert_x509(cert)->not_before > d->from)
		d->from = cert_x509(cert)->not_before;
	if (cert_expires(cert) < d->until)
		d->until = cert_expires(cert);
	cert_free(cert);
	return 0;
}

int sealsock_chain_dates(const void *chain, size_t n, int64_t *from, int64_t *until)
{
	struct dates d = { INT64_MIN, INT64_MAX };
	int err = pem_each_cert(bytes_of(chain, n), add_dates, &d);

	if (err)
		return err;
	*from = d.from;
	*until = d.until;
	return 0;
}

ssize_t sealsock_key_sign(const struct sealsock_key *key, unsigned int version,
			  unsigned int scheme, const void *message, size_t n, void *signature,
			  size_t room)
{
	const struct sigscheme *s = scheme <= 0xffff ? sigscheme_find((uint16_t)scheme) : NULL;
	uint8_t made[SIGNATURE_MAX];
	size_t len;
	int err;

	if (!s)
		return SEALSOCK_ERR_NAME;
	if (!privkey_can(key->key, s, (uint16_t)version))
		return SEALSOCK_ERR_KEY;
	err = privkey_sign(key->key, s, bytes_of(message, n), made, &len);
	if (err)
		return err;
	if (len > room)
		return SEALSOCK_ERR_INVALID;
	memcpy(signature, made, len);
	return (ssize_t)len;
}

_Static_assert(SIGNATURE_MAX == SEALSOCK_SIGNATURE_MAX, "as callers know it");

/*
 * @fallback is a function of key and ciphertext: drawn at random it would say whether the padding
 * was right to whoever asks twice.
 */
static int make_master(const struct sealsock_key *key, const struct sealsock_request *r,
		       struct kdf *kdf, struct secret *master)
{
	const struct bytes encrypted = bytes_of(r->message, r->message_len);
	const struct bytes seeds[2] = { { r->seed, r->seed_len }, { NULL, 0 } };
	const struct bytes of[2] = { encrypted, { NULL, 0 } };
	uint8_t block[RSA_BLOCK_MAX], secret[PRE_MASTER_RSA], fallback[PRE_MASTER_RSA];
	size_t n = 0;
	int err = prf12(kdf, bytes_of(key->rejection, sizeof(key->rejection)), "rejection", of,
			fallback, sizeof(fallback));

	if (!err)
		err = privkey_decrypt(key->key, encrypted, block, &n);
	if (!err) {
		pkcs1_pre_master(block, n, r->version, fallback, secret);
		err = schedule12_master(kdf, bytes_of(secret, sizeof(secret)), r->extended, seeds,
					master);
	}
	wipe(block, sizeof(block));
	wipe(secret, sizeof(secret));
	wipe(fallback, sizeof(fallback));
	return err;
}

int sealsock_key_master(const struct sealsock_key *key, const struct sealsock_request *r,
			void *master)
{
	struct kdf kdf = {
		.crypto = key->crypto,
		.hash = r->hash == 384 ? HASH_SHA384 : HASH_SHA256,
	};
	struct secret made = { .n = 0 };
	int err;

	if ((r->hash != 256 && r->hash != 384) ||
	    r->seed_len != (r->extended ? r->hash / 8u : 2u * RANDOM12_LEN))
		return SEALSOCK_ERR_INVALID;
	if (!privkey_can_decrypt(key->key))
		return SEALSOCK_ERR_KEY;
	kdf.scratch = hash_new();
	if (!kdf.scratch)
		return SEALSOCK_ERR_NOMEM;
	err = make_master(key, r, &kdf, &made);
	if (!err)
		memcpy(master, made.b, SEALSOCK_MASTER_SIZE);
	hash_free(kdf.scratch);
	secret_wipe(&made);
	return err;
}

_Static_assert((int)MASTER12_LEN == SEALSOCK_MASTER_SIZE, "as callers know it");
