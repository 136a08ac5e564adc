/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A handshake stopped where the sealed messages begin, and those messages in the clear. */
#ifndef UNIT_FLIGHT_H
#define UNIT_FLIGHT_H

#include "expect.h"

enum { FLIGHT_MAX = 8 };

struct flight {
	struct sealsock_config *cc, *sc;
	struct sealsock_conn *client, *server;
	struct buf plain;		/* what the peer of the one under test sealed */
	struct bytes msg[FLIGHT_MAX];
	size_t count;
	struct secret secret;		/* under which it is sealed */
};

/* The client has taken the ServerHello; messages: EncryptedExtensions … Finished. */
void flight_to_client(struct flight *f, struct sealsock_config *cc, struct sealsock_config *sc);

/* The server has sent its flight; message: the client's Finished. */
void flight_to_server(struct flight *f, struct sealsock_config *cc, struct sealsock_config *sc);

void flight_close(struct flight *f);

/* Seals messages first..last in one record and feeds it: the feed's result. */
int flight_give(struct flight *f, struct sealsock_conn *to, const struct bytes *msgs, size_t n);

#endif
