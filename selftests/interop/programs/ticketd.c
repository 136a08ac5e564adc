// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ticketd PORT CERT KEY {engine|compatible|managed}: a server whose clients come back. It answers
 * each line of a connection: "ticket" with a NewSessionTicket, and with how sending it went; any
 * other with whether the connection is resumed. One connection after the other, until it is killed.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sealsock.h>

enum { PATIENCE_MS = 60000 };

static void die(const char *what)
{
	fprintf(stderr, "ticketd: %s\n", what);
	exit(9);
}

static int listen_at(const char *port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 4))
		die("no port");
	return fd;
}

static int hand_over(struct sealsock_conn *conn, int fd, const char *path)
{
	struct sealsock_info info;
	int err;

	if (!strcmp(path, "engine"))
		return 0;
	err = sealsock_install(conn, fd, !strcmp(path, "managed") ? 0 :
			       SEALSOCK_INSTALL_COMPATIBLE);
	sealsock_conn_info(conn, &info);
	if (!err && info.managed != !strcmp(path, "managed"))
		die("another path than was asked for");
	return err;
}

static bool answer(struct sealsock_conn *conn, int fd, const char *line)
{
	struct sealsock_info info;
	char text[100];
	int n;

	sealsock_conn_info(conn, &info);
	if (!strncmp(line, "ticket\n", 7))
		n = snprintf(text, sizeof(text), "ticket %d\n", sealsock_send_ticket(conn, fd));
	else
		n = snprintf(text, sizeof(text), "resumed %d\n", info.resumed);
	return sealsock_write(conn, fd, text, n) == n;
}

static void serve(struct sealsock_conn *conn, int fd, const char *path)
{
	char line[100];
	ssize_t n;

	sealsock_conn_set_timeout(conn, PATIENCE_MS);
	if (sealsock_handshake_fd(conn, fd) || hand_over(conn, fd, path)) {
		fprintf(stderr, "ticketd: %s\n", sealsock_conn_error(conn)->text);
		return;
	}
	sealsock_conn_set_timeout(conn, PATIENCE_MS);
	do {
		n = sealsock_read(conn, fd, line, sizeof(line) - 1);
		line[n > 0 ? n : 0] = '\0';
	} while (n > 0 && answer(conn, fd, line));
	if (n < 0)
		fprintf(stderr, "ticketd: %s\n", sealsock_conn_error(conn)->text);
	if (sealsock_shutdown(conn, fd))
		fprintf(stderr, "ticketd: it has not ended as it should\n");
}

int main(int argc, char **argv)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_SERVER);
	struct sealsock_conn *conn;
	int listener, fd;

	if (argc != 5)
		die("usage: ticketd PORT CERT KEY {engine|compatible|managed}");
	if (!cfg || sealsock_config_cert_file(cfg, argv[2], argv[3]) ||
	    sealsock_config_ticket_count(cfg, 1))
		die("configuration");
	listener = listen_at(argv[1]);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		conn = sealsock_conn_new(cfg);
		if (!conn)
			die("out of memory");
		serve(conn, fd, argv[4]);
		sealsock_conn_free(conn);
		close(fd);
	}
	return 9;
}
