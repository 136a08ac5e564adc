// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What the library hands to the kernel: keys that open the peer's records, their next generations,
 * and what control records after that mean. Also the record layer's own limits.
 */
#include "expect.h"
#include "flight.h"
#include "tap.h"

static uint8_t buf[40000];

/* Opens a record with exported keys, as the kernel would; how much was in it, or an error. */
static int open_with(const struct sealsock_conn *like, const struct traffic_key *k, uint8_t *rec,
		     size_t n, uint8_t *type, struct bytes *content)
{
	struct record_dir d = { 0 };
	int err = record_key(&d, like->ch.cfg->crypto, like->ch.suite, false, k->key, k->iv);

	if (!err) {
		seal_seq_start(&d.seq, k->seq, 0);
		err = record_open(&d, rec, n - SEAL_HEADER, type, content);
	}
	record_clear(&d);
	return err;
}

static void exported(const char *cipher, uint16_t kernel_type)
{
	struct sealsock_config *cc = client_config(), *sc = server_config(CERT_P256);
	struct sealsock_conn *c, *s;
	struct traffic_key rx, tx, peer;
	struct bytes content;
	uint8_t type = 0;
	size_t n;

	sealsock_config_ciphers(cc, cipher);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	ok_int(conn_traffic_key(c, CONN_TX, &tx), SEALSOCK_ERR_STATE, "no key so early");
	ok(shake_hands(c, s, 0), "%s: handshake", cipher);
	ok(!conn_traffic_key(c, CONN_RX, &rx) && !conn_traffic_key(c, CONN_TX, &tx) &&
	   !conn_traffic_key(s, CONN_RX, &peer), "keys");
	ok(tx.version == 0x0304 && tx.cipher_type == kernel_type && tx.seq == 0, "their kind");
	ok(peer.key_len == tx.key_len && !memcmp(peer.key, tx.key, tx.key_len) &&
	   !memcmp(peer.iv, tx.iv, 12), "one side's sending key is the other's receiving key");
	sealsock_conn_write(s, "hello", 5);
	n = drain(s, buf, sizeof(buf));
	ok(open_with(c, &rx, buf, n, &type, &content) == 0 && type == 23 && content.n == 5 &&
	   !memcmp(content.p, "hello", 5), "opens the peer's record");

	keys_away(c);
	ok_int(conn_traffic_key(c, CONN_RX, &rx), SEALSOCK_ERR_STATE, "wiped keys are gone");
	ok_int(sealsock_conn_write(c, "x", 1), SEALSOCK_ERR_STATE, "nor does the engine seal");
	sealsock_conn_rekey(s, false);
	drain(s, buf, sizeof(buf));
	sealsock_conn_write(s, "again", 5);
	n = drain(s, buf, sizeof(buf));
	ok(conn_next_key(c, CONN_RX, &rx) == 0 && rx.seq == 0 &&
	   open_with(c, &rx, buf, n, &type, &content) == 0 && content.n == 5, "the next key opens");
	sealsock_conn_rekey(s, false);
	drain(s, buf, sizeof(buf));
	sealsock_conn_write(s, "third", 5);
	n = drain(s, buf, sizeof(buf));
	ok(conn_next_key(c, CONN_RX, &rx) == 0 &&
	   open_with(c, &rx, buf, n, &type, &content) == 0, "and the one after it");
	ok_int(sealsock_release(c), 0, "release");
	ok(conn_next_key(c, CONN_TX, &tx) == 0, "leaves what key updates need");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* A client whose keys the kernel has. */
static struct sealsock_conn *handed_over(struct sealsock_config **cc)
{
	struct sealsock_config *sc = server_config(CERT_P256);
	struct sealsock_conn *s = sealsock_conn_new(sc), *c;

	*cc = client_config();
	c = client_conn(*cc);
	shake_hands(c, s, 0);
	keys_away(c);
	sealsock_conn_free(s);
	sealsock_config_unref(sc);
	return c;
}

static const struct {
	const char *name;
	uint8_t type;
	const char *p;
	size_t n;
	int code;
	unsigned int todo;
} records[] = {
	{ "ticket", 22, "\4\0\0\16\0\0\0\1\0\0\0\0\0\0\1\2\0\0", 18, 0, 0 },
	{ "two tickets in a record", 22,
	  "\4\0\0\16\0\0\0\1\0\0\0\0\0\0\1\2\0\0\4\0\0\16\0\0\0\1\0\0\0\0\0\0\1\2\0\0", 36, 0, 0 },
	{ "ticket and KeyUpdate", 22, "\4\0\0\16\0\0\0\1\0\0\0\0\0\0\1\2\0\0\30\0\0\1\0", 23, 0,
	  CONN_DUE_REKEY_RX },
	{ "KeyUpdate", 22, "\30\0\0\1\0", 5, 0, CONN_DUE_REKEY_RX },
	{ "KeyUpdate with a request", 22, "\30\0\0\1\1", 5, 0,
	  CONN_DUE_REKEY_RX | CONN_DUE_UPDATE_TX },
	{ "part of a ticket", 22, "\4\0\0\16\0", 5, 0, 0 },
	{ "close_notify", 21, "\1\0", 2, 0, CONN_DUE_EOF },
	{ "user_canceled", 21, "\1\132", 2, 0, 0 },
	{ "fatal alert", 21, "\2\50", 2, SEALSOCK_ERR_ALERT, 0 },
	{ "alert of one byte", 21, "\2", 1, SEALSOCK_ERR_DECODE, 0 },
	{ "empty alert", 21, "", 0, SEALSOCK_ERR_UNEXPECTED, 0 },
	{ "empty handshake record", 22, "", 0, SEALSOCK_ERR_UNEXPECTED, 0 },
	{ "KeyUpdate that does not end its record", 22, "\30\0\0\1\0\4", 6,
	  SEALSOCK_ERR_UNEXPECTED, 0 },
	{ "KeyUpdate of value 2", 22, "\30\0\0\1\2", 5, SEALSOCK_ERR_ILLEGAL, 0 },
	{ "CertificateRequest", 22, "\15\0\0\0", 4, SEALSOCK_ERR_UNEXPECTED, 0 },
	{ "change_cipher_spec", 20, "\1", 1, SEALSOCK_ERR_UNEXPECTED, 0 },
};

static void control_records(void)
{
	struct sealsock_config *cfg;
	struct sealsock_conn *c;
	unsigned int todo;
	uint8_t msg[5];
	size_t i;
	int err;

	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		c = handed_over(&cfg);
		todo = 0;
		err = conn_post_record(c, records[i].type, (const uint8_t *)records[i].p,
				       records[i].n, &todo);
		ok(err == records[i].code && todo == records[i].todo &&
		   sealsock_conn_error(c)->code == err, "control record: %s", records[i].name);
		sealsock_conn_free(c);
		sealsock_config_unref(cfg);
	}
	c = handed_over(&cfg);
	todo = 0;
	err = 0;
	for (i = 0; i < 18 && !err; i++)
		err = conn_post_record(c, 22, (const uint8_t *)records[0].p + i, 1, &todo);
	ok_int(err, 0, "a ticket in records of one byte");
	for (i = 0; i < 1000 && !err; i++) {
		err = conn_post_record(c, 22, (const uint8_t *)"\30\0\0\1\0", 5, &todo);
		c->ch.idle_records = 0;
	}
	ok_int(err, 0, "a thousand KeyUpdates with data between them");
	for (i = 0; i < 64 && !err; i++)
		err = conn_post_record(c, 22, (const uint8_t *)"\30\0\0\1\0", 5, &todo);
	ok_int(err, 0, "64 without");
	ok(conn_make_key_update(c, true, msg) == 0 && !memcmp(msg, "\30\0\0\1\1", 5),
	   "a KeyUpdate of ours");
	err = conn_post_record(c, 22, (const uint8_t *)"\30\0\0\1\0", 5, &todo);
	ok_int(err, SEALSOCK_ERR_FLOOD, "65 are a flood");
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

/* Bytes that came behind the handshake cannot go to the kernel any more. */
static void read_too_far(void)
{
	struct sealsock_config *cc = client_config(), *sc = server_config(CERT_P256);
	struct sealsock_conn *c = client_conn(cc), *s = sealsock_conn_new(sc);
	struct traffic_key k;

	shake_hands(c, s, 0);
	sealsock_conn_write(s, "data", 4);
	feed_all(c, buf, drain(s, buf, sizeof(buf)), 0);
	ok_int(conn_traffic_key(c, CONN_RX, &k), SEALSOCK_ERR_STATE, "data was read already");
	ok_int(sealsock_conn_eof(c), SEALSOCK_ERR_TRUNCATED, "the connection is cut");
	ok_int(sealsock_conn_read(c, buf, sizeof(buf)), 4, "what came before is not lost");
	ok_int(sealsock_conn_read(c, buf, sizeof(buf)), SEALSOCK_ERR_TRUNCATED, "then the error");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void limits(void)
{
	struct sealsock_config *cc = client_config(), *sc = server_config(CERT_P256);
	struct sealsock_conn *c = client_conn(cc), *s = sealsock_conn_new(sc);
	struct secret before;
	size_t moved;

	shake_hands(c, s, 0);
	secret_copy(&before, &c->ch.tx_secret);
	c->ch.tx.seq.used = c->ch.tx.suite->limit - 20;
	ok_int(sealsock_conn_write(c, "x", 1), 1, "a record under the limit");
	ok(secret_equal(&before, &c->ch.tx_secret, sizeof(before)), "keeps its key");
	c->ch.tx.seq.used = c->ch.tx.suite->limit - 10;
	ok_int(sealsock_conn_write(c, "y", 1), 1, "a record close to the limit");
	ok(!secret_equal(&before, &c->ch.tx_secret, sizeof(before)), "goes under the next key");
	ok(carry(c, s, 0, &moved) == 0 && sealsock_conn_read(s, buf, 1) == 1,
	   "and the peer follows");
	c->ch.tx.seq.used = c->ch.tx.suite->limit;
	ok_int(record_seal(&c->ch.tx, 23, bytes_of("x", 1), &c->ch.out), SEALSOCK_ERR_LIMIT,
	       "a spent key seals nothing");
	c->ch.tx.seq.used = 0;
	c->ch.tx.seq.next = UINT64_MAX;
	ok_int(record_seal(&c->ch.tx, 23, bytes_of("x", 1), &c->ch.out), SEALSOCK_ERR_LIMIT,
	       "nor one whose sequence numbers are used up");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* Output is bounded: who does not send is told to. */
static void backpressure(void)
{
	struct sealsock_config *cc = client_config(), *sc = server_config(CERT_P256);
	struct sealsock_conn *c = client_conn(cc), *s = sealsock_conn_new(sc);
	ssize_t r, total = 0;

	shake_hands(c, s, 0);
	while ((r = sealsock_conn_write(c, buf, sizeof(buf))) > 0)
		total += r;
	ok_int(r, SEALSOCK_WANT_WRITE, "unsent output makes conn_write wait");
	ok(total >= 65536 && total <= 65536 + 16384, "after 64 KiB and a record: %zd", total);
	ok_int(sealsock_conn_close(c), 0, "close_notify goes behind it");
	ok_int(sealsock_conn_write(c, buf, 1), SEALSOCK_ERR_CLOSED, "and ends writing");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

int main(void)
{
	exported("TLS_AES_128_GCM_SHA256", 51);
	exported("TLS_AES_256_GCM_SHA384", 52);
	exported("TLS_CHACHA20_POLY1305_SHA256", 54);
	control_records();
	read_too_far();
	limits();
	backpressure();
	free_test_identities();
	return done();
}
