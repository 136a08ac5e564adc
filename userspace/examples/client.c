// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* client HOST PORT CA-FILE: asks an HTTPS server for / and prints what it answers. */
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sealsock.h>

static int dial(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	int fd = -1;

	if (getaddrinfo(host, port, &hints, &list))
		return -1;
	for (struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next) {
		fd = socket(ai->ai_family, SOCK_STREAM, 0);
		if (fd >= 0 && connect(fd, ai->ai_addr, ai->ai_addrlen)) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

int main(int argc, char **argv)
{
	struct sealsock_config *cfg;
	struct sealsock_conn *conn;
	char buf[16384];
	ssize_t n;
	int fd;

	if (argc != 4)
		return 2;
	fd = dial(argv[1], argv[2]);
	if (fd < 0)
		return perror(argv[1]), 3;

	cfg = sealsock_config_new(SEALSOCK_CLIENT);
	if (!cfg || sealsock_config_ca_file(cfg, argv[3]))
		return fprintf(stderr, "cannot use %s\n", argv[3]), 2;
	conn = sealsock_conn_new(cfg);
	if (!conn) {
		sealsock_config_check(cfg, buf, sizeof(buf));
		return fprintf(stderr, "no connection can be made: %s\n", buf), 2;
	}

	if (sealsock_conn_set_host(conn, argv[1]))
		return fprintf(stderr, "%s is not a host's name\n", argv[1]), 2;

	if (sealsock_handshake_fd(conn, fd) || sealsock_install(conn, fd, 0)) {
		fprintf(stderr, "%s\n", sealsock_conn_error(conn)->text);
		return sealsock_exit_code(sealsock_conn_error(conn)->code);
	}
	/* From here on the kernel seals: this is a plain socket. */
	dprintf(fd, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", argv[1]);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	if (n < 0)
		perror(argv[1]);	/* ENOLINK: cut, which is not an answer's end */

	sealsock_conn_free(conn);
	sealsock_config_unref(cfg);
	close(fd);
	return n < 0 ? 4 : 0;
}
