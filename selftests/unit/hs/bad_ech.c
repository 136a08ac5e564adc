// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a server makes of inner ClientHellos built by hand (RFC 9849 §5.1, §7.1), and what a
 * client makes of answers (§6.1.4 to §6.2.1): each malformed one gets its alert.
 */
#include "ech.h"
#include "expect.h"
#include "flight.h"
#include "hello.h"
#include "hs/hs.h"
#include "tap.h"

enum { ECH = 0xfe0d, OUTER_EXTENSIONS = 0xfd00, ROOM = 40000 };

/* The base point of P-256. */
#define HEX_P256_G "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" \
		   "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"

static struct ech_pair one, two;
static uint8_t rec[ROOM];

/* An inner hello and its envelope, before they are sealed. */
struct letter {
	struct hello inner, outer;
	size_t pad;
	uint8_t pad_with;
	size_t cut;			/* bytes missing at the end of what is encrypted */
	struct ech_envelope envelope;
};

static void hello_to(struct hello *h, const char *host)
{
	struct sealsock_config *cfg = client_config();
	struct sealsock_conn *conn;
	const void *p;
	size_t n;

	sealsock_config_versions(cfg, "TLSv1.3");
	sealsock_config_grease(cfg, false);
	conn = sealsock_conn_new(cfg);
	sealsock_conn_set_host(conn, host);
	sealsock_conn_output(conn, &p, &n);
	hello_read(h, bytes_of((const uint8_t *)p + 5, n - 5));
	sealsock_conn_free(conn);
	sealsock_config_unref(cfg);
}

static void open_letter(struct letter *l)
{
	memset(l, 0, sizeof(*l));
	hello_to(&l->outer, ECH_PUBLIC);
	hello_to(&l->inner, ECH_SECRET);
	/* A key share that both have. */
	*hello_find(&l->inner, 51) = *hello_find(&l->outer, 51);
	hello_add(&l->inner, ECH, "01");
	l->inner.session_id_len = 0;
	ech_envelope_open(&l->envelope, &one);
}

static void close_letter(struct letter *l)
{
	ech_envelope_close(&l->envelope);
}

/* The outer hello with the sealed inner one, as a record: its length. */
static size_t seal_letter(struct letter *l)
{
	static uint8_t plain[ROOM];
	size_t n = hello_write(&l->inner, plain) - 4;

	memset(plain + 4 + n, l->pad_with, l->pad);
	return ech_envelope_seal(&l->envelope, &l->outer,
				 bytes_of(plain + 4, n + l->pad - l->cut), rec);
}

static int give(struct letter *l, struct sealsock_conn *s)
{
	return feed_all(s, rec, seal_letter(l), 0);
}

/* Changes of the inner hello. */
enum op { NOTHING, SET, DROP, PAD, PAD_BAD, CUT, SESSION, OUTER_TOO };

struct row {
	const char *name;
	enum op op;
	uint16_t type;
	const char *hex;
	int code;			/* 0: taken */
};

static void change(struct letter *l, const struct row *r)
{
	switch (r->op) {
	case SET:
		hello_set(&l->inner, r->type, r->hex);
		break;
	case DROP:
		hello_drop(&l->inner, r->type);
		break;
	case PAD:
	case PAD_BAD:
		l->pad = 10;
		l->pad_with = r->op == PAD_BAD;
		break;
	case CUT:
		l->cut = r->type;
		break;
	case SESSION:
		l->inner.session_id_len = 1;
		break;
	case OUTER_TOO:		/* what the inner one names is dropped there, and may be here */
		hello_drop(&l->inner, 51);
		hello_drop(&l->inner, 10);
		hello_set(&l->inner, OUTER_EXTENSIONS, r->hex);
		break;
	default:
		break;
	}
}

