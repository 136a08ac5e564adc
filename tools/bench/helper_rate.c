// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * helper_rate CERT CPUS SECONDS HELPER…: in a guest with two processors, how many connections a
 * second are handed to a program by the helper, whose processes HELPER are, on the processors it
 * is started on: full handshakes, each by a client of its own, for as long as SECONDS. Clients,
 * program, helper share these processors. One line: connections a second, and the microseconds of
 * processor time that the helper spends on each.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper_shared.h"

enum { CLIENTS_A_CPU = 4, WARM_S = 2 };

static atomic_long *served;	/* shared by all processes */

/* Of all the helper's processes. */
static long long ran(char *const *pids)
{
	long long sum = 0;

	for (; *pids; pids++)
		sum += helper_ran(atol(*pids), FIRST | OTHERS);
	return sum;
}

static void client(const struct sockaddr_in *to, struct sealsock_config *cfg)
{
	for (;;) {
		helper_client(to, cfg);
		atomic_fetch_add(served, 1);
	}
}

static void program(int listener)
{
	int fd;

	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0 || write(fd, "x", 1) != 1)
			helper_die("program", strerror(errno));
		close(fd);
	}
}

int main(int argc, char **argv)
{
	struct sealsock_config *cfg;
	pid_t pid[64];
	struct sockaddr_in at;
	long long clock, helper;
	int cpus, listener, n = 0;
	long count;

	cpus = argc > 4 ? atoi(argv[2]) : 0;
	if (cpus < 1 || cpus * (CLIENTS_A_CPU + 1) > 64) {
		fprintf(stderr, "usage: helper_rate CERT CPUS SECONDS HELPER...\n");
		return 2;
	}
	cfg = helper_config(SEALSOCK_CLIENT, argv[1], NULL);
	served = mmap(NULL, sizeof(*served), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (served == MAP_FAILED)
		helper_die("mmap", strerror(errno));
	listener = helper_listener(true, &at);
	for (; n < cpus * (CLIENTS_A_CPU + 1); n++) {
		pid[n] = fork();
		if (!pid[n] && n < cpus)
			program(listener);
		if (!pid[n])
			client(&at, cfg);
	}
	sleep(WARM_S);
	count = atomic_load(served);
	clock = helper_clock_ns();
	helper = ran(argv + 4);
	sleep((unsigned int)atoi(argv[3]));
	count = atomic_load(served) - count;
	clock = helper_clock_ns() - clock;
	helper = ran(argv + 4) - helper;
	/* Whoever ended by itself has failed, and said why. */
	if (waitpid(-1, NULL, WNOHANG) != 0 || !count)
		helper_die("connections", "some failed");
	while (n--)
		kill(pid[n], SIGKILL);
	while (wait(NULL) > 0)
		;
	printf("rate %d %.1f %.1f\n", cpus, (double)count * 1e9 / (double)clock,
	       (double)helper / 1e3 / (double)count);
	return 0;
}
