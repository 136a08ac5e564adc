// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Keys kept apart: signatures and tickets by callback, keys handed over without a socket. */
#include <string.h>

#include "../uapi/sealsock.h"
#include "mutual.h"
#include "tap.h"

static struct sealsock_tickets *tickets;
static struct sealsock_key *key;
static int sealed, opened;

static ssize_t seal(void *arg, const void *state, size_t n, void *ticket, size_t room)
{
	sealed++;
	return sealsock_tickets_seal(arg, state, n, ticket, room);
}

static ssize_t open_ticket(void *arg, const void *ticket, size_t n, void *state, size_t room)
{
	opened++;
	return sealsock_tickets_open(arg, ticket, n, state, room);
}

static ssize_t fails(void *arg, const void *ticket, size_t n, void *state, size_t room)
{
	(void)arg, (void)ticket, (void)n, (void)state, (void)room;
	return SEALSOCK_ERR_TIMEOUT;
}

typedef ssize_t (*ticket_fn)(void *arg, const void *in, size_t n, void *out, size_t room);

static struct sealsock_config *server(ticket_fn open)
{
	const struct identity *id = test_server(CERT_P256);
	const struct sealsock_ticket_keeper keeper = { tickets, seal, open };
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_SERVER);

	NEED(!sealsock_config_env(cfg, &test_env) &&
	     !sealsock_config_cert_signer(cfg, id->cert_pem, strlen(id->cert_pem), key) &&
	     !sealsock_config_ticket_keeper(cfg, &keeper));
	return cfg;
}

/* Shakes hands; signs what the server asks for. */
static bool shake(struct sealsock_conn *c, struct sealsock_conn *s)
{
	struct sealsock_request r;
	uint8_t sig[SEALSOCK_SIGNATURE_MAX];
	ssize_t n;

	if (shake_hands(c, s, 0))
		return true;
	if (sealsock_conn_request(s, &r) || r.kind != SEALSOCK_REQUEST_SIGN)
		return false;
	n = sealsock_key_sign(r.key, 0x0304, r.scheme, r.message, r.message_len, sig, sizeof(sig));
	return n > 0 && !sealsock_conn_answer(s, 0, sig, (size_t)n) && shake_hands(c, s, 0);
}

static bool resumes(struct sealsock_config *cc, struct sealsock_config *sc)
{
	struct sealsock_conn *c = client_conn(cc), *s = sealsock_conn_new(sc);
	struct sealsock_info info = { 0 };
	char byte;

	if (shake(c, s)) {
		sealsock_conn_info(s, &info);
		sealsock_conn_read(c, &byte, 1);
	} else {
		printf("# %s; %s\n", sealsock_conn_error(c)->text, sealsock_conn_error(s)->text);
	}
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	return info.resumed;
}

static void resumption(const char *versions)
{
	struct sealsock_config *cc = client_config(), *sc = server(open_ticket), *other;

	sealsock_config_versions(cc, versions);
	sealsock_config_session_store(cc, NULL);
	sealed = 0;
	opened = 0;
	ok(!resumes(cc, sc) && sealed && !opened, "%s: the keeper seals", versions);
	ok(resumes(cc, sc) && opened, "and opens");
	other = server(open_ticket);
	ok(resumes(cc, other), "for another configuration too");
	sealsock_config_unref(other);
	other = server(fails);
	ok(!resumes(cc, other), "one that fails costs the resumption only");
	sealsock_config_unref(other);
	sealsock_config_unref(sc);
	sealsock_config_unref(cc);
}

static void ticket_keys(void)
{
	static const uint8_t keys[48 * 17] = { 1 };
	uint8_t ticket[200], state[200];
	ssize_t n;

	n = sealsock_tickets_seal(tickets, "state", 5, ticket, sizeof(ticket));
	ok(n > 5, "a ticket");
	ok_int(sealsock_tickets_seal(tickets, "state", 5, state, (size_t)n - 1),
	       SEALSOCK_ERR_INVALID, "needs its room");
	ok_int(sealsock_tickets_open(tickets, ticket, (size_t)n, state, 4), SEALSOCK_ERR_INVALID,
	       "and so does what is in it");
	ok(sealsock_tickets_open(tickets, ticket, (size_t)n, state, 5) == 5 &&
	   !memcmp(state, "state", 5), "it opens");
	ticket[(size_t)n - 1] ^= 1;
	ok_int(sealsock_tickets_open(tickets, ticket, (size_t)n, state, 5),
	       SEALSOCK_ERR_BAD_RECORD, "unless it was changed");
	ticket[(size_t)n - 1] ^= 1;
	ok_int(sealsock_tickets_set(tickets, keys, 0), SEALSOCK_ERR_INVALID, "no key");
	ok_int(sealsock_tickets_set(tickets, keys, 47), SEALSOCK_ERR_INVALID, "part of a key");
	ok_int(sealsock_tickets_set(tickets, keys, sizeof(keys)), SEALSOCK_ERR_INVALID, "too many");
	ok_int(sealsock_tickets_open(tickets, ticket, (size_t)n, state, 5), 5, "change nothing");
	ok_int(sealsock_tickets_set(tickets, keys, 96), 0, "two keys");
	ok_int(sealsock_tickets_open(tickets, ticket, (size_t)n, state, 5),
	       SEALSOCK_ERR_BAD_RECORD, "take the others' place");
}