/* In the outer hello stand, in this order: 10, 13, 51. */
static const struct row inner_rows[] = {
	{ "as it should be", NOTHING, 0, "", 0 },
	{ "padded", PAD, 0, "", 0 },
	{ "padded with other than zeros", PAD_BAD, 0, "", SEALSOCK_ERR_ILLEGAL },
	{ "with a session id", SESSION, 0, "", SEALSOCK_ERR_ILLEGAL },
	{ "cut by one byte", CUT, 1, "", SEALSOCK_ERR_DECODE },
	{ "cut in the suites", CUT, 180, "", SEALSOCK_ERR_DECODE },
	{ "not marked", DROP, ECH, "", SEALSOCK_ERR_ILLEGAL },
	{ "marked as an outer one", SET, ECH, "0000010001000000000101", SEALSOCK_ERR_ILLEGAL },
	{ "marked, and more", SET, ECH, "012a2a", SEALSOCK_ERR_ILLEGAL },
	{ "with an empty mark", SET, ECH, "", SEALSOCK_ERR_ILLEGAL },
	{ "with TLS 1.2", SET, 43, "0403040303", SEALSOCK_ERR_ILLEGAL },
	{ "with TLS 1.0", SET, 43, "0403040301", SEALSOCK_ERR_ILLEGAL },
	{ "with GREASE among its versions", SET, 43, "040a0a0304", 0 },
	{ "with GREASE alone", SET, 43, "020a0a", SEALSOCK_ERR_VERSION },
	{ "with a version to come alone", SET, 43, "020305", SEALSOCK_ERR_VERSION },
	{ "without versions", DROP, 43, "", SEALSOCK_ERR_ILLEGAL },
	{ "with half a version", SET, 43, "0303", SEALSOCK_ERR_ILLEGAL },
	{ "naming two outer extensions", OUTER_TOO, 0, "04000a0033", 0 },
	{ "naming one that is not there", OUTER_TOO, 0, "06000a00331234", SEALSOCK_ERR_ILLEGAL },
	{ "naming them in another order", OUTER_TOO, 0, "040033000a", SEALSOCK_ERR_ILLEGAL },
	{ "naming one twice", OUTER_TOO, 0, "06000a000a0033", SEALSOCK_ERR_ILLEGAL },
	{ "naming the envelope", OUTER_TOO, 0, "06000a0033fe0d", SEALSOCK_ERR_ILLEGAL },
	{ "naming itself", OUTER_TOO, 0, "06000a0033fd00", SEALSOCK_ERR_ILLEGAL },
	{ "naming none", OUTER_TOO, 0, "00", SEALSOCK_ERR_DECODE },
	{ "naming half a one", OUTER_TOO, 0, "03000a00", SEALSOCK_ERR_DECODE },
	{ "naming, and more", OUTER_TOO, 0, "04000a003300", SEALSOCK_ERR_DECODE },
	{ "without a key share", DROP, 51, "", SEALSOCK_ERR_MISSING_EXT },
	{ "with a name of another kind", SET, 0, "0005ff00020000", SEALSOCK_ERR_DECODE },
};

/* What both have fits in each, but not in one: no lack of memory here. */
static void unfolds_too_long(void)
{
	enum { EACH = 40000 };
	static uint8_t outer[4 + EACH] = { 0x12, 0x34, EACH >> 8, EACH & 0xff };
	static uint8_t plain[34 + 1 + 2 + 1 + 2 + 4 + EACH + 7];
	const size_t block = 4 + EACH + 7;
	const uint8_t head[] = {
		block >> 8, block & 0xff, 0x12, 0x35, EACH >> 8, EACH & 0xff,
	};
	uint8_t *p = plain + 34 + 1 + 2 + 1;
	const char *why = "";
	struct buf out;
	struct builder w = { .buf = &out };

	buf_init(&out, &env_default);
	memcpy(p, head, sizeof(head));
	memcpy(p + 6 + EACH, "\xfd\x00\x00\x03\x02\x12\x34", 7);
	ok_int(ech_decode(bytes_of(plain, sizeof(plain)), bytes_of(NULL, 0),
			  bytes_of(outer, sizeof(outer)), &w, &why), SEALSOCK_ERR_DECODE,
	       "an inner hello that unfolds to more than one can be");
	ok(strstr(why, "room"), "  and it is said: %s", why);
	buf_free(&out);
}

