// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * sealsock listen: listening sockets for which TLS was asked, for a program that takes them as
 * systemd hands them on (LISTEN_FDS, sd_listen_fds(3)) and knows nothing of TLS.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli.h"
#include "sealsock_ask.h"

enum { FIRST = 3, PORTS = 16, BACKLOG = 1024 };

struct wanted {
	struct sealsock_wish wish;
	const char *addr;
	long ports[PORTS];
	unsigned int n_ports;
	long as;			/* -1: by LISTEN_FDS only; else a copy with this number */
};

static const char help[] =
	"usage: sealsock listen --cred NAME [--port N]... [OPTION]... -- PROGRAM [ARGUMENT]...\n"
	"\n"
	"Asks for TLS on listening sockets and starts PROGRAM with them, as systemd does: in\n"
	"descriptors from 3 on, with LISTEN_FDS and LISTEN_PID. Without --port it takes over those\n"
	"that it was given itself, so that in a unit with a socket it stands before the program.\n"
	"The helper sealsockd does the handshakes; the program accepts, reads and writes plainly.\n"
	"\n"
	"  -c, --cred NAME       the helper's credential; without it the helper's default\n"
	"  -p, --port N          makes a socket for this port; repeatable\n"
	"  -a, --addr ADDRESS    of those sockets; default: all, IPv6 and IPv4\n"
	"      --alpn LIST       protocols, best first: h2,http/1.1\n"
	"      --client-certificate none|optional|required\n"
	"      --trust NAME      the helper's trust for clients' certificates\n"
	"      --profile NAME    the helper's profile\n"
	"      --deadline MS     for a handshake\n"
	"      --stdin           the first socket is the program's standard input too (inetd's\n"
	"                        \"wait\" services)\n"
	"  -h, --help            this text\n"
	"\n"
	"Example:\n"
	"  sealsock listen --cred web --port 443 -- /usr/bin/server --from-systemd\n";

static int complain(const char *what)
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

/* One socket that listens, with TLS asked for before it does. */
static int make_socket(const struct wanted *w, const struct addrinfo *ai)
{
	const int one = 1, zero = 0;
	int fd = socket(ai->ai_family, SOCK_STREAM, IPPROTO_TCP);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, 26 /* IPV6_V6ONLY */, &zero, sizeof(zero));
	if (!bind(fd, ai->ai_addr, ai->ai_addrlen) && !sealsock_listen_with(fd, &w->wish) &&
	    !listen(fd, BACKLOG))
		return fd;
	close(fd);
	return -1;
}

static int open_port(const struct wanted *w, long port)
{
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	const char *addr = w->addr ? w->addr : "::";
	struct addrinfo *ai;
	char text[16];
	int fd;

	snprintf(text, sizeof(text), "%ld", port);
	if (getaddrinfo(addr, text, &hints, &ai)) {
		errno = EINVAL;
		return -1;
	}
	fd = make_socket(w, ai);
	freeaddrinfo(ai);
	if (fd < 0 && errno == EAFNOSUPPORT && !w->addr) {	/* a machine without IPv6 */
		if (getaddrinfo("0.0.0.0", text, &hints, &ai))
			return -1;
		fd = make_socket(w, ai);
		freeaddrinfo(ai);
	}
	return fd;
}

/* The sockets of LISTEN_FDS, which stay where they are: how many, or -1. */
static int take_over(const struct wanted *w)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	long n, i;

	if (!pid || !fds || atol(pid) != (long)getpid()) {
		cli_usage("neither --port nor sockets of a service manager (LISTEN_FDS)");
		return -1;
	}
	if (!cli_number(fds, "LISTEN_FDS", 1, 1024, &n))
		return -1;
	for (i = 0; i < n; i++) {
		fcntl(FIRST + (int)i, F_SETFD, 0);
		if (sealsock_listen_with(FIRST + (int)i, &w->wish)) {
			complain("asking for TLS");
			return -1;
		}
	}
	return (int)n;
}

/* Makes the sockets in descriptors from 3 on: how many, or -1. */
static int make_all(const struct wanted *w)
{
	int made[PORTS];
	unsigned int i;

	for (i = 0; i < w->n_ports; i++) {
		int fd = open_port(w, w->ports[i]);

		if (fd < 0) {
			complain("listening");
			return -1;
		}
		/* Out of the way of the places that are to be filled. */
		made[i] = fcntl(fd, F_DUPFD_CLOEXEC, FIRST + PORTS);
		if (made[i] < 0) {
			complain("listening");
			return -1;
		}
		close(fd);
	}
	for (i = 0; i < w->n_ports; i++)
		if (dup2(made[i], FIRST + (int)i) < 0) {
			complain("listening");
			return -1;
		}
	return (int)w->n_ports;
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

enum { OPT_ALPN = 256, OPT_CERT, OPT_TRUST, OPT_PROFILE, OPT_DEADLINE, OPT_STDIN };

static const struct option long_opts[] = {
	{ "cred", required_argument, NULL, 'c' },
	{ "port", required_argument, NULL, 'p' },
	{ "addr", required_argument, NULL, 'a' },
	{ "alpn", required_argument, NULL, OPT_ALPN },
	{ "client-certificate", required_argument, NULL, OPT_CERT },
	{ "trust", required_argument, NULL, OPT_TRUST },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "deadline", required_argument, NULL, OPT_DEADLINE },
	{ "stdin", no_argument, NULL, OPT_STDIN },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool take_option(struct wanted *w, int c)
{
	long n;

	switch (c) {
	case 'c':
		w->wish.credential = optarg;
		return true;
	case 'p':
		if (w->n_ports == PORTS) {
			cli_usage("more than %d ports", PORTS);
			return false;
		}
		return cli_number(optarg, "--port", 1, 65535, &w->ports[w->n_ports++]);
	case 'a':
		w->addr = optarg;
		return true;
	case OPT_ALPN:
		w->wish.alpn = optarg;
		return true;
	case OPT_CERT:
		return certificate_mode(optarg, &w->wish.client_certificate);
	case OPT_TRUST:
		w->wish.trust = optarg;
		return true;
	case OPT_PROFILE:
		w->wish.profile = optarg;
		return true;
	case OPT_DEADLINE:
		if (!cli_number(optarg, "--deadline", 1, 600000, &n))
			return false;
		w->wish.deadline = (uint32_t)n;
		return true;
	case OPT_STDIN:
		w->as = 0;
		return true;
	default:
		return false;
	}
}

/* As sd_listen_fds(3) wants it. */
static bool announce(int n)
{
	char pid[24], fds[24];

	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	snprintf(fds, sizeof(fds), "%d", n);
	return !setenv("LISTEN_PID", pid, 1) && !setenv("LISTEN_FDS", fds, 1);
}

static int run(int argc, char **argv)
{
	struct wanted w = { .as = -1 };
	int c, n;

	while ((c = cli_option(&verb_listen, argc, argv, "+c:p:a:h", long_opts)) != -1)
		if (!take_option(&w, c))
			return CLI_USAGE;
	if (optind == argc)
		return cli_usage("which program?");
	n = w.n_ports ? make_all(&w) : take_over(&w);
	if (n < 0)
		return CLI_KERNEL;
	if (w.as >= 0 && dup2(FIRST, (int)w.as) < 0)
		return complain("standard input");
	if (!announce(n))
		return complain("the environment");
	execvp(argv[optind], argv + optind);
	cli_error("%s: %s", argv[optind], strerror(errno));
	return CLI_USAGE;
}

const struct cli_verb verb_listen = {
	.name = "listen",
	.summary = "listening sockets with TLS for a program without it",
	.help = help,
	.run = run,
};
