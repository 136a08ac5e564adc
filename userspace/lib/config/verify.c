// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Setters about how a peer's chain is checked: rules, policies, revocation lists. */
#include <stdlib.h>

#include "config/config.h"

enum { POLICY_TEXT_MAX = 2048 };

/* What was set so far stays in the hash: another order of setters is another way of trusting. */
static int note(struct sealsock_config *cfg, uint8_t what, struct bytes value)
{
	struct hash *h = hash_new();
	int err = h ? hash_start(cfg->crypto, h, HASH_SHA256) : SEALSOCK_ERR_NOMEM;

	if (!err)
		err = hash_add(h, cfg->rules_id, sizeof(cfg->rules_id));
	if (!err)
		err = hash_add(h, &what, 1);
	if (!err)
		err = hash_add(h, value.p, value.n);
	if (!err)
		err = hash_end(h, cfg->rules_id);
	hash_free(h);
	return err ? err : config_note_trust(cfg);
}

bool config_rules_by_name(const char *name, unsigned int *rules)
{
	static const struct {
		const char *name;
		unsigned int rules;
	} names[] = {
		{ "private", 0 }, { "strict", RULES_STRICT }, { "web", RULES_STRICT | RULES_WEB },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name))
			continue;
		*rules = names[i].rules;
		return true;
	}
	return false;
}

int config_set_rules(struct sealsock_config *cfg, unsigned int rules)
{
	uint8_t value = (uint8_t)rules;
	struct config_mark mark;
	int err = config_begin(cfg, &mark);

	if (err)
		return err;
	cfg->rules = rules;
	return config_end(cfg, &mark, note(cfg, 'r', bytes_of(&value, 1)));
}

static int take_crl(void *arg, struct bytes der)
{
	struct sealsock_config *cfg = arg;
	struct finding f;
	int err = crl_set_add(cfg->crls, der, &f);

	if (err == SEALSOCK_ERR_NOMEM)
		return config_fail(cfg, err, "out of memory");
	if (err)
		return config_fail(cfg, err == SEALSOCK_ERR_CERT_BAD ? SEALSOCK_ERR_PEM : err,
				   "a revocation list is not usable: wanted %s%s%s (%s)", f.wanted,
				   f.found[0] ? ", found " : "", f.found, f.section);
	return note(cfg, 'c', der);
}

static int add_crls(struct sealsock_config *cfg, struct bytes b)
{
	int err;

	if (!cfg->crls)
		cfg->crls = crl_set_new(&cfg->env);
	if (!cfg->crls)
		return SEALSOCK_ERR_NOMEM;
	if (bytes_are_der(b))
		return take_crl(cfg, b);
	err = pem_each_crl(b, take_crl, cfg);
	if (err == SEALSOCK_ERR_PEM && !cfg->error[0])
		return config_fail(cfg, err, "no revocation list in the PEM text");
	return err;
}

int sealsock_config_crl_mem(struct sealsock_config *cfg, const void *p, size_t n)
{
	struct config_mark mark;
	int err = config_begin(cfg, &mark);

	return err ? err : config_end(cfg, &mark, add_crls(cfg, bytes_of(p, n)));
}

int sealsock_config_crl_file(struct sealsock_config *cfg, const char *path)
{
	struct config_mark mark;
	struct buf text;
	int err = config_begin(cfg, &mark);

	if (!err)
		err = config_read_file(cfg, path, &text);
	if (err)
		return err;
	err = add_crls(cfg, bytes_of(text.p, text.n));
	buf_free(&text);
	return config_end(cfg, &mark, err);
}

int sealsock_config_revocation(struct sealsock_config *cfg, enum sealsock_revocation mode)
{
	uint8_t value = (uint8_t)mode;
	struct config_mark mark;
	int err = config_begin(cfg, &mark);

	if (err)
		return err;
	if (mode != SEALSOCK_REVOCATION_HARD && mode != SEALSOCK_REVOCATION_SOFT)
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "no such way to look up revocation");
	cfg->crl_soft = mode == SEALSOCK_REVOCATION_SOFT;
	return config_end(cfg, &mark, note(cfg, 's', bytes_of(&value, 1)));
}

/* Numbers with dots, as DER has them, with a length byte before: "2.5.29.32.0". */
static bool add_oid(struct builder *w, const char *text, size_t n)
{
	char copy[128], *at = copy, *end;
	size_t mark = wr_open(w, 1), arcs = 0;
	unsigned long first = 0, v;
	int shift;

	if (n >= sizeof(copy))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	for (;; at = end + 1, arcs++) {
		if (*at < '0' || *at > '9')
			return false;
		v = strtoul(at, &end, 10);
		if (v > UINT32_MAX - 80 || (arcs == 0 && v > 2) ||
		    (arcs == 1 && first < 2 && v > 39))
			return false;
		if (arcs == 0)
			first = v;
		v += arcs == 1 ? 40 * first : 0;
		for (shift = 28; arcs && shift >= 0; shift -= 7)
			if (v >> shift || !shift)
				wr_u8(w, (uint8_t)((v >> shift & 0x7f) | (shift ? 0x80 : 0)));
		if (*end != '.')
			break;
	}
	wr_close(w, mark, 1);
	return !*end && arcs >= 1;
}

