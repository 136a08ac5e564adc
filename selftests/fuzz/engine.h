/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the targets of client and server share. The first byte of an input says where it begins:
 * 0: with the first byte from the network; 1: sealed handshake records; 2: records after the
 * handshake; 3: the same at a server that has asked for a certificate. The rest is bytes as they
 * are (0), or records to be sealed: type, 16-bit length, content.
 */
#ifndef SEALSOCK_FUZZ_ENGINE_H
#define SEALSOCK_FUZZ_ENGINE_H

#include "flight.h"
#include "fuzz.h"

/* Feeds bytes, in pieces whose size the bytes themselves choose. */
void fuzz_raw(struct sealsock_conn *conn, const uint8_t *p, size_t n);

/* Seals records under @secret and feeds them. */
void fuzz_sealed(struct sealsock_conn *conn, const struct secret *secret, const uint8_t *p,
		 size_t n);

/* What must hold for a connection whatever it was fed; takes what there is to take from it. */
void fuzz_check(struct sealsock_conn *conn);

#endif
