// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock client: standard input and output over TLS. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "client/session.h"

struct pump {
	struct stream s;
	bool in_done;		/* standard input has ended */
	bool shut;		/* and the peer was told */
	short socket_events;	/* what sending waits for: POLLOUT, or POLLIN */
	size_t len, sent;
	char in[16384];
	char out[16384];
};

static int parse(struct session_options *o, struct net_peer *where, bool *wait, int argc,
		 char **argv)
{
	static const struct option own[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "no-half-close", no_argument, NULL, 'n' },
		{ 0 },
	};
	struct option long_opts[SESSION_OPTS_MAX];
	bool failed;
	int opt;

	session_long_opts(long_opts, own);
	while ((opt = cli_option(&verb_client, argc, argv, ":hvn", long_opts)) != -1) {
		if (session_option(o, opt, &failed))
			continue;
		if (failed || opt == '?')
			return CLI_USAGE;
		if (opt == 'v')
			o->verbose = true;
		if (opt == 'n')
			*wait = true;
	}
	if (optind + 1 != argc)
		return cli_usage("one HOST:PORT is needed");
	if (!net_peer_parse(argv[optind], "443", where))
		return cli_usage("'%s' is not HOST:PORT or [IPV6]:PORT", argv[optind]);
	return CLI_OK;
}

static int write_all(const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(STDOUT_FILENO, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0) {
			cli_error("cannot write to standard output: %s", strerror(errno));
			return CLI_USAGE;
		}
		p += w;
		n -= (size_t)w;
	}
	return CLI_OK;
}

/* Standard input towards the peer. */
static int pump_out(struct pump *p, bool readable)
{
	ssize_t n;

	if (readable && !p->in_done && p->sent == p->len) {
		n = read(STDIN_FILENO, p->in, sizeof(p->in));
		if (n < 0 && errno != EINTR && errno != EAGAIN) {
			cli_error("cannot read standard input: %s", strerror(errno));
			return CLI_USAGE;
		}
		if (!n)
			p->in_done = true;
		p->sent = 0;
		p->len = n > 0 ? (size_t)n : 0;
	}
	p->socket_events = 0;
	while (p->sent < p->len) {
		n = stream_write(&p->s, p->in + p->sent, p->len - p->sent);
		if (n == SEALSOCK_WANT_WRITE || n == SEALSOCK_WANT_READ) {
			p->socket_events = n == SEALSOCK_WANT_WRITE ? POLLOUT : POLLIN;
			return CLI_OK;
		}
		if (n < 0)
			return session_failed(&p->s, (int)n, "sending");
		p->sent += (size_t)n;
	}
	return CLI_OK;
}

static int pump_shut(struct pump *p, bool wait)
{
	int err;

	if (!p->in_done || p->shut || p->sent < p->len || wait)
		return CLI_OK;
	err = stream_shutdown(&p->s);
	if (err == SEALSOCK_WANT_WRITE) {
		p->socket_events = POLLOUT;
		return CLI_OK;
	}
	p->shut = true;
	return err ? session_failed(&p->s, err, "sending the end") : CLI_OK;
}

/* From the peer to standard output, until nothing is there. *@end: it has closed. */
static int pump_in(struct pump *p, bool *end)
{
	ssize_t n;

	while ((n = stream_read(&p->s, p->out, sizeof(p->out))) > 0) {
		int status = write_all(p->out, (size_t)n);

		if (status)
			return status;
	}
	*end = !n;
	if (!n || n == SEALSOCK_WANT_READ || n == SEALSOCK_WANT_WRITE)
		return CLI_OK;
	return session_failed(&p->s, (int)n, "receiving");
}

static int pump_run(struct pump *p, bool wait)
{
	bool end = false, first = true;
	int status;

	for (;;) {
		const bool ask_input = !p->in_done && p->sent == p->len;
		struct pollfd fds[2] = {
			{ .fd = p->s.fd, .events = POLLIN | p->socket_events },
			{ .fd = ask_input ? STDIN_FILENO : -1, .events = POLLIN },
		};

		if (poll(fds, 2, first ? 0 : -1) < 0 && errno != EINTR) {
			cli_error("cannot wait: %s", strerror(errno));
			return CLI_USAGE;
		}
		status = pump_out(p, fds[1].revents);
		if (!status)
			status = pump_shut(p, wait);
		if (!status && (fds[0].revents || first))
			status = pump_in(p, &end);
		first = false;
		if (status)
			return status;
		if (end)
			return CLI_OK;
	}
}

static int run(int argc, char **argv)
{
	struct session_options o = { .timeout_ms = 30000 };
	static struct pump p;
	struct net_peer where;
	bool wait = false;
	int status;

	status = parse(&o, &where, &wait, argc, argv);
	if (status)
		return status;
	status = session_open(&p.s, &o, &where, where.host, true);
	if (status)
		return status;
	sealsock_conn_set_timeout(p.s.tls, -1);
	fcntl(p.s.fd, F_SETFL, fcntl(p.s.fd, F_GETFL) | O_NONBLOCK);
	status = pump_run(&p, wait);
	if (!p.shut)
		stream_shutdown(&p.s);
	stream_close(&p.s);
	explicit_bzero(&p, sizeof(p));
	return status;
}

const struct cli_verb verb_client = {
	.name = "client",
	.summary = "connect standard input and output over TLS",
	.run = run,
	.help =
	"Usage: sealsock client [OPTION]... HOST[:PORT]\n"
	"Sends standard input and prints what comes back. At the end of the input the peer is told\n"
	"so (close_notify); reading goes on until the peer ends, too.\n\n"
	"  -n, --no-half-close    at the end of the input say nothing, wait for the peer's end\n"
	"  -v, --verbose          tell what was negotiated\n"
	SESSION_HELP
	"  -h, --help             this text\n\n"
	"Example:\n"
	"  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | sealsock client www.example.org:443\n\n"
	"Exit status: 0 both sides ended; 2 usage, or a local file cannot be used; 3 could not\n"
	"connect, or timed out; 4 the handshake or the verification of the server failed, or it\n"
	"broke the protocol later; 5 the kernel module is missing or refused; 6 the connection was\n"
	"cut before its end.\n",
};
