// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <string.h>

#include "registry.h"

/* RFC 8446 §B.4; the order is the default preference. */
const struct suite suites[] = {
	{ 0x1301, 51, HASH_SHA256, AEAD_AES_128_GCM, 32, 16, "TLS_AES_128_GCM_SHA256" },
	{ 0x1302, 52, HASH_SHA384, AEAD_AES_256_GCM, 48, 32, "TLS_AES_256_GCM_SHA384" },
	{ 0x1303, 54, HASH_SHA256, AEAD_CHACHA20_POLY1305, 32, 32,
	  "TLS_CHACHA20_POLY1305_SHA256" },
};

/* RFC 8446 §4.2.7 */
const struct group groups[] = {
	{ GROUP_X25519, 32, "x25519" },
	{ GROUP_SECP256R1, 65, "secp256r1" },
};

/* RFC 8446 §4.2.3 */
const struct sigscheme sigschemes[] = {
	{ 0x0403, KEY_EC_P256, "SHA2-256", "ecdsa_secp256r1_sha256" },
	{ 0x0503, KEY_EC_P384, "SHA2-384", "ecdsa_secp384r1_sha384" },
	{ 0x0807, KEY_ED25519, NULL, "ed25519" },
	{ 0x0804, KEY_RSA, "SHA2-256", "rsa_pss_rsae_sha256" },
	{ 0x0805, KEY_RSA, "SHA2-384", "rsa_pss_rsae_sha384" },
	{ 0x0806, KEY_RSA, "SHA2-512", "rsa_pss_rsae_sha512" },
	{ 0x0809, KEY_RSA_PSS, "SHA2-256", "rsa_pss_pss_sha256" },
	{ 0x080a, KEY_RSA_PSS, "SHA2-384", "rsa_pss_pss_sha384" },
	{ 0x080b, KEY_RSA_PSS, "SHA2-512", "rsa_pss_pss_sha512" },
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
