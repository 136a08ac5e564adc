/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room proxy/: connections of one side are joined to connections of its own, one of the two
 * with TLS. What arrives is moved by splice(2): it never is in this program's memory. It sees the
 * hall.
 *
 * proxy.c has the options and the start, loop.c the loop, conn.c the life of a connection, pipe.c
 * what moves, target.c whom to connect to, header.c what the target is told of the peer.
 */
#ifndef SEALSOCK_CLI_PROXY_H
#define SEALSOCK_CLI_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "wish.h"

enum {
	PROXY_LISTENERS = 64,
	PROXY_ADDRESSES = 16,	/* of the target */
	PROXY_HEADER_MAX = 4096,
};

struct proxy_options {
	struct sealsock_wish wish;
	bool connect;		/* plain in, TLS out; else TLS in, plain out */
	bool header;		/* PROXY protocol, version 2 */
	bool verbose;		/* a line for each connection */
	const char *target;
	const char *host;	/* connect: the name to ask for and to verify; NULL: the target's */
	long max_conns;
	int64_t idle_ms;	/* 0: never */
	int64_t connect_ms;
	int64_t drain_ms;	/* for connections that there are when it is told to end */
};

/* target.c */
struct address {
	socklen_t len;
	struct sockaddr_storage at;
};

struct target {
	unsigned int n;
	struct address address[PROXY_ADDRESSES];
	char name[256];		/* "" where the target is no name */
};

/* Finds @text's addresses: "HOST:PORT" or "unix:PATH". False after a message; *t is as it was. */
bool target_find(const char *text, struct target *t);
/* A socket whose connect() has begun, or has happened; -1 with errno. */
int target_dial(const struct proxy_options *o, const struct target *t, unsigned int i);

/* pipe.c */
struct pipe {
	struct pipe *next;
	int in, out;
	size_t held;		/* bytes */
};

/* Pipes that nothing is in, for whoever moves something next. */
struct pipes {
	struct pipe *spare;
	unsigned int n;
};

enum watched { WATCH_LISTENER, WATCH_SIGNALS, WATCH_SIDE };

/* What epoll gives back. */
struct watch {
	enum watched what;
	int fd;
};

struct side {
	struct watch w;
	struct conn *c;
	bool readable, writable;	/* until a call says otherwise */
};

/* One direction of a connection. */
struct flow {
	struct side *from, *to;
	struct pipe *pipe;	/* NULL: nothing is on its way */
	bool ended;		/* end of file was read */
	bool told;		/* and passed on */
	uint64_t bytes;
};

enum flow_result {
	FLOW_WAITS,
	FLOW_AGAIN,		/* has had its share, and could go on */
	FLOW_BROKEN,		/* errno */
};

enum flow_result flow_run(struct pipes *pipes, struct flow *f);
/* Closes what is in it. */
void flow_drop(struct flow *f);
void pipes_end(struct pipes *pipes);

/* conn.c */
enum conn_state { CONN_DIALS, CONN_OPEN, CONN_GONE };

struct conn {
	struct conn *prev, *next;	/* the least active first */
	struct conn *again;		/* in proxy.again, if @queued */
	bool queued;
	enum conn_state state;
	struct side side[2];		/* 0: accepted, 1: the target's */
	struct flow flow[2];		/* 0: from side 0, 1: from side 1 */
	unsigned int address;		/* of the target, that is tried */
	int64_t active;
	struct sockaddr_storage peer;
};

struct listener {
	struct watch w;
	bool armed;
};

struct proxy {
	const struct proxy_options *o;
	struct target target;
	struct pipes pipes;
	struct listener listener[PROXY_LISTENERS];
	unsigned int listeners;
	struct watch signals;
	int epoll;
	unsigned int told_to_end;
	bool full;			/* the target's queue: some are to dial again */
	long conns;
	struct conn *first, *last;
	struct conn *again;		/* have more to do */
	struct conn *gone;		/* to be freed, when nobody looks at them any more */
	int64_t lines_since;
	unsigned int lines, lines_left_out;
};

/* Takes @fd, from @peer. */
void conn_begin(struct proxy *p, int fd, const struct sockaddr_storage *peer);
void conn_event(struct proxy *p, struct side *s, uint32_t events);
void conn_run(struct proxy *p, struct conn *c);
/* Both peers see a connection that was broken off, not one that has ended. */
void conn_abort(struct proxy *p, struct conn *c, const char *why);
void conn_expire(struct proxy *p, int64_t now);
void conn_dial_again(struct proxy *p);
void conn_free_gone(struct proxy *p);
/* A line on standard error, of which there are so many a second. */
void proxy_say(struct proxy *p, const struct conn *c, const char *what, const char *why);

/* loop.c */
int proxy_run(struct proxy *p);

/* header.c: what is sent before anything else; 0: @room is too small. @tls: @fd has facts. */
size_t proxy_header(int fd, bool tls, const struct sockaddr_storage *peer, uint8_t *out,
		    size_t room);

#endif
