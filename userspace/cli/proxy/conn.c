// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The life of a connection: accepted; its target is dialled; then both directions run, and end,
 * each for itself. Whatever else ends it breaks both sides off: neither takes it for an end.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "net.h"
#include "proxy/proxy.h"

enum { LINES = 20 };		/* a second */

void proxy_say(struct proxy *p, const struct conn *c, const char *what, const char *why)
{
	char from[NET_ADDR_MAX] = "";
	int64_t now = cli_now_ms();

	if (now - p->lines_since >= 1000) {
		if (p->lines_left_out)
			cli_error("%u more lines were left out", p->lines_left_out);
		p->lines_since = now;
		p->lines = 0;
		p->lines_left_out = 0;
	}
	if (!p->o->verbose && p->lines++ >= LINES) {
		p->lines_left_out++;
		return;
	}
	if (c)
		net_addr_format(&c->peer, from);
	cli_error("%s%s%s: %s", from, c ? ": " : "", what, why);
}

static void unlink_conn(struct proxy *p, struct conn *c)
{
	*(c->prev ? &c->prev->next : &p->first) = c->next;
	*(c->next ? &c->next->prev : &p->last) = c->prev;
}

static void link_last(struct proxy *p, struct conn *c)
{
	c->prev = p->last;
	c->next = NULL;
	*(p->last ? &p->last->next : &p->first) = c;
	p->last = c;
}

static void mark_active(struct proxy *p, struct conn *c)
{
	c->active = cli_now_ms();
	unlink_conn(p, c);
	link_last(p, c);
}

static void queue(struct proxy *p, struct conn *c)
{
	if (c->queued)
		return;
	c->queued = true;
	c->again = p->again;
	p->again = c;
}

static void end(struct proxy *p, struct conn *c)
{
	for (int i = 0; i < 2; i++) {
		flow_drop(&c->flow[i]);
		if (c->side[i].w.fd >= 0)
			close(c->side[i].w.fd);
	}
	unlink_conn(p, c);
	c->state = CONN_GONE;
	c->next = p->gone;
	p->gone = c;
	p->conns--;
}

void conn_free_gone(struct proxy *p)
{
	struct conn *c;

	while ((c = p->gone)) {
		p->gone = c->next;
		free(c);
	}
}

void conn_abort(struct proxy *p, struct conn *c, const char *why)
{
	const struct linger now = { .l_onoff = 1 };

	if (why)
		proxy_say(p, c, "broken off", why);
	for (int i = 0; i < 2; i++)
		if (c->side[i].w.fd >= 0)
			setsockopt(c->side[i].w.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	end(p, c);
}

static bool watch(struct proxy *p, struct side *s)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
				  .data.ptr = &s->w };

	return !epoll_ctl(p->epoll, EPOLL_CTL_ADD, s->w.fd, &ev);
}

/* Where another address of the target may do better. */
static bool is_elsewhere(int err)
{
	return err == ECONNREFUSED || err == EHOSTUNREACH || err == ENETUNREACH ||
	       err == ECONNRESET || err == ETIMEDOUT || err == EADDRNOTAVAIL ||
	       err == EAFNOSUPPORT || err == ENOENT;
}

static void say_failed(struct proxy *p, const struct conn *c, int fd, int err)
{
	char text[512], cause[256] = "";

	if (fd >= 0)
		sealsock_cause(fd, cause, sizeof(cause));
	snprintf(text, sizeof(text), "%s%s%s", strerror(err), *cause ? ": " : "", cause);
	if (err == ESRCH && p->o->connect)
		snprintf(text, sizeof(text), "no helper: is sealsockd running?");
	proxy_say(p, c, p->o->target, text);
}

/*
 * Dials the target's addresses from @i on, until one is under way. A UNIX socket whose queue is
 * full is no failure, but unlike TCP it has to be asked again.
 */
static void dial(struct proxy *p, struct conn *c, unsigned int i)
{
	int err = ENOENT;

	for (; i < p->target.n; i++) {
		int fd = target_dial(p->o, &p->target, i);

		c->address = i;
		c->side[1].w.fd = fd;
		if (fd >= 0 && watch(p, &c->side[1])) {
			mark_active(p, c);
			return;
		}
		err = errno;
		if (fd >= 0)
			close(fd);
		c->side[1].w.fd = -1;
		if (err == EAGAIN && p->target.address[i].at.ss_family == AF_UNIX) {
			p->full = true;
			return;
		}
		if (!is_elsewhere(err))
			break;
	}
	say_failed(p, c, -1, err);
	conn_abort(p, c, NULL);
}

/* In the order they came. Where one more finds no room, nobody behind it would. */
void conn_dial_again(struct proxy *p)
{
	struct conn *c, *next;

	p->full = false;
	for (c = p->first; c && !p->full; c = next) {
		next = c->next;
		if (c->state == CONN_DIALS && c->side[1].w.fd < 0)
			dial(p, c, c->address);
	}
}

