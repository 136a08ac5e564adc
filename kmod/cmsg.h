/* SPDX-License-Identifier: GPL-2.0-only */
/* Control messages of level SOL_TLS, as Documentation/networking/tls.rst has them. */
#ifndef SEAL_CMSG_H
#define SEAL_CMSG_H

#include <linux/socket.h>
#include <linux/types.h>

/*
 * The record type that @msg asks for, *@type unchanged if it has no control
 * message. -EINVAL: a control message that is malformed or of another kind,
 * or one together with MSG_MORE.
 */
int seal_cmsg_get_type(struct msghdr *msg, u8 *type);

/*
 * Tells the reader the type of the record at hand. @told is the type told
 * before in this call, 0 at first. 1: go on; 0: the type differs from what
 * was told, the record belongs to the next call; -EIO: not application data,
 * and there was no room for the control message; -EBADMSG: type 0.
 */
int seal_cmsg_put_type(struct msghdr *msg, u8 type, u8 *told);

#endif /* SEAL_CMSG_H */
