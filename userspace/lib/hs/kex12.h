/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The key exchange of TLS 1.2. */
#ifndef SEALSOCK_HS_KEX12_H
#define SEALSOCK_HS_KEX12_H

#include "hs/hs.h"

/*
 * kex12.c: how the pre-master secret comes about: by ECDHE (RFC 8422), DHE (RFC 5246, RFC 7919), or
 * encrypted with the server's RSA key (RFC 5246 §7.4.7.1).
 */

/* Client: are the server's parameters good? Keeps group and public value. */
int kex12_take_params(struct hs *hs, const struct server_key_exchange *ske);

/* Client: adds ClientKeyExchange, and gives the secret; whoever calls wipes it. */
int kex12_client(struct hs *hs, struct builder *w, uint8_t secret[KEX_SECRET_MAX], size_t *n);

/* Server: the parameters as they are signed and sent; @params is freed by who calls. */
int kex12_make_params(struct hs *hs, struct buf *params);

/*
 * Server: what the client sent makes the keys. HS_WAITS: the caller is asked to decrypt it, at once
 * or, where the client still has to sign, by kex12_ask().
 */
int kex12_server(struct hs *hs, struct bytes exchange);
int kex12_ask(struct hs *hs);

#endif
