// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Writes the inputs that fuzzing starts from: good conversations, cut as the targets take them. */
#include <sys/stat.h>

#include "ech.h"
#include "engine.h"
#include "resume/session.h"
#include "vectors.h"

static const char *top;

static void put(const char *target, const char *name, int first, const void *p, size_t n)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", top, target);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s", top, target, name);
	f = fopen(path, "wb");
	MUST(f);
	if (first >= 0)
		fputc(first, f);
	if (n)
		fwrite(p, 1, n, f);
	fclose(f);
}

/* Records to be sealed: type, length, content. */
static size_t frame(uint8_t *out, uint8_t type, struct bytes content)
{
	out[0] = type;
	seal_put_be16(out + 1, (uint16_t)content.n);
	memcpy(out + 3, content.p, content.n);
	return content.n + 3;
}

static void message(const char *name, struct bytes m)
{
	put("messages", name, m.p[0], m.p + 4, m.n - 4);
}

static void conversation(bool retry)
{
	struct sealsock_config *cc = client_config(), *sc = server_config(CERT_P256);
	struct sealsock_conn *c, *s;
	uint8_t out[32768];
	size_t n, all;

	if (retry)
		sealsock_config_groups(sc, "secp256r1");
	sealsock_config_alpn(cc, "h2,http/1.1");
	sealsock_config_alpn(sc, "http/1.1");
	test_random_reset();
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	all = drain(c, out, sizeof(out));
	message(retry ? "client-hello-groups" : "client-hello", bytes_of(out + 5, all - 5));
	put("server", retry ? "hello-to-retry" : "hello", 0, out, all);
	feed_all(s, out, all, 0);
	n = drain(s, out, sizeof(out));
	put("client", retry ? "retry" : "flight", 0, out, n);
	message(retry ? "hello-retry-request" : "server-hello",
		bytes_of(out + 5, (size_t)seal_get_be16(out + 3)));
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void sealed(void)
{
	static const uint8_t ticket[] = { 4, 0, 0, 14, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0 };
	static const uint8_t update[] = { 24, 0, 0, 1, 1 };
	static const uint8_t request[] = { 13, 0, 0, 11, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3 };
	static const uint8_t empty[] = { 11, 0, 0, 20, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
					 0, 0, 0, 0, 0 };
	static const uint8_t finished[36] = { 20, 0, 0, 32 };
	static const char *const names[] = { "encrypted-extensions", "certificate",
					     "certificate-verify", "finished" };
	struct flight f;
	uint8_t out[32768];
	size_t n, i;

	flight_to_client(&f, NULL, NULL);
	put("client", "sealed-flight", 1, out, frame(out, 22, bytes_of(f.plain.p, f.plain.n)));
	for (i = 0, n = 0; i < 4; i++) {
		message(names[i], f.msg[i]);
		n += frame(out + n, 22, f.msg[i]);
	}
	put("client", "sealed-messages", 1, out, n);
	n = frame(out, 22, f.msg[0]);
	n += frame(out + n, 22, bytes_of(request, sizeof(request)));
	n += frame(out + n, 22, f.msg[1]);
	put("client", "sealed-request", 1, out, n);
	put("certs", "server", -1, f.msg[1].p + 11, f.msg[1].n - 13);
	flight_close(&f);

	message("ticket", bytes_of(ticket, sizeof(ticket)));
	message("key-update", bytes_of(update, sizeof(update)));
	message("certificate-request", bytes_of(request, sizeof(request)));
	n = frame(out, 22, bytes_of(ticket, sizeof(ticket)));
	n += frame(out + n, 23, bytes_of("data", 4));
	n += frame(out + n, 21, bytes_of("\1\0", 2));
	put("client", "after", 2, out, n);
	n = frame(out, 22, bytes_of(request, sizeof(request)));
	n += frame(out + n, 22, bytes_of(request, sizeof(request)));
	put("client", "asked", 2, out, n);
	n = frame(out, 22, bytes_of(empty, sizeof(empty)));
	n += frame(out + n, 22, bytes_of(finished, sizeof(finished)));
	put("server", "declined", 3, out, n);
	n = frame(out, 23, bytes_of("data", 4));
	n += frame(out + n, 22, bytes_of(update, sizeof(update)));
	put("server", "after", 2, out, n);
	put("client", "update", 2, out, n);
	flight_to_server(&f, NULL, NULL);
	put("server", "sealed-finished", 1, out, frame(out, 22, f.msg[0]));
	flight_close(&f);
}

/*
 * TLS 1.2: each of the peer's messages by itself, behind all the real ones before it. The numbers
 * are those of a full handshake; the fuzzer finds the other ways.
 */
static void tls12(void)
{
	static const uint8_t data[] = { 23, 0, 4, 'd', 'a', 't', 'a', 21, 0, 2, 1, 0 };
	static const uint8_t ccs[] = { 20, 0, 1, 1, 22, 0, 16, 20, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0,
				       0, 0, 0, 0, 0 };
	static const uint8_t again[] = { 22, 0, 4, 0, 0, 0, 0, 22, 0, 4, 1, 0, 0, 0 };
	uint8_t out[64];
	char name[32];
	unsigned int how, i;

	for (how = 0; how < 8; how++) {
		for (i = 0; i < 10; i += 3) {
			snprintf(name, sizeof(name), "finished-%u-%u", how, i);
			out[0] = (uint8_t)(how % 4);
			memcpy(out + 1, ccs, sizeof(ccs));
			put("tls12", name, (int)(how | i << 3), out, 1 + sizeof(ccs));
		}
		snprintf(name, sizeof(name), "data-%u", how);
		out[0] = (uint8_t)(how % 4);
		memcpy(out + 1, data, sizeof(data));
		put("tls12", name, (int)(how | 31 << 3), out, 1 + sizeof(data));
		snprintf(name, sizeof(name), "again-%u", how);
		memcpy(out + 1, again, sizeof(again));
		put("tls12", name, (int)(how | 31 << 3), out, 1 + sizeof(again));
	}
}

/* The same in the profile "legacy", which the suites from the fourth on are of. */
static void legacy12(void)
{
	static const uint8_t tail[] = { 20, 0, 1, 1, 22, 0, 16, 20, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0,
					0, 0, 0, 0, 0, 23, 0, 4, 'd', 'a', 't', 'a', 21, 0, 2, 1,
					0 };
	/* ServerKeyExchange and ClientKeyExchange of small numbers; an encrypted secret of none. */
	static const uint8_t dh[] = { 22, 0, 17, 12, 0, 0, 13, 0, 1, 23, 0, 1, 2, 0, 1, 4, 4, 1, 0,
				      0 };
	static const uint8_t cke[] = { 22, 0, 7, 16, 0, 0, 3, 0, 1, 2 };
	uint8_t out[64];
	char name[32];
	unsigned int suite, how;

	for (suite = 4; suite < 9; suite++) {
		out[0] = (uint8_t)suite;
		for (how = 0; how < 8; how++) {
			snprintf(name, sizeof(name), "legacy-%u-%u", suite, how);
			memcpy(out + 1, tail, sizeof(tail));
			put("tls12", name, (int)(how | 31 << 3), out, 1 + sizeof(tail));
		}
		snprintf(name, sizeof(name), "legacy-server-key-%u", suite);
		memcpy(out + 1, dh, sizeof(dh));
		put("tls12", name, 2 << 3, out, 1 + sizeof(dh));
		snprintf(name, sizeof(name), "legacy-client-key-%u", suite);
		memcpy(out + 1, cke, sizeof(cke));
		put("tls12", name, 1 | 1 << 3, out, 1 + sizeof(cke));
	}
}

/* The first flights of TLS 1.2, to be tried instead of the real ones. */
static void flights12(void)
{
	struct sealsock_config *cc = client_config(), *sc = server_config(CERT_P256);
	struct sealsock_conn *c, *s;
	uint8_t out[8192], in[8192];
	size_t n;
	struct bytes left, m;
	unsigned int i;
	char name[32];

	sealsock_config_versions(cc, "TLSv1.2");
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	n = drain(c, out, sizeof(out));
	in[0] = 0;
	put("tls12", "client-hello", 1, in, 1 + frame(in + 1, 22, bytes_of(out + 5, n - 5)));
	feed_all(s, out, n, 0);
	n = drain(s, out, sizeof(out));
	left = bytes_of(out + 5, seal_get_be16(out + 3));
	for (i = 0; left.n >= 4; i++) {
		rd_bytes(&left, 4 + (size_t)seal_get_be16(left.p + 2), &m);
		snprintf(name, sizeof(name), "server-message-%u", i);
		put("tls12", name, (int)(i << 3), in, 1 + frame(in + 1, 22, m));
	}
	feed_all(c, out, n, 0);
	MUST(drain(c, out, sizeof(out)) > 5);
	put("tls12", "client-key-exchange", 1 | 1 << 3, in,
	    1 + frame(in + 1, 22, bytes_of(out + 5, seal_get_be16(out + 3))));
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void sessions(void)
{
	static const uint8_t version[] = { 0, 9, 1, 0, 40, 255, 0, 100, 3 };
	struct sealsock_config *cc = client_config(), *sc = server_config(CERT_P256);
	struct sealsock_conn *c = client_conn(cc), *s = sealsock_conn_new(sc);
	uint8_t text[SEALSOCK_SESSION_MAX];
	struct session st;
	struct builder w;
	struct buf state;
	ssize_t n;

	shake_hands(c, s, 0);
	n = sealsock_conn_session(c, text, sizeof(text));
	MUST(n > 0 && session_read(bytes_of(text, (size_t)n), &st));
	put("resume", "session", 0, text, (size_t)n);
	put("resume", "ticket", 5, st.ticket.p, st.ticket.n);
	for (int kind = 1; kind <= 4; kind++) {
		char name[32];

		snprintf(name, sizeof(name), "hello-%d", kind);
		put("resume", name, kind, "", 0);
		snprintf(name, sizeof(name), "changed-%d", kind);
		put("resume", name, kind, version, sizeof(version));
	}
	buf_init(&state, &test_env_full);
	w = (struct builder){ .buf = &state };
	st.role = SEALSOCK_SERVER;
	st.ticket = bytes_of(NULL, 0);
	st.trust = bytes_of(sc->trust_id, TRUST_ID);
	session_write(&st, &w);
	put("resume", "state-13", 6, state.p, state.n);
	state.n = 0;
	st.version = VERSION_TLS12;
	st.suite = 0xc02b;
	st.ems = true;
	st.secret.n = 48;
	session_write(&st, &w);
	put("resume", "state-12", 6, state.p, state.n);
	buf_free(&state);
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void traces(void)
{
	static const char *const sections[] = { "simple", "retry", "compat" };
	struct bytes b;
	char name[64];
	size_t i;

	vectors_load("rfc8448.txt");
	for (i = 0; i < 3; i++) {
		b = vector(sections[i], "client_hello");
		snprintf(name, sizeof(name), "trace-%s-hello", sections[i]);
		put("server", name, 0, b.p, b.n);
		message(name, bytes_of(b.p + 5, b.n - 5));
		b = vector(sections[i], "server_hello");
		snprintf(name, sizeof(name), "trace-%s-server-hello", sections[i]);
		put("client", name, 0, b.p, b.n);
		message(name, bytes_of(b.p + 5, b.n - 5));
	}
	b = vector("retry", "client_hello_2");
	message("trace-second-hello", bytes_of(b.p + 5, b.n - 5));
	b = vector("common", "certificate");
	put("certs", "trace", -1, b.p + 11, b.n - 13);
	b = vector("simple", "client_finished");
	put("core", "record", -1, b.p, b.n);
	put("core", "padding", -1, "\x17\3\3\0\40hello\x17\0\0\0\0\0\0\0\0\0\0\0", 22);
	put("core", "zeros", -1, "\x17\3\3\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	put("core", "short", -1, "\x17\3\3\0\1", 5);
	put("core", "long-cbc", -1, "\x17\3\3\x41\x40", 5);
	put("core", "padding-cbc", -1, "\x17\3\3\0\x40hello\3\3\3\3", 14);
	put("core", "long", -1, "\x17\3\3\xff\xff", 5);
	vectors_free();
}

/* Encoded inner hellos, with all extensions and with some that stand in the outer one. */
static void hidden(void)
{
	static uint8_t inner[8192], whole[16384];
	struct sealsock_config *cc = client_config();
	struct sealsock_conn *c;
	struct ech_pair pair;
	struct hello h, outer;
	size_t n, block;
	const void *p;

	ech_pair_make(&pair, NULL, ECH_PUBLIC);
	put("ech", "list", 0, pair.list, pair.list_len);
	sealsock_config_versions(cc, "TLSv1.3");
	sealsock_config_grease(cc, false);
	test_random_reset();
	c = client_conn(cc);
	sealsock_conn_output(c, &p, &n);
	hello_read(&outer, bytes_of((const uint8_t *)p + 5, n - 5));
	h = outer;
	h.session_id_len = 0;
	hello_add(&h, 0xfe0d, "01");
	n = hello_write(&h, inner);
	put("ech", "whole", 2, inner + 4, n - 4);
	put("ech", "second", 3, inner + 4, n - 4);
	hello_drop(&h, 51);
	hello_drop(&h, 10);
	hello_add(&h, 0xfd00, "04000a0033");
	n = hello_write(&h, inner);
	put("ech", "outer", 2, inner + 4, n - 4);
	/* The block of the outer hello is what follows its fixed part. */
	block = hello_write(&outer, whole);
	memmove(whole, whole + 4 + 2 + 32 + 1 + outer.session_id_len + 2 + outer.suites_len + 2,
		block);
	block = 2 + ((size_t)whole[0] << 8 | whole[1]);
	memcpy(whole + block, inner + 4, n - 4);
	put("ech", "decode", 1, whole, block + n - 4);
	sealsock_conn_free(c);
	sealsock_config_unref(cc);
}

int main(int argc, char **argv)
{
	MUST(argc == 2);
	top = argv[1];
	conversation(false);
	conversation(true);
	sealed();
	tls12();
	legacy12();
	flights12();
	sessions();
	traces();
	hidden();
	free_test_identities();
	return 0;
}
