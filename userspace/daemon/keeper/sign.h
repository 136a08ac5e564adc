/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the keeper does with keys. It never signs bytes that a worker made up: a worker says what
 * kind of signature it wants and fills in fields, and the message is built here, so that nothing
 * but a TLS handshake can come of it (RFC 8446 §4.4.3, RFC 5246 §7.4.3). Of what it decrypts it
 * gives away the master secret of one connection, and not whether there was one (§7.4.7.1).
 */
#ifndef SEALSOCKD_SIGN_H
#define SEALSOCKD_SIGN_H

#include "ipc.h"
#include "sealsock.h"

/*
 * Signs what an IPC_SIGN… asks for. The signature's size, or a negative enum sealsock_error:
 * INVALID, where the fields are not what a handshake has.
 */
ssize_t keep_sign(const struct sealsock_key *key, const struct ipc_message *m, uint8_t *signature,
		  size_t room);

/* Does what an IPC_MASTER asks for, likewise: SEALSOCK_MASTER_SIZE. */
ssize_t keep_master(const struct sealsock_key *key, const struct ipc_message *m, uint8_t *master,
		    size_t room);

#endif
