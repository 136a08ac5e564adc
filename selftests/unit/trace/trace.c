// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The trace: which events a handshake has, in which order and protection; secrets only on request
 * and the same as the key log's; every message taken apart to its last byte; and decoding of what
 * is cut off or changed.
 */
#include <stdlib.h>

#include "pair.h"
#include "tap.h"
#include "record/watch.h"

enum { EVENTS_MAX = 64, TEXT_MAX = 65536, LINES_MAX = 16 };

struct copy {
	struct sealsock_trace_event e;
	uint8_t *bytes;
};

struct log {
	struct copy at[EVENTS_MAX];
	unsigned int n;
	char lines[LINES_MAX][400];	/* of the key log */
	unsigned int nlines;
};

static void on_event(void *arg, const struct sealsock_trace_event *e)
{
	struct log *l = arg;
	struct copy *c = &l->at[l->n];

	if (l->n == EVENTS_MAX)
		return;
	l->n++;
	c->e = *e;
	c->bytes = NULL;
	if (e->bytes) {
		c->bytes = malloc(e->len + 1);
		memcpy(c->bytes, e->bytes, e->len);
		c->e.bytes = c->bytes;
	}
}

static void on_line(void *arg, const char *line)
{
	struct log *l = arg;

	if (l->nlines < LINES_MAX)
		snprintf(l->lines[l->nlines++], sizeof(l->lines[0]), "%s", line);
}

static void forget(struct log *l)
{
	while (l->n)
		free(l->at[--l->n].bytes);
	l->nlines = 0;
}

/* "> ClientHello" for what is sent, "<" received, a star for sealed; keys in parentheses. */
static void outline(const struct log *l, bool keys, char *out, size_t size)
{
	size_t at = 0;
	unsigned int i;

	out[0] = '\0';
	for (i = 0; i < l->n && at < size; i++) {
		const struct sealsock_trace_event *e = &l->at[i].e;

		if (e->kind == SEALSOCK_TRACE_KEYS) {
			if (keys)
				at += (size_t)snprintf(out + at, size - at, "(%s)", e->name);
			continue;
		}
		if (e->kind == SEALSOCK_TRACE_PATH)
			continue;
		at += (size_t)snprintf(out + at, size - at, "%s%s%s ",
				       e->direction == SEALSOCK_DIR_SENT ? ">" : "<", e->name,
				       e->encrypted ? "*" : "");
	}
}

struct tree {
	char text[TEXT_MAX];
	size_t at;
	bool malformed;
};

static volatile uint8_t sink;

/* Every byte reported must be there: the sanitizer says if not. */
static void touch(void *arg, const struct sealsock_trace_field *f)
{
	struct tree *t = arg;
	size_t i;

	for (i = 0; i < f->len; i++)
		sink ^= f->bytes[i];
	for (i = 0; f->name[i]; i++)
		sink ^= (uint8_t)f->name[i];
	for (i = 0; f->value[i]; i++)
		sink ^= (uint8_t)f->value[i];
	t->malformed |= strcmp(f->name, "malformed") == 0;
}

static void on_field(void *arg, const struct sealsock_trace_field *f)
{
	struct tree *t = arg;

	touch(arg, f);
	if (t->at < sizeof(t->text))
		t->at += (size_t)snprintf(t->text + t->at, sizeof(t->text) - t->at, "%*s%s: %s\n",
					  (int)f->depth, "", f->name, f->value);
}

static const char *decoded(const struct log *l, const char *name, struct tree *t)
{
	unsigned int i;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < l->n; i++) {
		if (strcmp(l->at[i].e.name, name))
			continue;
		ok_int(sealsock_trace_decode(&l->at[i].e, on_field, t), 0, "%s is decoded", name);
		return t->text;
	}
	ok(false, "there is a %s", name);
	return "";
}

static void has(const char *text, const char *want, const char *what)
{
	ok(strstr(text, want), "%s: %s", what, want);
	if (!strstr(text, want))
		printf("# %s\n", text);
}

static void trace_on(struct sealsock_config *cfg, struct log *l, bool secrets)
{
	sealsock_config_trace(cfg, on_event, l);
	sealsock_config_trace_secrets(cfg, secrets);
	sealsock_config_keylog(cfg, on_line, l);
}

