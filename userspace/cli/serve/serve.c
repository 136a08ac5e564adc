// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock serve: options, configuration, listening sockets. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "serve/serve.h"

enum { OPT_CERT = 0x200, OPT_KEY, OPT_PLAIN, OPT_NAMES, OPT_WRITE_CA, OPT_ONCE, OPT_CIPHERS,
	OPT_GROUPS, OPT_KEYLOG, OPT_ULP, OPT_PROFILE, OPT_VERSIONS, OPT_CLIENT_CA, OPT_TICKET_KEYS,
	OPT_ECH_KEYS, OPT_TRACE, OPT_TRACE_JSON, OPT_TRACE_HTML, OPT_SECRETS,
	OPT_MAX, OPT_IDLE, OPT_STALL };

static bool number_option(struct serve_options *o, int opt)
{
	static const struct {
		int opt;
		const char *name;
		long min, max;
	} map[] = {
		{ 'p', "--port", 0, 65535 }, { OPT_PLAIN, "--plain", 0, 65535 },
		{ OPT_MAX, "--max-connections", 1, 100000 },
		{ OPT_IDLE, "--idle-timeout", 1, 86400 }, { OPT_STALL, "--timeout", 1, 86400 },
	};
	size_t i = 0;
	long v;

	while (map[i].opt != opt)
		i++;
	if (!cli_number(optarg, map[i].name, map[i].min, map[i].max, &v))
		return false;
	switch (opt) {
	case 'p':
		o->port = (unsigned int)v;
		break;
	case OPT_PLAIN:
		o->plain_port = (unsigned int)v;
		break;
	case OPT_MAX:
		o->max_conns = (unsigned int)v;
		break;
	case OPT_IDLE:
		o->idle_ms = (int)v * 1000;
		break;
	case OPT_STALL:
		o->stall_ms = (int)v * 1000;
		break;
	}
	return true;
}

static bool text_option(struct serve_options *o, int opt)
{
	const struct {
		int opt;
		const char **to;
	} map[] = {
		{ 'a', &o->addr }, { OPT_CERT, &o->cert }, { OPT_KEY, &o->key },
		{ OPT_NAMES, &o->names }, { OPT_WRITE_CA, &o->write_ca },
		{ OPT_PROFILE, &o->profile },
		{ OPT_VERSIONS, &o->versions }, { OPT_CLIENT_CA, &o->client_ca },
		{ OPT_TICKET_KEYS, &o->ticket_keys }, { OPT_ECH_KEYS, &o->ech_keys },
		{ OPT_CIPHERS, &o->ciphers }, { OPT_GROUPS, &o->groups },
		{ OPT_KEYLOG, &o->keylog }, { OPT_TRACE_HTML, &o->trace_html },
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		if (map[i].opt == opt) {
			*map[i].to = optarg;
			return true;
		}
	}
	return false;
}

static bool flag_option(struct serve_options *o, int opt)
{
	const struct {
		int opt;
		bool *to;
	} map[] = {
		{ 'v', &o->verbose }, { OPT_ONCE, &o->once }, { OPT_TRACE, &o->trace },
		{ OPT_TRACE_JSON, &o->trace_json }, { OPT_SECRETS, &o->secrets },
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		if (map[i].opt == opt) {
			*map[i].to = true;
			return true;
		}
	}
	return false;
}

static int parse(struct serve_options *o, int argc, char **argv)
{
	static const struct option long_opts[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "port", required_argument, NULL, 'p' },
		{ "addr", required_argument, NULL, 'a' },
		{ "cert", required_argument, NULL, OPT_CERT },
		{ "key", required_argument, NULL, OPT_KEY },
		{ "names", required_argument, NULL, OPT_NAMES },
		{ "write-ca", required_argument, NULL, OPT_WRITE_CA },
		{ "plain", required_argument, NULL, OPT_PLAIN },
		{ "profile", required_argument, NULL, OPT_PROFILE },
		{ "versions", required_argument, NULL, OPT_VERSIONS },
		{ "client-ca", required_argument, NULL, OPT_CLIENT_CA },
		{ "ticket-keys", required_argument, NULL, OPT_TICKET_KEYS },
		{ "ech-keys", required_argument, NULL, OPT_ECH_KEYS },
		{ "ciphers", required_argument, NULL, OPT_CIPHERS },
		{ "groups", required_argument, NULL, OPT_GROUPS },
		{ "keylog", required_argument, NULL, OPT_KEYLOG },
		{ "ulp", required_argument, NULL, OPT_ULP },
		{ "max-connections", required_argument, NULL, OPT_MAX },
		{ "idle-timeout", required_argument, NULL, OPT_IDLE },
		{ "timeout", required_argument, NULL, OPT_STALL },
		{ "once", no_argument, NULL, OPT_ONCE },
		{ "trace", no_argument, NULL, OPT_TRACE },
		{ "trace-json", no_argument, NULL, OPT_TRACE_JSON },
		{ "trace-html", required_argument, NULL, OPT_TRACE_HTML },
		{ "secrets", no_argument, NULL, OPT_SECRETS },
		{ 0 },
	};
	int opt;

	while ((opt = cli_option(&verb_serve, argc, argv, ":hvp:a:", long_opts)) != -1) {
		if (opt == '?')
			return CLI_USAGE;
		if (flag_option(o, opt))
			continue;
		if (opt == OPT_ULP) {
			if (!cli_ulp(optarg, &o->ulp))
				return CLI_USAGE;
		} else if (!text_option(o, opt)) {
			if (!number_option(o, opt))
				return CLI_USAGE;
			o->plain |= opt == OPT_PLAIN;
		}
	}
	if (optind + 1 != argc)
		return cli_usage("one directory is needed");
	o->dir = argv[optind];
	if (!o->cert != !o->key)
		return cli_usage("--cert and --key go together");
	if (o->cert && (o->write_ca || o->names))
		return cli_usage("--names and --write-ca are for the throw-away certificate only");
	return CLI_OK;
}

