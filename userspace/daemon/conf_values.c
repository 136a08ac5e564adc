// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The keys, what their values may be, and what must be true of all of them together. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "sealsock.h"

struct block {
	struct block *next;
};

void *conf_alloc(struct conf *conf, size_t n)
{
	struct block *b = calloc(1, sizeof(*b) + n);

	if (!b) {
		fputs("sealsockd: no memory for the configuration\n", stderr);
		exit(1);
	}
	b->next = conf->memory;
	conf->memory = b;
	return b + 1;
}

char *conf_strdup(struct conf *conf, const char *s)
{
	char *copy = conf_alloc(conf, strlen(s) + 1);

	return strcpy(copy, s);
}

void conf_free(struct conf *conf)
{
	struct block *b, *next;

	for (b = conf->memory; b; b = next) {
		next = b->next;
		free(b);
	}
	*conf = (struct conf){ 0 };
}

#define SETTER(name)								\
static void name(struct conf *conf, const struct conf_key *key, void *at, char *value, \
		 unsigned int line, struct complaints *c)

static bool parse_number(const char *s, uint32_t min, uint32_t max, uint32_t *out)
{
	char *end;
	unsigned long v;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno || *end || v < min || v > max)
		return false;
	*out = (uint32_t)v;
	return true;
}

SETTER(set_number)
{
	(void)conf;
	if (!parse_number(value, key->min, key->max, at))
		complain(c, line, "\"%s\" is a number from %u to %u", key->name, key->min,
			 key->max);
}

/* The place of @value among the words. */
SETTER(set_word)
{
	size_t n = strlen(value);
	const char *w = key->words;
	unsigned int i;

	(void)conf;
	for (i = 0; *w; i++) {
		if (strcspn(w, " ") == n && !strncmp(w, value, n)) {
			*(unsigned int *)at = i;
			return;
		}
		w += strcspn(w, " ");
		w += *w == ' ';
	}
	complain(c, line, "\"%s\" is one of: %s", key->name, key->words);
}

SETTER(set_flag)
{
	(void)conf;
	if (!strcmp(value, "yes"))
		*(bool *)at = true;
	else if (strcmp(value, "no"))
		complain(c, line, "\"%s\" is yes or no", key->name);
}

SETTER(set_text)
{
	(void)key, (void)line, (void)c;
	*(char **)at = conf_strdup(conf, value);
}

SETTER(set_path)
{
	if (*value == '/')
		*(char **)at = conf_strdup(conf, value);
	else
		complain(c, line, "\"%s\" is a path that begins with \"/\"", key->name);
}

SETTER(set_paths)
{
	struct conf_list *l = at;

	if (*value != '/') {
		complain(c, line, "\"%s\" is a path that begins with \"/\"", key->name);
		return;
	}
	if (l->n == CONF_LIST) {
		complain(c, line, "more than %d of \"%s\"", CONF_LIST, key->name);
		return;
	}
	if (!l->s)
		l->s = conf_alloc(conf, CONF_LIST * sizeof(*l->s));
	l->s[l->n++] = conf_strdup(conf, value);
}

static void add_number(struct conf *conf, struct conf_numbers *l, uint32_t v,
		       unsigned int line, struct complaints *c)
{
	if (l->n == CONF_LIST) {
		complain(c, line, "more than %d in a list", CONF_LIST);
		return;
	}
	if (!l->v)
		l->v = conf_alloc(conf, CONF_LIST * sizeof(*l->v));
	l->v[l->n++] = v;
}

/* Calls @one for each word of a list, separated by commas or blanks. */
static void each(struct conf *conf, const struct conf_key *key, void *at, char *value,
		 unsigned int line, struct complaints *c,
		 void (*one)(struct conf *, const struct conf_key *, void *, char *, unsigned int,
			     struct complaints *))
{
	char *save, *w;

	for (w = strtok_r(value, ", \t", &save); w; w = strtok_r(NULL, ", \t", &save))
		one(conf, key, at, w, line, c);
}

