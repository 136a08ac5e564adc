// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <sealsock_ask.h>

#include "helper_shared.h"

enum { PATIENCE_MS = 60000 };

void helper_die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
	exit(9);
}

long long helper_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

long long helper_ran(long pid, int whose)
{
	char pattern[64];
	long long sum = 0, ns;
	glob_t g;
	FILE *f;

	snprintf(pattern, sizeof(pattern), "/proc/%ld/task/*/schedstat", pid);
	if (glob(pattern, 0, NULL, &g))
		helper_die(pattern, "is not there");
	for (size_t i = 0; i < g.gl_pathc; i++) {
		bool first = strtol(strstr(g.gl_pathv[i], "/task/") + 6, NULL, 10) == pid;

		if (!(whose & (first ? FIRST : OTHERS)))
			continue;
		f = fopen(g.gl_pathv[i], "r");
		if (!f || fscanf(f, "%lld", &ns) != 1)
			helper_die(g.gl_pathv[i], strerror(errno));
		fclose(f);
		sum += ns;
	}
	globfree(&g);
	return sum;
}

struct sealsock_config *helper_config(enum sealsock_side side, const char *cert, const char *key)
{
	struct sealsock_config *cfg = sealsock_config_new(side);
	char why[512];

	if (!cfg)
		helper_die("configuration", "no memory");
	if ((side == SEALSOCK_CLIENT ? sealsock_config_ca_file(cfg, cert) :
				       sealsock_config_cert_file(cfg, cert, key)) ||
	    (side == SEALSOCK_SERVER && sealsock_config_ticket_count(cfg, 1)))
		helper_die("configuration", sealsock_config_error(cfg));
	if (sealsock_config_check(cfg, why, sizeof(why)))
		helper_die("configuration", why);
	return cfg;
}

void helper_client(const struct sockaddr_in *to, struct sealsock_config *cfg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sealsock_conn *conn = sealsock_conn_new(cfg);
	char byte;

	if (!conn || sealsock_conn_set_host(conn, "localhost") ||
	    sealsock_conn_set_timeout(conn, PATIENCE_MS) ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)) ||
	    sealsock_handshake_fd(conn, fd) || sealsock_read(conn, fd, &byte, 1) != 1)
		helper_die("client", conn ? sealsock_conn_error(conn)->text : "no memory");
	sealsock_conn_free(conn);
	close(fd);
}

int helper_listener(bool helped, struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*at = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (bind(fd, (struct sockaddr *)at, len) || getsockname(fd, (struct sockaddr *)at, &len) ||
	    (helped && sealsock_listen(fd, "web")) || listen(fd, 64))
		helper_die("listen", strerror(errno));
	return fd;
}