static bool write_ca(const char *path, const struct throwaway *t)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fwrite(t->cert, 1, t->cert_len, f) == t->cert_len;

	if (f && fclose(f))
		ok = false;
	if (!ok)
		cli_error("cannot write '%s': %s", path, strerror(errno));
	return ok;
}

static int use_throwaway(struct sealsock_config *cfg, const struct serve_options *o)
{
	char host[256] = "localhost", names[640];
	struct throwaway t;
	int err;

	gethostname(host, sizeof(host) - 1);
	snprintf(names, sizeof(names), "localhost,127.0.0.1,::1%s%s%s%s",
		 *host && strcmp(host, "localhost") && !strchr(host, '(') ? "," : "",
		 strcmp(host, "localhost") && !strchr(host, '(') ? host : "",
		 o->names ? "," : "", o->names ? o->names : "");
	if (!throwaway_make(&t, names))
		return -1;
	err = cli_setting(cfg, sealsock_config_cert_mem(cfg, t.cert, t.cert_len, t.key, t.key_len),
			  "throw-away certificate for", names);
	if (!err && o->write_ca && !write_ca(o->write_ca, &t))
		err = -1;
	if (!err)
		printf("throw-away certificate for %s\nSHA-256 fingerprint %s\n", names,
		       t.fingerprint);
	throwaway_free(&t);
	return err;
}

/* Every client has to have a certificate of one of these, and is told so. */
static int want_clients(struct sealsock_config *cfg, const char *path)
{
	int err = sealsock_config_ca_file(cfg, path);

	return err ? err : sealsock_config_client_auth(cfg, SEALSOCK_VERIFY_REQUIRED, path);
}

static int configure(struct sealsock_config *cfg, const struct serve_options *o)
{
	const struct {
		const char *name, *value;
		int (*set)(struct sealsock_config *cfg, const char *value);
	} words[] = {
		{ "ALPN", "http/1.1", sealsock_config_alpn },
		{ "--profile", o->profile, sealsock_config_profile },	/* sets the next three */
		{ "--versions", o->versions, sealsock_config_versions },
		{ "--ciphers", o->ciphers, sealsock_config_ciphers },
		{ "--groups", o->groups, sealsock_config_groups },
		{ "--client-ca", o->client_ca, want_clients },
		{ "--ticket-keys", o->ticket_keys, sealsock_config_ticket_keys_file },
		{ "--ech-keys", o->ech_keys, sealsock_config_ech_keys_file },
	};
	int err;

	if (o->cert)
		err = cli_setting(cfg, sealsock_config_cert_file(cfg, o->cert, o->key),
				  "certificate", o->cert);
	else
		err = use_throwaway(cfg, o);
	for (size_t i = 0; !err && i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].value)
			err = cli_setting(cfg, words[i].set(cfg, words[i].value), words[i].name,
					  words[i].value);
	if (!err && o->keylog)
		err = cli_setting(cfg, sealsock_config_keylog_file(cfg, o->keylog),
				  "--keylog", o->keylog);
	return err;
}

static int configure_trace(struct server *srv)
{
	int err = 0;

	if (srv->tracing)
		err = sealsock_config_trace(srv->cfg, serve_trace_event, srv);
	if (!err)
		err = sealsock_config_trace_secrets(srv->cfg, srv->o->secrets);
	return cli_setting(srv->cfg, err, "tracing", "handshakes");
}

/* Without a record path every connection would fail: better to say so before the first one. */
static bool path_there(const struct serve_options *o)
{
	unsigned int paths;

	if (o->ulp == CLI_ULP_NONE)
		return true;
	paths = sealsock_paths();
	if (paths & 1u << SEALSOCK_PATH_SEALSOCK)
		return true;
	if (o->ulp == CLI_ULP_ANY && (paths & 1u << SEALSOCK_PATH_TLS))
		return true;
	cli_error("the kernel has no ULP 'sealsock': the module is not loaded");
	cli_module_advice();
	return false;
}

