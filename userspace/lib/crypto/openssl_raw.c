// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * X25519 and X448 (RFC 7748). The arithmetic is nearly all that a handshake pays for here: what
 * libcrypto has to look up for it, by name and under locks, is looked up once and then lent.
 */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdatomic.h>

#include "crypto/openssl_kex.h"

/*
 * @ladder: the public key is computed as RFC 7748 §6.1 defines it, X25519(k, 9), by deriving with
 * the base point. For that libcrypto has assembly on many machines; what it does by itself when it
 * makes a key of private bytes is slower, and pushes 30 KB of tables through the cache.
 */
static const struct {
	const char *name;
	bool ladder;
} curves[RAW_CURVES] = {
	[RAW_X25519] = { "X25519", true },
	[RAW_X448] = { "X448", false },
};

static const uint8_t base_point[SCALAR_MAX] = { 9 };

/* The key of these bytes; either part may be NULL. */
static EVP_PKEY *import(const struct raw_tools *t, const uint8_t *priv, const uint8_t *pub,
			size_t n)
{
	OSSL_PARAM params[3], *at = params;
	EVP_PKEY *pkey = NULL;

	if (priv)
		*at++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, (void *)priv,
							  n);
	if (pub)
		*at++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)pub, n);
	*at = OSSL_PARAM_construct_end();
	return EVP_PKEY_fromdata(t->import, &pkey, priv ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
				 params) == 1 ? pkey : NULL;
}

static void tools_free(struct raw_tools *t)
{
	if (!t)
		return;
	EVP_PKEY_CTX_free(t->import);
	EVP_PKEY_free(t->base);
	EVP_PKEY_free(t->peer);
	OPENSSL_free(t);
}

static struct raw_tools *tools_new(const struct curve *c)
{
	struct raw_tools *t = OPENSSL_zalloc(sizeof(*t));

	if (!t)
		return NULL;
	t->import = EVP_PKEY_CTX_new_from_name(NULL, curves[c->raw].name, NULL);
	if (t->import && EVP_PKEY_fromdata_init(t->import) == 1) {
		t->base = import(t, NULL, base_point, c->len);
		t->peer = import(t, NULL, base_point, c->len);
	}
	if (t->base && t->peer)
		return t;
	tools_free(t);
	return NULL;
}

/* Some that are not in use, or new ones; NULL: no memory. They hold nothing secret. */
static struct raw_tools *tools_take(const struct kex *k)
{
	struct raw_spare *spare = k->crypto->spares->raw[k->curve->raw];
	struct raw_tools *t;
	int i;

	for (i = 0; i < SPARES; i++) {
		t = atomic_exchange(&spare[i].tools, NULL);
		if (t)
			return t;
	}
	return tools_new(k->curve);
}

static void tools_give(const struct kex *k, struct raw_tools *t)
{
	struct raw_spare *spare = k->crypto->spares->raw[k->curve->raw];
	int i;

	for (i = 0; i < SPARES && t; i++)
		t = atomic_exchange(&spare[i].tools, t);
	tools_free(t);
}

void raw_spares_free(struct spares *s)
{
	int c, i;

	for (c = 0; s && c < RAW_CURVES; c++)
		for (i = 0; i < SPARES; i++)
			tools_free(atomic_load(&s->raw[c][i].tools));
}

int kex_draw(struct kex *k, uint8_t *out)
{
	if (!k->seed)
		return k->env->random(k->env->arg, out, k->curve->len) ? SEALSOCK_ERR_RANDOM : 0;
	memcpy(out, k->seed, k->curve->len);
	k->seed = NULL;
	return 0;
}

static int draw(struct kex *k, const struct raw_tools *t, EVP_PKEY **out)
{
	uint8_t priv[SCALAR_MAX];
	size_t n = k->curve->len;

	if (kex_draw(k, priv))
		return SEALSOCK_ERR_RANDOM;
	/* Deriving looks at the private half only: with any public one, none is computed. */
	*out = curves[k->curve->raw].ladder ? import(t, priv, base_point, n) : NULL;
	if (!*out)
		*out = import(t, priv, NULL, n);
	wipe(priv, sizeof(priv));
	return *out ? 0 : SEALSOCK_ERR_CRYPTO;
}

static bool public_half(const struct kex *k, const struct raw_tools *t, const EVP_PKEY *own,
			uint8_t *share)
{
	size_t n = k->curve->len;

	if (!curves[k->curve->raw].ladder)
		return EVP_PKEY_get_raw_public_key(own, share, &n) == 1 && n == k->curve->len;
	return EVP_PKEY_derive_set_peer_ex(k->raw, t->base, 0) == 1 &&
	       EVP_PKEY_derive(k->raw, share, &n) == 1 && n == k->curve->len;
}

int raw_make(struct kex *k, uint8_t *share)
{
	struct raw_tools *t = tools_take(k);
	EVP_PKEY *own = NULL;
	int err;

	if (!t)
		return SEALSOCK_ERR_NOMEM;
	err = draw(k, t, &own);
	if (!err) {
		k->raw = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
		if (!k->raw || EVP_PKEY_derive_init(k->raw) != 1 ||
		    (share && !public_half(k, t, own, share)))
			err = SEALSOCK_ERR_CRYPTO;
	}
	EVP_PKEY_free(own);
	tools_give(k, t);
	return err;
}

int raw_derive(const struct kex *k, struct bytes peer, uint8_t *out)
{
	struct raw_tools *t = tools_take(k);
	size_t n = k->curve->len;
	int err = SEALSOCK_ERR_CRYPTO;

	/* Any bytes are a point: there is nothing that libcrypto could validate. */
	if (t && EVP_PKEY_set1_encoded_public_key(t->peer, peer.p, peer.n) == 1 &&
	    EVP_PKEY_derive_set_peer_ex(k->raw, t->peer, 0) == 1) {
		/* It fails where the result is all zeros: a point of small order. */
		err = EVP_PKEY_derive(k->raw, out, &n) == 1 && n == k->curve->len ?
		      0 : SEALSOCK_ERR_ILLEGAL;
	}
	if (t)
		tools_give(k, t);
	return err;
}
