// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <string.h>

#include "registry.h"

/* A row by its parts; hash and key lengths follow from the names. */
#define ROW(i, cipher, hash_bits, key_bits, prot, words, v, k, a)		\
	{ i, cipher, HASH_SHA##hash_bits, AEAD_##prot, (hash_bits) / 8,		\
	  (key_bits) / 8, words, v, k, a, 0 }
#define TLS13(i, cipher, hash_bits, key_bits, prot)				\
	ROW(i, cipher, hash_bits, key_bits, prot, "TLS_" #prot "_SHA" #hash_bits, \
	    VERSION_TLS13, KX_NONE, AUTH_NONE)
#define TLS12(i, cipher, hash_bits, key_bits, prot, kx, auth, tail)		\
	ROW(i, cipher, hash_bits, key_bits, prot,				\
	    "TLS_" #kx "_" #auth "_WITH_" #prot tail, VERSION_TLS12, KX_##kx, AUTH_##auth)

/* RFC 8446 §B.4, RFC 5289, RFC 7905, RFC 7251; the order is the default preference. */
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
};

/* RFC 8446 §4.2.7, and the hybrids with ML-KEM; a client sends a share of its first. */
const struct group groups[] = {
	{ GROUP_X25519, 32, 32, "x25519", false, 0 },
	{ GROUP_SECP256R1, 65, 65, "secp256r1", false, 0 },
	{ GROUP_SECP384R1, 97, 97, "secp384r1", false, 0 },
	{ GROUP_SECP521R1, 133, 133, "secp521r1", false, PROFILE_MODERN },
	{ GROUP_X448, 56, 56, "x448", false, PROFILE_MODERN },
	{ GROUP_X25519MLKEM768, 1184 + 32, 1088 + 32, "X25519MLKEM768", true, 0 },
	{ GROUP_SECP256R1MLKEM768, 65 + 1184, 65 + 1088, "SecP256r1MLKEM768", true, 0 },
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
const struct type *type##_find(uint16_t id)					\
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
