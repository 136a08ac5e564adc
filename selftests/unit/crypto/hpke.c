// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* HPKE: the vectors of RFC 9180 §A for the suites that are here, and what must not open. */
#include "crypto/hpke.h"
#include "hello.h"
#include "pair.h"
#include "tap.h"
#include "vectors.h"

static const char info[] = "Ode on a Grecian Urn", plain[] = "Beauty is truth, truth beauty";

enum { PLAIN = sizeof(plain) - 1, SEALED = PLAIN + AEAD_TAG };

/* @name: of the section in the file. */
static const struct row {
	const char *name;
	struct hpke_suite suite;
} rows[] = {
	{ "A.1.1", { HPKE_KEM_X25519, HPKE_SHA256, HPKE_AES_128_GCM } },
	{ "A.2.1", { HPKE_KEM_X25519, HPKE_SHA256, HPKE_CHACHA20_POLY1305 } },
	{ "A.3.1", { HPKE_KEM_P256, HPKE_SHA256, HPKE_AES_128_GCM } },
	{ "AES-256-GCM", { HPKE_KEM_X25519, HPKE_SHA256, HPKE_AES_256_GCM } },
	{ "P-256 SHA-384", { HPKE_KEM_P256, HPKE_SHA384, HPKE_AES_256_GCM } },
	{ "SHA-384", { HPKE_KEM_X25519, HPKE_SHA384, HPKE_CHACHA20_POLY1305 } },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static struct crypto *crypto;
static struct hash *scratch;

/* The key whose private half has this name; without @pub its public half is computed. */
static struct kex *key(const struct row *v, const char *priv, const char *pub)
{
	struct bytes share = pub ? vector(v->name, pub) : bytes_of(NULL, 0);
	struct kex *k = NULL;

	NEED(!kex_of_private(crypto, &test_env_full, hpke_group(v->suite.kem),
			     vector(v->name, priv).p, share, &k));
	return k;
}

static int setup(const struct row *v, struct kex *own, struct bytes peer, bool seal,
		 struct hpke *h)
{
	const struct bytes parts[2] = { bytes_of(info, 3), bytes_of(info + 3, sizeof(info) - 4) };
	struct secret shared = { .n = 0 };
	int err = hpke_kem(crypto, scratch, own, peer, seal, &shared);

	*h = (struct hpke){ .aead = NULL };
	if (!err)
		err = hpke_setup(crypto, scratch, &v->suite, &shared, parts, seal, h);
	secret_wipe(&shared);
	return err;
}

static bool is_shown(unsigned int i)
{
	return i == 0 || i == 1 || i == 256;
}

static void base(const struct row *v)
{
	struct kex *e = key(v, "skEm", NULL), *r = key(v, "skRm", "pkRm");
	struct kex *computed = key(v, "skRm", NULL);
	struct bytes text = bytes_of(plain, PLAIN), want = vector(v->name, "enc");
	uint8_t got[SEALED], back[PLAIN];
	unsigned int i, good = 0;
	struct hpke s, o;
	char name[16];

	ok_mem(kex_share(e).p, kex_share(e).n, want.p, want.n, "%s: enc", v->name);
	want = vector(v->name, "pkRm");
	ok_mem(kex_share(computed).p, kex_share(computed).n, want.p, want.n, "%s: pkR", v->name);
	ok_int(setup(v, e, want, true, &s), 0, "%s: SetupBaseS", v->name);
	ok_int(setup(v, r, kex_share(e), false, &o), 0, "%s: SetupBaseR", v->name);
	for (i = 0; i <= 256; i++) {
		struct bytes aad = bytes_of(name, (size_t)snprintf(name, sizeof(name), "Count-%u",
								   i));

		if (hpke_seal(&s, aad, text, got))
			break;
		if (is_shown(i)) {
			char ct[16];

			snprintf(ct, sizeof(ct), "ct%u", i);
			want = vector(v->name, ct);
			ok_mem(got, SEALED, want.p, want.n, "%s: message %u", v->name, i);
		}
		good += !hpke_open(&o, aad, bytes_of(got, SEALED), back) &&
			!memcmp(back, plain, PLAIN);
	}
	ok_int(good, 257, "%s: all messages open", v->name);
	hpke_close(&s);
	hpke_close(&o);
	kex_free(e);
	kex_free(r);
	kex_free(computed);
}

/* Each part that is bound: changed, nothing opens, and the nonce stays where it was. */
static void bound(const struct row *v)
{
	struct kex *e = key(v, "skEm", NULL), *r = key(v, "skRm", "pkRm");
	struct bytes a = bytes_of("a", 1), b = bytes_of("b", 1), all;
	uint8_t ct[SEALED], back[PLAIN];
	struct hpke s, o;

	all = bytes_of(ct, SEALED);
	setup(v, e, vector(v->name, "pkRm"), true, &s);
	setup(v, r, vector(v->name, "enc"), false, &o);
	hpke_seal(&s, a, bytes_of(plain, PLAIN), ct);
	ok_int(hpke_open(&o, b, all, back), SEALSOCK_ERR_BAD_RECORD,
	       "%s: other associated data", v->name);
	ct[3] ^= 1;
	ok_int(hpke_open(&o, a, all, back), SEALSOCK_ERR_BAD_RECORD, "%s: a flipped bit", v->name);
	ct[3] ^= 1;
	ok_int(hpke_open(&o, a, bytes_of(ct, AEAD_TAG - 1), back), SEALSOCK_ERR_BAD_RECORD,
	       "%s: shorter than a tag", v->name);
	ok_int(hpke_open(&o, a, all, back), 0, "%s: after that the right one opens", v->name);
	ok_int(hpke_open(&o, a, all, back), SEALSOCK_ERR_BAD_RECORD, "%s: but once", v->name);
	hpke_close(&s);
	hpke_close(&o);
	kex_free(e);
	kex_free(r);
}

static void bad_key(const struct row *v, const char *hex, const char *name)
{
	struct kex *own = key(v, "skRm", "pkRm");
	uint8_t peer[HPKE_PUBLIC_MAX];
	struct hpke h;

	ok_int(setup(v, own, bytes_of(peer, unhex(hex, peer, sizeof(peer))), false, &h),
	       SEALSOCK_ERR_ILLEGAL, "%s", name);
	hpke_close(&h);
	kex_free(own);
}

static void bad_keys(void)
{
	const struct bytes none = bytes_of(NULL, 0);
	uint8_t zeros[HPKE_PRIVATE] = { 0 };
	struct kex *k;

	bad_key(&rows[0], HEX_ZERO32, "a point of small order");
	bad_key(&rows[0], HEX_ZERO31, "a key of 31 bytes");
	bad_key(&rows[0], "", "no key");
	bad_key(&rows[2], "04" HEX_P256_X HEX_P256_BAD_Y, "a point beside the curve");
	ok_int(kex_of_private(crypto, &test_env_full, GROUP_FFDHE2048, zeros, none, &k),
	       SEALSOCK_ERR_NO_GROUP, "no key of a finite field is made of bytes");
	ok_int(kex_of_private(crypto, &test_env_full, GROUP_X25519, zeros, bytes_of(zeros, 31), &k),
	       SEALSOCK_ERR_ILLEGAL, "a share of the wrong length");
}

static void known_suites(void)
{
	struct hpke_suite s = { HPKE_KEM_X25519, HPKE_SHA256, HPKE_AES_128_GCM };
	unsigned int v, known = 0;

	for (v = 0; v <= 0xffff; v++) {
		struct hpke_suite kem = s, kdf = s, aead = s;

		kem.kem = (uint16_t)v;
		kdf.kdf = (uint16_t)v;
		aead.aead = (uint16_t)v;
		known += hpke_known(&kem) + hpke_known(&kdf) + hpke_known(&aead);
	}
	ok_int(known, 2 + 2 + 3, "two KEMs, two KDFs, three AEADs");
}

int main(void)
{
	size_t i;

	crypto = crypto_get();
	scratch = hash_new();
	NEED(crypto && scratch);
	vectors_load("hpke.txt");
	for (i = 0; i < ROWS; i++)
		base(&rows[i]);
	for (i = 0; i < ROWS; i++)
		bound(&rows[i]);
	bad_keys();
	known_suites();
	vectors_free();
	hash_free(scratch);
	crypto_put(crypto);
	return done();
}