SETTER(one_port)
{
	uint32_t port;

	if (parse_number(value, key->min, key->max, &port))
		add_number(conf, at, port, line, c);
	else
		complain(c, line, "\"%.32s\" is no port", value);
}

SETTER(one_user)
{
	struct conf_access *a = at;
	struct passwd *pw;
	uint32_t uid;

	if (!strcmp(value, "*")) {
		a->everybody = true;
		return;
	}
	pw = getpwnam(value);
	if (pw)
		add_number(conf, &a->users, pw->pw_uid, line, c);
	else if (parse_number(value, 0, UINT32_MAX - 1, &uid))
		add_number(conf, &a->users, uid, line, c);
	else
		complain(c, line, "there is no user \"%.32s\"", value);
	(void)key;
}

/* Who asks is known by uid and gid: members that have it as a further group are users. */
SETTER(one_group)
{
	struct conf_access *a = at;
	struct group *gr = getgrnam(value);
	struct passwd *pw;
	uint32_t gid;
	char **m;

	if (!gr && parse_number(value, 0, UINT32_MAX - 1, &gid))
		add_number(conf, &a->groups, gid, line, c);
	else if (!gr)
		complain(c, line, "there is no group \"%.32s\"", value);
	if (!gr)
		return;
	add_number(conf, &a->groups, gr->gr_gid, line, c);
	for (m = gr->gr_mem; *m; m++) {
		pw = getpwnam(*m);
		if (pw)
			add_number(conf, &a->users, pw->pw_uid, line, c);
	}
	(void)key;
}

SETTER(one_cgroup)
{
	size_t n = strlen(value);

	while (n > 1 && value[n - 1] == '/')
		value[--n] = '\0';
	set_paths(conf, key, at, value, line, c);
}

SETTER(set_ports)
{
	each(conf, key, at, value, line, c, one_port);
}

SETTER(set_users)
{
	each(conf, key, at, value, line, c, one_user);
}

SETTER(set_groups)
{
	each(conf, key, at, value, line, c, one_group);
}

SETTER(set_cgroups)
{
	each(conf, key, at, value, line, c, one_cgroup);
}

static struct conf_chain *last_chain(struct conf_credential *cred)
{
	return cred->n_chains ? &cred->chains[cred->n_chains - 1] : NULL;
}

static struct conf_chain *add_chain(struct conf *conf, struct conf_credential *cred,
				    unsigned int line, struct complaints *c)
{
	enum { CHAINS = 8 };
	struct conf_chain *last = last_chain(cred);

	if (last && !last->key)
		complain(c, last->line, "this chain has no key");
	if (cred->n_chains == CHAINS) {
		complain(c, line, "more than %d chains in a credential", CHAINS);
		return NULL;
	}
	if (!cred->chains)
		cred->chains = conf_alloc(conf, CHAINS * sizeof(*cred->chains));
	last = &cred->chains[cred->n_chains++];
	last->line = line;
	return last;
}

SETTER(set_chain)
{
	struct conf_chain *chain = add_chain(conf, at, line, c);

	if (chain)
		set_path(conf, key, &chain->chain, value, line, c);
}

SETTER(set_bundle)
{
	struct conf_chain *chain = add_chain(conf, at, line, c);

	if (!chain)
		return;
	set_path(conf, key, &chain->chain, value, line, c);
	chain->key = chain->chain;
}

SETTER(set_key)
{
	struct conf_chain *last = last_chain(at);

	if (!last || last->key)
		complain(c, line, "a \"key\" comes after its \"chain\"");
	else
		set_path(conf, key, &last->key, value, line, c);
}

SETTER(set_staple)
{
	struct conf_chain *last = last_chain(at);

	if (!last || last->staple)
		complain(c, line, "a \"staple\" comes after its \"chain\" or \"bundle\"");
	else
		set_path(conf, key, &last->staple, value, line, c);
}

