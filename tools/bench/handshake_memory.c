// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a server's connection keeps allocated once it is established: all of malloc's, libcrypto's
 * objects included. With the keys in the library, as libssl has them, and after the handing over to
 * the kernel, for which the module must be loaded. And the most that it has at once while the
 * handshake goes on: libcrypto and the library are both given an allocator that counts what a
 * server's calls take and give back.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handshake.h"
#include "sealsock.h"

enum { CONNECTIONS = 200 };

static const struct test test = { "TLSv1.3", "x25519", KIND_FULL };

/* What the server's calls have now, and the most they had. */
static struct {
	bool on;
	long now, most;
} counted;

static void turn(int side)
{
	counted.on = side == SIDE_SERVER;
}

static void count(const void *p, int sign)
{
	if (!counted.on || !p)
		return;
	counted.now += sign * (long)(malloc_usable_size((void *)p) + sizeof(size_t));
	if (counted.now > counted.most)
		counted.most = counted.now;
}

static void *take(size_t n, const char *file, int line)
{
	void *p = malloc(n);

	(void)file;
	(void)line;
	count(p, 1);
	return p;
}

static void give(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	count(p, -1);
	free(p);
}

static void *change(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	count(p, -1);
	p = realloc(p, n);
	count(p, 1);
	return p;
}

static void *env_take(void *arg, size_t n)
{
	(void)arg;
	return take(n, NULL, 0);
}

static void env_give(void *arg, void *p, size_t n)
{
	(void)arg;
	(void)n;
	give(p, NULL, 0);
}

static const struct sealsock_env counting_env = { .alloc = env_take, .free = env_give };

static double allocated(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)m.uordblks + (double)m.hblkhd;
}

static bool first_row = true;

static void row(bool json, const char *library, const char *state, double bytes)
{
	if (json)
		printf("%s\n  {\"library\": \"%s\", \"state\": \"%s\", \"bytes\": %.0f}",
		       first_row ? "" : ",", library, state, bytes);
	else
		printf("%-9s %-40s %8.0f\n", library, state, bytes);
	first_row = false;
}

/* Keys in the library: the clients are gone, what the servers have is what is left. */
static double engine(const struct library *lib)
{
	static void *side[CONNECTIONS][2];
	double spent[2] = { 0, 0 }, before, kept;
	void *setup = lib->setup(&test);
	char why[WHY_MAX];
	bool resumed;

	/* What is made once is made before. */
	if (!hs_shake(lib, setup, side[0], spent, &resumed, why))
		hs_die("%s: %s", lib->name, why);
	lib->end(side[0][SIDE_CLIENT]);
	lib->end(side[0][SIDE_SERVER]);
	before = allocated();
	for (int i = 0; i < CONNECTIONS; i++) {
		if (!hs_shake(lib, setup, side[i], spent, &resumed, why))
			hs_die("%s: %s", lib->name, why);
		lib->end(side[i][SIDE_CLIENT]);
	}
	kept = (allocated() - before) / CONNECTIONS;
	for (int i = 0; i < CONNECTIONS; i++)
		lib->end(side[i][SIDE_SERVER]);
	lib->forget(setup);
	return kept;
}

/* The most at once beyond what is made once, and what of it is left then. */
static void peak(bool json, const struct library *lib, const struct test *t, const char *name)
{
	double spent[2] = { 0, 0 };
	void *setup = lib->setup(t), *side[2];
	char why[WHY_MAX], state[80];
	bool resumed;

	for (int i = 0; i < 3; i++)
		if (!hs_shake_whole(lib, setup, spent, &resumed, why))
			hs_die("%s: %s", lib->name, why);
	counted.now = 0;
	counted.most = 0;
	hs_turn = turn;
	if (!hs_shake(lib, setup, side, spent, &resumed, why))
		hs_die("%s: %s", lib->name, why);
	hs_turn = NULL;
	snprintf(state, sizeof(state), "%s: at most, in the handshake", name);
	row(json, lib->name, state, (double)counted.most);
	snprintf(state, sizeof(state), "%s: established", name);
	row(json, lib->name, state, (double)counted.now);
	lib->end(side[SIDE_CLIENT]);
	lib->end(side[SIDE_SERVER]);
	lib->forget(setup);
}

static void peaks(bool json)
{
	static const struct {
		const char *name;
		struct test t;
	} all[] = {
		{ "TLSv1.3", { "TLSv1.3", "x25519", KIND_FULL } },
		{ "TLSv1.3 mutual", { "TLSv1.3", "x25519", KIND_MUTUAL } },
		{ "TLSv1.3 X25519MLKEM768", { "TLSv1.3", "X25519MLKEM768", KIND_FULL } },
		{ "TLSv1.2", { "TLSv1.2", "x25519", KIND_FULL } },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!hs_group_there(all[i].t.group))
			continue;
		peak(json, &library_libssl, &all[i].t, all[i].name);
		peak(json, &library_sealsock, &all[i].t, all[i].name);
	}
}