static void inner(bool second)
{
	struct sealsock_config *cfg;
	struct sealsock_conn *s;
	struct letter l;
	char name[100];
	size_t i;
	int err;

	for (i = 0; i < sizeof(inner_rows) / sizeof(inner_rows[0]); i++) {
		const struct row *r = &inner_rows[i];

		cfg = ech_server(&one);
		if (second)
			sealsock_config_groups(cfg, "secp256r1");
		s = sealsock_conn_new(cfg);
		open_letter(&l);
		snprintf(name, sizeof(name), "%sinner hello %s", second ? "second " : "", r->name);
		if (second) {
			give(&l, s);
			drain(s, rec, sizeof(rec));
			l.envelope.second = true;
			/* The share that is asked for. */
			hello_set(&l.outer, 51, "00450017004104" HEX_P256_X HEX_ZERO32);
			*hello_find(&l.inner, 51) = *hello_find(&l.outer, 51);
		}
		change(&l, r);
		err = give(&l, s);
		if (r->code)
			expect_failure(s, err, r->code, name);
		else if (second)	/* the share is no point, which is seen behind all this */
			expect_failure(s, err, SEALSOCK_ERR_ILLEGAL, name);
		else
			ok(!err && ech_of(s) == SEALSOCK_ECH_ACCEPTED, "%s: %s", name,
			   sealsock_conn_error(s)->text);
		close_letter(&l);
		sealsock_conn_free(s);
		sealsock_config_unref(cfg);
	}
}

/* One name before a HelloRetryRequest, and another one behind it. */
static void switched(void)
{
	struct sealsock_config *cfg = ech_server(&one);
	struct sealsock_conn *s = NULL;
	struct letter l;
	int i;

	sealsock_config_groups(cfg, "secp256r1");
	for (i = 0; i < 2; i++) {
		open_letter(&l);
		s = sealsock_conn_new(cfg);
		ok(!give(&l, s) && s->result->retried, "a letter that is asked for again");
		drain(s, rec, sizeof(rec));
		l.envelope.second = true;
		hello_set(&l.outer, 51, "00450017004104" HEX_P256_G);
		*hello_find(&l.inner, 51) = *hello_find(&l.outer, 51);
		if (i)		/* of the outer hello nothing but the envelope counts */
			hello_set(&l.outer, 0, "000d00000a6f746865722e74657374");
		else
			hello_set(&l.inner, 0, "000d00000a6f746865722e74657374");
		if (i)
			ok(!give(&l, s) && ech_of(s) == SEALSOCK_ECH_ACCEPTED,
			   "another public name: %s", sealsock_conn_error(s)->text);
		else
			expect_failure(s, give(&l, s), SEALSOCK_ERR_ILLEGAL, "another inner name");
		close_letter(&l);
		sealsock_conn_free(s);
	}
	sealsock_config_unref(cfg);
}

/* Changes of the envelope, at a place in its extension, after it was sealed. */
static const struct {
	const char *name;
	size_t at;
	uint8_t flip;
} flips[] = {
	{ "another KDF", 2, 3 },
	{ "another AEAD", 4, 2 },
	{ "an unknown AEAD", 3, 0x80 },
	{ "another configuration", 5, 1 },
	{ "another public key", 10, 1 },
	{ "another payload", 100, 1 },
};

