// SPDX-License-Identifier: GPL-2.0-only
/* The socket options of managed mode. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "answer.h"
#include "managed/managed.h"
#include "seen/mib.h"
#include "uapi/sealsock.h"

void seal_managed_show(const struct sock *sk)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	const struct seal_managed *m = ctx->managed;
	struct seal_shown *shown = &ctx->shown;

	WRITE_ONCE(shown->tx_keys, ctx->tx->generation);
	WRITE_ONCE(shown->rx_keys, ctx->rx->generation);
	WRITE_ONCE(shown->messages, m->count);
	WRITE_ONCE(shown->dropped, m->dropped);
	WRITE_ONCE(shown->alert_received, m->alert_received);
	WRITE_ONCE(shown->alert_sent, m->alert_sent);
	WRITE_ONCE(shown->reason, m->reason);
}

static int set_key_update(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	const u32 known = SEALSOCK_UPDATE_NOW | SEALSOCK_UPDATE_REQUEST | SEALSOCK_UPDATE_LIMITS;
	struct seal_ctx *ctx = seal_ctx(sk);
	struct seal_managed *m = ctx->managed;
	struct sealsock_key_update req;

	if (sockptr_is_null(optval) || optlen != sizeof(req))
		return -EINVAL;
	if (copy_from_sockptr(&req, optval, sizeof(req)))
		return -EFAULT;
	if (ctx->version != SEAL_TLS13 || !req.flags || req.flags & ~known || req.reserved)
		return -EINVAL;
	if (ctx->tx->state >= SEAL_DIR_FAILED)
		return -EPIPE;
	if (req.flags & SEALSOCK_UPDATE_REQUEST && m->asked)
		return -EALREADY;

	if (req.flags & SEALSOCK_UPDATE_LIMITS) {
		m->after_records = req.after_records;
		m->after_bytes = req.after_bytes;
		seal_managed_set_limit(sk, ctx->tx);
	}
	if (req.flags & SEALSOCK_UPDATE_REQUEST)
		m->due |= SEAL_DUE_UPDATE | SEAL_DUE_REQUEST;
	if (req.flags & SEALSOCK_UPDATE_NOW)
		m->due |= SEAL_DUE_UPDATE;
	seal_managed_settle(sk);
	return 0;
}

/* A record of its own, beside the open one. */
static int send_message(struct sock *sk, const u8 *msg, unsigned int len)
{
	struct seal_tx *tx = seal_ctx(sk)->tx;
	int err;

	if (tx->state >= SEAL_DIR_FAILED)
		return -EPIPE;
	err = seal_tx_ready(sk, tx);
	if (!err && !seal_tx_has_room(sk, tx))
		err = -EAGAIN;
	if (!err)
		err = seal_tx_limit(sk, tx, SEAL_TYPE_HANDSHAKE);
	if (err == -EKEYEXPIRED)
		err = seal_managed_limit(sk, tx);
	if (!err)
		err = seal_managed_record(sk, tx, SEAL_TYPE_HANDSHAKE, msg, len);
	if (!err)
		SEAL_INC(sk, MESSAGESSENT);
	seal_tx_push(sk, tx, 0);
	seal_tx_account(sk, tx);
	return err;
}

static int set_message(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	u8 *msg;
	int err;

	if (sockptr_is_null(optval) || !optlen || ctx->version != SEAL_TLS13 ||
	    !ctx->managed->control.server)
		return -EINVAL;
	if (optlen > ctx->max_payload)
		return -EMSGSIZE;
	/* Checked and sent is the same copy. */
	msg = kmalloc(optlen, GFP_KERNEL_ACCOUNT);
	if (!msg)
		return -ENOMEM;
	if (copy_from_sockptr(msg, optval, optlen))
		err = -EFAULT;
	else if (!seal_control_is_ticket(msg, optlen))
		err = -EINVAL;
	else
		err = send_message(sk, msg, optlen);
	kfree_sensitive(msg);
	return err;
}

static int set_events(struct seal_managed *m, sockptr_t optval, unsigned int optlen)
{
	u32 events;

	if (sockptr_is_null(optval) || optlen != sizeof(events))
		return -EINVAL;
	if (copy_from_sockptr(&events, optval, sizeof(events)))
		return -EFAULT;
	if (events & ~SEALSOCK_EVENT_MESSAGE)
		return -EINVAL;
	WRITE_ONCE(m->events, events);
	return 0;
}

int seal_managed_setsockopt(struct sock *sk, int optname, sockptr_t optval, unsigned int optlen)
{
	struct seal_managed *m = seal_ctx(sk)->managed;

	if (optname == SEALSOCK_MANAGED)
		return seal_managed_install(sk, optval, optlen);
	if (!m)
		return -ENODATA;
	switch (optname) {
	case SEALSOCK_KEY_UPDATE:
		return set_key_update(sk, optval, optlen);
	case SEALSOCK_MESSAGE:
		return set_message(sk, optval, optlen);
	case SEALSOCK_EVENTS:
		return set_events(m, optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
}

static int get_message(struct sock *sk, char __user *optval, int __user *optlen, int len)
{
	struct seal_managed *m = seal_ctx(sk)->managed;
	struct seal_message *msg;

	seal_managed_turn(sk);
	msg = list_first_entry_or_null(&m->messages, struct seal_message, node);
	if (!msg)
		return -EAGAIN;
	if (put_user(msg->len, optlen))
		return -EFAULT;
	if (len < 0 || msg->len > len)
		return -EMSGSIZE;
	if (copy_to_user(optval, msg->bytes, msg->len))
		return -EFAULT;
	seal_queue_take(m);
	seal_managed_show(sk);
	return 0;
}

static int get_key_update(struct seal_ctx *ctx, char __user *optval, int __user *optlen, int len)
{
	const struct seal_managed *m = ctx->managed;
	struct sealsock_key_update answer = {
		.flags = (m->asked || m->due & SEAL_DUE_REQUEST ? SEALSOCK_UPDATE_REQUEST : 0) |
			 (m->due ? SEALSOCK_UPDATE_NOW : 0),
		.after_records = m->after_records,
		.after_bytes = m->after_bytes,
	};

	if (ctx->version != SEAL_TLS13)
		return -EINVAL;
	return seal_put_answer(optval, optlen, len, &answer, sizeof(answer), false);
}

static int get_end(struct sock *sk, char __user *optval, int __user *optlen, int len)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	const struct seal_managed *m = ctx->managed;
	struct sealsock_end end = {};

	seal_managed_turn(sk);
	end.reason = m->reason;
	if (ctx->rx->state == SEAL_DIR_FAILED)
		end.error = -ctx->rx->error;
	end.alert_received = m->alert_received;
	end.alert_sent = m->alert_sent;
	return seal_put_answer(optval, optlen, len, &end, sizeof(end), true);
}

int seal_managed_getsockopt(struct sock *sk, int optname, char __user *optval,
			    int __user *optlen, int len)
{
	struct seal_managed *m = seal_ctx(sk)->managed;
	u32 value;

	if (!m)
		return -ENODATA;
	switch (optname) {
	case SEALSOCK_MESSAGE:
		return get_message(sk, optval, optlen, len);
	case SEALSOCK_KEY_UPDATE:
		return get_key_update(seal_ctx(sk), optval, optlen, len);
	case SEALSOCK_END:
		return get_end(sk, optval, optlen, len);
	default:
		value = optname == SEALSOCK_MANAGED ? m->flags : m->events;
		return seal_put_answer(optval, optlen, len, &value, sizeof(value), false);
	}
}
