// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Programs without TLS of their own, many of them in one, for tests that do things to the helper:
 *
 * held load PAIRS: so many connections that stand and talk all the time, beside others that come
 *	and go, half of them broken off at random, until its input ends. Then it says what became of
 *	them, and what it saw in the clear on the wire.
 * held many N HELLO: so many clients of a listener that send what the file HELLO has (which may be
 *	empty) and then wait, until its input ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sealsock_ask.h>

enum {
	PAIRS_MAX = 512, CONNECTORS = 3, ACCEPTORS = 4, CHUNKS = 8, PATIENCE = 60,
	DEADLINE = 600000, HELLO_MAX = 16384,
};

static const char mark[] = "a text that nobody but its programs may see";

static void die(const char *what)
{
	fprintf(stderr, "held: %s: %s\n", what, strerror(errno));
	exit(9);
}

static void set_patience(int fd)
{
	const struct timeval t = { .tv_sec = PATIENCE };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

static int new_socket(struct sockaddr_in *at, int flags)
{
	int fd = socket(AF_INET, SOCK_STREAM | flags, 0);
	socklen_t len = sizeof(*at);

	*at = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (fd < 0 || bind(fd, (struct sockaddr *)at, len) ||
	    getsockname(fd, (struct sockaddr *)at, &len))
		die("bind");
	return fd;
}

static int new_listener(struct sockaddr_in *at, bool tls, int backlog)
{
	const struct sealsock_wish wish = { .credential = "web", .deadline = DEADLINE };
	int fd = new_socket(at, SOCK_CLOEXEC);

	if ((tls && sealsock_listen_with(fd, &wish)) || listen(fd, backlog))
		die("listen");
	return fd;
}

static bool send_all(int fd, const char *p, size_t n)
{
	ssize_t sent;

	for (; n; p += sent, n -= (size_t)sent) {
		sent = send(fd, p, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
	}
	return true;
}

static bool get_all(int fd, const char *want, size_t n)
{
	char buf[256];

	while (n) {
		ssize_t got = recv(fd, buf, n < sizeof(buf) ? n : sizeof(buf), 0);

		if (got <= 0 || memcmp(buf, want, (size_t)got))
			return false;
		want += got;
		n -= (size_t)got;
	}
	return true;
}

/* What is in the clear on the loopback. */
struct wire {
	int fd;
	unsigned long packets, clear;
};

static void *watch(void *arg)
{
	static char packet[70000];
	struct wire *w = arg;
	ssize_t n;

	while ((n = recv(w->fd, packet, sizeof(packet), 0)) >= 0) {
		w->packets++;
		if (memmem(packet, (size_t)n, mark, sizeof(mark) - 1))
			__atomic_add_fetch(&w->clear, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Watches from now on; it has seen what is in the clear, for a trial. */
static void start_watch(struct wire *w)
{
	struct sockaddr_in at;
	pthread_t thread;
	int l, a, b, i;

	w->fd = socket(AF_INET, SOCK_RAW, IPPROTO_TCP);
	i = 32 << 20;
	if (w->fd < 0 || setsockopt(w->fd, SOL_SOCKET, SO_RCVBUFFORCE, &i, sizeof(i)))
		die("raw socket");
	pthread_create(&thread, NULL, watch, w);
	l = new_listener(&at, false, 1);
	a = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(a, (struct sockaddr *)&at, sizeof(at)))
		die("connect");
	b = accept(l, NULL, NULL);
	if (!send_all(a, mark, sizeof(mark)) || !get_all(b, mark, sizeof(mark)))
		die("send");
	for (i = 0; i < 500 && !__atomic_load_n(&w->clear, __ATOMIC_RELAXED); i++)
		usleep(10000);
	if (!w->clear)
		die("the wire is not seen");
	w->clear = 0;
	close(a);
	close(b);
	close(l);
}

/* Packets that the watcher had no room for. */
static unsigned long dropped(void)
{
	FILE *f = fopen("/proc/net/raw", "r");
	unsigned long n = 0, sum = 0;
	char line[256], *last;

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		while (*line && line[strlen(line) - 1] == ' ')
			line[strlen(line) - 1] = '\0';
		last = strrchr(line, ' ');
		if (last && sscanf(last, "%lu", &n) == 1)
			sum += n;
	}
	if (f)
		fclose(f);
	return sum;
}

struct pair {
	int client, server;
};

struct load {
	struct sockaddr_in at;
	int listener;
	bool stop;
	bool accepted[65536];		/* by the client's port */
	unsigned int whole, failed, broken, touched;
	char why[200];
};

static void *serve(void *arg)
{
	struct load *l = arg;
	char buf[4096];
	ssize_t n;

	while (!__atomic_load_n(&l->stop, __ATOMIC_ACQUIRE)) {
		struct pollfd p = { l->listener, POLLIN, 0 };
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		int fd;

		if (poll(&p, 1, 100) <= 0)
			continue;
		fd = accept(l->listener, (struct sockaddr *)&from, &len);
		if (fd < 0)
			continue;
		__atomic_store_n(&l->accepted[ntohs(from.sin_port)], true, __ATOMIC_RELEASE);
		set_patience(fd);
		while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
			if (!send_all(fd, buf, (size_t)n))
				break;
		close(fd);
	}
	return NULL;
}

static void break_off(int fd)
{
	const struct linger linger = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

/* A client that ends before anything has come of it; one in two has no TLS in mind at all. */
static void broken(struct load *l, unsigned int *seed)
{
	struct sockaddr_in own;
	int fd = new_socket(&own, SOCK_NONBLOCK);

	if (rand_r(seed) % 2 && sealsock_connect(fd, "localhost"))
		die("sealsock_connect");
	connect(fd, (struct sockaddr *)&l->at, sizeof(l->at));
	usleep(rand_r(seed) % 50000);
	if (rand_r(seed) % 2)
		break_off(fd);
	else
		close(fd);
	__atomic_add_fetch(&l->broken, 1, __ATOMIC_RELAXED);
}

/* NULL: all that was sent has come back, and the end. */
static const char *talk(int fd)
{
	char c;
	int i;

	for (i = 0; i < CHUNKS; i++)
		if (!send_all(fd, mark, sizeof(mark)))
			return "send";
	if (shutdown(fd, SHUT_WR))
		return "shutdown";
	for (i = 0; i < CHUNKS; i++)
		if (!get_all(fd, mark, sizeof(mark)))
			return "recv";
	return recv(fd, &c, 1, 0) ? "end" : NULL;
}

/* From connect() to the end. */
static void whole(struct load *l)
{
	struct sockaddr_in own;
	int fd = new_socket(&own, 0), err;
	bool *accepted = &l->accepted[ntohs(own.sin_port)];
	const char *bad;

	__atomic_store_n(accepted, false, __ATOMIC_RELEASE);
	set_patience(fd);
	if (sealsock_connect(fd, "localhost"))
		die("sealsock_connect");
	if (connect(fd, (struct sockaddr *)&l->at, sizeof(l->at))) {
		__atomic_add_fetch(&l->failed, 1, __ATOMIC_RELAXED);
		close(fd);
		usleep(20000);
		return;
	}
	bad = talk(fd);
	err = errno;
	if (bad)
		usleep(500000);
	/* Where the other end was not done yet, it was not established. */
	if (!bad) {
		__atomic_add_fetch(&l->whole, 1, __ATOMIC_RELAXED);
	} else if (__atomic_load_n(accepted, __ATOMIC_ACQUIRE)) {
		__atomic_add_fetch(&l->touched, 1, __ATOMIC_RELAXED);
		snprintf(l->why, sizeof(l->why), "%s: %s", bad, strerror(err));
	} else {
		__atomic_add_fetch(&l->failed, 1, __ATOMIC_RELAXED);
	}
	close(fd);
}

static void *connect_some(void *arg)
{
	static unsigned int seeds;
	struct load *l = arg;
	unsigned int seed = __atomic_add_fetch(&seeds, 1, __ATOMIC_RELAXED);

	while (!__atomic_load_n(&l->stop, __ATOMIC_ACQUIRE)) {
		if (rand_r(&seed) % 2)
			broken(l, &seed);
		else
			whole(l);
	}
	return NULL;
}

/* One message there and back. */
static bool exchange(const struct pair *p, unsigned int round)
{
	char text[64] = "";

	snprintf(text, sizeof(text), "%u %s", round, mark);
	return send_all(p->client, text, sizeof(text)) && get_all(p->server, text, sizeof(text)) &&
	       send_all(p->server, text, sizeof(text)) && get_all(p->client, text, sizeof(text));
}

static bool input_ended(void)
{
	struct pollfd p = { 0, POLLIN, 0 };

	return poll(&p, 1, 0) > 0;
}

static void open_pairs(struct load *l, struct pair *pairs, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		pairs[i].client = socket(AF_INET, SOCK_STREAM, 0);
		if (sealsock_connect(pairs[i].client, "localhost") ||
		    connect(pairs[i].client, (struct sockaddr *)&l->at, sizeof(l->at)))
			die("connect");
		pairs[i].server = accept(l->listener, NULL, NULL);
		if (pairs[i].server < 0)
			die("accept");
		set_patience(pairs[i].client);
		set_patience(pairs[i].server);
	}
}

static int load(int n)
{
	static struct pair pairs[PAIRS_MAX];
	static struct load l;
	static struct wire w;
	pthread_t threads[CONNECTORS + ACCEPTORS];
	unsigned int round, touched = 0;
	int i;

	if (n < 1 || n > PAIRS_MAX)
		die("how many");
	start_watch(&w);
	l.listener = new_listener(&l.at, true, 128);
	open_pairs(&l, pairs, n);
	/* Of those whom poll() wakes, one has the connection. */
	fcntl(l.listener, F_SETFL, O_NONBLOCK);
	for (i = 0; i < CONNECTORS + ACCEPTORS; i++)
		pthread_create(&threads[i], NULL, i < CONNECTORS ? connect_some : serve, &l);
	printf("established\n");
	fflush(stdout);
	for (round = 0; !input_ended(); round++) {
		for (i = 0; i < n; i++)
			if (pairs[i].client >= 0 && !exchange(&pairs[i], round)) {
				touched++;
				printf("pair %d in round %u: %s\n", i, round, strerror(errno));
				pairs[i].client = -1;
			}
		usleep(10000);
	}
	__atomic_store_n(&l.stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < CONNECTORS + ACCEPTORS; i++)
		pthread_join(threads[i], NULL);
	printf("pairs %d, rounds %u, touched %u\n", n, round, touched);
	printf("others: whole %u, broken off %u, without handshake %u, touched %u %s\n", l.whole,
	       l.broken, l.failed, l.touched, l.why);
	printf("packets: %lu, in clear %lu, not seen %lu\n", w.packets, w.clear, dropped());
	return touched || l.touched || w.clear || dropped();
}

static int many(int n, const char *path)
{
	const struct rlimit limit = { 70000, 70000 };
	char hello[HELLO_MAX];
	int fd = open(path, O_RDONLY), i;
	ssize_t len = fd < 0 ? -1 : read(fd, hello, sizeof(hello));
	struct sockaddr_in at;
	char c;

	if (len < 0 || setrlimit(RLIMIT_NOFILE, &limit))
		die(path);
	new_listener(&at, true, 65535);
	for (i = 0; i < n; i++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) ||
		    (len && !send_all(fd, hello, (size_t)len)))
			die("connect");
	}
	printf("%d connected\n", n);
	fflush(stdout);
	return read(0, &c, 1) < 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "load"))
		return load(atoi(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "many"))
		return many(atoi(argv[2]), argv[3]);
	fprintf(stderr, "usage: held load PAIRS | held many N HELLO\n");
	return 2;
}
