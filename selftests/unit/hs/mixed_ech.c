// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Encrypted Client Hello and somebody in between who has two connections before him, and puts parts
 * of the one's hellos into the other's, leaves parts out, says them twice or in another order. No
 * connection comes of a hello that was changed, nobody is told of other keys, and the name is not
 * to be read. MIXED_SEED and MIXED_COUNT in the environment: others, and more of them.
 */
#include <stdlib.h>

#include "ech.h"
#include "hello.h"
#include "hs/hs.h"
#include "tap.h"

enum { FLIGHT_MAX = 16384, COUNT = 400, STEPS = 4, CCS = 20, RECORD = 5 };

static struct ech_pair keys, others;
static struct buf wire;
static uint64_t state;

static unsigned int draw(unsigned int n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned int)(state >> 11) % n;
}

struct flight {
	uint8_t p[FLIGHT_MAX];
	size_t n, at, end;		/* the first message, in a record of its own */
	bool hello;
};

static void take(struct sealsock_conn *from, struct flight *f)
{
	uint8_t type;

	f->n = drain(from, f->p, sizeof(f->p));
	buf_append(&wire, f->p, f->n);
	f->at = f->n > RECORD && f->p[0] == CCS ? RECORD + 1 : 0;
	f->hello = f->n > f->at + RECORD + 4 && f->p[f->at] == 22;
	if (!f->hello)
		return;
	type = f->p[f->at + RECORD];
	f->hello = type == MSG_CLIENT_HELLO || type == MSG_SERVER_HELLO;
	f->end = f->at + RECORD + 4 +
		 ((size_t)f->p[f->at + RECORD + 2] << 8 | f->p[f->at + RECORD + 3]);
}

static void read_hello(const struct flight *f, struct hello *h)
{
	hello_read(h, bytes_of(f->p + f->at + RECORD, f->end - f->at - RECORD));
}

static void change(struct hello *h, struct hello *other)
{
	struct hello_ext *a = &h->ext[draw((unsigned int)h->ext_count)], *b, kept = *a;
	struct hello whole;

	switch (draw(9)) {
	case 0:
		hello_drop(h, a->type);
		break;
	case 1:
		if (h->ext_count < EDIT_EXT_MAX)
			h->ext[h->ext_count++] = kept;
		break;
	case 2:
		b = hello_find(other, a->type);
		if (b)
			*a = *b;
		break;
	case 3:
		b = &h->ext[draw((unsigned int)h->ext_count)];
		*a = *b;
		*b = kept;
		break;
	case 4:
		memcpy(h->random, other->random, sizeof(h->random));
		break;
	case 5:
		memcpy(h->session_id, other->session_id, sizeof(h->session_id));
		break;
	case 6:
		if (a->n)
			a->data[draw(a->n)] ^= (uint8_t)(1u << draw(8));
		break;
	case 7:		/* all of the other, but for one extension */
		whole = *other;
		b = hello_find(&whole, a->type);
		if (b)
			*b = kept;
		*h = whole;
		break;
	default:
		*h = *other;
	}
}

/* False: it is what it was. */
static bool tamper(struct flight *f, const struct flight *other)
{
	static uint8_t made[FLIGHT_MAX];
	struct hello h, donor;
	size_t n, rest = f->n - f->end;

	read_hello(f, &h);
	read_hello(other, &donor);
	change(&h, &donor);
	n = hello_record(&h, made);
	if (n - RECORD == f->end - f->at - RECORD &&
	    !memcmp(made + RECORD, f->p + f->at + RECORD, n - RECORD))
		return false;
	NEED(f->at + n + rest <= sizeof(f->p));
	memmove(f->p + f->at + n, f->p + f->end, rest);
	memcpy(f->p + f->at, made, n);
	f->n = f->at + n + rest;
	return true;
}

struct pair_of {
	struct sealsock_conn *end[2];		/* client, server */
};

static bool is_done(const struct sealsock_conn *conn)
{
	return sealsock_conn_state(conn) == SEALSOCK_STATE_DONE;
}

