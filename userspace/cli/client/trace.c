// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock trace: one handshake, made to be seen. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "client/session.h"
#include "trace/trace.h"

enum { OPT_JSON = 0x200, OPT_HTML, OPT_SECRETS, OPT_WAIT, OPT_RESUME };

struct trace_options {
	struct session_options session;
	struct net_peer where;
	const char *html;
	bool json;
	bool secrets;
	bool resume;
	long wait_ms;
};

static int parse(struct trace_options *o, int argc, char **argv)
{
	static const struct option own[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "html", required_argument, NULL, OPT_HTML },
		{ "secrets", no_argument, NULL, OPT_SECRETS },
		{ "resume", no_argument, NULL, OPT_RESUME },
		{ "wait", required_argument, NULL, OPT_WAIT },
		{ 0 },
	};
	struct option long_opts[SESSION_OPTS_MAX];
	bool failed;
	int opt;

	session_long_opts(long_opts, own);
	while ((opt = cli_option(&verb_trace, argc, argv, ":h", long_opts)) != -1) {
		if (session_option(&o->session, opt, &failed))
			continue;
		if (failed || opt == '?')
			return CLI_USAGE;
		if (opt == OPT_JSON)
			o->json = true;
		else if (opt == OPT_HTML)
			o->html = optarg;
		else if (opt == OPT_SECRETS)
			o->secrets = true;
		else if (opt == OPT_RESUME)
			o->resume = true;
		else if (!cli_number(optarg, "--wait", 0, 60000, &o->wait_ms))
			return CLI_USAGE;
	}
	if (optind + 1 != argc)
		return cli_usage("one HOST[:PORT] is needed");
	if (!net_peer_parse(argv[optind], "443", &o->where))
		return cli_usage("'%s' is not HOST:PORT or [IPV6]:PORT", argv[optind]);
	return CLI_OK;
}

/* Reads what comes on its own within @ms: tickets, the peer's end. Data is of no interest. */
static void listen_for(struct stream *s, long ms)
{
	int64_t until = cli_now_ms() + ms, left;
	char sink[4096];
	ssize_t n;

	while ((left = until - cli_now_ms()) > 0) {
		n = stream_read(s, sink, sizeof(sink));
		if (n <= 0 && n != SEALSOCK_WANT_READ)
			return;
		if (n < 0 && net_wait(s->fd, POLLIN, (int)left) <= 0)
			return;
	}
}

static int show(const struct trace_options *o, const struct trace_log *log)
{
	if (o->html && !trace_write_html(o->html, log))
		return CLI_USAGE;
	if (o->json)
		trace_print_json(stdout, log);
	else if (!o->html)
		trace_print_text(stdout, log, isatty(STDOUT_FILENO));
	if (fflush(stdout) || ferror(stdout)) {
		cli_error("cannot write to standard output");
		return CLI_USAGE;
	}
	return CLI_OK;
}

/* One connection, from its first message to its end. */
static int visit(const struct trace_options *o, struct trace_log *log)
{
	struct stream s;
	int status = session_open(&s, &o->session, &o->where, o->where.host, true);

	if (status)
		return status;
	trace_conclude(log, s.tls);
	fcntl(s.fd, F_SETFL, fcntl(s.fd, F_GETFL) | O_NONBLOCK);
	listen_for(&s, o->wait_ms);
	stream_shutdown(&s);
	listen_for(&s, o->wait_ms);
	stream_close(&s);
	return CLI_OK;
}

/* A connection that is not shown: it brings the session for the one that is. */
static int visit_before(struct trace_options *o, struct trace_log *log)
{
	int err, status;

	o->session.cfg = session_config(&o->session);
	if (!o->session.cfg)
		return CLI_USAGE;
	err = sealsock_config_session_store(o->session.cfg, NULL);
	if (cli_setting(o->session.cfg, err, "session store", "memory"))
		return CLI_USAGE;
	status = visit(o, log);
	trace_log_free(log);
	return status;
}

static int run(int argc, char **argv)
{
	struct trace_options o = {
		.session = { .timeout_ms = 30000, .ulp = CLI_ULP_NONE }, .wait_ms = 500,
	};
	struct trace_log log;
	int status, shown;

	status = parse(&o, argc, argv);
	if (status)
		return status;
	trace_log_init(&log, SEALSOCK_CLIENT, o.secrets);
	snprintf(log.title, sizeof(log.title), "TLS handshake with %s port %s", o.where.host,
		 o.where.port);
	snprintf(log.peer, sizeof(log.peer), "%s", o.where.host);
	o.session.trace = &log;
	status = o.resume ? visit_before(&o, &log) : CLI_OK;
	if (!status)
		status = visit(&o, &log);
	if (log.n) {
		shown = show(&o, &log);
		status = status ? status : shown;
	}
	trace_log_free(&log);
	sealsock_config_unref(o.session.cfg);
	return status;
}

const struct cli_verb verb_trace = {
	.name = "trace",
	.summary = "show a handshake, message by message",
	.run = run,
	.help =
	"Usage: sealsock trace [OPTION]... HOST[:PORT]\n"
	"Makes one TLS connection and shows every message of its handshake field by field: who sent\n"
	"it, what was encrypted, how the keys came about, and what somebody on the network could\n"
	"read.\n\n"
	"      --json             one JSON object\n"
	"      --html FILE        write a page with a drawing of the two sides (and nothing else,\n"
	"                         but for --json)\n"
	"      --secrets          show the values of keys: who sees them can decrypt the connection\n"
	"      --resume           connect twice, and show how the second resumes the first\n"
	"      --wait MS          for what comes after the handshake, such as tickets (500)\n"
	SESSION_HELP
	"  -h, --help             this text\n\n"
	"Records are sealed in this program unless --ulp says otherwise.\n\n"
	"Example:\n"
	"  sealsock trace --html handshake.html www.example.org\n\n"
	"Exit status: 0 shown; 2 usage, or a local file cannot be used; 3 could not connect, or timed\n"
	"out; 4 the handshake or the verification of the server failed (what there was is shown);\n"
	"5 the kernel module is missing or refused.\n",
};
