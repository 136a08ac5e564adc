/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a program can ask about its connection: SEALSOCK_FACTS, SEALSOCK_CAUSE. */
#ifndef SEALSOCKD_FACTS_H
#define SEALSOCKD_FACTS_H

#include "sealsock.h"
#include "worker/device.h"

/* Writes the facts of a connection that is done: their size. What has no room is left out. */
size_t facts_write(const struct sealsock_conn *conn, const char *host, const char *credential,
		   uint8_t *out, size_t room);

/* Why one failed. */
void facts_cause(const struct sealsock_failure *f, struct sealsock_cause *cause);

#endif
