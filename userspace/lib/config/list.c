// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Setters that take lists of names. */
#include "config/config.h"

typedef bool (*by_name_fn)(const char *name, size_t n, uint16_t *id);

static bool list_has(const struct wire_list *l, uint16_t id)
{
	return u16_contains(wire_list_of(l), id);
}

static void list_add(struct wire_list *l, uint16_t id)
{
	l->b[l->n++] = (uint8_t)(id >> 8);
	l->b[l->n++] = (uint8_t)id;
}

/* The rows of a table that belong to a profile, in the table's order. */
#define PROFILE_LIST(list, table, count, profile)			\
do {									\
	size_t i_;							\
									\
	(list)->n = 0;							\
	for (i_ = 0; i_ < (count); i_++)				\
		if (!((table)[i_].not_in & (profile)))			\
			list_add(list, (table)[i_].id);			\
} while (0)

void config_set_profile(struct sealsock_config *cfg, uint8_t profile)
{
	size_t i;

	cfg->profile = profile;
	cfg->versions = profile == PROFILE_MODERN ? CONFIG_TLS13 : CONFIG_VERSIONS;
	PROFILE_LIST(&cfg->suites, suites, SUITE_COUNT, profile);
	PROFILE_LIST(&cfg->sigalgs, sigschemes, SIGSCHEME_COUNT, profile);
	cfg->groups.n = 0;
	for (i = 0; i < GROUP_COUNT; i++)
		if (!(groups[i].not_in & profile) && crypto_has_group(cfg->crypto, groups[i].id))
			list_add(&cfg->groups, groups[i].id);
}

int sealsock_config_profile(struct sealsock_config *cfg, const char *name)
{
	static const struct {
		const char *name;
		uint8_t profile;
	} profiles[] = {
		{ "default", PROFILE_DEFAULT }, { "modern", PROFILE_MODERN },
		{ "legacy", PROFILE_LEGACY },
	};
	unsigned int rules;
	size_t i;
	int err;

	if (config_rules_by_name(name, &rules))
		return config_set_rules(cfg, rules);
	err = config_open(cfg);
	if (err)
		return err;
	for (i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (strcmp(profiles[i].name, name) == 0) {
			config_set_profile(cfg, profiles[i].profile);
			return 0;
		}
	}
	return config_fail(cfg, SEALSOCK_ERR_NAME, "unknown profile \"%.80s\"", name);
}

static int set_list(struct sealsock_config *cfg, struct wire_list *list, const char *text,
		    by_name_fn by_name, const char *what)
{
	struct wire_list made = { .n = 0 };
	uint16_t id;
	size_t n;
	int err = config_open(cfg);

	if (err)
		return err;
	for (;; text += n + 1) {
		n = strcspn(text, ",:");
		if (!by_name(text, n, &id) ||
		    (list == &cfg->groups && !crypto_has_group(cfg->crypto, id)))
			return config_fail(cfg, n ? SEALSOCK_ERR_NAME : SEALSOCK_ERR_INVALID,
					   "unknown %s \"%.*s\"", what, (int)(n < 80 ? n : 80),
					   text);
		if (list_has(&made, id))
			return config_fail(cfg, SEALSOCK_ERR_INVALID, "%s \"%.*s\" named twice",
					   what, (int)n, text);
		list_add(&made, id);
		if (!text[n])
			break;
	}
	*list = made;
	return 0;
}

bool config_has_version(const struct sealsock_config *cfg, uint16_t version)
{
	struct bytes list = wire_list_of(&cfg->suites);
	size_t i;

	if (!(cfg->versions & (version == VERSION_TLS13 ? CONFIG_TLS13 : CONFIG_TLS12)))
		return false;
	for (i = 0; i < u16_count(list); i++)
		if (suite_find(u16_at(list, i))->version == version)
			return true;
	return false;
}

void config_offer(const struct sealsock_config *cfg, struct wire_list *out)
{
	struct bytes list = wire_list_of(&cfg->suites);
	size_t i;

	out->n = 0;
	for (i = 0; i < u16_count(list); i++) {
		if (!config_has_version(cfg, suite_find(u16_at(list, i))->version))
			continue;
		out->b[out->n++] = list.p[2 * i];
		out->b[out->n++] = list.p[2 * i + 1];
	}
}

static bool version_by_name(const char *name, size_t n, uint16_t *id)
{
	if (n != 7 || memcmp(name, "TLSv1.", 6) != 0 || (name[6] != '2' && name[6] != '3'))
		return false;
	*id = name[6] == '2' ? VERSION_TLS12 : VERSION_TLS13;
	return true;
}

int sealsock_config_versions(struct sealsock_config *cfg, const char *list)
{
	struct wire_list made = { .n = 0 };
	int err = set_list(cfg, &made, list, version_by_name, "version");

	if (err)
		return err;
	cfg->versions = (list_has(&made, VERSION_TLS12) ? CONFIG_TLS12 : 0) |
			(list_has(&made, VERSION_TLS13) ? CONFIG_TLS13 : 0);
	return 0;
}

/* RSA key transport and CBC are for who says so twice. */
static bool is_legacy(const struct suite *s)
{
	return s->kx == KX_RSA || s->mac_len;
}

int sealsock_config_ciphers(struct sealsock_config *cfg, const char *list)
{
	struct wire_list made = { .n = 0 };
	int err = set_list(cfg, &made, list, suite_by_name, "cipher suite");
	size_t i;

	for (i = 0; !err && i < u16_count(wire_list_of(&made)); i++) {
		const struct suite *s = suite_find(u16_at(wire_list_of(&made), i));

		if (is_legacy(s) && !config_is_legacy(cfg))
			err = config_fail(cfg, SEALSOCK_ERR_NAME,
					  "%s is only in the profile \"legacy\"", s->name);
	}
	if (!err)
		cfg->suites = made;
	return err;
}

int sealsock_config_groups(struct sealsock_config *cfg, const char *list)
{
	return set_list(cfg, &cfg->groups, list, group_by_name, "group");
}

int sealsock_config_sigalgs(struct sealsock_config *cfg, const char *list)
{
	return set_list(cfg, &cfg->sigalgs, list, sigscheme_by_name, "signature scheme");
}

int sealsock_config_grease(struct sealsock_config *cfg, bool on)
{
	int err = config_open(cfg);

	if (err)
		return err;
	cfg->grease = on;
	return 0;
}

int sealsock_config_alpn(struct sealsock_config *cfg, const char *list)
{
	struct builder w;
	struct buf made;
	size_t n;
	int err = config_open(cfg);

	if (err)
		return err;
	buf_init(&made, &cfg->env);
	w = (struct builder){ .buf = &made };
	for (; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (n == 0 || n > 255 || (list[n] == ',' && !list[n + 1])) {
			buf_free(&made);
			return config_fail(cfg, SEALSOCK_ERR_INVALID,
					   "a protocol name is empty or longer than 255 bytes");
		}
		wr_vec8(&w, bytes_of(list, n));
	}
	if (w.bad || made.n > 0xfff0) {
		buf_free(&made);
		return config_fail(cfg, w.bad ? SEALSOCK_ERR_NOMEM : SEALSOCK_ERR_INVALID,
				   "the list of protocols is too long");
	}
	buf_free(&cfg->alpn);
	cfg->alpn = made;
	return 0;
}
