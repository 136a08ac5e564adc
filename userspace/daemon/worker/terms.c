// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sealsock.h"
#include "worker/terms.h"

enum { KEPT_MAX = 256, ALPN_TEXT = 512 };

/* Whatever makes one configuration another one. */
struct wish {
	uint32_t role, client_certificate, uid;
	uint16_t alpn_len;
	char credential[64], trust[64], profile[64];
	uint8_t alpn[256];
};

struct kept {
	struct kept *next;		/* the one used last is first */
	struct wish wish;
	struct sealsock_config *cfg;
};

/* Connections that are under way outlive what is kept here: users stay. */
struct user {
	struct user *next;
	struct link_user link;
};

struct terms {
	const struct material *m;
	struct keeper_link *link;
	struct kept *first;
	unsigned int count;
	struct user *users;
};

struct terms *terms_new(const struct material *m, struct keeper_link *link)
{
	struct terms *t = calloc(1, sizeof(*t));

	if (t) {
		t->m = m;
		t->link = link;
	}
	return t;
}

static void drop(struct terms *t, struct kept **at)
{
	struct kept *k = *at;

	*at = k->next;
	sealsock_config_unref(k->cfg);
	free(k);
	t->count--;
}

void terms_free(struct terms *t)
{
	struct user *u;

	while (t && t->first)
		drop(t, &t->first);
	while (t && t->users) {
		u = t->users;
		t->users = u->next;
		free(u);
	}
	free(t);
}

static struct link_user *user_of(struct terms *t, uint32_t uid)
{
	struct user *u;

	for (u = t->users; u; u = u->next)
		if (u->link.uid == uid)
			return &u->link;
	u = calloc(1, sizeof(*u));
	if (!u)
		return NULL;
	u->link = (struct link_user){ t->link, uid };
	u->next = t->users;
	t->users = u;
	return &u->link;
}

const struct credential *terms_credential(const struct material *m,
					  const struct sealsock_role *role, bool *known)
{
	const struct credential *cred;

	*known = true;
	/* A client shows a certificate only where it says which. */
	if (role->role == SEALSOCK_ROLE_CONNECT && !role->credential[0])
		return NULL;
	cred = material_credential(m, role->credential);
	*known = cred;
	return cred;
}

/* A configuration on its way, and what was wrong with it. */
struct making {
	struct terms *t;
	struct sealsock_config *cfg;
	int err;
	char *why;
	size_t room;
};

static bool fails(struct making *mk, int err, const char *what, const char *name)
{
	mk->err = err;
	snprintf(mk->why, mk->room, "%s%s%s%s", what, *name ? " \"" : "", name, *name ? "\"" : "");
	return false;
}

/* What the library says. */
static bool check(struct making *mk, int err)
{
	return !err || fails(mk, EPROTO, sealsock_config_error(mk->cfg), "");
}