static void envelope(void)
{
	struct sealsock_config *cfg = ech_server(&one);
	struct sealsock_conn *s;
	struct letter l;
	size_t i;

	for (i = 0; i < sizeof(flips) / sizeof(flips[0]); i++) {
		open_letter(&l);
		seal_letter(&l);
		hello_find(&l.outer, ECH)->data[flips[i].at] ^= flips[i].flip;
		s = sealsock_conn_new(cfg);
		ok(!feed_all(s, rec, hello_record(&l.outer, rec), 0) &&
		   ech_of(s) == SEALSOCK_ECH_REJECTED, "%s: the outer one counts", flips[i].name);
		sealsock_conn_free(s);
		close_letter(&l);
	}
	/* What is around it is bound as well. */
	open_letter(&l);
	seal_letter(&l);
	hello_set(&l.outer, 21, "0000");
	s = sealsock_conn_new(cfg);
	ok(!feed_all(s, rec, hello_record(&l.outer, rec), 0) &&
	   ech_of(s) == SEALSOCK_ECH_REJECTED, "an outer hello that was changed counts itself");
	sealsock_conn_free(s);
	close_letter(&l);
	/* What stands beside it means nothing: an empty binder of a PSK, as of OpenSSL 4.0. */
	open_letter(&l);
	hello_set(&l.outer, 43, "01");
	hello_set(&l.outer, 41, "00080002aabb00000000000100");
	s = sealsock_conn_new(cfg);
	ok(!give(&l, s) && ech_of(s) == SEALSOCK_ECH_ACCEPTED,
	   "an outer hello that is malformed beside a right inner one");
	sealsock_conn_free(s);
	close_letter(&l);
	sealsock_config_unref(cfg);
}

/* Extensions that are no envelopes. */
static const struct {
	const char *name, *hex;
	int code;
} malformed[] = {
	{ "empty", "", SEALSOCK_ERR_DECODE },
	{ "neither outer nor inner", "02", SEALSOCK_ERR_ILLEGAL },
	{ "an inner one from the network", "01", SEALSOCK_ERR_ILLEGAL },
	{ "an inner one with content", "012a2a2a", SEALSOCK_ERR_DECODE },
	{ "cut in the suite", "00000100", SEALSOCK_ERR_DECODE },
	{ "without a payload", "0000010001000000", SEALSOCK_ERR_DECODE },
	{ "with an empty payload", "00000100010000000000", SEALSOCK_ERR_DECODE },
	{ "with a payload that is cut", "00000100010000000002aa", SEALSOCK_ERR_DECODE },
	{ "with bytes behind it", "00000100010000000001aaff", SEALSOCK_ERR_DECODE },
	{ "with a payload of one byte", "00000100010000000001aa", 0 },
};

static void not_envelopes(void)
{
	struct sealsock_config *cfg = ech_server(&one), *bare = ech_server(NULL);
	struct sealsock_conn *s;
	struct hello h;
	size_t i;
	int err;

	for (i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		hello_to(&h, ECH_PUBLIC);
		hello_set(&h, ECH, malformed[i].hex);
		s = sealsock_conn_new(cfg);
		err = feed_all(s, rec, hello_record(&h, rec), 0);
		if (malformed[i].code)
			expect_failure(s, err, malformed[i].code, malformed[i].name);
		else
			ok_int(err, 0, "%s", malformed[i].name);
		sealsock_conn_free(s);
	}
	hello_to(&h, ECH_PUBLIC);
	hello_set(&h, OUTER_EXTENSIONS, "02000a");
	s = sealsock_conn_new(cfg);
	expect_failure(s, feed_all(s, rec, hello_record(&h, rec), 0), SEALSOCK_ERR_ILLEGAL,
		       "ech_outer_extensions outside");
	sealsock_conn_free(s);
	/* A server without keys stands behind one that has them. */
	hello_to(&h, ECH_SECRET);
	hello_set(&h, ECH, "01");
	s = sealsock_conn_new(bare);
	ok(!feed_all(s, rec, hello_record(&h, rec), 0) && ech_of(s) == SEALSOCK_ECH_ACCEPTED,
	   "without keys an inner one is confirmed");
	sealsock_conn_free(s);
	sealsock_config_unref(cfg);
	sealsock_config_unref(bare);
}

