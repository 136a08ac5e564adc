// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "keys/transcript.h"

enum { MSG_MESSAGE_HASH = 254 };

int transcript_init(struct transcript *t, const struct crypto *c)
{
	t->kdf.crypto = c;
	t->hash = hash_new();
	t->kdf.scratch = hash_new();
	return t->hash && t->kdf.scratch ? 0 : SEALSOCK_ERR_NOMEM;
}

void transcript_free(struct transcript *t)
{
	hash_free(t->hash);
	hash_free(t->kdf.scratch);
	*t = (struct transcript){ 0 };
}

int transcript_start(struct transcript *t, enum hash_id id)
{
	t->kdf.hash = id;
	t->is_last = false;
	return hash_start(t->kdf.crypto, t->hash, id);
}

int transcript_add(struct transcript *t, struct bytes message)
{
	t->is_last = false;
	return hash_add(t->hash, message.p, message.n);
}

int transcript_follow(struct transcript *t, enum hash_id id, const struct hash *from)
{
	t->kdf.hash = id;
	t->is_last = false;
	return hash_copy(t->hash, from);
}

int transcript_fold(struct transcript *t)
{
	size_t len = hash_len(t->kdf.hash);
	uint8_t msg[4 + HASH_MAX] = { MSG_MESSAGE_HASH, 0, 0, (uint8_t)len };
	int err = hash_end(t->hash, msg + 4);

	t->is_last = false;
	if (!err)
		err = hash_start(t->kdf.crypto, t->hash, t->kdf.hash);
	if (!err)
		err = hash_add(t->hash, msg, 4 + len);
	return err;
}

int transcript_hash(struct transcript *t, uint8_t out[HASH_MAX])
{
	int err = 0;

	if (!t->is_last) {
		err = hash_copy(t->kdf.scratch, t->hash);
		if (!err)
			err = hash_end(t->kdf.scratch, t->last);
		t->is_last = !err;
	}
	memcpy(out, t->last, sizeof(t->last));
	return err;
}