/* A handshake seen from both sides; close_notify by the client. */
static void run(struct log *c, struct log *s, bool secrets, const char *server_group)
{
	struct sealsock_config *cc = client_config(), *sc = server_config(CERT_P256);
	struct sealsock_conn *client, *server;

	trace_on(cc, c, secrets);
	trace_on(sc, s, secrets);
	sealsock_config_alpn(cc, "h2,http/1.1");
	sealsock_config_alpn(sc, "http/1.1");
	if (server_group)
		sealsock_config_groups(sc, server_group);
	client = client_conn(cc);
	server = sealsock_conn_new(sc);
	ok(shake_hands(client, server, 0), "handshake with a trace");
	sealsock_conn_close(client);
	carry(client, server, 0, &(size_t){ 0 });
	sealsock_conn_free(client);
	sealsock_conn_free(server);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void test_order(void)
{
	static struct log c, s;
	char got[2048];

	run(&c, &s, false, NULL);
	outline(&c, false, got, sizeof(got));
	has(got, ">ClientHello <ServerHello <ChangeCipherSpec <EncryptedExtensions* ", "client");
	has(got, " <Certificate* <CertificateVerify* <Finished* >ChangeCipherSpec >Finished* ",
	    "client");
	has(got, ">close_notify* ", "client");
	outline(&s, false, got, sizeof(got));
	has(got, "<ClientHello >ServerHello >ChangeCipherSpec >EncryptedExtensions* ", "server");
	has(got, " >Certificate* >CertificateVerify* >Finished* <ChangeCipherSpec <Finished* ",
	    "server");
	has(got, "<close_notify* ", "server");
	forget(&c);
	forget(&s);
	run(&c, &s, false, "secp256r1");
	outline(&c, false, got, sizeof(got));
	has(got, ">ClientHello <HelloRetryRequest >ChangeCipherSpec >ClientHello ", "retried");
	has(got, ">ClientHello <ChangeCipherSpec <ServerHello ", "retried");
	forget(&c);
	forget(&s);
}

static void test_secrets(void)
{
	static const struct {
		const char *label, *event;
	} pairs[] = {
		{ "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "client_handshake_traffic_secret" },
		{ "SERVER_HANDSHAKE_TRAFFIC_SECRET", "server_handshake_traffic_secret" },
		{ "CLIENT_TRAFFIC_SECRET_0", "client_application_traffic_secret_0" },
		{ "SERVER_TRAFFIC_SECRET_0", "server_application_traffic_secret_0" },
	};
	static struct log c, s;
	unsigned int i, j, values = 0, steps = 0, found = 0;
	char got[2048];

	run(&c, &s, false, NULL);
	for (i = 0; i < c.n; i++) {
		if (c.at[i].e.kind != SEALSOCK_TRACE_KEYS)
			continue;
		steps++;
		values += !!c.at[i].e.bytes;
		found += c.at[i].e.made_of && c.at[i].e.len;
	}
	ok(steps > 10 && !values && found == steps, "%u steps without a value", steps);
	forget(&c);
	forget(&s);

	run(&c, &s, true, NULL);
	outline(&c, true, got, sizeof(got));
	has(got, "(early secret)(shared secret)(handshake secret)", "key steps");
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char hex[129] = "";

		for (j = 0; j < c.n; j++)
			if (!strcmp(c.at[j].e.name, pairs[i].event))
				for (size_t k = 0; k < c.at[j].e.len && k < 64; k++)
					snprintf(hex + 2 * k, 3, "%02x", c.at[j].e.bytes[k]);
		found = 0;
		for (j = 0; j < c.nlines; j++)
			if (!strncmp(c.lines[j], pairs[i].label, strlen(pairs[i].label)))
				found = *hex && strstr(c.lines[j], hex);
		ok(found, "%s is the key log's %s", pairs[i].event, pairs[i].label);
	}
	forget(&c);
	forget(&s);
}

static void test_fields(void)
{
	static struct log c, s;
	static struct tree t;
	const char *text;

	run(&c, &s, false, NULL);
	text = decoded(&c, "ClientHello", &t);
	has(text, "random: the client random", "ClientHello");
	has(text, " cipher_suite: TLS_AES_128_GCM_SHA256 (0x1301)", "ClientHello");
	has(text, "  host_name: localhost", "ClientHello");
	has(text, "  protocol: h2", "ClientHello");
	has(text, "  version: TLS 1.3 (0x0304)", "ClientHello");
	has(text, "  share: x25519 (0x001d), public key of 32 bytes", "ClientHello");
	has(text, "  scheme: ecdsa_secp256r1_sha256 (0x0403)", "ClientHello");
	text = decoded(&c, "ServerHello", &t);
	has(text, "  selected_version: TLS 1.3 (0x0304)", "ServerHello");
	text = decoded(&c, "EncryptedExtensions", &t);
	has(text, "  protocol: http/1.1", "EncryptedExtensions");
	text = decoded(&c, "certification path", &t);
	has(text, "leaf: CN=localhost", "the path");
	has(text, "anchor: CN=Test CA", "the path");
	has(text, " issuer: CN=Test CA", "the path");
	has(text, " notAfter: 20", "the path");
	text = decoded(&c, "Certificate", &t);
	has(text, "  subject: CN=", "Certificate");
	has(text, "  notBefore: 20", "Certificate");
	has(text, "  subjectPublicKeyInfo: ecPublicKey, P-256", "Certificate");
	has(text, "   dNSName: localhost", "Certificate");
	text = decoded(&c, "CertificateVerify", &t);
	has(text, "algorithm: ecdsa_secp256r1_sha256 (0x0403)", "CertificateVerify");
	text = decoded(&c, "Finished", &t);
	has(text, "verify_data: ", "Finished");
	text = decoded(&c, "close_notify", &t);
	has(text, "level: warning", "alert");
	forget(&c);
	forget(&s);
	run(&c, &s, false, "secp256r1");
	text = decoded(&c, "HelloRetryRequest", &t);
	has(text, "  selected_group: secp256r1 (0x0017)", "HelloRetryRequest");
	forget(&c);
	forget(&s);
}

/* Messages of TLS 1.2, written down by hand. */
static void test_tls12(void)
{
	static const struct {
		const char *hex, *want;
		uint16_t suite;
	} cases[] = {
		{ "0c00000c03001d02aabb040300020102", "public: 2 bytes", 0xc02b },
		{ "0c00000c03001d02aabb040300020102", "named_curve: x25519 (0x001d)", 0xc02b },
		{ "0c00000f0002f00d0001020002aabb04010001ff", "dh_Ys: 2 bytes", 0x009e },
		{ "0d00000c01400002040300040002ffff", "certificate_type: ecdsa_sign (0x40)", 0 },
		{ "0e000000", "length: 0", 0xc02b },
		{ "1000000302aabb", "ecdh_Yc: 2 bytes", 0xc02b },
		{ "100000040002aabb", "dh_Yc: 2 bytes", 0x009e },
		{ "100000040002aabb", "encrypted_pre_master_secret: 2 bytes", 0x009c },
		{ "04000008000000780002aabb", "ticket: 2 bytes", 0xc02b },
		{ "0b000003000000", "certificate_list: empty", 0xc02b },
		{ "16000006010000021234", "response: 2 bytes", 0xc02b },
		{ "00000000", "msg_type: HelloRequest (0x00)", 0 },
	};
	static struct tree t;
	uint8_t msg[64];
	size_t i, n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sealsock_trace_event e = {
			.kind = SEALSOCK_TRACE_MESSAGE, .version = 0x0303, .cipher = cases[i].suite,
			.bytes = msg,
		};

		for (n = 0; cases[i].hex[2 * n]; n++) {
			unsigned int v;

			if (sscanf(cases[i].hex + 2 * n, "%2x", &v) != 1)
				break;
			msg[n] = (uint8_t)v;
		}
		e.len = n;
		memset(&t, 0, sizeof(t));
		sealsock_trace_decode(&e, on_field, &t);
		has(t.text, cases[i].want, "TLS 1.2");
		if (i != 3)	/* the authority in it is no name */
			ok(!t.malformed, "all of it");
	}
}

