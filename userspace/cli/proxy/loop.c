// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The proxy's loop: one thread, edge-triggered epoll. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "proxy/proxy.h"

enum {
	EVENTS = 128,
	ACCEPTS = 64,		/* in a row */
	TICK_MS = 250,
	FULL_MS = 10,		/* until a full queue is tried again */
};

static void listeners_arm(struct proxy *p, bool on)
{
	for (unsigned int i = 0; i < p->listeners; i++) {
		struct listener *l = &p->listener[i];
		struct epoll_event ev = { .events = on ? EPOLLIN : 0, .data.ptr = &l->w };

		if (l->armed != on && !epoll_ctl(p->epoll, EPOLL_CTL_MOD, l->w.fd, &ev))
			l->armed = on;
	}
}

static bool may_accept(const struct proxy *p)
{
	return !p->told_to_end && p->conns < p->o->max_conns;
}

static void accept_some(struct proxy *p, const struct listener *l)
{
	for (int i = 0; i < ACCEPTS && may_accept(p); i++) {
		struct sockaddr_storage peer = { 0 };
		socklen_t len = sizeof(peer);
		int fd = accept4(l->w.fd, (struct sockaddr *)&peer, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			conn_begin(p, fd, &peer);
			continue;
		}
		/* Out of descriptors or memory: the tick arms the listeners again. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
			proxy_say(p, NULL, "cannot accept a connection", strerror(errno));
			listeners_arm(p, false);
		}
		return;
	}
}

static void take_signals(struct proxy *p)
{
	struct signalfd_siginfo info;

	while (read(p->signals.fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGHUP)
			target_find(p->o->target, &p->target);
		else
			p->told_to_end++;
}

static bool watch(struct proxy *p, struct watch *w)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = w };

	return w->fd >= 0 && !epoll_ctl(p->epoll, EPOLL_CTL_ADD, w->fd, &ev);
}

static bool set_up(struct proxy *p)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);	/* splice(2) has no MSG_NOSIGNAL */
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->signals = (struct watch){ WATCH_SIGNALS,
				     signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC) };
	if (p->epoll < 0 || sigprocmask(SIG_BLOCK, &set, NULL) || !watch(p, &p->signals))
		return false;
	for (unsigned int i = 0; i < p->listeners; i++) {
		p->listener[i].armed = true;
		if (!watch(p, &p->listener[i].w))
			return false;
	}
	return true;
}

static void dispatch(struct proxy *p, const struct epoll_event *ev)
{
	struct watch *w = ev->data.ptr;

	switch (w->what) {
	case WATCH_LISTENER:
		accept_some(p, (struct listener *)w);
		break;
	case WATCH_SIGNALS:
		take_signals(p);
		break;
	case WATCH_SIDE:
		conn_event(p, (struct side *)w, ev->events);
		break;
	}
}

/* Those that had their share go on; what they want more comes behind what the others do. */
static void run_again(struct proxy *p)
{
	struct conn *c = p->again, *next;

	p->again = NULL;
	for (; c; c = next) {
		next = c->again;
		c->queued = false;
		conn_run(p, c);
	}
}

static void close_listeners(struct proxy *p)
{
	while (p->listeners)
		close(p->listener[--p->listeners].w.fd);
}

int proxy_run(struct proxy *p)
{
	int64_t ticked = 0, end_at = 0, now;
	struct epoll_event ev[EVENTS];

	if (!set_up(p)) {
		cli_error("cannot set up epoll: %s", strerror(errno));
		return CLI_USAGE;
	}
	while (!p->told_to_end || (p->conns && p->told_to_end < 2 && cli_now_ms() < end_at)) {
		int n = epoll_wait(p->epoll, ev, EVENTS, p->again ? 0 :
							 p->full ? FULL_MS : TICK_MS);

		for (int i = 0; i < n; i++)
			dispatch(p, &ev[i]);
		if (p->full)
			conn_dial_again(p);
		run_again(p);
		conn_free_gone(p);
		now = cli_now_ms();
		if (p->told_to_end && !end_at) {
			end_at = now + p->o->drain_ms;
			close_listeners(p);
		}
		if (!may_accept(p))
			listeners_arm(p, false);
		if (now - ticked < TICK_MS)
			continue;
		ticked = now;
		conn_expire(p, now);
		if (may_accept(p))
			listeners_arm(p, true);
	}
	while (p->first)
		conn_abort(p, p->first, "told to end");
	conn_free_gone(p);
	close_listeners(p);
	pipes_end(&p->pipes);
	close(p->signals.fd);
	close(p->epoll);
	return CLI_OK;
}