static void keys(void)
{
	const struct identity *id = test_server(CERT_P256), *other = test_server(CERT_RSA);
	struct sealsock_key *k = key;
	int64_t from, until;
	uint8_t sig[SEALSOCK_SIGNATURE_MAX];

	ok_int(sealsock_key_mem(other->key_pem, strlen(other->key_pem), id->cert_pem,
				strlen(id->cert_pem), &k), SEALSOCK_ERR_KEY, "another's key");
	ok(!k, "is none");
	ok_int(sealsock_key_mem("", 0, id->cert_pem, strlen(id->cert_pem), &k), SEALSOCK_ERR_PEM,
	       "no key");
	ok_int(sealsock_key_mem(id->key_pem, strlen(id->key_pem), "x", 1, &k), SEALSOCK_ERR_PEM,
	       "no certificate");
	ok(!sealsock_chain_dates(id->cert_pem, strlen(id->cert_pem), &from, &until) &&
	   from < TEST_NOW && until > TEST_NOW, "a chain's dates");
	ok_int(sealsock_chain_dates("x", 1, &from, &until), SEALSOCK_ERR_PEM, "of none");
	ok_int(sealsock_key_sign(key, 0x0304, 0x0401, "m", 1, sig, sizeof(sig)), SEALSOCK_ERR_KEY,
	       "a scheme of other keys");
	ok_int(sealsock_key_sign(key, 0x0304, 9, "m", 1, sig, sizeof(sig)), SEALSOCK_ERR_NAME,
	       "a scheme that is none");
	ok_int(sealsock_key_sign(key, 0x0304, 0x0403, "m", 1, sig, 10), SEALSOCK_ERR_INVALID,
	       "too little room");
}

static void handing_over(void)
{
	static const struct sealsock_managed nothing;
	struct sealsock_config *cc = client_config(), *sc = server(open_ticket);
	struct sealsock_conn *c = client_conn(cc), *s = sealsock_conn_new(sc);
	struct sealsock_managed mc = nothing, ms = nothing;
	size_t used;

	ok_int(sealsock_conn_managed(s, &ms, sizeof(ms)), SEALSOCK_ERR_STATE, "keys too early");
	ok_int(sealsock_conn_message(c, "x", 1), SEALSOCK_ERR_STATE, "a message too early");
	ok(shake(c, s), "a handshake");
	ok_int(sealsock_conn_managed(s, &ms, sizeof(ms) - 1), SEALSOCK_ERR_INVALID, "no room");
	ok(!sealsock_conn_managed(s, &ms, sizeof(ms)) && !sealsock_conn_managed(c, &mc, sizeof(mc)),
	   "the keys of both ends");
	ok(ms.flags == SEALSOCK_MANAGED_SERVER && !mc.flags && ms.version == 0x0304 &&
	   mc.cipher_type == ms.cipher_type, "say whose they are");
	ok(!memcmp(ms.tx.secret, mc.rx.secret, 48) && !memcmp(ms.rx.secret, mc.tx.secret, 48) &&
	   memcmp(ms.tx.secret, nothing.tx.secret, 32), "and are the same crosswise");
	ok_int(sealsock_conn_managed(s, &ms, sizeof(ms)), SEALSOCK_ERR_STATE, "once");
	ok_int(sealsock_conn_feed(s, "x", 1, &used), SEALSOCK_ERR_STATE, "the engine has none");
	ok_int(sealsock_conn_message(c, "\x18\0\0\1\0", 5), SEALSOCK_ERR_INVALID,
	       "a KeyUpdate is the kernel's");
	ok(sealsock_conn_message(c, "\4\0\0\1\0", 5) == SEALSOCK_ERR_DECODE,
	   "a ticket that is none");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

int main(void)
{
	const struct identity *id = test_server(CERT_P256);

	ok_int(sealsock_tickets_new(&tickets), 0, "ticket keys");
	ok_int(sealsock_key_mem(id->key_pem, strlen(id->key_pem), id->cert_pem,
				strlen(id->cert_pem), &key), 0, "a key");
	keys();
	resumption("TLSv1.3");
	resumption("TLSv1.2");
	handing_over();
	ticket_keys();
	sealsock_key_free(key);
	sealsock_tickets_free(tickets);
	free_test_identities();
	return done();
}
