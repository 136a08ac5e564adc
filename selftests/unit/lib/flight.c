// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdio.h>
#include <stdlib.h>

#include "flight.h"
#include "hs/hs.h"

static void open_pair(struct flight *f, struct sealsock_config *cc, struct sealsock_config *sc)
{
	memset(f, 0, sizeof(*f));
	f->cc = cc ? cc : client_config();
	f->sc = sc ? sc : server_config(CERT_P256);
	f->client = client_conn(f->cc);
	f->server = sealsock_conn_new(f->sc);
	buf_init(&f->plain, &test_env_full);
}

static void split(struct flight *f)
{
	struct bytes left = bytes_of(f->plain.p, f->plain.n);

	while (left.n >= 4 && f->count < FLIGHT_MAX) {
		size_t n = 4 + ((size_t)left.p[1] << 16 | (size_t)left.p[2] << 8 | left.p[3]);

		if (!rd_bytes(&left, n, &f->msg[f->count++])) {
			printf("Bail out! the test's flight is malformed\n");
			exit(1);
		}
	}
}

void flight_to_client(struct flight *f, struct sealsock_config *cc, struct sealsock_config *sc)
{
	uint8_t out[32768];
	size_t moved, n, hello;

	open_pair(f, cc, sc);
	carry(f->client, f->server, 0, &moved);
	n = drain(f->server, out, sizeof(out));
	hello = 5 + (size_t)(out[3] << 8 | out[4]);
	feed_all(f->client, out, hello, 0);
	secret_copy(&f->secret, &f->client->hs->server_secret);
	open_flight(f->client, &f->secret, out + hello, n - hello, &f->plain);
	split(f);
}

void flight_to_server(struct flight *f, struct sealsock_config *cc, struct sealsock_config *sc)
{
	uint8_t out[32768];
	size_t moved, n;

	open_pair(f, cc, sc);
	carry(f->client, f->server, 0, &moved);
	carry(f->server, f->client, 0, &moved);
	secret_copy(&f->secret, &f->server->hs->client_secret);
	n = drain(f->client, out, sizeof(out));
	open_flight(f->server, &f->secret, out, n, &f->plain);
	split(f);
}

void flight_close(struct flight *f)
{
	sealsock_conn_free(f->client);
	sealsock_conn_free(f->server);
	sealsock_config_unref(f->cc);
	sealsock_config_unref(f->sc);
	buf_free(&f->plain);
}

int flight_give(struct flight *f, struct sealsock_conn *to, const struct bytes *msgs, size_t n)
{
	struct sealer s;
	struct buf all;
	size_t i;
	int err;

	buf_init(&all, &test_env_full);
	for (i = 0; i < n; i++)
		buf_append(&all, msgs[i].p, msgs[i].n);
	sealer_open(&s, to, &f->secret);
	for (i = 0; i < all.n; i += SEAL_MAX_PLAINTEXT)
		sealer_add(&s, SEAL_TYPE_HANDSHAKE, all.p + i,
			   all.n - i < SEAL_MAX_PLAINTEXT ? all.n - i : SEAL_MAX_PLAINTEXT);
	err = feed_all(to, s.out.p, s.out.n, 0);
	sealer_close(&s);
	buf_free(&all);
	return err;
}
