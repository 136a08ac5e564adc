/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* TCP: names to sockets. Messages are printed here, where it is known what was tried. */
#ifndef SEALSOCK_CLI_NET_H
#define SEALSOCK_CLI_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum { NET_HOST_MAX = 256, NET_PORT_MAX = 8, NET_ADDR_MAX = 72 };

struct net_peer {
	char host[NET_HOST_MAX];	/* without the brackets of an IPv6 address */
	char port[NET_PORT_MAX];
};

/* "host:port", "[2001:db8::1]:port", or without port where @default_port is given. */
bool net_peer_parse(const char *text, const char *default_port, struct net_peer *out);

struct url {
	struct net_peer peer;
	char path[2049];	/* with the query; never empty */
	char authority[NET_HOST_MAX + NET_PORT_MAX + 4];	/* for the Host field */
	bool tls;		/* https, not http */
};

/* NULL, or what is wrong with @text. User names, control characters and blanks are refused. */
const char *url_parse(const char *text, struct url *out);

/*
 * A connected, blocking TCP socket, all addresses of the name tried in turn within @timeout_ms
 * altogether. -1 after a message that says what failed, where.
 */
int net_connect(const struct net_peer *peer, int timeout_ms);

/*
 * A listening, non-blocking socket; *port: in, the wish (0: any), out, what it became. @alone: "::"
 * is IPv6 only, since IPv4 has a socket of its own. -1, and *why, a static text.
 */
int net_listen(const char *addr, unsigned int *port, bool alone, const char **why);

/* "192.0.2.1:80" or "[2001:db8::1]:80". */
void net_addr_format(const struct sockaddr_storage *ss, char out[NET_ADDR_MAX]);

/* Waits for @events on @fd: 1 ready, 0 time-out, -1 error. @timeout_ms -1: for ever. */
int net_wait(int fd, short events, int timeout_ms);

#endif
