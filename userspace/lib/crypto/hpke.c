// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "crypto/hkdf.h"
#include "crypto/hpke.h"

enum { KEM_ID = 5, SUITE_ID = 10, MODE_BASE = 0 };

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

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static struct bytes of(const struct secret *s)
{
	return bytes_of(s->b, s->n);
}

/* LabeledExtract (§4) */
static int extract(const struct labeled *l, struct bytes salt, const char *label, struct bytes ikm,
		   struct secret *out)
{
	const struct bytes parts[] = { text("HPKE-v1"), l->suite, text(label), ikm };

	out->n = (uint8_t)hash_len(l->kdf.hash);
	return hmac_parts(&l->kdf, salt, parts, 4, out->b);
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

/* ExtractAndExpand of the KEM (§4.1), whose hash is SHA-256 for both groups. */
static int shared_secret(const struct labeled *l, const struct kex *own, struct bytes peer,
			 bool seal, struct secret *out)
{
	struct bytes share = kex_share(own), enc = seal ? share : peer, to = seal ? peer : share;
	uint8_t dh[KEX_SECRET_MAX], context[2 * HPKE_PUBLIC_MAX];
	struct secret prk = { .n = 0 };
	size_t n;
	int err;

	if (peer.n != share.n || share.n > HPKE_PUBLIC_MAX)
		return SEALSOCK_ERR_ILLEGAL;
	memcpy(context, enc.p, enc.n);
	memcpy(context + enc.n, to.p, to.n);
	out->n = 32;
	err = kex_derive(own, peer, dh, &n);
	if (!err)
		err = extract(l, bytes_of(NULL, 0), "eae_prk", bytes_of(dh, n), &prk);
	if (!err)
		err = expand(l, &prk, "shared_secret", bytes_of(context, enc.n + to.n), out->b,
			     out->n);
	wipe(dh, sizeof(dh));
	secret_wipe(&prk);
	return err;
}

/* KeySchedule of the base mode (§5.1): no PSK. */
static int schedule(const struct labeled *l, const struct hpke_suite *s,
		    const struct secret *shared, struct bytes info, bool seal, struct hpke *out)
{
	static const struct bytes none;
	uint8_t context[1 + 2 * HASH_MAX] = { MODE_BASE }, key[AEAD_KEY_MAX];
	size_t len = hash_len(l->kdf.hash);
	struct bytes ctx = bytes_of(context, 1 + 2 * len);
	struct secret part, secret = { .n = 0 };
	int err = extract(l, none, "psk_id_hash", none, &part);

	memcpy(context + 1, part.b, len);
	if (!err)
		err = extract(l, none, "info_hash", info, &part);
	memcpy(context + 1 + len, part.b, len);
	if (!err)
		err = extract(l, of(shared), "secret", none, &secret);
	if (!err)
		err = expand(l, &secret, "key", ctx, key, aeads[s->aead].key_len);
	if (!err)
		err = expand(l, &secret, "base_nonce", ctx, out->nonce, AEAD_NONCE);
	if (!err)
		err = aead_key(l->kdf.crypto, out->aead, aeads[s->aead].id, seal, key);
	secret_wipe(&secret);
	wipe(key, sizeof(key));
	return err;
}

/* The KEM's part, and the rest (§5.1.1). */
static int encap(const struct crypto *c, struct hash *scratch, uint16_t kem, const struct kex *own,
		 struct bytes peer, bool seal, struct secret *shared)
{
	const uint8_t id[KEM_ID] = { 'K', 'E', 'M', (uint8_t)(kem >> 8), (uint8_t)kem };
	const struct labeled l = { { c, scratch, HASH_SHA256 }, bytes_of(id, KEM_ID) };

	return shared_secret(&l, own, peer, seal, shared);
}

static int setup(const struct crypto *c, struct hash *scratch, const struct hpke_suite *s,
		 const struct secret *shared, struct bytes info, bool seal, struct hpke *out)
{
	const uint8_t id[SUITE_ID] = { 'H', 'P', 'K', 'E', (uint8_t)(s->kem >> 8),
				       (uint8_t)s->kem, 0, (uint8_t)s->kdf, 0, (uint8_t)s->aead };
	const struct labeled l = {
		{ c, scratch, s->kdf == HPKE_SHA384 ? HASH_SHA384 : HASH_SHA256 },
		bytes_of(id, SUITE_ID),
	};

	*out = (struct hpke){ .aead = aead_new() };
	return out->aead ? schedule(&l, s, shared, info, seal, out) : SEALSOCK_ERR_NOMEM;
}

int hpke_setup(const struct crypto *c, struct hash *scratch, const struct hpke_suite *s,
	       const struct kex *own, struct bytes peer, struct bytes info, bool seal,
	       struct hpke *out)
{
	struct secret shared = { .n = 0 };
	int err;

	*out = (struct hpke){ .aead = NULL };
	err = encap(c, scratch, s->kem, own, peer, seal, &shared);
	if (!err)
		err = setup(c, scratch, s, &shared, info, seal, out);
	secret_wipe(&shared);
	return err;
}

int hpke_decap(const struct crypto *c, struct hash *scratch, const struct kex *own,
	       struct bytes peer, struct secret *shared)
{
	return encap(c, scratch, kex_group(own) == GROUP_X25519 ? HPKE_KEM_X25519 : HPKE_KEM_P256,
		     own, peer, false, shared);
}

int hpke_setup_shared(const struct crypto *c, struct hash *scratch, const struct hpke_suite *s,
		      const struct secret *shared, struct bytes info, struct hpke *out)
{
	return setup(c, scratch, s, shared, info, false, out);
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
	const struct bytes in[2] = { plain, { NULL, 0 } };
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
