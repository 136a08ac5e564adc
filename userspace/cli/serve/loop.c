// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The event loop: one thread, epoll, deadlines looked at every quarter of a second. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "serve/serve.h"

enum {
	EVENTS = 64,
	ACCEPTS = 64,		/* in a row */
	TICK_MS = 250,
	STOP_MS = 10000,	/* for what is being sent when the server is told to stop */
};

static void listener_arm(struct server *srv, struct listener *l, bool on)
{
	struct epoll_event ev = { .events = on ? EPOLLIN : 0, .data.ptr = l };

	if (l->armed == on)
		return;
	if (!epoll_ctl(srv->epoll, EPOLL_CTL_MOD, l->fd, &ev))
		l->armed = on;
}

static void listeners_arm(struct server *srv, bool on)
{
	for (unsigned int i = 0; i < srv->listeners; i++)
		listener_arm(srv, &srv->listener[i], on);
}

/* Steps @c, then tells epoll what it waits for, or frees it. */
static void run_client(struct server *srv, struct client *c, bool step)
{
	struct epoll_event ev = { .data.ptr = c };

	if (step)
		client_step(srv, c);
	if (c->state != CLIENT_GONE && c->want != c->events) {
		ev.events = c->want;
		if (epoll_ctl(srv->epoll, c->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->s.fd, &ev))
			c->state = CLIENT_GONE;
		c->events = c->want;
	}
	if (c->state == CLIENT_GONE)
		client_free(srv, c);
}

static void accept_some(struct server *srv, struct listener *l)
{
	for (int i = 0; i < ACCEPTS && srv->conns < srv->o->max_conns; i++) {
		struct sockaddr_storage peer = { 0 };
		socklen_t len = sizeof(peer);
		struct client *c;
		int fd;

		fd = accept4(l->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			/* Out of descriptors or memory: the tick arms the listener again. */
			if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
				cli_error("cannot accept a connection: %s", strerror(errno));
				listener_arm(srv, l, false);
			}
			return;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
		c = client_new(srv, fd, &peer, l->tls);
		if (c)
			run_client(srv, c, true);
		if (srv->o->once) {
			srv->stopping = true;
			return;
		}
	}
}

static void expire_clients(struct server *srv)
{
	int64_t now = cli_now_ms();
	struct client *c, *next;

	for (c = srv->list; c; c = next) {
		next = c->next;
		if (c->deadline > now)
			continue;
		client_expire(srv, c);
		run_client(srv, c, false);
	}
}

static void stop_clients(struct server *srv)
{
	struct client *c, *next;

	for (c = srv->list; c; c = next) {
		next = c->next;
		client_stop(srv, c);
		run_client(srv, c, false);
	}
}

/*
 * Signals come as events: epoll_pwait(2) never lets one through while others always have something
 * to do. A descriptor that tells of them, or -1.
 */
static int catch_signals(struct server *srv)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &srv->signals };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0 || epoll_ctl(srv->epoll, EPOLL_CTL_ADD, fd, &ev) ||
	    sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	signal(SIGPIPE, SIG_IGN);	/* sendfile(2) has no MSG_NOSIGNAL */
	return fd;
}

static void take_signals(struct server *srv)
{
	struct signalfd_siginfo info;

	while (read(srv->signal_fd, &info, sizeof(info)) == sizeof(info))
		srv->signals++;
}

static bool watch(struct server *srv)
{
	srv->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (srv->epoll < 0)
		return false;
	for (unsigned int i = 0; i < srv->listeners; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &srv->listener[i] };

		if (epoll_ctl(srv->epoll, EPOLL_CTL_ADD, srv->listener[i].fd, &ev))
			return false;
	}
	srv->signal_fd = catch_signals(srv);
	return srv->signal_fd >= 0;
}

static void dispatch(struct server *srv, struct epoll_event *ev)
{
	char *p = ev->data.ptr;

	if (p >= (char *)srv->listener && p < (char *)(srv->listener + SERVE_LISTENERS)) {
		if (!srv->stopping)
			accept_some(srv, ev->data.ptr);
	} else if (ev->data.ptr == &srv->signals) {
		take_signals(srv);
	} else {
		run_client(srv, ev->data.ptr, true);
	}
}

static void tick(struct server *srv)
{
	expire_clients(srv);
	client_failures(srv, false);
	listeners_arm(srv, !srv->stopping && srv->conns < srv->o->max_conns);
}

int server_run(struct server *srv)
{
	struct epoll_event ev[EVENTS];
	int64_t ticked = 0, stop_at = 0;

	if (!watch(srv)) {
		cli_error("cannot set up epoll: %s", strerror(errno));
		return CLI_USAGE;
	}
	for (;;) {
		int n = epoll_wait(srv->epoll, ev, EVENTS, TICK_MS);

		for (int i = 0; i < n; i++)
			dispatch(srv, &ev[i]);
		if (srv->signals && !stop_at) {
			srv->stopping = true;
			stop_at = cli_now_ms() + STOP_MS;
			stop_clients(srv);
		}
		if (srv->stopping || srv->conns >= srv->o->max_conns)
			listeners_arm(srv, false);
		if (srv->module_missing) {
			cli_module_advice();
			break;
		}
		if (srv->stopping && (!srv->list || srv->signals > 1 ||
				      (stop_at && cli_now_ms() > stop_at)))
			break;
		if (cli_now_ms() - ticked < TICK_MS)
			continue;
		ticked = cli_now_ms();
		tick(srv);
	}
	while (srv->list)
		client_free(srv, srv->list);
	client_failures(srv, true);
	close(srv->signal_fd);
	close(srv->epoll);
	return srv->module_missing ? CLI_KERNEL : CLI_OK;
}
