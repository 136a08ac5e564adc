// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* server PORT CERT KEY FILE: sends FILE to one TLS client with sendfile(2), then ends. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sealsock.h>

static int accept_one(const char *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((in_port_t)atoi(port)),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int l = socket(AF_INET, SOCK_STREAM, 0), fd = -1;

	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(l, (struct sockaddr *)&sin, sizeof(sin)) || listen(l, 1)) {
		perror(port);
	} else {
		puts("listening");
		fflush(stdout);
		fd = accept(l, NULL, NULL);
		if (fd < 0)
			perror("accept");
	}
	close(l);
	return fd;
}

int main(int argc, char **argv)
{
	struct sealsock_config *cfg;
	struct sealsock_conn *conn;
	char rest[1024];
	int file, fd;

	if (argc != 5)
		return 2;
	cfg = sealsock_config_new(SEALSOCK_SERVER);
	file = open(argv[4], O_RDONLY);
	if (file < 0 || !cfg || sealsock_config_cert_file(cfg, argv[2], argv[3]))
		return fprintf(stderr, "cannot use %s, %s, %s\n", argv[2], argv[3], argv[4]), 2;
	fd = accept_one(argv[1]);
	if (fd < 0)
		return 3;

	conn = sealsock_conn_new(cfg);
	if (!conn) {
		sealsock_config_check(cfg, rest, sizeof(rest));
		return fprintf(stderr, "no connection can be made: %s\n", rest), 2;
	}
	sealsock_conn_set_timeout(conn, 10000);
	if (sealsock_handshake_fd(conn, fd) || sealsock_install(conn, fd, 0)) {
		fprintf(stderr, "%s\n", sealsock_conn_error(conn)->text);
		return sealsock_exit_code(sealsock_conn_error(conn)->code);
	}
	/* The kernel seals the file's pages; they never come into this program. */
	while (sendfile(fd, file, NULL, 1 << 20) > 0)
		;
	shutdown(fd, SHUT_WR);
	while (read(fd, rest, sizeof(rest)) > 0)
		;
	sealsock_conn_free(conn);
	sealsock_config_unref(cfg);
	close(file);
	close(fd);
	return 0;
}
