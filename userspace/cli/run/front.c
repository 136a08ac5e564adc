// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The process that was started: signals go on to the program, and its end comes back. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/run.h"

void keep_only(const int *keep, unsigned int n)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	unsigned int from = STDERR_FILENO + 1;

	/* In their order; there are few. */
	for (;;) {
		unsigned int next = ~0u;

		for (unsigned int i = 0; i < n; i++)
			if ((unsigned int)keep[i] >= from && (unsigned int)keep[i] < next)
				next = (unsigned int)keep[i];
		if (null >= 0 && (unsigned int)null >= from && (unsigned int)null < next)
			next = (unsigned int)null;
		if (next > from)
			close_range(from, next == ~0u ? ~0u : next - 1, 0);
		if (next == ~0u)
			break;
		from = next + 1;
	}
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

/* As if the program had been started here. */
static int ends_as(int status)
{
	const struct rlimit none = { 0 };
	sigset_t set;

	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(status));
	raise(WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + WTERMSIG(status);
}

/* The terminal's own have reached the program already. */
static void pass_on(int fd, pid_t program)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD && info.ssi_code != SI_KERNEL)
			kill(program, (int)info.ssi_signo);
}

int front_wait(int news)
{
	struct pollfd p[] = { { .fd = news, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	struct message m;
	pid_t program;
	sigset_t all;

	sigfillset(&all);
	p[1].fd = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
	keep_only((const int[]){ news, p[1].fd }, 2);
	if (p[1].fd < 0 || read(news, &m, sizeof(m)) != sizeof(m) || m.news != NEWS_STARTED)
		return CLI_KERNEL;
	program = m.value;
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return CLI_KERNEL;
		if (p[1].revents)
			pass_on(p[1].fd, program);
		if (!p[0].revents)
			continue;
		if (read(news, &m, sizeof(m)) != sizeof(m)) {
			cli_error("the supervisor has gone, and the program with it");
			return CLI_KERNEL;
		}
		if (m.news == NEWS_ENDED)
			return ends_as(m.value);
		if (m.news == NEWS_STOPPED)
			raise(SIGSTOP);
	}
}
