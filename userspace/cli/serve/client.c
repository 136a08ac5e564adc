// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* One connection of the file server: a state machine over a non-blocking socket. */
#include <errno.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "serve/serve.h"

enum {
	TURN_BYTES = 1 << 20,	/* sent to one client before the others get their turn */
	ANSWER_COST = 1 << 16,	/* what an answer counts for in that, whatever its size */
	FLOOR_RATE = 500,	/* bytes a second that a client has to take of an answer */
	LINGER_MS = 2000,
	FAILURES_MS = 10000,	/* a span of time in which so many failed handshakes have a line */
	FAILURES_SAID = 10,
};

static void go(struct client *c, enum client_state state, uint32_t want, int ms)
{
	c->state = state;
	c->want = want;
	c->deadline = cli_now_ms() + ms;
}

static void log_error(const struct server *srv, const struct client *c, int err, const char *what)
{
	if (srv->o->verbose)
		cli_error("%s: %s: %s", c->peer, what, stream_error(&c->s, err));
}

/* Not more in a while than somebody can read; -v has all. */
static bool tell_failure(struct server *srv)
{
	client_failures(srv, false);
	if (srv->o->verbose || srv->failures.said < FAILURES_SAID) {
		srv->failures.said++;
		return true;
	}
	srv->failures.kept_back++;
	return false;
}

static void handshake_failed(struct server *srv, const struct client *c, int err)
{
	char alert[STREAM_ALERT_MAX];

	if (tell_failure(srv))
		cli_error("%s: handshake failed: %s%s", c->peer, stream_error(&c->s, err),
			  stream_alert(&c->s, err, alert));
}

void client_failures(struct server *srv, bool now)
{
	int64_t ms = cli_now_ms();

	if (!now && ms - srv->failures.since < FAILURES_MS)
		return;
	if (srv->failures.kept_back)
		cli_error("%u more handshake%s failed", srv->failures.kept_back,
			  srv->failures.kept_back == 1 ? "" : "s");
	srv->failures.since = ms;
	srv->failures.said = 0;
	srv->failures.kept_back = 0;
}

struct client *client_new(struct server *srv, int fd, const struct sockaddr_storage *peer,
			  bool tls)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c) {
		c->s.fd = fd;
		c->a.file = -1;
		net_addr_format(peer, c->peer);
		if (tls)
			c->s.tls = sealsock_conn_new(srv->cfg);
	}
	if (!c || (tls && !c->s.tls)) {
		free(c);
		close(fd);
		return NULL;
	}
	if (tls && srv->tracing)
		c->trace = serve_trace_new(srv, c);
	if (tls)
		go(c, CLIENT_HANDSHAKE, EPOLLIN, srv->o->stall_ms);
	else
		go(c, CLIENT_REQUEST, EPOLLIN, srv->o->idle_ms);
	c->next = srv->list;
	if (c->next)
		c->next->prev = c;
	srv->list = c;
	srv->conns++;
	return c;
}

void client_free(struct server *srv, struct client *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		srv->list = c->next;
	if (c->next)
		c->next->prev = c->prev;
	srv->conns--;
	srv->served++;
	answer_close(&c->a);
	serve_trace_show(srv, c);
	stream_close(&c->s);	/* epoll forgets a descriptor that is closed */
	free(c->buf);
	free(c);
}

/* The connection failed. An alert may be on its way: let the peer have it before the reset. */
static void fail(struct client *c)
{
	shutdown(c->s.fd, SHUT_WR);
	go(c, CLIENT_LINGER, EPOLLIN, LINGER_MS);
}

static void step_handshake(struct server *srv, struct client *c)
{
	struct sealsock_info info;
	int err = sealsock_handshake_fd(c->s.tls, c->s.fd);

	if (err == SEALSOCK_WANT_READ || err == SEALSOCK_WANT_WRITE) {
		c->want = err == SEALSOCK_WANT_READ ? EPOLLIN : EPOLLOUT;
		return;
	}
	if (err) {
		handshake_failed(srv, c, err);
		fail(c);
		return;
	}
	if (c->trace)
		trace_conclude(c->trace, c->s.tls);
	if (srv->o->ulp != CLI_ULP_NONE) {
		err = sealsock_install(c->s.tls, c->s.fd, srv->o->ulp == CLI_ULP_ANY ?
				       SEALSOCK_INSTALL_TLS_ULP : 0);
		if (err) {
			/* Not only with -v: without the module no connection will ever work. */
			cli_error("%s: cannot seal records in the kernel: %s", c->peer,
				  stream_error(&c->s, err));
			if (err == SEALSOCK_ERR_NO_MODULE)
				srv->module_missing = true;
			fail(c);
			return;
		}
		sealsock_release(c->s.tls);
	}
	sealsock_conn_info(c->s.tls, &info);
	c->s.path = info.path;
	go(c, CLIENT_REQUEST, EPOLLIN, srv->o->idle_ms);
}

