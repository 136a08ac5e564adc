// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "crypto/hkdf.h"
#include "crypto/hpke.h"

enum { MODE_BASE = 0 };

static const struct {
	enum aead_id id;
	uint8_t key_len;
} aeads[] = {
	[HPKE_AES_128_GCM] = { AEAD_AES_128_GCM, 16 },
	[HPKE_AES_256_GCM] = { AEAD_AES_256_GCM, 32 },
	[HPKE_CHACHA20_POLY1305] = { AEAD_CHACHA20_POLY1305, 32 },
};

uint16_t hpke_group(uint16_t kem)
{
	return kem == HPKE_KEM_X25519 ? GROUP_X25519 : kem == HPKE_KEM_P256 ? GROUP_SECP256R1 : 0;
}

bool hpke_known(const struct hpke_suite *s)
{
	return hpke_group(s->kem) && (s->kdf == HPKE_SHA256 || s->kdf == HPKE_SHA384) &&
	       s->aead >= HPKE_AES_128_GCM && s->aead <= HPKE_CHACHA20_POLY1305;
}

/* A hash, and the name of what it is used for (suite_id). */
struct labeled {
	struct kdf kdf;
	struct bytes suite;
};

static const struct bytes none[2];

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static struct bytes of(const struct secret *s)
{
	return bytes_of(s->b, s->n);
}

/* LabeledExtract (§4), of what stands in two parts. */
static int extract(const struct labeled *l, struct bytes salt, const char *label,
		   const struct bytes ikm[2], struct secret *out)
{
	const struct bytes parts[] = { text("HPKE-v1"), l->suite, text(label), ikm[0], ikm[1] };

	out->n = (uint8_t)hash_len(l->kdf.hash);
	return hmac_parts(&l->kdf, salt, parts, 5, out->b);
}

/* LabeledExpand (§4): nothing longer than one hash is ever asked for. */
static int expand(const struct labeled *l, const struct secret *prk, const char *label,
		  struct bytes info, uint8_t *out, size_t n)
{
	const uint8_t len[2] = { 0, (uint8_t)n }, round = 1;
	const struct bytes parts[] = { bytes_of(len, 2), text("HPKE-v1"), l->suite, text(label),
				       info, bytes_of(&round, 1) };
	uint8_t t[HASH_MAX];
	int err = hmac_parts(&l->kdf, of(prk), parts, 6, t);

	if (!err)
		memcpy(out, t, n);
	wipe(t, sizeof(t));
	return err;
}

int hpke_kem(const struct crypto *c, struct hash *scratch, const struct kex *own,
	     struct bytes peer, bool seal, struct secret *shared)
{
	uint8_t id[] = { 'K', 'E', 'M', 0, HPKE_KEM_X25519 };
	const struct labeled l = { { c, scratch, HASH_SHA256 }, bytes_of(id, sizeof(id)) };
	uint8_t dh[KEX_SECRET_MAX], context[2 * HPKE_PUBLIC_MAX];
	struct bytes share = kex_share(own), ikm[2] = { { dh, 0 } };
	struct secret prk = { .n = 0 };
	int err;

	if (kex_group(own) != GROUP_X25519)
		id[4] = HPKE_KEM_P256;
	if (peer.n != share.n || share.n > HPKE_PUBLIC_MAX)
		return SEALSOCK_ERR_ILLEGAL;
	memcpy(context, seal ? share.p : peer.p, share.n);
	memcpy(context + share.n, seal ? peer.p : share.p, share.n);
	shared->n = 32;
	err = kex_derive(own, peer, dh, &ikm[0].n);
	if (!err)
		err = extract(&l, none[0], "eae_prk", ikm, &prk);
	if (!err)
		err = expand(&l, &prk, "shared_secret", bytes_of(context, 2 * share.n), shared->b,
			     shared->n);
	wipe(dh, sizeof(dh));
	secret_wipe(&prk);
	return err;
}

/* KeySchedule of the base mode (§5.1): no PSK. */
static int schedule(const struct labeled *l, enum aead_id aead, size_t key_len,
		    const struct secret *shared, const struct bytes info[2], bool seal,
		    struct hpke *out)
{
	uint8_t context[1 + 2 * HASH_MAX] = { MODE_BASE }, key[AEAD_KEY_MAX];
	size_t len = hash_len(l->kdf.hash);
	struct bytes ctx = bytes_of(context, 1 + 2 * len);
	struct secret part, secret = { .n = 0 };
	int err = extract(l, none[0], "psk_id_hash", none, &part);

	memcpy(context + 1, part.b, len);
	if (!err)
		err = extract(l, none[0], "info_hash", info, &part);
	memcpy(context + 1 + len, part.b, len);
	if (!err)
		err = extract(l, of(shared), "secret", none, &secret);
	if (!err)
		err = expand(l, &secret, "key", ctx, key, key_len);
	if (!err)
		err = expand(l, &secret, "base_nonce", ctx, out->nonce, AEAD_NONCE);
	if (!err)
		err = aead_key(l->kdf.crypto, out->aead, aead, seal, key);
	secret_wipe(&secret);
	wipe(key, sizeof(key));
	return err;
}

int hpke_setup(const struct crypto *c, struct hash *scratch, const struct hpke_suite *s,
	       const struct secret *shared, const struct bytes info[2], bool seal,
	       struct hpke *out)
{
	const uint8_t id[] = { 'H', 'P', 'K', 'E', 0, (uint8_t)s->kem, 0, (uint8_t)s->kdf,
			       0, (uint8_t)s->aead };
	enum hash_id hash = s->kdf == HPKE_SHA384 ? HASH_SHA384 : HASH_SHA256;
	const struct labeled l = { { c, scratch, hash }, bytes_of(id, sizeof(id)) };

	*out = (struct hpke){ .aead = aead_new() };
	return out->aead ? schedule(&l, aeads[s->aead].id, aeads[s->aead].key_len, shared, info,
				    seal, out) : SEALSOCK_ERR_NOMEM;
}

void hpke_close(struct hpke *h)
{
	aead_free(h->aead);
	wipe(h, sizeof(*h));
}

static void next_nonce(const struct hpke *h, uint8_t nonce[AEAD_NONCE])
{
	int i;

	memcpy(nonce, h->nonce, AEAD_NONCE);
	for (i = 0; i < 8; i++)
		nonce[AEAD_NONCE - 1 - i] ^= (uint8_t)(h->seq >> 8 * i);
}

int hpke_seal(struct hpke *h, struct bytes aad, struct bytes plain, uint8_t *out)
{
	const struct bytes in[2] = { plain };
	uint8_t nonce[AEAD_NONCE];
	int err;

	next_nonce(h, nonce);
	err = aead_seal(h->aead, nonce, aad, in, out);
	h->seq += !err;
	return err;
}

int hpke_open(struct hpke *h, struct bytes aad, struct bytes sealed, uint8_t *out)
{
	uint8_t nonce[AEAD_NONCE];
	int err;

	next_nonce(h, nonce);
	err = aead_open(h->aead, nonce, aad, sealed.p, sealed.n, out);
	h->seq += !err;
	return err;
}
