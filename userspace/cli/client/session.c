// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "client/ech.h"
#include "client/session.h"

void session_long_opts(struct option out[SESSION_OPTS_MAX], const struct option *own)
{
	static const struct option shared[] = {
		{ "cacert", required_argument, NULL, SESSION_OPT_CACERT },
		{ "insecure", no_argument, NULL, SESSION_OPT_INSECURE },
		{ "cert", required_argument, NULL, SESSION_OPT_CERT },
		{ "key", required_argument, NULL, SESSION_OPT_KEY },
		{ "profile", required_argument, NULL, SESSION_OPT_PROFILE },
		{ "versions", required_argument, NULL, SESSION_OPT_VERSIONS },
		{ "ciphers", required_argument, NULL, SESSION_OPT_CIPHERS },
		{ "groups", required_argument, NULL, SESSION_OPT_GROUPS },
		{ "keylog", required_argument, NULL, SESSION_OPT_KEYLOG },
		{ "alpn", required_argument, NULL, SESSION_OPT_ALPN },
		{ "servername", required_argument, NULL, SESSION_OPT_SERVERNAME },
		{ "ech", required_argument, NULL, SESSION_OPT_ECH },
		{ "ulp", required_argument, NULL, SESSION_OPT_ULP },
		{ "timeout", required_argument, NULL, SESSION_OPT_TIMEOUT },
		{ 0 },
	};
	unsigned int n = 0;

	while (own->name)
		out[n++] = *own++;
	memcpy(out + n, shared, sizeof(shared));
}

static bool text_option(struct session_options *o, int opt)
{
	const struct {
		int opt;
		const char **to;
	} map[] = {
		{ SESSION_OPT_CACERT, &o->cacert }, { SESSION_OPT_CERT, &o->cert },
		{ SESSION_OPT_KEY, &o->key }, { SESSION_OPT_VERSIONS, &o->versions },
		{ SESSION_OPT_CIPHERS, &o->ciphers }, { SESSION_OPT_GROUPS, &o->groups },
		{ SESSION_OPT_KEYLOG, &o->keylog }, { SESSION_OPT_ALPN, &o->alpn },
		{ SESSION_OPT_SERVERNAME, &o->servername }, { SESSION_OPT_PROFILE, &o->profile },
		{ SESSION_OPT_ECH, &o->ech },
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		if (map[i].opt == opt) {
			*map[i].to = optarg;
			return true;
		}
	}
	return false;
}

bool session_option(struct session_options *o, int opt, bool *failed)
{
	long v;

	*failed = false;
	if (text_option(o, opt))
		return true;
	switch (opt) {
	case SESSION_OPT_INSECURE:
		o->insecure = true;
		return true;
	case SESSION_OPT_ULP:
		*failed = !cli_ulp(optarg, &o->ulp);
		return !*failed;
	case SESSION_OPT_TIMEOUT:
		*failed = !cli_number(optarg, "--timeout", 1, 86400, &v);
		if (!*failed)
			o->timeout_ms = (int)v * 1000;
		return !*failed;
	default:
		return false;
	}
}

static int configure(struct sealsock_config *cfg, const struct session_options *o)
{
	const struct {
		const char *name, *value;
		int (*set)(struct sealsock_config *cfg, const char *value);
	} lists[] = {
		{ "--profile", o->profile, sealsock_config_profile },	/* sets the others */
		{ "--versions", o->versions, sealsock_config_versions },
		{ "--ciphers", o->ciphers, sealsock_config_ciphers },
		{ "--groups", o->groups, sealsock_config_groups },
		{ "--alpn", o->alpn, sealsock_config_alpn },
	};
	int err = 0;

	if (o->insecure)
		err = cli_setting(cfg, sealsock_config_verify(cfg, SEALSOCK_VERIFY_INSECURE),
				  "verification", "insecure");
	else if (o->cacert)
		err = cli_setting(cfg, sealsock_config_ca_file(cfg, o->cacert),
				  "CA file", o->cacert);
	else
		err = cli_trust_system(cfg);
	for (size_t i = 0; !err && i < sizeof(lists) / sizeof(lists[0]); i++)
		if (lists[i].value)
			err = cli_setting(cfg, lists[i].set(cfg, lists[i].value), lists[i].name,
					  lists[i].value);
	if (!err && o->cert)
		err = cli_setting(cfg, sealsock_config_cert_file(cfg, o->cert, o->key),
				  "certificate", o->cert);
	if (!err && o->keylog)
		err = cli_setting(cfg, sealsock_config_keylog_file(cfg, o->keylog),
				  "--keylog", o->keylog);
	if (!err && o->trace) {
		err = sealsock_config_trace(cfg, trace_log_event, o->trace);
		if (!err)
			err = sealsock_config_trace_secrets(cfg, o->trace->secrets);
		err = cli_setting(cfg, err, "tracing", "handshake");
	}
	return err;
}