static bool set_profile(struct making *mk, const char *name)
{
	const struct conf_profile *p = conf_profile(&mk->t->m->conf, name);
	const struct {
		const char *value;
		int (*set)(struct sealsock_config *cfg, const char *value);
	} set[] = {
		{ p ? p->base : NULL, sealsock_config_profile },
		{ p ? p->rules : NULL, sealsock_config_profile },
		{ p ? p->versions : NULL, sealsock_config_versions },
		{ p ? p->ciphers : NULL, sealsock_config_ciphers },
		{ p ? p->groups : NULL, sealsock_config_groups },
		{ p ? p->sigalgs : NULL, sealsock_config_sigalgs },
	};
	unsigned int i;

	if (!p)
		return fails(mk, ENOENT, "there is no profile", name);
	for (i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		if (set[i].value && !check(mk, set[i].set(mk->cfg, set[i].value)))
			return false;
	return true;
}

static bool set_credential(struct making *mk, const struct sealsock_role *role)
{
	bool known;
	const struct credential *cred = terms_credential(mk->t->m, role, &known);
	unsigned int i;

	if (!known)
		return fails(mk, ENOENT, "there is no credential", role->credential);
	for (i = 0; cred && i < cred->conf->n_chains; i++) {
		const struct chain *c = &cred->chains[i];

		if (!check(mk, sealsock_config_cert_signer(mk->cfg, c->pem.p, c->pem.n,
							   (void *)(uintptr_t)c->key_id)))
			return false;
		if (c->staple.n &&
		    !check(mk, sealsock_config_ocsp_mem(mk->cfg, c->staple.p, c->staple.n)))
			return false;
	}
	return true;
}

static bool set_trust(struct making *mk, const char *name)
{
	const struct trust *t = material_trust(mk->t->m, name);
	unsigned int i;

	if (!t)
		return fails(mk, ENOENT, "there is no trust", name);
	if (t->system.n && !check(mk, sealsock_config_ca_mem(mk->cfg, t->system.p, t->system.n)))
		return false;
	for (i = 0; i < t->conf->files.n; i++)
		if (!check(mk, sealsock_config_ca_mem(mk->cfg, t->files[i].p, t->files[i].n)))
			return false;
	for (i = 0; i < t->conf->crls.n; i++)
		if (!check(mk, sealsock_config_crl_mem(mk->cfg, t->crls[i].p, t->crls[i].n)))
			return false;
	return true;
}

/* The library takes a list in words. */
static bool set_alpn(struct making *mk, const struct sealsock_role *role)
{
	char text[ALPN_TEXT];
	size_t at = 0, out = 0, len;

	while (at < role->alpn_len) {
		len = role->alpn[at++];
		if (len > role->alpn_len - at || memchr(role->alpn + at, ',', len) ||
		    memchr(role->alpn + at, '\0', len))
			return fails(mk, EPROTO, "a protocol's name that cannot be", "");
		if (out)
			text[out++] = ',';
		memcpy(text + out, role->alpn + at, len);
		out += len;
		at += len;
	}
	text[out] = '\0';
	return !out || check(mk, sealsock_config_alpn(mk->cfg, text));
}

static bool make_server(struct making *mk, const struct sealsock_role *role)
{
	const struct sealsock_ticket_keeper keeper = { mk->t->link, link_seal, link_open };
	const struct sealsock_ech_keeper ech = { mk->t->link, link_ech };
	const struct blob *lists = &mk->t->m->ech_lists;
	enum sealsock_verify mode = role->client_certificate == SEALSOCK_CERT_REQUIRED ?
				    SEALSOCK_VERIFY_REQUIRED : SEALSOCK_VERIFY_OPTIONAL;

	if (!check(mk, sealsock_config_ticket_count(mk->cfg, mk->t->m->conf.tickets)) ||
	    !check(mk, sealsock_config_ticket_keeper(mk->cfg, &keeper)))
		return false;
	if (lists->n && !check(mk, sealsock_config_ech_keeper(mk->cfg, lists->p, lists->n, &ech)))
		return false;
	if (role->client_certificate == SEALSOCK_CERT_NONE)
		return true;
	return set_trust(mk, role->trust) && check(mk, sealsock_config_verify(mk->cfg, mode));
}

static bool make_client(struct making *mk, const struct sealsock_role *role, uint32_t uid)
{
	struct sealsock_session_store store = link_store;

	store.arg = user_of(mk->t, uid);
	if (!store.arg)
		return fails(mk, ENOMEM, "no memory", "");
	if (!set_trust(mk, role->trust))
		return false;
	return !mk->t->m->conf.sessions ||
	       check(mk, sealsock_config_session_store(mk->cfg, &store));
}

static bool make(struct making *mk, const struct sealsock_role *role, uint32_t uid)
{
	const bool server = role->role == SEALSOCK_ROLE_SERVE;

	mk->cfg = sealsock_config_new(server ? SEALSOCK_SERVER : SEALSOCK_CLIENT);
	if (!mk->cfg)
		return fails(mk, ENOMEM, "no memory", "");
	if (!set_profile(mk, role->profile) || !set_credential(mk, role) || !set_alpn(mk, role) ||
	    !(server ? make_server(mk, role) : make_client(mk, role, uid)))
		return false;
	if (sealsock_config_check(mk->cfg, mk->why, mk->room)) {
		mk->err = EPROTO;
		mk->why[strcspn(mk->why, "\n")] = '\0';
		return false;
	}
	return true;
}

static bool make_caller(struct making *mk, const struct sealsock_role *role, unsigned int parts)
{
	const bool server = role->role == SEALSOCK_ROLE_SERVE;

	mk->cfg = sealsock_config_new(server ? SEALSOCK_SERVER : SEALSOCK_CLIENT);
	if (!mk->cfg)
		return fails(mk, ENOMEM, "no memory", "");
	if (!set_profile(mk, role->profile) ||
	    !check(mk, sealsock_config_versions(mk->cfg, "TLSv1.3")) ||
	    (server && !check(mk, sealsock_config_ticket_count(mk->cfg, 0))) ||
	    (parts & TERMS_CREDENTIAL && !set_credential(mk, role)))
		return false;
	if (!(parts & TERMS_TRUST))
		return true;
	return set_trust(mk, role->trust) &&
	       (!server || check(mk, sealsock_config_verify(mk->cfg, SEALSOCK_VERIFY_OPTIONAL)));
}

struct sealsock_config *terms_caller(struct terms *t, const struct sealsock_role *role,
				     unsigned int parts, int *err, char *why, size_t room)
{
	struct making mk = { .t = t, .why = why, .room = room };

	if (make_caller(&mk, role, parts))
		return mk.cfg;
	sealsock_config_unref(mk.cfg);
	*err = mk.err;
	return NULL;
}

static void describe(const struct sealsock_due *due, struct wish *w)
{
	const struct sealsock_role *role = &due->role;

	*w = (struct wish){
		.role = role->role, .client_certificate = role->client_certificate,
		.alpn_len = role->alpn_len,
	};
	if (role->role == SEALSOCK_ROLE_CONNECT)
		w->uid = due->uid;
	memcpy(w->credential, role->credential, sizeof(w->credential));
	memcpy(w->trust, role->trust, sizeof(w->trust));
	memcpy(w->profile, role->profile, sizeof(w->profile));
	memcpy(w->alpn, role->alpn, sizeof(w->alpn));
}

/* The one that was not used for longest and that no handshake has. */
static void make_room(struct terms *t)
{
	struct kept **at, **last = NULL;

	for (at = &t->first; *at; at = &(*at)->next)
		last = at;
	if (t->count >= KEPT_MAX && last)
		drop(t, last);
}

struct sealsock_config *terms_get(struct terms *t, const struct sealsock_due *due, int *err,
				  char *why, size_t room)
{
	struct making mk = { .t = t, .why = why, .room = room };
	struct kept **at, *k;
	struct wish wish;

	describe(due, &wish);
	for (at = &t->first; (k = *at); at = &k->next)
		if (!memcmp(&k->wish, &wish, sizeof(wish)))
			break;
	if (k) {
		*at = k->next;
		k->next = t->first;
		t->first = k;
		return sealsock_config_ref(k->cfg);
	}
	make_room(t);
	k = calloc(1, sizeof(*k));
	if (!k) {
		fails(&mk, ENOMEM, "no memory", "");
		*err = mk.err;
		return NULL;
	}
	k->wish = wish;
	if (!make(&mk, &due->role, due->uid)) {
		sealsock_config_unref(mk.cfg);
		free(k);
		*err = mk.err;
		return NULL;
	}
	k->cfg = mk.cfg;
	k->next = t->first;
	t->first = k;
	t->count++;
	return sealsock_config_ref(k->cfg);
}