static bool try(const struct sealsock_trace_event *like, const uint8_t *p, size_t n)
{
	struct sealsock_trace_event e = *like;
	struct tree *t = calloc(1, sizeof(*t));
	bool sound;

	e.bytes = p;
	e.len = n;
	sound = sealsock_trace_decode(&e, touch, t) == 0 && !t->malformed;
	free(t);
	return sound;
}

/* Whatever the bytes are, decoding ends, and says so if they make no sense. */
static void test_hostile(void)
{
	static struct log c, s;
	unsigned int i, unseen = 0, tried = 0, n;
	uint32_t r = 1;
	uint8_t *copy;

	run(&c, &s, false, NULL);
	for (i = 0; i < c.n; i++) {
		struct sealsock_trace_event e = c.at[i].e;

		if (e.kind != SEALSOCK_TRACE_MESSAGE)
			continue;
		/* Exact copies, so that a byte too far is noticed. */
		for (n = 0; n < e.len; n++, tried++) {
			copy = malloc(n ? n : 1);
			memcpy(copy, c.at[i].bytes, n);
			/* Hellos may end before their extensions; Finished has no length field. */
			unseen += try(&e, copy, n) && e.type > 2 && e.type != 20;
			free(copy);
		}
		for (n = 0; n < 4000; n++, tried++) {
			copy = malloc(e.len);
			memcpy(copy, c.at[i].bytes, e.len);
			e.version = n & 1 ? 0x0303 : 0x0304;
			r = r * 1664525 + 1013904223;
			copy[(r >> 8) % e.len] = (uint8_t)(r >> 24);
			r = r * 1664525 + 1013904223;
			copy[(r >> 8) % e.len] ^= (uint8_t)(1 << (r >> 29));
			try(&e, copy, e.len);
			free(copy);
		}
	}
	ok(tried > 28000, "%u changed messages are decoded without harm", tried);
	ok_int((int)unseen, 0, "a message cut off is called malformed");
	forget(&c);
	forget(&s);
}

int main(void)
{
	test_order();
	test_secrets();
	test_fields();
	test_tls12();
	test_hostile();
	free_test_identities();
	return done();
}
