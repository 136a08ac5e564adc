// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* record_size_limit, padding of records and of the ClientHello, the exporter. */
#include "expect.h"
#include "mutual.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;

static void open_both(void)
{
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
}

static void close_both(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* The longest body of a sealed record in a connection's output; and how many there are. */
static size_t longest(struct sealsock_conn *conn, unsigned int *count)
{
	size_t n, max = 0;
	const uint8_t *at;
	const void *p;

	sealsock_conn_output(conn, &p, &n);
	*count = 0;
	for (at = p; n >= 5; ) {
		size_t len = (size_t)(at[3] << 8 | at[4]);

		if (at[0] == SEAL_TYPE_DATA) {
			max = len > max ? len : max;
			++*count;
		}
		at += 5 + len;
		n -= 5 + len;
	}
	return max;
}

static void record_limit(unsigned int limit)
{
	static uint8_t big[5000], back[5000];
	unsigned int count;
	size_t moved, got = 0;
	ssize_t r;

	cc = client_config();
	sc = server_config(CERT_P256);
	ok_int(sealsock_config_record_size_limit(cc, limit), 0, "a client's limit of %u", limit);
	open_both();
	carry(c, s, 0, &moved);
	ok(longest(s, &count) <= limit + 17 && count >= 1, "holds for the server's flight");
	ok(shake_hands(c, s, 0), "the handshake completes");
	ok_int(sealsock_conn_write(s, big, sizeof(big)), sizeof(big), "the server writes");
	ok_int(longest(s, &count), limit + 17, "in records of that size");
	do {
		const void *p;
		size_t n, used;

		sealsock_conn_output(s, &p, &n);
		sealsock_conn_feed(c, p, n, &used);
		sealsock_conn_sent(s, used);
		r = sealsock_conn_read(c, back + got, sizeof(back) - got);
		got += r > 0 ? (size_t)r : 0;
	} while (r > 0);
	ok_int(got, sizeof(big), "which arrive");
	ok_int(sealsock_conn_write(c, big, 3000), 3000, "the client's own are as long as ever");
	longest(c, &count);
	ok_int(count, 1, "one record");
	close_both();
}

static void over_the_limit(void)
{
	uint8_t big[200] = { 0 };
	struct sealer seal;
	int err;

	cc = client_config();
	sc = server_config(CERT_P256);
	sealsock_config_record_size_limit(cc, 64);
	sealsock_config_ticket_count(sc, 0);
	open_both();
	shake_hands(c, s, 0);
	sealer_open(&seal, c, &c->ch.rx_secret);
	sealer_add(&seal, SEAL_TYPE_DATA, big, 64);
	ok_int(feed_all(c, seal.out.p, seal.out.n, 0), 0, "a record at the limit");
	sealsock_conn_read(c, big, sizeof(big));
	seal.out.n = 0;
	sealer_add(&seal, SEAL_TYPE_DATA, big, 65);
	err = feed_all(c, seal.out.p, seal.out.n, 0);
	expect_failure(c, err, SEALSOCK_ERR_RECORD_SIZE, "a record over the limit");
	sealer_close(&seal);
	close_both();

	cc = client_config();
	ok_int(sealsock_config_record_size_limit(cc, 63), SEALSOCK_ERR_INVALID, "63 is too little");
	ok_int(sealsock_config_record_size_limit(cc, 16385), SEALSOCK_ERR_INVALID,
	       "16385 is too much");
	ok_int(sealsock_config_record_size_limit(cc, 0), 0, "0 turns it off");
	sc = server_config(CERT_P256);
	sealsock_config_record_size_limit(sc, 100);
	open_both();
	ok(shake_hands(c, s, 0) && !s->ch.rx_limit && !c->ch.tx_limit,
	   "a limit nobody asked for is not told");
	close_both();
}

static void padded(void)
{
	unsigned int count;
	size_t moved;
	char buf[10];

	cc = client_config();
	sc = server_config(CERT_P256);
	ok_int(sealsock_config_padding(cc, 16385), SEALSOCK_ERR_INVALID, "padding has a bound");
	ok_int(sealsock_config_padding(cc, 1000), 0, "padding to multiples of 1000");
	open_both();
	shake_hands(c, s, 0);
	sealsock_conn_write(c, "hello", 5);
	ok_int(longest(c, &count), 1000 + 17, "a short record has that length");
	ok(!carry(c, s, 0, &moved) && sealsock_conn_read(s, buf, sizeof(buf)) == 5 &&
	   !memcmp(buf, "hello", 5), "and its content arrives");
	close_both();
}

static void hello_length(void)
{
	char list[300];
	size_t i, n;
	bool good = true;
	const void *p;

	for (i = 1; i < 250; i++) {
		cc = client_config();
		memset(list, 'a', i);
		list[i] = '\0';
		sealsock_config_alpn(cc, list);
		c = client_conn(cc);
		sealsock_conn_output(c, &p, &n);
		n -= 5;
		if (n >= 256 && n < 512)
			good = false;
		sealsock_conn_free(c);
		sealsock_config_unref(cc);
	}
	ok(good, "no ClientHello has 256 to 511 bytes");
}

static void exporter(void)
{
	static uint8_t most[255 * 32 + 1];
	uint8_t a[100], b[100], d[100];
	char label[300];

	cc = client_config();
	sealsock_config_ciphers(cc, "TLS_AES_128_GCM_SHA256");
	sc = server_config(CERT_P256);
	open_both();
	ok_int(sealsock_conn_export(c, "EXPORTER-test", "x", 1, a, 32), SEALSOCK_ERR_STATE,
	       "nothing to export before the handshake is complete");
	shake_hands(c, s, 0);
	ok(sealsock_conn_export(c, "EXPORTER-test", "x", 1, a, sizeof(a)) == 0 &&
	   sealsock_conn_export(s, "EXPORTER-test", "x", 1, b, sizeof(b)) == 0 &&
	   !memcmp(a, b, sizeof(a)), "both sides export the same");
	ok(!sealsock_conn_export(c, "EXPORTER-test", "y", 1, d, sizeof(d)) &&
	   memcmp(a, d, 32), "another context, another value");
	ok(!sealsock_conn_export(c, "EXPORTER-tess", "x", 1, d, sizeof(d)) &&
	   memcmp(a, d, 32), "another label too");
	ok(!sealsock_conn_export(c, "EXPORTER-test", "x", 1, d, 32) &&
	   memcmp(a, d, 32), "and another length");
	ok_int(sealsock_conn_export(c, "", NULL, 0, a, 32), SEALSOCK_ERR_INVALID, "no label");
	memset(label, 'x', 250);
	label[250] = '\0';
	ok_int(sealsock_conn_export(c, label, NULL, 0, a, 32), SEALSOCK_ERR_INVALID,
	       "a label too long");
	/* HKDF-Expand ends there (RFC 5869 §2.3): suite and hash are those of SHA-256. */
	ok_int(sealsock_conn_export(c, "EXPORTER-test", "x", 1, most, 255 * 32), 0,
	       "255 hashes can be had");
	ok_int(sealsock_conn_export(c, "EXPORTER-test", "x", 1, most, sizeof(most)),
	       SEALSOCK_ERR_INVALID, "but no more");
	close_both();
}

/* Names of 255 authorities, each of 129 bytes, as a server with many anchors sends them. */
static void many_names(const char *versions)
{
	uint8_t name[131] = { 0, 129 };
	int i;

	cc = mutual_client();
	sc = mutual_server();
	sealsock_config_versions(cc, versions);
	for (i = 0; i < 255; i++)
		buf_append(&sc->ca_names, name, sizeof(name));
	open_both();
	ok(shake_hands(c, s, 0) && s->result->client_authenticated,
	   "%s: a CertificateRequest of 33 KB", versions);
	close_both();
}

static void long_hello(void)
{
	static char list[20001];
	size_t i;
	int err;

	for (i = 0; i < 20000; i++)
		list[i] = i % 200 == 199 ? ',' : 'a';
	list[19999] = '\0';
	cc = client_config();
	sc = server_config(CERT_P256);
	ok_int(sealsock_config_alpn(cc, list), 0, "protocols of 20 KB");
	open_both();
	ok(shake_hands(c, s, 0), "a ClientHello over 16 KiB");
	close_both();
	cc = client_config();
	sc = server_config(CERT_P256);
	sealsock_config_alpn(cc, list);
	ok_int(sealsock_config_message_limit(sc, 16384), 0, "a limit of one's own");
	ok_int(sealsock_config_message_limit(sc, 4095), SEALSOCK_ERR_INVALID, "not too small");
	ok_int(sealsock_config_message_limit(sc, 1 << 24), SEALSOCK_ERR_INVALID, "nor too large");
	open_both();
	err = carry(c, s, 0, &i);
	expect_failure(s, err, SEALSOCK_ERR_MESSAGE_SIZE, "over that limit");
	close_both();
}

/* A NewSessionTicket with a ticket of @n bytes: is there a session then? */
static void long_ticket(size_t n, bool kept)
{
	static uint8_t msg[70000], session[SEALSOCK_SESSION_MAX];
	struct buf rec;
	size_t len = 4 + 4 + 1 + 2 + n + 2, at, part;
	int err = 0;

	cc = client_config();
	sc = server_config(CERT_P256);
	sealsock_config_ticket_count(sc, 0);
	open_both();
	shake_hands(c, s, 0);
	memset(msg, 0, sizeof(msg));
	msg[0] = 4;
	msg[1] = (uint8_t)(len >> 16);
	msg[2] = (uint8_t)(len >> 8);
	msg[3] = (uint8_t)len;
	msg[6] = 1;	/* the lifetime */
	msg[13] = (uint8_t)(n >> 8);
	msg[14] = (uint8_t)n;
	buf_init(&rec, &test_env_full);
	for (at = 0; at < 4 + len; at += part) {
		part = 4 + len - at < 16384 ? 4 + len - at : 16384;
		record_seal(&s->ch.tx, SEAL_TYPE_HANDSHAKE, bytes_of(msg + at, part), &rec);
	}
	err = feed_all(c, rec.p, rec.n, 0);
	buf_free(&rec);
	ok(!err && (sealsock_conn_session(c, session, sizeof(session)) > 0) == kept,
	   "a ticket of %zu bytes is %s", n, kept ? "kept" : "left, and does no harm");
	close_both();
}

int main(void)
{
	record_limit(64);
	record_limit(1000);
	over_the_limit();
	padded();
	hello_length();
	exporter();
	many_names("TLSv1.3");
	many_names("TLSv1.2");
	long_hello();
	long_ticket(5000, true);
	long_ticket(16384, true);
	long_ticket(16385, false);
	long_ticket(65535, false);
	free_test_identities();
	return done();
}
