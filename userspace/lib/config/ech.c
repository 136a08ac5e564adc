// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Setters of Encrypted Client Hello (RFC 9849), and how its keys are made. */
#include <ctype.h>

#include "config/config.h"
#include "config/ech.h"

bool ech_public_name_good(struct bytes name)
{
	const uint8_t *last = name.n ? memrchr(name.p, '.', name.n) : NULL, *end = name.p + name.n;

	if (!dns_is_name(name) || memchr(name.p, '_', name.n))
		return false;
	last = last ? last + 1 : name.p;
	if (end - last < 2 || last[0] != '0' || (last[1] | 0x20) != 'x')
		return true;
	for (last += 2; last < end && isxdigit(*last); last++)
		;
	return last < end;
}

bool ech_choose(struct bytes text, struct ech_config *c, struct hpke_suite *s)
{
	struct bytes list, suites;

	if (!ech_list_open(text, &list))
		return false;
	while (list.n && ech_config_next(&list, c)) {
		const struct group *g = group_find(hpke_group(c->kem));

		if (c->version != ECH_VERSION || c->ignore || !g || c->key.n != g->share_len ||
		    !ech_public_name_good(c->public_name))
			continue;
		suites = c->suites;
		s->kem = c->kem;
		while (rd_u16(&suites, &s->kdf) && rd_u16(&suites, &s->aead))
			if (hpke_known(s))
				return true;
	}
	return false;
}

int sealsock_config_ech(struct sealsock_config *cfg, const void *list, size_t n)
{
	struct bytes text = bytes_of(list, n);
	struct ech_config c;
	struct hpke_suite s;
	int err = config_open(cfg);

	if (err)
		return err;
	if (cfg->role != SEALSOCK_CLIENT || (n && !ech_list_good(text)))
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "not an ECHConfigList for a client");
	cfg->ech_list.n = 0;
	if (!buf_append(&cfg->ech_list, list, n))
		return config_fail(cfg, SEALSOCK_ERR_NOMEM, "out of memory");
	return n && ech_choose(text, &c, &s);
}

int sealsock_config_ech_grease(struct sealsock_config *cfg, bool on)
{
	int err = config_open(cfg);

	if (!err)
		cfg->ech_grease = on;
	return err;
}

static int add_keys(struct sealsock_config *cfg, const char *path, struct bytes pem,
		    const struct sealsock_ech_keeper *keeper)
{
	struct ech_keys *k;
	int err = config_open(cfg);

	if (err)
		return err;
	if (cfg->role != SEALSOCK_SERVER)
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "only servers have ECH keys");
	err = ech_keys_new(&cfg->env, cfg->crypto, path, pem, keeper, &k);
	if (err)
		return config_fail(cfg, err, "ECH keys%s%s: %s", path ? " " : "", path ? path : "",
				   sealsock_strerror(err));
	ech_keys_link(&cfg->ech_keys, k);
	return 0;
}

int sealsock_config_ech_keys_file(struct sealsock_config *cfg, const char *path)
{
	return add_keys(cfg, path, bytes_of(NULL, 0), NULL);
}

int sealsock_config_ech_keys_mem(struct sealsock_config *cfg, const void *pem, size_t n)
{
	return add_keys(cfg, NULL, bytes_of(pem, n), NULL);
}

int sealsock_config_ech_keeper_sized(struct sealsock_config *cfg, const void *lists, size_t n,
				     const struct sealsock_ech_keeper *keeper, size_t size)
{
	struct sealsock_ech_keeper own = { .open = NULL };

	if (!sized_in(&own, sizeof(own), keeper, size) || !own.open)
		return config_fail(cfg, SEALSOCK_ERR_INVALID,
				   "an ECH keeper of a newer library, or one without its function");
	return add_keys(cfg, NULL, bytes_of(lists, n), &own);
}

struct sealsock_ech_keys {
	struct crypto *crypto;
	struct ech_keys *keys;
};

int sealsock_ech_keys_mem(const void *pem, size_t n, struct sealsock_ech_keys **keys)
{
	struct sealsock_ech_keys *k = mem_zalloc(&env_default, sizeof(*k));
	int err = SEALSOCK_ERR_NOMEM;

	*keys = NULL;
	if (!k)
		return err;
	k->crypto = crypto_get();
	if (k->crypto)
		err = ech_keys_new(&env_default, k->crypto, NULL, bytes_of(pem, n), NULL,
				   &k->keys);
	if (err)
		sealsock_ech_keys_free(k);
	else
		*keys = k;
	return err;
}

