// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* This library's side of the handshake benchmark. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handshake.h"
#include "sealsock.h"

struct setup {
	struct sealsock_config *cfg[2];
	bool resume, ech;
	uint8_t session[SEALSOCK_SESSION_MAX];	/* for the client's next connection */
	size_t session_len;
};

struct side {
	struct sealsock_conn *conn;
	struct setup *setup;
	bool server;
};

static void must(struct sealsock_config *cfg, int err, const char *what)
{
	if (err)
		hs_die("%s: %s %s", what, sealsock_strerror(err), sealsock_config_error(cfg));
}

const struct sealsock_env *library_sealsock_env;

/* The server's keys, and their configurations for clients. */
static void configure_ech(struct sealsock_config *cfg, bool server)
{
	static const char mark[] = "-----BEGIN ECHCONFIG-----\n";
	static char pem[2000];
	unsigned char list[1000];
	char text[1000] = "";
	const char *at;
	int n;

	if (!*pem && sealsock_ech_generate("public.example", "x25519", 32, pem, sizeof(pem)) < 0)
		hs_die("no key of Encrypted Client Hello");
	if (server) {
		must(cfg, sealsock_config_ech_keys_mem(cfg, pem, strlen(pem)), "keys");
		return;
	}
	at = strstr(pem, mark);
	for (at = at ? at + strlen(mark) : ""; *at && *at != '-'; at++)
		if (*at != '\n' && strlen(text) < sizeof(text) - 1)
			text[strlen(text)] = *at;
	n = EVP_DecodeBlock(list, (unsigned char *)text, (int)strlen(text));
	while (n > 0 && text[strlen(text) - 1] == '=') {
		text[strlen(text) - 1] = 0;
		n--;
	}
	if (sealsock_config_ech(cfg, list, n < 0 ? 0 : (size_t)n) != 1)
		hs_die("no configuration of Encrypted Client Hello");
}

static struct sealsock_config *configure(const struct test *t, bool server)
{
	const struct credentials *c = credentials();
	bool v13 = !strcmp(t->version, "TLSv1.3");
	bool mutual = t->kind == KIND_MUTUAL || t->kind == KIND_NEW;
	struct sealsock_config *cfg = sealsock_config_new(server ? SEALSOCK_SERVER :
								   SEALSOCK_CLIENT);

	if (!cfg)
		hs_die("no configuration");
	if (library_sealsock_env)
		must(cfg, sealsock_config_env(cfg, library_sealsock_env), "allocator");
	/* libssl 3 has nothing of the kind: what is compared is to be alike. */
	must(cfg, sealsock_config_ech_grease(cfg, t->kind == KIND_GREASE), "looks of ECH");
	if (t->kind == KIND_ECH)
		configure_ech(cfg, server);
	must(cfg, sealsock_config_versions(cfg, t->version), "versions");
	must(cfg, sealsock_config_ciphers(cfg, v13 ? "TLS_AES_128_GCM_SHA256" :
					  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"), "ciphers");
	/* In TLS 1.2 the list of groups is also that of certificates' curves. */
	must(cfg, sealsock_config_groups(cfg, v13 || strcmp(t->group, "x25519") ? t->group :
					 "x25519,secp256r1"), "groups");
	must(cfg, sealsock_config_sigalgs(cfg, "ecdsa_secp256r1_sha256"), "sigalgs");
	if (server || mutual)
		must(cfg, sealsock_config_cert_mem(cfg, c->cert, strlen(c->cert), c->key,
						   strlen(c->key)), "certificate");
	if (!server || mutual)
		must(cfg, sealsock_config_ca_mem(cfg, c->ca, strlen(c->ca)), "CA");
	if (server && mutual)
		must(cfg, sealsock_config_verify(cfg, SEALSOCK_VERIFY_REQUIRED), "verify");
	if (server)
		must(cfg, sealsock_config_ticket_count(cfg, t->kind == KIND_RESUMED), "tickets");
	return cfg;
}

void library_sealsock_configs(const struct test *t, struct sealsock_config *cfg[2])
{
	cfg[SIDE_CLIENT] = configure(t, false);
	cfg[SIDE_SERVER] = configure(t, true);
}

static void *setup(const struct test *t)
{
	struct setup *s = calloc(1, sizeof(*s));

	if (!s)
		hs_die("no memory");
	library_sealsock_configs(t, s->cfg);
	s->resume = t->kind == KIND_RESUMED;
	s->ech = t->kind == KIND_ECH;
	return s;
}

static void forget(void *p)
{
	struct setup *s = p;

	sealsock_config_unref(s->cfg[SIDE_CLIENT]);
	sealsock_config_unref(s->cfg[SIDE_SERVER]);
	free(s);
}

/* Frozen at once, which is no part of a handshake. */
static void renew(void *p, const struct test *t)
{
	struct setup *s = p;

	for (int side = 0; side < 2; side++) {
		sealsock_config_unref(s->cfg[side]);
		s->cfg[side] = configure(t, side == SIDE_SERVER);
		sealsock_conn_free(sealsock_conn_new(s->cfg[side]));
	}
}

static void *begin(void *p, bool server)
{
	struct setup *s = p;
	struct side *side = malloc(sizeof(*side));

	if (!side)
		hs_die("no memory");
	*side = (struct side){ sealsock_conn_new(s->cfg[server]), s, server };
	if (!side->conn)
		hs_die("no connection");
	if (!server && sealsock_conn_set_host(side->conn, "localhost"))
		hs_die("no host");
	if (!server && s->session_len &&
	    sealsock_conn_set_session(side->conn, s->session, s->session_len))
		hs_die("no session");
	return side;
}

static bool step(void *p, const uint8_t *in, size_t n, uint8_t *out, size_t *out_n,
		 size_t out_max, char *why)
{
	struct sealsock_conn *conn = ((struct side *)p)->conn;
	const void *ptr;
	size_t used, len;
	int err = 0;

	/* What completes the handshake ends a call: what is behind it takes another. */
	while (!err && n) {
		err = sealsock_conn_feed(conn, in, n, &used);
		in += used;
		n -= used;
		if (!used)
			break;
	}
	if (!err)
		err = sealsock_conn_output(conn, &ptr, &len);
	if (!err && *out_n + len > out_max)
		err = SEALSOCK_ERR_NOMEM;
	if (err) {
		snprintf(why, WHY_MAX, "%s", sealsock_conn_error(conn)->code ?
			 sealsock_conn_error(conn)->text : sealsock_strerror(err));
		return false;
	}
	if (!len)
		return true;
	memcpy(out + *out_n, ptr, len);
	*out_n += len;
	return !sealsock_conn_sent(conn, len);
}

static bool done(void *p, bool *resumed)
{
	struct side *side = p;
	struct sealsock_info info;

	sealsock_conn_info(side->conn, &info);
	*resumed = info.resumed;
	if (side->setup->ech && info.ech != SEALSOCK_ECH_ACCEPTED)
		return false;
	return sealsock_conn_state(side->conn) == SEALSOCK_STATE_DONE;
}

/* A session stays good for the next connection where the server sent no newer one (TLS 1.2). */
static void end(void *p)
{
	struct side *side = p;
	struct setup *s = side->setup;
	ssize_t n = 0;

	if (!side->server && s->resume)
		n = sealsock_conn_session(side->conn, s->session, sizeof(s->session));
	if (n > 0)
		s->session_len = (size_t)n;
	sealsock_conn_free(side->conn);
	free(side);
}

const struct library library_sealsock = {
	.name = "sealsock", .setup = setup, .forget = forget, .renew = renew, .begin = begin,
	.step = step, .done = done, .end = end,
};
