/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The forms of what a TLS handshake has signed: a worker takes a message apart into fields, and the
 * keeper, which believes no worker, builds it of them again.
 */
#ifndef SEALSOCKD_FORM_H
#define SEALSOCKD_FORM_H

#include "ipc.h"

/* RFC 8446 §4.4.3: padding, context, a zero, the hash. */
enum { FORM13_HEAD = 64 + 33 + 1, FORM13_MAX = FORM13_HEAD + IPC_HASH_MAX };

/* The message of TLS 1.3 with these fields, FORM13_MAX bytes at most: its size. */
size_t form13_build(const struct ipc_sign13 *f, uint8_t *out);

/* Are these the parameters of a ServerKeyExchange of TLS 1.2? */
bool form12_is_params(const uint8_t *p, size_t n);

/*
 * Is this what a client signs in TLS 1.2, all messages from the ClientHello to the
 * ClientKeyExchange, each of them whole (RFC 5246 §7.4.8)? Which ones may be among them a client
 * has no say in.
 */
bool form12_is_log(const uint8_t *p, size_t n);

#endif
