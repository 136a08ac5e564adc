/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Encrypted Client Hello (RFC 9849): a ClientHello inside of another. */
#ifndef SEALSOCK_HS_ECH_H
#define SEALSOCK_HS_ECH_H

#include "config/ech.h"
#include "hs/hs.h"

struct ech {
	struct hpke hpke;		/* also for the second ClientHello; aead NULL: none */
	struct buf inner;		/* the ClientHelloInner with its header */
	struct buf plain;		/* … encoded and padded, or as it was decrypted */
	struct buf sent;		/* client: the outer extension as it was sent last */
	uint8_t random[2][HELLO_RANDOM]; /* client: of the outer, and of the inner */
	uint32_t offered;		/* client: extensions of the inner */
	struct hpke_suite suite;
	uint8_t id, max_name;
	uint8_t enc[HPKE_PUBLIC_MAX], enc_len;
	struct host public_name;
};

/* Makes hs->ech, with nothing in it; hs has failed otherwise. */
int ech_new(struct hs *hs);
void ech_free(struct hs *hs);

/*
 * What proves that the inner hello was taken (§7.2): @random is the inner's, @more what comes
 * between hs->transcript and @message, in which @at are the 8 bytes that count as zeros.
 */
int ech_confirm(struct hs *hs, struct bytes random, struct bytes more, struct bytes message,
		const uint8_t *at, uint8_t out[ECH_CONFIRMATION]);

/* Client, ech_client.c: settles whether a ClientHello has another one in it, once. */
int ech_client_start(struct hs *hs);

static inline enum sealsock_ech ech_state(const struct hs *hs)
{
	return hs->result->ech;
}

/* Does the next ClientHello have an inner one? Else the name it asks for is hs->host. */
static inline bool ech_has_inner(const struct hs *hs)
{
	return ech_state(hs) == SEALSOCK_ECH_OFFERED ||
	       (ech_state(hs) == SEALSOCK_ECH_ACCEPTED && hs->ech);
}

/* Pads what is in ech->plain, which has a header that does not count, as the inner needs it. */
int ech_pad(struct hs *hs);

/* The outer extension with room for all of ech->plain; then that sealed into @hello. */
int ech_outer(struct hs *hs, struct ext_set *e);
int ech_seal(struct hs *hs, struct buf *hello);

/* Takes from the server's first answer which of the hellos counts: it is then that of @hs. */
int ech_settle(struct hs *hs, const struct server_hello *sh);
int ech_reject(struct hs *hs);

/* After a rejection, once the handshake has proved who says so. */
int ech_refuse(struct hs *hs);

/*
 * Server, ech_server.c: puts the inner ClientHello in the place of @whole, where there is one that
 * can be opened.
 */
int ech_unwrap(struct hs *hs, struct bytes *whole);

/* Does the server prove with this message that it took the inner hello? Then it is in there. */
int ech_prove(struct hs *hs, struct buf *message, bool retry);

#endif