/* The list that path building takes, made of the bytes that are kept. */
static int index_policies(struct bytes text, struct buf *oids)
{
	struct bytes one;

	while (rd_vec8(&text, 1, 255, &one))
		if (!buf_append(oids, &one, sizeof(one)))
			return SEALSOCK_ERR_NOMEM;
	return 0;
}

static int read_policies(struct sealsock_config *cfg, const char *list, struct buf *text)
{
	struct builder w = { .buf = text };
	size_t n;

	for (; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (!add_oid(&w, list, n))
			return config_fail(cfg, SEALSOCK_ERR_NAME, "\"%.*s\" is no policy's OID",
					   (int)(n < 80 ? n : 80), list);
	}
	return w.bad ? SEALSOCK_ERR_NOMEM : 0;
}

static void take_policies(struct sealsock_config *cfg, struct buf *text, struct buf *oids,
			  unsigned int flags)
{
	buf_free(&cfg->policy_text);
	buf_free(&cfg->policy_oids);
	cfg->policy_text = *text;
	cfg->policy_oids = *oids;
	cfg->policy.wanted = (const struct bytes *)oids->p;
	cfg->policy.wanted_count = oids->n / sizeof(struct bytes);
	cfg->policy.require_explicit = flags & SEALSOCK_POLICY_REQUIRE;
	cfg->policy.inhibit_mapping = flags & SEALSOCK_POLICY_NO_MAPPING;
	cfg->policy.inhibit_any = flags & SEALSOCK_POLICY_NO_ANY;
}

int sealsock_config_policies(struct sealsock_config *cfg, const char *list, unsigned int flags)
{
	uint8_t bits = (uint8_t)flags;
	struct config_mark mark;
	struct buf text, oids;
	int err = config_begin(cfg, &mark);

	if (err)
		return err;
	if (flags & ~(SEALSOCK_POLICY_REQUIRE | SEALSOCK_POLICY_NO_MAPPING |
		      SEALSOCK_POLICY_NO_ANY) || strlen(list) > POLICY_TEXT_MAX)
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "no such flag, or too many policies");
	buf_init(&text, &cfg->env);
	buf_init(&oids, &cfg->env);
	err = read_policies(cfg, list, &text);
	if (!err)
		err = index_policies(bytes_of(text.p, text.n), &oids);
	if (!err)
		err = note(cfg, 'p', bytes_of(text.p, text.n));
	if (!err)
		err = note(cfg, 'f', bytes_of(&bits, 1));
	if (!err) {
		take_policies(cfg, &text, &oids, flags);
		return 0;
	}
	buf_free(&text);
	buf_free(&oids);
	return config_end(cfg, &mark, err);
}

int sealsock_config_paths(struct sealsock_config *cfg, unsigned int flags, int cas)
{
	uint8_t value[] = { (uint8_t)flags, cas < 0 || cas > PATH_MAX_CERTS ? PATH_MAX_CERTS :
						  (uint8_t)cas };
	struct config_mark mark;
	int err = config_begin(cfg, &mark);

	if (err)
		return err;
	if (flags & ~(SEALSOCK_PATHS_ANY_PURPOSE | SEALSOCK_PATHS_BARE_ANCHORS))
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "no such flag");
	cfg->paths = flags;
	cfg->cas_max = value[1] == PATH_MAX_CERTS ? -1 : value[1];
	return config_end(cfg, &mark, note(cfg, 'b', bytes_of(value, sizeof(value))));
}

int sealsock_config_pin(struct sealsock_config *cfg, const void *sha256)
{
	struct config_mark mark;
	int err = config_begin(cfg, &mark);

	if (err)
		return err;
	if (!buf_append(&cfg->pins, sha256, PIN_LEN))
		err = SEALSOCK_ERR_NOMEM;
	return config_end(cfg, &mark, err ? err : note(cfg, 'k', bytes_of(sha256, PIN_LEN)));
}

void config_path_input(const struct sealsock_config *cfg, struct path_input *out)
{
	*out = (struct path_input){
		.crypto = cfg->crypto, .env = &cfg->env, .trust = cfg->trust,
		.crls = crl_set_count(cfg->crls) ? cfg->crls : NULL, .soft = cfg->crl_soft,
		.now = cfg->env.now(cfg->env.arg), .server = cfg->role == SEALSOCK_CLIENT,
		.any_purpose = cfg->paths & SEALSOCK_PATHS_ANY_PURPOSE,
		.bare_anchors = cfg->paths & SEALSOCK_PATHS_BARE_ANCHORS,
		.has_cas_max = cfg->cas_max >= 0, .cas_max = (unsigned int)cfg->cas_max,
		.profile = cfg->rules, .policy = cfg->policy,
		.pins = (const uint8_t (*)[PIN_LEN])cfg->pins.p, .pin_count = cfg->pins.n / PIN_LEN,
	};
}
