// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "keys/schedule13.h"

static const uint8_t zeros[HASH_MAX];

/*
 * What depends on nothing but the hash: H(""), the early secret without a PSK, and from it
 * Derive-Secret(., "derived", ""). A unit test computes them anew.
 */
static const struct fixed {
	uint8_t empty[HASH_MAX], early[HASH_MAX], derived[HASH_MAX];
} fixed[HASH_COUNT] = {
	[HASH_SHA256] = {
		.empty = {
			0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8,
			0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
			0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
		},
		.early = {
			0x33, 0xad, 0x0a, 0x1c, 0x60, 0x7e, 0xc0, 0x3b, 0x09, 0xe6, 0xcd, 0x98,
			0x93, 0x68, 0x0c, 0xe2, 0x10, 0xad, 0xf3, 0x00, 0xaa, 0x1f, 0x26, 0x60,
			0xe1, 0xb2, 0x2e, 0x10, 0xf1, 0x70, 0xf9, 0x2a,
		},
		.derived = {
			0x6f, 0x26, 0x15, 0xa1, 0x08, 0xc7, 0x02, 0xc5, 0x67, 0x8f, 0x54, 0xfc,
			0x9d, 0xba, 0xb6, 0x97, 0x16, 0xc0, 0x76, 0x18, 0x9c, 0x48, 0x25, 0x0c,
			0xeb, 0xea, 0xc3, 0x57, 0x6c, 0x36, 0x11, 0xba,
		},
	},
	[HASH_SHA384] = {
		.empty = {
			0x38, 0xb0, 0x60, 0xa7, 0x51, 0xac, 0x96, 0x38, 0x4c, 0xd9, 0x32, 0x7e,
			0xb1, 0xb1, 0xe3, 0x6a, 0x21, 0xfd, 0xb7, 0x11, 0x14, 0xbe, 0x07, 0x43,
			0x4c, 0x0c, 0xc7, 0xbf, 0x63, 0xf6, 0xe1, 0xda, 0x27, 0x4e, 0xde, 0xbf,
			0xe7, 0x6f, 0x65, 0xfb, 0xd5, 0x1a, 0xd2, 0xf1, 0x48, 0x98, 0xb9, 0x5b,
		},
		.early = {
			0x7e, 0xe8, 0x20, 0x6f, 0x55, 0x70, 0x02, 0x3e, 0x6d, 0xc7, 0x51, 0x9e,
			0xb1, 0x07, 0x3b, 0xc4, 0xe7, 0x91, 0xad, 0x37, 0xb5, 0xc3, 0x82, 0xaa,
			0x10, 0xba, 0x18, 0xe2, 0x35, 0x7e, 0x71, 0x69, 0x71, 0xf9, 0x36, 0x2f,
			0x2c, 0x2f, 0xe2, 0xa7, 0x6b, 0xfd, 0x78, 0xdf, 0xec, 0x4e, 0xa9, 0xb5,
		},
		.derived = {
			0x15, 0x91, 0xda, 0xc5, 0xcb, 0xbf, 0x03, 0x30, 0xa4, 0xa8, 0x4d, 0xe9,
			0xc7, 0x53, 0x33, 0x0e, 0x92, 0xd0, 0x1f, 0x0a, 0x88, 0x21, 0x4b, 0x44,
			0x64, 0x97, 0x2f, 0xd6, 0x68, 0x04, 0x9e, 0x93, 0xe5, 0x2f, 0x2b, 0x16,
			0xfa, 0xd9, 0x22, 0xfd, 0xc0, 0x58, 0x44, 0x78, 0x42, 0x8f, 0x28, 0x2b,
		},
	},
};

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
	if (psk)
		return hkdf_extract(k, bytes_of(NULL, 0), of(psk), &s->chain);
	s->chain.n = (uint8_t)hash_len(k->hash);
	memcpy(s->chain.b, fixed[k->hash].early, s->chain.n);
	return 0;
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
	const struct fixed *f = &fixed[k->hash];
	struct secret salt;
	int err;

	if (secret_equal(s->chain.b, f->early, s->chain.n))
		return hkdf_extract(k, bytes_of(f->derived, s->chain.n), ikm, &s->chain);
	err = schedule13_derive(s, k, "derived", f->empty, &salt);
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

int schedule13_binder(const struct schedule13 *early, const struct kdf *k, const char *label,
		      const uint8_t *transcript_hash, uint8_t *out)
{
	struct secret key = { .n = 0 };
	int err = schedule13_derive(early, k, label, fixed[k->hash].empty, &key);

	if (!err)
		err = schedule13_finished(k, &key, transcript_hash, out);
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
	int err = hkdf_expand_label(k, exporter, label, bytes_of(fixed[k->hash].empty, secret.n),
				    secret.b, secret.n);

	if (!err)
		err = hash_of(k, context, hash);
	if (!err)
		err = hkdf_expand_label(k, &secret, "exporter", bytes_of(hash, secret.n), out, n);
	secret_wipe(&secret);
	return err;
}
