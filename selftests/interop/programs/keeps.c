// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * keeps N: asks for TLS on so many connections, and keeps the locks of their sockets by calls whose
 * memory does not come, until its input ends. Says "keeps" when it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sealsock_ask.h>

static char *page;

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "keeps: %s: %s\n", what, strerror(errno));
	exit(9);
}

static void *keep(void *arg)
{
	struct sock_fprog filter = { .len = 4, .filter = (void *)page };

	setsockopt((int)(intptr_t)arg, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
	return NULL;
}

int main(int argc, char **argv)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct uffdio_api api = { .api = UFFD_API };
	int i, n = argc > 1 ? atoi(argv[1]) : 1, l = socket(AF_INET, SOCK_STREAM, 0), uffd;
	socklen_t len = sizeof(at);
	struct uffd_msg fault;
	pthread_t thread;
	char c;

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	need(uffd >= 0, "userfaultfd");
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range = (struct uffdio_range){ .start = (uintptr_t)page, .len = 4096 };
	need(!ioctl(uffd, UFFDIO_API, &api) && !ioctl(uffd, UFFDIO_REGISTER, &reg), "the page");
	need(!bind(l, (struct sockaddr *)&at, len) && !listen(l, n) &&
	     !getsockname(l, (struct sockaddr *)&at, &len), "the listener");
	for (i = 0; i < n; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		need(!sealsock_connect(fd, "localhost"), "asking for TLS");
		need(connect(fd, (struct sockaddr *)&at, len) && errno == EINPROGRESS, "connect");
		need(!pthread_create(&thread, NULL, keep, (void *)(intptr_t)fd), "a thread");
		need(read(uffd, &fault, sizeof(fault)) == sizeof(fault), "the fault");
	}
	puts("keeps");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		continue;
	_exit(0);
}
