// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Setters about resumption: stores, tickets, external pre-shared keys. */
#include "config/config.h"
#include "resume/session_store.h"
#include "resume/ticket.h"
#include "x509/name.h"

enum { TICKETS_MAX = 8, MEMORY_SESSIONS = 1024 };

int sealsock_config_session_store_sized(struct sealsock_config *cfg,
					const struct sealsock_session_store *store, size_t size)
{
	struct sealsock_session_store given;
	struct memory_store *memory = NULL;
	int err = config_open(cfg);

	if (err)
		return err;
	if (store && !sized_in(&given, sizeof(given), store, size))
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "a session store of a newer library");
	if (store && (!given.put || !given.get || !given.take))
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "a session store lacks a function");
	if (!store) {
		memory = memory_store_new(&cfg->env, MEMORY_SESSIONS);
		if (!memory)
			return config_fail(cfg, SEALSOCK_ERR_NOMEM, "out of memory");
	}
	memory_store_free(cfg->memory);
	cfg->memory = memory;
	if (store)
		cfg->store = given;
	else
		memory_store_describe(memory, &cfg->store);
	return 0;
}

int sealsock_config_ticket_count(struct sealsock_config *cfg, unsigned int count)
{
	int err = config_open(cfg);

	if (err)
		return err;
	if (cfg->role != SEALSOCK_SERVER || count > TICKETS_MAX)
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "a server sends 0 to %d tickets",
				   TICKETS_MAX);
	cfg->ticket_count = count;
	return 0;
}

int sealsock_config_ticket_keys_file(struct sealsock_config *cfg, const char *path)
{
	struct ticket_keys *made;
	int err = config_open(cfg);

	if (err)
		return err;
	if (cfg->role != SEALSOCK_SERVER)
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "ticket keys are for servers");
	err = ticket_keys_new(&cfg->env, cfg->crypto, path, &made);
	if (err)
		return config_fail(cfg, err, err == SEALSOCK_ERR_FILE ? "cannot read %s" :
				   err == SEALSOCK_ERR_INVALID ?
				   "%s does not have 1 to 16 times 48 bytes" :
				   "making ticket keys of %s", path ? path : "random bytes");
	ticket_keys_free(cfg->tickets);
	cfg->tickets = made;
	return 0;
}

static void psk_free(struct sealsock_config *cfg, struct psk *p)
{
	mem_free(&cfg->env, p->identity, p->identity ? strlen(p->identity) + 1 : 0);
	mem_free(&cfg->env, p->host, p->host ? strlen(p->host) + 1 : 0);
	mem_free(&cfg->env, p, sizeof(*p));
}

void config_free_psks(struct sealsock_config *cfg)
{
	struct psk *p, *next;

	for (p = cfg->psks; p; p = next) {
		next = p->next;
		psk_free(cfg, p);
	}
	cfg->psks = NULL;
}

static bool hash_by_name(const char *name, enum hash_id *id)
{
	if (strcmp(name, "SHA256") == 0)
		*id = HASH_SHA256;
	else if (strcmp(name, "SHA384") == 0)
		*id = HASH_SHA384;
	else
		return false;
	return true;
}

static int psk_fill(struct sealsock_config *cfg, struct psk *p, const char *identity,
		    const void *key, size_t key_len, const char *host)
{
	struct host h;

	memcpy(p->key.b, key, key_len);
	p->key.n = (uint8_t)key_len;
	p->identity = mem_strndup(&cfg->env, identity, strlen(identity));
	if (host && !host_parse(host, &h))
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "\"%.80s\" is no host", host);
	if (host)
		p->host = mem_strndup(&cfg->env, h.name, strlen(h.name));
	if (!p->identity || (host && !p->host))
		return config_fail(cfg, SEALSOCK_ERR_NOMEM, "out of memory");
	return 0;
}

int sealsock_config_psk(struct sealsock_config *cfg, const char *identity, const void *key,
			size_t key_len, const char *hash, const char *host)
{
	struct psk *p, **end;
	enum hash_id id;
	int err = config_open(cfg);

	if (err)
		return err;
	if (!*identity || strlen(identity) > PSK_IDENTITY_MAX)
		return config_fail(cfg, SEALSOCK_ERR_INVALID,
				   "a PSK's identity has 1 to %d bytes", PSK_IDENTITY_MAX);
	if (key_len < PSK_MIN || key_len > SECRET_MAX || !hash_by_name(hash, &id))
		return config_fail(cfg, SEALSOCK_ERR_INVALID,
				   "a PSK has %d to %d bytes and is for SHA256 or SHA384", PSK_MIN,
				   SECRET_MAX);
	for (end = &cfg->psks; *end; end = &(*end)->next)
		if (strcmp((*end)->identity, identity) == 0)
			return config_fail(cfg, SEALSOCK_ERR_INVALID, "PSK \"%.80s\" named twice",
					   identity);
	p = mem_zalloc(&cfg->env, sizeof(*p));
	if (!p)
		return config_fail(cfg, SEALSOCK_ERR_NOMEM, "out of memory");
	p->hash = id;
	err = psk_fill(cfg, p, identity, key, key_len, host);
	if (err) {
		psk_free(cfg, p);
		return err;
	}
	*end = p;
	return 0;
}

bool config_resumes(const struct sealsock_config *cfg, const struct session *s, uint16_t version,
		    struct bytes host)
{
	const struct suite *suite = suite_find(s->suite);

	return s->role == cfg->role && s->version == version && suite &&
	       suite->version == version &&
	       bytes_equal(s->trust, bytes_of(cfg->trust_id, TRUST_ID)) &&
	       bytes_equal(s->host, host) && session_valid(s, cfg->env.now(cfg->env.arg));
}
