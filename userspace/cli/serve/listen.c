// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The sockets that the file server listens on: every address of --addr, with TLS and without. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "serve/serve.h"

enum { TRIES = 16 };		/* to find a port that is free on all of them */

/* The next address of the list, which moves on; false at its end. */
static bool next_address(const char **list, char out[NET_HOST_MAX])
{
	size_t n;

	if (!*list)
		return false;
	n = strcspn(*list, ",");
	snprintf(out, NET_HOST_MAX, "%.*s", (int)n, *list);
	*list = (*list)[n] ? *list + n + 1 : NULL;
	return true;
}

static void close_from(struct server *srv, unsigned int first)
{
	while (srv->listeners > first)
		close(srv->listener[--srv->listeners].fd);
}

/* A machine without IPv6, or without IPv4, still has the other one. */
static bool may_be_missing(const struct serve_options *o, const char *why)
{
	return !o->addr && (!strcmp(why, strerror(EADDRNOTAVAIL)) ||
			    !strcmp(why, strerror(EAFNOSUPPORT)));
}

/* All addresses, with one port that becomes *@port. 0, or EADDRINUSE, or -1 after a message. */
static int try_all(struct server *srv, bool tls, unsigned int *port, bool last_try)
{
	const char *list = srv->o->addr ? srv->o->addr : SERVE_ADDRS, *why = "no address";
	const bool several = strchr(list, ',');
	unsigned int first = srv->listeners, wish = *port;
	char addr[NET_HOST_MAX];

	while (next_address(&list, addr)) {
		struct listener *l = &srv->listener[srv->listeners];
		int fd = -1;

		if (srv->listeners == SERVE_LISTENERS)
			why = "too many addresses";
		else
			fd = net_listen(addr, port, several, &why);
		if (fd >= 0) {
			*l = (struct listener){ .fd = fd, .tls = tls, .armed = true };
			snprintf(l->addr, sizeof(l->addr), "%s", addr);
			srv->listeners++;
		} else if (!may_be_missing(srv->o, why)) {
			close_from(srv, first);
			if (!wish && !last_try && !strcmp(why, strerror(EADDRINUSE)))
				return EADDRINUSE;
			cli_error("cannot listen on '%s' port %u: %s", addr, *port, why);
			return -1;
		}
	}
	if (srv->listeners > first)
		return 0;
	cli_error("cannot listen on %s: %s", SERVE_ADDRS, why);
	return -1;
}

bool serve_listen(struct server *srv, bool tls, unsigned int wish)
{
	unsigned int first = srv->listeners, port;
	int r = EADDRINUSE;

	for (int i = 1; r == EADDRINUSE; i++) {
		port = wish;
		r = try_all(srv, tls, &port, i == TRIES);
	}
	for (unsigned int i = first; !r && i < srv->listeners; i++) {
		const char *addr = srv->listener[i].addr;
		const char *left = strchr(addr, ':') ? "[" : "", *right = *left ? "]" : "";

		if (i > first)
			fputs("and at ", stdout);
		else if (tls)
			printf("serving %s at ", srv->o->dir);
		else
			fputs("and, without TLS, at ", stdout);
		printf("http%s://%s%s%s:%u/\n", tls ? "s" : "", left, addr, right, port);
	}
	return !r;
}

void serve_listen_end(struct server *srv)
{
	close_from(srv, 0);
}