/* What no handshake could succeed with is better said before the first one. */
static bool can_work(const struct server *srv)
{
	char wrong[512];

	if (!sealsock_config_check(srv->cfg, wrong, sizeof(wrong)))
		return true;
	wrong[strcspn(wrong, "\n")] = '\0';
	cli_error("the configuration cannot work: %s", wrong);
	return false;
}

static int serve(struct server *srv, const struct serve_options *o)
{
	int status = CLI_USAGE;

	if (serve_listen(srv, true, o->port) &&
	    (!o->plain || serve_listen(srv, false, o->plain_port))) {
		fflush(stdout);
		status = server_run(srv);
	}
	serve_listen_end(srv);
	return status;
}

/* Every connection takes a descriptor, and one more for its file. */
static void raise_limits(const struct serve_options *o)
{
	rlim_t need = (rlim_t)o->max_conns * 2 + 32;
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) || lim.rlim_cur >= need)
		return;
	lim.rlim_cur = lim.rlim_max < need ? lim.rlim_max : need;
	setrlimit(RLIMIT_NOFILE, &lim);
}

static int run(int argc, char **argv)
{
	struct serve_options o = {
		.port = 8443, .max_conns = 1000,
		.idle_ms = 15000, .stall_ms = 30000,
	};
	struct server srv = { .o = &o };
	int status;

	status = parse(&o, argc, argv);
	if (status)
		return status;
	srv.dir_fd = open(o.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (srv.dir_fd < 0) {
		cli_error("cannot open the directory '%s': %s", o.dir, strerror(errno));
		return CLI_USAGE;
	}
	raise_limits(&o);
	srv.tracing = o.trace || o.trace_json || o.trace_html;
	status = CLI_USAGE;
	srv.cfg = sealsock_config_new(SEALSOCK_SERVER);
	if (!srv.cfg)
		cli_error("cannot set up TLS: no memory, or libcrypto lacks an algorithm");
	else if (!path_there(&o))
		status = CLI_KERNEL;
	else if (!configure(srv.cfg, &o) && !configure_trace(&srv) && can_work(&srv))
		status = serve(&srv, &o);
	sealsock_config_unref(srv.cfg);
	close(srv.dir_fd);
	return status;
}

const struct cli_verb verb_serve = {
	.name = "serve",
	.summary = "serve the files of a directory over HTTPS",
	.run = run,
	.help =
	"Usage: sealsock serve [OPTION]... DIR\n"
	"Serves the files beneath DIR over HTTPS/1.1: GET and HEAD, ranges, keep-alive. After the\n"
	"handshake the kernel seals what sendfile(2) sends; this program sees no TLS byte.\n\n"
	"  -a, --addr LIST            numeric addresses to listen on (127.0.0.1,::1; '::' is all)\n"
	"  -p, --port PORT            port to listen on (8443; 0: any free one)\n"
	"      --cert FILE            certificate chain, PEM, the server's own first\n"
	"      --key FILE             its private key, PEM\n"
	"                             Without these a throw-away certificate is made\n"
	"      --names LIST           more names and addresses for the throw-away certificate\n"
	"      --write-ca FILE        write the throw-away certificate, for clients to trust\n"
	"      --plain PORT           serve the same without TLS on PORT, for comparison\n"
	"      --client-ca FILE       clients must have a certificate of one of these issuers\n"
	"      --ticket-keys FILE     keys of session tickets, shared with other servers\n"
	"      --ech-keys FILE        keys of Encrypted Client Hello, see 'sealsock ech'\n"
	"      --profile NAME         default, modern, or legacy for very old clients\n"
	"      --versions LIST        such as TLSv1.2,TLSv1.3\n"
	"      --ciphers LIST         cipher suites, best first\n"
	"      --groups LIST          key exchange groups, best first\n"
	"      --ulp HOW              records: sealsock (default, our module), any (else the\n"
	"                             kernel's own tls), none (in this program)\n"
	"      --max-connections N    at once (1000)\n"
	"      --timeout SECONDS      for handshakes, and for peers that take too little (30)\n"
	"      --idle-timeout SECONDS between requests, and for the head of one (15)\n"
	"      --once                 leave after one connection\n"
	"      --trace                print every handshake, field by field\n"
	"      --trace-json           the same as one JSON object a connection\n"
	"      --trace-html FILE      write the last connection's as a page with a drawing\n"
	"      --secrets              with the values of keys\n"
	"      --keylog FILE          append every connection's secrets, for debugging\n"
	"  -v, --verbose              one line per request\n"
	"  -h, --help                 this text\n\n"
	"Example:\n"
	"  sealsock serve --write-ca ca.pem /srv/files &\n"
	"  curl --cacert ca.pem -O https://localhost:8443/big.iso\n\n"
	"SIGTERM and SIGINT stop it after what is being sent. Exit status: 0 stopped; 2 usage, or a\n"
	"file or address cannot be used; 5 the kernel module is missing.\n",
};