/* Values that the library knows are tried on a configuration of its. */
SETTER(set_tried)
{
	static const struct {
		const char *name;
		int (*set)(struct sealsock_config *cfg, const char *list);
	} tries[] = {
		{ "base", sealsock_config_profile }, { "rules", sealsock_config_profile },
		{ "versions", sealsock_config_versions }, { "ciphers", sealsock_config_ciphers },
		{ "groups", sealsock_config_groups }, { "sigalgs", sealsock_config_sigalgs },
	};
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_SERVER);
	unsigned int i;
	int err = SEALSOCK_ERR_NOMEM;

	for (i = 0; cfg && i < sizeof(tries) / sizeof(tries[0]); i++)
		if (!strcmp(tries[i].name, key->name))
			err = tries[i].set(cfg, value);
	if (err)
		complain(c, line, "\"%s\": %s", key->name,
			 cfg ? sealsock_config_error(cfg) : sealsock_strerror(err));
	else if (key->words)
		set_word(conf, key, &(unsigned int){ 0 }, value, line, c);
	sealsock_config_unref(cfg);
	*(char **)at = conf_strdup(conf, value);
}

#define HELPER(m) offsetof(struct conf, m)
#define CRED(m) offsetof(struct conf_credential, m)
#define TRUST(m) offsetof(struct conf_trust, m)
#define PROFILE(m) offsetof(struct conf_profile, m)

const struct conf_key conf_keys[] = {
	{ "helper", "workers", set_number, HELPER(workers), 0, 64, NULL, false },
	{ "helper", "handshakes", set_number, HELPER(handshakes), 1, 100000, NULL, false },
	{ "helper", "signatures", set_number, HELPER(signatures), 0, 1000000, NULL, false },
	{ "helper", "sessions", set_number, HELPER(sessions), 0, 100000, NULL, false },
	{ "helper", "tickets", set_number, HELPER(tickets), 0, 8, NULL, false },
	{ "helper", "log", set_word, HELPER(log), 0, 0, "errors failures handshakes", false },
	{ "helper", "log-rate", set_number, HELPER(log_rate), 1, 1000, NULL, false },
	{ "helper", "watch", set_number, HELPER(watch), 0, 3600, NULL, false },
	{ "helper", "kernel", set_flag, HELPER(kernel), 0, 0, NULL, false },
	{ "helper", "worker-user", set_text, HELPER(worker_user), 0, 0, NULL, false },
	{ "helper", "keeper-user", set_text, HELPER(keeper_user), 0, 0, NULL, false },
	{ "helper", "ticket-keys", set_path, HELPER(ticket_keys), 0, 0, NULL, false },
	{ "helper", "ech-keys", set_path, HELPER(ech_keys), 0, 0, NULL, false },
	{ "helper", "status", set_path, HELPER(status), 0, 0, NULL, false },
	{ "helper", "credential", set_text, HELPER(credential), 0, 0, NULL, false },
	{ "helper", "trust", set_text, HELPER(trust), 0, 0, NULL, false },
	{ "helper", "profile", set_text, HELPER(profile), 0, 0, NULL, false },
	{ "credential", "chain", set_chain, 0, 0, 0, NULL, true },
	{ "credential", "key", set_key, 0, 0, 0, NULL, true },
	{ "credential", "bundle", set_bundle, 0, 0, 0, NULL, true },
	{ "credential", "staple", set_staple, 0, 0, 0, NULL, true },
	{ "credential", "users", set_users, CRED(access), 0, 0, NULL, true },
	{ "credential", "groups", set_groups, CRED(access), 0, 0, NULL, true },
	{ "credential", "cgroups", set_cgroups, CRED(access.cgroups), 0, 0, NULL, true },
	{ "credential", "ports", set_ports, CRED(access.ports), 1, 65535, NULL, true },
	{ "trust", "file", set_paths, TRUST(files), 0, 0, NULL, true },
	{ "trust", "crl", set_paths, TRUST(crls), 0, 0, NULL, true },
	{ "trust", "system", set_flag, TRUST(system), 0, 0, NULL, false },
	{ "profile", "base", set_tried, PROFILE(base), 0, 0, "default modern legacy", false },
	{ "profile", "rules", set_tried, PROFILE(rules), 0, 0, "private strict web", false },
	{ "profile", "versions", set_tried, PROFILE(versions), 0, 0, NULL, false },
	{ "profile", "ciphers", set_tried, PROFILE(ciphers), 0, 0, NULL, false },
	{ "profile", "groups", set_tried, PROFILE(groups), 0, 0, NULL, false },
	{ "profile", "sigalgs", set_tried, PROFILE(sigalgs), 0, 0, NULL, false },
	{ 0 },
};

