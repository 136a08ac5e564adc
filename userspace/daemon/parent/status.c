// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What "sealsock status" is told: a word in, a text out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "parent/log.h"
#include "parent/supervisor.h"

int status_open(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char folder[sizeof(sun.sun_path)];
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		log_line(IPC_ERROR, "\"status\" is too long a path");
		return -1;
	}
	strcpy(sun.sun_path, path);
	strcpy(folder, path);
	*strrchr(folder, '/') = '\0';
	mkdir(folder, 0755);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && !bind(fd, (struct sockaddr *)&sun, sizeof(sun)) && !chmod(path, 0666) &&
	    !listen(fd, 16))
		return fd;
	log_line(IPC_ERROR, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

const struct stat_name stat_names[STATS] = {
	[STAT_TAKEN] = { "taken", "handshakes begun" },
	[STAT_SERVED] = { "served", "handshakes of servers done" },
	[STAT_CONNECTED] = { "connected", "handshakes of clients done" },
	[STAT_RESUMED] = { "resumed", "of these, by a session" },
	[STAT_REFUSED_ACCESS] = { "refused_access", "refused: may not use the credential" },
	[STAT_REFUSED_NAME] = { "refused_name", "refused: no such credential, trust or profile" },
	[STAT_REFUSED_BUSY] = { "refused_busy", "refused: too much to do" },
	[STAT_FAILED_CERTIFICATE] = { "failed_certificate", "failed: the peer's certificate" },
	[STAT_FAILED_PROTOCOL] = { "failed_protocol", "failed: the protocol" },
	[STAT_FAILED_TIMEOUT] = { "failed_timeout", "failed: took too long" },
	[STAT_FAILED_GONE] = { "failed_gone", "failed: either side went away" },
	[STAT_FAILED_LOCAL] = { "failed_local", "failed: here" },
	[STAT_SESSIONS] = { "sessions", "sessions received" },
};

/* Of all workers, those that are no more included. */
static void sum(const struct supervisor *s, struct stats *all, unsigned int *workers)
{
	const struct process *p;
	unsigned int i;

	*all = s->gone;
	*workers = 0;
	for (p = s->workers; p; p = p->next) {
		for (i = 0; i < STATS; i++)
			all->v[i] += p->stats->v[i];
		all->now += p->stats->now;
		*workers += 1;
	}
}

typedef void (*chain_fn)(FILE *out, const struct credential *c, const struct chain *chain,
			 bool first);

static void each_chain(const struct supervisor *s, FILE *out, chain_fn fn)
{
	unsigned int i, j, n = 0;

	for (i = 0; i < s->material.conf.n_credentials; i++)
		for (j = 0; j < s->material.credentials[i].conf->n_chains; j++)
			fn(out, &s->material.credentials[i], &s->material.credentials[i].chains[j],
			   !n++);
}

/* RFC 3339. */
static const char *date(int64_t when, char out[32])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		strcpy(out, "?");
	return out;
}

static void chain_json(FILE *out, const struct credential *c, const struct chain *chain,
		       bool first)
{
	char from[32], until[32];

	fprintf(out, "%s{\"credential\":\"%s\",\"from\":\"%s\",\"until\":\"%s\",\"stapled\":%s}",
		first ? "" : ",", c->conf->name, date(chain->from, from),
		date(chain->until, until), chain->staple.n ? "true" : "false");
}

static void chain_text(FILE *out, const struct credential *c, const struct chain *chain,
		       bool first)
{
	char until[32];

	(void)first;
	fprintf(out, "credential %s: certificates valid until %s (%lld days)%s\n", c->conf->name,
		date(chain->until, until), (long long)(chain->until - time(NULL)) / 86400,
		chain->staple.n ? ", stapled" : "");
}

static void chain_metric(FILE *out, const struct credential *c, const struct chain *chain,
			 bool first)
{
	if (first)
		fputs("# TYPE sealsockd_certificate_until_seconds gauge\n", out);
	fprintf(out, "sealsockd_certificate_until_seconds{credential=\"%s\",key=\"%u\"} %lld\n",
		c->conf->name, chain->key_id, (long long)chain->until);
}

static void write_json(const struct supervisor *s, FILE *out)
{
	struct stats all;
	unsigned int workers, i;
	char since[32];

	sum(s, &all, &workers);
	fprintf(out, "{\"since\":\"%s\",\"workers\":%u,\"generation\":%u,\"now\":%llu,\"counts\":{",
		date(s->started, since), workers, s->generation, (unsigned long long)all.now);
	for (i = 0; i < STATS; i++)
		fprintf(out, "%s\"%s\":%llu", i ? "," : "", stat_names[i].name,
			(unsigned long long)all.v[i]);
	fputs("},\"certificates\":[", out);
	each_chain(s, out, chain_json);
	fputs("]}\n", out);
}

static void write_text(const struct supervisor *s, FILE *out)
{
	struct stats all;
	unsigned int workers, i;
	char since[32];

	sum(s, &all, &workers);
	fprintf(out, "since %s, %u workers, configuration %u, %llu handshakes under way\n",
		date(s->started, since), workers, s->generation, (unsigned long long)all.now);
	each_chain(s, out, chain_text);
	for (i = 0; i < STATS; i++)
		fprintf(out, "%12llu  %s\n", (unsigned long long)all.v[i], stat_names[i].text);
}

static void write_metrics(const struct supervisor *s, FILE *out)
{
	struct stats all;
	unsigned int workers, i;

	sum(s, &all, &workers);
	fprintf(out, "# TYPE sealsockd_workers gauge\nsealsockd_workers %u\n", workers);
	fprintf(out, "# TYPE sealsockd_handshakes gauge\nsealsockd_handshakes %llu\n",
		(unsigned long long)all.now);
	for (i = 0; i < STATS; i++) {
		fprintf(out, "# HELP sealsockd_%s_total %s\n", stat_names[i].name,
			stat_names[i].text);
		fprintf(out, "# TYPE sealsockd_%s_total counter\nsealsockd_%s_total %llu\n",
			stat_names[i].name, stat_names[i].name, (unsigned long long)all.v[i]);
	}
	each_chain(s, out, chain_metric);
}

void status_answer(struct supervisor *s)
{
	static const struct timeval patience = { 0, 200000 };
	int fd = accept4(s->status, NULL, NULL, SOCK_CLOEXEC);
	char word[16] = "", *text = NULL;
	size_t n = 0, at = 0;
	ssize_t sent;
	FILE *out;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	out = open_memstream(&text, &n);
	if (out && read(fd, word, sizeof(word) - 1) > 0) {
		if (!strcmp(word, "json\n"))
			write_json(s, out);
		else if (!strcmp(word, "metrics\n"))
			write_metrics(s, out);
		else
			write_text(s, out);
	}
	if (out)
		fclose(out);
	for (; text && at < n; at += (size_t)sent) {
		sent = send(fd, text + at, n - at, MSG_NOSIGNAL);
		if (sent <= 0)
			break;
	}
	free(text);
	close(fd);
}
