/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The parts of the IANA registries that this library speaks: a row per suite, group, scheme. */
#ifndef SEALSOCK_REGISTRY_H
#define SEALSOCK_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hash_id { HASH_SHA256, HASH_SHA384, HASH_COUNT };
enum aead_id {
	AEAD_AES_128_GCM,
	AEAD_AES_256_GCM,
	AEAD_CHACHA20_POLY1305,
	AEAD_AES_128_CCM,
	AEAD_COUNT,
};

enum key_kind {
	KEY_EC_P256,
	KEY_EC_P384,
	KEY_EC_P521,
	KEY_ED25519,
	KEY_ED448,
	KEY_RSA,
	KEY_RSA_PSS,
	KEY_OTHER,
};

/* What a suite of TLS 1.2 says beyond record protection and hash; TLS 1.3 negotiates it apart. */
enum suite_kx { KX_NONE, KX_ECDHE };

enum suite_auth { AUTH_NONE, AUTH_ECDSA, AUTH_RSA };

enum { VERSION_TLS12 = 0x0303, VERSION_TLS13 = 0x0304 };
enum {
	GROUP_SECP256R1 = 0x0017,
	GROUP_SECP384R1 = 0x0018,
	GROUP_SECP521R1 = 0x0019,
	GROUP_X25519 = 0x001d,
	GROUP_X448 = 0x001e,
	GROUP_SECP256R1MLKEM768 = 0x11eb,
	GROUP_X25519MLKEM768 = 0x11ec,
};

/* A profile per bit: rows name those in which they are not. */
enum { PROFILE_DEFAULT = 1, PROFILE_MODERN = 2, PROFILE_LEGACY = 4 };

/*
 * @cipher_type: the kernel's number, see kmod/core/suite
 * @version: the one that has the suite
 * @auth: kind of key that signs; AUTH_ECDSA stands for the Edwards curves too (RFC 8422 §5.3)
 */
struct suite {
	uint16_t id;
	uint16_t cipher_type;
	enum hash_id hash;
	enum aead_id aead;
	uint8_t hash_len;
	uint8_t key_len;
	const char *name;
	uint16_t version;
	enum suite_kx kx;
	enum suite_auth auth;
	uint8_t not_in;
};

/* @share_len, @answer_len: bytes of a client's and of a server's key share of this group */
struct group {
	uint16_t id;
	uint16_t share_len;
	uint16_t answer_len;
	const char *name;
	bool only13;
	uint8_t not_in;
};

/*
 * @kind: key the scheme is for; in TLS 1.2 ECDSA goes with any curve (RFC 8446 §4.2.3)
 * @digest: libcrypto's name, NULL where the scheme brings its own
 * @pkcs1: RSASSA-PKCS1-v1_5, which signs handshakes of TLS 1.2 only
 */
struct sigscheme {
	uint16_t id;
	enum key_kind kind;
	const char *digest;
	const char *name;
	bool pkcs1;
	uint8_t not_in;
};

extern const struct suite suites[];
extern const struct group groups[];
extern const struct sigscheme sigschemes[];
enum { SUITE_COUNT = 11, GROUP_COUNT = 7, SIGSCHEME_COUNT = 14 };

/* NULL where there is none. */
const struct suite *suite_find(uint16_t id);
const struct group *group_find(uint16_t id);
const struct sigscheme *sigscheme_find(uint16_t id);

/* Can a key of @kind sign the handshake of @version with it? */
bool sigscheme_fits(const struct sigscheme *s, enum key_kind kind, uint16_t version);

/* The kind of suite of TLS 1.2 that a key of @kind signs for. */
enum suite_auth auth_of(enum key_kind kind);

/* Registry values by name; false: unknown. */
bool suite_by_name(const char *name, size_t n, uint16_t *id);
bool group_by_name(const char *name, size_t n, uint16_t *id);
bool sigscheme_by_name(const char *name, size_t n, uint16_t *id);

#endif
