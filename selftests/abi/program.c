// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * program CA CHAIN KEY: a program as one wrote it when older/ was the library's headers; it is
 * compiled with those, with today's, and with tomorrow's. Every structure that goes with its size
 * lies in the middle of memory that nobody else may write to. Two handshakes in memory, the second
 * resumed by a store of this program, then text both ways. Prints what it saw.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sealsock.h"

#define FENCE	0xa5

static void fail(const char *what)
{
	fprintf(stderr, "program: %s\n", what);
	exit(1);
}

static void intact(const unsigned char *p, size_t n)
{
	while (n--)
		if (*p++ != FENCE)
			fail("the library wrote beyond a structure");
}

static long allocated;

static void *take_memory(void *arg, size_t n)
{
	(void)arg;
	allocated++;
	return malloc(n);
}

static void give_memory(void *arg, void *p, size_t n)
{
	(void)arg;
	(void)n;
	if (p)
		allocated--;
	free(p);
}

static struct {
	unsigned char bytes[SEALSOCK_SESSION_MAX];
	size_t n;
	int taken;
} kept;

static void put(void *arg, const void *id, size_t id_len, const void *session, size_t n,
		int64_t expires)
{
	(void)arg;
	(void)id;
	(void)id_len;
	(void)expires;
	if (n > sizeof(kept.bytes))
		fail("a session of more than SEALSOCK_SESSION_MAX");
	memcpy(kept.bytes, session, n);
	kept.n = n;
}

static size_t get(void *arg, const void *id, size_t id_len, int64_t now, void *session, size_t room)
{
	(void)arg;
	(void)id;
	(void)id_len;
	(void)now;
	if (!kept.n || kept.n > room)
		return 0;
	memcpy(session, kept.bytes, kept.n);
	return kept.n;
}

static size_t take(void *arg, const void *id, size_t id_len, int64_t now, void *session,
		   size_t room)
{
	size_t n = get(arg, id, id_len, now, session, room);

	kept.n = 0;
	kept.taken += n > 0;
	return n;
}

static int ask_later(void *arg, struct sealsock_conn *conn)
{
	(void)arg;
	(void)conn;
	return SEALSOCK_WANT_ANSWER;
}

/* The structures that are given. What follows one is not the library's to read, either. */
static struct {
	struct sealsock_env env;
	unsigned char env_fence[64];
	struct sealsock_session_store store;
	unsigned char store_fence[64];
} given;

/* Those that are filled in. */
static struct {
	unsigned char before[64];
	struct sealsock_info info;
	unsigned char between[64];
	struct sealsock_request request;
	unsigned char after[64];
} got;

static struct sealsock_config *configure(int side, char **argv)
{
	struct sealsock_config *cfg = sealsock_config_new(side);
	int err;

	if (!cfg || sealsock_config_env(cfg, &given.env) ||
	    sealsock_config_ciphers(cfg, "TLS_AES_128_GCM_SHA256") ||
	    sealsock_config_groups(cfg, "x25519"))
		fail("no configuration");
	if (side == SEALSOCK_SERVER)
		err = sealsock_config_cert_file(cfg, argv[2], argv[3]);
	else
		err = sealsock_config_ca_file(cfg, argv[1]) ||
		      sealsock_config_session_store(cfg, &given.store) ||
		      sealsock_config_on_verify(cfg, ask_later, NULL);
	if (err)
		fail(sealsock_config_error(cfg));
	return cfg;
}

/* Answers what the connection asks; false: it asks for nothing. */
static int answer(struct sealsock_conn *conn)
{
	int kind;

	if (sealsock_conn_state(conn) != SEALSOCK_STATE_WANT_ANSWER)
		return 0;
	memset(&got, FENCE, sizeof(got));
	if (sealsock_conn_request(conn, &got.request))
		fail("there is no request");
	kind = got.request.kind;
	intact(got.between, sizeof(got.between));
	intact(got.after, sizeof(got.after));
	if (kind != SEALSOCK_REQUEST_VERIFY || sealsock_conn_answer(conn, 0, NULL, 0))
		fail("another request than to verify");
	return 1;
}

/* Moves what one has for the other; false: nothing. */
static int move(struct sealsock_conn *from, struct sealsock_conn *to)
{
	const void *out;
	size_t n, used = 0;
	int any;

	if (sealsock_conn_output(from, &out, &n))
		fail(sealsock_conn_error(from)->text);
	if (n && sealsock_conn_feed(to, out, n, &used) < 0)
		fail(sealsock_conn_error(to)->text);
	any = answer(to) || used;
	if (sealsock_conn_sent(from, used))
		fail("the output is shorter than it was");
	return any;
}

static void text(struct sealsock_conn *from, struct sealsock_conn *to, const char *words)
{
	char buf[64] = "";

	if (sealsock_conn_write(from, words, strlen(words)) != (ssize_t)strlen(words))
		fail("write");
	while (move(from, to))
		;
	if (sealsock_conn_read(to, buf, sizeof(buf)) < 0 || strcmp(buf, words))
		fail("read");
}

static void connection(struct sealsock_config *cfg[2])
{
	struct sealsock_conn *c = sealsock_conn_new(cfg[0]), *s = sealsock_conn_new(cfg[1]);

	if (!c || !s || sealsock_conn_set_host(c, "localhost"))
		fail("no connection");
	while (move(c, s) | move(s, c))
		;
	memset(&got, FENCE, sizeof(got));
	sealsock_conn_info(c, &got.info);
	intact(got.before, sizeof(got.before));
	intact(got.between, sizeof(got.between));
#ifdef ODD
	for (int i = 0; i < 4; i++)
		if (got.info.odd[i])
			fail("what the library does not know is not zero");
#endif
	printf("%s %s %s for %s: verified %d, resumed %d, path %d, managed %d\n",
	       got.info.version_name, got.info.cipher_name, got.info.group_name, got.info.sni,
	       got.info.verified, got.info.resumed, got.info.path, got.info.managed);
	text(c, s, "question");
	text(s, c, "answer");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
}

int main(int argc, char **argv)
{
	struct sealsock_config *cfg[2];

	if (argc != 4)
		return 2;
	memset(&given, FENCE, sizeof(given));
	memset(&given.env, 0, sizeof(given.env));
	memset(&given.store, 0, sizeof(given.store));
	given.env.alloc = take_memory;
	given.env.free = give_memory;
	given.store.put = put;
	given.store.get = get;
	given.store.take = take;
	cfg[0] = configure(SEALSOCK_CLIENT, argv);
	cfg[1] = configure(SEALSOCK_SERVER, argv);
	connection(cfg);
	connection(cfg);
	sealsock_config_unref(cfg[0]);
	sealsock_config_unref(cfg[1]);
	printf("sessions taken: %d, memory not given back: %ld\n", kept.taken, allocated);
	return 0;
}
