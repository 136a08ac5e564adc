// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Our side of the interop matrix, over the engine's own record path.
 *
 *	driver client		each line of standard input is one cell, words NAME=VALUE; the
 *				answer is a line of what was negotiated, or why not
 *	driver server SPEC…	listens on a port for each SPEC, words NAME=VALUE; prints the
 *				ports; answers a client's line with what was negotiated
 *
 * Words: port host versions ciphers groups sigalgs profile cert key cert2 key2 ca alpn auth
 * (server: none, optional, required), resume (client: a second connection has to resume), say
 * (client: what to send), want (client: what the answer must have in it), ech (client: an
 * ECHConfigList in hexadecimal).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sealsock.h"

enum { WORDS_MAX = 32, TEXT_MAX = 512, TIMEOUT_MS = 20000 };

struct spec {
	char text[2048];
	const char *name[WORDS_MAX], *value[WORDS_MAX];
	unsigned int n;
};

static void spec_parse(struct spec *s, const char *text)
{
	char *save, *word, *eq;

	snprintf(s->text, sizeof(s->text), "%s", text);
	s->n = 0;
	s->text[strcspn(s->text, "\n")] = '\0';
	for (word = strtok_r(s->text, " ", &save); word && s->n < WORDS_MAX;
	     word = strtok_r(NULL, " ", &save)) {
		eq = strchr(word, '=');
		if (!eq)
			continue;
		*eq = '\0';
		s->name[s->n] = word;
		s->value[s->n++] = eq + 1;
	}
}

static const char *word(const struct spec *s, const char *name)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (!strcmp(s->name[i], name))
			return s->value[i];
	return NULL;
}

static bool setting(struct sealsock_config *cfg, int err, const char *what, char *why)
{
	const char *text;

	if (!err)
		return true;
	text = sealsock_config_error(cfg);
	snprintf(why, TEXT_MAX, "setting %s: %s", what, *text ? text : sealsock_strerror(err));
	return false;
}

/* @names: whose certificates are wanted; clients are told. */
static int set_auth(struct sealsock_config *cfg, const char *how, const char *names)
{
	static const struct {
		const char *name;
		enum sealsock_verify mode;
	} modes[] = {
		{ "none", SEALSOCK_VERIFY_NONE }, { "optional", SEALSOCK_VERIFY_OPTIONAL },
		{ "required", SEALSOCK_VERIFY_REQUIRED },
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i].name, how))
			return sealsock_config_client_auth(cfg, modes[i].mode, names);
	return SEALSOCK_ERR_INVALID;
}

static int set_ech(struct sealsock_config *cfg, const char *hex)
{
	uint8_t list[TEXT_MAX];
	size_t n = 0;
	int r;

	while (n < sizeof(list) && sscanf(hex + 2 * n, "%2hhx", &list[n]) == 1)
		n++;
	r = sealsock_config_ech(cfg, list, n);
	return r == 1 ? 0 : r ? r : SEALSOCK_ERR_INVALID;
}

/* NULL, with @why filled, if something cannot be set. */
static struct sealsock_config *configure(const struct spec *s, enum sealsock_side role, char *why)
{
	static const struct {
		const char *name;
		int (*set)(struct sealsock_config *cfg, const char *value);
	} words[] = {
		{ "profile", sealsock_config_profile }, { "versions", sealsock_config_versions },
		{ "ciphers", sealsock_config_ciphers }, { "groups", sealsock_config_groups },
		{ "sigalgs", sealsock_config_sigalgs }, { "ca", sealsock_config_ca_file },
		{ "alpn", sealsock_config_alpn },
	};
	struct sealsock_config *cfg = sealsock_config_new(role);
	bool good = cfg;
	const char *v;

	for (size_t i = 0; good && i < sizeof(words) / sizeof(words[0]); i++) {
		v = word(s, words[i].name);
		if (v)
			good = setting(cfg, words[i].set(cfg, v), words[i].name, why);
	}
	if (good && word(s, "auth"))
		good = setting(cfg, set_auth(cfg, word(s, "auth"), word(s, "ca")), "auth", why);
	if (good && word(s, "cert"))
		good = setting(cfg, sealsock_config_cert_file(cfg, word(s, "cert"),
							      word(s, "key")), "cert", why);
	if (good && word(s, "cert2"))
		good = setting(cfg, sealsock_config_cert_file(cfg, word(s, "cert2"),
							      word(s, "key2")), "cert2", why);
	if (good && word(s, "ech"))
		good = setting(cfg, set_ech(cfg, word(s, "ech")), "ech", why);
	if (good && (word(s, "resume") || role == SEALSOCK_SERVER))
		good = setting(cfg, sealsock_config_session_store(cfg, NULL), "sessions", why);
	if (good)
		return cfg;
	sealsock_config_unref(cfg);
	return NULL;
}

