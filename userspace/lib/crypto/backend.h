/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room crypto/: primitives, and nothing of the protocol. It sees base/.
 *
 * The primitives, as the library sees them. Implemented in openssl*.c, the only files that know
 * libcrypto. Results are 0 or a negative enum sealsock_error: CRYPTO unless stated otherwise.
 */
#ifndef SEALSOCK_CRYPTO_BACKEND_H
#define SEALSOCK_CRYPTO_BACKEND_H

#include "base/mem.h"
#include "base/registry.h"
#include "base/wire.h"

enum {
	AEAD_NONCE = 12,
	AEAD_TAG = 16,
	AEAD_KEY_MAX = 32,
	HASH_MAX = 48,
	DH_MAX = 1024,		/* bytes of the largest finite field */
	KEX_SECRET_MAX = DH_MAX,
	SIGNATURE_MAX = 1024,	/* RSA-8192 */
	RSA_BLOCK_MAX = 2048,	/* RSA-16384, libcrypto's limit */
	CHAIN_MAX = 32,		/* certificates in a chain */
};

/* The algorithms, fetched once and shared by the process. Thread-safe; NULL: not to be had. */
struct crypto *crypto_get(void);
void crypto_put(struct crypto *c);

/* Running hash. */
struct hash;
struct hash *hash_new(void);
void hash_free(struct hash *h);
int hash_start(const struct crypto *c, struct hash *h, enum hash_id id);
int hash_add(struct hash *h, const void *p, size_t n);
int hash_end(struct hash *h, uint8_t *out);
int hash_copy(struct hash *to, const struct hash *from);

/*
 * HMAC (RFC 2104) of a message in @n parts, at the expense of the running hash in @h; @out:
 * hash_len bytes. What the key was made into stays in @h: to take the same one again, before any
 * other, is cheaper. INVALID: a key of more than a block.
 */
int hash_mac(struct hash *h, enum hash_id id, struct bytes key, const struct bytes *parts,
	     size_t n, uint8_t *out);
size_t hash_len(enum hash_id id);

/* One direction of an AEAD; it can be keyed again. Free wipes the key. */
struct aead;
struct aead *aead_new(void);
void aead_free(struct aead *a);
int aead_key(const struct crypto *c, struct aead *a, enum aead_id id, bool seal,
	     const uint8_t *key);

/* @out takes all input bytes and the tag; it may be in[0].p. */
int aead_seal(struct aead *a, const uint8_t nonce[AEAD_NONCE], struct bytes aad,
	      const struct bytes in[2], uint8_t *out);

/* @n includes the tag; @out takes @n - AEAD_TAG bytes and may be @in. BAD_RECORD: not authentic. */
int aead_open(struct aead *a, const uint8_t nonce[AEAD_NONCE], struct bytes aad,
	      const uint8_t *in, size_t n, uint8_t *out);

/*
 * One direction of AES-CBC with HMAC, the MAC over the ciphertext (RFC 7366), made for one key.
 * @key, @mac_key: key_len and mac_len bytes of @s. The IVs are drawn from @env's random source.
 * Free wipes the keys.
 */
enum { ETM_BLOCK = 16, ETM_MAC_MAX = 48 };

struct etm;
int etm_new(const struct crypto *c, const struct sealsock_env *env, const struct suite *s,
	    bool seal, const uint8_t *key, const uint8_t *mac_key, struct etm **out);
void etm_free(struct etm *e);
struct bytes etm_key(const struct etm *e);
struct bytes etm_mac_key(const struct etm *e);

/* @out takes the IV, the content padded to whole blocks, and the MAC, which covers @head too. */
int etm_seal(struct etm *e, struct bytes head, struct bytes content, uint8_t *out);

/*
 * @n bytes of IV, ciphertext and MAC; the plaintext, still padded, replaces the ciphertext.
 * BAD_RECORD: not authentic, then nothing was decrypted.
 */
int etm_open(struct etm *e, struct bytes head, uint8_t *body, size_t n);

/*
 * Ephemeral key of a group, its private part drawn from @env's random source. NO_GROUP: unknown,
 * or not in this libcrypto.
 */
struct kex;
bool crypto_has_group(const struct crypto *c, uint16_t group);
int kex_new(const struct crypto *c, const struct sealsock_env *env, uint16_t group,
	    struct kex **out);
void kex_free(struct kex *k);

