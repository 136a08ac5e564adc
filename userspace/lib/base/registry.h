/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The parts of the IANA registries that this library speaks: a row per suite, group, scheme. */
#ifndef SEALSOCK_REGISTRY_H
#define SEALSOCK_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* HASH_SHA1: only for the MAC of CBC suites */
enum hash_id { HASH_SHA256, HASH_SHA384, HASH_SHA1, HASH_COUNT };
enum aead_id {
	AEAD_AES_128_GCM,
	AEAD_AES_256_GCM,
	AEAD_CHACHA20_POLY1305,
	AEAD_AES_128_CCM,
	AEAD_COUNT,
	/* Not AEADs by themselves: with the suite's MAC behind them (RFC 7366) they are. */
	CBC_AES_128 = AEAD_COUNT,
	CBC_AES_256,
	CIPHER_COUNT,
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
enum suite_kx { KX_NONE, KX_ECDHE, KX_DHE, KX_RSA };

enum suite_auth { AUTH_NONE, AUTH_ECDSA, AUTH_RSA };

enum { VERSION_TLS12 = 0x0303, VERSION_TLS13 = 0x0304 };
enum {
	GROUP_SECP256R1 = 0x0017,
	GROUP_SECP384R1 = 0x0018,
	GROUP_SECP521R1 = 0x0019,
	GROUP_X25519 = 0x001d,
	GROUP_X448 = 0x001e,
	GROUP_FFDHE2048 = 0x0100,
	GROUP_FFDHE3072 = 0x0101,
	GROUP_FFDHE4096 = 0x0102,
	GROUP_FFDHE6144 = 0x0103,
	GROUP_FFDHE8192 = 0x0104,
	GROUP_SECP256R1MLKEM768 = 0x11eb,
	GROUP_X25519MLKEM768 = 0x11ec,
	/* Safe primes of RFC 3526, which have no numbers in the registry: for our own use. */
	GROUP_UNLISTED = 0xff00,
	GROUP_MODP2048 = GROUP_UNLISTED,
	GROUP_MODP3072,
	GROUP_MODP4096,
	GROUP_MODP6144,
	GROUP_MODP8192,
};

/* A profile per bit: rows name those in which they are not. */
enum { PROFILE_DEFAULT = 1, PROFILE_MODERN = 2, PROFILE_LEGACY = 4 };

/*
 * @cipher_type: the kernel's number, see kmod/core/suite
 * @version: the one that has the suite
 * @auth: kind of key that signs; AUTH_ECDSA stands for the Edwards curves too (RFC 8422 §5.3)
 * @mac, @mac_len: of a CBC suite's HMAC, whose key is as long; an AEAD has length 0
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
	enum hash_id mac;
	uint8_t mac_len;
	uint8_t not_in;
};

/*
 * @share_len, @answer_len: bytes of a client's and of a server's key share of this group
 * @only13: not in TLS 1.2
 * @finite: of a finite field (RFC 7919): in TLS 1.2 for the suites with DHE, not for ECDHE
 */
struct group {
	uint16_t id;
	uint16_t share_len;
	uint16_t answer_len;
	const char *name;
	bool only13;
	bool finite;
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
enum { SUITE_COUNT = 34, GROUP_COUNT = 12, SIGSCHEME_COUNT = 14 };

/* NULL where there is none. group_find() has the unlisted ones too, group_by_name() has not. */
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
