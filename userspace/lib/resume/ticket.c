// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
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
	const struct sealsock_env *env;
	const struct crypto *crypto;
	char *path;
	pthread_rwlock_t lock;		/* of what follows */
	struct ticket_key keys[KEYS_MAX];
	unsigned int count;
	bool given;			/* by ticket_keys_set(): none is made here */
	int64_t looked;			/* at the file, or when the first key was made */
	struct stat seen;		/* of the file */
};

/* Reads the file into @keys. FILE, INVALID. */
static int read_keys(const char *path, struct ticket_key keys[KEYS_MAX], unsigned int *count,
		     struct stat *seen)
{
	uint8_t more;
	ssize_t n = -1, extra = -1;
	int fd = fd_apart(open(path, O_RDONLY | O_CLOEXEC));

	if (fd < 0)
		return SEALSOCK_ERR_FILE;
	if (fstat(fd, seen) == 0) {
		n = read(fd, keys, KEYS_MAX * sizeof(keys[0]));
		extra = read(fd, &more, 1);
	}
	close(fd);
	if (n < 0 || extra < 0)
		return SEALSOCK_ERR_FILE;
	if (n == 0 || extra || (size_t)n % sizeof(keys[0]))
		return SEALSOCK_ERR_INVALID;
	*count = (unsigned int)((size_t)n / sizeof(keys[0]));
	return 0;
}

/* A new key in front; the last of too many goes. The lock is held, or nobody else is there yet. */
static int make_key(struct ticket_keys *k, int64_t now)
{
	struct ticket_key made;

	if (k->env->random(k->env->arg, &made, sizeof(made)) != 0)
		return SEALSOCK_ERR_RANDOM;
	if (k->count < KEYS_MADE)
		k->count++;
	memmove(k->keys + 1, k->keys, (k->count - 1) * sizeof(made));
	k->keys[0] = made;
	k->looked = now;
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
	k->env = env;
	k->crypto = crypto;
	pthread_rwlock_init(&k->lock, NULL);
	if (path) {
		k->path = mem_strndup(env, path, strlen(path));
		err = k->path ? read_keys(path, k->keys, &k->count, &k->seen) :
				SEALSOCK_ERR_NOMEM;
	} else {
		err = make_key(k, env->now(env->arg));
	}
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
	pthread_rwlock_destroy(&k->lock);
	mem_free(k->env, k->path, k->path ? strlen(k->path) + 1 : 0);
	mem_free(k->env, k, sizeof(*k));
}

static void read_again(struct ticket_keys *k)
{
	struct ticket_key keys[KEYS_MAX];
	unsigned int count;
	struct stat now;

	if (stat(k->path, &now) || fd_same_file(&now, &k->seen))
		return;
	if (read_keys(k->path, keys, &count, &now) == 0) {
		memcpy(k->keys, keys, count * sizeof(keys[0]));
		wipe(k->keys + count, (KEYS_MAX - count) * sizeof(keys[0]));
		k->count = count;
		k->seen = now;
	}
	wipe(keys, sizeof(keys));
}

/* The clock may be set back: what was looked at in the future is looked at again. */
static bool is_due(const struct ticket_keys *k, int64_t now)
{
	if (k->given)
		return false;
	return k->path ? now != k->looked : now - k->looked >= SEAL_SECONDS || now < k->looked;
}

void ticket_keys_refresh(struct ticket_keys *k)
{
	int64_t now = k->env->now(k->env->arg);
	bool due;

	pthread_rwlock_rdlock(&k->lock);
	due = is_due(k, now);
	pthread_rwlock_unlock(&k->lock);
	if (!due)
		return;
	pthread_rwlock_wrlock(&k->lock);
	if (is_due(k, now)) {
		if (k->path) {
			k->looked = now;
			read_again(k);
		} else {
			make_key(k, now);
		}
	}
	pthread_rwlock_unlock(&k->lock);
}

int ticket_keys_set(struct ticket_keys *k, struct bytes keys)
{
	if (!keys.n || keys.n % sizeof(k->keys[0]) || keys.n > sizeof(k->keys))
		return SEALSOCK_ERR_INVALID;
	pthread_rwlock_wrlock(&k->lock);
	wipe(k->keys, sizeof(k->keys));
	memcpy(k->keys, keys.p, keys.n);
	k->count = (unsigned int)(keys.n / sizeof(k->keys[0]));
	k->given = true;
	pthread_rwlock_unlock(&k->lock);
	return 0;
}

/* The key that seals, or the one with @name: a copy, to be wiped. */
static bool find_key(struct ticket_keys *k, const uint8_t *name, struct ticket_key *out)
{
	unsigned int i;
	bool found = false;

	pthread_rwlock_rdlock(&k->lock);
	for (i = 0; !found && i < k->count; i++) {
		found = !name || memcmp(k->keys[i].name, name, NAME) == 0;
		if (found)
			*out = k->keys[i];
	}
	pthread_rwlock_unlock(&k->lock);
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
