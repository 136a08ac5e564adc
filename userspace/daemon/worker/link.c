// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <string.h>
#include <time.h>

#include "worker/fields.h"
#include "worker/link.h"

enum { PATIENCE = 2000 };	/* milliseconds for the keeper's answer */

bool link_begin(struct keeper_link *l, int later, int now)
{
	l->later = later;
	l->now = now;
	return ipc_patience(now, PATIENCE);
}

int link_ask(struct keeper_link *l, uint32_t id, const struct sealsock_request *r)
{
	struct ipc_head head = { .id = id, .key = (uint32_t)(uintptr_t)r->key };
	struct ipc_part parts[2] = { { l->room.body, 0 } };

	head.op = key_fields(r, l->room.body, sizeof(l->room.body), &parts[0].n);
	if (!head.op)
		return SEALSOCK_ERR_UNSUPPORTED;
	if (!ipc_send(l->later, head, parts, NULL, 0, PATIENCE))
		return SEALSOCK_ERR_TIMEOUT;
	l->owed++;
	return 0;
}

/* Asks and waits. The answer's size, or its code. */
static ssize_t call(struct keeper_link *l, enum ipc_op op, const struct ipc_part parts[2],
		    void *out, size_t room)
{
	struct ipc_head head = { .op = op, .id = ++l->id };
	ssize_t n;
	int r;

	if (!ipc_send(l->now, head, parts, NULL, 0, PATIENCE))
		return SEALSOCK_ERR_TIMEOUT;
	do {
		r = ipc_await(l->now, &l->room);
	} while (r > 0 && l->room.head.id != l->id);	/* late ones of before */
	if (r <= 0)
		return r ? SEALSOCK_ERR_SYSTEM : SEALSOCK_ERR_TIMEOUT;
	n = l->room.head.code ? l->room.head.code : (ssize_t)l->room.head.len;
	if (n > 0 && (size_t)n > room)
		n = SEALSOCK_ERR_INVALID;
	if (n > 0)
		memcpy(out, l->room.body, (size_t)n);
	explicit_bzero(l->room.body, l->room.head.len);
	return n;
}

ssize_t link_seal(void *arg, const void *session, size_t n, void *ticket, size_t room)
{
	const struct ipc_part parts[2] = { { session, n } };

	return call(arg, IPC_SEAL, parts, ticket, room);
}

ssize_t link_open(void *arg, const void *ticket, size_t n, void *session, size_t room)
{
	const struct ipc_part parts[2] = { { ticket, n } };

	return call(arg, IPC_OPEN, parts, session, room);
}

int link_ech(void *arg, const void *share, size_t share_len, const void *enc, size_t enc_len,
	     void *secret)
{
	uint8_t head[1 + UINT8_MAX] = { (uint8_t)share_len };
	const struct ipc_part parts[2] = { { head, 1 + share_len }, { enc, enc_len } };
	ssize_t n;

	if (share_len > UINT8_MAX)
		return SEALSOCK_ERR_KEY;
	memcpy(head + 1, share, share_len);
	n = call(arg, IPC_ECH_OPEN, parts, secret, SEALSOCK_ECH_SECRET);
	return n < 0 ? (int)n : n == SEALSOCK_ECH_SECRET ? 0 : SEALSOCK_ERR_SYSTEM;
}

static void put(void *arg, const void *id, size_t id_len, const void *session, size_t n,
		int64_t expires)
{
	const struct link_user *u = arg;
	uint8_t head[sizeof(struct ipc_session) + IPC_ID_MAX];
	struct ipc_session s = { .uid = u->uid, .id_len = (uint32_t)id_len, .when = expires };
	const struct ipc_part parts[2] = { { head, sizeof(s) + id_len }, { session, n } };

	if (id_len > IPC_ID_MAX)
		return;
	memcpy(head, &s, sizeof(s));
	memcpy(head + sizeof(s), id, id_len);
	call(u->link, IPC_SESSION_PUT, parts, NULL, 0);
}

static size_t take(void *arg, const void *id, size_t id_len, int64_t now, void *session,
		   size_t room)
{
	const struct link_user *u = arg;
	struct ipc_session s = { .uid = u->uid, .id_len = (uint32_t)id_len, .when = now };
	const struct ipc_part parts[2] = { { &s, sizeof(s) }, { id, id_len } };
	ssize_t n = call(u->link, IPC_SESSION_TAKE, parts, session, room);

	return n > 0 ? (size_t)n : 0;
}

/* Clients take; what is offered is theirs alone. */
static size_t get(void *arg, const void *id, size_t id_len, int64_t now, void *session,
		  size_t room)
{
	(void)arg, (void)id, (void)id_len, (void)now, (void)session, (void)room;
	return 0;
}

const struct sealsock_session_store link_store = { .put = put, .get = get, .take = take };
