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
#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sealsock.h>
#include <sealsock_ask.h>

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

static void die(const char *what, const char *why)
{
	fprintf(stderr, "helper_cost: %s: %s\n", what, why);
	exit(9);
}

static long long clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* Nanoseconds that a process was on the processor: its first thread, or all others. */
static long long ran(long pid, bool others)
{
	char pattern[64];
	long long sum = 0, ns;
	glob_t g;
	FILE *f;

	snprintf(pattern, sizeof(pattern), "/proc/%ld/task/*/schedstat", pid);
	if (glob(pattern, 0, NULL, &g))
		die(pattern, "is not there");
	for (size_t i = 0; i < g.gl_pathc; i++) {
		if ((strtol(strstr(g.gl_pathv[i], "/task/") + 6, NULL, 10) != pid) != others)
			continue;
		f = fopen(g.gl_pathv[i], "r");
		if (!f || fscanf(f, "%lld", &ns) != 1)
			die(g.gl_pathv[i], strerror(errno));
		fclose(f);
		sum += ns;
	}
	globfree(&g);
	return sum;
}

static inline void mark_start(void)
{
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00, 0x53, 0x45, 0x4c, 0x01" : : : "memory");
}

static inline void mark_stop(void)
{
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00, 0x53, 0x45, 0x4c, 0x02" : : : "memory");
}

static struct sealsock_config *configure(enum sealsock_side side, const char *cert, const char *key)
{
	struct sealsock_config *cfg = sealsock_config_new(side);
	char why[512];

	if (!cfg)
		die("configuration", "no memory");
	if ((side == SEALSOCK_CLIENT ? sealsock_config_ca_file(cfg, cert) :
				       sealsock_config_cert_file(cfg, cert, key)) ||
	    (side == SEALSOCK_SERVER && sealsock_config_ticket_count(cfg, 1)))
		die("configuration", sealsock_config_error(cfg));
	if (sealsock_config_check(cfg, why, sizeof(why)))
		die("configuration", why);
	return cfg;
}

/* Full handshakes, each by a connection of its own that waits for a byte. */
static void client(const struct sockaddr_in *to, int n)
{
	struct sealsock_conn *conn;
	char byte;
	int fd;

	while (n--) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		conn = sealsock_conn_new(client_cfg);
		if (!conn || sealsock_conn_set_host(conn, "localhost") ||
		    sealsock_conn_set_timeout(conn, PATIENCE_MS) ||
		    connect(fd, (const struct sockaddr *)to, sizeof(*to)) ||
		    sealsock_handshake_fd(conn, fd) || sealsock_read(conn, fd, &byte, 1) != 1)
			die("client", conn ? sealsock_conn_error(conn)->text : "no memory");
		sealsock_conn_free(conn);
		close(fd);
	}
}

static void serve(int listener, struct sealsock_config *cfg, int n)
{
	struct sealsock_conn *conn;
	int fd;

	while (n--) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			die("accept", strerror(errno));
		if (cfg) {
			conn = sealsock_conn_new(cfg);
			if (!conn || sealsock_conn_set_timeout(conn, PATIENCE_MS) ||
			    sealsock_handshake_fd(conn, fd) || sealsock_install(conn, fd, 0))
				die("server", conn ? sealsock_conn_error(conn)->text : "no memory");
			sealsock_conn_free(conn);
		}
		if (write(fd, "x", 1) != 1)
			die("write", strerror(errno));
		close(fd);
	}
}

static int listener_of(const struct side *side, struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*at = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (bind(fd, (struct sockaddr *)at, len) || getsockname(fd, (struct sockaddr *)at, &len) ||
	    (!side->cfg && sealsock_listen(fd, "web")) || listen(fd, 16))
		die("listen", strerror(errno));
	return fd;
}

/* The client, warm, begins with a byte's word and tells at its end what it took. */
static void run_client(const struct sockaddr_in *at, int n, int go)
{
	long long before;
	char byte;

	client(at, WARM);
	if (read(go, &byte, 1) != 1)
		die("client", "no word");
	before = ran(getpid(), false);
	client(at, n);
	before = ran(getpid(), false) - before;
	if (write(told[1], &before, sizeof(before)) != sizeof(before))
		die("client", strerror(errno));
	_exit(0);
}

static void snapshot(long long *v)
{
	for (int i = PROGRAM; i < PARTS; i++)
		v[i] = ran(pids[i], i == SIGNERS);
	v[MACHINE] = clock_ns();
}

static void turn(const struct side *side, int n)
{
	static const char *const names[PARTS] = {
		"machine", "client", "program", "worker", "keeper", "signers",
	};
	long long before[PARTS] = { 0 }, after[PARTS] = { 0 };
	struct sockaddr_in at;
	int l = listener_of(side, &at), go[2], status;
	pid_t pid;

	if (pipe(go))
		die("pipe", strerror(errno));
	pid = fork();
	if (!pid)
		run_client(&at, n, go[0]);
	serve(l, side->cfg, WARM);
	snapshot(before);
	if (side->marked)
		mark_start();
	if (write(go[1], "x", 1) != 1)
		die("client", strerror(errno));
	serve(l, side->cfg, n);
	if (read(told[0], &after[CLIENT], sizeof(after[CLIENT])) != sizeof(after[CLIENT]))
		die("client", "it told nothing");
	if (side->marked)
		mark_stop();
	snapshot(after);
	if (waitpid(pid, &status, 0) != pid || status)
		die("client", "failed");
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
	sides[0].cfg = configure(SEALSOCK_SERVER, argv[2], argv[3]);
	client_cfg = configure(SEALSOCK_CLIENT, argv[2], NULL);
	pids[PROGRAM] = getpid();
	pids[WORKER] = atol(argv[4]);
	pids[KEEPER] = atol(argv[5]);
	pids[SIGNERS] = pids[KEEPER];
	for (int i = 0; i < 2; i++)
		sides[i].marked = argc == 8 && !strcmp(argv[7], sides[i].name);
	if (pipe(told))
		die("pipe", strerror(errno));
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < 2; i++)
			turn(&sides[i], n);
	return 0;
}