static void failure(const struct sealsock_conn *conn, int err, const char *what, char *why)
{
	const struct sealsock_failure *f = sealsock_conn_error(conn);

	snprintf(why, TEXT_MAX, "%s: %s%s%s", what, f->code ? f->text : sealsock_strerror(err),
		 f->direction == SEALSOCK_DIR_SENT ? ", alert sent " : "",
		 f->direction == SEALSOCK_DIR_SENT ? sealsock_alert_name(f->alert) : "");
}

static void describe(const struct sealsock_conn *conn, bool server, char *out, size_t size)
{
	struct sealsock_info i;

	sealsock_conn_info(conn, &i);
	snprintf(out, size, "version=%s cipher=%s group=%s scheme=%s resumed=%d client=%d ech=%d",
		 i.version_name ? i.version_name : "", i.cipher_name ? i.cipher_name : "",
		 i.group_name ? i.group_name : "", i.sigscheme_name ? i.sigscheme_name : "",
		 i.resumed, server ? i.client_authenticated : i.client_cert_sent,
		 i.ech == SEALSOCK_ECH_ACCEPTED);
}

static int dial(const char *port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static ssize_t write_all(struct sealsock_conn *conn, int fd, const char *p, size_t n)
{
	size_t done = 0;
	ssize_t r;

	while (done < n) {
		r = sealsock_write(conn, fd, p + done, n - done);
		if (r < 0)
			return r;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

/* "\n" in a cell is a line feed, "_" a blank. */
static size_t unescape(const char *from, char *to, size_t size)
{
	size_t n = 0;

	for (; *from && n + 1 < size; from++) {
		if (from[0] == '\\' && from[1] == 'n') {
			to[n++] = '\n';
			from++;
		} else {
			to[n++] = *from == '_' ? ' ' : *from;
		}
	}
	to[n] = '\0';
	return n;
}

/* Sends and waits for the answer; true: it has in it what it must. */
static bool talk(struct sealsock_conn *conn, int fd, const struct spec *s, char *why)
{
	char say[TEXT_MAX], want[TEXT_MAX], got[4096];
	size_t n = unescape(word(s, "say"), say, sizeof(say)), have = 0;
	ssize_t r = write_all(conn, fd, say, n);

	unescape(word(s, "want"), want, sizeof(want));
	got[0] = '\0';
	while (r >= 0 && have + 1 < sizeof(got)) {
		r = sealsock_read(conn, fd, got + have, sizeof(got) - 1 - have);
		if (r == 0) {
			snprintf(why, TEXT_MAX, "the peer ended before its answer");
			return false;
		}
		if (r > 0) {
			have += (size_t)r;
			got[have] = '\0';
			if (strstr(got, want))
				return true;
		}
	}
	if (r < 0)
		failure(conn, (int)r, "talking", why);
	else
		snprintf(why, TEXT_MAX, "the answer lacks '%.200s'", want);
	return false;
}

static bool connect_once(struct sealsock_config *cfg, const struct spec *s, char *out, char *why)
{
	struct sealsock_conn *conn = sealsock_conn_new(cfg);
	int fd = dial(word(s, "port")), err;
	bool good = false;

	if (!conn)
		sealsock_config_check(cfg, why, TEXT_MAX);
	else if (fd < 0)
		snprintf(why, TEXT_MAX, "cannot connect: %s", strerror(errno));
	if (conn && fd >= 0) {
		sealsock_conn_set_host(conn, word(s, "host") ? word(s, "host") : "localhost");
		sealsock_conn_set_timeout(conn, TIMEOUT_MS);
		err = sealsock_handshake_fd(conn, fd);
		if (err)
			failure(conn, err, "handshake", why);
		else
			good = talk(conn, fd, s, why);
		describe(conn, false, out, TEXT_MAX);
		if (good)
			sealsock_shutdown(conn, fd);
	}
	sealsock_conn_free(conn);
	if (fd >= 0)
		close(fd);
	return good;
}

static void run_cell(const char *line)
{
	char out[TEXT_MAX] = "", why[TEXT_MAX] = "";
	struct sealsock_config *cfg;
	struct spec s;
	bool good = false;

	spec_parse(&s, line);
	cfg = configure(&s, SEALSOCK_CLIENT, why);
	if (cfg)
		good = connect_once(cfg, &s, out, why);
	if (good && word(&s, "resume"))
		good = connect_once(cfg, &s, out, why);
	sealsock_config_unref(cfg);
	why[strcspn(why, "\n")] = '\0';
	printf("%s %s%s%s\n", good ? "ok" : "failed", out, *why ? " why=" : "", why);
	fflush(stdout);
}

struct visit {
	int fd;
	struct sealsock_config *cfg;
};

/* Answers one line with what was negotiated, then ends. */
static void *serve(void *arg)
{
	struct visit *v = arg;
	struct sealsock_conn *conn = sealsock_conn_new(v->cfg);
	char line[1024], out[TEXT_MAX], why[TEXT_MAX];
	size_t n = 0;
	ssize_t r;
	int err;

	sealsock_conn_set_timeout(conn, TIMEOUT_MS);
	err = sealsock_handshake_fd(conn, v->fd);
	if (err) {
		failure(conn, err, "handshake", why);
		printf("failed %s\n", why);
		fflush(stdout);
	}
	while (!err && n + 1 < sizeof(line) && !memchr(line, '\n', n)) {
		r = sealsock_read(conn, v->fd, line + n, sizeof(line) - 1 - n);
		if (r <= 0)
			err = r ? (int)r : SEALSOCK_ERR_CLOSED;
		else
			n += (size_t)r;
	}
	if (!err) {
		describe(conn, true, out, sizeof(out) - 16);
		strcat(out, " served\n");
		write_all(conn, v->fd, out, strlen(out));
		sealsock_shutdown(conn, v->fd);
		while (sealsock_read(conn, v->fd, line, sizeof(line)) > 0)
			;
	}
	sealsock_conn_free(conn);
	close(v->fd);
	free(v);
	return NULL;
}

struct listener {
	int fd;
	struct sealsock_config *cfg;
};

static void *accept_all(void *arg)
{
	struct listener *l = arg;
	pthread_attr_t attr;
	struct visit *v;
	pthread_t t;
	int fd;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	while ((fd = accept(l->fd, NULL, NULL)) >= 0) {
		v = malloc(sizeof(*v));
		if (!v)
			abort();
		*v = (struct visit){ fd, l->cfg };
		if (pthread_create(&t, &attr, serve, v))
			abort();
	}
	return NULL;
}

static int listen_on(struct listener *l, const char *text)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(sin);
	char why[TEXT_MAX] = "";
	struct spec s;

	spec_parse(&s, text);
	l->cfg = configure(&s, SEALSOCK_SERVER, why);
	if (!l->cfg) {
		printf("port 0 %s\n", why);
		return 0;
	}
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&sin, sizeof(sin)) || listen(l->fd, 64) ||
	    getsockname(l->fd, (struct sockaddr *)&sin, &len))
		return -1;
	printf("port %u\n", ntohs(sin.sin_port));
	return 1;
}

static int run_server(int n, char **specs)
{
	struct listener *l = calloc((size_t)n, sizeof(*l));
	pthread_t t;
	char c;

	for (int i = 0; l && i < n; i++) {
		int r = listen_on(&l[i], specs[i]);

		if (r < 0 || (r && pthread_create(&t, NULL, accept_all, &l[i]))) {
			perror("driver");
			return 1;
		}
	}
	fflush(stdout);
	/* Until whoever started it has gone. */
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	char line[2048];

	signal(SIGPIPE, SIG_IGN);
	if (argc > 2 && !strcmp(argv[1], "server"))
		return run_server(argc - 2, argv + 2);
	if (argc != 2 || strcmp(argv[1], "client")) {
		fprintf(stderr, "driver client | driver server SPEC...\n");
		return 2;
	}
	while (fgets(line, sizeof(line), stdin))
		run_cell(line);
	return 0;
}