_Static_assert(sizeof(conf_keys) / sizeof(conf_keys[0]) <= 64, "a bit for each");

static void look_up(const char *what, const char *name, uid_t *uid, gid_t *gid,
		    struct complaints *c)
{
	const struct passwd *pw = getpwnam(name);

	if (!pw) {
		complain(c, 0, "there is no user \"%s\" to be the %s", name, what);
		return;
	}
	if (!pw->pw_uid)
		complain(c, 0, "the %s must not be root", what);
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
}

static void add_builtin(struct conf *conf)
{
	static const char *const bases[] = { "default", "modern", "legacy" };
	struct conf_profile *p;
	struct conf_trust *t;
	unsigned int i;

	p = conf_alloc(conf, (conf->n_profiles + 3) * sizeof(*p));
	if (conf->n_profiles)
		memcpy(p, conf->profiles, conf->n_profiles * sizeof(*p));
	conf->profiles = p;
	for (i = 0; i < 3; i++)
		if (!conf_profile(conf, bases[i]))
			p[conf->n_profiles++] = (struct conf_profile){
				.name = conf_strdup(conf, bases[i]),
				.base = conf_strdup(conf, bases[i]),
			};
	t = conf_alloc(conf, (conf->n_trusts + 1) * sizeof(*t));
	if (conf->n_trusts)
		memcpy(t, conf->trusts, conf->n_trusts * sizeof(*t));
	conf->trusts = t;
	if (!conf_trust(conf, "system"))
		t[conf->n_trusts++] = (struct conf_trust){
			.name = conf_strdup(conf, "system"), .system = true,
		};
}

static void check_sections(struct conf *conf, struct complaints *c)
{
	unsigned int i;

	for (i = 0; i < conf->n_credentials; i++) {
		const struct conf_credential *cred = &conf->credentials[i];
		const struct conf_chain *last = last_chain(&conf->credentials[i]);

		if (!last)
			complain(c, cred->line, "[credential %s] has neither chain nor bundle",
				 cred->name);
		else if (!last->key)
			complain(c, last->line, "this chain has no key");
	}
	for (i = 0; i < conf->n_trusts; i++)
		if (!conf->trusts[i].system && !conf->trusts[i].files.n)
			complain(c, conf->trusts[i].line,
				 "[trust %s] has neither a file nor system = yes",
				 conf->trusts[i].name);
}

void conf_complete(struct conf *conf, struct complaints *c)
{
	static const char worker[] = "sealsock", keeper[] = "sealsock-keeper";

	check_sections(conf, c);
	add_builtin(conf);
	if (!conf->worker_user)
		conf->worker_user = conf_strdup(conf, worker);
	if (!conf->keeper_user)
		conf->keeper_user = conf_strdup(conf, keeper);
	if (!conf->status)
		conf->status = conf_strdup(conf, "/run/sealsock/status");
	if (!conf->trust)
		conf->trust = conf_strdup(conf, "system");
	if (!conf->profile)
		conf->profile = conf_strdup(conf, "default");
	look_up("worker", conf->worker_user, &conf->worker_uid, &conf->worker_gid, c);
	look_up("keeper", conf->keeper_user, &conf->keeper_uid, &conf->keeper_gid, c);
	if (conf->worker_uid && conf->worker_uid == conf->keeper_uid)
		complain(c, 0, "worker and keeper must be different users");
	if (conf->credential && !conf_credential(conf, conf->credential))
		complain(c, 0, "there is no [credential %s], which programs that name none get",
			 conf->credential);
	if (!conf_trust(conf, conf->trust))
		complain(c, 0, "there is no [trust %s]", conf->trust);
	if (!conf_profile(conf, conf->profile))
		complain(c, 0, "there is no [profile %s]", conf->profile);
}
