/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* One handshake: from the module's queue to release or refusal. */
#ifndef SEALSOCKD_HANDSHAKE_H
#define SEALSOCKD_HANDSHAKE_H

#include "worker/worker.h"

enum handshake_state {
	HANDSHAKE_CGROUP,		/* the parent is asked who it is */
	HANDSHAKE_SHAKING,
	HANDSHAKE_TICKETS,		/* released; a client's sessions are waited for */
	HANDSHAKE_OVER,			/* to be freed */
};

struct handshake {
	struct worker *worker;
	struct handshake *older, *newer;
	enum handshake_state state;
	uint32_t id;			/* of what keeper and parent are asked */
	int channel;
	bool watched;			/* the channel, for: */
	uint32_t events;
	bool asked;			/* the keeper owes an answer */
	int64_t until;			/* milliseconds */
	struct sealsock_conn *conn;
	struct sealsock_due due;
};

/* Begins with what the module gave: takes the channel. */
void handshake_begin(struct worker *w, const struct sealsock_due *due, int channel);

/* Goes on: the channel is ready; an answer came; time has passed. */
void handshake_ready(struct handshake *h, uint32_t events);
void handshake_answered(struct handshake *h, const struct ipc_message *m);
void handshake_expired(struct handshake *h);

/* Refuses at once. */
void handshake_refuse(struct worker *w, const struct sealsock_due *due, int channel, int err,
		      const char *why);

void handshake_free(struct handshake *h);

#endif
