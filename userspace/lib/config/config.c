// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "config/config.h"
#include "config/ech.h"
#include "resume/session_store.h"
#include "resume/ticket.h"

enum { TICKETS_DEFAULT = 2 };

struct sealsock_config *sealsock_config_new(enum sealsock_side role)
{
	struct sealsock_config *cfg;

	if (role != SEALSOCK_CLIENT && role != SEALSOCK_SERVER)
		return NULL;
	cfg = mem_zalloc(&env_default, sizeof(*cfg));
	if (!cfg)
		return NULL;
	cfg->refs = 1;
	cfg->role = role;
	cfg->env = env_default;
	cfg->keylog_fd = -1;
	cfg->cas_max = -1;
	cfg->verify = role == SEALSOCK_CLIENT ? SEALSOCK_VERIFY_REQUIRED : SEALSOCK_VERIFY_NONE;
	buf_init(&cfg->alpn, &cfg->env);
	buf_init(&cfg->ca_names, &cfg->env);
	buf_init(&cfg->pins, &cfg->env);
	buf_init(&cfg->policy_text, &cfg->env);
	buf_init(&cfg->policy_oids, &cfg->env);
	buf_init(&cfg->ech_list, &cfg->env);
	cfg->message_limit = MESSAGE_DEFAULT;
	cfg->record_size_limit = RECORD_LIMIT_MAX;
	cfg->grease = true;
	cfg->ech_grease = true;
	cfg->ticket_count = TICKETS_DEFAULT;
	cfg->crypto = crypto_get();
	if (!cfg->crypto || config_note_trust(cfg)) {
		sealsock_config_unref(cfg);
		return NULL;
	}
	config_set_profile(cfg, PROFILE_DEFAULT);
	return cfg;
}

struct sealsock_config *sealsock_config_ref(struct sealsock_config *cfg)
{
	if (cfg)
		__atomic_add_fetch(&cfg->refs, 1, __ATOMIC_RELAXED);
	return cfg;
}

static void free_credentials(struct sealsock_config *cfg)
{
	struct credential *c, *next;

	for (c = cfg->creds; c; c = next) {
		next = c->next;
		credential_free(c, &cfg->env);
	}
}

void sealsock_config_unref(struct sealsock_config *cfg)
{
	if (!cfg || __atomic_sub_fetch(&cfg->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	free_credentials(cfg);
	config_free_psks(cfg);
	trust_free(cfg->trust);
	crl_set_free(cfg->crls);
	chain_cache_free(cfg->chains);
	buf_free(&cfg->pins);
	buf_free(&cfg->policy_text);
	buf_free(&cfg->policy_oids);
	buf_free(&cfg->alpn);
	buf_free(&cfg->ca_names);
	memory_store_free(cfg->memory);
	ticket_keys_free(cfg->tickets);
	buf_free(&cfg->ech_list);
	sealsock_ech_keys_free(cfg->ech_keys);
	if (cfg->keylog_fd >= 0)
		close(cfg->keylog_fd);
	crypto_put(cfg->crypto);
	mem_free(&env_default, cfg, sizeof(*cfg));
}

int config_freeze(struct sealsock_config *cfg)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int err = 0;

	if (!__atomic_load_n(&cfg->frozen, __ATOMIC_ACQUIRE)) {
		pthread_mutex_lock(&lock);
		if (cfg->role == SEALSOCK_SERVER && cfg->ticket_count && !cfg->tickets &&
		    !cfg->ticket_keeper.seal)
			err = ticket_keys_new(&cfg->env, cfg->crypto, NULL, &cfg->tickets);
		if (!err && cfg->trust && !cfg->chains) {
			cfg->chains = chain_cache_new(&cfg->env);
			err = cfg->chains ? 0 : SEALSOCK_ERR_NOMEM;
		}
		if (!err)
			__atomic_store_n(&cfg->frozen, true, __ATOMIC_RELEASE);
		pthread_mutex_unlock(&lock);
	} else {
		if (cfg->tickets)
			ticket_keys_refresh(cfg->tickets);
		ech_keys_refresh(cfg->ech_keys);
	}
	return err;
}

int sealsock_config_env_sized(struct sealsock_config *cfg, const struct sealsock_env *given,
			      size_t size)
{
	struct sealsock_env known, *env = &known;
	int err = config_open(cfg);

	if (err)
		return err;
	if (!sized_in(env, sizeof(*env), given, size))
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "an environment of a newer library");
	if (cfg->was_touched)
		return config_fail(cfg, SEALSOCK_ERR_STATE,
				   "config_env must come before the other settings");
	cfg->env = env_default;
	cfg->env.arg = env->arg;
	if (env->now)
		cfg->env.now = env->now;
	if (env->random)
		cfg->env.random = env->random;
	if (env->alloc)
		cfg->env.alloc = env->alloc;
	if (env->free)
		cfg->env.free = env->free;
	cfg->touched = false;
	return 0;
}

