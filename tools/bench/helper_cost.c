// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * helper_cost N CERT KEY WORKER KEEPER [profile library|helper]: in a guest, what a server's
 * connection costs from TCP's to its first byte and its end, with the library inside the program
 * and with the helper, which has the same credential as "web". WORKER and KEEPER are the helper's
 * processes.
 *
 * Meant for one processor whose clock counts instructions: a nanosecond is one, on the clock and
 * in what the scheduler says of a process. N connections at a time, one after the other, in turn
 * by one and the other; a line for each turn. "profile": turns of one kind only are between the
 * marks that plugin.c looks for.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper_shared.h"

enum { ROUNDS = 5, WARM = 10, PATIENCE_MS = 60000 };

/* Whose instructions are told apart. The keeper's threads sign; the rest of it is one thread. */
enum { MACHINE, CLIENT, PROGRAM, WORKER, KEEPER, SIGNERS, PARTS };

struct side {
	const char *name;
	struct sealsock_config *cfg;	/* NULL: the helper's */
	bool marked;
};

static struct sealsock_config *client_cfg;
static long pids[PARTS];
static int told[2];			/* by the client: what it took */

static inline void mark_start(void)
{
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00, 0x53, 0x45, 0x4c, 0x01" : : : "memory");
}

static inline void mark_stop(void)
{
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00, 0x53, 0x45, 0x4c, 0x02" : : : "memory");
}

static void serve(int listener, struct sealsock_config *cfg, int n)
{
	struct sealsock_conn *conn;
	int fd;

	while (n--) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			helper_die("accept", strerror(errno));
		if (cfg) {
			conn = sealsock_conn_new(cfg);
			if (!conn || sealsock_conn_set_timeout(conn, PATIENCE_MS) ||
			    sealsock_handshake_fd(conn, fd) || sealsock_install(conn, fd, 0))
				helper_die("server", conn ? sealsock_conn_error(conn)->text :
							    "no memory");
			sealsock_conn_free(conn);
		}
		if (write(fd, "x", 1) != 1)
			helper_die("write", strerror(errno));
		close(fd);
	}
}

/* The client, warm, begins with a byte's word and tells at its end what it took. */
static void run_client(const struct sockaddr_in *at, int n, int go)
{
	long long before;
	char byte;

	for (int i = 0; i < WARM; i++)
		helper_client(at, client_cfg);
	if (read(go, &byte, 1) != 1)
		helper_die("client", "no word");
	before = helper_ran(getpid(), FIRST);
	while (n--)
		helper_client(at, client_cfg);
	before = helper_ran(getpid(), FIRST) - before;
	if (write(told[1], &before, sizeof(before)) != sizeof(before))
		helper_die("client", strerror(errno));
	_exit(0);
}

static void snapshot(long long *v)
{
	for (int i = PROGRAM; i < PARTS; i++)
		v[i] = helper_ran(pids[i], i == SIGNERS ? OTHERS : FIRST);
	v[MACHINE] = helper_clock_ns();
}

static void turn(const struct side *side, int n)
{
	static const char *const names[PARTS] = {
		"machine", "client", "program", "worker", "keeper", "signers",
	};
	long long before[PARTS] = { 0 }, after[PARTS] = { 0 };
	struct sockaddr_in at;
	int l = helper_listener(!side->cfg, &at), go[2], status;
	pid_t pid;

	if (pipe(go))
		helper_die("pipe", strerror(errno));
	pid = fork();
	if (!pid)
		run_client(&at, n, go[0]);
	serve(l, side->cfg, WARM);
	snapshot(before);
	if (side->marked)
		mark_start();
	if (write(go[1], "x", 1) != 1)
		helper_die("client", strerror(errno));
	serve(l, side->cfg, n);
	if (read(told[0], &after[CLIENT], sizeof(after[CLIENT])) != sizeof(after[CLIENT]))
		helper_die("client", "it told nothing");
	if (side->marked)
		mark_stop();
	snapshot(after);
	if (waitpid(pid, &status, 0) != pid || status)
		helper_die("client", "failed");
	close(l);
	close(go[0]);
	close(go[1]);
	printf("%s", side->name);
	for (int i = 0; i < PARTS; i++)
		printf(" %s %lld", names[i], (after[i] - before[i]) / n);
	puts("");
}

int main(int argc, char **argv)
{
	struct side sides[2] = { { .name = "library" }, { .name = "helper" } };
	int n;

	if (argc != 6 && argc != 8) {
		fprintf(stderr, "usage: helper_cost N CERT KEY WORKER KEEPER [profile WHICH]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	n = atoi(argv[1]);
	sides[0].cfg = helper_config(SEALSOCK_SERVER, argv[2], argv[3]);
	client_cfg = helper_config(SEALSOCK_CLIENT, argv[2], NULL);
	pids[PROGRAM] = getpid();
	pids[WORKER] = atol(argv[4]);
	pids[KEEPER] = atol(argv[5]);
	pids[SIGNERS] = pids[KEEPER];
	for (int i = 0; i < 2; i++)
		sides[i].marked = argc == 8 && !strcmp(argv[7], sides[i].name);
	if (pipe(told))
		helper_die("pipe", strerror(errno));
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < 2; i++)
			turn(&sides[i], n);
	return 0;
}