static void dial_failed(struct proxy *p, struct conn *c, int err)
{
	int fd = c->side[1].w.fd;

	if (is_elsewhere(err) && c->address + 1 < p->target.n) {
		close(fd);
		c->side[1].w.fd = -1;
		c->side[1].readable = false;
		c->side[1].writable = false;
		dial(p, c, c->address + 1);
		return;
	}
	say_failed(p, c, fd, err);
	conn_abort(p, c, NULL);
}

/* The first bytes of a connection: they fit in any send buffer. */
static bool send_header(struct proxy *p, struct conn *c)
{
	uint8_t header[PROXY_HEADER_MAX];
	size_t n = proxy_header(c->side[0].w.fd, !p->o->connect, &c->peer, header, sizeof(header));

	if (n && send(c->side[1].w.fd, header, n, MSG_NOSIGNAL) == (ssize_t)n)
		return true;
	conn_abort(p, c, "the PROXY header could not be sent");
	return false;
}

static void dialled(struct proxy *p, struct conn *c)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(c->side[1].w.fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	if (err) {
		dial_failed(p, c, err);
		return;
	}
	c->state = CONN_OPEN;
	c->side[1].writable = true;
	mark_active(p, c);
	if (!p->o->header || send_header(p, c))
		conn_run(p, c);
}

/* IPv4 is IPv4, also where the listener has both. */
static struct sockaddr_storage unmapped(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)ss;
	struct sockaddr_storage out = *ss;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&out;

	if (ss->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return out;
	memset(&out, 0, sizeof(out));
	v4->sin_family = AF_INET;
	v4->sin_port = v6->sin6_port;
	memcpy(&v4->sin_addr, &v6->sin6_addr.s6_addr[12], 4);
	return out;
}

void conn_begin(struct proxy *p, int fd, const struct sockaddr_storage *peer)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof(int));
	for (int i = 0; i < 2; i++) {
		c->side[i] = (struct side){ .w = { .what = WATCH_SIDE, .fd = -1 }, .c = c };
		c->flow[i].from = &c->side[i];
		c->flow[i].to = &c->side[!i];
	}
	c->side[0].w.fd = fd;
	c->peer = unmapped(peer);
	c->active = cli_now_ms();
	link_last(p, c);
	p->conns++;
	if (watch(p, &c->side[0]))
		dial(p, c, 0);
	else
		conn_abort(p, c, strerror(errno));
}

void conn_run(struct proxy *p, struct conn *c)
{
	bool again = false, moved = false;

	if (c->state != CONN_OPEN)
		return;
	for (int i = 0; i < 2; i++) {
		uint64_t before = c->flow[i].bytes;
		enum flow_result r = flow_run(&p->pipes, &c->flow[i]);

		if (r == FLOW_BROKEN) {
			conn_abort(p, c, strerror(errno));
			return;
		}
		again |= r == FLOW_AGAIN;
		moved |= c->flow[i].bytes != before;
	}
	if (c->flow[0].told && c->flow[1].told) {
		char text[96];

		snprintf(text, sizeof(text), "%ju bytes to the target, %ju from it",
			 (uintmax_t)c->flow[0].bytes, (uintmax_t)c->flow[1].bytes);
		if (p->o->verbose)
			proxy_say(p, c, "ended", text);
		end(p, c);
		return;
	}
	if (moved)
		mark_active(p, c);
	if (again)
		queue(p, c);
}

/* What came before the error still goes on to the other side. */
static void conn_error(struct proxy *p, struct conn *c, const struct side *s)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (c->state == CONN_OPEN)
		flow_run(&p->pipes, &c->flow[s == &c->side[1]]);
	if (getsockopt(s->w.fd, SOL_SOCKET, SO_ERROR, &err, &len) || !err)
		err = ECONNRESET;
	conn_abort(p, c, strerror(err));
}

void conn_event(struct proxy *p, struct side *s, uint32_t events)
{
	struct conn *c = s->c;

	if (c->state == CONN_GONE)
		return;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP))
		s->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP))
		s->writable = true;
	if (c->state == CONN_DIALS && s == &c->side[1]) {
		if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
			dialled(p, c);
	} else if (events & EPOLLERR) {
		conn_error(p, c, s);
	} else {
		conn_run(p, c);
	}
}

void conn_expire(struct proxy *p, int64_t now)
{
	struct conn *c, *next;

	for (c = p->first; c; c = next) {
		next = c->next;
		if (c->state == CONN_DIALS) {
			if (now - c->active >= p->o->connect_ms)
				dial_failed(p, c, ETIMEDOUT);
		} else if (!p->o->idle_ms || now - c->active < p->o->idle_ms) {
			/* Those behind it were active later, but may dial. */
			if (now - c->active < p->o->connect_ms)
				break;
		} else {
			conn_abort(p, c, "idle for too long");
		}
	}
}