/* Both connections, and at @step the first one's flight is tampered with; true: it was. */
static bool meet(struct pair_of p[2], unsigned int step)
{
	static struct flight f[2];
	bool changed = false;
	unsigned int i, k;

	for (i = 0; i < 8; i++) {
		for (k = 0; k < 2; k++)
			take(p[k].end[i % 2], &f[k]);
		if (i == step && f[0].hello && f[1].hello)
			changed = tamper(&f[0], &f[1]);
		for (k = 0; k < 2; k++)
			if (f[k].n)
				feed_all(p[k].end[!(i % 2)], f[k].p, f[k].n, 0);
	}
	return changed;
}

static const struct kind {
	const struct ech_pair *client, *server;
	const char *groups, *versions;		/* of the server */
	bool sessions;
} kinds[] = {
	{ &keys, &keys, NULL, NULL, false }, { &keys, &keys, NULL, NULL, true },
	{ &keys, &keys, "secp384r1", NULL, false }, { &keys, &keys, "secp384r1", NULL, true },
	{ &keys, &others, NULL, NULL, false }, { &keys, &others, "secp384r1", NULL, true },
	{ &keys, NULL, NULL, NULL, true }, { &keys, NULL, "secp384r1", NULL, false },
	{ &keys, NULL, NULL, "TLSv1.2", false }, { &keys, NULL, NULL, "TLSv1.2", true },
	{ NULL, &keys, NULL, NULL, false }, { NULL, &keys, "secp384r1", NULL, true },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void open_pairs(struct pair_of p[2], struct sealsock_config *cc, struct sealsock_config *sc)
{
	unsigned int k;

	for (k = 0; k < 2; k++) {
		p[k].end[0] = ech_conn(cc);
		p[k].end[1] = sealsock_conn_new(sc);
		NEED(p[k].end[1]);
	}
}

static void close_pairs(struct pair_of p[2])
{
	unsigned int k;

	for (k = 0; k < 2; k++) {
		sealsock_conn_free(p[k].end[0]);
		sealsock_conn_free(p[k].end[1]);
	}
}

/* What is wrong with what came of it; NULL: nothing. */
static const char *try_one(const struct kind *k, unsigned int step, unsigned int *changed)
{
	struct sealsock_config *cc = ech_client(k->client), *sc = ech_server(k->server);
	const char *wrong = NULL;
	struct pair_of p[2];
	size_t n;

	if (k->sessions)
		sealsock_config_session_store(cc, NULL);
	if (k->groups)
		sealsock_config_groups(sc, k->groups);
	if (k->versions)
		sealsock_config_versions(sc, k->versions);
	wire.n = 0;
	if (k->sessions && k->server == k->client) {
		open_pairs(p, cc, sc);
		meet(p, STEPS * 2);
		if (!is_done(p[0].end[0]) || !is_done(p[1].end[1]))
			wrong = "left alone, it does not work";
		close_pairs(p);
	}
	open_pairs(p, cc, sc);
	if (meet(p, step)) {
		++*changed;
		if (is_done(p[0].end[0]) || is_done(p[0].end[1]))
			wrong = "a connection came of a changed hello";
		if (sealsock_conn_ech_retry(p[0].end[0], &n))
			wrong = "somebody was told of other keys";
	}
	if (k->client && wire.n && memmem(wire.p, wire.n, "secret", 6))
		wrong = "the name was to be read";
	close_pairs(p);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
	return wrong;
}

int main(void)
{
	unsigned long seed = tap_number("MIXED_SEED", 1), bad = 0, i;
	unsigned long count = tap_number("MIXED_COUNT", COUNT);
	unsigned int changed = 0;

	buf_init(&wire, &test_env_full);
	ech_pair_make(&keys, NULL, ECH_PUBLIC);
	ech_pair_make(&others, NULL, ECH_PUBLIC);
	for (i = 0; i < count; i++) {
		const struct kind *k = &kinds[i % KINDS];
		const char *wrong;
		unsigned int step;

		state = 0x9e3779b97f4a7c15 * (seed + i + 1);
		step = draw(k->groups ? STEPS : STEPS / 2);
		wrong = try_one(k, step, &changed);
		if (!wrong)
			continue;
		bad++;
		printf("# %lu (kind %lu, step %u): %s\n", seed + i, i % KINDS, step, wrong);
	}
	ok_int((long)bad, 0, "%lu connections mixed with others", count);
	ok(changed > count / 2, "%u of them were changed", changed);
	buf_free(&wire);
	free_test_identities();
	return done();
}
