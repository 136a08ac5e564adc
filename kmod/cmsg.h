/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control messages: of level SOL_TLS as Documentation/networking/tls.rst has them, of level
 * SOL_SOCKET as TCP takes them.
 */
#ifndef SEAL_CMSG_H
#define SEAL_CMSG_H

#include <linux/socket.h>
#include <linux/types.h>

struct sock;

/*
 * What the control messages of @msg, which has some, ask for: the record
 * type, and of which kind the timestamps of its last byte shall be, flags
 * SOF_TIMESTAMPING_TX_*. *@type and *@stamp stay what they are where nothing
 * was asked. -EINVAL: a control message that is malformed, none of a level
 * that is known here, or a record type together with MSG_MORE.
 */
int seal_cmsg_get(struct sock *sk, struct msghdr *msg, u8 *type, u32 *stamp);

/*
 * Tells the reader the type of the record at hand. @told is the type told
 * before in this call, 0 at first. 1: go on; 0: the type differs from what
 * was told, the record belongs to the next call; -EIO: not application data,
 * and there was no room for the control message; -EBADMSG: type 0.
 */
int seal_cmsg_put_type(struct msghdr *msg, u8 type, u8 *told);

#endif /* SEAL_CMSG_H */
