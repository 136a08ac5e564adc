// SPDX-License-Identifier: GPL-2.0-only
#include <crypto/authenc.h>
#include <crypto/internal/aead.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "spare.h"

enum {
	KEPT_MOST = 16,		/* of a suite */
	LOOK_AGAIN = 60 * HZ,	/* so often the name is looked up all the same */
};

/**
 * struct spares - those of one suite
 * @lock: of the rest
 * @alg: what its name stood for when it was looked up; only to compare with
 * @looked: when that was, in jiffies
 * @count: of @spare
 * @spare: with transforms of @alg whose key is zeros
 */
struct spares {
	spinlock_t lock;	/* of all that follows */
	const struct aead_alg *alg;
	unsigned long looked;
	unsigned int count;
	struct seal_spare *spare[KEPT_MOST];
};

/* One for each of seal_suites. Before seal_spare_init() and behind seal_spare_exit() NULL. */
static struct spares *spares;

static unsigned int most = KEPT_MOST;

void seal_spare_free(struct seal_spare *spare)
{
	crypto_free_aead(spare->aead);
	kfree(spare);
}

static void drop(struct seal_spare **spare, unsigned int count)
{
	while (count--)
		seal_spare_free(spare[count]);
}

/* Those above @left are for the caller, who has room for KEPT_MOST, to drop. Their number. */
static unsigned int give_up(struct spares *s, unsigned int left, struct seal_spare **spare)
{
	unsigned int count = s->count > left ? s->count - left : 0;

	s->count -= count;
	memcpy(spare, s->spare + s->count, count * sizeof(*spare));
	return count;
}

/* Under kernel_param_lock(), perhaps while the module comes or goes. */
static int set_most(const char *text, const struct kernel_param *param)
{
	struct seal_spare *old[KEPT_MOST];
	unsigned int i, count;
	int err;

	err = param_set_uint_minmax(text, param, 0, KEPT_MOST);
	for (i = 0; !err && spares && i < seal_suite_count; i++) {
		spin_lock(&spares[i].lock);
		count = give_up(&spares[i], most, old);
		spin_unlock(&spares[i].lock);
		drop(old, count);
	}
	return err;
}

static const struct kernel_param_ops most_ops = { .set = set_most, .get = param_get_uint };

module_param_cb(spare_ciphers, &most_ops, &most, 0644);
MODULE_PARM_DESC(spare_ciphers, "transforms of each cipher that wait for the next key (0 to 16)");

int seal_spare_init(void)
{
	struct spares *made = kcalloc(seal_suite_count, sizeof(*made), GFP_KERNEL);
	unsigned int i;

	if (!made)
		return -ENOMEM;
	for (i = 0; i < seal_suite_count; i++)
		spin_lock_init(&made[i].lock);
	kernel_param_lock(THIS_MODULE);
	spares = made;
	kernel_param_unlock(THIS_MODULE);
	return 0;
}

void seal_spare_exit(void)
{
	unsigned int i;

	kernel_param_lock(THIS_MODULE);
	for (i = 0; i < seal_suite_count; i++)
		drop(spares[i].spare, spares[i].count);
	kfree(spares);
	spares = NULL;
	kernel_param_unlock(THIS_MODULE);
}

static struct spares *of(const struct seal_suite *suite)
{
	return &spares[suite - seal_suites];
}

/* One that waits, unless it is time to look up the name again. */
static struct seal_spare *take(struct spares *s)
{
	struct seal_spare *spare = NULL;

	spin_lock(&s->lock);
	if (s->count && time_before(jiffies, s->looked + LOOK_AGAIN))
		spare = s->spare[--s->count];
	spin_unlock(&s->lock);
	return spare;
}

/* The crypto API has this now: what it had before is kept no longer. */
static void saw(struct spares *s, const struct aead_alg *alg)
{
	struct seal_spare *old[KEPT_MOST];
	unsigned int count = 0;

	spin_lock(&s->lock);
	s->looked = jiffies;
	if (s->alg != alg) {
		s->alg = alg;
		count = give_up(s, 0, old);
	}
	spin_unlock(&s->lock);
	drop(old, count);
}

