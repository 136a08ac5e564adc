// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The engine against itself: every suite, group and certificate, data, close, key update. */
#include "pair.h"
#include "tap.h"

static void say(struct sealsock_conn *conn, const char *who)
{
	const struct sealsock_failure *f = sealsock_conn_error(conn);

	if (f->code)
		printf("# %s: %s, alert %d (%d), %s: %s\n", who, sealsock_error_name(f->code),
		       f->alert, f->direction, f->step, f->text);
}

static bool echo(struct sealsock_conn *a, struct sealsock_conn *b, size_t chunk, size_t len)
{
	static uint8_t out[100000], in[100000];
	size_t sent = 0, got = 0, moved;
	ssize_t r;
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = (uint8_t)(i * 7);
	while (got < len) {
		if (sent < len) {
			r = sealsock_conn_write(a, out + sent, len - sent);
			if (r < 0 && r != SEALSOCK_WANT_WRITE)
				return false;
			sent += r > 0 ? (size_t)r : 0;
		}
		do {
			const void *p;
			size_t n, used;

			sealsock_conn_output(a, &p, &n);
			if (sealsock_conn_feed(b, p, chunk && chunk < n ? chunk : n, &used))
				return false;
			sealsock_conn_sent(a, used);
			r = sealsock_conn_read(b, in + got, len - got);
			if (r > 0)
				got += (size_t)r;
			moved = used;
		} while (moved || r > 0);
	}
	return memcmp(in, out, len) == 0;
}

static void one(const char *cipher, const char *group, enum cert_type type, size_t chunk,
		bool retry)
{
	struct sealsock_config *cc = client_config(), *sc = server_config(type);
	struct sealsock_conn *c, *s;
	struct sealsock_info info;
	bool good;

	sealsock_config_ciphers(cc, cipher);
	sealsock_config_groups(sc, group);
	sealsock_config_alpn(cc, "h2,http/1.1");
	sealsock_config_alpn(sc, "http/1.1");
	if (!retry)
		sealsock_config_groups(cc, group);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	good = shake_hands(c, s, chunk);
	ok(good, "%s %s %s chunk %zu%s", cipher, group, cert_type_names[type], chunk,
	   retry ? " retry" : "");
	if (!good) {
		say(c, "client");
		say(s, "server");
	}
	sealsock_conn_info(s, &info);
	ok(good && !strcmp(info.cipher_name, cipher) && !strcmp(info.group_name, group) &&
	   !strcmp(info.alpn, "http/1.1") && !strcmp(info.sni, "localhost") &&
	   info.hello_retry == retry, "server's info");
	sealsock_conn_info(c, &info);
	ok(good && !strcmp(info.cipher_name, cipher) && !strcmp(info.group_name, group) &&
	   !strcmp(info.alpn, "http/1.1") && info.hello_retry == retry && info.verified,
	   "client's info");
	ok(good && echo(c, s, chunk, 40000) && echo(s, c, chunk, 33), "data both ways");
	if (good) {
		ok_int(sealsock_conn_rekey(c, true), 0, "client asks for new keys");
		ok(echo(c, s, chunk, 100) && echo(s, c, chunk, 100), "data after key update");
		ok(sealsock_conn_close(c) == 0 && carry(c, s, chunk, &(size_t){ 0 }) == 0 &&
		   sealsock_conn_read(s, &info, 1) == 0, "close_notify reads as the end");
		ok_int(sealsock_conn_eof(s), 0, "the end after close_notify is clean");
		ok_int(sealsock_conn_eof(c), SEALSOCK_ERR_TRUNCATED, "without it is truncation");
	}
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

int main(void)
{
	static const char *const ciphers[] = { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
					       "TLS_CHACHA20_POLY1305_SHA256" };
	size_t i;
	int t;

	for (i = 0; i < 3; i++) {
		one(ciphers[i], "x25519", CERT_P256, 0, false);
		one(ciphers[i], "secp256r1", CERT_P256, 1, false);
		one(ciphers[i], "secp256r1", CERT_P256, 0, true);
	}
	for (t = 0; t < CERT_P224; t++)
		one(ciphers[0], "x25519", (enum cert_type)t, 7, false);
	free_test_identities();
	return done();
}
