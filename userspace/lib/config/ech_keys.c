// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A server's keys of Encrypted Client Hello, in files that rotate as those of tickets do. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/ech.h"

enum { KEYS_MAX = 32, FILE_MAX = 256 << 10 };

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

struct ech_keys {
	struct ech_keys *next;
	const struct sealsock_env *env;
	const struct crypto *crypto;
	struct sealsock_ech_keeper keeper; /* has the private keys; .open NULL: they are here */
	char *path;			/* NULL: not of a file */
	pthread_rwlock_t lock;		/* of what follows */
	struct ech_set *set;
	int64_t looked;
	struct stat seen;
};

static void set_free(struct ech_set *s, const struct sealsock_env *env)
{
	if (!s)
		return;
	buf_free(&s->lists);
	mem_free(env, s, sizeof(*s));
}

struct reading {
	const struct sealsock_env *env;
	const struct crypto *crypto;
	struct ech_set *set;
	uint16_t group;			/* of the last private key; 0: none yet */
	uint8_t priv[HPKE_PRIVATE];
	bool useless;			/* no configuration was for the last key */
	bool lists;			/* the keys are elsewhere: any configuration will do */
};

static int add_list(struct reading *r, struct bytes text, struct bytes share)
{
	struct ech_set *s = r->set;
	struct ech_config c;
	struct bytes list;

	if (!s->first)
		s->first = text.n;
	/* There is room for it: what points into it stays where it is. */
	memcpy(s->lists.p + s->lists.n, text.p, text.n);
	ech_list_open(bytes_of(s->lists.p + s->lists.n, text.n), &list);
	s->lists.n += text.n;
	while (list.n && ech_config_next(&list, &c)) {
		if (c.version != ECH_VERSION || !hpke_group(c.kem))
			continue;
		if (!r->lists && (hpke_group(c.kem) != r->group || !bytes_equal(c.key, share)))
			continue;
		if (s->count == KEYS_MAX)
			return SEALSOCK_ERR_INVALID;
		memcpy(s->keys[s->count].priv, r->priv, HPKE_PRIVATE);
		s->keys[s->count++].config = c;
		r->useless = false;
	}
	return 0;
}

/* RFC 9934 §3: a private key, then the list of what it is for. */
static int take(void *arg, struct bytes der)
{
	struct reading *r = arg;
	struct kex *k;
	int err;

	if (r->lists)
		return ech_list_good(der) ? add_list(r, der, bytes_of(NULL, 0)) :
					    SEALSOCK_ERR_KEY;
	if (!ech_list_good(der)) {
		if (r->useless)
			return SEALSOCK_ERR_KEY;
		r->useless = true;
		return hpke_private_read(der, &r->group, r->priv);
	}
	if (!r->group)
		return SEALSOCK_ERR_KEY;
	err = kex_of_private(r->crypto, r->env, r->group, r->priv, bytes_of(NULL, 0), &k);
	if (err)
		return err == SEALSOCK_ERR_NOMEM ? err : SEALSOCK_ERR_KEY;
	err = add_list(r, der, kex_share(k));
	kex_free(k);
	return err;
}

static int read_text(const struct ech_keys *k, struct bytes pem, struct ech_set **out)
{
	const struct sealsock_env *env = k->env;
	struct reading r = {
		.env = env, .crypto = k->crypto, .set = mem_zalloc(env, sizeof(**out)),
		.lists = k->keeper.open,
	};
	int err = SEALSOCK_ERR_NOMEM;

	if (!r.set)
		return err;
	buf_init(&r.set->lists, env);
	/* What PEM stands for is shorter than it. */
	if (buf_reserve(&r.set->lists, pem.n))
		err = pem_each_ech(pem, take, &r);
	if (!err && (r.useless || !r.set->count))
		err = SEALSOCK_ERR_KEY;
	wipe(r.priv, sizeof(r.priv));
	if (err)
		set_free(r.set, env);
	else
		*out = r.set;
	return err;
}

static int read_file(struct ech_keys *k, struct ech_set **out, struct stat *seen)
{
	int fd = fd_apart(open(k->path, O_RDONLY | O_CLOEXEC)), err = SEALSOCK_ERR_FILE;
	struct buf text;
	ssize_t n = -1;

	if (fd < 0)
		return err;
	buf_init(&text, k->env);
	if (fstat(fd, seen) == 0 && !buf_reserve(&text, FILE_MAX))
		err = SEALSOCK_ERR_NOMEM;
	else
		n = read(fd, text.p, FILE_MAX);
	close(fd);
	text.n = n > 0 ? (size_t)n : 0;
	if (n >= 0)
		err = n < FILE_MAX ? read_text(k, bytes_of(text.p, text.n), out) :
				     SEALSOCK_ERR_INVALID;
	buf_free(&text);
	return err;
}

int ech_keys_new(const struct sealsock_env *env, const struct crypto *crypto, const char *path,
		 struct bytes pem, const struct sealsock_ech_keeper *keeper, struct ech_keys **out)
{
	struct ech_keys *k = mem_zalloc(env, sizeof(*k));
	int err = SEALSOCK_ERR_NOMEM;

	if (!k)
		return err;
	k->env = env;
	k->crypto = crypto;
	if (keeper)
		k->keeper = *keeper;
	pthread_rwlock_init(&k->lock, NULL);
	if (path)
		k->path = mem_strndup(env, path, strlen(path));
	if (!path)
		err = read_text(k, pem, &k->set);
	else if (k->path)
		err = read_file(k, &k->set, &k->seen);
	if (err)
		ech_keys_free(k);
	else
		*out = k;
	return err;
}

