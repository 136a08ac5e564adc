// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "crypto/hkdf.h"

/* Room for the key's block and what our own callers hash behind it: one call of the hash. */
enum { BLOCK_MAX = 128, GATHER = BLOCK_MAX + 256 };

static size_t block_len(enum hash_id id)
{
	return id == HASH_SHA384 ? 128 : 64;
}

/* One pass of HMAC: H((key xor pad) || parts). */
static int pass(const struct kdf *k, struct bytes key, uint8_t pad, const struct bytes *parts,
		size_t n, uint8_t *out)
{
	uint8_t gathered[GATHER];
	size_t used = block_len(k->hash), i;
	int err;

	memset(gathered, 0, BLOCK_MAX);
	if (key.n)
		memcpy(gathered, key.p, key.n);
	for (i = 0; i < BLOCK_MAX; i++)		/* a fixed number, for the compiler */
		gathered[i] ^= pad;
	for (i = 0; i < n && parts[i].n <= sizeof(gathered) - used; i++) {
		if (parts[i].n)
			memcpy(gathered + used, parts[i].p, parts[i].n);
		used += parts[i].n;
	}
	err = hash_start(k->crypto, k->scratch, k->hash);
	if (!err)
		err = hash_add(k->scratch, gathered, used);
	for (; !err && i < n; i++)
		if (parts[i].n)
			err = hash_add(k->scratch, parts[i].p, parts[i].n);
	if (!err)
		err = hash_end(k->scratch, out);
	wipe(gathered, used);
	return err;
}

int hmac_parts(const struct kdf *k, struct bytes key, const struct bytes *parts, size_t n,
	       uint8_t *out)
{
	uint8_t inner[HASH_MAX];
	struct bytes again = bytes_of(inner, hash_len(k->hash));
	int err;

	if (key.n > block_len(k->hash))
		return SEALSOCK_ERR_INVALID;
	err = pass(k, key, 0x36, parts, n, inner);
	if (!err)
		err = pass(k, key, 0x5c, &again, 1, out);
	wipe(inner, sizeof(inner));
	return err;
}

int hmac(const struct kdf *k, struct bytes key, struct bytes msg, uint8_t *out)
{
	return hmac_parts(k, key, &msg, 1, out);
}

int hkdf_extract(const struct kdf *k, struct bytes salt, struct bytes ikm, struct secret *out)
{
	out->n = (uint8_t)hash_len(k->hash);
	return hmac(k, salt, ikm, out->b);
}

int hkdf_expand_label(const struct kdf *k, const struct secret *secret, const char *label,
		      struct bytes context, uint8_t *out, size_t n)
{
	uint8_t info[2 + 1 + 255 + 1 + 255 + 1];
	size_t label_len = strlen(label), at = 0, len = hash_len(k->hash), done = 0;
	uint8_t t[HASH_MAX];
	uint8_t round = 0;
	int err = 0;

	if (label_len > LABEL_MAX || context.n > 255 || n > 255 * len)
		return SEALSOCK_ERR_INVALID;
	info[at++] = (uint8_t)(n >> 8);
	info[at++] = (uint8_t)n;
	info[at++] = (uint8_t)(6 + label_len);
	memcpy(info + at, "tls13 ", 6);
	memcpy(info + at + 6, label, label_len);
	at += 6 + label_len;
	info[at++] = (uint8_t)context.n;
	if (context.n)
		memcpy(info + at, context.p, context.n);
	at += context.n;

	while (!err && done < n) {
		struct bytes parts[2] = { { t, round ? len : 0 }, { info, at + 1 } };

		info[at] = ++round;
		err = hmac_parts(k, bytes_of(secret->b, secret->n), parts, 2, t);
		if (!err) {
			size_t part = n - done < len ? n - done : len;

			memcpy(out + done, t, part);
			done += part;
		}
	}
	wipe(t, sizeof(t));
	return err;
}
