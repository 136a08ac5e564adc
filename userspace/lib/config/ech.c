// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Setters of Encrypted Client Hello (RFC 9849), and how its keys are made. */
#include <ctype.h>

#include "config/config.h"
#include "config/ech.h"

bool ech_public_name_good(struct bytes name)
{
	const uint8_t *end = name.p + name.n, *last = end;

	if (!dns_is_name(name) || memchr(name.p, '_', name.n))
		return false;
	while (last > name.p && last[-1] != '.')
		last--;
	if (end - last < 2 || last[0] != '0' || (last[1] | 0x20) != 'x')
		return true;
	for (last += 2; last < end && isxdigit(*last); last++)
		;
	return last < end;
}

static bool next_suite(struct bytes *suites, struct hpke_suite *s)
{
	return rd_u16(suites, &s->kdf) && rd_u16(suites, &s->aead);
}

bool ech_suite_listed(const struct ech_config *c, const struct hpke_suite *s)
{
	struct bytes suites = c->suites;
	struct hpke_suite one;

	while (next_suite(&suites, &one))
		if (one.kdf == s->kdf && one.aead == s->aead)
			return hpke_known(s);
	return false;
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
		while (next_suite(&suites, s))
			if (hpke_known(s))
				return true;
	}
	return false;
}

int ech_setup(const struct crypto *crypto, struct hash *scratch, const struct ech_config *c,
	      const struct hpke_suite *s, const struct secret *shared, bool seal, struct hpke *out)
{
	/* The final NUL is the zero byte of §6.1. */
	const struct bytes info[2] = { bytes_of("tls ech", 8), c->whole };

	return hpke_setup(crypto, scratch, s, shared, info, seal, out);
}

int ech_list_set(struct buf *to, const void *list, size_t n)
{
	struct bytes text = bytes_of(list, n);
	struct ech_config c;
	struct hpke_suite s;

	if (n && !ech_list_good(text))
		return SEALSOCK_ERR_INVALID;
	if (!buf_reserve(to, n))
		return SEALSOCK_ERR_NOMEM;
	to->n = 0;
	buf_append(to, list, n);
	return n && ech_choose(text, &c, &s);
}

int sealsock_config_ech(struct sealsock_config *cfg, const void *list, size_t n)
{
	int err = config_open(cfg);

	if (!err)
		err = cfg->role == SEALSOCK_CLIENT ? ech_list_set(&cfg->ech_list, list, n) :
						     SEALSOCK_ERR_INVALID;
	return err < 0 ? config_fail(cfg, err, "ECHConfigList: %s", sealsock_strerror(err)) : err;
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
	struct sealsock_ech_keys *k;
	int err = config_open(cfg);

	if (err)
		return err;
	if (cfg->role != SEALSOCK_SERVER)
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "only servers have ECH keys");
	err = ech_keys_new(&cfg->env, path, pem, keeper, &k);
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

static void write_list(uint8_t id, uint16_t kem, struct bytes share, struct bytes name,
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

ssize_t sealsock_ech_generate(const char *public_name, const char *group, unsigned int max_name,
			      char *pem, size_t room)
{
	struct bytes name = bytes_of(public_name, strlen(public_name));
	bool p256 = group && strcmp(group, "secp256r1") == 0;
	uint16_t kem = p256 ? HPKE_KEM_P256 : HPKE_KEM_X25519;
	struct buf text, share, list;
	struct builder w = { .buf = &text }, lw = { .buf = &list };
	uint8_t id;
	int err;

	if (name.n > 255 || !ech_public_name_good(name) || max_name > 255)
		return SEALSOCK_ERR_INVALID;
	if (group && !p256 && strcmp(group, "x25519"))
		return SEALSOCK_ERR_NAME;
	buf_init(&text, &env_default);
	buf_init(&share, &env_default);
	buf_init(&list, &env_default);
	err = env_default.random(NULL, &id, sizeof(id)) ? SEALSOCK_ERR_RANDOM :
	      hpke_private_make(hpke_group(kem), &w, &share);
	if (!err) {
		write_list(id, kem, bytes_of(share.p, share.n), name, (uint8_t)max_name, &lw);
		pem_write("ECHCONFIG", bytes_of(list.p, list.n), &w);
	}
	if (w.bad || lw.bad)
		err = SEALSOCK_ERR_NOMEM;
	else if (!err && text.n >= room)
		err = SEALSOCK_ERR_INVALID;
	if (!err) {
		memcpy(pem, text.p, text.n);
		pem[text.n] = '\0';
		err = (int)text.n;
	}
	buf_free(&text);
	buf_free(&share);
	buf_free(&list);
	return err;
}
