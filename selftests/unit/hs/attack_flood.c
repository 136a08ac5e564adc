// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Floods: records that cost the one who gets them something and bring nothing. Sixty-four in a row
 * are borne, on every record path and in both versions, then the connection ends; data in between
 * starts the count anew.
 */
#include "expect.h"
#include "keys/schedule13.h"
#include "pair.h"
#include "record/channel.h"
#include "tap.h"

enum { BORNE = 64, TICKETS_AS_ONE = 16 };

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;

static void open_both(const char *versions, bool shake)
{
	size_t moved;

	cc = client_config();
	sc = server_config(CERT_P256);
	sealsock_config_versions(sc, versions);
	sealsock_config_ticket_count(sc, 0);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	if (shake)
		shake_hands(c, s, 0);
	else
		carry(c, s, 0, &moved);
}

static void close_both(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* The server seals it with its own keys; each has its own way into the client. */
static int by_engine(uint8_t type, const void *p, size_t n)
{
	struct buf rec;
	int err;

	buf_init(&rec, &test_env_full);
	record_seal(&s->ch.tx, type, bytes_of(p, n), &rec);
	err = feed_all(c, rec.p, rec.n, 0);
	buf_free(&rec);
	return err;
}

static int by_kernel(uint8_t type, const void *p, size_t n)
{
	unsigned int todo = 0;

	return conn_post_record(c, type, p, n, &todo);
}

static const struct row {
	const char *name;
	const char *versions;
	uint8_t type;
	const char *p;
	size_t n;
	bool kernel;		/* such records come to the library there too */
} rows[] = {
	{ "empty data", "TLSv1.3", 23, "", 0, false },
	{ "empty data", "TLSv1.2", 23, "", 0, false },
	{ "user_canceled", "TLSv1.3", 21, "\1\132", 2, true },
	{ "user_canceled", "TLSv1.2", 21, "\1\132", 2, true },
	{ "warnings", "TLSv1.2", 21, "\1\144", 2, true },
	{ "tickets", "TLSv1.3", 22, "\4\0\0\16\0\0\0\1\0\0\0\0\0\0\1\2\0\0", 18, true },
	{ "KeyUpdates", "TLSv1.3", 22, "\30\0\0\1\0", 5, true },
};

/* The server's own keys follow its KeyUpdates. */
static void follow(const struct row *r, bool kernel)
{
	struct kdf kdf;

	if (kernel || r->type != 22 || r->p[0] != 24)
		return;
	kdf_open(&s->ch, &kdf);
	schedule13_update(&kdf, &s->ch.tx_secret);
	channel_key(&s->ch, &s->ch.tx, &kdf, &s->ch.tx_secret);
	kdf_close(&kdf);
}

static void flood(const struct row *r, bool kernel)
{
	int (*give)(uint8_t type, const void *p, size_t n) = kernel ? by_kernel : by_engine;
	const int each = r->type == 22 && r->p[0] == 4 ? TICKETS_AS_ONE : 1;
	char byte;
	int i, err = 0, round;

	open_both(r->versions, true);
	if (kernel)
		keys_away(c);
	for (round = 0; round < 2 && !err; round++) {
		for (i = 0; i < BORNE * each && !err; i++) {
			err = give(r->type, r->p, r->n);
			follow(r, kernel);
		}
		if (round || err)
			break;
		/* Useful data: on the kernel's path whoever reads it says so. */
		if (kernel)
			c->ch.idle_records = 0;
		else
			err = by_engine(23, "x", 1) || sealsock_conn_read(c, &byte, 1) != 1;
	}
	ok(!err && round == 1, "%s, %s%s: twice 64 with data in between", r->name, r->versions,
	   kernel ? " (kernel)" : "");
	for (i = 0; i < each && !err; i++)
		err = give(r->type, r->p, r->n);
	ok(err == SEALSOCK_ERR_FLOOD && sealsock_conn_error(c)->code == SEALSOCK_ERR_FLOOD &&
	   sealsock_error_alert(err) == ALERT_UNEXPECTED_MESSAGE,
	   "attack: a flood of %s, %s%s", r->name, r->versions, kernel ? " (kernel)" : "");
	close_both();
}

/* Before there are keys: what a client gets instead of a ServerHello. */
static void during_the_handshake(void)
{
	static const struct {
		const char *name, *rec;
		size_t n;
	} early[] = {
		{ "the warning unrecognized_name", "\x15\3\3\0\2\1\160", 7 },
		{ "user_canceled", "\x15\3\3\0\2\1\132", 7 },
	};
	size_t i;
	int n, err;

	for (i = 0; i < 2; i++) {
		open_both("TLSv1.2,TLSv1.3", false);
		for (n = 0, err = 0; !err && n < 1000; n++)
			err = feed_all(c, early[i].rec, early[i].n, 0);
		ok_int(n, BORNE + 1, "before the ServerHello: %s, 64 times", early[i].name);
		expect_failure(c, err, SEALSOCK_ERR_FLOOD, "attack: a flood of them");
		close_both();
	}
}

/* Who only uploads, and asks for new keys now and then, gets answers and nothing else. */
static void answers_we_asked_for(void)
{
	size_t moved;
	char buf[8];
	int i, err = 0;

	open_both("TLSv1.3", true);
	for (i = 0; i < 500 && !err; i++) {
		err = sealsock_conn_rekey(c, true);
		if (!err)
			err = sealsock_conn_write(c, "x", 1) == 1 ? carry(c, s, 0, &moved) : -1;
		sealsock_conn_read(s, buf, sizeof(buf));
		if (!err)
			err = carry(s, c, 0, &moved);
	}
	ok(!err && i == 500, "500 KeyUpdates that we asked for are no flood");
	close_both();
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		flood(&rows[i], false);
		if (rows[i].kernel)
			flood(&rows[i], true);
	}
	during_the_handshake();
	answers_we_asked_for();
	free_test_identities();
	return done();
}
