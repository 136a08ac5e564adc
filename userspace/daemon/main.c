// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsockd: does the handshakes of sockets for which TLS was asked. */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/load.h"
#include "parent/supervisor.h"
#include "sealsock.h"

#define CONF_PATH "/etc/sealsock/sealsockd.conf"

static const char usage[] =
	"usage: sealsockd [--config FILE] [--check]\n"
	"\n"
	"Does the handshakes of sockets for which TLS was asked (sealsock(7)), until SIGTERM.\n"
	"SIGHUP takes a changed configuration into use.\n"
	"\n"
	"  -c, --config FILE   the configuration; default: " CONF_PATH "\n"
	"  -t, --check         says what is wrong with it and the files it names; status 2 if\n"
	"                      anything is\n"
	"  -h, --help          this text\n"
	"  -V, --version       the version\n";

static int check(const char *path)
{
	struct complaints c = { .path = path, .out = stderr };
	struct material m;
	bool good = material_load(path, 1, &m, &c) && material_check_keys(&m, &c);

	if (good)
		printf("%s: %u credentials, nothing is wrong\n", path, m.conf.n_credentials);
	material_free(&m);
	return good ? 0 : 2;
}

/* Descriptors 0 to 2 are there, whoever started us. */
static void fill_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < 3);
	if (fd >= 3)
		close(fd);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' }, { "check", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { 0 },
	};
	static struct supervisor supervisor;
	const char *path = CONF_PATH;
	bool only_check = false;
	int c;

	fill_standard();
	while ((c = getopt_long(argc, argv, "c:thV", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 't':
			only_check = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			printf("sealsockd %s\n", sealsock_version());
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	return only_check ? check(path) : supervisor_run(&supervisor, path);
}
