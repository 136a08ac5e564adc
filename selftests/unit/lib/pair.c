// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdio.h>
#include <stdlib.h>

#include "pair.h"

static int64_t test_now(void *arg)
{
	(void)arg;
	return TEST_NOW;
}

static uint32_t state = 1;

void test_random_reset(void)
{
	state = 1;
}

static int test_random(void *arg, void *buf, size_t n)
{
	uint8_t *p = buf;

	(void)arg;
	while (n--) {
		state = state * 1664525 + 1013904223;
		*p++ = (uint8_t)(state >> 24);
	}
	return 0;
}

static void *test_alloc(void *arg, size_t n)
{
	(void)arg;
	return malloc(n);
}

static void test_free(void *arg, void *p, size_t n)
{
	(void)arg;
	(void)n;
	free(p);
}

const struct sealsock_env test_env = { .now = test_now, .random = test_random };
const struct sealsock_env test_env_full = {
	.now = test_now, .random = test_random, .alloc = test_alloc, .free = test_free,
};

static struct sealsock_config *must(struct sealsock_config *cfg, int err)
{
	if (!cfg || err) {
		printf("Bail out! configuration: %s\n", cfg ? sealsock_config_error(cfg) : "none");
		exit(1);
	}
	return cfg;
}

struct sealsock_config *client_config(void)
{
	struct sealsock_config *cfg = must(sealsock_config_new(SEALSOCK_CLIENT), 0);

	must(cfg, sealsock_config_env(cfg, &test_env));
	return must(cfg, sealsock_config_ca_mem(cfg, test_ca()->cert_pem,
						strlen(test_ca()->cert_pem)));
}

struct sealsock_config *server_config(enum cert_type type)
{
	struct sealsock_config *cfg = must(sealsock_config_new(SEALSOCK_SERVER), 0);
	const struct identity *id = test_server(type);

	must(cfg, sealsock_config_env(cfg, &test_env));
	return must(cfg, sealsock_config_cert_mem(cfg, id->cert_pem, strlen(id->cert_pem),
						  id->key_pem, strlen(id->key_pem)));
}

struct sealsock_conn *client_conn(struct sealsock_config *cfg)
{
	struct sealsock_conn *conn = sealsock_conn_new(cfg);

	if (!conn || sealsock_conn_set_host(conn, "localhost")) {
		printf("Bail out! no client connection\n");
		exit(1);
	}
	return conn;
}

int feed_all(struct sealsock_conn *conn, const void *p, size_t n, size_t chunk)
{
	const uint8_t *at = p;
	size_t used, part;
	int err;

	while (n) {
		part = chunk && chunk < n ? chunk : n;
		err = sealsock_conn_feed(conn, at, part, &used);
		if (err)
			return err;
		if (used == 0)
			return 0;
		at += used;
		n -= used;
	}
	return 0;
}

int carry(struct sealsock_conn *from, struct sealsock_conn *to, size_t chunk, size_t *moved)
{
	const void *p;
	size_t n;
	int err;

	*moved = 0;
	if (sealsock_conn_output(from, &p, &n))
		return 0;
	if (!n)
		return 0;
	err = feed_all(to, p, n, chunk);
	sealsock_conn_sent(from, n);
	*moved = n;
	return err;
}

bool shake_hands(struct sealsock_conn *client, struct sealsock_conn *server, size_t chunk)
{
	size_t there, back;

	do {
		carry(client, server, chunk, &there);
		carry(server, client, chunk, &back);
	} while (there || back);
	return sealsock_conn_state(client) == SEALSOCK_STATE_DONE &&
	       sealsock_conn_state(server) == SEALSOCK_STATE_DONE;
}

size_t drain(struct sealsock_conn *conn, uint8_t *out, size_t max)
{
	const void *p;
	size_t n;

	sealsock_conn_output(conn, &p, &n);
	if (n > max)
		n = max;
	if (n)
		memcpy(out, p, n);
	sealsock_conn_sent(conn, n);
	return n;
}

void keys_away(struct sealsock_conn *conn)
{
	struct secret next[2];

	NEED(!conn_next_secrets(conn, next));
	conn_wipe_keys(conn, next);
	wipe(next, sizeof(next));
}
