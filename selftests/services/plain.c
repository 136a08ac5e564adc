// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * plain HOW ADDRESS PORT: a static program that asks a server for / by a plain socket, in one way
 * or another; prints the first line of the answer, or what went wrong.
 *
 * plain without-vm|begun COMMAND…: starts it where process_vm_readv() is not there, or with a
 * connection that is being made.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static struct sockaddr_in to;

static int fails(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return 1;
}

/* One request, and the first line of what is answered. */
static int ask(int fd)
{
	static const char request[] = "GET / HTTP/1.0\r\n\r\n";
	char buf[4096];
	size_t at = 0;
	ssize_t n;

	if (write(fd, request, sizeof(request) - 1) != sizeof(request) - 1)
		return fails("write");
	while (at < sizeof(buf) - 1 && (n = read(fd, buf + at, sizeof(buf) - 1 - at)) > 0)
		at += (size_t)n;
	buf[at] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	close(fd);
	printf("%s\n", buf);
	return !at;
}

static int dial(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&to, sizeof(to)) ? -1 : fd;
}

static int blocking(void)
{
	int fd = dial();

	return fd < 0 ? fails("connect") : ask(fd);
}

static int nonblocking(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), err = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(err);

	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)) || errno != EINPROGRESS)
		return fails("connect was not begun");
	if (poll(&p, 1, 20000) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return fails("poll");
	errno = err;
	if (err)
		return fails("connect");
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)) || errno == EISCONN) {
		fcntl(fd, F_SETFL, 0);
		return ask(fd);
	}
	return fails("connect again");
}

static void *thread(void *arg)
{
	return (void *)(intptr_t)(arg ? blocking() : 0);
}

static int threads(void)
{
	pthread_t t[8];
	void *r;
	int bad = 0;

	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, thread, &to);
	for (int i = 0; i < 8; i++) {
		pthread_join(t[i], &r);
		bad |= r ? 1 : 0;
	}
	return bad;
}

/* The parent is gone before the child begins. */
static int orphan(void)
{
	int wait[2];
	char c;

	if (pipe(wait))
		return fails("pipe");
	if (fork())
		return 0;
	close(wait[1]);
	if (read(wait[0], &c, 1))
		return fails("read");
	return blocking();
}

static int forked(void)
{
	int status, bad = 0;

	for (int i = 0; i < 4; i++)
		if (!fork())
			exit(blocking());
	while (wait(&status) > 0)
		bad |= status;
	return bad ? 1 : 0;
}

static int uring(void)
{
	struct io_uring_params p = { 0 };

	if (syscall(__NR_io_uring_setup, 4, &p) >= 0)
		return printf("there is a ring\n"), 1;
	return fails("io_uring_setup");
}

static int fastopen(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov,
			    .msg_iovlen = 1 };
	struct mmsghdr mm = { .msg_hdr = m };
	int one = 1;

	if (sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to, sizeof(to)) >= 0 ||
	    errno != EOPNOTSUPP || sendmsg(fd, &m, MSG_FASTOPEN) >= 0 || errno != EOPNOTSUPP ||
	    sendmmsg(fd, &mm, 1, MSG_FASTOPEN) >= 0 || errno != EOPNOTSUPP)
		return fails("MSG_FASTOPEN");
	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one));
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return printf("TCP_FASTOPEN_CONNECT\n"), 1;
	return fails("TCP_FASTOPEN_CONNECT");
}

#ifdef __x86_64__
static long int80(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory", "r8",
		     "r9", "r10", "r11");
	return ret;
}

/* The calls of a 32-bit program, and those of x32. */
static int foreign(void)
{
	static struct sockaddr_in low;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	long r;

	low = to;
	r = int80(362, fd, (long)(uintptr_t)&low, sizeof(low));
	if (r != -ENOSYS)
		return printf("connect by int80: %ld\n", r), 1;
	r = int80(102, 1, (long)(uintptr_t)&low, 0);
	if (r != -ENOSYS)
		return printf("socketcall: %ld\n", r), 1;
	if (int80(20 /* getpid */, 0, 0, 0) != getpid())
		return printf("getpid is refused\n"), 1;
	if (!syscall(__NR_connect | 0x40000000, fd, &to, sizeof(to)) || errno != ENOSYS)
		return fails("x32");
	printf("none\n");
	return 0;
}
#endif

static int mptcp(void)
{
	if (socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP) >= 0)
		return printf("there is MPTCP\n"), 1;
	return fails("MPTCP");
}

static int others(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "\0sealsock-test" };
	int a = socket(AF_UNIX, SOCK_STREAM, 0), b = socket(AF_UNIX, SOCK_STREAM, 0);
	int u = socket(AF_INET, SOCK_DGRAM, 0);
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (bind(a, (struct sockaddr *)&un, sizeof(un)) || listen(a, 1) ||
	    connect(b, (struct sockaddr *)&un, sizeof(un)) ||
	    getsockopt(b, SOL_SOCKET, SO_PEERCRED, &cred, &len) || cred.pid != getpid())
		return fails("UNIX");
	if (connect(u, (struct sockaddr *)&to, sizeof(to)))
		return fails("UDP");
	if (!connect(-1, (struct sockaddr *)&to, sizeof(to)) || errno != EBADF ||
	    !connect(0, (struct sockaddr *)&to, sizeof(to)) || errno != ENOTSOCK ||
	    !connect(u, NULL, sizeof(to)) || errno != EFAULT ||
	    !connect(u, (struct sockaddr *)&to, -1) || errno != EINVAL)
		return fails("errors");
	printf("as ever\n");
	return 0;
}