static void start_answer(struct server *srv, struct client *c)
{
	c->body_size = c->a.left;
	c->turn -= ANSWER_COST;
	go(c, CLIENT_HEAD, EPOLLOUT, srv->o->stall_ms);
}

/* True if a whole head was there, and is answered now. */
static bool take_request(struct server *srv, struct client *c)
{
	size_t skip = 0, n;

	/* An empty line before the request is to be forgiven (RFC 9112 2.2). */
	while (skip < c->len && (c->buf[skip] == '\r' || c->buf[skip] == '\n'))
		skip++;
	c->len -= skip;
	memmove(c->buf, c->buf + skip, c->len);
	n = http_head_length(c->buf, c->len);
	if (!n && c->len < HTTP_HEAD_MAX)
		return false;
	c->started = cli_now_ms();
	if (n) {
		answer_describe(c->line, sizeof(c->line), c->buf, n);
		answer_make(&c->a, srv->dir_fd, c->buf, n, srv->stopping);
		c->len -= n;
		memmove(c->buf, c->buf + n, c->len);
	} else {
		snprintf(c->line, sizeof(c->line), "(request head over %d bytes)", HTTP_HEAD_MAX);
		answer_error(&c->a, 431);
	}
	start_answer(srv, c);
	return true;
}

static void step_request(struct server *srv, struct client *c)
{
	ssize_t n;

	if (!c->buf) {
		c->buf = malloc(HTTP_HEAD_MAX);
		if (!c->buf) {
			answer_error(&c->a, 503);
			start_answer(srv, c);
			return;
		}
	}
	if (c->len && take_request(srv, c))
		return;
	n = stream_read(&c->s, c->buf + c->len, HTTP_HEAD_MAX - c->len);
	if (n > 0) {
		/* The head as a whole has a deadline: a byte now and then does not move it. */
		if (!c->len)
			c->deadline = cli_now_ms() + srv->o->idle_ms;
		c->len += (size_t)n;
		take_request(srv, c);
	} else if (n == SEALSOCK_WANT_READ || n == SEALSOCK_WANT_WRITE) {
		c->want = n == SEALSOCK_WANT_READ ? EPOLLIN : EPOLLOUT;
		/* An idle connection needs no buffer. */
		if (!c->len) {
			free(c->buf);
			c->buf = NULL;
		}
	} else if (!n) {
		go(c, CLIENT_SHUTDOWN, EPOLLOUT, LINGER_MS);
	} else {
		log_error(srv, c, (int)n, "reading a request");
		fail(c);
	}
}

static void log_answer(const struct server *srv, const struct client *c)
{
	if (!srv->o->verbose)
		return;
	printf("%s \"", c->peer);
	cli_text(stdout, c->line, strlen(c->line));
	printf("\" %d %" PRId64 " %" PRId64 "ms\n", c->a.status, c->body_size - c->a.left,
	       cli_now_ms() - c->started);
	fflush(stdout);
}

static void end_answer(struct server *srv, struct client *c)
{
	log_answer(srv, c);
	answer_close(&c->a);
	if (c->a.close || srv->stopping)
		go(c, CLIENT_SHUTDOWN, EPOLLOUT, LINGER_MS);
	else
		go(c, CLIENT_REQUEST, EPOLLIN, srv->o->idle_ms);
}

/* After a send that did not go through: wait, or give up. */
static void send_stopped(struct server *srv, struct client *c, ssize_t n, const char *what)
{
	if (n == SEALSOCK_WANT_WRITE || n == SEALSOCK_WANT_READ) {
		c->want = n == SEALSOCK_WANT_READ ? EPOLLIN : EPOLLOUT;
		return;
	}
	log_answer(srv, c);
	log_error(srv, c, (int)n, what);
	c->state = CLIENT_GONE;
}

/* What the peer's TCP has taken so far; sending does not tell, the socket has a large buffer. */
static uint64_t bytes_acked(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) ? 0 : info.tcpi_bytes_acked;
}

/* A client that takes its answer a byte now and then would hold its place for ever. */
static bool takes_enough(struct server *srv, struct client *c)
{
	uint64_t acked = bytes_acked(c->s.fd), before = c->acked;

	c->acked = acked;
	return acked - before >= (uint64_t)srv->o->stall_ms * FLOOR_RATE / 1000;
}

static void step_head(struct server *srv, struct client *c)
{
	ssize_t n = stream_write(&c->s, c->a.head + c->a.head_sent, c->a.head_len - c->a.head_sent);

	if (n < 0) {
		send_stopped(srv, c, n, "sending an answer");
		return;
	}
	c->a.head_sent += (size_t)n;
	if (c->a.head_sent < c->a.head_len)
		return;
	if (!c->a.left) {
		end_answer(srv, c);
		return;
	}
	c->acked = bytes_acked(c->s.fd);
	go(c, CLIENT_BODY, EPOLLOUT, srv->o->stall_ms);
}

