// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "crypto/hkdf.h"

int hmac_parts(const struct kdf *k, struct bytes key, const struct bytes *parts, size_t n,
	       uint8_t *out)
{
	return hash_mac(k->scratch, k->hash, key, parts, n, out);
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