/* Whoever registered it has taken it back, or made it anew of better parts. */
static bool is_gone(struct crypto_aead *aead)
{
	return crypto_aead_tfm(aead)->__crt_alg->cra_flags & (CRYPTO_ALG_DEAD | CRYPTO_ALG_DYING);
}

/* A transform that the crypto API makes. */
static struct crypto_aead *make(struct spares *s, const struct seal_suite *suite)
{
	struct crypto_aead *aead;
	int err;

	/*
	 * Masking CRYPTO_ALG_ASYNC away would pick a slow implementation:
	 * the fast ones are asynchronous by name only.
	 */
	aead = crypto_alloc_aead(suite->aead, 0, 0);
	if (IS_ERR(aead))
		return aead;
	err = crypto_aead_setauthsize(aead, suite->tag_len);
	if (err) {
		crypto_free_aead(aead);
		return ERR_PTR(err);
	}
	saw(s, crypto_aead_alg(aead));
	return aead;
}

struct seal_spare *seal_spare_get(const struct seal_suite *suite, size_t size)
{
	struct spares *s = of(suite);
	struct seal_spare *spare;
	struct crypto_aead *aead;

	while ((spare = take(s))) {
		if (!is_gone(spare->aead))
			return spare;
		seal_spare_free(spare);
	}

	aead = make(s, suite);
	if (IS_ERR(aead))
		return ERR_CAST(aead);
	/* Like the transform it may be another's later: on nobody's bill. */
	spare = kzalloc(size, GFP_KERNEL);
	if (!spare) {
		crypto_free_aead(aead);
		return ERR_PTR(-ENOMEM);
	}
	spare->aead = aead;
	return spare;
}

static bool keep(struct spares *s, struct seal_spare *spare)
{
	bool room;

	spin_lock(&s->lock);
	room = s->alg == crypto_aead_alg(spare->aead) && s->count < READ_ONCE(most);
	if (room)
		s->spare[s->count++] = spare;
	spin_unlock(&s->lock);
	return room;
}

void seal_spare_put(const struct seal_suite *suite, struct seal_spare *spare)
{
	static const u8 zeros[SEAL_MAX_MAC_KEY] __aligned(16);
	struct spares *s = of(suite);

	/* Without the lock: most often right, and keep() looks again. */
	if (READ_ONCE(s->count) >= READ_ONCE(most) || is_gone(spare->aead) ||
	    seal_spare_set_key(suite, spare->aead, zeros, zeros) || !keep(s, spare))
		seal_spare_free(spare);
}

/* What authenc() takes as one key: a header, then both. */
struct authenc_key {
	struct rtattr attr;
	struct crypto_authenc_key_param param;
	u8 keys[SEAL_MAX_MAC_KEY + SEAL_MAX_KEY];
};

static int set_authenc_key(struct crypto_aead *aead, const struct seal_suite *suite,
			   const u8 *secret, const u8 *mac_secret)
{
	struct authenc_key blob = {
		.attr.rta_len = RTA_LENGTH(sizeof(blob.param)),
		.attr.rta_type = CRYPTO_AUTHENC_KEYA_PARAM,
		.param.enckeylen = cpu_to_be32(suite->key_len),
	};
	int err;

	memcpy(blob.keys, mac_secret, suite->mac_key_len);
	memcpy(blob.keys + suite->mac_key_len, secret, suite->key_len);
	err = crypto_aead_setkey(aead, (u8 *)&blob, offsetof(struct authenc_key, keys) +
				 suite->mac_key_len + suite->key_len);
	memzero_explicit(&blob, sizeof(blob));
	return err;
}

int seal_spare_set_key(const struct seal_suite *suite, struct crypto_aead *aead,
		       const u8 *secret, const u8 *mac_secret)
{
	return suite->mac_key_len ? set_authenc_key(aead, suite, secret, mac_secret) :
				    crypto_aead_setkey(aead, secret, suite->key_len);
}
