// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock run: options and start. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "run/run.h"

static const char help[] =
	"usage: sealsock run [--serve PORT[=NAME]]... [--connect HOST:PORT[=NAME]]... [OPTION]...\n"
	"                    -- PROGRAM [ARGUMENT]...\n"
	"\n"
	"Starts PROGRAM, which makes its own sockets and knows nothing of TLS. Where it listens on\n"
	"PORT, what it accepts speaks TLS; where it connects to HOST:PORT, so does the connection,\n"
	"and the server has proven to be HOST. The helper sealsockd does the handshakes. Nothing is\n"
	"loaded into the program: it may be static.\n"
	"\n"
	"What it does by TCP beyond that is refused, with EACCES and a line here, but on loopback.\n"
	"\n"
	"  -s, --serve PORT[=NAME]   NAME: the helper's credential; without it the helper's default\n"
	"  -C, --connect HOST:PORT[=NAME]   NAME: the credential of a client's certificate\n"
	"      --plain HOST:PORT|PORT|any   may be in the clear\n"
	WISH_HELP
	"  -h, --help                this text\n"
	"\n"
	"Example:\n"
	"  sealsock run --serve 443=web --connect db.example.org:5432 -- /usr/bin/server\n";

enum { OPT_PLAIN = 256 };

static const struct option long_opts[] = {
	{ "serve", required_argument, NULL, 's' },
	{ "connect", required_argument, NULL, 'C' },
	{ "plain", required_argument, NULL, OPT_PLAIN },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool take_option(struct rules *r, int c)
{
	switch (c) {
	case 's':
		return rules_add(r, RULE_SERVE, optarg);
	case 'C':
		return rules_add(r, RULE_CONNECT, optarg);
	case OPT_PLAIN:
		return rules_add(r, RULE_PLAIN, optarg);
	default:
		return wish_option(&r->wish, c);
	}
}

/* Is the module there, before anything is started? */
static bool try_module(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && !sealsock_listen(fd, NULL);

	if (!ok)
		wish_complain("asking for TLS");
	if (fd >= 0)
		close(fd);
	return ok;
}

static int start(struct rules *r, char **argv)
{
	sigset_t all, mask;
	int news[2];
	pid_t pid;

	if (pipe2(news, O_CLOEXEC))
		return wish_complain("starting");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	pid = fork();
	if (!pid) {
		close(news[0]);
		supervise(r, news[1], argv, &mask);
	}
	close(news[1]);
	return pid < 0 ? wish_complain("starting") : front_wait(news[0]);
}

static int run(int argc, char **argv)
{
	const struct option *opts = wish_options(long_opts);
	static struct rules r;
	int c;

	while ((c = cli_option(&verb_run, argc, argv, "+:s:C:h", opts)) != -1)
		if (!take_option(&r, c))
			return CLI_USAGE;
	if (optind == argc)
		return cli_usage("which program?");
	if (!rules_find(&r))
		return CLI_USAGE;
	if (!try_module())
		return CLI_KERNEL;
	if (!inherit_check(&r))
		return CLI_USAGE;
	return start(&r, argv + optind);
}

const struct cli_verb verb_run = {
	.name = "run",
	.summary = "TLS for the sockets that a program without it makes",
	.help = help,
	.run = run,
};