void ech_keys_free(struct ech_keys *k)
{
	struct ech_keys *next;

	for (; k; k = next) {
		next = k->next;
		set_free(k->set, k->env);
		pthread_rwlock_destroy(&k->lock);
		mem_free(k->env, k->path, k->path ? strlen(k->path) + 1 : 0);
		mem_free(k->env, k, sizeof(*k));
	}
}

void ech_keys_link(struct ech_keys **list, struct ech_keys *k)
{
	while (*list)
		list = &(*list)->next;
	*list = k;
}

/* Under the lock. */
static void read_again(struct ech_keys *k)
{
	struct ech_set *set;
	struct stat now;

	if (stat(k->path, &now) || fd_same_file(&now, &k->seen) || read_file(k, &set, &now))
		return;
	set_free(k->set, k->env);
	k->set = set;
	k->seen = now;
}

void ech_keys_refresh(struct ech_keys *k)
{
	int64_t now;
	bool due;

	for (; k; k = k->next) {
		now = k->env->now(k->env->arg);
		pthread_rwlock_rdlock(&k->lock);
		due = k->path && k->looked != now;
		pthread_rwlock_unlock(&k->lock);
		if (!due)
			continue;
		pthread_rwlock_wrlock(&k->lock);
		if (k->looked != now) {
			k->looked = now;
			read_again(k);
		}
		pthread_rwlock_unlock(&k->lock);
	}
}

static bool lists_suite(struct bytes list, uint16_t kdf, uint16_t aead)
{
	uint16_t a, b;

	while (rd_u16(&list, &a) && rd_u16(&list, &b))
		if (a == kdf && b == aead)
			return true;
	return false;
}

int ech_info(const struct ech_config *c, struct buf *out)
{
	/* The final NUL is the zero byte of §6.1. */
	return buf_append(out, "tls ech", 8) && buf_append(out, c->whole.p, c->whole.n) ?
	       0 : SEALSOCK_ERR_NOMEM;
}

static int decap(const struct ech_keys *k, const struct ech_key *key, struct hash *scratch,
		 struct bytes enc, struct secret *shared)
{
	struct kex *own = NULL;
	int err;

	if (k->keeper.open) {
		shared->n = SEALSOCK_ECH_SECRET;
		return k->keeper.open(k->keeper.arg, key->config.key.p, key->config.key.n, enc.p,
				      enc.n, shared->b);
	}
	err = kex_of_private(k->crypto, k->env, hpke_group(key->config.kem), key->priv,
			     key->config.key, &own);
	if (!err)
		err = hpke_decap(k->crypto, scratch, own, enc, shared);
	kex_free(own);
	return err;
}

int ech_keys_decap(struct ech_keys *k, struct hash *scratch, struct bytes share,
		   struct bytes enc, struct secret *shared)
{
	int err = SEALSOCK_ERR_KEY;
	unsigned int i;

	for (; k; k = k->next)
		for (i = 0; i < k->set->count && err == SEALSOCK_ERR_KEY; i++)
			if (bytes_equal(k->set->keys[i].config.key, share))
				err = decap(k, &k->set->keys[i], scratch, enc, shared);
	return err;
}

/* With one key: 0, BAD_RECORD, or an error of ours. */
static int try_key(const struct ech_keys *k, const struct ech_key *key, struct hash *scratch,
		   const struct ech_hello *h, struct bytes aad, struct hpke *context,
		   uint8_t *plain)
{
	struct hpke_suite s = { key->config.kem, h->kdf, h->aead };
	struct secret shared = { .n = 0 };
	struct buf info;
	int err;

	if (h->id != key->config.id || !hpke_known(&s) ||
	    !lists_suite(key->config.suites, s.kdf, s.aead))
		return SEALSOCK_ERR_BAD_RECORD;
	buf_init(&info, k->env);
	err = ech_info(&key->config, &info);
	if (!err)
		err = decap(k, key, scratch, h->enc, &shared);
	if (!err) {
		err = hpke_setup_shared(k->crypto, scratch, &s, &shared,
					bytes_of(info.p, info.n), context);
		if (!err)
			err = hpke_open(context, aad, h->payload, plain);
		if (err)
			hpke_close(context);
	}
	secret_wipe(&shared);
	buf_free(&info);
	return err == SEALSOCK_ERR_ILLEGAL || err == SEALSOCK_ERR_KEY ? SEALSOCK_ERR_BAD_RECORD :
									err;
}

int ech_keys_open(struct ech_keys *k, struct hash *scratch, const struct ech_hello *h,
		  struct bytes aad, struct hpke *context, uint8_t *plain)
{
	int err = SEALSOCK_ERR_BAD_RECORD;
	unsigned int i;

	for (; k && err == SEALSOCK_ERR_BAD_RECORD; k = k->next) {
		pthread_rwlock_rdlock(&k->lock);
		for (i = 0; i < k->set->count && err == SEALSOCK_ERR_BAD_RECORD; i++)
			err = try_key(k, &k->set->keys[i], scratch, h, aad, context, plain);
		pthread_rwlock_unlock(&k->lock);
	}
	return err;
}

void ech_keys_retry(struct ech_keys *k, struct builder *w)
{
	size_t mark = wr_open(w, 2);

	for (; k; k = k->next) {
		pthread_rwlock_rdlock(&k->lock);
		wr_bytes(w, k->set->lists.p + 2, k->set->first - 2);
		pthread_rwlock_unlock(&k->lock);
	}
	wr_close(w, mark, 2);
}
