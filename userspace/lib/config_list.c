// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Setters that take lists of names. */
#include "config.h"

typedef bool (*by_name_fn)(const char *name, size_t n, uint16_t *id);

static bool list_has(const struct wire_list *l, uint16_t id)
{
	return u16_contains(wire_list_of(l), id);
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
		if (!by_name(text, n, &id))
			return config_fail(cfg, n ? SEALSOCK_ERR_NAME : SEALSOCK_ERR_INVALID,
					   "unknown %s \"%.*s\"", what, (int)(n < 80 ? n : 80),
					   text);
		if (list_has(&made, id))
			return config_fail(cfg, SEALSOCK_ERR_INVALID, "%s \"%.*s\" named twice",
					   what, (int)n, text);
		made.b[made.n++] = (uint8_t)(id >> 8);
		made.b[made.n++] = (uint8_t)id;
		if (!text[n])
			break;
	}
	*list = made;
	return 0;
}

int sealsock_config_ciphers(struct sealsock_config *cfg, const char *list)
{
	return set_list(cfg, &cfg->suites, list, suite_by_name, "cipher suite");
}

int sealsock_config_groups(struct sealsock_config *cfg, const char *list)
{
	return set_list(cfg, &cfg->groups, list, group_by_name, "group");
}

int sealsock_config_sigalgs(struct sealsock_config *cfg, const char *list)
{
	return set_list(cfg, &cfg->sigalgs, list, sigscheme_by_name, "signature scheme");
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
