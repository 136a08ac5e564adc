/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room client/: the verbs that connect, and what they share. It sees http/, trace/, the hall.
 *
 * The client's way to a stream: options, configuration, connect, handshake, install.
 */
#ifndef SEALSOCK_CLI_SESSION_H
#define SEALSOCK_CLI_SESSION_H

#include "cli.h"
#include "net.h"
#include "stream.h"
#include "trace/trace.h"

struct session_options {
	const char *cacert;
	const char *cert, *key;		/* of this side, for servers that ask */
	const char *profile;
	const char *versions;
	const char *ciphers;
	const char *groups;
	const char *keylog;
	const char *alpn;
	const char *ech;		/* see ech_list() */
	const char *servername;		/* name to verify instead of the peer's host */
	bool insecure;
	bool verbose;
	enum cli_ulp ulp;
	int timeout_ms;
	struct trace_log *trace;	/* keeps the handshake, or NULL */
	struct sealsock_config *cfg;	/* session_config(), for several connections; or NULL */
};

/* Long options every client verb has; their values start at SESSION_OPT. */
enum { SESSION_OPT = 0x100, SESSION_OPT_CACERT = SESSION_OPT, SESSION_OPT_INSECURE,
	SESSION_OPT_CIPHERS, SESSION_OPT_GROUPS, SESSION_OPT_KEYLOG, SESSION_OPT_ALPN,
	SESSION_OPT_SERVERNAME, SESSION_OPT_ULP, SESSION_OPT_TIMEOUT, SESSION_OPT_CERT,
	SESSION_OPT_KEY, SESSION_OPT_VERSIONS, SESSION_OPT_PROFILE, SESSION_OPT_ECH };

enum { SESSION_OPTS_MAX = 32 };

/* The client verbs' options behind the verb's own ones, which end in an empty one. */
void session_long_opts(struct option out[SESSION_OPTS_MAX], const struct option *own);

#define SESSION_HELP \
	"      --cacert FILE      trust the certificates in FILE (PEM), not the system's\n" \
	"      --servername NAME  the name to send and to verify, where it is not the host's\n" \
	"      --insecure         accept any certificate; only for tests\n" \
	"      --cert FILE        certificate chain (PEM) for servers that ask for one\n" \
	"      --key FILE         its private key (PEM)\n" \
	"      --profile NAME     default, modern, or legacy for very old servers\n" \
	"      --versions LIST    such as TLSv1.2,TLSv1.3\n" \
	"      --ciphers LIST     cipher suites, best first\n" \
	"      --groups LIST      key exchange groups, best first\n" \
	"      --alpn LIST        application protocols to offer\n" \
	"      --ech LIST         hide the name with this ECHConfigList (RFC 9849): Base64, as\n" \
	"                         DNS records have it, or @FILE (PEM)\n" \
	"      --ulp HOW          records: sealsock (default, our module), any (else the\n" \
	"                         kernel's own tls), none (in this program)\n" \
	"      --timeout SECONDS  for connecting, for the handshake, and for each wait (30)\n" \
	"      --keylog FILE      append the connection's secrets, for debugging\n"

/* False: @opt is not one of these, or its value is wrong (*failed; the message was printed). */
bool session_option(struct session_options *o, int opt, bool *failed);

/* A configuration of these options. NULL after a message. */
struct sealsock_config *session_config(const struct session_options *o);

/*
 * Connects to @where and, with @tls, makes it a TLS stream to @name. Returns CLI_OK, or the exit
 * status after a message; nothing is left open then.
 */
int session_open(struct stream *s, const struct session_options *o, const struct net_peer *where,
		 const char *name, bool tls);

/* Limits the next wait for the peer. */
void session_arm(struct stream *s, const struct session_options *o);

/* The exit status for a failed read or write, after printing what happened to @what. */
int session_failed(const struct stream *s, int err, const char *what);

#endif
