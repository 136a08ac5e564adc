// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * peer PORT silent|close|reset|TEXT: accepts one connection on 127.0.0.1 and misbehaves: says
 * nothing, closes at once, resets after the first bytes, or sends TEXT and closes. Prints
 * "listening" when it does. Ends by itself after half a minute.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void give_up(int sig)
{
	(void)sig;
	_exit(0);
}

static void misbehave(int fd, const char *how)
{
	struct linger lin = { .l_onoff = 1 };
	char buf[4096];

	if (!strcmp(how, "close"))
		return;
	if (!strcmp(how, "silent")) {
		pause();
	} else if (!strcmp(how, "reset")) {
		if (read(fd, buf, sizeof(buf)) >= 0)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &lin, sizeof(lin));
	} else if (write(fd, how, strlen(how)) >= 0) {
		shutdown(fd, SHUT_WR);
		while (read(fd, buf, sizeof(buf)) > 0)
			;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int l = socket(AF_INET, SOCK_STREAM, 0), fd;

	if (argc != 3)
		return 2;
	signal(SIGALRM, give_up);
	alarm(30);
	sin.sin_port = htons((in_port_t)atoi(argv[1]));
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(l, (struct sockaddr *)&sin, sizeof(sin)) || listen(l, 1)) {
		perror("peer");
		return 1;
	}
	puts("listening");
	fflush(stdout);
	fd = accept(l, NULL, NULL);
	if (fd < 0)
		return 1;
	misbehave(fd, argv[2]);
	close(fd);
	return 0;
}
