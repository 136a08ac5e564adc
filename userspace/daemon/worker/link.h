/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A worker's two ways to the keeper: one for answers that come later, one for those waited for. */
#ifndef SEALSOCKD_LINK_H
#define SEALSOCKD_LINK_H

#include "ipc.h"
#include "sealsock.h"

struct keeper_link {
	int later, now;
	uint32_t id;			/* of the last call that was waited for */
	uint32_t owed;			/* answers that are to come on @later */
	struct ipc_message room;
};

/* Both ways; they are their owner's. */
bool link_begin(struct keeper_link *l, int later, int now);

/*
 * Asks for what takes a key, a signature or a master secret: 0, or a negative enum sealsock_error.
 * The answer comes on @later.
 */
int link_ask(struct keeper_link *l, uint32_t id, const struct sealsock_request *r);

/* What the library calls, with the link as @arg. */
ssize_t link_seal(void *arg, const void *session, size_t n, void *ticket, size_t room);
int link_ech(void *arg, const void *share, size_t share_len, const void *enc, size_t enc_len,
	     void *secret);
ssize_t link_open(void *arg, const void *ticket, size_t n, void *session, size_t room);

/* Sessions of a client's programs: @arg is a struct link_user. */
struct link_user {
	struct keeper_link *link;
	uint32_t uid;
};

extern const struct sealsock_session_store link_store;

#endif
