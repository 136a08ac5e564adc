// SPDX-License-Identifier: GPL-2.0-only
/* Messages of the peer's that somebody may fetch. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "held.h"
#include "managed/managed.h"
#include "seen/mib.h"
#include "uapi/sealsock.h"

static void drop(struct seal_managed *m, struct seal_message *msg)
{
	m->queued -= msg->len;
	kvfree(msg);
}

/* The oldest message is gone. */
void seal_queue_take(struct seal_managed *m)
{
	struct seal_message *msg = list_first_entry(&m->messages, struct seal_message, node);

	list_del(&msg->node);
	m->count--;
	drop(m, msg);
}

static void dropped(struct sock *sk, struct seal_managed *m)
{
	m->dropped++;
	seal_managed_show(sk);
	SEAL_INC(sk, MESSAGESDROPPED);
}

/* A message of @len bytes begins. Where it cannot be kept, what follows of it is ignored. */
void seal_queue_begin(struct sock *sk, struct seal_managed *m, const u8 *header, u32 len)
{
	struct seal_message *msg = NULL;

	if (len <= SEALSOCK_MESSAGES_MAX) {
		while (m->queued + len > SEALSOCK_MESSAGES_MAX) {
			seal_queue_take(m);
			dropped(sk, m);
		}
		msg = kvmalloc(struct_size(msg, bytes, len), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	}
	if (!msg) {
		dropped(sk, m);
		return;
	}
	msg->len = len;
	memcpy(msg->bytes, header, SEAL_HS_HEADER);
	msg->have = SEAL_HS_HEADER;
	m->queued += len;
	m->partial = msg;
}

void seal_queue_bytes(struct seal_managed *m, const u8 *bytes, u32 len)
{
	if (!m->partial)
		return;
	memcpy(m->partial->bytes + m->partial->have, bytes, len);
	m->partial->have += len;
}

void seal_queue_end(struct sock *sk, struct seal_managed *m)
{
	if (!m->partial)
		return;
	list_add_tail(&m->partial->node, &m->messages);
	m->partial = NULL;
	m->count++;
	seal_managed_show(sk);
	SEAL_INC(sk, MESSAGES);
	if (seal_ctx(sk)->hold)
		seal_hold_message(sk);
}

void seal_queue_free(struct seal_managed *m)
{
	if (m->partial)
		drop(m, m->partial);
	while (!list_empty(&m->messages))
		seal_queue_take(m);
}
