// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Tickets with keys of the configuration, or kept by somebody else; and how one keeps them. */
#include "config/config.h"
#include "resume/ticket.h"

struct sealsock_tickets {
	struct crypto *crypto;
	struct ticket_keys *keys;
};

_Static_assert(SEALSOCK_SESSION_MAX + TICKET_OVERHEAD <= SEALSOCK_TICKET_MAX, "any session fits");

int sealsock_tickets_new(struct sealsock_tickets **tickets)
{
	struct sealsock_tickets *t = mem_zalloc(&env_default, sizeof(*t));
	int err;

	*tickets = NULL;
	if (!t)
		return SEALSOCK_ERR_NOMEM;
	t->crypto = crypto_get();
	err = t->crypto ? ticket_keys_new(&env_default, t->crypto, NULL, &t->keys) :
			  SEALSOCK_ERR_NOMEM;
	if (err)
		sealsock_tickets_free(t);
	else
		*tickets = t;
	return err;
}

void sealsock_tickets_free(struct sealsock_tickets *tickets)
{
	if (!tickets)
		return;
	ticket_keys_free(tickets->keys);
	if (tickets->crypto)
		crypto_put(tickets->crypto);
	mem_free(&env_default, tickets, sizeof(*tickets));
}

int sealsock_tickets_set(struct sealsock_tickets *tickets, const void *keys, size_t n)
{
	return ticket_keys_set(tickets->keys, bytes_of(keys, n));
}

/* The size of what is in @made, which is wiped, or the error. */
static ssize_t give(int err, struct buf *made, void *out, size_t room)
{
	size_t n = made->n;

	if (!err && n > room)
		err = SEALSOCK_ERR_INVALID;
	if (!err)
		memcpy(out, made->p, n);
	buf_free(made);
	return err ? err : (ssize_t)n;
}

ssize_t sealsock_tickets_seal(struct sealsock_tickets *tickets, const void *session, size_t n,
			      void *ticket, size_t room)
{
	struct hash *scratch = hash_new();
	uint8_t salt[TICKET_SALT];
	struct builder w;
	struct buf made;
	int err = scratch ? 0 : SEALSOCK_ERR_NOMEM;

	buf_init(&made, &env_default);
	w = (struct builder){ .buf = &made };
	ticket_keys_refresh(tickets->keys);
	if (!err && env_default.random(NULL, salt, sizeof(salt)))
		err = SEALSOCK_ERR_RANDOM;
	if (!err)
		err = ticket_seal(tickets->keys, scratch, salt, bytes_of(session, n), &w);
	hash_free(scratch);
	return give(err, &made, ticket, room);
}

ssize_t sealsock_tickets_open(struct sealsock_tickets *tickets, const void *ticket, size_t n,
			      void *session, size_t room)
{
	struct hash *scratch = hash_new();
	struct buf made;
	int err = scratch ? 0 : SEALSOCK_ERR_NOMEM;

	buf_init(&made, &env_default);
	if (!err)
		err = ticket_open(tickets->keys, scratch, bytes_of(ticket, n), &made);
	hash_free(scratch);
	return give(err, &made, session, room);
}

int sealsock_config_ticket_keeper_sized(struct sealsock_config *cfg,
					const struct sealsock_ticket_keeper *keeper, size_t size)
{
	struct sealsock_ticket_keeper given;
	int err = config_open(cfg);

	if (err)
		return err;
	if (cfg->role != SEALSOCK_SERVER)
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "tickets are sealed by servers");
	if (!sized_in(&given, sizeof(given), keeper, size) || !given.seal || !given.open)
		return config_fail(cfg, SEALSOCK_ERR_INVALID,
				   "a ticket keeper of a newer library, or one that lacks a function");
	cfg->ticket_keeper = given;
	return 0;
}

int config_seal_ticket(const struct sealsock_config *cfg, struct hash *scratch,
		       const uint8_t *salt, struct bytes state, struct builder *w)
{
	const struct sealsock_ticket_keeper *k = &cfg->ticket_keeper;
	size_t room = state.n + SEALSOCK_TICKET_MAX - SEALSOCK_SESSION_MAX;
	ssize_t n;

	if (!k->seal)
		return ticket_seal(cfg->tickets, scratch, salt, state, w);
	if (w->bad || !buf_reserve(w->buf, room))
		return SEALSOCK_ERR_NOMEM;
	n = k->seal(k->arg, state.p, state.n, w->buf->p + w->buf->n, room);
	if (n <= 0 || (size_t)n > room)
		return n < 0 ? (int)n : SEALSOCK_ERR_CRYPTO;
	w->buf->n += (size_t)n;
	return 0;
}

int config_open_ticket(const struct sealsock_config *cfg, struct hash *scratch,
		       struct bytes ticket, struct buf *out)
{
	const struct sealsock_ticket_keeper *k = &cfg->ticket_keeper;
	ssize_t n;

	if (!k->open)
		return cfg->tickets ? ticket_open(cfg->tickets, scratch, ticket, out) :
				      SEALSOCK_ERR_BAD_RECORD;
	if (!buf_reserve(out, ticket.n))
		return SEALSOCK_ERR_NOMEM;
	n = k->open(k->arg, ticket.p, ticket.n, out->p + out->n, ticket.n);
	if (n <= 0 || (size_t)n > ticket.n)
		return SEALSOCK_ERR_BAD_RECORD;
	out->n += (size_t)n;
	return 0;
}
