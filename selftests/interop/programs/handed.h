/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A connection that sealsock_install() has handed over, and a peer, our own engine, that can be
 * made to send what no library would.
 */
#ifndef SEALSOCK_INTEROP_HANDED_H
#define SEALSOCK_INTEROP_HANDED_H

#include "conn/conn.h"
#include "memory.h"

enum { WAIT_MS = 20000, LINES = 16 };

/* A NewSessionTicket (RFC 8446 4.6.1): lifetime, age_add, nonce, ticket, no extensions. */
#define TICKET "\x04\0\0\x16\0\0\x0e\x10\x11\x22\x33\x44\1\0\0\x08\x18ickets!\0\0"
#define TICKET_LEN (sizeof(TICKET) - 1)

struct side {
	struct sealsock_conn *conn;
	int fd, err;
	bool install;
};

extern struct side handed, peer;		/* the one that is handed over, and its peer */
extern unsigned int handed_flags;	/* of sealsock_install() */
extern bool handed_stays;	/* with the engine: it is not handed over after all */
extern unsigned int client_limit;	/* record_size_limit of the client; 0: none */

/* The client's key log, as no search of memory finds it. */
extern struct hidden lines[LINES];
extern unsigned int line_count;

/* @role: of the side that is handed over; @both: the peer too. False: note() says why. */
bool open_pair(enum sealsock_side role, const char *versions, bool both);
void close_pair(void);

/* The peer sends a record of any type and content; and takes its next key for what follows. */
void peer_record(uint8_t type, const char *p, size_t n);
void peer_next_key(void);

/* The peer reads all of this; and writes it. */
bool peer_reads(const char *text);
bool peer_says(const char *text);

#endif
