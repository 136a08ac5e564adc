/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room serve/: the file server. It sees http/, trace/ and the hall.
 *
 * What its event loop, its connections and its answers share.
 */
#ifndef SEALSOCK_CLI_SERVE_H
#define SEALSOCK_CLI_SERVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "cli.h"
#include "http/http.h"
#include "net.h"
#include "stream.h"
#include "trace/trace.h"

struct serve_options {
	const char *dir;
	const char *cert, *key;
	const char *addr;		/* a list, or NULL: SERVE_ADDRS */
	const char *names;		/* of the throw-away certificate */
	const char *write_ca;
	const char *profile, *versions, *ciphers, *groups, *keylog;
	const char *client_ca;		/* who issues the clients' certificates */
	const char *ticket_keys;
	const char *ech_keys;
	unsigned int port;
	unsigned int plain_port;
	bool plain;
	bool once;
	bool verbose;
	bool trace, trace_json, secrets;
	const char *trace_html;
	enum cli_ulp ulp;
	unsigned int max_conns;
	int idle_ms;			/* between requests, and for a request's head */
	int stall_ms;			/* a peer that takes too little, or a handshake */
};

#define SERVE_ADDRS "127.0.0.1,::1"	/* what "localhost" is */

enum { SERVE_LISTENERS = 16 };

struct listener {
	int fd;
	bool tls;
	bool armed;
	char addr[NET_HOST_MAX];
};

/* One answer on its way out. */
struct answer {
	int status;
	int file;			/* -1: no file behind it */
	off_t offset;
	int64_t left;			/* bytes of the file still to send */
	bool close;			/* the connection ends behind it */
	bool keep_alive;		/* it does not, which HTTP/1.0 has to be told */
	size_t head_len, head_sent;
	char head[1024];		/* head, and the body where that is a line of text */
};

/*
 * Makes the answer to the request head @buf, @len bytes, from the files beneath @dir_fd. Never
 * fails: what goes wrong becomes a status. @last: no other request will be answered here.
 */
void answer_make(struct answer *a, int dir_fd, const char *buf, size_t len, bool last);
/* What the log is to say about that request. */
void answer_describe(char *line, size_t size, const char *buf, size_t len);
/* An answer that needs no request: 408, 431, 503. It closes the connection. */
void answer_error(struct answer *a, int status);
void answer_close(struct answer *a);		/* closes its file */

enum client_state {
	CLIENT_HANDSHAKE,
	CLIENT_REQUEST,		/* between requests, or inside a head */
	CLIENT_HEAD,		/* sending the answer's head */
	CLIENT_BODY,		/* sending its file */
	CLIENT_SHUTDOWN,	/* close_notify and FIN are to be sent */
	CLIENT_LINGER,		/* waiting for the peer's end, so that nothing sent is lost */
	CLIENT_GONE,		/* to be freed */
};

struct client {
	struct client *prev, *next;
	struct stream s;
	enum client_state state;
	int64_t deadline;	/* monotonic milliseconds */
	int64_t turn;		/* what is left of this one, see client_step() */
	uint64_t acked;		/* bytes the peer's TCP had taken when the deadline was set */
	uint32_t events;	/* what epoll was told to wait for */
	uint32_t want;		/* what this state waits for */
	size_t len;		/* bytes in buf */
	char *buf;		/* HTTP_HEAD_MAX bytes while a request is being read, else NULL */
	struct answer a;
	int64_t started;	/* of this request */
	int64_t body_size;
	char peer[NET_ADDR_MAX];
	struct trace_log *trace;	/* with --trace, until it has been shown */
	char line[256];
};

struct server {
	const struct serve_options *o;
	struct sealsock_config *cfg;
	int dir_fd;
	int epoll;
	int signal_fd;
	unsigned int signals;	/* SIGTERM, SIGINT so far */
	bool tracing;
	bool stopping;
	bool module_missing;	/* install said so: the whole server cannot work */
	struct listener listener[SERVE_LISTENERS];
	unsigned int listeners;
	struct {		/* of the lines that say why handshakes failed */
		int64_t since;	/* of a span of time that has its number of them */
		unsigned int said, kept_back;
	} failures;
	unsigned int conns;
	unsigned long served;	/* connections that have ended */
	struct client *list;
};

/* A new connection; takes @fd. NULL, with @fd closed, where memory or libcrypto fail. */
struct client *client_new(struct server *srv, int fd, const struct sockaddr_storage *peer,
			  bool tls);
/*
 * Goes on as far as the socket allows, and not further than one turn: the others have theirs. Sets
 * state, want and deadline.
 */
void client_step(struct server *srv, struct client *c);
/* Its deadline has passed, or the server stops. */
void client_expire(struct server *srv, struct client *c);
void client_stop(struct server *srv, struct client *c);
/* Tells how many failures were not told of one by one, if the time has come, or @now. */
void client_failures(struct server *srv, bool now);
struct trace_log *serve_trace_new(const struct server *srv, const struct client *c);
/* For sealsock_config_trace(): finds the connection's log. @arg is the server. */
void serve_trace_event(void *arg, const struct sealsock_trace_event *e);
/* Prints @c's handshake, if there is one to be shown, and forgets it. */
void serve_trace_show(const struct server *srv, struct client *c);
void client_free(struct server *srv, struct client *c);

/*
 * Listens on all addresses, and says where; @port 0: any that is free on all of them. False after a
 * message.
 */
bool serve_listen(struct server *srv, bool tls, unsigned int port);
void serve_listen_end(struct server *srv);

/* Runs until a signal, or for one connection with --once. Returns the exit status. */
int server_run(struct server *srv);

/*
 * A throw-away certificate for @names (comma-separated; host names and IP addresses), PEM, both
 * parts allocated with malloc. Valid for a week. false after a message.
 */
struct throwaway {
	char *cert, *key;
	size_t cert_len, key_len;
	char fingerprint[96];	/* SHA-256, colon-separated */
};

bool throwaway_make(struct throwaway *t, const char *names);
void throwaway_free(struct throwaway *t);

#endif
