// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* GREASE (RFC 8701): what is sent, that both sides live with it, and that nobody may choose it. */
#include "flight.h"
#include "hello.h"
#include "hs/hs.h"
#include "mutual.h"
#include "tap.h"

static uint8_t record[20000];

static bool is_grease(unsigned int v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

static unsigned int at16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static void first_hello(struct sealsock_conn *c, struct hello *h)
{
	size_t n = drain(c, record, sizeof(record)), at = record[0] == SEAL_TYPE_CCS ? 6 : 0;

	hello_read(h, bytes_of(record + at + 5, n - at - 5));
}

static struct sealsock_config *greasy(const char *versions)
{
	struct sealsock_config *cfg = client_config();

	sealsock_config_alpn(cfg, "h2,http/1.1");
	sealsock_config_versions(cfg, versions);
	return cfg;
}

static unsigned int count_ext(const struct hello *h, const struct hello_ext *out[4])
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < h->ext_count; i++)
		if (is_grease(h->ext[i].type) && n < 4)
			out[n++] = &h->ext[i];
	return n;
}

static bool starts(struct hello *h, uint16_t type, size_t skip)
{
	const struct hello_ext *e = hello_find(h, type);

	return e && is_grease(at16(e->data + skip));
}

static void client_hello(void)
{
	struct sealsock_config *cfg = greasy("TLSv1.2,TLSv1.3");
	struct sealsock_conn *c;
	const struct hello_ext *e[4];
	struct hello h, same;
	const uint8_t *groups, *shares, *modes;

	test_random_reset();
	c = client_conn(cfg);
	first_hello(c, &h);
	sealsock_conn_free(c);
	ok(is_grease(at16(h.suites)), "a cipher suite");
	ok(starts(&h, 10, 2) && starts(&h, 13, 2) && starts(&h, 43, 1) && starts(&h, 16, 3),
	   "a group, a signature scheme, a version, a protocol");
	modes = hello_find(&h, 45)->data;
	ok(modes[0] == 2 && modes[1] == PSK_DHE_KE && modes[2] % 0x1f == 0x0b, "a PSK mode");
	groups = hello_find(&h, 10)->data;
	shares = hello_find(&h, 51)->data;
	ok(at16(shares + 2) == at16(groups + 2) && at16(shares + 4) == 1,
	   "a key share of the group, without a key");
	ok(count_ext(&h, e) == 2 && e[0]->type != e[1]->type, "two extensions");
	ok(e[0] == &h.ext[0] && e[0]->n == 0 && e[1]->n == 1, "one first, of different lengths");

	test_random_reset();
	c = client_conn(cfg);
	first_hello(c, &same);
	ok(!memcmp(&h, &same, sizeof(h)), "the random source decides which");
	sealsock_conn_free(c);
	c = client_conn(cfg);
	first_hello(c, &same);
	ok(memcmp(h.suites, same.suites, 2) || memcmp(hello_find(&h, 10)->data,
						      hello_find(&same, 10)->data, 4),
	   "and they change");
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

static void variants(void)
{
	struct sealsock_config *cfg = greasy("TLSv1.2");
	struct sealsock_conn *c = client_conn(cfg);
	const struct hello_ext *e[4];
	struct hello h;

	first_hello(c, &h);
	ok(is_grease(at16(h.suites)) && starts(&h, 10, 2) && !hello_find(&h, 43) &&
	   !hello_find(&h, 51) && !hello_find(&h, 45) && count_ext(&h, e) == 2,
	   "a client of TLS 1.2: no lists of TLS 1.3");
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);

	cfg = greasy("TLSv1.2,TLSv1.3");
	ok_int(sealsock_config_grease(cfg, false), 0, "it can be turned off");
	c = client_conn(cfg);
	first_hello(c, &h);
	ok(!is_grease(at16(h.suites)) && !starts(&h, 10, 2) && !starts(&h, 13, 2) &&
	   !starts(&h, 43, 1) && !starts(&h, 16, 3) && !starts(&h, 51, 2) &&
	   hello_find(&h, 45)->n == 2 && count_ext(&h, e) == 0, "then there is none");
	ok_int(sealsock_config_grease(cfg, true), SEALSOCK_ERR_FROZEN, "not any more");
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

/* RFC 8446 §4.1.2: after a HelloRetryRequest all but the key share is as before. */
static void retry(void)
{
	static const uint16_t same[] = { 10, 13, 16, 43, 45 };
	struct sealsock_config *cc = greasy("TLSv1.3"), *sc = server_config(CERT_P256);
	const struct hello_ext *e1[4], *e2[4];
	struct sealsock_conn *c, *s;
	struct hello h1, h2;
	bool good = true;
	size_t i, moved;

	sealsock_config_groups(sc, "secp256r1");
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	first_hello(c, &h1);
	feed_all(s, record, hello_record(&h1, record), 0);
	carry(s, c, 0, &moved);
	first_hello(c, &h2);
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		const struct hello_ext *a = hello_find(&h1, same[i]), *b = hello_find(&h2, same[i]);

		good &= a->n == b->n && !memcmp(a->data, b->data, a->n);
	}
	ok(good && h1.suites_len == h2.suites_len && !memcmp(h1.suites, h2.suites, h1.suites_len),
	   "a second ClientHello: the same lists");
	ok(count_ext(&h1, e1) == 2 && count_ext(&h2, e2) == 2 && e1[0]->type == e2[0]->type &&
	   e1[1]->type == e2[1]->type, "the same extensions");
	ok(!starts(&h2, 51, 2) && hello_find(&h2, 51)->n == 2 + 4 + 65, "just one key share");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* Full, then resumed; the client's certificate is asked for. Whatever values come up. */
static void live(const char *versions, const char *groups)
{
	struct sealsock_config *cc = mutual_client(), *sc = mutual_server();
	unsigned int i, good = 0, resumed = 0;
	struct sealsock_info info;

	sealsock_config_session_store(cc, NULL);
	sealsock_config_versions(cc, versions);
	sealsock_config_groups(sc, groups);
	sealsock_config_alpn(cc, "h2,http/1.1");
	sealsock_config_alpn(sc, "http/1.1");
	for (i = 0; i < 20; i++) {
		struct sealsock_conn *c = client_conn(cc), *s = sealsock_conn_new(sc);

		good += shake_hands(c, s, 0);
		sealsock_conn_info(c, &info);
		good -= !info.alpn || strcmp(info.alpn, "http/1.1");
		resumed += info.resumed;
		sealsock_conn_free(c);
		sealsock_conn_free(s);
	}
	ok(good == 20 && resumed > 5, "%s with %s: 20 handshakes, %u resumed", versions, groups,
	   resumed);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* RFC 8446 §4.2.11: pre_shared_key stays the last extension. */
static void psk_last(void)
{
	struct sealsock_config *cc = greasy("TLSv1.3"), *sc = server_config(CERT_P256);
	struct sealsock_conn *c, *s;
	struct hello h;

	sealsock_config_session_store(cc, NULL);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	shake_hands(c, s, 0);
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	c = client_conn(cc);
	first_hello(c, &h);
	ok(h.ext[h.ext_count - 1].type == 41 && is_grease(h.ext[h.ext_count - 2].type),
	   "pre_shared_key is behind the last of them");
	sealsock_conn_free(c);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* What a server of TLS 1.3 chooses: the field, and its bytes. @v: replaced by what was offered. */
static const struct {
	const char *name;
	bool retry;
	enum { IN_SUITE, IN_GROUP, IN_VERSION, IN_EXT } where;
	int code;
} choices[] = {
	{ "suite", false, IN_SUITE, SEALSOCK_ERR_ILLEGAL },
	{ "group", false, IN_GROUP, SEALSOCK_ERR_ILLEGAL },
	{ "version", false, IN_VERSION, SEALSOCK_ERR_ILLEGAL },
	{ "extension", false, IN_EXT, SEALSOCK_ERR_UNOFFERED_EXT },
	{ "suite of a HelloRetryRequest", true, IN_SUITE, SEALSOCK_ERR_ILLEGAL },
	{ "group of a HelloRetryRequest", true, IN_GROUP, SEALSOCK_ERR_ILLEGAL },
	{ "version of a HelloRetryRequest", true, IN_VERSION, SEALSOCK_ERR_ILLEGAL },
	{ "extension of a HelloRetryRequest", true, IN_EXT, SEALSOCK_ERR_UNOFFERED_EXT },
};

static void choose(struct hello *answer, struct hello *offer, size_t i)
{
	char hex[16];

	switch (choices[i].where) {
	case IN_SUITE:
		memcpy(answer->suites, offer->suites, 2);
		break;
	case IN_GROUP:
		memcpy(hello_find(answer, 51)->data, hello_find(offer, 10)->data + 2, 2);
		break;
	case IN_VERSION:
		snprintf(hex, sizeof(hex), "%04x", at16(hello_find(offer, 43)->data + 1));
		hello_set(answer, 43, hex);
		break;
	default:
		hello_add(answer, offer->ext[0].type, "");
		break;
	}
}

static void chosen(void)
{
	struct hello offer, answer;
	size_t i, n;

	for (i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		struct sealsock_config *cc = greasy("TLSv1.3"), *sc = server_config(CERT_P256);
		struct sealsock_conn *c = client_conn(cc), *s;

		if (choices[i].retry)
			sealsock_config_groups(sc, "secp256r1");
		s = sealsock_conn_new(sc);
		first_hello(c, &offer);
		feed_all(s, record, hello_record(&offer, record), 0);
		drain(s, record, sizeof(record));
		hello_read(&answer, bytes_of(record + 5, at16(record + 3)));
		choose(&answer, &offer, i);
		n = hello_record(&answer, record);
		expect_failure(c, feed_all(c, record, n, 0), choices[i].code, choices[i].name);
		sealsock_conn_free(c);
		sealsock_conn_free(s);
		sealsock_config_unref(cc);
		sealsock_config_unref(sc);
	}
}

enum { EE, CERT, CV, FIN };

/* The same in the sealed flight. */
static void chosen_sealed(void)
{
	static const struct {
		const char *name;
		unsigned int at;
		const char *before, *after;
		enum grease_place place;
		int code;
	} rows[] = {
		{ "extension of EncryptedExtensions", EE, "08000006 0004 ", "0000",
		  GREASE_FIRST_EXT, SEALSOCK_ERR_UNOFFERED_EXT },
		{ "protocol of EncryptedExtensions", EE, "0800000b 0009 0010 0005 0003 02", "",
		  GREASE_ALPN, SEALSOCK_ERR_ILLEGAL },
		{ "extension of a Certificate", CERT, "0b00000e 00 00000a 000001 30 0004", "0000",
		  GREASE_LAST_EXT, SEALSOCK_ERR_UNOFFERED_EXT },
		{ "scheme of CertificateVerify", CV, "0f000008 ", "0004 30303030",
		  GREASE_SCHEME, SEALSOCK_ERR_ILLEGAL },
	};
	struct bytes msgs[FLIGHT_MAX];
	uint8_t made[64];
	struct flight f;
	char hex[128];
	size_t i, n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		flight_to_client(&f, greasy("TLSv1.3"), NULL);
		snprintf(hex, sizeof(hex), "%s%04x%s", rows[i].before,
			 grease_value(&f.client->hs->grease, rows[i].place), rows[i].after);
		for (n = 0; n < rows[i].at; n++)
			msgs[n] = f.msg[n];
		msgs[n++] = bytes_of(made, unhex(hex, made, sizeof(made)));
		expect_failure(f.client, flight_give(&f, f.client, msgs, n), rows[i].code,
			       rows[i].name);
		flight_close(&f);
	}
}

/* A server of TLS 1.2: in the clear, a message a record. */
static void chosen12(void)
{
	static const struct {
		const char *name;
		uint8_t msg;
		size_t at;
		enum grease_place place;
	} rows[] = {
		{ "suite (TLS 1.2)", MSG_SERVER_HELLO, 4 + 2 + 32 + 1 + 32, GREASE_SUITE },
		{ "group of ServerKeyExchange", MSG_SERVER_KEY_EXCHANGE, 4 + 1, GREASE_GROUP },
		{ "scheme of ServerKeyExchange", MSG_SERVER_KEY_EXCHANGE, 4 + 4 + 32,
		  GREASE_SCHEME },
	};
	size_t i, n, moved;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sealsock_config *cc = greasy("TLSv1.2,TLSv1.3");
		struct sealsock_config *sc = server_config(CERT_P256);
		struct sealsock_conn *c = client_conn(cc), *s;
		uint8_t *p = record;
		uint16_t v;

		sealsock_config_versions(sc, "TLSv1.2");
		s = sealsock_conn_new(sc);
		carry(c, s, 0, &moved);
		n = drain(s, record, sizeof(record));
		/* One record may hold several messages: look for the one by its header. */
		for (p += 5; p[0] != rows[i].msg; p += 4 + at16(p + 2))
			if (p + 4 + at16(p + 2) == record + 5 + at16(record + 3) ||
			    p[4 + at16(p + 2)] == SEAL_TYPE_HANDSHAKE)
				p += 5;
		v = grease_value(&c->hs->grease, rows[i].place);
		if (rows[i].msg == MSG_SERVER_HELLO)
			p -= 32 - p[4 + 2 + 32];
		p[rows[i].at] = (uint8_t)(v >> 8);
		p[rows[i].at + 1] = (uint8_t)v;
		expect_failure(c, feed_all(c, record, n, 0), SEALSOCK_ERR_ILLEGAL, rows[i].name);
		sealsock_conn_free(c);
		sealsock_conn_free(s);
		sealsock_config_unref(cc);
		sealsock_config_unref(sc);
	}
}

/* §4: what a server asks for, and its tickets. */
static void server(void)
{
	struct sealsock_config *sc = mutual_server();
	struct flight f;
	struct bytes block, body, m;
	uint16_t type;
	uint8_t len;
	unsigned int exts = 0;

	flight_to_client(&f, mutual_client(), sc);
	m = bytes_of(f.msg[1].p + 4, f.msg[1].n - 4);
	ok(f.msg[1].p[0] == MSG_CERTIFICATE_REQUEST && rd_u8(&m, &len) && len == 0 &&
	   rd_vec16(&m, 0, 0xffff, &block), "a CertificateRequest");
	while (rd_u16(&block, &type) && rd_vec16(&block, 0, 0xffff, &body)) {
		exts += is_grease(type);
		if (type == 13)
			ok(is_grease(at16(body.p + 2)), "has a signature scheme");
	}
	ok_int(exts, 2, "and two extensions");
	ok_int(flight_give(&f, f.client, f.msg, f.count), 0, "which a client does not mind");
	flight_close(&f);
}

static unsigned int shown[8];

static void on_field(void *arg, const struct sealsock_trace_field *f)
{
	static const char *const names[] = { "cipher_suite", "group", "scheme", "version",
					     "protocol", "mode", "share", "GREASE" };
	size_t i;

	(void)arg;
	for (i = 0; i < 8; i++)
		shown[i] += !strcmp(f->name, names[i]) &&
			    (i == 7 || !strncmp(f->value, "GREASE (0x", 10));
}

static void on_event(void *arg, const struct sealsock_trace_event *e)
{
	sealsock_trace_decode(e, on_field, arg);
}

static void trace(void)
{
	struct sealsock_config *cfg = greasy("TLSv1.2,TLSv1.3");
	struct sealsock_conn *c;
	const void *p;
	size_t i, n;
	bool good = true;

	sealsock_config_trace(cfg, on_event, NULL);
	c = client_conn(cfg);
	sealsock_conn_output(c, &p, &n);
	for (i = 0; i < 8; i++) {
		if (shown[i] != (i == 7 ? 2 : 1)) {
			printf("# %zu: %u\n", i, shown[i]);
			good = false;
		}
	}
	ok(good, "the trace calls each of them GREASE");
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

int main(void)
{
	client_hello();
	variants();
	retry();
	live("TLSv1.3", "x25519,secp256r1");
	live("TLSv1.3", "secp256r1");
	live("TLSv1.2", "x25519");
	psk_last();
	chosen();
	chosen_sealed();
	chosen12();
	server();
	trace();
	free_test_identities();
	return done();
}