struct sealsock_config *session_config(const struct session_options *o)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_CLIENT);

	if (!cfg)
		cli_error("cannot set up TLS: no memory, or an algorithm is missing");
	if (cfg && !configure(cfg, o))
		return cfg;
	sealsock_config_unref(cfg);
	return NULL;
}

/* Who asks for it is not to say the name in the clear by an oversight. */
static bool use_ech(struct sealsock_conn *conn, const char *arg)
{
	uint8_t list[ECH_LIST_ROOM];
	ssize_t n = ech_list(arg, list, sizeof(list));
	int r = n < 0 ? 1 : sealsock_conn_set_ech(conn, list, (size_t)n);

	if (r < 0)
		cli_error("--ech '%s': %s", arg, r == SEALSOCK_ERR_INVALID ?
			  "not an ECHConfigList, or without TLS 1.3" : sealsock_strerror(r));
	if (r == 0)
		cli_error("--ech '%s': none of its configurations can be used", arg);
	return n >= 0 && r == 1;
}

static struct sealsock_conn *make_conn(const struct session_options *o, const char *name)
{
	struct sealsock_config *cfg = o->cfg ? sealsock_config_ref(o->cfg) : session_config(o);
	struct sealsock_conn *conn = NULL;
	char wrong[512];

	if (cfg) {
		conn = sealsock_conn_new(cfg);
		if (!conn) {
			sealsock_config_check(cfg, wrong, sizeof(wrong));
			wrong[strcspn(wrong, "\n")] = '\0';
			cli_error("the configuration cannot work: %s",
				  *wrong ? wrong : "no memory");
		} else if (sealsock_conn_set_host(conn, name)) {
			cli_error("'%s' is neither a host name nor an IP address", name);
			sealsock_conn_free(conn);
			conn = NULL;
		} else if (o->ech && !use_ech(conn, o->ech)) {
			sealsock_conn_free(conn);
			conn = NULL;
		}
	}
	sealsock_config_unref(cfg);
	return conn;
}

static int report(const struct stream *s, const struct session_options *o, int err,
		  const char *what, const struct net_peer *where)
{
	int status = sealsock_exit_code(err);
	char alert[STREAM_ALERT_MAX];

	if (o->trace)
		trace_conclude(o->trace, s->tls);
	cli_error("%s with %s port %s: %s%s", what, where->host, where->port, stream_error(s, err),
		  stream_alert(s, err, alert));
	if (status == CLI_KERNEL)
		cli_module_advice();
	/* A peer that goes away in the middle of the handshake has not let it succeed. */
	return err == SEALSOCK_ERR_TRUNCATED || err == SEALSOCK_ERR_SYSTEM ? CLI_HANDSHAKE : status;
}

static void describe(const struct stream *s)
{
	static const char *const paths[] = {
		[SEALSOCK_PATH_ENGINE] = "this program",
		[SEALSOCK_PATH_SEALSOCK] = "the kernel, ULP sealsock",
		[SEALSOCK_PATH_TLS] = "the kernel, ULP tls",
	};
	struct sealsock_info info;

	sealsock_conn_info(s->tls, &info);
	fprintf(stderr, "* %s %s, %s, %s; server %s; name %s; records: %s\n",
		info.version_name, info.cipher_name, info.group_name, info.sigscheme_name,
		info.verified ? "verified" : "NOT verified",
		info.ech == SEALSOCK_ECH_ACCEPTED ? "hidden" : "in the clear", paths[info.path]);
}

