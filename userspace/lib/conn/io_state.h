/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The part of a connection that belongs to io.c, install.c and control.c alone. */
#ifndef SEALSOCK_CONN_IO_H
#define SEALSOCK_CONN_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sealsock.h"

struct io_state {
	enum sealsock_path path;	/* who seals and opens */
	bool has_deadline;
	int64_t deadline;		/* CLOCK_MONOTONIC, milliseconds */
	bool installed;			/* the kernel has both keys */
	bool spent;			/* the keys were given up without being installed */
	bool eof;			/* the peer's close_notify was read */
	bool shut;			/* our close_notify was sent */
	bool fin;			/* and FIN */
	bool owes_update;		/* the peer asked for our KeyUpdate */
	size_t taken;			/* engine: bytes sealed, whose records are not all sent */
};

#endif
