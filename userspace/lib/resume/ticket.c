// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "base/watched.h"
#include "resume/ticket.h"

enum {
	NAME = 16,
	SALT = TICKET_SALT,
	KEY = 32,
	KEYS_MAX = 16,
	/* Keys made here seal for this long, and open until their last ticket has expired. */
	SEAL_SECONDS = 12 * 3600,
	KEYS_MADE = 4,
};

struct ticket_key {
	uint8_t name[NAME];
	uint8_t key[KEY];
};

_Static_assert(sizeof(struct ticket_key) == NAME + KEY, "as in the file");

struct ticket_keys {
	const struct crypto *crypto;
	struct watched file;		/* and the lock of what follows */
	struct ticket_key keys[KEYS_MAX];
	unsigned int count;
	bool given;			/* by ticket_keys_set(): none is made here */
	int64_t made;			/* when the first key was, without a file */
};

static int take_keys(struct ticket_keys *k, struct bytes keys)
{
	if (!keys.n || keys.n % sizeof(k->keys[0]) || keys.n > sizeof(k->keys))
		return SEALSOCK_ERR_INVALID;
	wipe(k->keys, sizeof(k->keys));
	memcpy(k->keys, keys.p, keys.n);
	k->count = (unsigned int)(keys.n / sizeof(k->keys[0]));
	return 0;
}

static int take_file(void *arg, struct bytes keys)
{
	struct ticket_keys *k = arg;

	return k->given ? 0 : take_keys(k, keys);
}

/* A new key in front; the last of too many goes. The lock is held, or nobody else is there yet. */
static int make_key(struct ticket_keys *k, int64_t now)
{
	struct ticket_key made;

	if (k->file.env->random(k->file.env->arg, &made, sizeof(made)) != 0)
		return SEALSOCK_ERR_RANDOM;
	if (k->count < KEYS_MADE)
		k->count++;
	memmove(k->keys + 1, k->keys, (k->count - 1) * sizeof(made));
	k->keys[0] = made;
	k->made = now;
	wipe(&made, sizeof(made));
	return 0;
}

int ticket_keys_new(const struct sealsock_env *env, const struct crypto *crypto, const char *path,
		    struct ticket_keys **out)
{
	struct ticket_keys *k = mem_zalloc(env, sizeof(*k));
	int err;

	if (!k)
		return SEALSOCK_ERR_NOMEM;
	k->crypto = crypto;
	err = watched_init(&k->file, env, path);
	if (!err)
		err = path ? watched_read(&k->file, sizeof(k->keys), take_file, k) :
			     make_key(k, env->now(env->arg));
	if (err) {
		ticket_keys_free(k);
		return err;
	}
	*out = k;
	return 0;
}

void ticket_keys_free(struct ticket_keys *k)
{
	if (!k)
		return;
	watched_free(&k->file);
	mem_free(k->file.env, k, sizeof(*k));
}

/* The clock may be set back: what was made in the future has served its time. */
static bool is_due(const struct ticket_keys *k, int64_t now)
{
	return !k->given && !k->file.path && (now - k->made >= SEAL_SECONDS || now < k->made);
}

void ticket_keys_refresh(struct ticket_keys *k)
{
	int64_t now = k->file.env->now(k->file.env->arg);
	bool due;

	watched_refresh(&k->file, sizeof(k->keys), take_file, k);
	pthread_rwlock_rdlock(&k->file.lock);
	due = is_due(k, now);
	pthread_rwlock_unlock(&k->file.lock);
	if (!due)
		return;
	pthread_rwlock_wrlock(&k->file.lock);
	if (is_due(k, now))
		make_key(k, now);
	pthread_rwlock_unlock(&k->file.lock);
}

int ticket_keys_set(struct ticket_keys *k, struct bytes keys)
{
	int err;

	pthread_rwlock_wrlock(&k->file.lock);
	err = take_keys(k, keys);
	if (!err)
		k->given = true;
	pthread_rwlock_unlock(&k->file.lock);
	return err;
}

/* The key that seals, or the one with @name: a copy, to be wiped. */
static bool find_key(struct ticket_keys *k, const uint8_t *name, struct ticket_key *out)
{
	unsigned int i;
	bool found = false;

	pthread_rwlock_rdlock(&k->file.lock);
	for (i = 0; !found && i < k->count; i++) {
		found = !name || memcmp(k->keys[i].name, name, NAME) == 0;
		if (found)
			*out = k->keys[i];
	}
	pthread_rwlock_unlock(&k->file.lock);
	return found;
}

/* An AEAD keyed for the ticket with this salt. */
static int ticket_aead(const struct ticket_keys *k, const struct ticket_key *key,
		       struct hash *scratch, const uint8_t *salt, bool seal, struct aead **out)
{
	struct kdf kdf = { k->crypto, scratch, HASH_SHA256 };
	uint8_t derived[HASH_MAX];
	int err;

	*out = aead_new();
	err = *out ? hmac(&kdf, bytes_of(key->key, KEY), bytes_of(salt, SALT), derived) :
		     SEALSOCK_ERR_NOMEM;
	if (!err)
		err = aead_key(k->crypto, *out, AEAD_AES_256_GCM, seal, derived);
	wipe(derived, sizeof(derived));
	return err;
}

static const uint8_t nonce[AEAD_NONCE];		/* the key is used once */

int ticket_seal(struct ticket_keys *k, struct hash *scratch, const uint8_t salt[TICKET_SALT],
		struct bytes state, struct builder *w)
{
	struct bytes in[2] = { state, { NULL, 0 } };
	struct ticket_key key;
	uint8_t head[NAME + SALT];
	struct aead *aead = NULL;
	int err;

	if (!find_key(k, NULL, &key))
		return SEALSOCK_ERR_CRYPTO;
	memcpy(head, key.name, NAME);
	memcpy(head + NAME, salt, SALT);
	err = ticket_aead(k, &key, scratch, salt, true, &aead);
	wr_bytes(w, head, sizeof(head));
	if (!err && (w->bad || !buf_reserve(w->buf, state.n + AEAD_TAG)))
		err = SEALSOCK_ERR_NOMEM;
	if (!err)
		err = aead_seal(aead, nonce, bytes_of(head, sizeof(head)), in,
				w->buf->p + w->buf->n);
	if (!err)
		w->buf->n += state.n + AEAD_TAG;
	aead_free(aead);
	wipe(&key, sizeof(key));
	return err;
}

int ticket_open(struct ticket_keys *k, struct hash *scratch, struct bytes ticket, struct buf *out)
{
	struct ticket_key key;
	struct aead *aead = NULL;
	struct bytes head;
	int err;

	if (ticket.n < TICKET_OVERHEAD || !rd_bytes(&ticket, NAME + SALT, &head) ||
	    !find_key(k, head.p, &key))
		return SEALSOCK_ERR_BAD_RECORD;
	err = ticket_aead(k, &key, scratch, head.p + NAME, false, &aead);
	if (!err && !buf_reserve(out, ticket.n))
		err = SEALSOCK_ERR_NOMEM;
	if (!err)
		err = aead_open(aead, nonce, head, ticket.p, ticket.n, out->p + out->n);
	if (!err)
		out->n += ticket.n - AEAD_TAG;
	aead_free(aead);
	wipe(&key, sizeof(key));
	return err;
}