/* The second envelope of a client, changed on the way. */
enum way { LOST, ID, SUITE, ENC, PAYLOAD, AROUND, INNER };

static const struct {
	const char *name;
	enum way way;
	int code;
} seconds[] = {
	{ "is not there", LOST, SEALSOCK_ERR_MISSING_EXT },
	{ "has another configuration", ID, SEALSOCK_ERR_ILLEGAL },
	{ "has another suite", SUITE, SEALSOCK_ERR_ILLEGAL },
	{ "has a public key again", ENC, SEALSOCK_ERR_ILLEGAL },
	{ "is an inner one", INNER, SEALSOCK_ERR_ILLEGAL },
	{ "has another payload", PAYLOAD, SEALSOCK_ERR_BAD_FINISHED },
	{ "stands in a changed hello", AROUND, SEALSOCK_ERR_BAD_FINISHED },
};

static void second_envelope(void)
{
	struct sealsock_config *cc = ech_client(&one), *sc = ech_server(&one);
	struct sealsock_conn *c, *s;
	struct hello_ext *e;
	struct hello h;
	char name[100];
	const void *p;
	size_t i, n;

	sealsock_config_groups(sc, "secp384r1");
	for (i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		c = ech_conn(cc);
		s = sealsock_conn_new(sc);
		carry(c, s, 0, &n);
		carry(s, c, 0, &n);
		sealsock_conn_output(c, &p, &n);
		hello_read(&h, bytes_of((const uint8_t *)p + 11, n - 11));
		e = hello_find(&h, ECH);
		switch (seconds[i].way) {
		case LOST:
			hello_drop(&h, ECH);
			break;
		case ID:
			e->data[5] ^= 1;
			break;
		case SUITE:
			e->data[4] ^= 2;
			break;
		case ENC:
			hello_set(&h, ECH, "000001000100000101000101");
			hello_find(&h, ECH)->data[5] = one.list[6];
			break;
		case PAYLOAD:
			e->data[e->n - 1] ^= 1;
			break;
		case AROUND:
			hello_set(&h, 21, "0000");
			break;
		case INNER:
			hello_set(&h, ECH, "01");
			break;
		}
		snprintf(name, sizeof(name), "the second envelope %s", seconds[i].name);
		expect_failure(s, feed_all(s, rec, hello_record(&h, rec), 0), seconds[i].code,
			       name);
		sealsock_conn_free(c);
		sealsock_conn_free(s);
	}
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* The first answer of a server, changed on the way to a client. */
struct answer {
	struct sealsock_config *cc, *sc;
	struct sealsock_conn *c, *s;
	struct hello h;
};

/* The first message of its output. */
static void read_first(struct sealsock_conn *from, struct hello *h)
{
	const uint8_t *rec;
	const void *p;
	size_t n;

	sealsock_conn_output(from, &p, &n);
	rec = p;
	NEED(n > 9);
	hello_read(h, bytes_of(rec + 5, 4 + (size_t)(rec[7] << 8 | rec[8])));
}

static void open_answer(struct answer *a, const struct ech_pair *client,
			const struct ech_pair *server, bool retry)
{
	size_t n;

	a->cc = ech_client(client);
	a->sc = ech_server(server);
	if (retry)
		sealsock_config_groups(a->sc, "secp384r1");
	a->c = ech_conn(a->cc);
	a->s = sealsock_conn_new(a->sc);
	carry(a->c, a->s, 0, &n);
	read_first(a->s, &a->h);
}

static int give_answer(struct answer *a)
{
	return feed_all(a->c, rec, hello_record(&a->h, rec), 0);
}

static void close_answer(struct answer *a)
{
	sealsock_conn_free(a->c);
	sealsock_conn_free(a->s);
	sealsock_config_unref(a->cc);
	sealsock_config_unref(a->sc);
}

static void retries(void)
{
	const struct ech_pair *offers[] = { &one, NULL };
	struct answer a;
	size_t i;

	for (i = 0; i < 2; i++) {
		const char *who = i ? "GREASE" : "an offer";

		open_answer(&a, offers[i], &one, true);
		hello_set(&a.h, ECH, "00112233445566");
		expect_failure(a.c, give_answer(&a), SEALSOCK_ERR_DECODE,
			       i ? "GREASE: a confirmation of 7 bytes" :
				   "a confirmation of 7 bytes");
		close_answer(&a);
		open_answer(&a, offers[i], &one, true);
		hello_set(&a.h, ECH, "0011223344556677");
		ok_int(give_answer(&a), 0, "%s: another confirmation is none", who);
		ok_int(ech_of(a.c), i ? SEALSOCK_ECH_GREASE : SEALSOCK_ECH_REJECTED, "%s", who);
		close_answer(&a);
		open_answer(&a, offers[i], &one, true);
		hello_drop(&a.h, ECH);
		ok_int(give_answer(&a), 0, "%s: without a confirmation", who);
		close_answer(&a);
	}
	open_answer(&a, NULL, NULL, true);
	hello_set(&a.h, ECH, "0011223344556677");
	sealsock_conn_free(a.c);
	sealsock_config_unref(a.cc);
	a.cc = client_config();
	sealsock_config_ech_grease(a.cc, false);
	a.c = ech_conn(a.cc);
	drain(a.c, rec, sizeof(rec));
	/* Its session id is another, but that is looked at later. */
	expect_failure(a.c, give_answer(&a), SEALSOCK_ERR_UNOFFERED_EXT,
		       "a confirmation that nobody asked for");
	close_answer(&a);
}

static void hellos(void)
{
	struct answer a;
	size_t n;

	open_answer(&a, &one, &one, false);
	hello_set(&a.h, ECH, "0011223344556677");
	expect_failure(a.c, give_answer(&a), SEALSOCK_ERR_ILLEGAL,
		       "a ServerHello has no such extension");
	close_answer(&a);

	open_answer(&a, &one, &two, false);
	hello_set(&a.h, 41, "0000");
	expect_failure(a.c, give_answer(&a), SEALSOCK_ERR_UNOFFERED_EXT,
		       "a pre-shared key that nobody offered");
	close_answer(&a);

	open_answer(&a, &one, NULL, false);
	sealsock_conn_free(a.s);
	sealsock_config_unref(a.sc);
	a.sc = ech_server(NULL);
	sealsock_config_versions(a.sc, "TLSv1.2");
	a.s = sealsock_conn_new(a.sc);
	sealsock_conn_free(a.c);
	a.c = ech_conn(a.cc);
	carry(a.c, a.s, 0, &n);
	read_first(a.s, &a.h);
	hello_add(&a.h, ECH, "0011223344556677");
	expect_failure(a.c, give_answer(&a), SEALSOCK_ERR_UNOFFERED_EXT,
		       "nor has one of TLS 1.2, which answers nothing");
	close_answer(&a);

	/* What a HelloRetryRequest has confirmed the ServerHello confirms again. */
	open_answer(&a, &one, &one, true);
	give_answer(&a);
	drain(a.s, rec, sizeof(rec));
	carry(a.c, a.s, 0, &n);
	read_first(a.s, &a.h);
	a.h.random[31] ^= 1;
	expect_failure(a.c, give_answer(&a), SEALSOCK_ERR_ILLEGAL,
		       "a ServerHello that takes the confirmation back");
	close_answer(&a);

	/* … nor does it fall back to where there is nothing to confirm. */
	open_answer(&a, &one, &one, true);
	give_answer(&a);
	drain(a.s, rec, sizeof(rec));
	carry(a.c, a.s, 0, &n);
	read_first(a.s, &a.h);
	hello_drop(&a.h, 43);
	expect_failure(a.c, give_answer(&a), SEALSOCK_ERR_VERSION,
		       "a ServerHello of TLS 1.2 behind a HelloRetryRequest");
	ok(!sealsock_conn_ech_retry(a.c, &n), "which says nothing of other keys");
	close_answer(&a);

	/* Nobody can turn a connection into one with the public name. */
	open_answer(&a, &one, &one, false);
	a.h.random[31] ^= 1;
	ok_int(give_answer(&a), 0, "a confirmation that was changed on the way");
	ok_int(ech_of(a.c), SEALSOCK_ECH_REJECTED, "is none");
	drain(a.s, rec, sizeof(rec));
	close_answer(&a);
}

/* pre_shared_key in answer to what only looks like one (§6.1.2). */
static void grease_psk(void)
{
	struct answer a;
	size_t n;

	open_answer(&a, &one, &one, false);
	sealsock_conn_free(a.c);
	sealsock_conn_free(a.s);
	sealsock_config_unref(a.cc);
	a.cc = ech_client(&one);
	sealsock_config_session_store(a.cc, NULL);
	a.c = ech_conn(a.cc);
	a.s = sealsock_conn_new(a.sc);
	ok(shake_hands(a.c, a.s, 0), "a connection that leaves a session");
	sealsock_conn_free(a.c);
	sealsock_conn_free(a.s);
	sealsock_config_unref(a.sc);
	a.sc = ech_server(&two);
	a.c = ech_conn(a.cc);
	a.s = sealsock_conn_new(a.sc);
	read_first(a.c, &a.h);
	ok(hello_find(&a.h, 41), "the outer hello seems to offer one");
	carry(a.c, a.s, 0, &n);
	read_first(a.s, &a.h);
	hello_set(&a.h, 41, "0000");
	expect_failure(a.c, give_answer(&a), SEALSOCK_ERR_ILLEGAL,
		       "but a rejecting server may not choose it");
	close_answer(&a);
}

static const struct {
	const char *name, *hex;
	const struct ech_pair *client, *server;
	int code;
} extensions[] = {
	{ "keys in answer to an inner hello", "0800000a0008fe0d00040002aabb", &one, &one,
	  SEALSOCK_ERR_UNOFFERED_EXT },
	{ "a malformed list", "0800000a0008fe0d0004baddeccc", &one, &two, SEALSOCK_ERR_DECODE },
	{ "GREASE: a malformed list", "0800000a0008fe0d0004baddeccc", NULL, &one,
	  SEALSOCK_ERR_DECODE },
	{ "an empty list", "080000080006fe0d00020000", &one, &two, SEALSOCK_ERR_DECODE },
	{ "a list of another version only", "0800000f000dfe0d00090007badd0003010203", &one, &two,
	  0 },
};

static void answers(void)
{
	struct flight f;
	uint8_t ee[64];
	struct bytes m;
	size_t i;
	int err;

	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		flight_to_client(&f, ech_client(extensions[i].client),
				 ech_server(extensions[i].server));
		m = bytes_of(ee, unhex(extensions[i].hex, ee, sizeof(ee)));
		err = flight_give(&f, f.client, &m, 1);
		if (extensions[i].code)
			expect_failure(f.client, err, extensions[i].code, extensions[i].name);
		else
			ok_int(err, 0, "%s", extensions[i].name);
		flight_close(&f);
	}
}

int main(void)
{
	ech_pair_make(&one, NULL, ECH_PUBLIC);
	ech_pair_make(&two, NULL, ECH_PUBLIC);
	unfolds_too_long();
	inner(false);
	inner(true);
	switched();
	envelope();
	not_envelopes();
	second_envelope();
	retries();
	hellos();
	grease_psk();
	answers();
	free_test_identities();
	return done();
}
