/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Pre-shared keys of TLS 1.3 (RFC 8446 §4.2.11). */
#ifndef SEALSOCK_HS_PSK13_H
#define SEALSOCK_HS_PSK13_H

#include "hs/hs.h"

struct choice;

/* Client: fills psk_ids and psk_binders (zeros) into buffers; then the binders into the hello. */
int psk13_offer(struct hs *hs, struct builder *ids, struct builder *binders);
int psk13_bind(struct hs *hs, struct buf *hello, size_t binders_len);
int psk13_chosen(struct hs *hs, uint16_t index);

/*
 * Server: looks for a PSK that may be used, and adjusts the suite to it. 0: hs->psk tells whether
 * one was found; psk13_check() then has to find its binder right. What the binder is about, it
 * hashes, and takes off @hello.
 */
int psk13_choose(struct hs *hs, const struct client_hello *ch, struct choice *c);
int psk13_check(struct hs *hs, const struct client_hello *ch, const struct choice *c,
		struct bytes *hello);

#endif
