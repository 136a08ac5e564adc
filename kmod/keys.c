// SPDX-License-Identifier: GPL-2.0-only
#include <crypto/internal/aead.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <net/tls.h>

#include "compat/compat.h"
#include "keys.h"
#include "uapi/sealsock.h"

/* Where the parts of a request are: struct tls12_crypto_info_* has info, iv, key, salt, rec_seq. */
struct info_layout {
	unsigned int iv, key, mac_key, salt, seq;
};

static struct info_layout info_layout(const struct seal_suite *suite)
{
	struct info_layout at = {};

	if (suite->mac_key_len) {
		at.key = offsetof(struct sealsock_crypto_info_cbc_hmac, enc_key);
		at.mac_key = offsetof(struct sealsock_crypto_info_cbc_hmac, mac_key);
		at.seq = offsetof(struct sealsock_crypto_info_cbc_hmac, rec_seq);
		return at;
	}
	at.iv = sizeof(struct tls_crypto_info);
	at.key = at.iv + suite->iv_len;
	at.salt = at.key + suite->key_len;
	at.seq = at.salt + suite->salt_len;
	return at;
}

/* A key of another length than the suite's shows here. */
static bool rest_is_zero(const struct seal_suite *suite, const u8 *info)
{
	const struct sealsock_crypto_info_cbc_hmac *cbc = (const void *)info;

	return !suite->mac_key_len ||
	       (!memchr_inv(cbc->enc_key + suite->key_len, 0,
			    sizeof(cbc->enc_key) - suite->key_len) &&
		!memchr_inv(cbc->mac_key + suite->mac_key_len, 0,
			    sizeof(cbc->mac_key) - suite->mac_key_len));
}

/* What stays the same as long as the transform does. */
static void describe(struct seal_key *key, const struct seal_suite *suite)
{
	struct crypto_aead *aead = key->spare.aead;
	unsigned int chunk = crypto_aead_chunksize(aead);

	key->suite = suite;
	key->chunk = chunk <= SEAL_MAX_CHUNK && is_power_of_2(chunk) ? chunk : 1;
	key->run = key->chunk == SEAL_MAX_CHUNK ? SEAL_RUN * SEAL_MAX_CHUNK : key->chunk;
	key->wipe = compat_aead_wraps(aead) ? 0 : crypto_aead_reqsize(aead);
}

/* With a transform, and else zeros. */
static struct seal_key *with_transform(const struct seal_suite *suite)
{
	struct seal_spare *spare;
	struct seal_key *key;

	spare = seal_spare_get(suite, struct_size(key, secret,
						  suite->key_len + suite->mac_key_len));
	if (IS_ERR(spare))
		return ERR_CAST(spare);
	key = container_of(spare, struct seal_key, spare);
	if (!key->suite)
		describe(key, suite);
	return key;
}

struct seal_key *seal_key_new(const struct seal_suite *suite, u16 version, const u8 *info)
{
	struct info_layout at = info_layout(suite);
	struct seal_key *key;
	u64 first_explicit;
	int err;

	if (!rest_is_zero(suite, info))
		return ERR_PTR(-EINVAL);
	key = with_transform(suite);
	if (IS_ERR(key))
		return key;
	err = seal_spare_set_key(suite, key->spare.aead, info + at.key, info + at.mac_key);
	if (err) {
		seal_spare_free(&key->spare);
		return ERR_PTR(err);
	}

	key->shape = seal_shape_of(suite, version);
	memcpy(key->secret, info + at.key, suite->key_len);
	if (suite->mac_key_len)
		memcpy(key->secret + suite->key_len, info + at.mac_key, suite->mac_key_len);
	memcpy(key->iv, info + at.salt, suite->salt_len);
	memcpy(key->iv + suite->salt_len, info + at.iv, suite->iv_len);
	/* As the kernel's own TLS has it, explicit nonces count from iv. */
	first_explicit = seal_get_be64(key->iv + SEAL_NONCE - SEAL_EXPLICIT_NONCE);
	seal_seq_start(&key->seq, seal_get_be64(info + at.seq), first_explicit);
	return key;
}

void seal_key_seclude(struct seal_key *key)
{
	memzero_explicit(key->secret, key->suite->key_len + key->suite->mac_key_len);
}

int seal_key_renew(struct seal_key *key, const u8 *secret, const u8 *iv)
{
	int err;

	seal_key_seclude(key);
	err = crypto_aead_setkey(key->spare.aead, secret, key->suite->key_len);
	if (err)
		return err;
	memcpy(key->iv, iv, SEAL_NONCE);
	seal_seq_start(&key->seq, 0, 0);
	return 0;
}

void seal_key_free(struct seal_key *key)
{
	if (!key)
		return;
	seal_key_seclude(key);
	memzero_explicit(key->iv, sizeof(key->iv));
	seal_spare_put(key->suite, &key->spare);
}

void seal_key_export(const struct seal_key *key, u8 *info)
{
	const struct seal_suite *suite = key->suite;
	struct info_layout at = info_layout(suite);
	struct tls_crypto_info head = {
		.version = key->shape.version,
		.cipher_type = suite->cipher_type,
	};

	memset(info, 0, seal_suite_info_len(suite));
	memcpy(info, &head, sizeof(head));
	memcpy(info + at.iv, key->iv + suite->salt_len, suite->iv_len);
	if (key->shape.nonce_len == SEAL_EXPLICIT_NONCE)
		seal_put_be64(info + at.iv, key->seq.explicit_next);
	memcpy(info + at.key, key->secret, suite->key_len);
	memcpy(info + at.mac_key, key->secret + suite->key_len, suite->mac_key_len);
	memcpy(info + at.salt, key->iv, suite->salt_len);
	seal_put_be64(info + at.seq, key->seq.next);
}
