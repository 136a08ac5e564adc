// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What the program is born with: sockets that listen get TLS as if it had called listen() itself;
 * connections in the clear, and rings, would be a way around.
 */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run.h"

static bool refuse(int fd, const char *what)
{
	cli_error("descriptor %d, which the program would inherit, is %s", fd, what);
	return false;
}

static bool check_listener(struct rules *r, int fd, const struct place *at)
{
	const struct rule *tls;
	char text[NET_ADDR_MAX], what[256];
	const char *why;

	place_format(at, text);
	if (!rules_decide(r, RULE_SERVE, at, &tls, &why)) {
		snprintf(what, sizeof(what), "a socket that listens at %s: %s", text, why);
		return refuse(fd, what);
	}
	if (!tls || !rule_ask(r, tls, fd))
		return true;
	wish_complain(text);
	return false;
}

static bool check_connection(struct rules *r, int fd)
{
	struct sockaddr_storage ss = { 0 };
	char text[NET_ADDR_MAX], what[256];
	const struct rule *tls;
	struct place at;
	const char *why;
	socklen_t len;
	struct tcp_info info = { 0 };
	char ulp[16] = "";

	len = sizeof(info);
	if (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) && info.tcpi_state == TCP_CLOSE)
		return true;		/* not connected */
	len = sizeof(ulp);
	if (!getsockopt(fd, IPPROTO_TCP, TCP_ULP, ulp, &len) && !strcmp(ulp, "sealsock"))
		return true;
	/* Until it is there nobody says whose it will be. */
	len = sizeof(ss);
	if (getpeername(fd, (struct sockaddr *)&ss, &len) || !place_of(&ss, &at))
		return refuse(fd, "a connection in the clear that is being made");
	if (rules_decide(r, RULE_CONNECT, &at, &tls, &why) && !tls)
		return true;
	place_format(&at, text);
	snprintf(what, sizeof(what), "a connection in the clear, with %s", text);
	return refuse(fd, what);
}

static bool check_socket(struct rules *r, int fd)
{
	struct sockaddr_storage ss = { 0 };
	int listens = 0, protocol = 0, domain = 0;
	socklen_t len = sizeof(int), ss_len = sizeof(ss);
	struct place at;

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len))
		return true;
	if (domain == AF_SMC)
		return refuse(fd, "of SMC, which has no TLS");
	if (domain != AF_INET && domain != AF_INET6)
		return true;
	if (protocol == IPPROTO_MPTCP || protocol == PROTO_SMC)
		return refuse(fd, "of MPTCP or SMC, which have no TLS");
	if (protocol != IPPROTO_TCP)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) || !listens)
		return check_connection(r, fd);
	return getsockname(fd, (struct sockaddr *)&ss, &ss_len) || !place_of(&ss, &at) ||
	       check_listener(r, fd, &at);
}

bool inherit_check(struct rules *r)
{
	char path[300], to[64];
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	bool ok = true;
	ssize_t n;

	if (!dir) {
		cli_error("/proc/self/fd: %s", strerror(errno));
		return false;
	}
	while (ok && (e = readdir(dir))) {
		int fd = atoi(e->d_name);

		if (*e->d_name == '.' || fd == dirfd(dir))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%s", e->d_name);
		n = readlink(path, to, sizeof(to) - 1);
		to[n > 0 ? n : 0] = '\0';
		if (!strcmp(to, "anon_inode:[io_uring]"))
			ok = refuse(fd, "a ring of io_uring, which cannot be watched");
		else if (!strncmp(to, "socket:", 7))
			ok = check_socket(r, fd);
	}
	closedir(dir);
	return ok;
}
