// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* HPKE: the vectors of RFC 9180 §A for the suites that are here, and what must not open. */
#include "crypto/hpke.h"
#include "hello.h"
#include "pair.h"
#include "tap.h"

#define X_PUB_E "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
#define X_PRIV_E "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736"
#define X_PUB_R "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"
#define X_PRIV_R "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"
#define Y_PUB_E "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
#define Y_PRIV_E "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"
#define Y_PUB_R "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"
#define Y_PRIV_R "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb"
#define P_PUB_E "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9" \
		"8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4"
#define P_PRIV_E "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb"
#define P_PUB_R "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a82" \
		"6a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0"
#define P_PRIV_R "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"

static const char info[] = "Ode on a Grecian Urn", plain[] = "Beauty is truth, truth beauty";

enum { PLAIN = sizeof(plain) - 1, SEALED = PLAIN + AEAD_TAG, SHOWN = 3 };

/*
 * @ct: of the messages 0, 1 and 256. The RFC has none for the last three: they were computed with
 * another implementation.
 */
static const struct vector {
	const char *name;
	struct hpke_suite suite;
	const char *priv_e, *pub_e, *priv_r, *pub_r;
	const char *ct[SHOWN];
} vectors[] = {
	{ "A.1.1", { HPKE_KEM_X25519, HPKE_SHA256, HPKE_AES_128_GCM },
	  X_PRIV_E, X_PUB_E, X_PRIV_R, X_PUB_R,
	  { "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c"
	    "512a", "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab251c03d0c22a56b8ca"
	    "42c2063b84", "957f9800542b0b8891badb026d79cc54597cb2d225b54c00c5238c25d05c30e3fbeda97d2e"
	    "0e1aba483a2df9f2" } },
	{ "A.2.1", { HPKE_KEM_X25519, HPKE_SHA256, HPKE_CHACHA20_POLY1305 },
	  Y_PRIV_E, Y_PUB_E, Y_PRIV_R, Y_PUB_R,
	  { "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b5"
	    "1a28", "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f"
	    "59992dc98c", "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca53076214c0c40d4"
	    "c728d6ed9e727a5b" } },
	{ "A.3.1", { HPKE_KEM_P256, HPKE_SHA256, HPKE_AES_128_GCM },
	  P_PRIV_E, P_PUB_E, P_PRIV_R, P_PUB_R,
	  { "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f3951"
	    "3434", "fa6f037b47fc21826b610172ca9637e82d6e5801eb31cbd3748271affd4ecb06646e0329cbdf3c3c"
	    "d655b28e82", "10f179686aa2caec1758c8e554513f16472bd0a11e2a907dde0b212cbe87d74f367f8ffe5e"
	    "41cd3e9962a6afb2" } },
	{ "AES-256-GCM", { HPKE_KEM_X25519, HPKE_SHA256, HPKE_AES_256_GCM },
	  X_PRIV_E, X_PUB_E, X_PRIV_R, X_PUB_R,
	  { "090b7dc225419f7da9e8b460becfbb96a26c7964d79b8010d397fa838530a32a397b14f5776db19ff5e577"
	    "34e0", "05cbb27ea0f48fa8768a10c9f2f1438233f63104bf68d51abf26f0aae2c62a449d5cf7e8b73791a4"
	    "e55d79b650", "deecef626e8f18180520c11b95a099c4298da17c0c6fd78586c3afd8923ae7f089923c75d4"
	    "3609b67b11f4afb0" } },
	{ "P-256, SHA-384, AES-256-GCM", { HPKE_KEM_P256, HPKE_SHA384, HPKE_AES_256_GCM },
	  P_PRIV_E, P_PUB_E, P_PRIV_R, P_PUB_R,
	  { "42864c2eb0ad6280cadb1124a0a8fe29b45a86d05bbc79155db978e904cebe918db2491719860797cffdb7"
	    "b0bf", "613d8f1dd5ff8cabfa162d97b0d67accc7ee22089602832a99e65c480803ad9cf95d6dc27f90c461"
	    "be1ab383ca", "e4f5bb069533e6e8dac187116de22ef4ebf043941b9bb5896694540d679bfbeabe35e1be81"
	    "da5c7e061715b3f6" } },
	{ "SHA-384, ChaCha20-Poly1305", { HPKE_KEM_X25519, HPKE_SHA384, HPKE_CHACHA20_POLY1305 },
	  Y_PRIV_E, Y_PUB_E, Y_PRIV_R, Y_PUB_R,
	  { "0048016a1f260546a9a40fb3f878b7d8e8182ab50fedefc3426bda81e1dc4b97be45a043d809fe3589b9ad"
	    "afac", "84d925956b266810a562ba580d457868897753153e2483eb25d85d08df7e3391ca1be053a3ceb32a"
	    "f2de04576b", "10369ce41dc55292187808a2b0aaa75d75acec986d9eed2cb676f26cf8dd9f25381f44d0fc"
	    "f048939e7627d1cb" } },
};

enum { VECTOR_COUNT = sizeof(vectors) / sizeof(vectors[0]) };

static struct crypto *crypto;
static struct hash *scratch;

/* The key of hexadecimal digits; with @pub it is not computed. */
static struct kex *key(const struct vector *v, const char *priv, const char *pub)
{
	uint8_t p[HPKE_PRIVATE], q[HPKE_PUBLIC_MAX];
	struct bytes share = bytes_of(q, pub ? unhex(pub, q, sizeof(q)) : 0);
	struct kex *k = NULL;

