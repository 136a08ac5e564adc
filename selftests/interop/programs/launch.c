// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * launch client PORT CA VERSIONS COMMAND…: connects to localhost, shakes hands, hands the
 *	connection to the module and becomes the command, with the socket as standard input and
 *	output, as inetd has it.
 * launch server PORT CERT KEY VERSIONS COMMAND…: accepts one connection, likewise.
 *
 * What the command is knows nothing of TLS; the library is gone with the process's memory. In
 * TLS 1.3 the module takes a new key for every LAUNCH_RECORDS of the environment.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sealsock.h>

#include "../../../kmod/uapi/sealsock.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

enum { PATIENCE_MS = 60000 };

static void die(const char *what, const char *why)
{
	fprintf(stderr, "launch: %s: %s\n", what, why);
	exit(9);
}

static struct sockaddr_in local(const char *port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int dial(const char *port)
{
	struct sockaddr_in to = local(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		perror("launch: connect");
		exit(9);
	}
	return fd;
}

static int take_one(const char *port)
{
	struct sockaddr_in at = local(port);
	int fd, listener = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(listener, 1))
		fd = -1;
	else
		fd = accept(listener, NULL, NULL);
	if (fd < 0) {
		perror("launch: listen");
		exit(9);
	}
	close(listener);
	return fd;
}

static struct sealsock_config *configure(bool server, char **args)
{
	struct sealsock_config *cfg = sealsock_config_new(server ? SEALSOCK_SERVER :
								   SEALSOCK_CLIENT);
	int err;

	if (!cfg)
		die("configuration", "out of memory");
	err = server ? sealsock_config_cert_file(cfg, args[0], args[1]) :
		       sealsock_config_ca_file(cfg, args[0]);
	if (!err)
		err = sealsock_config_versions(cfg, args[server ? 2 : 1]);
	if (err)
		die("configuration", sealsock_config_error(cfg));
	return cfg;
}

static void limit_keys(int fd)
{
	const char *records = getenv("LAUNCH_RECORDS");
	struct sealsock_key_update req = { .flags = SEALSOCK_UPDATE_LIMITS };

	if (!records)
		return;
	req.after_records = strtoull(records, NULL, 10);
	/* TLS 1.2 has no other key. */
	if (setsockopt(fd, SOL_TLS, SEALSOCK_KEY_UPDATE, &req, sizeof(req)) && errno != EINVAL)
		die("keys", "no limit");
}

int main(int argc, char **argv)
{
	bool server = argc > 1 && !strcmp(argv[1], "server");
	int fd, command = server ? 6 : 5;
	struct sealsock_config *cfg;
	struct sealsock_conn *conn;
	struct sealsock_info info;

	if (argc <= command)
		die("usage", "launch {client PORT CA | server PORT CERT KEY} VERSIONS COMMAND…");
	cfg = configure(server, argv + 3);
	conn = sealsock_conn_new(cfg);
	fd = server ? take_one(argv[2]) : dial(argv[2]);
	if (!conn || (!server && sealsock_conn_set_host(conn, "localhost")))
		die("connection", "out of memory");
	sealsock_conn_set_timeout(conn, PATIENCE_MS);
	if (sealsock_handshake_fd(conn, fd) || sealsock_install(conn, fd, 0))
		die("handshake", sealsock_conn_error(conn)->text);
	sealsock_conn_info(conn, &info);
	if (!info.managed)
		die("install", "the socket is not managed");
	limit_keys(fd);
	sealsock_conn_free(conn);
	sealsock_config_unref(cfg);

	if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
		die("dup2", "failed");
	if (fd > 2)
		close(fd);
	execvp(argv[command], argv + command);
	perror(argv[command]);
	return 9;
}
