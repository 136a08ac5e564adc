// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "keys/schedule12.h"

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

/* P_hash (§5): A(0) = seed, A(i) = HMAC(A(i-1)); HMAC(A(1) + seed) + HMAC(A(2) + seed) … */
static int p_hash(const struct kdf *k, struct bytes secret, const char *label,
		  const struct bytes seeds[2], uint8_t *out, size_t n)
{
	const size_t len = hash_len(k->hash);
	uint8_t a[HASH_MAX], t[HASH_MAX];
	struct bytes parts[4] = { { a, len }, text(label), seeds[0], seeds[1] };
	size_t part;
	int err = hmac_parts(k, secret, parts + 1, 3, a);

	while (!err && n) {
		err = hmac_parts(k, secret, parts, 4, t);
		if (err)
			break;
		part = n < len ? n : len;
		memcpy(out, t, part);
		out += part;
		n -= part;
		if (n)
			err = hmac_parts(k, secret, parts, 1, a);
	}
	wipe(a, sizeof(a));
	wipe(t, sizeof(t));
	return err;
}

int prf12(const struct kdf *k, struct bytes secret, const char *label,
	  const struct bytes seeds[2], uint8_t *out, size_t n)
{
	uint8_t hashed[HASH_MAX];
	int err;

	/* Anything up to a block of SHA-256 is an HMAC key as it is; hash what is longer. */
	if (secret.n <= 64)
		return p_hash(k, secret, label, seeds, out, n);
	if (k->hash == HASH_SHA384 && secret.n <= 128)
		return p_hash(k, secret, label, seeds, out, n);
	err = hash_start(k->crypto, k->scratch, k->hash);
	if (!err)
		err = hash_add(k->scratch, secret.p, secret.n);
	if (!err)
		err = hash_end(k->scratch, hashed);
	if (!err)
		err = p_hash(k, bytes_of(hashed, hash_len(k->hash)), label, seeds, out, n);
	wipe(hashed, sizeof(hashed));
	return err;
}

int schedule12_master(const struct kdf *k, struct bytes pre_master, bool extended,
		      const struct bytes seeds[2], struct secret *master)
{
	master->n = MASTER12_LEN;
	return prf12(k, pre_master, extended ? "extended master secret" : "master secret", seeds,
		     master->b, MASTER12_LEN);
}

int schedule12_key_block(const struct kdf *k, const struct secret *master,
			 const uint8_t client_random[RANDOM12_LEN],
			 const uint8_t server_random[RANDOM12_LEN], uint8_t *out, size_t n)
{
	/* The server's comes first here, unlike in the master secret (§6.3). */
	struct bytes seeds[2] = { { server_random, RANDOM12_LEN },
				  { client_random, RANDOM12_LEN } };

	return prf12(k, bytes_of(master->b, master->n), "key expansion", seeds, out, n);
}

int schedule12_finished(const struct kdf *k, const struct secret *master, bool of_client,
			const uint8_t *transcript_hash, uint8_t out[VERIFY12_LEN])
{
	struct bytes seeds[2] = { { transcript_hash, hash_len(k->hash) }, { NULL, 0 } };

	return prf12(k, bytes_of(master->b, master->n),
		     of_client ? "client finished" : "server finished", seeds, out, VERIFY12_LEN);
}