/* One complaint of sealsock_config_check(). */
struct report {
	char *buf;
	size_t len;
	size_t at;
	int count;
};

static void complain(struct report *r, const char *line)
{
	size_t room = r->len > r->at ? r->len - r->at : 0;
	int n = snprintf(room ? r->buf + r->at : NULL, room, "%s%s", r->count ? "\n" : "", line);

	if (n > 0)
		r->at += (size_t)n;
	r->count++;
}

static bool transports_keys(const struct sealsock_config *cfg)
{
	struct bytes list = wire_list_of(&cfg->suites);
	size_t i;

	for (i = 0; i < u16_count(list); i++)
		if (suite_find(u16_at(list, i))->kx == KX_RSA)
			return cfg->role == SEALSOCK_SERVER &&
			       config_has_version(cfg, VERSION_TLS12);
	return false;
}

/* Can any credential be used, with the configured schemes or for RSA key transport? */
static bool can_serve(const struct sealsock_config *cfg)
{
	struct bytes list = wire_list_of(&cfg->sigalgs);
	const struct credential *c;
	size_t i;

	for (c = cfg->creds; c; c = c->next) {
		if (transports_keys(cfg) && credential_decrypts(c))
			return true;
		for (i = 0; i < u16_count(list); i++)
			if (credential_can(c, sigscheme_find(u16_at(list, i)), VERSION_TLS12) ||
			    credential_can(c, sigscheme_find(u16_at(list, i)), VERSION_TLS13))
				return true;
	}
	return false;
}

int sealsock_config_check(const struct sealsock_config *cfg, char *buf, size_t len)
{
	struct report r = { .buf = buf, .len = len };

	if (len)
		buf[0] = '\0';
	if (!config_has_version(cfg, VERSION_TLS12) && !config_has_version(cfg, VERSION_TLS13))
		complain(&r, "no cipher suite is of an enabled version: config_versions");
	if ((cfg->ech_list.n || cfg->ech_keys) && !config_has_version(cfg, VERSION_TLS13))
		complain(&r, "Encrypted Client Hello needs TLS 1.3: config_versions");
	if (cfg->role == SEALSOCK_SERVER && !cfg->creds && !cfg->psks)
		complain(&r, "a server needs a certificate and its key: config_cert_file");
	else if (cfg->creds && !can_serve(cfg))
		complain(&r, "no certificate's key can sign with the configured schemes");
	if ((cfg->verify == SEALSOCK_VERIFY_REQUIRED || cfg->verify == SEALSOCK_VERIFY_OPTIONAL ||
	     (cfg->post_auth && cfg->role == SEALSOCK_SERVER)) &&
	    trust_count(cfg->trust) == 0 && !cfg->psks)
		complain(&r, "no trust anchors for verification: config_ca_system, config_ca_file");
	return r.count;
}
