// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wish.h"

enum { BACKLOG = 1024 };

static const struct option long_opts[] = {
	{ "alpn", required_argument, NULL, WISH_ALPN },
	{ "client-certificate", required_argument, NULL, WISH_CERT },
	{ "trust", required_argument, NULL, WISH_TRUST },
	{ "profile", required_argument, NULL, WISH_PROFILE },
	{ "deadline", required_argument, NULL, WISH_DEADLINE },
	{ 0 },
};

const struct option *wish_options(const struct option *own)
{
	static struct option all[WISH_OPTIONS];
	unsigned int n = 0;

	while (own->name && n < WISH_OPTIONS - sizeof(long_opts) / sizeof(long_opts[0]))
		all[n++] = *own++;
	memcpy(all + n, long_opts, sizeof(long_opts));
	return all;
}

static bool certificate_mode(const char *text, uint32_t *out)
{
	static const char *const modes[] = { "none", "optional", "required" };
	uint32_t i;

	for (i = 0; i < 3; i++)
		if (!strcmp(text, modes[i])) {
			*out = i;
			return true;
		}
	cli_usage("--client-certificate is none, optional or required");
	return false;
}

bool wish_option(struct sealsock_wish *w, int opt)
{
	long n;

	switch (opt) {
	case WISH_ALPN:
		w->alpn = optarg;
		return true;
	case WISH_CERT:
		return certificate_mode(optarg, &w->client_certificate);
	case WISH_TRUST:
		w->trust = optarg;
		return true;
	case WISH_PROFILE:
		w->profile = optarg;
		return true;
	case WISH_DEADLINE:
		if (!cli_number(optarg, "--deadline", 1, 600000, &n))
			return false;
		w->deadline = (uint32_t)n;
		return true;
	default:
		return false;
	}
}

int wish_complain(const char *what)
{
	switch (errno) {
	case ENOENT:
		cli_error("the kernel has no ULP \"sealsock\"");
		cli_module_advice();
		return CLI_KERNEL;
	case ESRCH:
		cli_error("%s: no helper: is sealsockd running, in this network namespace?", what);
		return CLI_KERNEL;
	case ENOPROTOOPT:
		cli_error("%s: this release of the module has no such option", what);
		return CLI_KERNEL;
	default:
		cli_error("%s: %s", what, strerror(errno));
		return CLI_KERNEL;
	}
}

static int make_socket(const struct sealsock_wish *w, const struct addrinfo *ai)
{
	const int one = 1, zero = 0;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (!bind(fd, ai->ai_addr, ai->ai_addrlen) && (!w || !sealsock_listen_with(fd, w)) &&
	    !listen(fd, BACKLOG))
		return fd;
	close(fd);
	return -1;
}

int wish_listen(const struct sealsock_wish *w, const char *addr, long port)
{
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	const char *const all[] = { addr ? addr : "::", addr ? NULL : "0.0.0.0" };
	struct addrinfo *ai;
	char text[16];
	int fd = -1;

	snprintf(text, sizeof(text), "%ld", port);
	/* The second is for a machine without IPv6. */
	for (int i = 0; i < 2 && all[i] && (!i || errno == EAFNOSUPPORT); i++) {
		if (getaddrinfo(all[i], text, &hints, &ai)) {
			errno = EINVAL;
			return -1;
		}
		fd = make_socket(w, ai);
		freeaddrinfo(ai);
		if (fd >= 0)
			break;
	}
	return fd;
}

int wish_take_over(const struct sealsock_wish *w)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	long n, i;

	if (!pid || !fds || atol(pid) != (long)getpid()) {
		cli_usage("neither a port nor sockets of a service manager (LISTEN_FDS)");
		return -1;
	}
	if (!cli_number(fds, "LISTEN_FDS", 1, WISH_INHERITED, &n))
		return -1;
	for (i = 0; w && i < n; i++)
		if (sealsock_listen_with(WISH_FIRST + (int)i, w)) {
			wish_complain("asking for TLS");
			return -1;
		}
	return (int)n;
}