enum { ECH_AGAIN = -1 };	/* beside the exit statuses */

/* @last: whoever rejects ECH now has said all. */
static int start_tls(struct stream *s, const struct session_options *o,
		     const struct net_peer *where, bool last)
{
	struct sealsock_info info;
	int err;

	sealsock_conn_set_timeout(s->tls, o->timeout_ms);
	err = sealsock_handshake_fd(s->tls, s->fd);
	if (err == SEALSOCK_ERR_ECH_REJECTED && !last)
		return ECH_AGAIN;
	if (err)
		return report(s, o, err, "TLS handshake failed", where);
	if (o->ulp != CLI_ULP_NONE) {
		err = sealsock_install(s->tls, s->fd,
				       o->ulp == CLI_ULP_ANY ? SEALSOCK_INSTALL_TLS_ULP : 0);
		if (err)
			return report(s, o, err, "cannot seal records in the kernel",
				      where);
	}
	sealsock_conn_info(s->tls, &info);
	s->path = info.path;
	if (o->verbose)
		describe(s);
	return CLI_OK;
}

/* RFC 9849 §6.1.6: once more, with what the server says of its keys. */
static struct sealsock_conn *make_next(const struct sealsock_conn *failed,
				       const struct session_options *o, const char *name)
{
	struct sealsock_conn *conn = make_conn(o, name);
	size_t n;
	const void *list = sealsock_conn_ech_retry(failed, &n);
	int r = conn ? sealsock_conn_set_ech(conn, list, n) : 0;

	if (conn && r == 0)
		cli_error("%s: no Encrypted Client Hello there: the name goes in the clear", name);
	else if (conn && r == 1 && o->verbose)
		fputs("* the server has other keys of Encrypted Client Hello: once more\n", stderr);
	return conn;
}

static int open_once(struct stream *s, const struct session_options *o,
		     const struct net_peer *where, bool tls, bool last)
{
	s->fd = net_connect(where, o->timeout_ms);
	if (s->fd < 0)
		return CLI_CONNECT;
	return tls ? start_tls(s, o, where, last) : CLI_OK;
}

int session_open(struct stream *s, const struct session_options *o, const struct net_peer *where,
		 const char *name, bool tls)
{
	struct stream first;
	int status;

	*s = (struct stream){ .fd = -1, .path = SEALSOCK_PATH_ENGINE };
	if (!o->cert != !o->key)
		return cli_usage("--cert and --key go together");
	if (o->servername)
		name = o->servername;
	if (tls) {
		s->tls = make_conn(o, name);
		if (!s->tls)
			return CLI_USAGE;
	}
	/* Who traces sees one handshake, whatever comes of it. */
	status = open_once(s, o, where, tls, o->trace);
	if (status == ECH_AGAIN) {
		first = *s;
		*s = (struct stream){ .fd = -1, .path = SEALSOCK_PATH_ENGINE };
		s->tls = make_next(first.tls, o, name);
		stream_close(&first);
		status = s->tls ? open_once(s, o, where, tls, true) : CLI_USAGE;
	}
	if (status)
		stream_close(s);
	return status;
}

void session_arm(struct stream *s, const struct session_options *o)
{
	struct timeval tv = { .tv_sec = o->timeout_ms / 1000 };

	if (s->tls)
		sealsock_conn_set_timeout(s->tls, o->timeout_ms);
	else
		setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

int session_failed(const struct stream *s, int err, const char *what)
{
	if (!s->tls && err == SEALSOCK_WANT_READ) {	/* SO_RCVTIMEO */
		cli_error("%s: timed out", what);
		return CLI_CONNECT;
	}
	if (err == SEALSOCK_ERR_SYSTEM && (errno == ECONNRESET || errno == EPIPE)) {
		cli_error("%s: the connection was cut: %s", what, stream_error(s, err));
		return CLI_CUT;
	}
	cli_error("%s: %s", what, stream_error(s, err));
	return err == SEALSOCK_ERR_SYSTEM ? CLI_CUT : sealsock_exit_code(err);
}
