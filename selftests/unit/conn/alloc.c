// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Memory: the Nth allocation fails, for every N, over full handshakes with data; and what a hostile
 * peer can make a connection hold.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "ech.h"
#include "flight.h"
#include "legacy.h"
#include "tap.h"

static long countdown = -1;	/* allocations until one fails; -1: never */
static long seen;
static size_t held, held_max;

static bool fails(void)
{
	seen++;
	return countdown > 0 && --countdown == 0;
}

static void *count_alloc(void *arg, size_t n)
{
	void *p;

	(void)arg;
	if (fails())
		return NULL;
	p = malloc(n);
	if (p) {
		held += n;
		held_max = held > held_max ? held : held_max;
	}
	return p;
}

static void count_free(void *arg, void *p, size_t n)
{
	(void)arg;
	held -= n;
	free(p);
}

/* libcrypto's own allocations are counted and failed alike. */
static bool crypto_counts;

static void *crypto_alloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return crypto_counts && fails() ? NULL : malloc(n);
}

static void *crypto_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return crypto_counts && fails() ? NULL : realloc(p, n);
}

static void crypto_release(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static struct sealsock_env env;
static const char *legacy_suite;	/* of both sides, if it is set */
static const struct ech_pair *hidden;	/* Encrypted Client Hello between both, if it is set */

static struct sealsock_config *counted(struct sealsock_config *cfg, enum sealsock_side role)
{
	const struct identity *id = legacy_suite ? test_server_rsa() : test_server(CERT_P256);

	sealsock_config_unref(cfg);
	cfg = sealsock_config_new(role);
	if (!cfg)
		return NULL;
	sealsock_config_env(cfg, &env);
	sealsock_config_alpn(cfg, "http/1.1");
	if (legacy_suite) {
		sealsock_config_profile(cfg, "legacy");
		sealsock_config_ciphers(cfg, legacy_suite);
	}
	if (hidden && role == SEALSOCK_CLIENT)
		sealsock_config_ech(cfg, hidden->list, hidden->list_len);
	else if (hidden)
		sealsock_config_ech_keys_mem(cfg, hidden->pem, hidden->pem_len);
	if (role == SEALSOCK_CLIENT)
		sealsock_config_ca_mem(cfg, test_ca()->cert_pem, strlen(test_ca()->cert_pem));
	else
		sealsock_config_cert_mem(cfg, id->cert_pem, strlen(id->cert_pem), id->key_pem,
					 strlen(id->key_pem));
	return cfg;
}

/* TLS 1.2 has no next key. */
static bool rekeys(struct sealsock_conn *conn)
{
	return sealsock_conn_rekey(conn, true) ==
	       (conn->result->version == VERSION_TLS12 ? SEALSOCK_ERR_UNSUPPORTED : 0);
}

static unsigned int blamed;	/* times the peer was told that it was at fault */

/*
 * Out of memory is nobody's fault but ours. Whoever ran out says so; what the other end then makes
 * of an alert without protection is its own affair. A few times in thousands ECDSA of libcrypto 3.0
 * comes to a wrong result without memory and reports none: nothing tells that from a forgery.
 */
static void look_whom_it_blames(const struct sealsock_conn *conn, const struct sealsock_conn *peer)
{
	const struct sealsock_failure *f = sealsock_conn_error(conn);

	if (f->direction != SEALSOCK_DIR_SENT || f->alert == ALERT_INTERNAL_ERROR ||
	    f->code == SEALSOCK_ERR_BAD_SIGNATURE ||
	    sealsock_error_alert(sealsock_conn_error(peer)->code) == ALERT_INTERNAL_ERROR)
		return;
	blamed++;
	printf("# blames the peer: %s: %s\n", f->step, f->text);
	printf("# whose failure is %d\n", sealsock_conn_error(peer)->code);
}

/* One whole conversation; true if all of it worked. */
static bool talk(struct sealsock_config *cc, struct sealsock_config *sc)
{
	struct sealsock_conn *c = sealsock_conn_new(cc), *s = sealsock_conn_new(sc);
	bool good = false;
	char buf[10];
	size_t moved;

	ERR_clear_error();	/* of the last conversation: it would hide what comes now */
	if (c && s && sealsock_conn_set_host(c, "localhost") == 0 && shake_hands(c, s, 0))
		good = sealsock_conn_write(c, "ping", 4) == 4 && !carry(c, s, 0, &moved) &&
		       sealsock_conn_read(s, buf, sizeof(buf)) == 4 &&
		       rekeys(s) && !carry(s, c, 0, &moved) &&
		       !carry(c, s, 0, &moved) && sealsock_conn_close(s) == 0 &&
		       !carry(s, c, 0, &moved) && sealsock_conn_read(c, buf, 1) == 0;
	/* A failed end says so; it never looks connected. */
	if (!good && c && s && sealsock_conn_state(c) != SEALSOCK_STATE_FAILED &&
	    sealsock_conn_state(s) != SEALSOCK_STATE_FAILED && countdown == 0)
		good = sealsock_conn_error(c)->code == 0 && sealsock_conn_error(s)->code == 0;
	if (c && s) {
		look_whom_it_blames(c, s);
		look_whom_it_blames(s, c);
	}
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	return good;
}

static void every_allocation(const char *versions, const char *groups, const char *what)
{
	struct sealsock_config *cc = counted(NULL, SEALSOCK_CLIENT);
	struct sealsock_config *sc = counted(NULL, SEALSOCK_SERVER);
	long n, total, unwound = 0, tried = 0;
	/* An exchange of old takes a hundred times as long as one on a curve: every seventh. */
	int step = legacy_suite ? 7 : 1;
	size_t before;

	if (groups)
		sealsock_config_groups(sc, groups);
	sealsock_config_versions(sc, versions);
	ok(talk(cc, sc), "%s: the conversation works with memory", what);
	before = held;	/* with what the first connection makes for all */
	seen = 0;
	crypto_counts = true;
	talk(cc, sc);
	total = seen;
	for (n = 1; n <= total; n += step) {
		countdown = n;
		talk(cc, sc);
		tried++;
		unwound += held == before;
		if (held != before)
			printf("# allocation %ld of %ld: %zu bytes kept\n", n, total,
			       held - before);
	}
	countdown = -1;
	crypto_counts = false;
	ok_int(unwound, tried, "%s: %s of %ld allocations can fail", what,
	       step > 1 ? "every seventh" : "each", total);
	ok(talk(cc, sc), "%s: and afterwards all is as before", what);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void every_allocation_of_config(void)
{
	struct sealsock_config *cfg;
	long n, total;
	int i;

	for (i = 0; i < 2; i++) {
		size_t before = held;
		bool good = true;

		seen = 0;
		crypto_counts = true;
		sealsock_config_unref(counted(NULL, (enum sealsock_side)i));
		total = seen;
		/* Loading a key takes thousands, nearly all of them libcrypto's: every seventh. */
		for (n = 1; n <= total; n += 7) {
			countdown = n;
			cfg = counted(NULL, (enum sealsock_side)i);
			countdown = -1;
			sealsock_config_unref(cfg);
			good &= held == before;
		}
		crypto_counts = false;
		ok(good && total > 10, "configuration of a %s: any of %ld allocations can fail",
		   i ? "server" : "client", total);
	}
}

/* What a peer that never finishes makes us hold. */
static void hostile(void)
{
	struct sealsock_config *cc, *sc = counted(NULL, SEALSOCK_SERVER);
	struct sealsock_conn *s;
	static uint8_t big[40000];
	struct flight f;
	struct sealer seal;
	size_t before, used, i;

	before = held;
	held_max = held;
	s = sealsock_conn_new(sc);
	/* A ClientHello of the greatest length, but for its last byte, in records of 100 bytes. */
	memset(big, 0, sizeof(big));
	big[0] = MSG_CLIENT_HELLO;
	big[2] = 0x40;
	for (i = 0; i < 4 + 16384 - 1; i += 100) {
		uint8_t rec[105];
		size_t part = 4 + 16384 - 1 - i < 100 ? 4 + 16384 - 1 - i : 100;

		sealsock_conn_feed(s, rec, plain_record(22, big + i, part, rec), &used);
	}
	sealsock_conn_feed(s, "\x16\3\3\x40\0", 5, &used);
	sealsock_conn_feed(s, big, 16383, &used);
	ok(sealsock_conn_error(s)->code == 0 && held_max - before <= 65536,
	   "a server holds at most 64 KiB for a client's half message: %zu", held_max - before);
	sealsock_conn_free(s);
	sealsock_config_unref(sc);

	cc = counted(NULL, SEALSOCK_CLIENT);
	sc = server_config(CERT_P256);
	flight_to_client(&f, cc, sc);
	before = held;
	sealer_open(&seal, f.client, &f.secret);
	sealer_add(&seal, 22, f.msg[0].p, f.msg[0].n);
	memset(big, 0, sizeof(big));
	big[0] = MSG_CERTIFICATE;
	big[2] = 0x80;
	for (i = 0; i < 4 + 32768 - 1; i += 1000)
		sealer_add(&seal, 22, big + i, 4 + 32768 - 1 - i < 1000 ? 4 + 32768 - 1 - i : 1000);
	held_max = held;
	feed_all(f.client, seal.out.p, seal.out.n, 0);
	feed_all(f.client, "\x17\3\3\x40\0", 5, 0);
	feed_all(f.client, big, 16383, 0);
	ok(sealsock_conn_error(f.client)->code == 0 && held_max <= 65536 + 4096,
	   "a client holds at most 64 KiB for a server's half chain: %zu", held_max);
	sealer_close(&seal);
	flight_close(&f);
}

/* An idle connection whose keys are in the kernel. */
static void established(void)
{
	struct sealsock_config *cc = counted(NULL, SEALSOCK_CLIENT), *sc;
	struct sealsock_conn *c, *s;
	size_t before;

	sc = counted(NULL, SEALSOCK_SERVER);
	talk(cc, sc);
	before = held;
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	ok(shake_hands(c, s, 0), "a connection to be let go");
	keys_away(c);	/* as install does */
	keys_away(s);
	ok(sealsock_release(c) == 0 && sealsock_release(s) == 0, "is released");
	ok(held - before <= 2 * 512, "and holds at most 512 bytes: %zu", (held - before) / 2);
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* The same with a client certificate and a ticket: the second handshake is resumed. */
static bool talk_twice(struct sealsock_config *cc, struct sealsock_config *sc)
{
	uint8_t session[SEALSOCK_SESSION_MAX];
	struct sealsock_conn *c, *s;
	struct sealsock_info info = { 0 };
	ssize_t n = 0;
	int i;

	for (i = 0; i < 2; i++) {
		c = sealsock_conn_new(cc);
		s = sealsock_conn_new(sc);
		if (c && s && !sealsock_conn_set_host(c, "localhost") &&
		    (n <= 0 || !sealsock_conn_set_session(c, session, (size_t)n)) &&
		    shake_hands(c, s, 0)) {
			n = sealsock_conn_session(c, session, sizeof(session));
			sealsock_conn_info(c, &info);
		}
		sealsock_conn_free(c);
		sealsock_conn_free(s);
	}
	return n > 0 && info.resumed;
}

/* Clients with certificates: fails one in @step of the allocations of @talks in turn. */
static void every_allocation_of(bool (*talks)(struct sealsock_config *, struct sealsock_config *),
				struct sealsock_config *cc, struct sealsock_config *sc, int step,
				const char *name)
{
	long n, total, unwound = 0, tried = 0;
	size_t before;

	add_identity(cc, test_client());
	trust_test_ca(sc);
	ok(talks(cc, sc), "%s: works with memory", name);
	before = held;
	seen = 0;
	crypto_counts = true;
	talks(cc, sc);
	total = seen;
	for (n = 1; n <= total; n += step) {
		countdown = n;
		talks(cc, sc);
		tried++;
		unwound += held == before;
	}
	countdown = -1;
	crypto_counts = false;
	ok_int(unwound, tried, "one in %d of %ld allocations can fail", step, total);
	ok(talks(cc, sc), "and afterwards all is as before");
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void every_allocation_resumed(void)
{
	struct sealsock_config *sc = counted(NULL, SEALSOCK_SERVER);

	sealsock_config_verify(sc, SEALSOCK_VERIFY_REQUIRED);
	every_allocation_of(talk_twice, counted(NULL, SEALSOCK_CLIENT), sc, 3,
			    "client certificate and ticket");
}

/* A certificate asked for after the handshake. */
static bool talk_post(struct sealsock_config *cc, struct sealsock_config *sc)
{
	struct sealsock_conn *c = sealsock_conn_new(cc), *s = sealsock_conn_new(sc);
	struct sealsock_info info = { 0 };
	size_t moved;

	if (c && s && !sealsock_conn_set_host(c, "localhost") && shake_hands(c, s, 0) &&
	    !sealsock_conn_ask_cert(s, true) && !carry(s, c, 0, &moved) &&
	    !carry(c, s, 0, &moved))
		sealsock_conn_info(s, &info);
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	return info.client_authenticated && !info.cert_pending;
}

static void every_allocation_post(void)
{
	struct sealsock_config *cc = counted(NULL, SEALSOCK_CLIENT);
	struct sealsock_config *sc = counted(NULL, SEALSOCK_SERVER);

	sealsock_config_post_handshake_auth(cc, true);
	sealsock_config_post_handshake_auth(sc, true);
	every_allocation_of(talk_post, cc, sc, 2, "certificate after the handshake");
}

int main(void)
{
	/* Before libcrypto allocates anything. */
	static struct ech_pair pair;

	CRYPTO_set_mem_functions(crypto_alloc, crypto_realloc, crypto_release);
	ech_pair_make(&pair, NULL, ECH_PUBLIC);
	env = test_env;
	env.alloc = count_alloc;
	env.free = count_free;
	test_server(CERT_P256);
	test_server_rsa();
	test_client();
	every_allocation("TLSv1.3", "x25519,secp256r1", "handshake");
	every_allocation("TLSv1.3", "secp256r1", "handshake with a retry");
	hidden = &pair;
	every_allocation("TLSv1.3", NULL, "handshake that hides the name");
	every_allocation("TLSv1.3", "secp256r1", "the same with a retry");
	every_allocation_of_config();
	hidden = NULL;
	every_allocation("TLSv1.2", "x25519,secp256r1", "handshake of TLS 1.2");
	legacy_suite = "TLS_DHE_RSA_WITH_AES_128_CBC_SHA";
	every_allocation("TLSv1.2", NULL, "DHE and CBC");
	legacy_suite = "TLS_RSA_WITH_AES_256_CBC_SHA256";
	every_allocation("TLSv1.2", NULL, "RSA key transport");
	legacy_suite = NULL;
	every_allocation_resumed();
	every_allocation_post();
	every_allocation_of_config();
	established();
	hostile();
	ok_int(blamed, 0, "and no peer was blamed for our want of memory");
	ok_int(held, 0, "nothing is held in the end");
	free_test_identities();
	return done();
}
