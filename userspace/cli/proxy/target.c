// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Whom the proxy connects to. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "net.h"
#include "proxy/proxy.h"

static bool find_unix(const char *path, struct target *t)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&t->address[0].at;

	*t = (struct target){ .n = 1 };
	if (!*path || strlen(path) >= sizeof(un->sun_path)) {
		cli_usage("'%s' cannot be the path of a socket", path);
		return false;
	}
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path) + 1);
	t->address[0].len = sizeof(*un);
	return true;
}

static bool is_numeric(const char *host)
{
	unsigned char raw[16];

	return inet_pton(AF_INET, host, raw) == 1 || inet_pton(AF_INET6, host, raw) == 1;
}

bool target_find(const char *text, struct target *t)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct target found = { 0 };
	struct addrinfo *list;
	struct net_peer peer;
	int r;

	if (!strncmp(text, "unix:", 5))
		return find_unix(text + 5, t);
	if (!net_peer_parse(text, NULL, &peer)) {
		cli_usage("'%s' is neither HOST:PORT nor unix:PATH", text);
		return false;
	}
	r = getaddrinfo(peer.host, peer.port, &hints, &list);
	if (r) {
		cli_error("cannot find the address of '%s': %s", text, gai_strerror(r));
		return false;
	}
	for (struct addrinfo *ai = list; ai && found.n < PROXY_ADDRESSES; ai = ai->ai_next) {
		memcpy(&found.address[found.n].at, ai->ai_addr, ai->ai_addrlen);
		found.address[found.n++].len = ai->ai_addrlen;
	}
	freeaddrinfo(list);
	if (!is_numeric(peer.host))
		memcpy(found.name, peer.host, sizeof(peer.host));
	*t = found;
	return true;
}

int target_dial(const struct proxy_options *o, const struct target *t, unsigned int i)
{
	const struct address *a = &t->address[i];
	const char *host = o->host ? o->host : *t->name ? t->name : NULL;
	int fd = socket(a->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -1;
	if (a->at.ss_family != AF_UNIX) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof(int));
	}
	if ((!o->connect || !sealsock_connect_with(fd, host, &o->wish)) &&
	    (!connect(fd, (const struct sockaddr *)&a->at, a->len) || errno == EINPROGRESS))
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}
