// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "schedule13.h"

static const uint8_t zeros[HASH_MAX];

static struct bytes of(const struct secret *s)
{
	return bytes_of(s->b, s->n);
}

static struct bytes zero_input(const struct kdf *k)
{
	return bytes_of(zeros, hash_len(k->hash));
}

int schedule13_early(struct schedule13 *s, const struct kdf *k, const struct secret *psk)
{
	return hkdf_extract(k, bytes_of(NULL, 0), psk ? of(psk) : zero_input(k), &s->chain);
}

static int hash_of(const struct kdf *k, struct bytes in, uint8_t *out)
{
	int err = hash_start(k->crypto, k->scratch, k->hash);

	if (!err && in.n)
		err = hash_add(k->scratch, in.p, in.n);
	return err ? err : hash_end(k->scratch, out);
}

/* Moves the chain one step on: Extract(Derive-Secret(chain, "derived", ""), ikm). */
static int step(struct schedule13 *s, const struct kdf *k, struct bytes ikm)
{
	uint8_t empty[HASH_MAX];
	struct secret salt;
	int err = hash_of(k, bytes_of(NULL, 0), empty);

	if (!err)
		err = schedule13_derive(s, k, "derived", empty, &salt);
	if (!err)
		err = hkdf_extract(k, of(&salt), ikm, &s->chain);
	secret_wipe(&salt);
	return err;
}

int schedule13_handshake(struct schedule13 *s, const struct kdf *k, struct bytes shared)
{
	return step(s, k, shared);
}

int schedule13_master(struct schedule13 *s, const struct kdf *k)
{
	return step(s, k, zero_input(k));
}

void schedule13_wipe(struct schedule13 *s)
{
	secret_wipe(&s->chain);
}

int schedule13_derive(const struct schedule13 *s, const struct kdf *k, const char *label,
		      const uint8_t *transcript_hash, struct secret *out)
{
	out->n = (uint8_t)hash_len(k->hash);
	return hkdf_expand_label(k, &s->chain, label, bytes_of(transcript_hash, out->n), out->b,
				 out->n);
}

int schedule13_traffic(const struct kdf *k, const struct secret *secret, uint8_t *key,
		       size_t key_len, uint8_t *iv)
{
	int err = hkdf_expand_label(k, secret, "key", bytes_of(NULL, 0), key, key_len);

	return err ? err : hkdf_expand_label(k, secret, "iv", bytes_of(NULL, 0), iv, AEAD_NONCE);
}

int schedule13_update(const struct kdf *k, struct secret *secret)
{
	struct secret next = { .n = secret->n };
	int err = hkdf_expand_label(k, secret, "traffic upd", bytes_of(NULL, 0), next.b, next.n);

	if (!err)
		secret_copy(secret, &next);
	secret_wipe(&next);
	return err;
}

int schedule13_finished(const struct kdf *k, const struct secret *traffic,
			const uint8_t *transcript_hash, uint8_t *out)
{
	struct secret key = { .n = traffic->n };
	int err = hkdf_expand_label(k, traffic, "finished", bytes_of(NULL, 0), key.b, key.n);

	if (!err)
		err = hmac(k, of(&key), bytes_of(transcript_hash, key.n), out);
	secret_wipe(&key);
	return err;
}

int schedule13_binder(const struct kdf *k, const struct secret *psk, const char *label,
		      const uint8_t *transcript_hash, uint8_t *out)
{
	struct schedule13 early;
	struct secret key = { .n = 0 };
	uint8_t empty[HASH_MAX];
	int err = schedule13_early(&early, k, psk);

	if (!err)
		err = hash_of(k, bytes_of(NULL, 0), empty);
	if (!err)
		err = schedule13_derive(&early, k, label, empty, &key);
	if (!err)
		err = schedule13_finished(k, &key, transcript_hash, out);
	schedule13_wipe(&early);
	secret_wipe(&key);
	return err;
}

int schedule13_ticket_psk(const struct kdf *k, const struct secret *resumption,
			  struct bytes nonce, struct secret *psk)
{
	psk->n = (uint8_t)hash_len(k->hash);
	return hkdf_expand_label(k, resumption, "resumption", nonce, psk->b, psk->n);
}

int schedule13_export(const struct kdf *k, const struct secret *exporter, const char *label,
		      struct bytes context, uint8_t *out, size_t n)
{
	struct secret secret = { .n = (uint8_t)hash_len(k->hash) };
	uint8_t hash[HASH_MAX];
	int err = hash_of(k, bytes_of(NULL, 0), hash);

	if (!err)
		err = hkdf_expand_label(k, exporter, label, bytes_of(hash, secret.n), secret.b,
					secret.n);
	if (!err)
		err = hash_of(k, context, hash);
	if (!err)
		err = hkdf_expand_label(k, &secret, "exporter", bytes_of(hash, secret.n), out, n);
	secret_wipe(&secret);
	return err;
}
