// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A server's keys of Encrypted Client Hello, in files that rotate as those of tickets do. */
#include "base/watched.h"
#include "config/ech.h"

enum { KEYS_MAX = 32, TEXT_MAX = 256 << 10 };

struct ech_key {
	uint8_t priv[HPKE_PRIVATE];
	struct ech_config config;
};

/* What a text holds; @lists has what the configurations point to. */
struct ech_set {
	struct ech_key keys[KEYS_MAX];
	unsigned int count;
	struct buf lists;
	size_t first;			/* bytes of the first list */
};

struct sealsock_ech_keys {
	struct sealsock_ech_keys *next;
	const struct sealsock_env *env;
	struct crypto *crypto;
	struct sealsock_ech_keeper keeper; /* has the private keys; .open NULL: they are here */
	struct watched file;
	struct ech_set set;		/* under the lock of @file */
};

struct reading {
	const struct sealsock_ech_keys *k;
	struct ech_set set;
	struct kex *own;		/* the last private key … */
	uint8_t priv[HPKE_PRIVATE];	/* … and its bytes … */
	bool useless;			/* … which no configuration was for yet */
};

static int take_key(struct reading *r, struct bytes der)
{
	uint16_t group;
	int err;

	if (r->useless || r->k->keeper.open)
		return SEALSOCK_ERR_KEY;
	r->useless = true;
	kex_free(r->own);
	r->own = NULL;
	err = hpke_private_read(der, &group, r->priv);
	if (!err)
		err = kex_of_private(r->k->crypto, r->k->env, group, r->priv, bytes_of(NULL, 0),
				     &r->own);
	return err && err != SEALSOCK_ERR_NOMEM ? SEALSOCK_ERR_KEY : err;
}

/* Is the configuration for the last key? Where the keys are elsewhere, any will do. */
static bool is_for(const struct reading *r, const struct ech_config *c)
{
	uint16_t group = c->version == ECH_VERSION ? hpke_group(c->kem) : 0;

	return group && (r->k->keeper.open || (group == kex_group(r->own) &&
					       bytes_equal(c->key, kex_share(r->own))));
}

/* RFC 9934 §3: a private key, then the list of what it is for. */
static int take(void *arg, struct bytes der)
{
	struct reading *r = arg;
	struct ech_set *s = &r->set;
	struct ech_config c;
	struct bytes list;

	if (!ech_list_good(der))
		return take_key(r, der);
	if (!r->own && !r->k->keeper.open)
		return SEALSOCK_ERR_KEY;
	if (!s->first)
		s->first = der.n;
	/* There is room for it: what points into it stays where it is. */
	buf_append(&s->lists, der.p, der.n);
	ech_list_open(bytes_of(s->lists.p + s->lists.n - der.n, der.n), &list);
	while (list.n && ech_config_next(&list, &c)) {
		if (!is_for(r, &c))
			continue;
		if (s->count == KEYS_MAX)
			return SEALSOCK_ERR_INVALID;
		s->keys[s->count].config = c;
		memcpy(s->keys[s->count++].priv, r->priv, HPKE_PRIVATE);
		r->useless = false;
	}
	return 0;
}

static int read_text(void *arg, struct bytes pem)
{
	struct sealsock_ech_keys *k = arg;
	struct reading r = { .k = k };
	int err = SEALSOCK_ERR_NOMEM;

	buf_init(&r.set.lists, k->env);
	/* What PEM stands for is shorter than it. */
	if (buf_reserve(&r.set.lists, pem.n))
		err = pem_each_ech(pem, take, &r);
	if (!err && (r.useless || !r.set.count))
		err = SEALSOCK_ERR_KEY;
	buf_free(err ? &r.set.lists : &k->set.lists);
	if (!err)
		k->set = r.set;
	kex_free(r.own);
	wipe(&r, sizeof(r));
	return err;
}

int ech_keys_new(const struct sealsock_env *env, const char *path, struct bytes pem,
		 const struct sealsock_ech_keeper *keeper, struct sealsock_ech_keys **out)
{
	struct sealsock_ech_keys *k = mem_zalloc(env, sizeof(*k));
	int err;

	*out = NULL;
	if (!k)
		return SEALSOCK_ERR_NOMEM;
	k->env = env;
	buf_init(&k->set.lists, env);
	if (keeper)
		k->keeper = *keeper;
	k->crypto = crypto_get();
	err = watched_init(&k->file, env, path);
	if (!k->crypto)
		err = SEALSOCK_ERR_NOMEM;
	if (!err)
		err = path ? watched_read(&k->file, TEXT_MAX, read_text, k) : read_text(k, pem);
	if (err)
		sealsock_ech_keys_free(k);
	else
		*out = k;
	return err;
}