/*
 * The key of these private bytes, as many as kex_seed_len() says. Its share is @share, which is
 * taken at its word; or computed where @share is empty. NO_GROUP: also a finite field's. Of other
 * bytes than a scalar of a NIST curve, another key: whoever is in doubt compares shares.
 */
int kex_of_private(const struct crypto *c, const struct sealsock_env *env, uint16_t group,
		   const uint8_t *priv, struct bytes share, struct kex **out);
uint16_t kex_group(const struct kex *k);
struct bytes kex_share(const struct kex *k);

/*
 * The shared secret, *n bytes (RFC 8446 §7.4). ILLEGAL: @peer is not a point of the group, or the
 * secret would be all zeros.
 */
int kex_derive(const struct kex *k, struct bytes peer, uint8_t out[KEX_SECRET_MAX], size_t *n);

/*
 * Who sees the peer's share first: an own share and the secret at once, as groups with a KEM need
 * it. Otherwise like kex_new() and kex_derive() together. @seed: random bytes for the private part,
 * as many as kex_seed_len() says, from whoever draws others at the same time, which costs less than
 * to draw twice; it is read before this returns.
 */
enum { KEX_SEED_MAX = 66 };

size_t kex_seed_len(uint16_t group);
int kex_answer(const struct crypto *c, const struct sealsock_env *env, uint16_t group,
	       const uint8_t *seed, struct bytes peer, struct kex **made,
	       uint8_t out[KEX_SECRET_MAX], size_t *n);

/*
 * Finite fields by their domain parameters, as TLS 1.2 names them: @p without leading zeros, the
 * generator is always 2. *group is 0 where they are not those of a known safe prime.
 */
int dh_group_of(struct bytes p, struct bytes g, uint16_t *group);
int dh_prime(uint16_t group, uint8_t out[DH_MAX], size_t *n);

/* A private key, with what signing needs prepared. */
struct privkey;
int privkey_from_pem(const struct sealsock_env *env, struct bytes pem, struct privkey **out);
void privkey_free(struct privkey *k);
bool privkey_can(const struct privkey *k, const struct sigscheme *s, uint16_t version);
int privkey_sign(const struct privkey *k, const struct sigscheme *s, struct bytes msg,
		 uint8_t sig[SIGNATURE_MAX], size_t *sig_len);

/*
 * RSA without looking at the padding (crypto/pkcs1.h does): a block of *n bytes, as long as the
 * modulus; zeros if @msg is no ciphertext of the key. Whoever calls wipes it.
 */
bool privkey_can_decrypt(const struct privkey *k);
int privkey_decrypt(const struct privkey *k, struct bytes msg, uint8_t out[RSA_BLOCK_MAX],
		    size_t *n);

/*
 * A public key, of what x509/spki.h has found in a SubjectPublicKeyInfo: the whole, what is inside
 * its BIT STRING, and RSA's numbers. CERT_BAD: they are no key.
 */
struct pubkey_parts {
	enum key_kind kind;
	struct bytes der;
	struct bytes key;
	struct bytes modulus, exponent;
};

struct pubkey;
int pubkey_new(const struct sealsock_env *env, const struct pubkey_parts *parts,
	       struct pubkey **out);
void pubkey_free(struct pubkey *k);

/* 0 or BAD_SIGNATURE; ILLEGAL: the scheme is not for this key. */
int pubkey_verify(const struct pubkey *k, const struct sigscheme *s, struct bytes msg,
		  struct bytes sig);

/* Is it the public half of @priv? */
bool pubkey_fits(const struct pubkey *k, const struct privkey *priv);

/* RSAES-PKCS1-v1_5. */
int pubkey_encrypt(const struct pubkey *k, struct bytes msg, uint8_t out[RSA_BLOCK_MAX],
		   size_t *n);

/*
 * Calls @fn with the DER of each certificate (or CRL) of PEM text until it returns non-zero. PEM:
 * none. The DER is as it stands there; @fn judges it.
 */
typedef int (*pem_fn)(void *arg, struct bytes der);
int pem_each_cert(struct bytes pem, pem_fn fn, void *arg);
int pem_each_crl(struct bytes pem, pem_fn fn, void *arg);

/* The same of private keys (PKCS #8) and ECHConfigLists (RFC 9934), in the order of the text. */
int pem_each_ech(struct bytes pem, pem_fn fn, void *arg);

/* Appends a block of PEM text. */
void pem_write(const char *name, struct bytes der, struct builder *w);

/* Where libcrypto would look for the system's anchors. */
const char *trust_default_file(void);
const char *trust_default_dir(void);

#endif