static void nothing(int sig)
{
	(void)sig;
}

/* A handler without SA_RESTART ends a call that waits; and one with it does not. */
static int interrupted(void)
{
	struct sigaction act = { .sa_handler = nothing };
	int fd;

	sigaction(SIGALRM, &act, NULL);
	alarm(1);
	fd = dial();
	if (fd >= 0 || errno != EINTR)
		return fails("connect");
	act.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &act, NULL);
	ualarm(100000, 100000);
	fd = dial();
	ualarm(0, 0);
	return fails("and again");
}

/* Signals all the time. */
static int storm(void)
{
	struct sigaction act = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	int bad = 0;

	sigaction(SIGALRM, &act, NULL);
	ualarm(3000, 3000);
	for (int i = 0; i < 20; i++) {
		int fd = dial();

		if (fd < 0)
			bad = fails("connect");
		close(fd);
	}
	ualarm(0, 0);
	return bad ? 1 : blocking();
}

/* A hundred calls that wait at once, at a listener that takes nobody. */
static int crowd(void)
{
	struct sigaction act = { .sa_handler = nothing };
	int l = socket(AF_INET, SOCK_STREAM, 0), status;
	socklen_t len = sizeof(to);

	to.sin_port = 0;
	if (bind(l, (struct sockaddr *)&to, len) || listen(l, 0) ||
	    getsockname(l, (struct sockaddr *)&to, &len))
		return fails("listen");
	sigaction(SIGALRM, &act, NULL);
	for (int i = 0; i < 100; i++)
		if (!fork()) {
			alarm(3);
			if (dial() < 0 && errno != EINTR)
				fails("connect");
			exit(0);
		}
	while (wait(&status) > 0)
		;
	printf("all wait\n");
	return 0;
}

/* Born with a connection that is being made: the same listener, and a full queue. */
static int begun(char **argv)
{
	int l = socket(AF_INET, SOCK_STREAM, 0), fd = -1;
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(to);

	if (bind(l, (struct sockaddr *)&to, len) || listen(l, 0) ||
	    getsockname(l, (struct sockaddr *)&to, &len))
		return fails("listen");
	for (int i = 0; i < 8 && info.tcpi_state != TCP_SYN_SENT; i++) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fd, (struct sockaddr *)&to, sizeof(to));
		len = sizeof(info);
		getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	}
	if (info.tcpi_state != TCP_SYN_SENT || dup2(fd, 9) < 0)
		return fails("a connection that waits");
	execvp(argv[0], argv);
	return fails(argv[0]);
}

/* As on a kernel without CONFIG_CROSS_MEMORY_ATTACH. */
static int without_vm(char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_process_vm_readv, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		return fails("seccomp");
	execvp(argv[0], argv);
	return fails(argv[0]);
}

static struct sockaddr_in shifting;

static void *shift(void *arg)
{
	const in_addr_t addresses[] = { htonl(INADDR_LOOPBACK), htonl(1) };

	for (unsigned int i = 0; !__atomic_load_n((bool *)arg, __ATOMIC_RELAXED); i++)
		__atomic_store_n(&shifting.sin_addr.s_addr, addresses[i % 2], __ATOMIC_RELAXED);
	return NULL;
}

/*
 * The address changes under the call, between one that may be and 0.0.0.1, which may not: what was
 * looked at is what is connected to, for TCP would call that one invalid.
 */
static int shifted(void)
{
	bool stop = false, bad = false;
	int seen[2] = { 0 };
	pthread_t t;

	shifting = to;
	pthread_create(&t, NULL, shift, &stop);
	for (int i = 0; i < 3000 && !bad && (i < 300 || !seen[0] || !seen[1]); i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		errno = 0;
		if (connect(fd, (struct sockaddr *)&shifting, sizeof(shifting)))
			bad = errno != EACCES && errno != ECONNREFUSED;
		seen[errno == EACCES]++;
		close(fd);
	}
	if (bad)
		fails("connect");
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	if (!bad)
		printf(seen[0] && seen[1] ? "as decided\n" : "always the same\n");
	return bad;
}

/* Twice, as some do to change the backlog. */
static int listens(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&to, sizeof(to)))
		return fails("bind");
	if (listen(fd, 5) || listen(fd, 10))
		return fails("listen");
	printf("listens\n");
	return 0;
}

/* Listens where it was born with. */
static int born(void)
{
	int fd = accept(3, NULL, NULL);

	return fd < 0 ? fails("accept") : ask(fd);
}

static const struct {
	const char *name;
	int (*run)(void);
} ways[] = {
	{ "blocking", blocking }, { "nonblocking", nonblocking }, { "threads", threads },
	{ "orphan", orphan }, { "forked", forked }, { "uring", uring }, { "fastopen", fastopen },
	{ "mptcp", mptcp }, { "others", others }, { "interrupted", interrupted },
	{ "storm", storm }, { "crowd", crowd }, { "shifted", shifted }, { "listens", listens },
	{ "born", born },
#ifdef __x86_64__
	{ "foreign", foreign },
#endif
};

int main(int argc, char **argv)
{
	to.sin_family = AF_INET;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (argc > 3 && !strcmp(argv[1], "without-vm"))
		return without_vm(argv + 2);
	if (argc > 3 && !strcmp(argv[1], "begun"))
		return begun(argv + 2);
	if (argc != 4)
		return 2;
	to.sin_port = htons((uint16_t)atoi(argv[3]));
	if (inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(argv[1], ways[i].name))
			return ways[i].run();
	return 2;
}
