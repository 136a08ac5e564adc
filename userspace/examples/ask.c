// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ask HOST [PORT [ADDRESS]]: asks a server for / and prints what it answers. The program has no TLS
 * library: it says whom it wants to talk to, and sealsockd and the module do the rest.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sealsock_ask.h>

/* A connection to @host, which it has proven to be; -1 with errno. @why: the helper's words. */
static int dial(const char *host, const char *port, const char *address, char *why, size_t room)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *to;
	int fd, err = EHOSTUNREACH;

	if (getaddrinfo(address, port, &hints, &to))
		to = NULL;
	for (struct addrinfo *a = to; a; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM, 0);
		if (!sealsock_connect(fd, host) && !connect(fd, a->ai_addr, a->ai_addrlen)) {
			freeaddrinfo(to);
			return fd;
		}
		err = errno;
		if (fd >= 0 && sealsock_cause(fd, why, room))
			*why = '\0';
		close(fd);
	}
	if (to)
		freeaddrinfo(to);
	errno = err;
	return -1;
}

int main(int argc, char **argv)
{
	char buf[16384], why[256] = "";
	ssize_t n;
	int fd;

	if (argc < 2)
		return fprintf(stderr, "ask HOST [PORT [ADDRESS]]\n"), 2;
	fd = dial(argv[1], argc > 2 ? argv[2] : "443", argc > 3 ? argv[3] : argv[1], why,
		  sizeof(why));
	if (fd < 0)
		return fprintf(stderr, "%s: %s%s%s\n", argv[1], strerror(errno), *why ? ": " : "",
			       why), 3;
	n = snprintf(buf, sizeof(buf), "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", argv[1]);
	if (write(fd, buf, n) != n)
		return perror(argv[1]), 4;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, n, stdout);
	if (n < 0)			/* ENOLINK: cut, which is not an answer's end */
		return perror(argv[1]), 4;
	return close(fd);
}