static void step_body(struct server *srv, struct client *c)
{
	while (c->a.left && c->turn > 0) {
		int64_t ask = c->a.left < c->turn ? c->a.left : c->turn;
		ssize_t n = stream_sendfile(&c->s, c->a.file, &c->a.offset, (size_t)ask);

		if (n < 0) {
			send_stopped(srv, c, n, "sending a file");
			return;
		}
		if (!n) {
			/* The promised length cannot be kept: cut, without close_notify. */
			log_answer(srv, c);
			cli_error("%s: the file became shorter while it was sent", c->peer);
			c->state = CLIENT_GONE;
			return;
		}
		c->a.left -= n;
		c->turn -= n;
	}
	c->want = EPOLLOUT;
	if (!c->a.left)
		end_answer(srv, c);
}

static void step_shutdown(struct server *srv, struct client *c)
{
	int err = stream_shutdown(&c->s);

	if (err == SEALSOCK_WANT_WRITE || err == SEALSOCK_WANT_READ) {
		c->want = EPOLLOUT;
		return;
	}
	if (err && err != SEALSOCK_ERR_CLOSED)
		log_error(srv, c, err, "closing");
	go(c, CLIENT_LINGER, EPOLLIN, LINGER_MS);
}

/*
 * Reads until the peer's end. Closing with anything unread, be it the peer's close_notify, would
 * reset the connection and could destroy the last bytes of the answer on their way.
 */
static void step_linger(struct client *c)
{
	bool opened = !c->s.tls || sealsock_conn_state(c->s.tls) == SEALSOCK_STATE_DONE;
	char sink[16384];
	ssize_t n;

	do {
		if (opened)
			n = stream_read(&c->s, sink, sizeof(sink));
		else
			n = recv(c->s.fd, sink, sizeof(sink), MSG_DONTWAIT);
		c->turn -= n > 0 ? n : 0;
	} while (n > 0 && c->turn > 0);
	if (n > 0)
		return;
	if (opened ? n != SEALSOCK_WANT_READ : !n || (errno != EAGAIN && errno != EINTR))
		c->state = CLIENT_GONE;
}

void client_step(struct server *srv, struct client *c)
{
	enum client_state before;

	c->turn = TURN_BYTES;
	do {
		before = c->state;
		switch (c->state) {
		case CLIENT_HANDSHAKE:
			step_handshake(srv, c);
			break;
		case CLIENT_REQUEST:
			step_request(srv, c);
			break;
		case CLIENT_HEAD:
			step_head(srv, c);
			break;
		case CLIENT_BODY:
			step_body(srv, c);
			break;
		case CLIENT_SHUTDOWN:
			step_shutdown(srv, c);
			break;
		case CLIENT_LINGER:
			step_linger(c);
			break;
		case CLIENT_GONE:
			break;
		}
	} while (c->state != before && c->state != CLIENT_GONE && c->turn > 0);
	/* What comes next may be in a buffer of ours already: nothing would wake this one up. */
	if (c->turn <= 0)
		c->want = EPOLLOUT;
}

void client_expire(struct server *srv, struct client *c)
{
	switch (c->state) {
	case CLIENT_REQUEST:
		if (c->len) {
			snprintf(c->line, sizeof(c->line), "(request head timed out)");
			c->started = cli_now_ms();
			answer_error(&c->a, 408);
			start_answer(srv, c);
		} else {
			go(c, CLIENT_SHUTDOWN, EPOLLOUT, LINGER_MS);
		}
		client_step(srv, c);
		break;
	case CLIENT_HANDSHAKE:
		handshake_failed(srv, c, SEALSOCK_ERR_TIMEOUT);
		c->state = CLIENT_GONE;
		break;
	case CLIENT_BODY:
		if (takes_enough(srv, c)) {
			c->deadline = cli_now_ms() + srv->o->stall_ms;
			break;
		}
		/* fallthrough */
	default:
		if (c->state != CLIENT_LINGER)
			log_error(srv, c, SEALSOCK_ERR_TIMEOUT, "sending");
		c->state = CLIENT_GONE;
		break;
	}
}

void client_stop(struct server *srv, struct client *c)
{
	if (c->state == CLIENT_HANDSHAKE) {
		c->state = CLIENT_GONE;
	} else if (c->state == CLIENT_REQUEST && !c->len) {
		go(c, CLIENT_SHUTDOWN, EPOLLOUT, LINGER_MS);
		client_step(srv, c);
	} else {
		c->a.close = true;
	}
}