void sealsock_ech_keys_free(struct sealsock_ech_keys *k)
{
	if (!k)
		return;
	ech_keys_free(k->keys);
	if (k->crypto)
		crypto_put(k->crypto);
	mem_free(&env_default, k, sizeof(*k));
}

int sealsock_ech_keys_open(const struct sealsock_ech_keys *k, const void *share,
			   size_t share_len, const void *enc, size_t enc_len, void *secret)
{
	struct hash *scratch = hash_new();
	struct secret shared = { .n = 0 };
	int err = scratch ? ech_keys_decap(k->keys, scratch, bytes_of(share, share_len),
					   bytes_of(enc, enc_len), &shared) : SEALSOCK_ERR_NOMEM;

	if (!err)
		memcpy(secret, shared.b, SEALSOCK_ECH_SECRET);
	secret_wipe(&shared);
	hash_free(scratch);
	return err;
}

static void build_config(uint16_t kem, uint8_t id, struct bytes share, struct bytes name,
			 uint8_t max_name, struct builder *w)
{
	static const uint8_t suites[] = {
		0, HPKE_SHA256, 0, HPKE_AES_128_GCM, 0, HPKE_SHA256, 0, HPKE_CHACHA20_POLY1305,
		0, HPKE_SHA256, 0, HPKE_AES_256_GCM,
	};
	size_t list = wr_open(w, 2), config;

	wr_u16(w, ECH_VERSION);
	config = wr_open(w, 2);
	wr_u8(w, id);
	wr_u16(w, kem);
	wr_vec16(w, share);
	wr_vec16(w, bytes_of(suites, sizeof(suites)));
	wr_u8(w, max_name);
	wr_vec8(w, name);
	wr_u16(w, 0);
	wr_close(w, config, 2);
	wr_close(w, list, 2);
}

/* The PEM text of a fresh key and its list. */
static int generate(const struct crypto *c, const struct sealsock_env *env, uint16_t kem,
		    struct bytes name, uint8_t max_name, struct builder *out)
{
	struct {
		uint8_t id, priv[HPKE_PRIVATE];
	} drawn;
	struct buf der;
	struct builder w = { .buf = &der };
	struct kex *k = NULL;
	int err;

	buf_init(&der, env);
	err = env->random(env->arg, &drawn, sizeof(drawn)) ? SEALSOCK_ERR_RANDOM : 0;
	/* All that is no scalar of P-256 begins so: once in 2^32 draws. */
	if (!err && memcmp(drawn.priv, "\xff\xff\xff\xff", 4) == 0)
		err = SEALSOCK_ERR_RANDOM;
	if (!err)
		err = kex_of_private(c, env, hpke_group(kem), drawn.priv, bytes_of(NULL, 0), &k);
	if (!err) {
		hpke_private_write(hpke_group(kem), drawn.priv, kex_share(k), &w);
		pem_write("PRIVATE KEY", bytes_of(der.p, der.n), out);
		wipe(der.p, der.n);
		der.n = 0;
		build_config(kem, drawn.id, kex_share(k), name, max_name, &w);
		pem_write("ECHCONFIG", bytes_of(der.p, der.n), out);
	}
	wipe(&drawn, sizeof(drawn));
	kex_free(k);
	buf_free(&der);
	return err ? err : w.bad || out->bad ? SEALSOCK_ERR_NOMEM : 0;
}

ssize_t sealsock_ech_generate(const char *public_name, const char *group, unsigned int max_name,
			      char *pem, size_t room)
{
	struct bytes name = bytes_of(public_name, strlen(public_name));
	bool p256 = group && strcmp(group, "secp256r1") == 0;
	struct crypto *c;
	struct buf text;
	struct builder w = { .buf = &text };
	int err;

	if (name.n > 255 || !ech_public_name_good(name) || max_name > 255)
		return SEALSOCK_ERR_INVALID;
	if (group && !p256 && strcmp(group, "x25519"))
		return SEALSOCK_ERR_NAME;
	c = crypto_get();
	if (!c)
		return SEALSOCK_ERR_CRYPTO;
	buf_init(&text, &env_default);
	err = generate(c, &env_default, p256 ? HPKE_KEM_P256 : HPKE_KEM_X25519, name,
		       (uint8_t)max_name, &w);
	if (!err && text.n >= room)
		err = SEALSOCK_ERR_INVALID;
	if (!err) {
		memcpy(pem, text.p, text.n);
		pem[text.n] = '\0';
	}
	err = err ? err : (int)text.n;
	buf_free(&text);
	crypto_put(c);
	return err;
}
