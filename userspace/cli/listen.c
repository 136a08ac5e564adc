// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * sealsock listen: listening sockets for which TLS was asked, for a program that takes them as
 * systemd hands them on (LISTEN_FDS, sd_listen_fds(3)) and knows nothing of TLS.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wish.h"

enum { FIRST = WISH_FIRST, PORTS = 16 };

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
	WISH_HELP
	"      --stdin           the first socket is the program's standard input too (inetd's\n"
	"                        \"wait\" services)\n"
	"  -h, --help            this text\n"
	"\n"
	"Example:\n"
	"  sealsock listen --cred web --port 443 -- /usr/bin/server --from-systemd\n";

/* The sockets of LISTEN_FDS, which stay where they are: how many, or -1. */
static int take_over(const struct wanted *w)
{
	int n = wish_take_over(&w->wish);

	for (int i = 0; i < n; i++)
		fcntl(FIRST + i, F_SETFD, 0);
	return n;
}

/* Makes the sockets in descriptors from 3 on: how many, or -1. */
static int make_all(const struct wanted *w)
{
	int made[PORTS];
	unsigned int i;

	for (i = 0; i < w->n_ports; i++) {
		int fd = wish_listen(&w->wish, w->addr, w->ports[i]);

		if (fd < 0) {
			wish_complain("listening");
			return -1;
		}
		/* Out of the way of the places that are to be filled. */
		made[i] = fcntl(fd, F_DUPFD_CLOEXEC, FIRST + PORTS);
		if (made[i] < 0) {
			wish_complain("listening");
			return -1;
		}
		close(fd);
	}
	for (i = 0; i < w->n_ports; i++)
		if (dup2(made[i], FIRST + (int)i) < 0) {
			wish_complain("listening");
			return -1;
		}
	return (int)w->n_ports;
}

enum { OPT_STDIN = 256 };

static const struct option long_opts[] = {
	{ "cred", required_argument, NULL, 'c' },
	{ "port", required_argument, NULL, 'p' },
	{ "addr", required_argument, NULL, 'a' },
	{ "stdin", no_argument, NULL, OPT_STDIN },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool take_option(struct wanted *w, int c)
{
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
	case OPT_STDIN:
		w->as = 0;
		return true;
	default:
		return wish_option(&w->wish, c);
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
	const struct option *opts = wish_options(long_opts);
	struct wanted w = { .as = -1 };
	int c, n;

	while ((c = cli_option(&verb_listen, argc, argv, "+c:p:a:h", opts)) != -1)
		if (!take_option(&w, c))
			return CLI_USAGE;
	if (optind == argc)
		return cli_usage("which program?");
	n = w.n_ports ? make_all(&w) : take_over(&w);
	if (n < 0)
		return CLI_KERNEL;
	if (w.as >= 0 && dup2(FIRST, (int)w.as) < 0)
		return wish_complain("standard input");
	if (!announce(n))
		return wish_complain("the environment");
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