static void connected(int fd[2])
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(sin);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	fd[SIDE_CLIENT] = socket(AF_INET, SOCK_STREAM, 0);
	if (l < 0 || fd[SIDE_CLIENT] < 0 || bind(l, (struct sockaddr *)&sin, len) ||
	    listen(l, 1) || getsockname(l, (struct sockaddr *)&sin, &len) ||
	    connect(fd[SIDE_CLIENT], (struct sockaddr *)&sin, len))
		hs_die("a loopback connection");
	fd[SIDE_SERVER] = accept4(l, NULL, NULL, SOCK_NONBLOCK);
	if (fd[SIDE_SERVER] < 0 || fcntl(fd[SIDE_CLIENT], F_SETFL, O_NONBLOCK))
		hs_die("accept");
	close(l);
}

/* Drives both ends, as far as they go without waiting; what they wait for is then waited for. */
static void shake(struct sealsock_conn *conn[2], const int fd[2])
{
	int err[2] = { SEALSOCK_WANT_READ, SEALSOCK_WANT_READ }, timeout;

	while (err[0] || err[1]) {
		struct pollfd p[2] = { { .fd = fd[0] }, { .fd = fd[1] } };

		for (int s = 0; s < 2; s++) {
			if (err[s])
				err[s] = sealsock_handshake_fd(conn[s], fd[s]);
			if (err[s] && err[s] != SEALSOCK_WANT_READ && err[s] != SEALSOCK_WANT_WRITE)
				hs_die("%s", sealsock_conn_error(conn[s])->text);
			if (err[s])
				sealsock_conn_poll(conn[s], &p[s].events, &timeout);
			else
				p[s].fd = -1;
		}
		if ((err[0] || err[1]) && poll(p, 2, 10000) == 0)
			hs_die("a handshake stands still");
	}
}

/* The server's connection object, its keys installed; the client's is gone. */
static struct sealsock_conn *installed(struct sealsock_config *cfg[2], int *kept_fd)
{
	struct sealsock_conn *conn[2];
	int fd[2], err;

	connected(fd);
	for (int s = 0; s < 2; s++)
		conn[s] = sealsock_conn_new(cfg[s]);
	if (!conn[0] || !conn[1] || sealsock_conn_set_host(conn[SIDE_CLIENT], "localhost"))
		hs_die("no connection");
	shake(conn, fd);
	for (int s = 0; s < 2; s++) {
		err = sealsock_install(conn[s], fd[s], 0);
		if (err)
			hs_die("%s %s", sealsock_strerror(err), sealsock_conn_error(conn[s])->text);
	}
	sealsock_conn_free(conn[SIDE_CLIENT]);
	close(fd[SIDE_CLIENT]);
	*kept_fd = fd[SIDE_SERVER];
	return conn[SIDE_SERVER];
}

/* After install, after sealsock_release(), and after sealsock_conn_free() with an open socket. */
static void kernel(bool json)
{
	static struct sealsock_conn *conn[CONNECTIONS];
	static int fd[CONNECTIONS];
	struct sealsock_config *cfg[2];
	double before;

	library_sealsock_configs(&test, cfg);
	sealsock_conn_free(installed(cfg, &fd[0]));
	close(fd[0]);
	before = allocated();
	for (int i = 0; i < CONNECTIONS; i++)
		conn[i] = installed(cfg, &fd[i]);
	row(json, "sealsock", "keys installed", (allocated() - before) / CONNECTIONS);
	for (int i = 0; i < CONNECTIONS; i++)
		if (sealsock_release(conn[i]))
			hs_die("release");
	row(json, "sealsock", "released", (allocated() - before) / CONNECTIONS);
	for (int i = 0; i < CONNECTIONS; i++)
		sealsock_conn_free(conn[i]);
	row(json, "sealsock", "let go, the socket open", (allocated() - before) / CONNECTIONS);
	for (int i = 0; i < CONNECTIONS; i++)
		close(fd[i]);
	for (int s = 0; s < 2; s++)
		sealsock_config_unref(cfg[s]);
}

int memory_report(bool json)
{
	bool module = sealsock_paths() & 1u << SEALSOCK_PATH_SEALSOCK;

	/* Before anything is allocated. */
	if (!CRYPTO_set_mem_functions(take, change, give))
		hs_die("libcrypto keeps its own allocator");
	library_sealsock_env = &counting_env;
	/* One arena, and no small blocks kept aside that would count as in use. */
	mallopt(M_MXFAST, 0);
	if (json)
		fputs("{\"memory\": [", stdout);
	row(json, "libssl", "established", engine(&library_libssl));
	row(json, "sealsock", "established, keys in the library", engine(&library_sealsock));
	peaks(json);
	if (module)
		kernel(json);
	if (json)
		puts("\n]}");
	if (!module)
		fputs("handshake: the module is not loaded: nothing was installed\n", stderr);
	return 0;
}