	unhex(priv, p, sizeof(p));
	NEED(!kex_of_private(crypto, &test_env_full, hpke_group(v->suite.kem), p, share, &k));
	return k;
}

static int setup(const struct vector *v, struct kex *own, const char *peer, bool seal,
		 struct hpke *h)
{
	uint8_t q[HPKE_PUBLIC_MAX];

	return hpke_setup(crypto, scratch, &v->suite, own, bytes_of(q, unhex(peer, q, sizeof(q))),
			  bytes_of(info, sizeof(info) - 1), seal, h);
}

static bool is_shown(unsigned int i)
{
	return i == 0 || i == 1 || i == 256;
}

static void vector(const struct vector *v)
{
	struct kex *e = key(v, v->priv_e, NULL), *r = key(v, v->priv_r, v->pub_r);
	struct kex *computed = key(v, v->priv_r, NULL);
	struct bytes text = bytes_of(plain, PLAIN);
	uint8_t want[SEALED], got[SEALED], back[PLAIN], pub[HPKE_PUBLIC_MAX];
	struct hpke s, o;
	unsigned int i, shown = 0, good = 0;
	char aad[16];
	size_t n;

	n = unhex(v->pub_e, pub, sizeof(pub));
	ok_mem(kex_share(e).p, kex_share(e).n, pub, n, "%s: enc", v->name);
	n = unhex(v->pub_r, pub, sizeof(pub));
	ok_mem(kex_share(computed).p, kex_share(computed).n, pub, n, "%s: pkR", v->name);
	ok_int(setup(v, e, v->pub_r, true, &s), 0, "%s: SetupBaseS", v->name);
	ok_int(setup(v, r, v->pub_e, false, &o), 0, "%s: SetupBaseR", v->name);
	for (i = 0; i <= 256; i++) {
		struct bytes a = bytes_of(aad, (size_t)snprintf(aad, sizeof(aad), "Count-%u", i));

		if (hpke_seal(&s, a, text, got))
			break;
		if (is_shown(i)) {
			unhex(v->ct[shown++], want, sizeof(want));
			ok_mem(got, SEALED, want, SEALED, "%s: message %u", v->name, i);
		}
		good += !hpke_open(&o, a, bytes_of(got, SEALED), back) &&
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
static void bound(const struct vector *v)
{
	struct kex *e = key(v, v->priv_e, NULL), *r = key(v, v->priv_r, v->pub_r);
	uint8_t ct[SEALED], back[PLAIN];
	struct hpke s, o;

	setup(v, e, v->pub_r, true, &s);
	setup(v, r, v->pub_e, false, &o);
	hpke_seal(&s, bytes_of("a", 1), bytes_of(plain, PLAIN), ct);
	ok_int(hpke_open(&o, bytes_of("b", 1), bytes_of(ct, SEALED), back), SEALSOCK_ERR_BAD_RECORD,
	       "%s: other associated data", v->name);
	ct[3] ^= 1;
	ok_int(hpke_open(&o, bytes_of("a", 1), bytes_of(ct, SEALED), back), SEALSOCK_ERR_BAD_RECORD,
	       "%s: a flipped bit", v->name);
	ct[3] ^= 1;
	ok_int(hpke_open(&o, bytes_of("a", 1), bytes_of(ct, AEAD_TAG - 1), back),
	       SEALSOCK_ERR_BAD_RECORD, "%s: shorter than a tag", v->name);
	ok_int(hpke_open(&o, bytes_of("a", 1), bytes_of(ct, SEALED), back), 0,
	       "%s: after that the right one opens", v->name);
	ok_int(hpke_open(&o, bytes_of("a", 1), bytes_of(ct, SEALED), back), SEALSOCK_ERR_BAD_RECORD,
	       "%s: but once", v->name);
	hpke_close(&s);
	hpke_close(&o);
	kex_free(e);
	kex_free(r);
}

static void bad_keys(void)
{
	const struct vector *x = &vectors[0], *p = &vectors[2];
	struct kex *own = key(x, x->priv_r, x->pub_r), *k;
	uint8_t zeros[HPKE_PRIVATE] = { 0 };
	struct hpke h;

	ok_int(setup(x, own, HEX_ZERO32, false, &h), SEALSOCK_ERR_ILLEGAL, "a point of small order");
	hpke_close(&h);
	ok_int(setup(x, own, HEX_ZERO31, false, &h), SEALSOCK_ERR_ILLEGAL, "a key of 31 bytes");
	hpke_close(&h);
	ok_int(setup(x, own, "", false, &h), SEALSOCK_ERR_ILLEGAL, "no key");
	hpke_close(&h);
	kex_free(own);
	own = key(p, p->priv_r, p->pub_r);
	ok_int(setup(p, own, "04" HEX_P256_X HEX_P256_BAD_Y, false, &h), SEALSOCK_ERR_ILLEGAL,
	       "a point beside the curve");
	hpke_close(&h);
	kex_free(own);
	ok_int(kex_of_private(crypto, &test_env_full, GROUP_FFDHE2048, zeros, bytes_of(NULL, 0), &k),
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
	for (i = 0; i < VECTOR_COUNT; i++)
		vector(&vectors[i]);
	for (i = 0; i < VECTOR_COUNT; i++)
		bound(&vectors[i]);
	bad_keys();
	known_suites();
	hash_free(scratch);
	crypto_put(crypto);
	return done();
}