int sealsock_ech_keys_mem(const void *pem, size_t n, struct sealsock_ech_keys **keys)
{
	return ech_keys_new(&env_default, NULL, bytes_of(pem, n), NULL, keys);
}

void sealsock_ech_keys_free(struct sealsock_ech_keys *k)
{
	struct sealsock_ech_keys *next;

	for (; k; k = next) {
		next = k->next;
		buf_free(&k->set.lists);
		watched_free(&k->file);
		if (k->crypto)
			crypto_put(k->crypto);
		mem_free(k->env, k, sizeof(*k));
	}
}

void ech_keys_link(struct sealsock_ech_keys **list, struct sealsock_ech_keys *k)
{
	while (*list)
		list = &(*list)->next;
	*list = k;
}

void ech_keys_refresh(struct sealsock_ech_keys *k)
{
	for (; k; k = k->next)
		watched_refresh(&k->file, TEXT_MAX, read_text, k);
}

static const struct ech_key *find_key(const struct sealsock_ech_keys *k, struct bytes share)
{
	unsigned int i;

	for (i = 0; i < k->set.count; i++)
		if (bytes_equal(k->set.keys[i].config.key, share))
			return &k->set.keys[i];
	return NULL;
}

int sealsock_ech_keys_open(const struct sealsock_ech_keys *k, const void *share,
			   size_t share_len, const void *enc, size_t enc_len, void *secret)
{
	const struct ech_key *key = find_key(k, bytes_of(share, share_len));
	struct secret shared = { .n = 0 };
	struct kex *own = NULL;
	struct hash *scratch;
	int err;

	if (!key)
		return SEALSOCK_ERR_KEY;
	scratch = hash_new();
	err = scratch ? kex_of_private(k->crypto, k->env, hpke_group(key->config.kem), key->priv,
				       key->config.key, &own) : SEALSOCK_ERR_NOMEM;
	if (!err)
		err = hpke_kem(k->crypto, scratch, own, bytes_of(enc, enc_len), false, &shared);
	if (!err)
		memcpy(secret, shared.b, SEALSOCK_ECH_SECRET);
	secret_wipe(&shared);
	kex_free(own);
	hash_free(scratch);
	return err;
}

/* With one key: 0, BAD_RECORD, or an error of ours. */
static int try_key(const struct sealsock_ech_keys *k, const struct ech_key *key,
		   struct hash *scratch, const struct ech_hello *h, struct bytes aad,
		   struct hpke *context, uint8_t *plain)
{
	const struct ech_config *c = &key->config;
	struct hpke_suite s = { c->kem, h->kdf, h->aead };
	struct secret shared = { .n = SEALSOCK_ECH_SECRET };
	int err;

	if (h->id != c->id || !ech_suite_listed(c, &s))
		return SEALSOCK_ERR_BAD_RECORD;
	if (k->keeper.open)
		err = k->keeper.open(k->keeper.arg, c->key.p, c->key.n, h->enc.p, h->enc.n,
				     shared.b);
	else
		err = sealsock_ech_keys_open(k, c->key.p, c->key.n, h->enc.p, h->enc.n, shared.b);
	if (!err) {
		err = ech_setup(k->crypto, scratch, c, &s, &shared, false, context);
		if (!err)
			err = hpke_open(context, aad, h->payload, plain);
		if (err)
			hpke_close(context);
	}
	secret_wipe(&shared);
	return err == SEALSOCK_ERR_ILLEGAL || err == SEALSOCK_ERR_KEY ? SEALSOCK_ERR_BAD_RECORD :
									err;
}

int ech_keys_open(struct sealsock_ech_keys *k, struct hash *scratch, const struct ech_hello *h,
		  struct bytes aad, struct hpke *context, uint8_t *plain)
{
	int err = SEALSOCK_ERR_BAD_RECORD;
	unsigned int i;

	for (; k && err == SEALSOCK_ERR_BAD_RECORD; k = k->next) {
		pthread_rwlock_rdlock(&k->file.lock);
		for (i = 0; i < k->set.count && err == SEALSOCK_ERR_BAD_RECORD; i++)
			err = try_key(k, &k->set.keys[i], scratch, h, aad, context, plain);
		pthread_rwlock_unlock(&k->file.lock);
	}
	return err;
}

void ech_keys_retry(struct sealsock_ech_keys *k, struct builder *w)
{
	size_t mark = wr_open(w, 2);

	for (; k; k = k->next) {
		pthread_rwlock_rdlock(&k->file.lock);
		wr_bytes(w, k->set.lists.p + 2, k->set.first - 2);
		pthread_rwlock_unlock(&k->file.lock);
	}
	wr_close(w, mark, 2);
}
