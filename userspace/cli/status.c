// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock status: what the helper serves, and what has come of it. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli.h"

static const char help[] =
	"usage: sealsock status [--json | --metrics] [--socket PATH]\n"
	"\n"
	"What the helper sealsockd serves: counts by outcome, the ages of certificates.\n"
	"\n"
	"  -j, --json          in JSON\n"
	"  -m, --metrics       as Prometheus reads it\n"
	"  -s, --socket PATH   where the helper listens; default: /run/sealsock/status\n"
	"  -h, --help          this text\n"
	"\n"
	"Example:\n"
	"  sealsock status --json\n";

static int connect_to(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(sun.sun_path))
		return -1;
	memcpy(sun.sun_path, path, strlen(path));
	if (!connect(fd, (struct sockaddr *)&sun, sizeof(sun)))
		return fd;
	close(fd);
	return -1;
}

static int run(int argc, char **argv)
{
	static const struct option long_opts[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "metrics", no_argument, NULL, 'm' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *path = "/run/sealsock/status", *word = "text\n";
	char text[4096];
	ssize_t n;
	int c, fd, got = 0;

	while ((c = cli_option(&verb_status, argc, argv, "jms:h", long_opts)) != -1) {
		switch (c) {
		case 'j':
			word = "json\n";
			break;
		case 'm':
			word = "metrics\n";
			break;
		case 's':
			path = optarg;
			break;
		default:
			return CLI_USAGE;
		}
	}
	if (optind != argc)
		return cli_usage("no arguments, please");
	fd = connect_to(path);
	if (fd < 0) {
		cli_error("%s: %s: is sealsockd running?", path, strerror(errno));
		return CLI_CONNECT;
	}
	if (send(fd, word, strlen(word), MSG_NOSIGNAL) < 0)
		return CLI_CUT;
	while ((n = read(fd, text, sizeof(text))) > 0) {
		fwrite(text, 1, (size_t)n, stdout);
		got = 1;
	}
	close(fd);
	return got ? CLI_OK : CLI_CUT;
}

const struct cli_verb verb_status = {
	.name = "status",
	.summary = "what the helper sealsockd serves",
	.help = help,
	.run = run,
};
