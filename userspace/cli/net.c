// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "net.h"

enum { ADDRESSES = 16 };	/* of one name that are tried */

int net_wait(int fd, short events, int timeout_ms)
{
	int64_t end = cli_now_ms() + timeout_ms;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t left = timeout_ms < 0 ? -1 : end - cli_now_ms();
		int r = poll(&p, 1, left < 0 ? (timeout_ms < 0 ? -1 : 0) : (int)left);

		if (r >= 0)
			return r;
		if (errno != EINTR)
			return -1;
	}
}

void net_addr_format(const struct sockaddr_storage *ss, char out[NET_ADDR_MAX])
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)ss;
	char text[INET6_ADDRSTRLEN] = "?";

	if (ss->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
		snprintf(out, NET_ADDR_MAX, "[%s]:%u", text, ntohs(v6->sin6_port));
	} else {
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
		snprintf(out, NET_ADDR_MAX, "%s:%u", text, ntohs(v4->sin_port));
	}
}

/* 0, or an errno. */
static int connect_one(int fd, const struct addrinfo *ai, int timeout_ms)
{
	socklen_t len = sizeof(int);
	int err = 0, r;

	if (!connect(fd, ai->ai_addr, ai->ai_addrlen))
		return 0;
	if (errno != EINPROGRESS && errno != EINTR)
		return errno;
	r = net_wait(fd, POLLOUT, timeout_ms);
	if (r < 0)
		return errno;
	if (!r)
		return ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return errno;
	return err;
}

/* A socket connected to @ai, or -1 with errno set. */
static int dial(const struct addrinfo *ai, int64_t left)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = ETIMEDOUT;

	if (fd < 0)
		return -1;
	if (left > 0)
		err = connect_one(fd, ai, (int)left);
	if (err) {
		close(fd);
		errno = err;
		return -1;
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	return fd;
}

/* Addresses that fail are told of only where none works. */
static int connect_any(const struct net_peer *peer, const struct addrinfo *list, int timeout_ms)
{
	int64_t end = cli_now_ms() + timeout_ms;
	int errors[ADDRESSES], fd;
	unsigned int n = 0;

	for (const struct addrinfo *ai = list; ai && n < ADDRESSES; ai = ai->ai_next) {
		fd = dial(ai, end - cli_now_ms());
		if (fd >= 0)
			return fd;
		errors[n++] = errno;
	}
	for (unsigned int i = 0; i < n; i++, list = list->ai_next) {
		struct sockaddr_storage ss = { 0 };
		char where[NET_ADDR_MAX];

		memcpy(&ss, list->ai_addr, list->ai_addrlen);
		net_addr_format(&ss, where);
		cli_error("cannot connect to %s (%s): %s", peer->host, where, strerror(errors[i]));
	}
	return -1;
}

int net_connect(const struct net_peer *peer, int timeout_ms)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list;
	int r, fd;

	r = getaddrinfo(peer->host, peer->port, &hints, &list);
	if (r == EAI_NONAME || r == EAI_ADDRFAMILY) {
		/* A machine with loopback only has no address "configured" as that flag sees it. */
		hints.ai_flags = 0;
		r = getaddrinfo(peer->host, peer->port, &hints, &list);
	}
	if (r) {
		cli_error("cannot find the address of '%s': %s; check the name, or the resolver",
			  peer->host, gai_strerror(r));
		return -1;
	}
	fd = connect_any(peer, list, timeout_ms);
	freeaddrinfo(list);
	return fd;
}

/* 0, or an errno; *port becomes what it is. */
static int listen_on(int fd, const struct addrinfo *ai, bool alone, unsigned int *port)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ alone }, sizeof(int));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, SOMAXCONN) ||
	    getsockname(fd, (struct sockaddr *)&ss, &len))
		return errno;
	*port = ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port :
						 ((struct sockaddr_in *)&ss)->sin_port);
	return 0;
}

int net_listen(const char *addr, unsigned int *port, bool alone, const char **why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *ai;
	char service[8];
	int fd, err;

	snprintf(service, sizeof(service), "%u", *port);
	if (!*addr || getaddrinfo(addr, service, &hints, &ai)) {
		*why = "it is not a numeric address";
		return -1;
	}
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	err = fd < 0 ? errno : listen_on(fd, ai, alone, port);
	freeaddrinfo(ai);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	*why = strerror(err);
	return -1;
}
