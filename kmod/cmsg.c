// SPDX-License-Identifier: GPL-2.0-only
#include <linux/net.h>
#include <net/scm.h>
#include <net/tls.h>

#include "cmsg.h"
#include "core/content.h"

int seal_cmsg_get_type(struct msghdr *msg, u8 *type)
{
	struct cmsghdr *cmsg;
	bool found = false;

	if (likely(!msg->msg_controllen))
		return 0;

	for_each_cmsghdr(cmsg, msg) {
		if (!CMSG_OK(msg, cmsg))
			return -EINVAL;
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
