// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The second process: parent of the program, and of whatever the program leaves behind, so that it
 * may take their sockets. It stays as long as there is anything under the filter.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/run.h"

enum { TICK_MS = 50 };

#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1ul
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif

/* One descriptor from one process to another. */
static bool send_fd(int over, int fd)
{
	char room[CMSG_SPACE(sizeof(int))] = "", byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room,
			    .msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(over, &m, MSG_NOSIGNAL) == 1;
}

static int take_fd(int over)
{
	char room[CMSG_SPACE(sizeof(int))] = "", byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room,
			    .msg_controllen = sizeof(room) };
	struct cmsghdr *c;
	int fd;

	if (recvmsg(over, &m, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* The third process, which becomes the program once the supervisor is ready. */
static void become(char **argv, int over, const sigset_t *mask)
{
	int listener;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	listener = filter_install();
	if (listener < 0) {
		cli_error("the filter cannot be installed: %s%s", strerror(errno),
			  errno == EBUSY ? ": another supervisor is there already" : "");
		_exit(CLI_KERNEL);
	}
	if (!send_fd(over, listener) || read(over, &byte, 1) != 1)
		_exit(CLI_KERNEL);
	close(listener);
	close(over);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	cli_error("%s: %s", argv[0], strerror(errno));
	_exit(CLI_USAGE);
}

/* The program, that is only let go when everything is ready. */
static pid_t start(struct supervisor *s, char **argv, int news, const sigset_t *mask)
{
	struct message m = { .news = NEWS_STARTED };
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	pid = fork();
	if (!pid) {
		close(pair[0]);
		close(news);
		become(argv, pair[1], mask);
	}
	close(pair[1]);
	if (pid < 0)
		return -1;
	m.value = pid;
	s->listener = take_fd(pair[0]);
	ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	if (write(news, &m, sizeof(m)) == sizeof(m) && s->listener >= 0 &&
	    write(pair[0], "", 1) != 1)
		kill(pid, SIGKILL);
	close(pair[0]);
	return pid;
}

/* False: the program has ended, and that was said. */
static bool reap(pid_t program, int news)
{
	bool there = true;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		struct message m = {
			.news = WIFSTOPPED(status) ? NEWS_STOPPED : NEWS_ENDED, .value = status,
		};

		if (pid != program)
			continue;
		if (m.news == NEWS_ENDED)
			there = false;
		/* Whoever does not read it any more has gone: that is seen elsewhere. */
		if (write(news, &m, sizeof(m)) < 0 && !there)
			break;
	}
	return there;
}

static bool get_request(struct supervisor *s)
{
	static union {
		struct seccomp_notif req;
		char room[1024];
	} u;

	memset(&u, 0, sizeof(u));
	if (s->request_size > sizeof(u))
		return false;
	if (!ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, &u.req))
		call_handle(s, &u.req);
	/* ENOENT: who asked has gone meanwhile. */
	return true;
}

static void loop(struct supervisor *s, pid_t program, int news, int signals)
{
	struct signalfd_siginfo info;
	struct pollfd p[] = { { .fd = s->listener, .events = POLLIN },
			      { .fd = signals, .events = POLLIN }, { .fd = news } };
	bool there = true, busy = false;

	while (there || p[0].fd >= 0) {
		if (poll(p, 3, busy ? TICK_MS : -1) < 0 && errno != EINTR)
			break;
		if (p[1].revents) {
			while (read(signals, &info, sizeof(info)) == sizeof(info))
				;
			there = there && reap(program, news);
			if (!there) {
				while (waitpid(-1, NULL, WNOHANG) > 0)
					;
			}
		}
		/* The first process was killed: so is the program, as if it were it. */
		if (p[2].revents & POLLERR) {
			if (there)
				kill(program, SIGKILL);
			p[2].fd = -1;
		}
		if (p[0].revents & POLLIN && !get_request(s))
			break;
		/* Nothing is left under the filter. */
		if ((p[0].revents & (POLLHUP | POLLIN)) == POLLHUP)
			p[0].fd = -1;
		busy = call_tick(s);
	}
}

void supervise(struct rules *r, int news, char **argv, const sigset_t *mask)
{
	struct seccomp_notif_sizes sizes;
	struct supervisor s = { .rules = r };
	struct rlimit files;
	sigset_t child;
	int signals;
	pid_t pid;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	signals = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) ||
	    syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes)) {
		cli_error("this kernel cannot supervise: %s", strerror(errno));
		_exit(CLI_KERNEL);
	}
	s.request_size = sizes.seccomp_notif;
	pid = start(&s, argv, news, mask);
	if (pid < 0) {
		cli_error("the program cannot be started: %s", strerror(errno));
		_exit(CLI_KERNEL);
	}
	keep_only((const int[]){ news, signals, s.listener }, 3);
	/* A descriptor for each call that waits, however few the program may have. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	loop(&s, pid, news, signals);
	_exit(CLI_OK);
}
