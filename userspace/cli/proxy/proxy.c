// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock proxy: options and start. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net.h"
#include "proxy/proxy.h"

enum { MAX_CONNS = 4096 };

static const char help[] =
	"usage: sealsock proxy [--cred NAME] [OPTION]... [[ADDRESS:]PORT] TARGET\n"
	"       sealsock proxy --connect [OPTION]... [[ADDRESS:]PORT] TARGET\n"
	"\n"
	"Joins connections that come with TLS to a TARGET without; with --connect, connections that\n"
	"come without to a TARGET with TLS. The kernel seals and opens, the helper sealsockd does\n"
	"the handshakes, and what is moved never is in this program's memory (splice). Without a\n"
	"port it takes over sockets as systemd hands them on (LISTEN_FDS).\n"
	"\n"
	"TARGET is HOST:PORT or unix:PATH. SIGHUP looks its name up again, SIGTERM ends: no new\n"
	"connections, and those that there are have some time left.\n"
	"\n"
	"  -c, --cred NAME       the helper's credential; without it the helper's default\n"
	"      --connect         TLS to the target\n"
	"      --host NAME       --connect: the name to ask for and to verify; default: the target's\n"
	WISH_HELP
	"      --proxy-header    tells the target first who the peer is, and what TLS knows of it\n"
	"                        (PROXY protocol, version 2)\n"
	"      --max-connections N       default 4096; more wait\n"
	"      --idle-timeout SECONDS    without a byte either way; default 600, 0: never\n"
	"      --connect-timeout SECONDS to the target; default 10\n"
	"      --drain SECONDS   for what there is at SIGTERM; default 30\n"
	"  -v, --verbose         a line for each connection\n"
	"  -h, --help            this text\n"
	"\n"
	"Example:\n"
	"  sealsock proxy --cred web 443 127.0.0.1:80\n";

enum { OPT_CONNECT = 256, OPT_HOST, OPT_HEADER, OPT_MAX, OPT_IDLE, OPT_CONNECT_TIMEOUT, OPT_DRAIN };

static const struct option long_opts[] = {
	{ "cred", required_argument, NULL, 'c' },
	{ "connect", no_argument, NULL, OPT_CONNECT },
	{ "host", required_argument, NULL, OPT_HOST },
	{ "proxy-header", no_argument, NULL, OPT_HEADER },
	{ "max-connections", required_argument, NULL, OPT_MAX },
	{ "idle-timeout", required_argument, NULL, OPT_IDLE },
	{ "connect-timeout", required_argument, NULL, OPT_CONNECT_TIMEOUT },
	{ "drain", required_argument, NULL, OPT_DRAIN },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool seconds(const char *what, long min, int64_t *ms)
{
	long n;

	if (!cli_number(optarg, what, min, 1000000, &n))
		return false;
	*ms = (int64_t)n * 1000;
	return true;
}

static bool take_option(struct proxy_options *o, int c)
{
	switch (c) {
	case 'c':
		o->wish.credential = optarg;
		return true;
	case 'v':
		return o->verbose = true;
	case OPT_CONNECT:
		return o->connect = true;
	case OPT_HOST:
		o->host = optarg;
		return true;
	case OPT_HEADER:
		return o->header = true;
	case OPT_MAX:
		return cli_number(optarg, "--max-connections", 1, 1000000, &o->max_conns);
	case OPT_IDLE:
		return seconds("--idle-timeout", 0, &o->idle_ms);
	case OPT_CONNECT_TIMEOUT:
		return seconds("--connect-timeout", 1, &o->connect_ms);
	case OPT_DRAIN:
		return seconds("--drain", 0, &o->drain_ms);
	default:
		return wish_option(&o->wish, c);
	}
}

static bool open_listener(struct proxy *p, const char *where)
{
	const struct sealsock_wish *w = p->o->connect ? NULL : &p->o->wish;
	bool alone = !strchr(where, ':');
	struct net_peer at = { 0 };
	long port;

	if (!alone && !net_peer_parse(where, NULL, &at)) {
		cli_usage("'%s' is neither PORT nor ADDRESS:PORT", where);
		return false;
	}
	if (!cli_number(alone ? where : at.port, "the port", 1, 65535, &port))
		return false;
	p->listener[0].w.fd = wish_listen(w, alone ? NULL : at.host, port);
	if (p->listener[0].w.fd < 0) {
		wish_complain(where);
		return false;
	}
	p->listeners = 1;
	return true;
}

/* What was ready may have gone by the time it is accepted. */
static void set_nonblocking(const struct proxy *p)
{
	for (unsigned int i = 0; i < p->listeners; i++) {
		int fd = p->listener[i].w.fd;

		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	}
}

static bool take_over(struct proxy *p)
{
	int n = wish_take_over(p->o->connect ? NULL : &p->o->wish);

	if (n > PROXY_LISTENERS) {
		cli_usage("more than %d sockets", PROXY_LISTENERS);
		return false;
	}
	for (int i = 0; i < n; i++)
		p->listener[i].w.fd = WISH_FIRST + i;
	p->listeners = n > 0 ? (unsigned int)n : 0;
	return n > 0;
}

/* Two sockets a connection, and a pipe for each direction at worst. */
static void set_limits(struct proxy_options *o)
{
	enum { EACH = 6, OTHER = 256 };
	struct rlimit rl;
	bool asked = o->max_conns;
	long most;

	if (!asked)
		o->max_conns = MAX_CONNS;
	if (getrlimit(RLIMIT_NOFILE, &rl))
		return;
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	most = rl.rlim_max == RLIM_INFINITY || rl.rlim_max > 1u << 30 ?
	       o->max_conns : ((long)rl.rlim_max - OTHER) / EACH;
	if (most < 1)
		most = 1;
	if (o->max_conns <= most)
		return;
	if (asked)
		cli_error("the limit of open files, %lu, is enough for %ld connections",
			  (unsigned long)rl.rlim_max, most);
	o->max_conns = most;
}

static int run(int argc, char **argv)
{
	const struct option *opts = wish_options(long_opts);
	struct proxy_options o = { .idle_ms = 600000, .connect_ms = 10000, .drain_ms = 30000 };
	static struct proxy p;
	int c;

	while ((c = cli_option(&verb_proxy, argc, argv, "+:c:vh", opts)) != -1)
		if (!take_option(&o, c))
			return CLI_USAGE;
	if (argc - optind < 1 || argc - optind > 2)
		return cli_usage("where to listen, and which target?");
	if (o.host && !o.connect)
		return cli_usage("--host belongs to --connect");
	if (o.wish.client_certificate && o.connect)
		return cli_usage("--client-certificate does not belong to --connect");
	o.target = argv[argc - 1];
	if (o.connect && !strncmp(o.target, "unix:", 5))
		return cli_usage("--connect is for TCP");
	p.o = &o;
	if (!target_find(o.target, &p.target))
		return CLI_USAGE;
	set_limits(&o);
	if (argc - optind == 2 ? !open_listener(&p, argv[optind]) : !take_over(&p))
		return CLI_KERNEL;
	set_nonblocking(&p);
	return proxy_run(&p);
}

const struct cli_verb verb_proxy = {
	.name = "proxy",
	.summary = "TLS in front of a server without it, or of a client",
	.help = help,
	.run = run,
};
