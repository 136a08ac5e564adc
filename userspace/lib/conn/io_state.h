/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The part of a connection that belongs to io.c, install.c and control.c alone. */
#ifndef SEALSOCK_CONN_IO_H
#define SEALSOCK_CONN_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "sealsock.h"

enum { IO_DIGEST = 32 };

/* What few connections need; allocated when it comes to that. */
struct io_trouble {
	size_t taken;			/* engine: bytes sealed before a WANT_WRITE, or 0 … */
	uint8_t digest[IO_DIGEST];	/* … and SHA-256 of them */
	struct sealsock_failure write;	/* with its code: nothing can be sent any more */
	struct buf ticket;		/* compatible mode: bytes of one that are still to go */
};

struct io_state {
	enum sealsock_path path;	/* who seals and opens */
	bool has_deadline;
	bool of_handshake;		/* the deadline ends with it */
	bool installed;			/* the kernel has both keys */
	bool managed;			/* and the module the whole connection */
	bool messages_taken;		/* managed: it was asked for tickets */
	bool spent;			/* the keys were given up without being installed */
	bool eof;			/* the peer's close_notify was read */
	bool shut;			/* our close_notify was sent */
	bool fin;			/* and FIN */
	bool owes_update;		/* the peer asked for our KeyUpdate */
	int64_t deadline;		/* CLOCK_MONOTONIC, milliseconds */
	struct io_trouble *trouble;	/* or NULL */
};

#endif
