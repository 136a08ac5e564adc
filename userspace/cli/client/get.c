// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock get: one download. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/get.h"

enum { OPT_CONNECT = 0x200, OPT_RANGE, OPT_HEAD };

static bool range_ok(const char *r)
{
	const char *dash = strchr(r, '-');

	return dash && r[1] && strlen(r) <= 40 && strspn(r, "0123456789-") == strlen(r) &&
	       !strchr(dash + 1, '-');
}

static int parse(struct get_options *o, int argc, char **argv)
{
	static const struct option own[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "output", required_argument, NULL, 'o' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "head", no_argument, NULL, 'I' },
		{ "connect", required_argument, NULL, OPT_CONNECT },
		{ "range", required_argument, NULL, OPT_RANGE },
		{ 0 },
	};
	struct option long_opts[SESSION_OPTS_MAX];
	bool failed;
	int opt;

	session_long_opts(long_opts, own);
	while ((opt = cli_option(&verb_get, argc, argv, ":hvo:qI", long_opts)) != -1) {
		if (session_option(&o->session, opt, &failed))
			continue;
		if (failed || opt == '?')
			return CLI_USAGE;
		switch (opt) {
		case 'v':
			o->session.verbose = true;
			break;
		case 'o':
			o->output = optarg;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'I':
			o->head = true;
			break;
		case OPT_CONNECT:
			o->connect = optarg;
			break;
		case OPT_RANGE:
			if (!range_ok(optarg))
				return cli_usage("--range '%s' is not FIRST-LAST, FIRST- or -N",
						 optarg);
			o->range = optarg;
			break;
		}
	}
	if (optind + 1 != argc)
		return cli_usage("one URL is needed");
	o->url = argv[optind];
	return CLI_OK;
}

static int open_output(struct download *d, const struct get_options *o)
{
	d->name = "standard output";
	d->out = STDOUT_FILENO;
	if (!o->output || !strcmp(o->output, "-"))
		return CLI_OK;
	d->name = o->output;
	d->out = open(o->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (d->out >= 0)
		return CLI_OK;
	cli_error("cannot write '%s': %s", o->output, strerror(errno));
	return CLI_USAGE;
}

static int send_request(struct download *d, const struct get_options *o)
{
	char head[4096];
	size_t sent = 0;
	int len;

	len = snprintf(head, sizeof(head),
		       "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: sealsock/%s\r\nAccept: */*\r\n"
		       "%s%s%sConnection: close\r\n\r\n",
		       o->head ? "HEAD" : "GET", d->url.path, d->url.authority, sealsock_version(),
		       o->range ? "Range: bytes=" : "", o->range ? o->range : "",
		       o->range ? "\r\n" : "");
	while (sent < (size_t)len) {
		ssize_t n = stream_write(&d->s, head + sent, (size_t)len - sent);

		if (n == SEALSOCK_WANT_WRITE)
			continue;	/* interrupted: the socket blocks */
		if (n < 0)
			return session_failed(&d->s, (int)n, "sending the request");
		sent += (size_t)n;
	}
	return CLI_OK;
}

static int finish(struct download *d, const struct get_options *o, int status)
{
	if (d->out > STDOUT_FILENO && close(d->out) && !status) {
		cli_error("cannot write '%s': %s", d->name, strerror(errno));
		status = CLI_USAGE;
	}
	download_progress_end(d);
	if (status == CLI_CUT || status == CLI_CONNECT) {
		if (d->length >= 0)
			cli_error("%s: %" PRId64 " of %" PRId64 " bytes came; %s has only these",
				  o->url, d->got, d->length, d->name);
		else
			cli_error("%s: %" PRId64 " bytes came; %s has only these", o->url,
				  d->got, d->name);
	}
	return status;
}

static int run(int argc, char **argv)
{
	struct get_options o = { .session = { .timeout_ms = 30000, .alpn = "http/1.1" } };
	struct download *d = calloc(1, sizeof(*d));
	struct net_peer where;
	const char *why;
	int status;

	if (!d) {
		cli_error("no memory");
		return CLI_USAGE;
	}
	status = parse(&o, argc, argv);
	if (status)
		goto out;
	status = CLI_USAGE;
	why = url_parse(o.url, &d->url);
	if (why) {
		cli_usage("the URL '%s' cannot be used: %s", o.url, why);
		goto out;
	}
	where = d->url.peer;
	if (o.connect && !net_peer_parse(o.connect, d->url.peer.port, &where)) {
		cli_usage("--connect '%s' is not HOST, HOST:PORT or [IPV6]:PORT", o.connect);
		goto out;
	}
	status = session_open(&d->s, &o.session, &where, d->url.peer.host, d->url.tls);
	if (status)
		goto out;
	status = send_request(d, &o);
	if (!status)
		status = download_head(d, &o);
	/* The page of an error is not the file that was asked for: it is not stored. */
	if (!status && d->rsp.status / 100 != 2)
		status = CLI_ANSWER;
	if (!status && !o.head)
		status = download_range(d, &o);
	if (!status && !o.head)
		status = open_output(d, &o);
	if (!status && !o.head)
		status = finish(d, &o, download_body(d, &o));
	stream_shutdown(&d->s);
	stream_close(&d->s);
out:
	free(d);
	return status;
}

const struct cli_verb verb_get = {
	.name = "get",
	.summary = "download over HTTPS",
	.run = run,
	.help =
	"Usage: sealsock get [OPTION]... URL\n"
	"Downloads URL (https:// or http://) with its records opened in the kernel. Redirects are\n"
	"reported, not followed.\n\n"
	"  -o, --output FILE      write there, not to standard output\n"
	"      --connect HOST[:PORT]  connect there instead of to the URL's host\n"
	"      --range FIRST-LAST  only these bytes; also FIRST- and -N\n"
	"  -I, --head             ask for the head only, and print it\n"
	"  -q, --quiet            no progress\n"
	"  -v, --verbose          tell what was negotiated, and what came\n"
	SESSION_HELP
	"  -h, --help             this text\n\n"
	"Example:\n"
	"  sealsock get https://www.example.org/ -o page.html\n\n"
	"Exit status: 0 done; 1 the server answered, but not with 2xx; 2 usage, or a local file\n"
	"cannot be used; 3 could not connect, or timed out; 4 the handshake or the verification of\n"
	"the server failed; 5 the kernel module is missing or refused; 6 the connection was cut\n"
	"before its end.\n",
};
