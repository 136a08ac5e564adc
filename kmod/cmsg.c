// SPDX-License-Identifier: GPL-2.0-only
#include <linux/net.h>
#include <net/scm.h>
#include <net/sock.h>
#include <net/tls.h>

#include "cmsg.h"
#include "core/content.h"

int seal_cmsg_get(struct sock *sk, struct msghdr *msg, u8 *type, u32 *stamp)
{
	struct sockcm_cookie sockc;
	struct cmsghdr *cmsg;
	bool found = false;

	/* All of them are well-formed then, and those of level SOL_SOCKET what TCP takes. */
	sockcm_init(&sockc, sk);
	if (sock_cmsg_send(sk, msg, &sockc))
		return -EINVAL;

	for_each_cmsghdr(cmsg, msg) {
		if (cmsg->cmsg_level == SOL_SOCKET) {
			if (cmsg->cmsg_type == SO_TIMESTAMPING_OLD ||
			    cmsg->cmsg_type == SO_TIMESTAMPING_NEW)
				*stamp = *(u32 *)CMSG_DATA(cmsg);
			found = true;
			continue;
		}
		if (cmsg->cmsg_level != SOL_TLS)
			continue;
		if (cmsg->cmsg_type != TLS_SET_RECORD_TYPE ||
		    cmsg->cmsg_len < CMSG_LEN(sizeof(*type)) ||
		    msg->msg_flags & MSG_MORE)
			return -EINVAL;
		*type = *(u8 *)CMSG_DATA(cmsg);
		found = true;
	}
	return found ? 0 : -EINVAL;
}

int seal_cmsg_put_type(struct msghdr *msg, u8 type, u8 *told)
{
	int err;

	if (*told)
		return *told == type;
	if (!type)
		return -EBADMSG;

	/* As put_cmsg() answers recv() and read(), which have no room for it. */
	if (likely(!msg->msg_controllen && type == SEAL_TYPE_DATA)) {
		msg->msg_flags |= MSG_CTRUNC;
		*told = type;
		return 1;
	}
	err = put_cmsg(msg, SOL_TLS, TLS_GET_RECORD_TYPE, sizeof(type), &type);
	if (type != SEAL_TYPE_DATA && (err || msg->msg_flags & MSG_CTRUNC))
		return -EIO;
	*told = type;
	return 1;
}
