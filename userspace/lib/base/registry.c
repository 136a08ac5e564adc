// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <string.h>

#include "../uapi/sealsock.h"
#include "base/registry.h"

/* Where a row may be named, or is only for old peers. */
enum {
	ONLY_LEGACY = PROFILE_DEFAULT | PROFILE_MODERN,
	NO_PROFILE = PROFILE_DEFAULT | PROFILE_MODERN | PROFILE_LEGACY,
};

/* A row by its parts; hash and key lengths follow from the names. */
#define ROW(i, cipher, hash_bits, key_bits, prot, words, v, k, a, m, mac_len, not_in) \
	{ i, cipher, HASH_SHA##hash_bits, prot, (hash_bits) / 8, (key_bits) / 8, words, v, k, a, \
	  m, mac_len, not_in }
#define TLS13(i, cipher, hash_bits, key_bits, prot)				\
	ROW(i, cipher, hash_bits, key_bits, AEAD_##prot, "TLS_" #prot "_SHA" #hash_bits, \
	    VERSION_TLS13, KX_NONE, AUTH_NONE, HASH_COUNT, 0, 0)
#define TLS12(i, cipher, hash_bits, key_bits, prot, kx, auth, tail)		\
	ROW(i, cipher, hash_bits, key_bits, AEAD_##prot,			\
	    "TLS_" #kx "_" #auth "_WITH_" #prot tail, VERSION_TLS12, KX_##kx, AUTH_##auth, \
	    HASH_COUNT, 0, KX_##kx == KX_ECDHE ? 0 : ONLY_LEGACY)
/* The server's key decrypts instead of signing: it stands once in the name. */
#define RSA12(i, cipher, hash_bits, key_bits, prot, tail)			\
	ROW(i, cipher, hash_bits, key_bits, AEAD_##prot, "TLS_RSA_WITH_" #prot tail, \
	    VERSION_TLS12, KX_RSA, AUTH_RSA, HASH_COUNT, 0, ONLY_LEGACY)
/* RFC 5246 §5: the PRF's hash is SHA-256 where the suite names none or a lesser one. */
#define CBC(i, key_bits, mac, mac_len, prf_bits, words, kx, auth)		\
	ROW(i, SEALSOCK_CIPHER_AES_##key_bits##_CBC_SHA##mac, prf_bits, key_bits, \
	    CBC_AES_##key_bits, words, VERSION_TLS12, kx, auth, HASH_SHA##mac, mac_len, \
	    ONLY_LEGACY)
#define CBC_SHA(i, key_bits, words, kx, auth)					\
	CBC(i, key_bits, 1, 20, 256, words "_WITH_AES_" #key_bits "_CBC_SHA", kx, auth)
#define CBC_SHA256(i, key_bits, words, kx, auth)				\
	CBC(i, key_bits, 256, 32, 256, words "_WITH_AES_" #key_bits "_CBC_SHA256", kx, auth)
#define CBC_SHA384(i, words, kx, auth)						\
	CBC(i, 256, 384, 48, 384, words "_WITH_AES_256_CBC_SHA384", kx, auth)

/*
 * RFC 8446 §B.4, RFC 5246, 5288, 5289, 6655, 7251, 7905; the order is the default preference:
 * forward secrecy before none, AEADs before CBC, curves before finite fields.
 */
const struct suite suites[] = {
	TLS13(0x1301, 51, 256, 128, AES_128_GCM),
	TLS13(0x1302, 52, 384, 256, AES_256_GCM),
	TLS13(0x1303, 54, 256, 256, CHACHA20_POLY1305),
	TLS13(0x1304, 53, 256, 128, AES_128_CCM),
	TLS12(0xc02b, 51, 256, 128, AES_128_GCM, ECDHE, ECDSA, "_SHA256"),
	TLS12(0xc02f, 51, 256, 128, AES_128_GCM, ECDHE, RSA, "_SHA256"),
	TLS12(0xc02c, 52, 384, 256, AES_256_GCM, ECDHE, ECDSA, "_SHA384"),
	TLS12(0xc030, 52, 384, 256, AES_256_GCM, ECDHE, RSA, "_SHA384"),
	TLS12(0xcca9, 54, 256, 256, CHACHA20_POLY1305, ECDHE, ECDSA, "_SHA256"),
	TLS12(0xcca8, 54, 256, 256, CHACHA20_POLY1305, ECDHE, RSA, "_SHA256"),
	TLS12(0xc0ac, 53, 256, 128, AES_128_CCM, ECDHE, ECDSA, ""),
	TLS12(0x009e, 51, 256, 128, AES_128_GCM, DHE, RSA, "_SHA256"),
	TLS12(0x009f, 52, 384, 256, AES_256_GCM, DHE, RSA, "_SHA384"),
	TLS12(0xccaa, 54, 256, 256, CHACHA20_POLY1305, DHE, RSA, "_SHA256"),
	TLS12(0xc09e, 53, 256, 128, AES_128_CCM, DHE, RSA, ""),
	CBC_SHA256(0xc023, 128, "TLS_ECDHE_ECDSA", KX_ECDHE, AUTH_ECDSA),
	CBC_SHA256(0xc027, 128, "TLS_ECDHE_RSA", KX_ECDHE, AUTH_RSA),
	CBC_SHA384(0xc024, "TLS_ECDHE_ECDSA", KX_ECDHE, AUTH_ECDSA),
	CBC_SHA384(0xc028, "TLS_ECDHE_RSA", KX_ECDHE, AUTH_RSA),
	CBC_SHA(0xc009, 128, "TLS_ECDHE_ECDSA", KX_ECDHE, AUTH_ECDSA),
	CBC_SHA(0xc013, 128, "TLS_ECDHE_RSA", KX_ECDHE, AUTH_RSA),
	CBC_SHA(0xc00a, 256, "TLS_ECDHE_ECDSA", KX_ECDHE, AUTH_ECDSA),
	CBC_SHA(0xc014, 256, "TLS_ECDHE_RSA", KX_ECDHE, AUTH_RSA),
	CBC_SHA256(0x0067, 128, "TLS_DHE_RSA", KX_DHE, AUTH_RSA),
	CBC_SHA256(0x006b, 256, "TLS_DHE_RSA", KX_DHE, AUTH_RSA),
	CBC_SHA(0x0033, 128, "TLS_DHE_RSA", KX_DHE, AUTH_RSA),
	CBC_SHA(0x0039, 256, "TLS_DHE_RSA", KX_DHE, AUTH_RSA),
	RSA12(0x009c, 51, 256, 128, AES_128_GCM, "_SHA256"),
	RSA12(0x009d, 52, 384, 256, AES_256_GCM, "_SHA384"),
	RSA12(0xc09c, 53, 256, 128, AES_128_CCM, ""),
	CBC_SHA256(0x003c, 128, "TLS_RSA", KX_RSA, AUTH_RSA),
	CBC_SHA256(0x003d, 256, "TLS_RSA", KX_RSA, AUTH_RSA),
	CBC_SHA(0x002f, 128, "TLS_RSA", KX_RSA, AUTH_RSA),
	CBC_SHA(0x0035, 256, "TLS_RSA", KX_RSA, AUTH_RSA),
};

/* RFC 8446 §4.2.7, and the hybrids with ML-KEM; a client sends a share of its first. */
const struct group groups[] = {
	{ GROUP_X25519, 32, 32, "x25519", false, false, 0 },
	{ GROUP_SECP256R1, 65, 65, "secp256r1", false, false, 0 },
	{ GROUP_SECP384R1, 97, 97, "secp384r1", false, false, 0 },
	{ GROUP_SECP521R1, 133, 133, "secp521r1", false, false, PROFILE_MODERN },
	{ GROUP_X448, 56, 56, "x448", false, false, PROFILE_MODERN },
	{ GROUP_X25519MLKEM768, 1184 + 32, 1088 + 32, "X25519MLKEM768", true, false, 0 },
	{ GROUP_SECP256R1MLKEM768, 65 + 1184, 65 + 1088, "SecP256r1MLKEM768", true, false, 0 },
	{ GROUP_FFDHE2048, 256, 256, "ffdhe2048", false, true, ONLY_LEGACY },
	{ GROUP_FFDHE3072, 384, 384, "ffdhe3072", false, true, ONLY_LEGACY },
	{ GROUP_FFDHE4096, 512, 512, "ffdhe4096", false, true, ONLY_LEGACY },
	{ GROUP_FFDHE6144, 768, 768, "ffdhe6144", false, true, NO_PROFILE },
	{ GROUP_FFDHE8192, 1024, 1024, "ffdhe8192", false, true, NO_PROFILE },
};

/* RFC 3526: what older servers choose in TLS 1.2, where a client cannot name them. */
static const struct group unlisted[] = {
	{ GROUP_MODP2048, 256, 256, "modp2048", false, true, NO_PROFILE },
	{ GROUP_MODP3072, 384, 384, "modp3072", false, true, NO_PROFILE },
	{ GROUP_MODP4096, 512, 512, "modp4096", false, true, NO_PROFILE },
	{ GROUP_MODP6144, 768, 768, "modp6144", false, true, NO_PROFILE },
	{ GROUP_MODP8192, 1024, 1024, "modp8192", false, true, NO_PROFILE },
};

/* RFC 8446 §4.2.3 */
const struct sigscheme sigschemes[] = {
	{ 0x0403, KEY_EC_P256, "SHA2-256", "ecdsa_secp256r1_sha256", false, 0 },
	{ 0x0503, KEY_EC_P384, "SHA2-384", "ecdsa_secp384r1_sha384", false, 0 },
	{ 0x0603, KEY_EC_P521, "SHA2-512", "ecdsa_secp521r1_sha512", false, 0 },
	{ 0x0807, KEY_ED25519, NULL, "ed25519", false, 0 },
	{ 0x0808, KEY_ED448, NULL, "ed448", false, 0 },
	{ 0x0804, KEY_RSA, "SHA2-256", "rsa_pss_rsae_sha256", false, 0 },
	{ 0x0805, KEY_RSA, "SHA2-384", "rsa_pss_rsae_sha384", false, 0 },
	{ 0x0806, KEY_RSA, "SHA2-512", "rsa_pss_rsae_sha512", false, 0 },
	{ 0x0809, KEY_RSA_PSS, "SHA2-256", "rsa_pss_pss_sha256", false, 0 },
	{ 0x080a, KEY_RSA_PSS, "SHA2-384", "rsa_pss_pss_sha384", false, 0 },
	{ 0x080b, KEY_RSA_PSS, "SHA2-512", "rsa_pss_pss_sha512", false, 0 },
	{ 0x0401, KEY_RSA, "SHA2-256", "rsa_pkcs1_sha256", true, PROFILE_MODERN },
	{ 0x0501, KEY_RSA, "SHA2-384", "rsa_pkcs1_sha384", true, PROFILE_MODERN },
	{ 0x0601, KEY_RSA, "SHA2-512", "rsa_pkcs1_sha512", true, PROFILE_MODERN },
};

_Static_assert(sizeof(suites) / sizeof(suites[0]) == SUITE_COUNT, "suites");
_Static_assert(sizeof(groups) / sizeof(groups[0]) == GROUP_COUNT, "groups");
_Static_assert(sizeof(sigschemes) / sizeof(sigschemes[0]) == SIGSCHEME_COUNT, "sigschemes");

static bool name_is(const char *row, const char *name, size_t n)
{
	return strlen(row) == n && memcmp(row, name, n) == 0;
}

/* The three tables are searched alike, by number and by name. */
#define FINDERS(type, table)							\
static const struct type *type##_listed(uint16_t id)				\
{										\
	size_t i;								\
										\
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)			\
		if (table[i].id == id)						\
			return &table[i];					\
	return NULL;								\
}										\
										\
bool type##_by_name(const char *name, size_t n, uint16_t *id)			\
{										\
	size_t i;								\
										\
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {		\
		if (name_is(table[i].name, name, n)) {				\
			*id = table[i].id;					\
			return true;						\
		}								\
	}									\
	return false;								\
}

FINDERS(suite, suites)
FINDERS(group, groups)
FINDERS(sigscheme, sigschemes)

const struct suite *suite_find(uint16_t id)
{
	return suite_listed(id);
}

const struct sigscheme *sigscheme_find(uint16_t id)
{
	return sigscheme_listed(id);
}

const struct group *group_find(uint16_t id)
{
	if (id < GROUP_UNLISTED)
		return group_listed(id);
	id -= GROUP_UNLISTED;
	return id < sizeof(unlisted) / sizeof(unlisted[0]) ? &unlisted[id] : NULL;
}

static bool is_ec(enum key_kind kind)
{
	return kind == KEY_EC_P256 || kind == KEY_EC_P384 || kind == KEY_EC_P521;
}

bool sigscheme_fits(const struct sigscheme *s, enum key_kind kind, uint16_t version)
{
	if (version == VERSION_TLS13)
		return s->kind == kind && !s->pkcs1;
	return s->kind == kind || (is_ec(s->kind) && is_ec(kind));
}

enum suite_auth auth_of(enum key_kind kind)
{
	switch (kind) {
	case KEY_RSA:
	case KEY_RSA_PSS:
		return AUTH_RSA;
	case KEY_OTHER:
		return AUTH_NONE;
	default:
		return AUTH_ECDSA;
	}
}
